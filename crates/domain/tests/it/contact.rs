//! How clients are known again: the normal forms of email addresses and phone numbers.

use frontdesk_domain::appointment::{ContactError, normal_email, normal_phone};
use proptest::prelude::*;

#[test]
fn email_addresses_are_compared_in_lower_case() {
    for (text, normal) in [
        ("ana@example.com", "ana@example.com"),
        (" Ana.Garcia+Vet@Example.COM ", "ana.garcia+vet@example.com"),
        ("o'brien@mail.example.co.uk", "o'brien@mail.example.co.uk"),
        ("josé@exámple.es", "josé@exámple.es"),
    ] {
        assert_eq!(normal_email(text).as_deref(), Ok(normal), "{text}");
    }
}

#[test]
fn what_mail_does_not_reach_is_no_email_address() {
    let long = format!("{}@example.com", "a".repeat(65));
    let longer = format!("a@{}com", "example.".repeat(32));
    for text in [
        "",
        "ana",
        "@example.com",
        "ana@",
        "ana@localhost",
        "ana@example..com",
        "ana@.com",
        "ana@example.",
        "ana@-a.com",
        "ana@a-.com",
        ".ana@example.com",
        "ana.@example.com",
        "a..na@example.com",
        "an a@example.com",
        "ana@exam ple.com",
        "ana@b@example.com",
        "Ana <ana@example.com>",
        "ana@example.com,ben@example.com",
        "ana@example.com\r\nBcc: x@y.zz",
        &long,
        &longer,
    ] {
        assert_eq!(normal_email(text), Err(ContactError::Email), "{text:?}");
    }
}

#[test]
fn phone_numbers_are_compared_with_their_calling_code() {
    for (text, code, normal) in [
        ("512 555 0100", "1", "+15125550100"),
        ("(512) 555-0100", "1", "+15125550100"),
        ("1-512-555-0100", "1", "+15125550100"),
        ("+1 512.555.0100", "1", "+15125550100"),
        ("001 512 555 0100", "34", "+15125550100"),
        ("612 345 678", "34", "+34612345678"),
        ("+34 612 345 678", "1", "+34612345678"),
        ("0151/23456789", "49", "+4915123456789"),
        ("\u{a0}020\u{2011}7946\u{2013}0958", "44", "+442079460958"),
        ("+44 (0)20 7946 0958", "1", "+442079460958"),
    ] {
        assert_eq!(normal_phone(text, code).as_deref(), Ok(normal), "{text}");
    }
}

#[test]
fn what_cannot_be_called_is_no_phone_number() {
    for text in [
        "",
        "+",
        "none",
        "555010",
        "512 555 0100 x3",
        "512+555+0100",
        "0000000000",
        "1111111",
        "1234567890123456",
        "+1234567890123456",
        "+0 512 555 0100",
        "0 000 001",
        "512 555 0100 / 512 555 0101",
    ] {
        assert_eq!(normal_phone(text, "1"), Err(ContactError::Phone), "{text:?}");
    }
    assert_eq!(normal_phone("123456789012345", "34"), Err(ContactError::Phone), "more than 15 digits with its code");
}

proptest! {
    #![proptest_config(crate::cases(1000))]

    #[test]
    fn a_normal_form_is_its_own(text in "[ +0-9().-]{0,24}", code in prop::sample::select(vec!["1", "34", "49"])) {
        if let Ok(normal) = normal_phone(&text, code) {
            let digits = normal.strip_prefix('+').expect("a calling code");
            prop_assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()));
            prop_assert_eq!(normal_phone(&normal, "7"), Ok(normal));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = normal_phone(&text, "1");
        if let Ok(normal) = normal_email(&text) {
            prop_assert_eq!(normal_email(&normal), Ok(normal));
        }
    }
}
