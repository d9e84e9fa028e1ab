//! The walks of a query as bytes, for servers that keep them in a database.

use super::{Stop, Walk, Walks};
use crate::Timestamp;
use crate::feed::{Place, Stretch};

/// What the bytes begin with; another number, another form.
const FORM: u8 = 1;

impl Walks {
    /// As bytes, without what no client will ask for.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![FORM];
        for walk in &self.walks {
            let mut walk = walk.clone();
            walk.thin_out();
            put(&mut bytes, zigzag(walk.began.as_micros()));
            put(&mut bytes, walk.earliest);
            put(&mut bytes, u64::from(walk.shared));
            put(&mut bytes, walk.stops.len() as u64);
            for (page, stop) in &walk.stops {
                put(&mut bytes, *page);
                put(&mut bytes, stop.served);
                put(&mut bytes, stop.first_total);
                let (from, through) = (&stop.at.from, stop.at.through());
                put_place(&mut bytes, from);
                put(&mut bytes, u64::from(through != from));
                if through != from {
                    put_place(&mut bytes, through);
                }
            }
        }
        bytes
    }

    /// From bytes; none when they are not ours.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (form, mut rest) = bytes.split_first()?;
        if *form != FORM {
            return None;
        }
        let mut walks = Vec::new();
        while !rest.is_empty() {
            let began = Timestamp::from_micros(unzigzag(take(&mut rest)?));
            let (earliest, shared) = (take(&mut rest)?, take(&mut rest)? != 0);
            let stops: Option<Vec<(u64, Stop)>> = (0..take(&mut rest)?).map(|_| take_stop(&mut rest)).collect();
            walks.push(Walk { began, stops: stops?, earliest, shared });
        }
        Some(Self { walks })
    }
}

fn take_stop(rest: &mut &[u8]) -> Option<(u64, Stop)> {
    let (page, served, first_total) = (take(rest)?, take(rest)?, take(rest)?);
    let from = take_place(rest)?;
    let at = if take(rest)? == 0 { Stretch::from(from) } else { Stretch::new(from, take_place(rest)?) };
    Some((page, Stop { at, served, first_total }))
}

fn put_place(bytes: &mut Vec<u8>, place: &Place) {
    put(bytes, zigzag(place.updated_at.as_micros()));
    put(bytes, place.id.len() as u64);
    bytes.extend_from_slice(place.id.as_bytes());
}

fn take_place(rest: &mut &[u8]) -> Option<Place> {
    let updated_at = Timestamp::from_micros(unzigzag(take(rest)?));
    let length = usize::try_from(take(rest)?).ok()?;
    let (id, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(Place { updated_at, id: std::str::from_utf8(id).ok()?.into() })
}

/// Small numbers of either sign as small numbers.
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, -1, 63, 64, -65, 1_700_000_000_000_000, i64::MAX, i64::MIN] {
            let mut bytes = Vec::new();
            put(&mut bytes, zigzag(number));
            let mut rest = &bytes[..];
            assert_eq!(take(&mut rest).map(unzigzag), Some(number));
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn foreign_bytes_are_no_walks() {
        assert_eq!(Walks::decode(&[]), None);
        assert_eq!(Walks::decode(&[7]), None);
        assert_eq!(Walks::decode(&[FORM]), Some(Walks::default()));
        let mut walks = Walks::default();
        let place = |id: &str| Place { updated_at: Timestamp::from_micros(-5), id: id.into() };
        walks.begin(
            Stop { at: Stretch::new(place("a"), place("b\u{e9}")), served: 3, first_total: 900 },
            Timestamp::MIN,
        );
        let bytes = walks.encode();
        assert_eq!(Walks::decode(&bytes), Some(walks));
        assert!((1..bytes.len()).all(|end| Walks::decode(&bytes[..end]).is_none() || end == 1), "a part of it");
    }
}
