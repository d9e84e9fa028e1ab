//! How figures are written: spreads, sizes, grouped digits, aligned columns.

/// The middle and the ends of some figures.
pub struct Spread {
    /// The middle one, or between the two in the middle.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The greatest.
    pub most: f64,
}

impl Spread {
    /// None of nothing.
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let (least, most) = (*figures.first()?, *figures.last()?);
        let (below, above) = (figures[(figures.len() - 1) / 2], figures[figures.len() / 2]);
        Some(Self { median: f64::midpoint(below, above), least, most })
    }

    /// With so many digits after the point.
    pub fn shown(&self, digits: usize, unit: &str) -> String {
        let Self { median, least, most } = self;
        format!("{median:.digits$}{unit} ({least:.digits$}..{most:.digits$})")
    }
}

/// `1 M` for a million, `50 k` for fifty thousand.
pub fn short(sessions: u64) -> String {
    match sessions {
        1_000_000.. => format!("{} M", sessions / 1_000_000),
        _ => format!("{} k", sessions / 1_000),
    }
}

/// `12,345`.
pub fn grouped(figure: f64) -> String {
    // Below a hundred the fraction is worth showing.
    if figure < 100.0 {
        return format!("{figure:.1}");
    }
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// As Markdown, aligned, so that it reads well on a terminal and on a page.
pub fn print_aligned<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) {
    let widths: [usize; COLUMNS] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    for (index, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!(" {cell:width$} |"));
        println!("|{}", cells.collect::<String>());
        if index == 0 {
            println!("|{}", widths.map(|width| format!("{}|", "-".repeat(width + 2))).concat());
        }
    }
}
