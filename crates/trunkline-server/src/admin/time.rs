use jiff::Timestamp;

/// A time as `ui::time` shows it.
#[derive(Debug, Clone)]
pub(crate) struct Time {
    /// RFC 3339.
    pub iso: String,
    /// For readers without script, in UTC.
    pub text: String,
}

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        Self { iso: time.to_string(), text: time.strftime("%-d %b %Y, %H:%M UTC").to_string() }
    }
}
