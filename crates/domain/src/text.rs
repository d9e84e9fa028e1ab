//! What texts from outside must look like before they are kept.

/// Why a text is not kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TextError {
    /// Longer than the field takes.
    #[error("takes at most {0} bytes")]
    TooLong(usize),
    /// Control characters would break logs, CSV files and terminals.
    #[error("takes no control characters")]
    Control,
}

/// A text of at most `limit` bytes, trimmed; an empty one is an absent one, because pages send `utm_source=` for none.
///
/// # Errors
/// When the text is longer, or holds control characters.
pub fn optional(text: &str, limit: usize) -> Result<Option<Box<str>>, TextError> {
    let trimmed = text.trim();
    if trimmed.len() > limit {
        return Err(TextError::TooLong(limit));
    }
    if trimmed.chars().any(char::is_control) {
        return Err(TextError::Control);
    }
    Ok((!trimmed.is_empty()).then(|| trimmed.into()))
}
