//! What must hold for every text and every set; the fuzz targets in `/fuzz` hold the same.

use std::sync::Arc;

use proptest::prelude::*;
use trunkline_migrate::source::{Checksum, Directives, Name, Source};
use trunkline_migrate::sql::{Position, split};
use trunkline_migrate::{DownRequest, Silent};

use crate::support::{assert_nothing_left, down, empty, migrator, up};

/// Statements that hold what looks like the end of a statement, or like the beginning of something.
const STATEMENTS: &[&str] = &[
    "SELECT 1",
    "SELECT ';' AS \"a;b\"",
    "SELECT E'it\\'s; ' || U&'\\0041;'",
    "SELECT $$;$$ || $a$ $$;$$ ; $a$",
    "/* ; /* nested; */ */ SELECT 2",
    "SELECT 3 -- ;\n + 1",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END",
    "CREATE OR REPLACE PROCEDURE p() LANGUAGE plpgsql AS $f$ BEGIN; END; $f$",
    "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
    "SELECT 'größer; ß', '漢字;', '🦀'",
    "CREATE TABLE t (begin_at timestamptz, \"end\" text, \"case\" int)",
    "UPDATE t SET a = 1 WHERE b = 'x''; y'",
    "SELECT $1, a::text, b[1:2], c <> d, 1e10, 0x1F, 'a' 'b'",
];

const BETWEEN: &[&str] =
    &["\n", " ", "\t-- a comment;\n", "/* ; */", "\r\n\r\n", "-- ' \" $$ /*\n", ""];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn statements_joined_are_found_again(
        picks in prop::collection::vec((0..STATEMENTS.len(), 0..BETWEEN.len()), 0..12),
        closed in any::<bool>(),
    ) {
        let mut text = String::new();
        let mut expected = Vec::new();
        for (statement, between) in picks {
            text.push_str(BETWEEN[between]);
            // A comment in front is no part of the statement.
            let sql = STATEMENTS[statement];
            let body = sql.strip_prefix("/* ; /* nested; */ */ ").unwrap_or(sql);
            expected.push((text.len() + sql.len() - body.len(), body));
            text.push_str(sql);
            text.push(';');
        }
        if !closed && text.ends_with(';') {
            text.pop();
        }
        let found = split(&text).unwrap();
        let found_texts: Vec<(usize, &str)> =
            found.iter().map(|it| (it.range.start, &text[it.range.clone()])).collect();
        prop_assert_eq!(&found_texts, &expected);
        for statement in &found {
            prop_assert_eq!(statement.position, Position::of(&text, statement.range.start));
        }
    }

    #[test]
    fn any_text_is_split_into_ordered_pieces_or_refused_at_a_place_in_it(text in sqlish()) {
        check_split(&text)?;
    }

    #[test]
    fn rows_of_copy_are_never_read_as_sql(lines in prop::collection::vec("[^\r\n\\\\]*", 0..6)) {
        let rows = lines.iter().fold(String::new(), |rows, line| rows + line + "\n");
        let text = format!("COPY t FROM STDIN;\n{rows}\\.\nSELECT 1");
        let found = split(&text).unwrap();
        prop_assert_eq!(found.len(), 2);
        prop_assert_eq!(&text[found[0].copy_data.clone().unwrap()], rows);
        prop_assert_eq!(&text[found[1].range.clone()], "SELECT 1");
    }

    #[test]
    fn directives_are_read_or_refused_and_never_panic(text in "(-- trunkline:|--|requires |no-transaction|[a-z.(), ]|\\PC|\n|/\\*|\\*/){0,40}") {
        if let Err(error) = Directives::parse(&text) {
            prop_assert!(error.line >= 1 && error.line <= text.lines().count().max(1));
        }
    }

    #[test]
    fn a_checksum_does_not_see_line_ends_blanks_or_the_byte_order_mark(lines in prop::collection::vec("[ -~é]*", 0..8)) {
        let unix = lines.join("\n");
        let windows: String = format!("\u{feff}{}\r\n\r\n", lines.join(" \t\r\n"));
        prop_assert_eq!(Checksum::of(&unix).normalised, Checksum::of(&windows).normalised);
        let other = format!("{unix} x");
        prop_assert_ne!(Checksum::of(&unix).normalised, Checksum::of(&other).normalised);
    }

    #[test]
    fn names_have_one_order(names in prop::collection::vec("[0-9]{0,25}[-a-z]{1,3}", 3)) {
        let names: Vec<Name> = names.iter().map(|name| Name::parse(name).unwrap()).collect();
        let [a, b, c] = [&names[0], &names[1], &names[2]];
        prop_assert_eq!(a.cmp(b), b.cmp(a).reverse());
        prop_assert!(!(a <= b && b <= c) || a <= c);
        prop_assert_eq!(a == b, a.cmp(b).is_eq());
    }

    #[test]
    fn any_files_make_a_set_or_are_refused(files in prop::collection::vec(("[0-9a-z./\\\\]{0,8}(\\.down)?\\.sql", any::<Vec<u8>>()), 0..4)) {
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        if let Ok(source) = Source::embedded("any", &files) {
            for migration in source.migrations() {
                prop_assert!(!migration.name.as_str().contains(['/', '\\']));
                let _ = migration.up.body();
            }
        }
    }
}

/// Pieces of SQL, whole and broken, in any order.
fn sqlish() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(STATEMENTS).prop_map(str::to_owned),
        prop::sample::select(BETWEEN).prop_map(str::to_owned),
        prop::sample::select(vec![
            ";",
            "'",
            "\"",
            "$$",
            "$a$",
            "/*",
            "*/",
            "--",
            "(",
            ")",
            "\\.",
            "\n\\.\n",
            "\\i x",
            "BEGIN ATOMIC",
            "END",
            "CASE",
            "CREATE FUNCTION",
            "COPY t FROM STDIN;",
            "E'\\",
            "U&'",
            "\u{feff}",
            "\0",
            "$1",
            "::",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,4}",
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

fn check_split(text: &str) -> Result<(), TestCaseError> {
    let statements = match split(text) {
        Ok(statements) => statements,
        Err(error) => {
            let last = Position::of(text, text.len());
            prop_assert!(error.position <= last, "{} > {last}", error.position);
            return Ok(());
        }
    };
    let mut end = 0;
    for statement in statements {
        let range = statement.range.clone();
        prop_assert!(range.start >= end && range.start < range.end && range.end <= text.len());
        prop_assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
        prop_assert_eq!(statement.position, Position::of(text, range.start));
        let sql = &text[range.clone()];
        // What PostgreSQL takes for white space, which is less than Unicode does.
        let white = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}');
        prop_assert!(!sql.starts_with(white));
        end = range.end;
        if let Some(rows) = statement.copy_data {
            prop_assert!(rows.start >= end && rows.start <= rows.end && rows.end <= text.len());
            prop_assert!(text.is_char_boundary(rows.start) && text.is_char_boundary(rows.end));
            end = rows.end;
        }
    }
    Ok(())
}

/// A migration of a random set, as its two files.
#[derive(Debug, Clone)]
enum Change {
    Table,
    Column(usize),
    Index(usize),
    ConcurrentIndex(usize),
    Reference(usize, usize),
    Check(usize),
    View(usize),
}

impl Change {
    /// The scripts of the change with number `n`, on the tables made before.
    fn scripts(&self, n: usize, tables: &[usize]) -> (String, String) {
        let table = |pick: usize| format!("t{}", tables[pick % tables.len()]);
        match *self {
            Self::Table => (
                format!(
                    "CREATE TABLE t{n} (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, a text NOT NULL DEFAULT 'x', b int UNIQUE);"
                ),
                format!("DROP TABLE t{n};"),
            ),
            Self::Column(pick) => (
                format!("ALTER TABLE {} ADD COLUMN c{n} timestamptz DEFAULT now();", table(pick)),
                format!("ALTER TABLE {} DROP COLUMN c{n};", table(pick)),
            ),
            Self::Index(pick) => (
                format!("CREATE INDEX i{n} ON {} (a, b DESC) WHERE b > {n};", table(pick)),
                format!("DROP INDEX i{n};"),
            ),
            Self::ConcurrentIndex(pick) => (
                format!(
                    "-- trunkline: no-transaction\nCREATE INDEX CONCURRENTLY i{n} ON {} (b);",
                    table(pick)
                ),
                format!("-- trunkline: no-transaction\nDROP INDEX CONCURRENTLY i{n};"),
            ),
            Self::Reference(from, to) => (
                format!(
                    "ALTER TABLE {} ADD COLUMN r{n} int CONSTRAINT f{n} REFERENCES {} ON DELETE SET NULL;",
                    table(from),
                    table(to)
                ),
                format!("ALTER TABLE {} DROP CONSTRAINT f{n}, DROP COLUMN r{n};", table(from)),
            ),
            Self::Check(pick) => (
                format!(
                    "ALTER TABLE {} ADD CONSTRAINT k{n} CHECK (b <> {n}) NOT VALID;",
                    table(pick)
                ),
                format!("ALTER TABLE {} DROP CONSTRAINT k{n};", table(pick)),
            ),
            Self::View(pick) => (
                format!("CREATE VIEW v{n} AS SELECT id, a FROM {};", table(pick)),
                format!("DROP VIEW v{n};"),
            ),
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let pick = 0..8_usize;
    prop_oneof![
        2 => Just(Change::Table),
        2 => pick.clone().prop_map(Change::Column),
        1 => pick.clone().prop_map(Change::Index),
        1 => pick.clone().prop_map(Change::ConcurrentIndex),
        1 => (pick.clone(), pick.clone()).prop_map(|(from, to)| Change::Reference(from, to)),
        1 => pick.clone().prop_map(Change::Check),
        1 => pick.prop_map(Change::View),
    ]
}

fn set(changes: &[Change]) -> Source {
    let mut tables = Vec::new();
    let mut files = Vec::new();
    for (n, change) in std::iter::once(&Change::Table).chain(changes).enumerate() {
        if matches!(change, Change::Table) {
            tables.push(n);
        }
        let (up, down) = change.scripts(n, &tables);
        files.push((format!("{n}-x.sql"), up));
        files.push((format!("{n}-x.down.sql"), down));
    }
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    Source::embedded("random", &files).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn up_down_up_ends_where_up_ended(changes in prop::collection::vec(change(), 1..8), steps in 1..9_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let database = empty().await;
            let migrator = migrator(&database, set(&changes));
            let expected = migrator.record().await.unwrap().to_json().unwrap();
            let same = async || {
                let checks = migrator.verify(Some(&expected)).await.unwrap();
                let other: Vec<_> =
                    checks.iter().filter(|it| it.result != trunkline_migrate::catalog::Outcome::Ok).collect();
                assert!(other.is_empty(), "{other:#?}");
            };
            up(&migrator).await.unwrap();
            same().await;
            let some = DownRequest { steps: Some(steps), ..DownRequest::default() };
            migrator.down(&some, Arc::new(Silent)).await.unwrap();
            up(&migrator).await.unwrap();
            same().await;
            down(&migrator).await.unwrap();
            let client = database.connect().await.unwrap();
            let left = crate::support::texts(&client, "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace").await;
            assert_eq!(left, [""; 0]);
            up(&migrator).await.unwrap();
            same().await;
            assert_nothing_left(&database).await;
        });
    }
}
