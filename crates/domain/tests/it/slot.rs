//! The ids of slots.

use frontdesk_domain::access::SecretKey;
use frontdesk_domain::practice::Provider;
use frontdesk_domain::scheduling::Slot;
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{LocationId, Timestamp};
use proptest::prelude::*;

use crate::practice_fixture::{id, setup};

const MINUTE: i64 = 60 * SECOND;
const KEY: SecretKey = SecretKey([7; 32]);

fn austin() -> LocationId {
    id("austin")
}

fn slot(minute: u32, provider: &str) -> Slot {
    let start = Timestamp::from_micros(i64::from(minute) * MINUTE);
    Slot { start, provider: id(provider), appointment_type: id("check-up") }
}

fn two_providers() -> frontdesk_domain::practice::Setup {
    let mut setup = setup();
    let chen = Provider { id: id("chen"), ..setup.providers[0].clone() };
    setup.providers.push(chen);
    setup
}

proptest! {
    #![proptest_config(crate::cases(300))]

    #[test]
    fn an_id_is_of_its_slot(minute in any::<u32>(), provider in prop::sample::select(vec!["rivera", "chen"])) {
        let slot = slot(minute, provider);
        let text = KEY.slot_id(&austin(), &slot);
        prop_assert_eq!(KEY.open_slot_id(&austin(), &two_providers(), &text), Some(slot.clone()));
        prop_assert_eq!(uuid_version(&text), (8, 2));
        let tag = KEY.slot_tag(&austin(), &slot.appointment_type, &slot.provider);
        prop_assert_eq!(&tag.id(slot.start)[..], text.as_bytes());
    }

    #[test]
    fn a_mangled_id_is_of_no_slot_or_of_another_minute(
        minute in any::<u32>(), place in 0..36_usize, digit in prop::sample::select(b"0123456789abcdefg-".as_slice()),
    ) {
        let slot = slot(minute, "chen");
        let text = KEY.slot_id(&austin(), &slot);
        let mut mangled = text.clone().into_bytes();
        mangled[place] = digit;
        let mangled = String::from_utf8(mangled).expect("ASCII");
        prop_assume!(mangled != text);
        let opened = KEY.open_slot_id(&austin(), &two_providers(), &mangled);
        if place < 8 && digit.is_ascii_hexdigit() {
            let start = opened.as_ref().expect("the first eight digits are the minute").start;
            prop_assert_ne!(start, slot.start);
            prop_assert_eq!(opened, Some(Slot { start, ..slot }));
        } else {
            prop_assert_eq!(opened, None);
        }
    }

    #[test]
    fn any_text_is_of_no_slot(text in any::<String>()) {
        prop_assert_eq!(KEY.open_slot_id(&austin(), &two_providers(), &text), None);
    }
}

/// The version and the variant (RFC 9562, section 4).
fn uuid_version(text: &str) -> (u32, u32) {
    let digit = |place: usize| text[place..].chars().next().and_then(|digit| digit.to_digit(16)).expect("a digit");
    (digit(14), digit(19) >> 2)
}

#[test]
fn an_id_is_worth_nothing_elsewhere() {
    let text = KEY.slot_id(&austin(), &slot(30_000_000, "chen"));
    assert_eq!(KEY.open_slot_id(&id("madrid"), &two_providers(), &text), None, "at another location");
    assert_eq!(SecretKey([8; 32]).open_slot_id(&austin(), &two_providers(), &text), None, "with another key");
    assert_eq!(KEY.open_slot_id(&austin(), &setup(), &text), None, "once the provider is gone");
    let without_hyphens = text.replace('-', "");
    for other in [format!("{{{text}}}"), format!("urn:uuid:{text}"), without_hyphens, text[..35].to_owned()] {
        assert_eq!(KEY.open_slot_id(&austin(), &two_providers(), &other), None, "{other}");
    }
}

#[test]
fn a_time_that_no_id_can_tell_is_none_that_is_open() {
    let far = Slot { start: Timestamp::from_micros(i64::MIN), ..slot(0, "chen") };
    let opened = KEY.open_slot_id(&austin(), &two_providers(), &KEY.slot_id(&austin(), &far)).expect("a slot");
    assert_eq!(opened.start, Timestamp::from_micros(i64::from(u32::MAX) * MINUTE));
}
