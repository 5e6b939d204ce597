use std::io::IsTerminal;

use crate::output::Printer;

/// A line on standard error that is written over, where a person looks on.
pub(crate) struct Progress {
    is_shown: bool,
}

impl Progress {
    pub(crate) fn new(printer: &Printer) -> Self {
        Self { is_shown: std::io::stderr().is_terminal() && printer.is_human() }
    }

    pub(crate) fn show(&self, text: impl std::fmt::Display) {
        if self.is_shown {
            eprint!("\r\x1b[K{text}");
        }
    }
}

/// Takes the line away.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            eprint!("\r\x1b[K");
        }
    }
}

/// A number of bytes as people read it.
pub(crate) fn size(bytes: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", tenths(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_read_at_a_glance() {
        let sizes = [999, 1_000, 12_345_678, 1_999_999_999].map(size);
        assert_eq!(sizes, ["999 bytes", "1.0 kB", "12.3 MB", "1.9 GB"]);
    }
}
