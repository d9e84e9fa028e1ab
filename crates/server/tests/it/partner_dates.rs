//! `updated_at_start` and `updated_at_end`: every form of a date-time that is taken, and what is said to the others.

use crate::partner::{Office, abandoned};

/// A session at each instant of interest, and beside it one a microsecond before and one after.
fn office() -> Office {
    let sessions = [
        ("before", "2023-11-07T05:31:56.123455Z"),
        ("fraction", "2023-11-07T05:31:56.123456Z"),
        ("after", "2023-11-07T05:31:56.123457Z"),
        ("whole-before", "2023-11-07T05:31:55.999999Z"),
        ("whole", "2023-11-07T05:31:56Z"),
        ("whole-after", "2023-11-07T05:31:56.000001Z"),
        ("epoch-before", "1969-12-31T23:59:59.999999Z"),
        ("epoch", "1970-01-01T00:00:00Z"),
        ("epoch-after", "1970-01-01T00:00:00.000001Z"),
        ("leap-day", "2024-02-29T12:00:00Z"),
        ("new-year-before", "2016-12-31T23:59:59.999999Z"),
        ("new-year", "2017-01-01T00:00:00Z"),
        ("half-past-new-year", "2017-01-01T00:00:00.5Z"),
    ];
    Office::with(&sessions.map(|(id, at)| abandoned(id, at)))
}

/// A text as a form encodes it: a space is a `+`.
fn form(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Asserts that each text, already encoded, is the instant of the session with this id: as start and end at once.
fn is_instant(office: &Office, id: &str, encoded: impl IntoIterator<Item = String>) {
    for text in encoded {
        let answer = office.list(&format!("updated_at_start={text}&updated_at_end={text}"));
        assert_eq!(answer.status, 200, "{text}: {}", answer.body);
        assert_eq!(answer.ids(), [id], "{text}");
    }
}

/// Asserts that each text is refused with this message, as a start and as an end.
fn refused(office: &Office, message: &str, texts: &[&str]) {
    for text in texts {
        let text = form(text);
        let transcript = |name: &str| format!(r#"400 {{"success":false,"message":"{name}: {message}."}}"#);
        let start = office.list(&format!("updated_at_start={text}"));
        assert_eq!(start.transcript(), transcript("updated_at_start"), "{text}");
        let end = office.list(&format!("updated_at_start=1970-01-01T00:00:00Z&updated_at_end={text}"));
        assert_eq!(end.transcript(), transcript("updated_at_end"), "{text}");
    }
}

#[test]
fn every_way_to_write_an_instant_is_the_same_instant() {
    let forms = [
        "2023-11-07T05:31:56Z",
        "2023-11-07t05:31:56z",
        "2023-11-07T05:31:56z",
        "2023-11-07t05:31:56Z",
        "2023-11-07 05:31:56Z",
        "2023-11-07 05:31:56 Z",
        "2023-11-07T05:31:56 z",
        "2023-11-07T05:31:56+00:00",
        "2023-11-07T05:31:56-00:00",
        "2023-11-07T05:31:56+0000",
        "2023-11-07T05:31:56-00",
        "2023-11-07 05:31:56 +00:00",
        "2023-11-07T07:31:56+02:00",
        "2023-11-07T07:31:56+0200",
        "2023-11-07T07:31:56+02",
        "2023-11-07t07:31:56 +02",
        "2023-11-06T22:01:56-07:30",
        "2023-11-06T22:01:56-0730",
        "2023-11-06 22:01:56 -07:30",
        "2023-11-06T22:31:56-07",
        "2023-11-07T11:16:56+05:45",
        "2023-11-07T19:31:56+14:00",
        "2023-11-08T05:30:56+23:59",
        "2023-11-06T05:32:56-23:59",
        "2023-11-07T05:31:56.0Z",
        "2023-11-07T05:31:56.000000000Z",
        "2023-11-07T05:31:56.000000999+00:00",
    ];
    let office = office();
    is_instant(&office, "whole", forms.map(form));
    // Every byte escaped, as some clients do it.
    let escaped = forms.map(|text| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>());
    is_instant(&office, "whole", escaped);
}

#[test]
fn what_a_generated_rust_client_sends_is_taken() {
    let office = office();
    let encoded = [
        "1970-01-01+00%3A00%3A00+%2B00%3A00",
        "1970-01-01%2000:00:00%20%2B00:00",
        "1970-01-01%2000%3A00%3A00%20+00%3A00",
        "1970-01-01+02:30:00+%2B02:30",
        "1969-12-31+20:00:00+-04:00",
    ];
    is_instant(&office, "epoch", encoded.map(str::to_owned));
    is_instant(&office, "fraction", ["2023-11-07+05%3A31%3A56.123456789+%2B00%3A00".to_owned()]);
}

#[test]
fn a_plus_that_was_not_encoded_is_still_a_plus() {
    let encoded = [
        "2023-11-07T07:31:56+02:00",
        "2023-11-07T07:31:56+0200",
        "2023-11-07T07:31:56+02",
        "2023-11-07+07:31:56+02:00",
        "2023-11-07+07:31:56++02:00",
        "2023-11-07T07:31:56%2002:00",
        "2023-11-07T07:31:56.000+02:00",
        "2023-11-07T05:31:56+00:00",
    ];
    is_instant(&office(), "whole", encoded.map(str::to_owned));
}

#[test]
fn a_fraction_has_up_to_nine_digits_and_is_rounded_down() {
    let office = office();
    let fractions = ["123456", "1234560", "1234561", "12345699", "123456999", "123456000"];
    is_instant(&office, "fraction", fractions.map(|digits| format!("2023-11-07T05:31:56.{digits}Z")));
    is_instant(&office, "before", ["2023-11-07T05:31:56.123455999Z".to_owned()]);
    is_instant(&office, "whole-before", ["2023-11-07T05:31:55.999999999Z".to_owned()]);
    // Down is towards the past before 1970, too.
    is_instant(&office, "epoch-before", ["1969-12-31T23:59:59.999999999Z".to_owned()]);
    let zeros = (0..=9).map(|count| match count {
        0 => "1970-01-01T00:00:00Z".to_owned(),
        count => format!("1970-01-01T00:00:00.{}Z", "0".repeat(count)),
    });
    is_instant(&office, "epoch", zeros);
    let halves = (1..=9).map(|count| format!("2017-01-01T00:00:00.{:0<count$}Z", 5));
    is_instant(&office, "half-past-new-year", halves);
}

#[test]
fn a_leap_second_is_the_second_after_it() {
    let office = office();
    let forms = ["2016-12-31T23:59:60Z", "2016-12-31T18:59:60-05:00", "2017-01-01T09:00:00+09:00"];
    is_instant(&office, "new-year", forms.map(form));
    is_instant(&office, "half-past-new-year", ["2016-12-31T23:59:60.5Z".to_owned()]);
}

#[test]
fn the_calendar_is_known() {
    let office = office();
    is_instant(&office, "leap-day", ["2024-02-29T12:00:00Z".to_owned(), "2024-02-29T00:00:00-12:00".to_owned()]);
    for text in ["2000-02-29T00:00:00Z", "2020-02-29T00:00:00Z", "1970-12-31T00:00:00Z", "2023-04-30T23:59:59Z"] {
        assert_eq!(office.list(&format!("updated_at_start={text}")).status, 200, "{text}");
    }
    let wrong = [
        "2023-02-29T12:00:00Z",
        "1900-02-29T12:00:00Z",
        "2100-02-29T12:00:00Z",
        "2024-02-30T12:00:00Z",
        "2023-04-31T12:00:00Z",
        "2023-00-07T12:00:00Z",
        "2023-13-07T12:00:00Z",
        "2023-11-00T12:00:00Z",
        "2023-11-32T12:00:00Z",
        "2023-11-07T24:00:00Z",
        "2023-11-07T12:60:00Z",
        "2023-11-07T12:00:61Z",
        "2023-11-07T12:00:00+24:00",
        "2023-11-07T12:00:00+02:60",
        "2023-11-07T12:00:00-99:99",
    ];
    refused(&office, "takes an ISO 8601 date-time with an offset, for example 2023-11-07T05:31:56Z", &wrong);
}

#[test]
fn the_whole_of_time_is_the_years_0_to_9999() {
    let office = office();
    let all = office.list("updated_at_start=1969-01-01T00:00:00Z&per_page=1000").ids();
    assert_eq!(all.len(), 13);
    for (start, end) in [
        ("0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"),
        ("0000-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59"),
        ("0000-02-29T00:00:00Z", "9999-12-31T23:59:60Z"),
    ] {
        let whole = office.list(&format!("updated_at_start={start}&updated_at_end={end}&per_page=1000"));
        assert_eq!(whole.ids(), all, "{start}");
        let until = office.list(&format!("updated_at_start={start}&updated_at_end={start}"));
        assert_eq!((until.status, until.ids().len()), (200, 0), "{start}");
        let from = office.list(&format!("updated_at_start={end}"));
        assert_eq!((from.status, from.ids().len()), (200, 0), "{end}");
        // The window comes again in the link, whatever its ends are.
        let first = office.list(&format!("updated_at_start={start}&updated_at_end={end}&per_page=12"));
        let link = first.header("link").and_then(|link| link.strip_prefix('<')?.split_once('>')).expect("a link").0;
        let rest = office.server.get(link, &office.token, crate::partner::AUSTIN);
        assert_eq!(rest.ids(), all[12..], "{start}");
    }
}

#[test]
fn a_date_without_a_time_is_told_what_it_lacks() {
    let message = "a date needs a time and an offset, for example 2023-11-07T05:31:56Z";
    refused(&office(), message, &["2023-11-07", "0000-01-01", "9999-12-31", "2024-02-29"]);
}

#[test]
fn a_time_without_an_offset_is_told_what_it_lacks() {
    let message = "a time needs an offset, for example 2023-11-07T05:31:56Z or 2023-11-07T07:31:56+02:00";
    let texts = ["2023-11-07T05:31:56", "2023-11-07 05:31:56", "2023-11-07T05:31:56.123456", "2023-11-07t05:31:56.1"];
    refused(&office(), message, &texts);
}

#[test]
fn rubbish_is_told_the_right_form() {
    let texts = [
        "now",
        "yesterday",
        "null",
        "-",
        "Z",
        "T",
        " ",
        "0",
        "1699335116",
        "1699335116000",
        "-1",
        "20231107T053156Z",
        "2023-11",
        "2023",
        "2023-311T05:31:56Z",
        "2023-W45-2T05:31:56Z",
        "23-11-07T05:31:56Z",
        "+2023-11-07T05:31:56Z",
        "-2023-11-07T05:31:56Z",
        "12023-11-07T05:31:56Z",
        "2023-1-7T05:31:56Z",
        "2023/11/07T05:31:56Z",
        "07.11.2023 05:31:56",
        "11/07/2023",
        "Tue, 07 Nov 2023 05:31:56 GMT",
        "2023-11-07T5:31:56Z",
        "2023-11-07T05:31Z",
        "2023-11-07T05Z",
        "2023-11-07T05:31:56,5Z",
        "2023-11-07T05:31:56.Z",
        "2023-11-07T05:31:56.1234567890Z",
        "2023-11-07T05:31:56.-1Z",
        "2023-11-07T05:31:56UTC",
        "2023-11-07 05:31:56 UTC",
        "2023-11-07T05:31:56 America/Chicago",
        "2023-11-07T05:31:56+02:00[Europe/Berlin]",
        "2023-11-07T05:31:56ZZ",
        "2023-11-07T05:31:56Z ",
        " 2023-11-07T05:31:56Z",
        "2023-11-07  05:31:56Z",
        "2023-11-07TT05:31:56Z",
        "2023-11-07_05:31:56Z",
        "2023-11-07T05:31:56  Z",
        "2023-11-07T05:31:56+",
        "2023-11-07T05:31:56+2",
        "2023-11-07T05:31:56+2:00",
        "2023-11-07T05:31:56+02:",
        "2023-11-07T05:31:56+02:0",
        "2023-11-07T05:31:56+020",
        "2023-11-07T05:31:56+02:00:00",
        "2023-11-07T05:31:56+02.00",
        "2023-11-07T05:31:56+-02:00",
        "2023-11-07T05:31:56 - 02:00",
        "2023-11-07T05:31:56\u{2212}02:00",
        "2023\u{2010}11\u{2010}07T05:31:56Z",
        "\u{662}\u{660}\u{662}\u{663}-11-07T05:31:56Z",
        "\u{ff12}\u{ff10}\u{ff12}\u{ff13}-11-07T05:31:56Z",
        "\"2023-11-07T05:31:56Z\"",
        "2023-11-07T05:31:56Z\n",
        "2023-11-07T05:31:56Z\0",
        "2023-11-07T05:31:56Z#",
        "2023-11-07T05:31:56Z&",
        "aaaa-bb-ccTdd:ee:ffZ",
    ];
    refused(&office(), "takes an ISO 8601 date-time with an offset, for example 2023-11-07T05:31:56Z", &texts);
}
