use super::comments::Commented;
use super::indexes::{Place, compare_indexes};
use crate::catalog::check::{Check, CheckKind, Mend, Outcome, Phase};
use crate::catalog::{Object, Objects};

/// Compares objects that stand by themselves, each by its whole definition.
pub(super) fn compare_objects(
    kind: CheckKind,
    expected: &Objects,
    found: &Objects,
    phase: impl Fn(&str) -> Phase,
    checks: &mut Vec<Check>,
) {
    for name in by_mention(expected) {
        let object = &expected[name];
        let there = found.get(name);
        let check = compare_object(kind, name, object, there, phase(name));
        // Its indexes go with a view that is made anew.
        let stays = !check.result.is_error();
        checks.push(check);
        let comment =
            Commented { relation: name, name: "", target: format!("{} {name}", object.keyword) };
        comment.compare(
            object.comment.as_ref(),
            there.and_then(|there| there.comment.as_ref()),
            checks,
        );
        let there = there.filter(|_| stays).cloned().unwrap_or_default();
        let place = Place { table: name, plain: true, phase: Phase::ViewIndex };
        compare_indexes(&place, &object.indexes, &there.indexes, checks);
    }
}

/// The names so that an object comes after those that its definition mentions.
fn by_mention(objects: &Objects) -> Vec<&String> {
    let mut names: Vec<&String> = Vec::with_capacity(objects.len());
    let mut left: Vec<&String> = objects.keys().collect();
    while !left.is_empty() {
        let ready = left.iter().position(|name| {
            let definition = &objects[*name].definition;
            left.iter().all(|other| other == name || !definition.contains(other.as_str()))
        });
        names.push(left.remove(ready.unwrap_or(0)));
    }
    names
}

fn compare_object(
    kind: CheckKind,
    name: &str,
    expected: &Object,
    found: Option<&Object>,
    phase: Phase,
) -> Check {
    let check = |result| Check::new(kind, name, "", result).expected(shown(expected));
    let Some(found) = found else {
        let mut mend = Mend::new(phase, expected.create(name));
        if let Some(owner) = &expected.owned_by {
            mend = mend.then(Phase::AlterTable, owned_by(name, owner));
        }
        return check(Outcome::Missing).mend(mend);
    };
    let same = (&found.keyword, &found.definition, &found.owned_by)
        == (&expected.keyword, &expected.definition, &expected.owned_by);
    if same {
        return check(Outcome::Ok).found(shown(found));
    }
    if let (Some(one), Some(other)) = (expected.written_by, found.written_by)
        && one != other
        && found.keyword == expected.keyword
    {
        return check(Outcome::Ok).found(shown(found)).note(format!(
            "the texts were not compared: PostgreSQL {one} printed one, PostgreSQL {other} the other"
        ));
    }
    alter(name, expected, found, phase, check(Outcome::Different).found(shown(found)))
}

fn shown(object: &Object) -> String {
    let mut text = match object.definition.as_str() {
        "" => object.keyword.clone(),
        definition if definition.starts_with("CREATE") => definition.to_owned(),
        definition => format!("{} {definition}", object.keyword),
    };
    if let Some(owner) = &object.owned_by {
        text = text + " OWNED BY " + owner;
    }
    text
}

fn owned_by(sequence: &str, owner: &str) -> String {
    format!("ALTER SEQUENCE {sequence} OWNED BY {owner};")
}

fn alter(name: &str, expected: &Object, found: &Object, phase: Phase, check: Check) -> Check {
    match expected.keyword.as_str() {
        "FUNCTION" | "PROCEDURE" => check
            .note("CREATE OR REPLACE refuses another result type: then DROP it first")
            .mend(Mend::new(phase, expected.create(name))),
        "VIEW" if found.keyword == "VIEW" => {
            check.note("CREATE OR REPLACE refuses to take columns away: then DROP it first").mend(
                Mend::new(phase, format!("CREATE OR REPLACE VIEW {name} {};", expected.definition)),
            )
        }
        "MATERIALIZED VIEW" if found.keyword == expected.keyword => {
            let sql = format!("DROP MATERIALIZED VIEW {name};\n{}", expected.create(name));
            check.mend(Mend::new(phase, sql))
        }
        "SEQUENCE" => {
            let cycle = if expected.definition.ends_with(" CYCLE") { "" } else { " NO CYCLE" };
            let owner = expected.owned_by.as_deref().unwrap_or("NONE");
            let options = format!("ALTER SEQUENCE {name} {}{cycle};", expected.definition);
            check.mend(Mend::new(phase, options).then(Phase::AlterTable, owned_by(name, owner)))
        }
        _ => match added_labels(name, expected, found) {
            Some(sql) => check.mend(Mend::new(phase, sql)),
            None => check.note("no statement mends this without knowing what uses it"),
        },
    }
}

/// ALTER TYPE … ADD VALUE for each label that an enum lacks, when nothing else differs.
fn added_labels(name: &str, expected: &Object, found: &Object) -> Option<String> {
    let labels = |object: &Object| -> Option<Vec<String>> {
        let inner = object.definition.strip_prefix("AS ENUM (")?.strip_suffix(')')?;
        Some(inner.split(", ").filter(|label| !label.is_empty()).map(str::to_owned).collect())
    };
    let (wanted, there) = (labels(expected)?, labels(found)?);
    let kept: Vec<&String> = wanted.iter().filter(|label| there.contains(label)).collect();
    if !kept.into_iter().eq(there.iter()) {
        return None;
    }
    let mut statements = Vec::new();
    for (place, label) in wanted.iter().enumerate().filter(|(_, label)| !there.contains(label)) {
        let after = place.checked_sub(1).map(|before| format!(" AFTER {}", wanted[before]));
        let first = there.first().map(|first| format!(" BEFORE {first}"));
        let where_to = after.or(first).unwrap_or_default();
        statements.push(format!("ALTER TYPE {name} ADD VALUE {label}{where_to};"));
    }
    Some(statements.join("\n"))
}
