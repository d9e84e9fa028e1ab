//! The texts of the description: paragraphs in which backticks mark code, the only markup that they use, and apostrophes are typed straight.

/// A run of text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// Whether it stood between backticks.
    pub code: bool,
    /// The text, without the backticks.
    pub text: String,
}

/// One paragraph.
pub type Prose = Vec<Span>;

/// A text without paragraphs.
pub fn line(text: &str) -> Prose {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let runs = text.split('`').enumerate().filter(|(_, run)| !run.is_empty());
    runs.map(|(index, run)| match index % 2 {
        0 => Span { code: false, text: run.replace('\'', "’") },
        _ => Span { code: true, text: run.to_owned() },
    })
    .collect()
}

/// A text whose paragraphs are parted by empty lines.
pub fn paragraphs(text: &str) -> Vec<Prose> {
    text.split("\n\n").map(line).filter(|paragraph| !paragraph.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_mark_code() {
        let span = |code, text: &str| Span { code, text: text.to_owned() };
        assert_eq!(line("by `'a'`,\nit's"), [span(false, "by "), span(true, "'a'"), span(false, ", it’s")]);
        assert_eq!(paragraphs("one\n\n`two`\n").len(), 2);
    }
}
