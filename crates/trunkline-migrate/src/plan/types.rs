//! Whether ALTER COLUMN … TYPE writes every row again.
//!
//! PostgreSQL leaves the rows alone when the old value, taken as the new type, is the same bytes
//! (ALTER TABLE, "Notes"; `ATColumnChangeRequiresRewrite`).

use super::catalogue::Catalogue;

/// Time zones in which a timestamp and its timestamptz are the same bytes.
const ZERO_ZONES: &[&str] = &[
    "utc",
    "gmt",
    "etc/utc",
    "etc/gmt",
    "uct",
    "etc/uct",
    "zulu",
    "etc/zulu",
    "universal",
    "etc/universal",
    "greenwich",
    "etc/greenwich",
    "gmt0",
    "gmt+0",
    "gmt-0",
    "etc/gmt0",
];

/// A type's name as `format_type` prints it, and what stands in its parentheses.
#[derive(Debug, PartialEq, Eq)]
struct Written {
    name: String,
    arguments: Vec<u32>,
}

/// Whether a column of the type `old` is rewritten to become `new`.
pub(super) fn rewrites(catalogue: &Catalogue, time_zone: &str, old: &str, new: &str) -> bool {
    let (old, new) = (Written::read(old), Written::read(new));
    if old.name == new.name {
        return !widens(&old, &new);
    }
    let zones = ["timestamp without time zone", "timestamp with time zone"];
    if zones.contains(&old.name.as_str()) && zones.contains(&new.name.as_str()) {
        let same_digits = digits(&new) >= digits(&old);
        return !(same_digits && ZERO_ZONES.contains(&time_zone.to_ascii_lowercase().as_str()));
    }
    let same_bytes = catalogue.coercible.contains(&(old.name, new.name));
    !(same_bytes && new.arguments.is_empty())
}

/// Whether every value of `old` is a value of `new` as it is; both have one name.
fn widens(old: &Written, new: &Written) -> bool {
    if old.arguments == new.arguments {
        return true;
    }
    match (new.name.as_str(), old.arguments.as_slice(), new.arguments.as_slice()) {
        ("character", ..) => false,
        (_, _, []) => true,
        ("character varying" | "bit varying", [old], [new]) => new >= old,
        ("numeric", [old, old_scale @ ..], [new, new_scale @ ..]) => {
            let scale = |written: &[u32]| written.first().copied().unwrap_or_default();
            new >= old && scale(new_scale) == scale(old_scale)
        }
        (name, ..) if name.starts_with("time") || name == "interval" => digits(new) >= digits(old),
        _ => false,
    }
}

/// Digits of the seconds: six where none are written.
fn digits(written: &Written) -> u32 {
    written.arguments.first().copied().unwrap_or(6)
}

impl Written {
    /// Reads `varchar(20)`, `timestamp(3) with time zone`, `pg_catalog.int4[]`.
    fn read(text: &str) -> Self {
        let (name, arguments) = match text.split_once('(') {
            Some((before, rest)) => {
                let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
                let arguments = inside.split(',').filter_map(|it| it.trim().parse().ok()).collect();
                (format!("{}{after}", before.trim_end()), arguments)
            }
            None => (text.to_owned(), Vec::new()),
        };
        let name = name.trim().trim_start_matches("pg_catalog.");
        let (element, array) = match name.find('[') {
            Some(bracket) => (name[..bracket].trim_end(), "[]"),
            None => (name, ""),
        };
        Self { name: format!("{}{array}", canonical(element)), arguments }
    }
}

/// The name that `format_type` gives to a type that SQL knows by several.
fn canonical(name: &str) -> &str {
    match name {
        "int" | "int4" => "integer",
        "int8" => "bigint",
        "int2" => "smallint",
        "varchar" => "character varying",
        "char" | "bpchar" => "character",
        "bool" => "boolean",
        "decimal" => "numeric",
        "float8" | "float" => "double precision",
        "float4" => "real",
        "varbit" => "bit varying",
        "timestamp" => "timestamp without time zone",
        "timestamptz" => "timestamp with time zone",
        "time" => "time without time zone",
        "timetz" => "time with time zone",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::Written;

    #[test]
    fn a_type_is_read_with_its_arguments_wherever_they_stand() {
        let read = |text| {
            let Written { name, arguments } = Written::read(text);
            (name, arguments)
        };
        assert_eq!(read("varchar(20)"), ("character varying".into(), vec![20]));
        assert_eq!(
            read("timestamp(3) without time zone"),
            ("timestamp without time zone".into(), vec![3])
        );
        assert_eq!(read("numeric(10,2)"), ("numeric".into(), vec![10, 2]));
        assert_eq!(read("int4[]"), ("integer[]".into(), vec![]));
    }
}
