//! Texts from outside: trimmed, bounded, free of control characters.

use frontdesk_domain::text::{TextError, optional};
use proptest::prelude::*;

#[test]
fn an_empty_text_is_an_absent_one() {
    for text in ["", " ", "\t\n ", "\u{a0}\u{3000}"] {
        assert_eq!(optional(text, 8), Ok(None), "{text:?}");
    }
    assert_eq!(optional(" newsletter ", 10), Ok(Some("newsletter".into())));
}

#[test]
fn says_what_is_wrong() {
    assert_eq!(optional("newsletter", 9), Err(TextError::TooLong(9)));
    assert_eq!(optional("news\nletter", 100), Err(TextError::Control));
    assert_eq!(optional("news\u{85}letter", 100), Err(TextError::Control));
    assert_eq!(optional("\u{7f}", 100), Err(TextError::Control));
    // Bytes count, not letters: é has two.
    assert_eq!(optional("éé", 3), Err(TextError::TooLong(3)));
    assert_eq!(optional("éé", 4), Ok(Some("éé".into())));
}

proptest! {
    #![proptest_config(crate::cases(1000))]

    #[test]
    fn what_is_kept_is_trimmed_bounded_and_clean(text in any::<String>(), limit in 0..64_usize) {
        match optional(&text, limit) {
            Ok(Some(kept)) => {
                prop_assert_eq!(&*kept, text.trim());
                prop_assert!(!kept.is_empty() && kept.len() <= limit && !kept.chars().any(char::is_control));
                prop_assert_eq!(optional(&kept, limit), Ok(Some(kept.clone())), "keeping it again changes nothing");
            }
            Ok(None) => prop_assert!(text.trim().is_empty()),
            Err(TextError::TooLong(most)) => prop_assert!(most == limit && text.trim().len() > limit),
            Err(TextError::Control) => prop_assert!(text.trim().chars().any(char::is_control)),
        }
    }
}
