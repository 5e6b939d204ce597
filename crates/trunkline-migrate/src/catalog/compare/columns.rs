use super::comments::Commented;
use crate::catalog::check::{Check, CheckKind, Mend, Outcome, Phase};
use crate::catalog::ddl::{literal, unquoted};
use crate::catalog::{Column, Table};

/// Compares the columns of one table; their order does not matter.
pub(super) fn compare_columns(
    table: &str,
    expected: &Table,
    found: &Table,
    checks: &mut Vec<Check>,
) {
    for column in &expected.columns {
        let there = found.column(&column.name);
        checks.push(match there {
            None => missing(table, column),
            Some(there) => compare_column(table, column, there),
        });
        let target = format!("COLUMN {table}.{}", column.name);
        Commented { relation: table, name: &column.name, target }.compare(
            column.comment.as_ref(),
            there.and_then(|there| there.comment.as_ref()),
            checks,
        );
    }
    for column in found.columns.iter().filter(|column| expected.column(&column.name).is_none()) {
        let check = Check::new(CheckKind::Column, table, &column.name, Outcome::Extra)
            .found(column.definition());
        let must_be_given = column.not_null && column.fills_itself().is_none();
        checks.push(if must_be_given {
            check.note("NOT NULL without a default: an INSERT that does not name it fails")
        } else {
            check
        });
    }
}

impl Column {
    /// What gives the column a value when an INSERT does not.
    fn fills_itself(&self) -> Option<&String> {
        self.default.as_ref().or(self.identity.as_ref()).or(self.generated.as_ref())
    }
}

fn missing(table: &str, column: &Column) -> Check {
    let (name, definition) = (&column.name, column.definition());
    let check =
        Check::new(CheckKind::Column, table, name, Outcome::Missing).expected(definition.as_str());
    if column.not_null && column.fills_itself().is_none() {
        // Rows that are there have no value for it, so the two steps must be told apart.
        let nullable = Column { not_null: false, ..column.clone() }.definition();
        let add = format!("ALTER TABLE {table} ADD COLUMN {name} {nullable};");
        let set = format!("ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL;");
        return check
            .note("it has no default: give the rows that exist a value before SET NOT NULL")
            .mend(Mend::new(Phase::AddColumn, add).then(Phase::AlterColumn, set));
    }
    let add = format!("ALTER TABLE {table} ADD COLUMN {name} {definition};");
    check.mend(Mend::new(Phase::AddColumn, add))
}

fn compare_column(table: &str, expected: &Column, found: &Column) -> Check {
    let check = |result| {
        Check::new(CheckKind::Column, table, &expected.name, result)
            .expected(expected.definition())
            .found(found.definition())
    };
    let differing: Vec<&str> = [
        ("type", expected.data_type != found.data_type),
        ("collation", expected.collation != found.collation),
        ("default", expected.default != found.default),
        ("identity", expected.identity != found.identity),
        ("generation", expected.generated != found.generated),
        ("nullability", expected.not_null != found.not_null),
    ]
    .iter()
    .filter_map(|(what, differs)| differs.then_some(*what))
    .collect();
    if differing.is_empty() {
        return check(Outcome::Ok);
    }
    let check = check(Outcome::Different).note(format!("{} differs", differing.join(", ")));
    if expected.generated != found.generated {
        return regenerate(table, expected, found, check);
    }
    let check = if may_round(&found.data_type, &expected.data_type) {
        check.note("the change of type may round values")
    } else {
        check
    };
    let check = if expected.not_null && !found.not_null {
        check.note("SET NOT NULL fails while a row has NULL there")
    } else {
        check
    };
    check.mend(Mend::new(Phase::AlterColumn, alterations(table, expected, found).join("\n")))
}

/// A generated column holds nothing of its own, so it may be made again; a stored one may not.
fn regenerate(table: &str, expected: &Column, found: &Column, check: Check) -> Check {
    let name = &expected.name;
    if found.generated.is_none() {
        return check.note("to generate it, its values must be given up: not done here");
    }
    let sql = if expected.generated.is_some() {
        let definition = expected.definition();
        format!("ALTER TABLE {table} DROP COLUMN {name}, ADD COLUMN {name} {definition};")
    } else {
        format!("ALTER TABLE {table} ALTER COLUMN {name} DROP EXPRESSION;")
    };
    check
        .note("indexes on it go with it: verify again afterwards")
        .mend(Mend::new(Phase::AlterColumn, sql))
}

fn alterations(table: &str, expected: &Column, found: &Column) -> Vec<String> {
    let column = format!("ALTER COLUMN {}", expected.name);
    let retype = (&expected.data_type, &expected.collation) != (&found.data_type, &found.collation);
    let redefault = retype || expected.default != found.default;
    let reidentify = expected.identity != found.identity;
    let mut changes = Vec::new();
    if found.default.is_some() && (retype || expected.default.is_none()) {
        // The old default may not be castable to the new type.
        changes.push(format!("{column} DROP DEFAULT"));
    }
    if retype {
        changes.push(format!("{column} {}", new_type(expected, found)));
    }
    if let Some(default) = expected.default.as_ref().filter(|_| redefault) {
        changes.push(format!("{column} SET DEFAULT {default}"));
    }
    match (expected.not_null, found.not_null) {
        (true, false) => changes.push(format!("{column} SET NOT NULL")),
        (false, true) => changes.push(format!("{column} DROP NOT NULL")),
        _ => {}
    }
    let mut statements = Vec::new();
    if expected.identity.is_none() && found.identity.is_some() {
        statements.push(format!("ALTER TABLE {table} {column} DROP IDENTITY;"));
    }
    if !changes.is_empty() {
        // One statement: the table is rewritten once, and never stands without its default.
        statements.push(format!("ALTER TABLE {table} {};", changes.join(", ")));
    }
    match (&expected.identity, &found.identity) {
        (Some(identity), None) => statements.extend(to_identity(table, identity, expected, found)),
        (Some(identity), Some(_)) if reidentify => {
            statements.push(format!("ALTER TABLE {table} {column} {};", set_identity(identity)));
        }
        _ => {}
    }
    if reidentify && statements.len() > 1 {
        // Between two of these an INSERT would find neither default nor identity.
        statements.insert(0, "BEGIN;".to_owned());
        statements.push("COMMIT;".to_owned());
    }
    statements
}

/// `TYPE … USING …`. Without USING where PostgreSQL has an assignment cast, because an explicit cast
/// cuts a text that is too long, and an assignment refuses it.
fn new_type(expected: &Column, found: &Column) -> String {
    let (name, data_type) = (&expected.name, &expected.data_type);
    let collation = expected.collation.as_ref().map(|c| format!(" COLLATE {c}"));
    let is_text = |name: &str| name == "text" || name.starts_with("character");
    let using = match (found.data_type.as_str(), data_type.as_str()) {
        ("timestamp without time zone", "timestamp with time zone")
        | ("timestamp with time zone", "timestamp without time zone") => {
            format!(" USING {name} AT TIME ZONE 'UTC'")
        }
        (from, to) if is_text(from) && !is_text(to) => format!(" USING {name}::{to}"),
        _ => String::new(),
    };
    format!("TYPE {data_type}{}{using}", collation.unwrap_or_default())
}

fn may_round(from: &str, to: &str) -> bool {
    let exact = ["smallint", "integer", "bigint"].contains(&to);
    let broken = from.starts_with("numeric") || from == "real" || from == "double precision";
    (exact && broken) || (to == "date" && from.starts_with("timestamp"))
}

/// Makes a column an identity that goes on where its sequence stands, or else behind its last value.
fn to_identity(table: &str, identity: &str, expected: &Column, found: &Column) -> Vec<String> {
    let name = &expected.name;
    let serial = found
        .default
        .as_deref()
        .and_then(|default| default.strip_prefix("nextval('")?.strip_suffix("'::regclass)"));
    let add = format!("ALTER TABLE {table} ALTER COLUMN {name} ADD {identity};");
    let own = format!("pg_get_serial_sequence({}, {})", literal(table), literal(&unquoted(name)));
    let rows = format!("(SELECT max({name}) AS last FROM {table}) AS rows");
    let Some(sequence) = serial.map(|quoted| quoted.replace("''", "'")) else {
        let set = format!("SELECT setval({own}, rows.last) FROM {rows} WHERE rows.last > 0;");
        return vec![add, set];
    };
    vec![
        format!("ALTER SEQUENCE {sequence} OWNED BY NONE;"),
        add,
        format!(
            "SELECT setval({own}, greatest(old.last_value, rows.last), old.is_called OR rows.last IS NOT NULL) \
             FROM {sequence} AS old, {rows};"
        ),
        format!("DROP SEQUENCE {sequence};"),
    ]
}

/// `SET GENERATED … SET INCREMENT BY …`: all options, because those not named keep what they are.
fn set_identity(identity: &str) -> String {
    let (kind, options) = identity.split_once(" AS IDENTITY").unwrap_or((identity, ""));
    let options = options.trim_matches([' ', '(', ')']);
    let mut text = format!("SET {kind}");
    for (option, standard) in [
        ("INCREMENT BY ", "INCREMENT BY 1"),
        ("MINVALUE ", "NO MINVALUE"),
        ("MAXVALUE ", "NO MAXVALUE"),
        ("CACHE ", "CACHE 1"),
        ("CYCLE", "NO CYCLE"),
    ] {
        let given = options.find(option).map(|start| {
            let value = options[start + option.len()..].split(' ').next().unwrap_or_default();
            format!("{option}{value}")
        });
        text = text + " SET " + given.as_deref().unwrap_or(standard);
    }
    text
}
