//! Into which databases a copy goes: an empty one, or one that holds nothing but an earlier copy of the same source.

use frontdesk_domain::Timestamp;

use super::{CopyError, Side};
use crate::catalog::{Catalog, Location};

/// Refuses a target that holds anything that the source does not know: it would be overwritten, or left standing beside
/// what comes.
pub(super) fn check(source: &mut dyn Side, target: &mut dyn Side, catalog: &Catalog) -> Result<(), CopyError> {
    let kept = target.catalog()?;
    if kept.locations.is_empty() && kept.tokens.is_empty() {
        return Ok(());
    }
    if kept.secret_key.0 != catalog.secret_key.0 {
        return Err(CopyError::Foreign);
    }
    if let Some(token) = kept.tokens().into_iter().find(|token| !catalog.tokens.contains_key(&token.id)) {
        return Err(CopyError::GoneOn(format!("its token {} is not in the source", token.id)));
    }
    for location in kept.locations() {
        if catalog.locations.get(&location.id).is_none_or(|original| original.key != location.key) {
            return Err(CopyError::GoneOn(format!("its location {} is not in the source", location.id)));
        }
    }
    for location in kept.locations() {
        // In this order: the source may be going on.
        let end = target.end_of_feed(location.key)?.map_or(Timestamp::MIN, |place| place.updated_at);
        if end > source.clock(location.key)?.last_tick {
            return Err(CopyError::GoneOn(format!("its location {} has changes of {end}", location.id)));
        }
    }
    Ok(())
}

/// Whether two catalogues say the same, whatever their generations.
pub(super) fn is_same(one: &Catalog, other: &Catalog) -> bool {
    let same_location = |location: &Location| {
        let setup = |location: &Location| location.booking.as_ref().map(|booking| booking.setup.clone());
        other.locations.get(&location.id).is_some_and(|copy| {
            (copy.key, copy.created_at, &copy.settings) == (location.key, location.created_at, &location.settings)
                && (copy.setup_revision, setup(copy)) == (location.setup_revision, setup(location))
        })
    };
    one.secret_key.0 == other.secret_key.0
        && one.tokens == other.tokens
        && one.locations.len() == other.locations.len()
        && one.locations.values().all(|location| same_location(location))
}
