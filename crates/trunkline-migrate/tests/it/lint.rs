use std::path::Path;

use trunkline_migrate::lint::{Finding, LintOptions, Severity, lint, lint_script};
use trunkline_migrate::source::Source;

const DOWN: &str = "SELECT 1;";

fn source(files: &[(&str, &str)]) -> Source {
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    Source::embedded("test", &files).unwrap()
}

fn shown(findings: &[Finding]) -> Vec<String> {
    let line = |it: &Finding| {
        format!("{}:{} {:?} {} [{}]", it.file, it.position, it.severity, it.rule, it.statement)
    };
    findings.iter().map(line).collect()
}

fn set(files: &[(&str, &str)]) -> Vec<String> {
    shown(&lint(&source(files), &LintOptions::default()).unwrap())
}

/// The findings of one migration that has a down file, without its name.
fn one(up: &str) -> Vec<String> {
    let found = set(&[("1.sql", up), ("1.down.sql", DOWN)]);
    found.into_iter().map(|line| line.replacen("1.sql:", "", 1)).collect()
}

#[test]
fn a_foreign_key_to_a_live_table_needs_a_lock_budget() {
    let inline = "CREATE TABLE IF NOT EXISTS clients (\n  id int PRIMARY KEY,\n  \
                  company_id int NOT NULL REFERENCES companies (id)\n);";
    let expected = "3:38 Warning foreign-key-without-budget [1]";
    assert!(one(inline).contains(&expected.to_owned()), "{:?}", one(inline));
    let budget = format!("SET LOCAL lock_timeout = '2s';\n{inline}");
    assert!(!one(&budget).iter().any(|line| line.contains("foreign-key")), "{:?}", one(&budget));
    let none = format!("SET LOCAL lock_timeout = 0;\n{inline}");
    assert!(one(&none).iter().any(|line| line.contains("foreign-key")));
    assert_eq!(
        one("ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (x) REFERENCES companies (id);"),
        ["1:59 Warning foreign-key-without-budget [1]"]
    );
    assert_eq!(
        one("ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (x) REFERENCES b (id) NOT VALID;"),
        [""; 0]
    );
}

#[test]
fn a_table_of_the_same_set_is_not_live() {
    let first = "CREATE TABLE IF NOT EXISTS a (id bigint PRIMARY KEY);";
    let second = "CREATE TABLE IF NOT EXISTS b (a bigint REFERENCES a);";
    let found =
        set(&[("1.sql", first), ("1.down.sql", DOWN), ("2.sql", second), ("2.down.sql", DOWN)]);
    assert_eq!(found, ["2.sql:1:51 Info foreign-key-without-budget [1]"]);
    let live = "ALTER TABLE companies ADD CONSTRAINT c FOREIGN KEY (x) REFERENCES a (id);";
    let found =
        set(&[("1.sql", first), ("1.down.sql", DOWN), ("2.sql", live), ("2.down.sql", DOWN)]);
    assert_eq!(found, ["2.sql:1:67 Warning foreign-key-without-budget [1]"]);
    let together = format!("{first}\n{second}\nCREATE INDEX IF NOT EXISTS i ON b (a);");
    assert_eq!(one(&together), [""; 0]);
}

#[test]
fn an_index_on_a_live_table_is_built_concurrently_outside_a_transaction() {
    assert_eq!(
        one("-- Why.\n\nCREATE INDEX IF NOT EXISTS i ON companies (name);"),
        ["3:1 Warning index-not-concurrent [1]"]
    );
    assert_eq!(
        one("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON companies (name);"),
        ["1:1 Error concurrently-in-transaction [1]"]
    );
    let right = "-- trunkline: no-transaction\n\
                 CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON companies (name);";
    assert_eq!(one(right), [""; 0]);
}

#[test]
fn what_postgresql_refuses_in_a_transaction_is_said_before() {
    let expected = ["1:1 Error never-in-transaction [1]"];
    assert_eq!(one("VACUUM companies;"), expected);
    assert_eq!(one("ALTER SYSTEM SET work_mem = '64MB';"), expected);
    assert_eq!(one("ALTER DATABASE platform SET TABLESPACE fast;"), expected);
    assert_eq!(one("DISCARD ALL;"), expected);
    assert_eq!(one("-- trunkline: no-transaction\nVACUUM companies;"), [""; 0]);
}

#[test]
fn a_missing_down_file_is_said_once_for_the_file() {
    let found = set(&[("1.sql", "CREATE TABLE IF NOT EXISTS a (id bigint);")]);
    assert_eq!(found, ["1.sql:1:1 Warning missing-down [0]"]);
}

#[test]
fn what_fails_the_second_time_is_said() {
    for (sql, expected) in [
        ("CREATE TABLE a (id bigint)", "not-rerunnable"),
        ("CREATE TYPE mood AS ENUM ('a', 'b')", "not-rerunnable"),
        ("ALTER TABLE a ADD COLUMN b text", "not-rerunnable"),
        ("ALTER TABLE a ADD COLUMN IF NOT EXISTS b text", ""),
        ("DROP TYPE IF EXISTS mood; CREATE TYPE mood AS ENUM ('a', 'b')", ""),
        (
            "DROP TRIGGER IF EXISTS t ON a; CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f()",
            "",
        ),
        ("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", ""),
        ("CREATE TEMPORARY TABLE a (id bigint)", ""),
        ("DO $$ BEGIN CREATE TABLE a (id bigint); END $$", ""),
        ("CREATE SCHEMA IF NOT EXISTS a", ""),
    ] {
        let found: Vec<String> =
            one(sql).into_iter().filter(|line| !line.contains(" Info ")).collect();
        let rules: Vec<_> = found.iter().filter_map(|line| line.split(' ').nth(2)).collect();
        let expected: Vec<_> = Some(expected).filter(|it| !it.is_empty()).into_iter().collect();
        assert_eq!(rules, expected, "{sql}");
    }
}

#[test]
fn begin_and_commit_belong_to_the_engine() {
    let found = set(&[
        ("1.sql", "BEGIN;\nCREATE TABLE IF NOT EXISTS a (id bigint);\nCOMMIT;\nSELECT 1;"),
        ("1.down.sql", "START TRANSACTION; DROP TABLE a; ROLLBACK;"),
    ]);
    assert_eq!(
        found,
        [
            "1.sql:1:1 Error transaction-control [1]",
            "1.sql:3:1 Error transaction-control [3]",
            "1.down.sql:1:1 Error transaction-control [1]",
            "1.down.sql:1:34 Error transaction-control [3]",
        ]
    );
    assert_eq!(one("SAVEPOINT s; ROLLBACK TO s;"), [""; 0]);
    let around = "BEGIN; SELECT 1; COMMIT;";
    let info = ["1:1 Info transaction-control [1]", "1:18 Info transaction-control [3]"];
    assert_eq!(one(around), info);
    // Each statement of this one has a transaction of its own.
    let stepwise =
        "-- trunkline: no-transaction\nBEGIN; SAVEPOINT s; ROLLBACK TO s; RELEASE s; COMMIT;";
    let each = |found: Vec<String>| found.iter().filter(|it| it.contains("control")).count();
    assert_eq!(each(one(stepwise)), 5);
    let down = set(&[("1.sql", "SELECT 1;"), ("1.down.sql", stepwise)]);
    assert_eq!(each(down), 5);
}

#[test]
fn a_comment_silences_a_rule_of_either_kind() {
    let ignored = "-- squawk-ignore index-not-concurrent\nCREATE INDEX IF NOT EXISTS i ON a (b);";
    assert_eq!(one(ignored), [""; 0]);
    let by_their_name = "-- squawk-ignore require-concurrent-index-creation\nCREATE INDEX IF NOT EXISTS i ON a (b);";
    assert_eq!(one(by_their_name), [""; 0]);
    let file =
        "-- squawk-ignore-file not-rerunnable, ban-drop-table\n\nDROP TABLE a;\nDROP TABLE b;";
    assert_eq!(one(file), [""; 0]);
    let other = "-- squawk-ignore ban-drop-table\nDROP TABLE a;";
    assert_eq!(one(other), ["2:1 Warning not-rerunnable [1]"]);
    let unknown = "-- squawk-ignore no-such-rule\nSELECT 1;";
    assert_eq!(one(unknown), ["1:18 Info unused-ignore [1]"]);
}

#[test]
fn what_the_parser_cannot_read_is_a_warning_where_it_stands() {
    let found = set(&[("1.sql", "SELECT 1;\nCREATE TABL a (id int);"), ("1.down.sql", "DROP;")]);
    assert!(
        found.iter().any(|line| line.starts_with("1.sql:2:8 Warning syntax-error")),
        "{found:?}"
    );
    assert!(found.iter().any(|line| line.starts_with("1.down.sql:1:")), "{found:?}");
}

#[test]
fn a_placeholder_reads_as_a_word() {
    let sql = "CREATE TABLE IF NOT EXISTS ${SCHEMA}.a (id bigint DEFAULT ${FIRST});\n\
               GRANT SELECT ON ${SCHEMA}.a TO \"${ROLE}\"; CREATE INDEX IF NOT EXISTS i ON ${TABLE} (b);";
    assert_eq!(one(sql), ["2:43 Warning index-not-concurrent [3]"]);
    assert!(one("SELECT ${};").iter().any(|line| line.contains("syntax-error")));
}

#[test]
fn rows_of_copy_are_not_sql() {
    let copy =
        "CREATE TABLE IF NOT EXISTS a (b text);\nCOPY a FROM STDIN;\nit's 1;\t(\n\\.\nSELECT é;";
    assert_eq!(one(copy), [""; 0]);
}

#[test]
fn timeouts_are_asked_for_only_where_another_runner_applies_the_file() {
    let set = source(&[("1.sql", "ALTER TABLE a DROP COLUMN IF EXISTS b;"), ("1.down.sql", DOWN)]);
    let ours = shown(&lint(&set, &LintOptions::default()).unwrap());
    assert_eq!(ours, ["1.sql:1:15 Warning ban-drop-column [1]"]);
    let other = shown(&lint(&set, &LintOptions { other_runner: true }).unwrap());
    assert!(other.iter().any(|line| line.contains("require-lock-timeout")), "{other:?}");
}

#[test]
fn one_file_is_linted_by_itself() {
    let set = source(&[("1.sql", "CREATE TABLE a (id int REFERENCES b);")]);
    let migration = &set.migrations()[0];
    let found = lint_script(&migration.name, &migration.up, &LintOptions::default()).unwrap();
    assert_eq!(
        shown(&found),
        [
            "1.sql:1:1 Warning not-rerunnable [1]",
            "1.sql:1:20 Info prefer-bigint-over-int [1]",
            "1.sql:1:35 Warning foreign-key-without-budget [1]",
        ]
    );
}

/// Squawk alone reported 40 findings here, 34 of them about tables that were new.
#[test]
fn the_partner_api_set_has_neither_errors_nor_warnings() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let found = lint(&Source::directory(folder).unwrap(), &LintOptions::default()).unwrap();
    let serious: Vec<_> = found.into_iter().filter(|it| it.severity > Severity::Info).collect();
    assert!(serious.is_empty(), "{:#?}", shown(&serious));
}

proptest::proptest! {
    /// The parser is not ours, so what it makes of nonsense is ours to know.
    #[test]
    fn no_text_makes_it_panic(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "CREATE", "TABLE", "ALTER", "INDEX", "ON", "a", "\"b", "\"", "(", ")", ",", ";", "'", "$$",
                "DROP", "COLUMN", "ADD", "REFERENCES", "é", "--", "/*", "*/", "\n", "DEFAULT", "f()", "::",
                "SELECT", "FROM", "WITH", "AS", "DO", "BEGIN", "END", "IF", "EXISTS", ".", "TYPE", "COPY",
                "STDIN", "-- squawk-ignore x,", "COMMENT", "CASCADE", "FUNCTION", "U&\"\\", "E'\\",
            ]),
            0..40,
        )
    ) {
        let text = words.join(" ");
        let files: [(&str, &[u8]); 1] = [("1.sql", text.as_bytes())];
        if let Ok(source) = Source::embedded("test", &files) {
            let _ = lint(&source, &LintOptions { other_runner: true });
        }
    }
}
