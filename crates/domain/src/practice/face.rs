//! What visitors see of a location besides its name.

use serde::{Deserialize, Serialize};

/// How a location presents itself on its booking page and in mails.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Face {
    /// Its accent colour.
    pub colour: Option<Colour>,
    /// Its logo as a `data:` URL, so that the page asks no other host for it.
    pub logo: Option<Box<str>>,
    /// Its phone number, as it is shown and called.
    pub phone: Option<Box<str>>,
    /// The calling code of its country (`1`, `34`), for phone numbers that are given without one.
    pub calling_code: Option<Box<str>>,
    /// Where mail to it goes, and answers to its mails.
    pub email: Option<Box<str>>,
    /// Its postal address, in one line.
    pub address: Option<Box<str>>,
    /// Its website.
    pub website: Option<Box<str>>,
    /// What clients should bring.
    pub bring: Option<Box<str>>,
    /// Its own language (BCP 47: `en`, `es`), for visitors whose language is none of the page's.
    pub language: Option<Box<str>>,
}

impl Face {
    /// The calling code of its country; North America's when it has none.
    pub fn calling_code(&self) -> &str {
        self.calling_code.as_deref().unwrap_or("1")
    }
}

/// A colour, eight bits for each of red, green and blue; `#rrggbb` in files.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Colour {
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
}

/// Why a text is not a colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("takes a colour as #rrggbb, for example #0f766e")]
pub struct ColourError;

impl Colour {
    /// Reads `#rrggbb`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, ColourError> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or(ColourError)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(ColourError);
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| ColourError)?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self { red, green, blue })
    }

    /// Its relative luminance, 0 to 1 (WCAG 2.2, "relative luminance").
    pub fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// The contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio").
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl TryFrom<String> for Colour {
    type Error = ColourError;

    fn try_from(text: String) -> Result<Self, ColourError> {
        Self::parse(&text)
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        colour.to_string()
    }
}
