//! Instants against the contract's forms, against jiff, and against anything at all.

use frontdesk_domain::time::{SECOND, TimestampError};
use frontdesk_domain::{Timestamp, TimestampWriter};
use jiff::{SignedDuration, civil};
use proptest::prelude::*;

/// 0000-01-01T00:00:00Z.
const FIRST: i64 = -62_167_219_200 * SECOND;
/// 9999-12-31T23:59:59.999999Z.
const LAST: i64 = 253_402_300_800 * SECOND - 1;
/// 2023-11-07T05:31:56Z.
const SAMPLE: i64 = 1_699_335_116 * SECOND;

fn at(micros: i64) -> civil::DateTime {
    civil::date(1970, 1, 1).at(0, 0, 0, 0) + SignedDuration::from_micros(micros)
}

fn parsed(text: &str) -> Result<i64, TimestampError> {
    Timestamp::parse(text).map(Timestamp::as_micros)
}

#[test]
fn takes_every_form_of_the_contract() {
    let table: &[(&str, i64)] = &[
        ("2023-11-07T05:31:56Z", SAMPLE),
        ("2023-11-07t05:31:56z", SAMPLE),
        ("2023-11-07 05:31:56Z", SAMPLE),
        ("2023-11-07 05:31:56z", SAMPLE),
        ("2023-11-07T05:31:56 Z", SAMPLE),
        ("2023-11-07 05:31:56 Z", SAMPLE),
        ("2023-11-07T07:31:56+02:00", SAMPLE),
        ("2023-11-07T07:31:56+0200", SAMPLE),
        ("2023-11-07T07:31:56+02", SAMPLE),
        ("2023-11-07T07:31:56 +02:00", SAMPLE),
        ("2023-11-07T07:31:56 +0200", SAMPLE),
        ("2023-11-07T07:31:56 +02", SAMPLE),
        // What is left of an unencoded `+` after form decoding.
        ("2023-11-07T07:31:56 02:00", SAMPLE),
        ("2023-11-07T07:31:56 0200", SAMPLE),
        ("2023-11-07T07:31:56 02", SAMPLE),
        ("2023-11-07 07:31:56 02:00", SAMPLE),
        // The same with a space before the `+`.
        ("2023-11-07T07:31:56.000  02:00", SAMPLE),
        ("2023-11-07T00:01:56-05:30", SAMPLE),
        ("2023-11-07T00:01:56 -05:30", SAMPLE),
        ("2023-11-07T00:01:56-0530", SAMPLE),
        ("2023-11-07T05:31:56-00:00", SAMPLE),
        ("2023-11-07T05:31:56+00:00", SAMPLE),
        ("2023-11-08T05:30:56+23:59", SAMPLE),
        ("2023-11-06T05:32:56-23:59", SAMPLE),
        ("2023-11-07T05:31:56.1Z", SAMPLE + 100_000),
        ("2023-11-07T05:31:56.123456Z", SAMPLE + 123_456),
        ("2023-11-07T05:31:56.123456789Z", SAMPLE + 123_456),
        ("2023-11-07T05:31:56.999999999Z", SAMPLE + 999_999),
        ("2023-11-07T05:31:56.000000999+00", SAMPLE),
        ("1970-01-01 00:00:00 +00:00", 0),
        ("1969-12-31T23:59:59.9999999Z", -1),
        ("1969-12-31T23:59:59Z", -SECOND),
        ("2024-02-29T00:00:00Z", 1_709_164_800 * SECOND),
        ("2000-02-29T00:00:00Z", 951_782_400 * SECOND),
        // A leap second is the second after it.
        ("2016-12-31T23:59:60Z", 1_483_228_800 * SECOND),
        ("0000-01-01T00:00:00Z", FIRST),
        ("9999-12-31T23:59:59.999999Z", LAST),
        ("9999-12-31T23:59:59.999999-23:59", LAST + (23 * 60 + 59) * 60 * SECOND),
        ("0000-01-01T00:00:00+23:59", FIRST - (23 * 60 + 59) * 60 * SECOND),
    ];
    for (text, micros) in table {
        assert_eq!(parsed(text), Ok(*micros), "{text:?}");
    }
}

#[test]
fn says_what_a_date_or_a_time_alone_lacks() {
    for text in ["2023-11-07", "0000-01-01", "9999-12-31"] {
        assert_eq!(parsed(text), Err(TimestampError::DateOnly), "{text:?}");
    }
    for text in ["2023-11-07T05:31:56", "2023-11-07 05:31:56", "2023-11-07t05:31:56.123456", "2023-11-07T05:31:56.1"] {
        assert_eq!(parsed(text), Err(TimestampError::NoOffset), "{text:?}");
    }
    for error in [TimestampError::DateOnly, TimestampError::NoOffset, TimestampError::Malformed] {
        assert!(error.to_string().contains("2023-11-07T05:31:56Z"), "the message shows the right form: {error}");
    }
}

#[test]
fn refuses_everything_else() {
    let table = [
        "",
        " ",
        "Z",
        "T",
        "now",
        "1699335116",
        "2023",
        "2023-11",
        "20231107T053156Z",
        "2023-11-7T05:31:56Z",
        "2023-1-07T05:31:56Z",
        "23-11-07T05:31:56Z",
        "12023-11-07T05:31:56Z",
        "+2023-11-07T05:31:56Z",
        "-2023-11-07T05:31:56Z",
        "2023/11/07T05:31:56Z",
        "2023-11-07X05:31:56Z",
        "2023-11-07  05:31:56Z",
        "2023-11-07T",
        "2023-11-07 ",
        "2023-11-07Z",
        "2023-11-07+02:00",
        "2023-11-07T05Z",
        "2023-11-07T05:31Z",
        "2023-11-07T05:31",
        "2023-11-07T5:31:56Z",
        "2023-11-07T05:31:56.Z",
        "2023-11-07T05:31:56.",
        "2023-11-07T05:31:56,5Z",
        "2023-11-07T05:31:56.1234567890Z",
        "2023-11-07T05:31:56.-1Z",
        "2023-11-07T24:00:00Z",
        "2023-11-07T05:60:00Z",
        "2023-11-07T05:31:61Z",
        "2023-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2023-04-31T00:00:00Z",
        "2023-00-07T00:00:00Z",
        "2023-13-07T00:00:00Z",
        "2023-11-00T00:00:00Z",
        "2023-11-32T00:00:00Z",
        "2023-11-07T05:31:56ZZ",
        "2023-11-07T05:31:56Z ",
        " 2023-11-07T05:31:56Z",
        "2023-11-07T05:31:56 ",
        "2023-11-07T05:31:56+",
        "2023-11-07T05:31:56-",
        "2023-11-07T05:31:56+2",
        "2023-11-07T05:31:56+2:00",
        "2023-11-07T05:31:56+02:",
        "2023-11-07T05:31:56+02:0",
        "2023-11-07T05:31:56+020",
        "2023-11-07T05:31:56+02:000",
        "2023-11-07T05:31:56+24:00",
        "2023-11-07T05:31:56+02:60",
        "2023-11-07T05:31:56+-2:00",
        "2023-11-07T05:31:56++02:00",
        "2023-11-07T05:31:56UTC",
        "2023-11-07T05:31:56 UTC",
        "2023-11-07T05:31:56[Europe/Berlin]",
        "2023-11-07T05:31:56+02:00[Europe/Berlin]",
        "2023-11-07T05:31:56   02:00",
        "2023-11-07T05:31:56\u{2212}02:00",
        "２０２３-11-07T05:31:56Z",
        "2023-11-07T05:31:56Z\n",
        "2023-11-07T05:31:56\0Z",
    ];
    for text in table {
        assert_eq!(parsed(text), Err(TimestampError::Malformed), "{text:?}");
    }
}

/// An instant and a way to write it.
#[derive(Debug, Clone)]
struct Written {
    text: String,
    micros: i64,
}

fn written() -> impl Strategy<Value = Written> {
    let day = 86_400 * SECOND;
    (
        (FIRST + day..LAST - day, 0..=9_usize, 0..1000_i64),
        (-1439..=1439_i64, 0..4_usize, prop::bool::ANY),
        prop::sample::select(vec!['T', 't', ' ']),
    )
        .prop_map(|((micros, digits, nanos), (minutes, form, spaced), middle)| {
            let nanos = micros.rem_euclid(SECOND) * 1000 + nanos;
            let whole = micros.div_euclid(SECOND) * SECOND;
            let offset = if form == 3 { 0 } else { minutes };
            let offset = if form == 2 { offset / 60 * 60 } else { offset };
            let local = at(whole + offset * 60 * SECOND);
            let mut text = format!("{}{middle}{}", local.date(), local.time());
            if digits > 0 {
                text = format!("{text}.{}", &format!("{nanos:09}")[..digits]);
            }
            if spaced {
                text.push(' ');
            }
            let (sign, hours, rest) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60, offset.abs() % 60);
            text.push_str(&match form {
                0 => format!("{sign}{hours:02}:{rest:02}"),
                1 => format!("{sign}{hours:02}{rest:02}"),
                2 => format!("{sign}{hours:02}"),
                _ => (if middle == 't' { "z" } else { "Z" }).to_owned(),
            });
            let kept = 10_i64.pow(u32::try_from(9 - digits).expect("at most nine digits"));
            Written { text, micros: whole + nanos / kept * kept / 1000 }
        })
}

fn nearly_an_instant() -> impl Strategy<Value = String> {
    (written(), prop::collection::vec((any::<prop::sample::Index>(), "[-+:.0-9TtZz \u{e9}\u{1f408}]?"), 1..4)).prop_map(
        |(Written { text, .. }, edits)| {
            let mut letters: Vec<String> = text.chars().map(String::from).collect();
            for (index, letter) in edits {
                let index = index.index(letters.len());
                letters[index] = letter;
            }
            letters.concat()
        },
    )
}

proptest! {
    #![proptest_config(crate::cases(2000))]

    #[test]
    fn reads_back_whatever_was_written_in_any_form(written in written()) {
        prop_assert_eq!(parsed(&written.text), Ok(written.micros), "{}", written.text);
        // A form decoder turns the `+` into a space; nothing else changes.
        prop_assert_eq!(parsed(&written.text.replace('+', " ")), Ok(written.micros), "{}", written.text);
    }

    #[test]
    fn writes_what_jiff_writes_and_reads_it_back(micros in FIRST..=LAST) {
        let mut text = Vec::new();
        // The writer has another date in mind already.
        let mut writer = TimestampWriter::default();
        writer.write(&mut Vec::new(), Timestamp::from_micros(micros / 7));
        writer.write(&mut text, Timestamp::from_micros(micros));
        let text = String::from_utf8(text).expect("ASCII");
        prop_assert_eq!(&text, &format!("{:.6}Z", at(micros)));
        prop_assert_eq!(&text, &Timestamp::from_micros(micros).to_string());
        prop_assert_eq!(parsed(&text), Ok(micros));
    }

    #[test]
    fn writes_the_nearest_end_outside_the_years_0_to_9999(micros in any::<i64>()) {
        let text = Timestamp::from_micros(micros).to_string();
        prop_assert_eq!(parsed(&text), Ok(micros.clamp(FIRST, LAST)));
    }

    #[test]
    fn anything_at_all_is_answered(text in any::<String>(), nearly in nearly_an_instant()) {
        prop_assert!(Timestamp::parse(&text).is_err());
        if let Ok(instant) = Timestamp::parse(&nearly) {
            // Whatever is taken has one canonical form.
            let day = 86_400 * SECOND;
            if (FIRST + day..LAST - day).contains(&instant.as_micros()) {
                prop_assert_eq!(Timestamp::parse(&instant.to_string()), Ok(instant));
            }
        }
    }

    #[test]
    fn text_order_is_time_order(one in FIRST..=LAST, other in FIRST..=LAST) {
        let (one, other) = (Timestamp::from_micros(one), Timestamp::from_micros(other));
        prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
    }
}

#[test]
fn writes_the_ends_of_every_month_of_the_odd_years_as_jiff_does() {
    for year in [0, 1, 4, 100, 400, 1582, 1600, 1699, 1700, 1900, 1970, 2000, 2024, 2100, 9999] {
        for month in 1..=12 {
            let first = civil::date(year, month, 1);
            for date in [first, first.last_of_month()] {
                let midnight = date.at(0, 0, 0, 0).duration_since(civil::date(1970, 1, 1).at(0, 0, 0, 0));
                let micros = i64::try_from(midnight.as_micros()).expect("ten thousand years fit");
                assert_eq!(Timestamp::from_micros(micros).to_string(), format!("{date}T00:00:00.000000Z"));
            }
        }
    }
}
