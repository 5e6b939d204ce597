//! Connections in a CSV file (RFC 4180): a header, and a line a connection.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use thiserror::Error;

use super::GivenRow;
use crate::secrets::Secret;

/// A file that cannot be read as connections; lines are counted from 1, the header is the first.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CsvError {
    /// Nothing is in it.
    #[error("it has no header")]
    Empty,
    /// A column that every connection needs.
    #[error("it has no column {0}")]
    NoColumn(&'static str),
    /// Nobody knows which of the two counts.
    #[error("it has the column {0} twice")]
    TwiceColumn(String),
    /// A quote that is never closed.
    #[error("line {0}: a quoted field does not end")]
    OpenQuote(usize),
    /// Another number of fields than the header has.
    #[error("line {line}: {found} fields, and the header has {expected}")]
    Fields {
        /// Where.
        line: usize,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A field that is no number, time, or known word.
    #[error("line {line}: {column} is {what}")]
    Value {
        /// Where.
        line: usize,
        /// Which column.
        column: &'static str,
        /// What is wrong, without the value.
        what: &'static str,
    },
}

/// A line of the file, and where it begins.
struct Record {
    line: usize,
    fields: Vec<String>,
}

/// Reads a whole file, and puts it in the order of its ids.
///
/// `channel_type` and `account_id` are needed; `id` (else the number of the line), `company_id`, `account_name`,
/// `access_token`, `status`, `created_at`, `updated_at` and `connection_data` mean what they mean on the platform, and
/// every other column is a key of `connection_data`. An empty field is none.
pub fn read_csv(text: &str) -> Result<Vec<GivenRow>, CsvError> {
    let mut records = records(text.strip_prefix('\u{feff}').unwrap_or(text))?.into_iter();
    let header = records.next().ok_or(CsvError::Empty)?.fields;
    for needed in ["channel_type", "account_id"] {
        if !header.iter().any(|column| column == needed) {
            return Err(CsvError::NoColumn(needed));
        }
    }
    let mut columns = HashSet::new();
    if let Some(twice) = header.iter().find(|column| !columns.insert(*column)) {
        return Err(CsvError::TwiceColumn(twice.clone()));
    }
    let mut rows = Vec::new();
    let mut ids = HashSet::new();
    for Record { line, fields } in records {
        if fields.len() != header.len() {
            let (found, expected) = (fields.len(), header.len());
            return Err(CsvError::Fields { line, found, expected });
        }
        let row = read_row(&header, fields, line)?;
        if !ids.insert(row.id) {
            return Err(CsvError::Value { line, column: "id", what: "that of an earlier line" });
        }
        rows.push(row);
    }
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

/// Reads which company of ours an account of another application is: a file with the columns `account_id` and
/// `company_id`.
pub fn read_companies(text: &str) -> Result<BTreeMap<i64, i32>, CsvError> {
    let mut records = records(text.strip_prefix('\u{feff}').unwrap_or(text))?.into_iter();
    let header = records.next().ok_or(CsvError::Empty)?.fields;
    let place = |column: &'static str| {
        header.iter().position(|name| name == column).ok_or(CsvError::NoColumn(column))
    };
    let (account, company) = (place("account_id")?, place("company_id")?);
    let mut companies = BTreeMap::new();
    for Record { line, fields } in records {
        let field = |place: usize| fields.get(place).map_or("", |field| field.trim());
        let wrong = |column| CsvError::Value { line, column, what: "no whole number" };
        let account = field(account).parse().map_err(|_| wrong("account_id"))?;
        let company = field(company).parse().map_err(|_| wrong("company_id"))?;
        if companies.insert(account, company).is_some() {
            let what = "that of an earlier line";
            return Err(CsvError::Value { line, column: "account_id", what });
        }
    }
    Ok(companies)
}

fn read_row(header: &[String], fields: Vec<String>, line: usize) -> Result<GivenRow, CsvError> {
    let wrong = |column, what| CsvError::Value { line, column, what };
    let mut row = GivenRow {
        id: i64::try_from(line).unwrap_or(i64::MAX),
        channel_type: String::new(),
        account_id: String::new(),
        account_name: String::new(),
        access_token: None,
        status: Some("active".to_owned()),
        data: None,
        company_id: None,
        created_at: 0,
        changed_at: 0,
    };
    let mut more = Map::new();
    for (column, field) in header.iter().zip(fields) {
        if field.trim().is_empty() {
            continue;
        }
        match column.as_str() {
            "id" => row.id = field.trim().parse().map_err(|_| wrong("id", "no whole number"))?,
            "company_id" => {
                let company = field.trim().parse();
                row.company_id = Some(company.map_err(|_| wrong("company_id", "no whole number"))?);
            }
            "channel_type" => field.trim().clone_into(&mut row.channel_type),
            "account_id" => row.account_id = field,
            "account_name" => row.account_name = field,
            "access_token" => row.access_token = Some(Secret::new(field)),
            "status" => row.status = Some(field),
            "connection_data" => row.data = Some(Secret::new(field)),
            "created_at" => {
                let time = time(&field).ok_or_else(|| wrong("created_at", "no time"))?;
                row.created_at = time.as_second();
            }
            "updated_at" => {
                let time = time(&field).ok_or_else(|| wrong("updated_at", "no time"))?;
                row.changed_at = time.as_millisecond();
            }
            other => {
                more.insert(other.to_owned(), Value::String(field));
            }
        }
    }
    if !more.is_empty() {
        if row.data.is_some() {
            return Err(wrong("connection_data", "beside columns that are keys of it"));
        }
        row.data = Some(Secret::new(Value::Object(more).to_string()));
    }
    Ok(row)
}

/// RFC 3339, or without an offset in UTC.
fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

fn records(text: &str) -> Result<Vec<Record>, CsvError> {
    let mut records = Vec::new();
    let (mut line, mut began) = (1, 1);
    let (mut fields, mut field): (Vec<String>, String) = Default::default();
    let mut is_quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        line += usize::from(character == '\n');
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if field.is_empty() => is_quoted = true,
            ',' if !is_quoted => fields.push(std::mem::take(&mut field)),
            '\r' if !is_quoted && characters.peek() == Some(&'\n') => {}
            '\n' if !is_quoted => {
                fields.push(std::mem::take(&mut field));
                let fields = std::mem::take(&mut fields);
                // A line with nothing on it is no connection.
                if fields.len() > 1 || !fields[0].is_empty() {
                    records.push(Record { line: began, fields });
                }
                began = line;
            }
            other => field.push(other),
        }
    }
    if is_quoted {
        return Err(CsvError::OpenQuote(began));
    }
    if !field.is_empty() || !fields.is_empty() {
        fields.push(field);
        records.push(Record { line: began, fields });
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::{CsvError, read_companies, read_csv};
    use crate::secrets::Secret;

    #[test]
    fn columns_that_are_not_known_are_keys_of_the_data() {
        let text = "\u{feff}channel_type,account_id,company_id,account_name,wabaId,accessToken,updated_at\r\n\
                    whatsapp_official,1,7,\"A \"\"B\"\", C\",55,fake-1,2024-01-02 03:04:05\r\n\
                    \r\n\
                    whatsapp_official,2,,\"two\nlines\",,,2024-01-02T03:04:05Z";
        let rows = read_csv(text).unwrap();
        assert_eq!(rows.len(), 2);
        let (one, two) = (&rows[0], &rows[1]);
        assert_eq!((one.id, one.company_id, one.account_name.as_str()), (2, Some(7), "A \"B\", C"));
        let data = one.data.as_ref().map(Secret::expose);
        assert_eq!(data, Some(r#"{"wabaId":"55","accessToken":"fake-1"}"#));
        assert_eq!(one.changed_at, two.changed_at);
        assert_eq!((two.id, two.company_id, two.account_name.as_str()), (4, None, "two\nlines"));
        assert!(two.data.is_none());
    }

    #[test]
    fn what_is_wrong_is_named_by_its_line_and_without_its_value() {
        let wrong = |text: &str| read_csv(text).unwrap_err().to_string();
        assert_eq!(read_csv("").unwrap_err(), CsvError::Empty);
        assert_eq!(wrong("channel_type,x\n"), "it has no column account_id");
        assert_eq!(wrong("channel_type,account_id\na\n"), "line 2: 1 fields, and the header has 2");
        assert_eq!(
            wrong("channel_type,account_id\na,\"b\n"),
            "line 2: a quoted field does not end"
        );
        assert_eq!(
            wrong("channel_type,account_id,apiKey,apiKey\na,b,fake-1,fake-2\n"),
            "it has the column apiKey twice"
        );
        let header = "id,channel_type,account_id,company_id\n";
        assert_eq!(wrong(&format!("{header}1,a,b,fake")), "line 2: company_id is no whole number");
        let twice = format!("{header}1,a,b,1\n1,a,c,1\n");
        assert_eq!(wrong(&twice), "line 3: id is that of an earlier line");
        let accounts = read_companies("account_id,company_id\n77,2\n77,3\n");
        assert_eq!(
            accounts.unwrap_err().to_string(),
            "line 3: account_id is that of an earlier line"
        );
    }
}
