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
/// When the text has anything but digits and the usual signs between them, fewer than seven digits, or the same digit
/// throughout; or when what comes out has more than fifteen or begins with 0.
pub fn normal_phone(text: &str, calling_code: &str) -> Result<String, ContactError> {
    let text = text.trim();
    // The trunk prefix, 0 in most countries and 1 in North America (ITU-T E.164.2), is not part of the number. Some write it
    // into the international form, too: +44 (0)20 7946 0958.
    let number = match text.strip_prefix('+').or_else(|| text.strip_prefix("00")) {
        Some(rest) => only_digits(&rest.replacen("(0)", "", 1))?,
        None => {
            let digits = only_digits(text)?;
            let national = digits.trim_start_matches('0');
            let national = match calling_code {
                "1" if national.len() == 11 => national.strip_prefix('1').unwrap_or(national),
                _ => national,
            };
            if digits.len() < 7 || is_one_digit(national) {
                return Err(ContactError::Phone);
            }
            format!("{calling_code}{national}")
        }
    };
    let sound = (7..=15).contains(&number.len()) && !number.starts_with('0') && !is_one_digit(&number);
    if sound { Ok(format!("+{number}")) } else { Err(ContactError::Phone) }
}

fn only_digits(text: &str) -> Result<String, ContactError> {
    let between = |one| matches!(one, ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' | '\u{2011}' | '\u{2013}');
    let digits: String = text.chars().filter(|&one| !between(one)).collect();
    if digits.bytes().all(|digit| digit.is_ascii_digit()) { Ok(digits) } else { Err(ContactError::Phone) }
}

/// Whether it is one digit over and over, as nobody's number is.
fn is_one_digit(digits: &str) -> bool {
    digits.bytes().all(|digit| Some(digit) == digits.bytes().next())
}
