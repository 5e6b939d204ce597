//! Rows in the text format of COPY: <https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2>.

use std::{fmt, io::Cursor, mem, pin::pin};

use futures_util::SinkExt as _;
use tokio_postgres::Client;

use super::SampleProgress;

/// Bytes that are sent at once.
const CHUNK: usize = 256 * 1024;

/// Rows of one table, not sent yet.
#[derive(Debug, Default)]
pub(super) struct Rows {
    text: String,
    /// Rows pushed, those already sent with them.
    count: u64,
}

impl Rows {
    /// Ends a row; `None` is NULL.
    pub(super) fn push(&mut self, fields: &[Option<&dyn fmt::Display>]) {
        for (position, field) in fields.iter().enumerate() {
            if position > 0 {
                self.text.push('\t');
            }
            match field {
                None => self.text.push_str("\\N"),
                Some(value) => escape(&value.to_string(), &mut self.text),
            }
        }
        self.text.push('\n');
        self.count += 1;
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

fn escape(value: &str, text: &mut String) {
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            other => text.push(other),
        }
    }
}

/// Fills `table` with what `write` adds for each of `items`, in chunks, and returns the number of rows.
pub(super) async fn copy<Item>(
    client: &Client,
    table: &'static str,
    items: impl Iterator<Item = Item>,
    mut write: impl FnMut(Item, &mut Rows),
    progress: &mut impl FnMut(SampleProgress),
) -> Result<u64, tokio_postgres::Error> {
    let statement = format!("COPY public.{table} FROM STDIN");
    let mut sink = pin!(client.copy_in::<_, Cursor<Vec<u8>>>(&statement).await?);
    let mut rows = Rows::default();
    for item in items {
        write(item, &mut rows);
        if rows.text.len() >= CHUNK {
            sink.send(Cursor::new(mem::take(&mut rows.text).into_bytes())).await?;
            progress(SampleProgress::Rows { table, rows: rows.count });
        }
    }
    sink.send(Cursor::new(rows.text.into_bytes())).await?;
    sink.finish().await?;
    progress(SampleProgress::Rows { table, rows: rows.count });
    Ok(rows.count)
}

/// A point in time, in seconds after the sample's epoch (2021-01-04 09:00:00 UTC); shown as PostgreSQL reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(pub(super) u32);

impl fmt::Display for Moment {
    /// Days to a civil date as in <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 2021-01-04 is this many days after 0000-03-01, where the algorithm's 400-year eras begin.
        const FIRST_DAY: u32 = 738_099;
        let seconds = self.0 + 9 * 3600;
        let days = FIRST_DAY + seconds / 86_400;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = era * 400 + year_of_era + u32::from(month <= 2);
        let time = seconds % 86_400;
        write!(
            formatter,
            "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}",
            time / 3600,
            time / 60 % 60,
            time % 60
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Moment, Rows};

    #[test]
    fn writes_dates_across_leap_days_and_years() {
        let shown = |days: u32| Moment(days * 86_400 + 1).to_string();
        assert_eq!(shown(0), "2021-01-04 09:00:01");
        assert_eq!(shown(361), "2021-12-31 09:00:01");
        assert_eq!(shown(1151), "2024-02-29 09:00:01");
        assert_eq!(shown(1152), "2024-03-01 09:00:01");
    }

    #[test]
    fn escapes_what_copy_would_read_otherwise() {
        let mut rows = Rows::default();
        rows.push(&[Some(&"a\tb\\c"), None, Some(&7)]);
        assert_eq!(rows.text(), "a\\tb\\\\c\t\\N\t7\n");
    }
}
