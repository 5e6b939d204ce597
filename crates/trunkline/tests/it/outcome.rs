//! What a process printed and how it ended, with all that differs from run to run replaced.

use std::fmt;
use std::process::Output;
use std::sync::LazyLock;

use regex_lite::Regex;

/// Patterns and what stands for them; the order matters.
const PATTERNS: &[(&str, &str)] = &[
    (r" *\b(\d+ ms|\d+\.\d s|\d+ min \d+ s)", " [duration]"),
    (r"\bfor \d+ s\b", "for [seconds] s"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "[time]"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[time]"),
    (r"20\d{6}_\d{6}(_\d+)?", "[archive]"),
    (r"\bpid \d+", "pid [pid]"),
    (r"\block [^ ]+:\d+ \(backend \d+", "lock [host]:[pid] (backend [pid]"),
    (r"pg_terminate_backend\(\d+\)", "pg_terminate_backend([pid])"),
    (r#""(pid|tcp_port|duration_ms|age_seconds|id)": \d+"#, r#""$1": "[$1]""#),
    (r#""(os_user|host|version)": "[^"]*""#, r#""$1": "[$1]""#),
    (r"\((uid \d+|[a-z_][a-z0-9_-]*)@[^)]*\) *", "([account]@[host]) "),
    (r"\bport \d+", "port [port]"),
    // Each migration adds to what a backup holds.
    (r"\d+ rows of \d+ tables", "[n] rows of [n] tables"),
    (r"tables, \d+(\.\d)? (bytes|kB|MB), in", "tables, [size], in"),
    (r"public\.partner_configurations and \d+ more", "public.partner_configurations and [n] more"),
    (r"PostgreSQL \d+(\.\d+)?", "PostgreSQL [version]"),
    (r"://trunkline:[0-9a-f]{32}@127\.0\.0\.1:\d+", "://trunkline:[password]@127.0.0.1:[port]"),
    (r"((\[directory\]|\[socket\])[^\s:]*):\d+/", "$1:[port]/"),
    // Columns of a table whose width is that of the longest duration.
    (r"took +who", "took  who"),
    (r"((done|failed|running)( \d+/\d+)?( \[duration\])?) +trunkline \(", "$1  trunkline ("),
    (r"(?m) +$", ""),
];

static FILTERS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    PATTERNS.iter().map(|(pattern, with)| (Regex::new(pattern).unwrap(), *with)).collect()
});

/// What a finished process left.
pub(crate) struct Outcome {
    command: String,
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Texts of this test alone, and what stands for them.
    known: Vec<(String, &'static str)>,
}

impl Outcome {
    pub(crate) fn new(command: String, output: Output, known: Vec<(String, &'static str)>) -> Self {
        Self {
            command,
            status: output.status.code().expect("ended by a signal"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            known,
        }
    }

    /// Ends the test unless the command ended with this status.
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// The name of the only archive that is spoken of.
    #[track_caller]
    pub(crate) fn archive(&self) -> String {
        let name = Regex::new(r"restore (\d{8}_\d{6}\w*)").unwrap();
        name.captures(&self.stdout).unwrap_or_else(|| panic!("{self}"))[1].to_owned()
    }

    fn filtered(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (known, with) in &self.known {
            text = text.replace(known, with);
        }
        for (pattern, with) in FILTERS.iter() {
            text = pattern.replace_all(&text, *with).into_owned();
        }
        text
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ trunkline {}", self.filtered(&self.command))?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                let text = self.filtered(text);
                let end = if text.ends_with('\n') { "" } else { "[no newline]\n" };
                write!(f, "--- {name}\n{text}{end}")?;
            }
        }
        write!(f, "--- status {}", self.status)
    }
}
