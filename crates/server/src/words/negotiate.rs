//! Which words a visitor is shown.

use super::{Language, Words};

/// Regions whose people count hours to twelve (CLDR, `timeData`), among those of the catalogues' languages.
const TWELVE_HOURS: &[&str] =
    &["US", "CA", "AU", "NZ", "IN", "PH", "PK", "ZA", "PR", "CO", "DO", "PA", "VE", "SV", "HN", "NI", "GT"];

impl Words {
    /// The words for who `asked` for a language by name, or whose browser `accepts` some (RFC 9110, section 12.5.4), or else
    /// of the location's own language. Without a region, hours are counted as they are where the location is called by
    /// `calling_code`.
    pub fn negotiate(asked: Option<&str>, accepts: Option<&str>, own: Option<&str>, calling_code: &str) -> Self {
        let accepted = accepts.map(by_preference).unwrap_or_default();
        let asked = asked.and_then(Language::of);
        let language = asked
            .or_else(|| accepted.iter().find_map(|tag| Language::of(tag)))
            .or_else(|| own.and_then(Language::of))
            .unwrap_or(Language::English);
        let tag = accepted.iter().find(|tag| Language::of(tag) == Some(language));
        let region = tag.and_then(|tag| tag.split('-').skip(1).find(|part| part.len() == 2));
        let twelve_hours = match region {
            Some(region) => TWELVE_HOURS.iter().any(|known| known.eq_ignore_ascii_case(region)),
            None => calling_code == "1",
        };
        Self { language, twelve_hours }
    }
}

/// The tags of `Accept-Language`, the most wanted first.
fn by_preference(header: &str) -> Vec<&str> {
    let mut wanted: Vec<(&str, f32)> = header
        .split(',')
        .filter_map(|part| {
            let (tag, weight) = part.split_once(';').unwrap_or((part, "q=1"));
            let weight = weight.trim().strip_prefix("q=")?.trim().parse().ok()?;
            (weight > 0.0).then_some((tag.trim(), weight))
        })
        .collect();
    wanted.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    wanted.into_iter().map(|(tag, _)| tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(asked: &str, accepts: &str, own: &str, calling_code: &str) -> (&'static str, bool) {
        let some = |text| Some(text).filter(|text: &&str| !text.is_empty());
        let words = Words::negotiate(some(asked), some(accepts), some(own), calling_code);
        (words.language.tag(), words.twelve_hours)
    }

    #[test]
    fn the_visitor_comes_before_the_browser_and_the_browser_before_the_practice() {
        assert_eq!(shown("es", "en-US", "en", "1"), ("es", true));
        assert_eq!(shown("", "fr, es-ES;q=0.8, en;q=0.9", "es", "1"), ("en", true));
        assert_eq!(shown("", "fr-FR, es-ES;q=0.8", "en", "1"), ("es", false));
        assert_eq!(shown("", "fr", "es", "34"), ("es", false));
        assert_eq!(shown("xx", "*", "", "44"), ("en", false));
        assert_eq!(shown("", "en-GB", "", "1"), ("en", false));
        assert_eq!(shown("", "es;q=0, en;q=0.1", "es", "34"), ("en", false));
    }

    #[test]
    fn nonsense_is_no_language() {
        for header in [";;;", "q=1", "en;q=much", ",,,", "\u{1f436}", "e n", "en;q=NaN"] {
            assert_eq!(shown("", header, "es", "34").0, "es", "{header}");
        }
        assert_eq!(shown(&"es".repeat(4000), "", "", "1").0, "en");
    }
}
