//! A new, empty migration with its down file.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::source::{Name, Source};

/// Writes `NNN-name.sql` and `NNN-name.down.sql` with the next free number; never over a file.
///
/// `name` becomes lower case with `-` between its words.
pub fn new_migration(source: &Source, name: &str) -> Result<[PathBuf; 2], Error> {
    let folder = source.path().ok_or_else(|| {
        Error::NotWritten("a new migration needs a folder: give --source DIR".to_owned())
    })?;
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    if words.is_empty() {
        return Err(Error::NotWritten(format!(
            "`{name}` has no letter or digit to name a file by"
        )));
    }
    let (number, width) = next_number(source);
    let name = Name::parse(&format!("{number:0width$}-{}", words.join("-")))?;
    let up = folder.join(name.file());
    let down = folder.join(format!("{name}.down.sql"));
    write_new(
        &up,
        &format!("-- Why: \n\n-- {name}: write IF NOT EXISTS, so that it is safe to run again.\n"),
    )?;
    write_new(
        &down,
        &format!(
            "-- Takes {name} back. Write IF EXISTS: a table with rows is moved to an archive first.\n"
        ),
    )?;
    Ok([up, down])
}

/// The number after the highest one, as wide as that was written.
fn next_number(source: &Source) -> (u64, usize) {
    let numbers = source.migrations().iter().filter_map(|migration| {
        let name = migration.name.as_str();
        let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
        Some((digits.parse::<u64>().ok()?, digits.len()))
    });
    numbers.max().map_or((1, 3), |(number, width)| (number + 1, width))
}

fn write_new(path: &Path, text: &str) -> Result<(), Error> {
    let written =
        std::fs::File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Error::NotWritten(format!("cannot write {}: {error}", path.display())))
}
