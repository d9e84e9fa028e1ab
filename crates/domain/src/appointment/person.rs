//! Clients and patients, and how a client is known again.

use serde::{Deserialize, Serialize};

use crate::{ClientId, PatientId, Timestamp};

/// An owner of patients.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Client {
    /// Their id.
    pub id: ClientId,
    /// Their id in the practice's own system.
    pub remote_id: Option<Box<str>>,
    /// First name.
    pub first_name: Box<str>,
    /// Last name.
    pub last_name: Box<str>,
    /// Email address, as it was given.
    pub email: Option<Box<str>>,
    /// Phone number, as it was given.
    pub phone: Option<Box<str>>,
    /// When they came on the record.
    pub created_at: Timestamp,
}

/// An animal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Patient {
    /// Its id.
    pub id: PatientId,
    /// Its id in the practice's own system.
    pub remote_id: Option<Box<str>>,
    /// Its owner.
    pub client: ClientId,
    /// Its name.
    pub name: Box<str>,
    /// What it is.
    pub species: Option<Box<str>>,
    /// Of which breed.
    pub breed: Option<Box<str>>,
    /// When it came on the record.
    pub created_at: Timestamp,
}

/// Why a text is no way to reach somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ContactError {
    /// Not an email address.
    #[error("takes an email address, for example ana@example.com")]
    Email,
    /// Not a phone number.
    #[error("takes a phone number with its area code, for example 512 555 0100")]
    Phone,
}

/// An email address as two are compared: in lower case. The local part may be case-sensitive by the letter of RFC 5321,
/// section 2.4, and is nowhere that people have mail.
///
/// # Errors
/// When the text cannot be an address that mail reaches from elsewhere.
pub fn normal_email(text: &str) -> Result<String, ContactError> {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@').ok_or(ContactError::Email)?;
    let plain = |part: &str| {
        part.chars().all(|one| !one.is_whitespace() && !one.is_control() && !"@<>,;:\"()[]\\".contains(one))
    };
    let labels_are_sound = domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    let dots_are_sound = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
    let sound = (1..=64).contains(&local.len()) && text.len() <= 254 && plain(local) && plain(domain);
    if sound && labels_are_sound && dots_are_sound { Ok(text.to_lowercase()) } else { Err(ContactError::Email) }
}

/// A phone number as two are compared: with its country's calling code and nothing between the digits (`+15125550100`,
/// ITU-T E.164). A number without a calling code is one of the country of `calling_code` (`1`, `34`).
///
/// # Errors
/// When the text has anything but digits and the usual signs between them, fewer than seven digits or more than fifteen,
/// or the same digit throughout.
pub fn normal_phone(text: &str, calling_code: &str) -> Result<String, ContactError> {
    let text = text.trim();
    let (international, rest) = match text.strip_prefix('+').or_else(|| text.strip_prefix("00")) {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut digits = String::new();
    for one in rest.chars() {
        match one {
            '0'..='9' => digits.push(one),
            ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' | '\u{2011}' | '\u{2013}' => {}
            _ => return Err(ContactError::Phone),
        }
    }
    let same = digits.bytes().all(|digit| digit == digits.as_bytes()[0]);
    if !(7..=15).contains(&digits.len()) || same {
        return Err(ContactError::Phone);
    }
    // The trunk prefix, 0 in most countries and 1 in North America (ITU-T E.164.2), is not part of the number.
    let national = digits.trim_start_matches('0');
    let national = match calling_code {
        "1" if national.len() == 11 => national.strip_prefix('1').unwrap_or(national),
        _ => national,
    };
    Ok(if international { format!("+{digits}") } else { format!("+{calling_code}{national}") })
}
