use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

/// What to do when standard output takes no more.
pub(super) const HINT: &str = "the command itself went on to its end; free space where its output goes, or \
     read the outcome by `trunkline migrate status`";

/// Whether what was printed on standard output arrived.
#[derive(Default)]
pub(crate) struct Written(OnceLock<String>);

impl Written {
    /// Remembers the first failure; a reader that went away (`| head`) is none of ours.
    pub(super) fn note(&self, result: io::Result<()>) {
        if let Err(error) = result
            && error.kind() != ErrorKind::BrokenPipe
        {
            let _ = self.0.set(error.to_string());
        }
    }

    /// The first failure.
    pub(super) fn failure(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    /// Says on standard error that clap's help or version did not arrive, if so.
    pub(crate) fn help(error: &clap::Error) -> bool {
        let written = Self::default();
        written.note(error.print().and_then(|()| io::stdout().flush()));
        if let Some(reason) = written.failure() {
            eprintln!("error: cannot write the output: {reason}");
        }
        written.failure().is_none()
    }
}
