//! Slots and their ids on the wire.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::access::SecretKey;
use crate::practice::Setup;
use crate::time::SECOND;
use crate::{LocationId, ProviderId, Timestamp, TypeId};

/// A time that may be booked: a type of appointment with a provider. The room is found when it is held or booked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Slot {
    /// When it begins; a whole minute.
    pub start: Timestamp,
    /// With whom.
    pub provider: ProviderId,
    /// Of which type.
    pub appointment_type: TypeId,
}

/// What the ids of all slots of one type with one provider at one location have in common. A slot's id is a UUIDv8
/// (RFC 9562, section 5.8) of the minute and this tag, so that it says nothing of the practice, cannot be made up, and is
/// worth nothing at another location.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SlotTag([u8; 12]);

const MINUTE: i64 = 60 * SECOND;

impl SecretKey {
    /// The tag of a type with a provider.
    pub fn slot_tag(&self, location: &LocationId, appointment_type: &TypeId, provider: &ProviderId) -> SlotTag {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length (RFC 2104)");
        mac.update(b"slot");
        for part in [location.as_str(), appointment_type.as_str(), provider.as_str()] {
            mac.update(b"\0");
            mac.update(part.as_bytes());
        }
        let mut tag = [0; 12];
        tag.copy_from_slice(&mac.finalize().into_bytes()[..12]);
        SlotTag(tag)
    }

    /// The id of a slot.
    pub fn slot_id(&self, location: &LocationId, slot: &Slot) -> String {
        let tag = self.slot_tag(location, &slot.appointment_type, &slot.provider);
        String::from_utf8_lossy(&tag.id(slot.start)).into_owned()
    }

    /// The slot of an id, when it is one of this location. Says nothing of whether it can still be booked.
    pub fn open_slot_id(&self, location: &LocationId, setup: &Setup, id: &str) -> Option<Slot> {
        let uuid = uuid::Uuid::try_parse(id).ok().filter(|_| id.len() == 36)?;
        let bytes = uuid.as_bytes();
        let minute = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let start = Timestamp::from_micros(i64::from(minute) * MINUTE);
        let pairs = setup.providers.iter().flat_map(|provider| {
            provider.appointment_types.iter().map(move |appointment_type| (provider, appointment_type))
        });
        pairs
            .map(|(provider, one)| Slot { start, provider: provider.id.clone(), appointment_type: one.clone() })
            .find(|slot| self.slot_tag(location, &slot.appointment_type, &slot.provider).uuid(start) == uuid)
    }
}

impl SlotTag {
    fn uuid(self, start: Timestamp) -> uuid::Uuid {
        // Until the year 10136; a time that far ahead is never open.
        let minute = u32::try_from(start.as_micros().div_euclid(MINUTE)).unwrap_or(u32::MAX);
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&minute.to_be_bytes());
        bytes[4..].copy_from_slice(&self.0);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// The id of the slot that begins at `start`: 36 ASCII characters.
    pub fn id(self, start: Timestamp) -> [u8; 36] {
        let mut text = [0; 36];
        self.uuid(start).as_hyphenated().encode_lower(&mut text);
        text
    }
}
