//! Tables of results: printed, and written into docs/benchmarks.md.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result};

use crate::measure::Spread;
use crate::workspace;

/// One comparison with its target.
pub(crate) struct Row {
    pub subject: String,
    /// What Trunkline took.
    pub ours: String,
    /// What it is held against, and what that took.
    pub floor: String,
    pub result: Quantity,
    /// The most that `result` may be; `None` for a row that only informs.
    pub limit: Option<f64>,
}

/// A result in its unit.
#[derive(Clone, Copy)]
pub(crate) enum Quantity {
    /// So many times as long, or as much.
    Times(Spread),
    /// Of resident memory.
    Mebibytes(f64),
    Seconds(Spread),
}

impl Quantity {
    fn value(self) -> f64 {
        match self {
            Self::Times(spread) | Self::Seconds(spread) => spread.median,
            Self::Mebibytes(value) => value,
        }
    }

    fn show(self) -> String {
        match self {
            Self::Times(Spread { low, median, high }) => {
                format!("{median:.2} x ({low:.2}–{high:.2})")
            }
            Self::Mebibytes(value) => format!("{value:.1} MiB"),
            Self::Seconds(spread) => seconds(spread.median),
        }
    }

    fn show_limit(self, limit: f64) -> String {
        match self {
            Self::Times(_) => format!("≤ {limit} x"),
            Self::Mebibytes(_) => format!("≤ {limit} MiB"),
            Self::Seconds(_) => format!("≤ {}", seconds(limit)),
        }
    }
}

impl Row {
    /// Whether the target is missed; a row without a target misses none.
    pub(crate) fn is_missed(&self) -> bool {
        self.limit.is_some_and(|limit| self.result.value() > limit)
    }

    fn cells(&self) -> Vec<String> {
        let (target, verdict) = match self.limit {
            Some(limit) => {
                let verdict = if self.is_missed() { "MISS" } else { "pass" };
                (self.result.show_limit(limit), verdict)
            }
            None => (String::new(), ""),
        };
        let (subject, ours, floor) = (self.subject.clone(), self.ours.clone(), self.floor.clone());
        vec![subject, ours, floor, self.result.show(), target, verdict.to_owned()]
    }
}

/// The rows with their targets.
pub(crate) fn comparison(rows: &[Row]) -> String {
    let head = ["", "Trunkline", "held against", "result (quartiles)", "target", ""];
    table(&head, &rows.iter().map(Row::cells).collect::<Vec<_>>())
}

/// A Markdown table, aligned for a terminal as well.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count().max(3)).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        for (width, cell) in widths.iter().zip(cells) {
            // Writing to a String does not fail.
            let _ = write!(text, "| {cell:<width$} ");
        }
        text.push_str("|\n");
    };
    line(&mut head.iter().copied());
    line(&mut widths.iter().map(|_| "---"));
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
    text
}

/// A time with three digits, in the unit that suits it.
pub(crate) fn seconds(seconds: f64) -> String {
    let (value, unit) = if seconds < 1.0 { (seconds * 1000.0, "ms") } else { (seconds, "s") };
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.decimals$} {unit}")
}

/// Puts `text` between the marks of `section` in docs/benchmarks.md.
pub(crate) fn write_section(section: &str, text: &str) -> Result<()> {
    let path = workspace::root().join("docs/benchmarks.md");
    let page = fs::read_to_string(&path).context("reading docs/benchmarks.md")?;
    let page = replace_section(&page, section, text)
        .with_context(|| format!("docs/benchmarks.md has no marks of the section {section}"))?;
    fs::write(&path, page).context("writing docs/benchmarks.md")
}

fn replace_section(page: &str, section: &str, text: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- begin {section} -->\n"), format!("<!-- end {section} -->"));
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}{text}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{Quantity, Row, Spread, comparison, replace_section, seconds};

    fn row(median: f64) -> Row {
        Row {
            subject: "nothing pending".to_owned(),
            ours: seconds(0.012),
            floor: "bare connection 8.00 ms".to_owned(),
            result: Quantity::Times(Spread { low: 1.0, median, high: 2.0 }),
            limit: Some(1.5),
        }
    }

    #[test]
    fn a_target_is_missed_only_above_it() {
        assert!(!row(1.5).is_missed());
        assert!(row(1.51).is_missed());
        assert!(!Row { limit: None, ..row(9.0) }.is_missed());
    }

    #[test]
    fn a_table_names_target_and_verdict() {
        let text = comparison(&[row(1.6)]);
        let line = "| nothing pending | 12.0 ms   | bare connection 8.00 ms | 1.60 x (1.00–2.00) | ≤ 1.5 x | MISS |";
        assert_eq!(text.lines().nth(2), Some(line));
    }

    #[test]
    fn times_have_three_digits() {
        let shown = [0.001_234, 0.0456, 0.456, 1.5, 12.34].map(seconds);
        assert_eq!(shown, ["1.23 ms", "45.6 ms", "456 ms", "1.50 s", "12.3 s"]);
    }

    #[test]
    fn a_section_is_replaced_and_the_rest_kept() {
        let page = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n";
        let new = "a\n<!-- begin x -->\nnew\n<!-- end x -->\nb\n";
        assert_eq!(replace_section(page, "x", "new\n").as_deref(), Some(new));
        assert_eq!(replace_section(page, "y", "new\n"), None);
    }
}
