use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use trunkline_migrate::{Direction, Event, Observer};

use super::{Printer, QUIET, WARNING, duration};

/// A statement that takes longer gets a line of its own.
const SLOW: Duration = Duration::from_secs(1);
const NAME_WIDTH: usize = 44;

/// Prints what a run does, a line a migration, as it happens.
///
/// For people on standard output; beside a JSON document on standard error.
pub(crate) struct Lines {
    state: Mutex<State>,
    to_stderr: bool,
}

#[derive(Default)]
struct State {
    /// A migration's line waits for its duration.
    open: bool,
    told_progress: Option<Instant>,
}

impl Lines {
    pub(crate) fn new(printer: &Printer) -> Self {
        Self { state: Mutex::default(), to_stderr: printer.is_json() }
    }

    fn write(&self, text: &str) {
        // A reader that went away is no reason to stop a migration.
        if self.to_stderr {
            let _ = anstream::stderr().write_all(text.as_bytes());
        } else {
            let mut out = anstream::stdout();
            let _ = out.write_all(text.as_bytes());
            let _ = out.flush();
        }
    }

    /// A line under the migration's own.
    fn under(&self, state: &mut State, text: &str) {
        let end = if std::mem::take(&mut state.open) { "\n" } else { "" };
        self.write(&format!("{end}      {text}\n"));
    }

    fn finished(&self, state: &mut State, elapsed: Duration) {
        let elapsed = duration(elapsed);
        if std::mem::take(&mut state.open) {
            self.write(&format!("{QUIET}{elapsed:>9}{QUIET:#}\n"));
        } else {
            self.under(state, &format!("{QUIET}done in {elapsed}{QUIET:#}"));
        }
    }

    fn notice(&self, state: &mut State, severity: &str, message: &str, extra: [Option<&str>; 2]) {
        let style = if severity == "WARNING" { WARNING } else { QUIET };
        let severity = severity.to_lowercase();
        self.under(state, &format!("{style}{severity}:{style:#} {message}"));
        for line in extra.into_iter().flatten() {
            self.under(state, &format!("        {line}"));
        }
    }

    /// A line that says how an index build goes: at every look on a terminal, else now and then.
    fn index_progress(&self, state: &mut State, phase: &str, done: i64, total: i64) {
        let every = if std::io::stdout().is_terminal() { 1 } else { 10 };
        if state.told_progress.is_some_and(|told| told.elapsed() < Duration::from_secs(every)) {
            return;
        }
        state.told_progress = Some(Instant::now());
        let share = if total > 0 { format!(", {} %", done * 100 / total) } else { String::new() };
        self.under(state, &format!("{QUIET}{phase}{share}{QUIET:#}"));
    }
}

impl Observer for Lines {
    fn event(&self, event: &Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let state = &mut *state;
        match event {
            Event::Started { migration, direction } => {
                let sign = if *direction == Direction::Up { "+" } else { "-" };
                self.write(&format!("  {sign} {migration:<NAME_WIDTH$}"));
                state.open = true;
            }
            Event::Finished { elapsed, .. } => self.finished(state, *elapsed),
            Event::StatementDone { number, of, elapsed, .. } if *elapsed >= SLOW => {
                let text = format!("statement {number} of {of} took {}", duration(*elapsed));
                self.under(state, &format!("{QUIET}{text}{QUIET:#}"));
            }
            Event::Notice { severity, message, detail, hint } => {
                self.notice(state, severity, message, [*detail, *hint]);
            }
            Event::Adopted { migration } => {
                let text = "applied by the platform's own runner, recorded";
                self.write(&format!("  = {migration:<NAME_WIDTH$} {QUIET}{text}{QUIET:#}\n"));
            }
            Event::WaitingForRunner { runner, waited } => {
                self.under(state, &format!("waiting for {runner}, {} so far", duration(*waited)));
            }
            Event::WaitingForLock { blockers } => {
                for blocker in *blockers {
                    self.under(state, &format!("waiting for a lock held by {blocker}"));
                }
            }
            Event::Retrying { attempt, pause, .. } => {
                let pause = duration(*pause);
                self.under(state, &format!("gave way; attempt {attempt} in {pause}"));
            }
            Event::IndexProgress { phase, done, total } => {
                self.index_progress(state, phase, *done, *total);
            }
            Event::Warning { message } => {
                self.under(state, &format!("{WARNING}warning:{WARNING:#} {message}"));
            }
            Event::Statement { .. } | Event::StatementDone { .. } => {}
        }
    }
}
