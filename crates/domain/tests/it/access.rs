//! Tokens and session secrets: they open what they are for, and nothing else.

use frontdesk_domain::access::{Reach, Scope, SecretKey, Token, TokenId, TokenRecord};
use frontdesk_domain::{AppointmentId, LocationId, SessionId, Timestamp};
use proptest::prelude::*;

fn random() -> impl Strategy<Value = [u8; 40]> {
    prop::collection::vec(any::<u8>(), 40).prop_map(|bytes| bytes.try_into().expect("forty bytes"))
}

fn id() -> impl Strategy<Value = String> {
    "[a-z0-9.\u{e9}\u{732b}-]{1,20}"
}

fn record(token: &Token) -> TokenRecord {
    TokenRecord {
        id: token.id(),
        digest: token.digest(),
        scope: Scope::Partner,
        reach: Reach::All,
        note: "".into(),
        created_at: Timestamp::from_micros(0),
        revoked_at: None,
    }
}

/// `text` with one of its letters exchanged.
fn forge(text: &str, index: prop::sample::Index, by: char) -> Option<String> {
    let mut letters: Vec<char> = text.chars().collect();
    let index = index.index(letters.len());
    let changed = std::mem::replace(&mut letters[index], by) != by;
    changed.then(|| letters.into_iter().collect())
}

proptest! {
    #![proptest_config(crate::cases(1000))]

    #[test]
    fn a_token_reads_back_and_is_admitted(random in random()) {
        let token = Token::generate(random);
        let text = token.reveal();
        prop_assert_eq!(text.len(), 3 + 16 + 1 + 43);
        let read = Token::parse(&text).expect("its own text");
        prop_assert_eq!(read.id(), token.id());
        prop_assert_eq!(read.reveal(), text);
        prop_assert!(record(&token).admits(&read));
        let revoked = TokenRecord { revoked_at: Some(Timestamp::from_micros(1)), ..record(&token) };
        prop_assert!(!revoked.admits(&read));
        prop_assert_eq!(TokenId::parse(&token.id().to_string()), Some(token.id()));
        prop_assert_eq!(TokenId::from_bits(token.id().to_bits()), token.id());
    }

    #[test]
    fn another_token_is_not_admitted(one in random(), other in random()) {
        prop_assume!(one[8..] != other[8..]);
        prop_assert!(!record(&Token::generate(one)).admits(&Token::generate(other)));
    }

    #[test]
    fn a_token_with_an_exchanged_letter_is_another(random in random(), index: prop::sample::Index, by in "[A-Za-z0-9_-]") {
        let token = Token::generate(random);
        let by = by.chars().next().expect("one letter");
        if let Some(read) = forge(&token.reveal(), index, by).and_then(|forged| Token::parse(&forged)) {
            let finds_it = read.id() == token.id();
            // The digits of the id may be of either case; the secret has one form only.
            prop_assert!(!(finds_it && record(&token).admits(&read)) || by.is_ascii_hexdigit());
            prop_assert!(!finds_it || read.reveal() == token.reveal() || !record(&token).admits(&read));
        }
    }

    #[test]
    fn anything_at_all_is_answered(text in any::<String>(), session in any::<String>()) {
        prop_assert!(Token::parse(&text).is_none());
        let (signed, secret) = (format!("+{text}"), format!("fs_{text}.{text}"));
        prop_assert!(TokenId::parse(&signed).is_none());
        prop_assert!(SecretKey([1; 32]).open_session_secret(&session, &text).is_none());
        prop_assert!(SecretKey([1; 32]).open_session_secret(&session, &secret).is_none());
    }

    #[test]
    fn a_session_secret_opens_its_session_only(
        key: [u8; 32], other_key: [u8; 32], location in id(), session in id(), other in id(),
    ) {
        let key = SecretKey(key);
        let location = LocationId::parse(&location).expect("an id");
        let session = SessionId::parse(&session).expect("an id");
        let secret = key.session_secret(&location, &session);
        prop_assert_eq!(key.open_session_secret(session.as_str(), &secret), Some(location.clone()));
        if other != session.as_str() {
            prop_assert_eq!(key.open_session_secret(&other, &secret), None);
        }
        if other_key != key.0 {
            prop_assert_eq!(SecretKey(other_key).open_session_secret(session.as_str(), &secret), None);
        }
        // The tag of this secret with another location's name.
        let elsewhere = key.session_secret(&LocationId::parse(&other).expect("an id"), &session);
        if other != location.as_str() {
            let tag = secret.split_once('.').expect("tag and location").0;
            let name = elsewhere.split_once('.').expect("tag and location").1;
            prop_assert_eq!(key.open_session_secret(session.as_str(), &format!("{tag}.{name}")), None);
        }
    }

    #[test]
    fn a_forged_session_secret_opens_nothing(
        location in id(), session in id(), index: prop::sample::Index, by in "[A-Za-z0-9_.-]",
    ) {
        let key = SecretKey([7; 32]);
        let location = LocationId::parse(&location).expect("an id");
        let secret = key.session_secret(&location, &SessionId::parse(&session).expect("an id"));
        if let Some(forged) = forge(&secret, index, by.chars().next().expect("one letter")) {
            prop_assert_eq!(key.open_session_secret(&session, &forged), None, "{}", forged);
        }
    }
}

#[test]
fn a_short_or_cut_secret_opens_nothing() {
    let key = SecretKey([7; 32]);
    let (location, session) = (LocationId::parse("austin").expect("an id"), SessionId::parse("s").expect("an id"));
    let secret = key.session_secret(&location, &session);
    for length in 0..secret.len() {
        assert_eq!(key.open_session_secret("s", &secret[..length]), None, "{length}");
    }
    // Where the location ends and the session begins cannot be moved.
    let one = key.session_secret(&LocationId::parse("a").expect("an id"), &SessionId::parse("bc").expect("an id"));
    let other = key.session_secret(&LocationId::parse("ab").expect("an id"), &SessionId::parse("c").expect("an id"));
    assert_ne!(one.split_once('.').map(|parts| parts.0), other.split_once('.').map(|parts| parts.0));
}

#[test]
fn malformed_tokens_are_none() {
    let token = Token::generate([5; 40]).reveal();
    for length in 0..token.len() {
        assert!(Token::parse(&token[..length]).is_none());
    }
    for text in [
        format!("{token}="),
        format!("{token}A"),
        format!(" {token}"),
        token.replace("fd_", "FD_"),
        token.replacen('_', "-", 2),
    ] {
        assert!(Token::parse(&text).is_none(), "{text}");
    }
}

#[test]
fn scopes_and_reach() {
    for scope in Scope::ALL {
        assert_eq!(Scope::from_name(scope.as_str()), Some(*scope));
        assert!(Scope::Admin.allows(*scope) && scope.allows(*scope));
    }
    assert!(!Scope::Partner.allows(Scope::Booking) && !Scope::Booking.allows(Scope::Partner));
    assert!(!Scope::Partner.allows(Scope::Admin) && !Scope::Booking.allows(Scope::Admin));
    assert_eq!(Scope::from_name("Partner"), None);
    let some = Reach::Locations(vec![LocationId::parse("austin").expect("an id")]);
    assert!(some.covers("austin") && !some.covers("Austin") && !some.covers("") && !some.covers("austin2"));
    assert!(Reach::All.covers("anything") && !Reach::Locations(Vec::new()).covers("austin"));
}

#[test]
fn a_key_in_an_address_is_good_for_its_own_purpose_and_place() {
    let key = SecretKey([7; 32]);
    let [here, there] = ["here", "there"].map(|id| LocationId::parse(id).unwrap());
    let (session, appointment) = (SessionId::parse("A-1").unwrap(), AppointmentId::parse("A-1").unwrap());
    let (page, link) = (key.page_key(&here, &session), key.appointment_key(&here, &appointment));
    assert!(key.opens_page(&here, &session, &page) && key.opens_appointment(&here, &appointment, &link));
    assert!(page.len() == 22 && page.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    for wrong in ["", "A", &link, &page[..21], &format!("{page}A"), &"A".repeat(22)] {
        assert!(!key.opens_page(&here, &session, wrong), "{wrong}");
    }
    assert!(!key.opens_appointment(&here, &appointment, &page));
    assert!(!key.opens_page(&there, &session, &page) && !key.opens_appointment(&there, &appointment, &link));
    assert!(!SecretKey([8; 32]).opens_page(&here, &session, &page));
}
