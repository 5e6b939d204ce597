//! The end of the server's log, and what it means.

use std::{fmt, fs, path::Path};

/// Lines kept of a log.
const LINES: usize = 8;

/// The last lines of a server's log, shown with an error.
#[derive(Debug, Clone, Default)]
pub struct Excerpt {
    lines: Vec<String>,
}

impl Excerpt {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read(path).unwrap_or_default();
        Self::of(&String::from_utf8_lossy(&text))
    }

    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }

    pub(crate) fn of(text: &str) -> Self {
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let start = lines.len().saturating_sub(LINES);
        Self { lines: lines[start..].iter().map(|&line| line.to_owned()).collect() }
    }

    /// What to do about the cause that the lines name.
    pub(crate) fn hint(&self) -> Option<String> {
        let says = |needle: &str| self.lines.iter().any(|line| line.contains(needle));
        let hint = if says("Address already in use") {
            "another program has the port: choose another one, or port 0 for any that is free"
        } else if says("No space left on device") {
            "the disk is full: free space on it, or set TRUNKLINE_DATA_DIR to a directory on another one"
        } else if says("has wrong ownership")
            || says("has invalid permissions")
            || says("Permission denied")
        {
            "the data directory must belong to the user that runs the server, with mode 0700"
        } else if says("incompatible with server") || says("not compatible with this version") {
            "set TRUNKLINE_POSTGRES_BIN to the binaries of the version that made the data, \
             or discard the data with: trunkline database reset"
        } else if says("lock file \"postmaster.pid\" already exists") {
            "a server that was started by hand runs on this directory: stop it with pg_ctl stop"
        } else if says("could not create shared memory segment")
            || says("could not resize shared memory")
        {
            "the system's shared memory is too small for the server: in a container, raise --shm-size"
        } else if says("could not locate a valid checkpoint record") {
            "the data is damaged: restore a backup, or discard it with: trunkline database reset"
        } else {
            return None;
        };
        Some(hint.to_owned())
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lines.is_empty() {
            return Ok(());
        }
        write!(formatter, "; its log ends with:")?;
        self.lines.iter().try_for_each(|line| write!(formatter, "\n  {line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Excerpt;

    #[test]
    fn keeps_the_end_and_names_the_way_out() {
        let text =
            format!("{}FATAL:  could not write: No space left on device\n", "noise\n".repeat(30));
        let excerpt = Excerpt::of(&text);
        assert_eq!(excerpt.lines.len(), 8);
        assert!(excerpt.to_string().ends_with("No space left on device"));
        assert!(excerpt.hint().is_some_and(|hint| hint.contains("disk is full")));
        assert!(Excerpt::of("LOG:  all is well").hint().is_none());
    }
}
