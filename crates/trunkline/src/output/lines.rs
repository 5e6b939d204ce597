use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use trunkline_migrate::source::Name;
use trunkline_migrate::{Direction, Event, Observer};

use super::{Printer, QUIET, WARNING, Written, duration};

/// A statement that takes longer gets a line of its own.
const SLOW: Duration = Duration::from_secs(1);
const NAME_WIDTH: usize = 44;

/// Prints what a run does, a line a migration, as it happens.
///
/// For people on standard output; beside a JSON document on standard error.
pub(crate) struct Lines {
    state: Mutex<State>,
    /// A migration's line waits for its duration; the printer ends it when there will be none.
    open: Arc<AtomicBool>,
    written: Arc<Written>,
    to_stderr: bool,
}

#[derive(Default)]
struct State {
    /// Several migrations were begun before the first was done (`--atomic`).
    together: bool,
    told_progress: Option<(Instant, String)>,
}

impl Lines {
    pub(crate) fn new(printer: &Printer) -> Self {
        let open = Arc::clone(&printer.open_line);
        let written = Arc::clone(&printer.written);
        Self { state: Mutex::default(), open, written, to_stderr: printer.is_json() }
    }

    fn write(&self, text: &str) {
        // Output that cannot be written is no reason to stop a migration.
        if self.to_stderr {
            let _ = anstream::stderr().write_all(text.as_bytes());
        } else {
            let mut out = anstream::stdout();
            self.written.note(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
        }
    }

    /// A line under the migration's own.
    fn under(&self, text: &str) {
        let end = if self.open.swap(false, Ordering::Relaxed) { "\n" } else { "" };
        self.write(&format!("{end}      {text}\n"));
    }

    fn started(&self, state: &mut State, migration: &Name, direction: Direction) {
        let sign = if direction == Direction::Up { "+" } else { "-" };
        let before = self.open.swap(true, Ordering::Relaxed);
        state.together |= before;
        let end = if before { "\n" } else { "" };
        self.write(&format!("{end}  {sign} {migration:<NAME_WIDTH$}"));
    }

    fn finished(&self, state: &State, migration: &Name, elapsed: Duration) {
        let elapsed = duration(elapsed);
        if state.together {
            self.under(&format!("{QUIET}{migration} done in {elapsed}{QUIET:#}"));
        } else if self.open.swap(false, Ordering::Relaxed) {
            self.write(&format!("{QUIET}{elapsed:>9}{QUIET:#}\n"));
        } else {
            self.under(&format!("{QUIET}done in {elapsed}{QUIET:#}"));
        }
    }

    fn notice(&self, severity: &str, message: &str, extra: [Option<&str>; 2]) {
        let style = if severity == "WARNING" { WARNING } else { QUIET };
        let severity = severity.to_lowercase();
        self.under(&format!("{style}{severity}:{style:#} {message}"));
        for (word, text) in ["detail", "hint"].into_iter().zip(extra) {
            if let Some(text) = text {
                self.under(&format!("  {QUIET}{word}:{QUIET:#} {text}"));
            }
        }
    }

    /// A line that says how an index build goes: at every look on a terminal, else now and then.
    fn index_progress(&self, state: &mut State, phase: &str, done: i64, total: i64) {
        let every = Duration::from_secs(if std::io::stdout().is_terminal() { 1 } else { 10 });
        let share = if total > 0 { format!(", {} %", done * 100 / total) } else { String::new() };
        let text = format!("{phase}{share}");
        let told = state.told_progress.as_ref();
        if told.is_none_or(|(when, before)| when.elapsed() >= every && *before != text) {
            self.under(&format!("{QUIET}{text}{QUIET:#}"));
            state.told_progress = Some((Instant::now(), text));
        }
    }
}

impl Observer for Lines {
    fn event(&self, event: &Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let state = &mut *state;
        match event {
            Event::Started { migration, direction } => self.started(state, migration, *direction),
            Event::Finished { migration, elapsed, .. } => {
                self.finished(state, migration, *elapsed);
            }
            Event::StatementDone { number, of, elapsed, .. } if *elapsed >= SLOW => {
                let text = format!("statement {number} of {of} took {}", duration(*elapsed));
                self.under(&format!("{QUIET}{text}{QUIET:#}"));
            }
            Event::Notice { severity, message, detail, hint } => {
                self.notice(severity, message, [*detail, *hint]);
            }
            Event::Adopted { migration } => {
                let text = "applied by the platform's own runner, recorded";
                self.write(&format!("  = {migration:<NAME_WIDTH$} {QUIET}{text}{QUIET:#}\n"));
            }
            Event::WaitingForRunner { runner, waited } => {
                self.under(&format!("waiting for {runner}, {} so far", duration(*waited)));
            }
            Event::WaitingForLock { blockers } => {
                for blocker in *blockers {
                    self.under(&format!("waiting for a lock held by {blocker}"));
                }
            }
            Event::Retrying { attempt, pause, .. } => {
                let pause = duration(*pause);
                self.under(&format!("gave way; attempt {attempt} in {pause}"));
            }
            Event::IndexProgress { phase, done, total } => {
                self.index_progress(state, phase, *done, *total);
            }
            Event::Warning { message } => {
                self.under(&format!("{WARNING}warning:{WARNING:#} {message}"));
            }
            Event::Statement { .. } | Event::StatementDone { .. } => {}
        }
    }
}
