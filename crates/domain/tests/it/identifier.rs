//! Identifiers: kept as they came, and ours in the order of time.

use frontdesk_domain::id::MAX_ID_BYTES;
use frontdesk_domain::{AppointmentId, LocationId, SessionId, Timestamp};
use proptest::prelude::*;

#[test]
fn takes_and_refuses() {
    for text in
        ["1", "austin", "a b", "Ärzte/Süd", "猫", &"x".repeat(MAX_ID_BYTES), "018bf1c4-0000-7000-8000-000000000000"]
    {
        assert_eq!(LocationId::parse(text).map(|id| id.to_string()), Ok(text.to_owned()));
        assert_eq!(text.parse::<SessionId>().map(|id| id.as_str().to_owned()), Ok(text.to_owned()));
        assert_eq!(AppointmentId::try_from(text.to_owned()).map(|id| id.to_string()), Ok(text.to_owned()));
    }
    for text in
        ["", " ", " a", "a ", "\u{3000}a", "a\nb", "a\0", "\u{85}", &"x".repeat(MAX_ID_BYTES + 1), &"é".repeat(65)]
    {
        assert!(LocationId::parse(text).is_err(), "{text:?}");
        assert!(text.parse::<SessionId>().is_err(), "{text:?}");
        assert!(AppointmentId::try_from(text.to_owned()).is_err(), "{text:?}");
    }
}

proptest! {
    #![proptest_config(crate::cases(1000))]

    #[test]
    fn what_is_taken_is_kept_as_it_came(text in any::<String>()) {
        if let Ok(id) = SessionId::parse(&text) {
            prop_assert_eq!(id.as_str(), &text);
            prop_assert!(!text.is_empty() && text.len() <= MAX_ID_BYTES);
        }
    }

    #[test]
    fn ours_are_uuids_of_version_7_in_the_order_of_time(
        first in 0..4_102_444_800_000_000_i64, later in 1000..1_000_000_000_i64, random: [u8; 10], other: [u8; 10],
    ) {
        let id = SessionId::generate(Timestamp::from_micros(first), random);
        let uuid = uuid::Uuid::parse_str(id.as_str()).expect("a UUID");
        prop_assert_eq!(uuid.get_version_num(), 7);
        prop_assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
        prop_assert_eq!(uuid.hyphenated().to_string(), id.as_str(), "written in lower case");
        prop_assert_eq!(&SessionId::parse(id.as_str()), &Ok(id.clone()));
        prop_assert!(id < SessionId::generate(Timestamp::from_micros(first + later), other));
    }

    #[test]
    fn an_instant_before_1970_still_gives_an_id(micros in any::<i64>(), random: [u8; 10]) {
        let id = SessionId::generate(Timestamp::from_micros(micros), random);
        prop_assert_eq!(&SessionId::parse(id.as_str()), &Ok(id.clone()));
    }
}
