use std::io::IsTerminal;
use std::time::{Duration, Instant};

use crate::output::{Printer, duration};

const WIDTH: u8 = 24;

/// A line on standard error that is written over, where a person looks on.
pub(super) struct Bar {
    is_shown: bool,
    doing: &'static str,
    total: u64,
    began: Instant,
}

impl Bar {
    /// `doing` is a participle, as `reading`; `total` is about how many rows there are.
    pub(super) fn new(doing: &'static str, total: u64, printer: &Printer) -> Self {
        let is_shown = std::io::stderr().is_terminal() && printer.is_human();
        Self { is_shown, doing, total, began: Instant::now() }
    }

    /// So many rows are done.
    pub(super) fn show(&self, rows: u64) {
        if self.is_shown {
            eprint!("\r\x1b[K{}", self.text(rows, self.began.elapsed()));
        }
    }

    /// Takes the line away.
    pub(super) fn end(&self) {
        if self.is_shown {
            eprint!("\r\x1b[K");
        }
    }

    fn text(&self, rows: u64, elapsed: Duration) -> String {
        let (rows, total) = (rows.min(self.total), self.total);
        let full = rows.saturating_mul(WIDTH.into()).checked_div(total).unwrap_or(WIDTH.into());
        let full = usize::try_from(full).unwrap_or_default();
        let bar = format!("{}{}", "█".repeat(full), "░".repeat(usize::from(WIDTH) - full));
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let rate = rows.saturating_mul(1000) / milliseconds;
        let left = (total - rows).saturating_mul(1000).checked_div(rate);
        let left = left.map_or_else(String::new, |left| {
            format!(", {} left", duration(Duration::from_millis(left)))
        });
        format!("{} {bar} {rows} of {total} rows, {rate}/s{left}", self.doing)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Bar;

    #[test]
    fn it_shows_rate_and_time_left() {
        let bar = Bar { is_shown: false, doing: "importing", total: 1000, began: Instant::now() };
        let second = Duration::from_secs(1);
        assert_eq!(
            bar.text(250, second),
            "importing ██████░░░░░░░░░░░░░░░░░░ 250 of 1000 rows, 250/s, 3.0 s left"
        );
        assert!(bar.text(2000, second).ends_with(" 1000 of 1000 rows, 1000/s, 0 ms left"));
        assert!(bar.text(0, Duration::ZERO).ends_with(" 0 of 1000 rows, 0/s"));
        let nothing = Bar { total: 0, ..bar };
        assert!(nothing.text(0, second).contains("████ 0 of 0 rows"));
    }
}
