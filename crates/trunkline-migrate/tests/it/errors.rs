//! What goes wrong, and what whoever has to act on it reads.

use std::sync::Arc;

use trunkline_migrate::source::{Name, Source, SourceError};
use trunkline_migrate::{
    DownRequest, Error, ExitStatus, Options, Silent, Target, UpRequest, new_migration,
};

use crate::support::{
    assert_nothing_left, down, empty, exists, failure, folder, migrator, migrator_with, partner,
    redacted, run, source, up,
};

/// What `up` of one file on an empty database fails with; nothing is left behind.
async fn failing(file: &str) -> String {
    failing_after("", file).await
}

/// The same, on a database that `before` prepared.
async fn failing_after(before: &str, file: &str) -> String {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, before).await;
    let set = source(&[("1-first.sql", "CREATE TABLE first (id int);"), ("2-second.sql", file)]);
    let error = up(&migrator(&database, set)).await.unwrap_err();
    assert_nothing_left(&database).await;
    failure(&error)
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_the_password() {
    let set = || source(&[("1-a.sql", "SELECT 1;")]);
    let there = migrator_with("postgres://app:s3cret@127.0.0.1:1/shop", set(), Options::default());
    let unreachable = up(&there).await.unwrap_err();
    let debug = format!("{unreachable:?} {:?} {there:?}", there.target());
    assert!(!debug.contains("s3cret"), "{debug}");
    insta::assert_snapshot!("unreachable", failure(&unreachable));

    let database = empty().await;
    let other = Target::parse(&database.url()).unwrap().with_database("no such");
    let said = failure(&other.client().await.map(drop).unwrap_err());
    let shown = other.to_string();
    insta::assert_snapshot!("unreachable_database", redacted(&said, &[(&shown, "TARGET")]));

    let url = database.url().replace("//trunkline@", "//nobody@");
    let said = failure(&up(&migrator_with(&url, set(), Options::default())).await.unwrap_err());
    let shown = Target::parse(&url).unwrap().to_string();
    insta::assert_snapshot!("unreachable_role", redacted(&said, &[(&shown, "TARGET")]));
}

#[tokio::test]
async fn an_address_that_is_no_address_is_told_without_its_password() {
    for address in [
        "postgres://app:s3cret@host:port/db",
        "s3cret",
        "postgres://app:s3cret@host/db?sslmode=s3cret",
    ] {
        let error = Error::from(Target::parse(address).unwrap_err());
        assert_eq!(error.exit_status(), ExitStatus::Usage, "{error}");
        assert!(error.hint().is_some());
        assert!(!error.to_string().contains("app:s3cret"), "{error}");
    }
}

#[tokio::test]
async fn a_database_that_is_not_the_platforms_is_refused_before_anything_is_touched() {
    for (case, companies) in [
        ("missing", "SELECT 1"),
        ("id_is_text", "CREATE TABLE companies (id text PRIMARY KEY)"),
        ("id_is_no_key", "CREATE TABLE companies (id integer NOT NULL)"),
        ("without_id", "CREATE TABLE companies (name text)"),
        ("is_a_view", "CREATE VIEW companies AS SELECT 1 AS id"),
    ] {
        let database = empty().await;
        let client = database.connect().await.unwrap();
        run(&client, companies).await;
        let refused = up(&migrator(&database, partner())).await.unwrap_err();
        assert_eq!(refused.exit_status(), ExitStatus::Preflight);
        insta::assert_snapshot!(format!("companies_{case}"), failure(&refused));
        assert!(!exists(&client, "partner_configurations").await);
        assert!(!exists(&client, "trunkline.migrations").await);
        assert_nothing_left(&database).await;
    }
}

#[tokio::test]
async fn a_read_only_server_is_refused() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(
        &client,
        &format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name()),
    )
    .await;
    let refused =
        up(&migrator(&database, source(&[("1-a.sql", "CREATE TABLE a (id int);")]))).await;
    insta::assert_snapshot!("read_only", failure(&refused.unwrap_err()));
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_syntax_error_is_shown_where_it_stands() {
    let file = "-- Größe: the column counts characters, not bytes.\n\nCREATE TABLE b (id int);\n\
                SELECT 'äöü', id FORM b;\nSELECT 1;";
    insta::assert_snapshot!("syntax_error", failing(file).await);
}

#[tokio::test]
async fn a_misspelled_table_is_found_although_postgresql_sends_no_position() {
    let file =
        "CREATE TABLE b (\n    id int,\n    company_id int REFERENCES public.compaines (id)\n);";
    insta::assert_snapshot!(
        "misspelled_table",
        failing_after("CREATE TABLE companies (id int PRIMARY KEY)", file).await
    );
    insta::assert_snapshot!(
        "misspelled_column",
        failing("CREATE INDEX i\n    ON first (idd);").await
    );
}

#[tokio::test]
async fn an_error_inside_a_function_comes_with_its_context() {
    let file = "DO $$\nBEGIN\n    PERFORM 1;\n    RAISE EXCEPTION 'no' USING DETAIL = 'a detail', HINT = 'a hint', ERRCODE = 'P0042';\nEND\n$$;";
    insta::assert_snapshot!("inside_a_block", failing(file).await);
}

#[tokio::test]
async fn failures_of_common_kinds_come_with_advice() {
    let before = "CREATE TABLE old (id int PRIMARY KEY); INSERT INTO old VALUES (1), (2); CREATE VIEW v AS SELECT id FROM old; CREATE TABLE twice (id int); INSERT INTO twice VALUES (5), (5)";
    for (case, file) in [
        ("exists", "CREATE TABLE old (id int);"),
        ("depended_on", "ALTER TABLE old\n    DROP COLUMN id;"),
        ("repeated", "ALTER TABLE twice ADD UNIQUE (id);"),
        ("dangling", "ALTER TABLE twice ADD FOREIGN KEY (id) REFERENCES old;"),
        ("in_a_transaction", "CREATE INDEX CONCURRENTLY i ON old (id);"),
    ] {
        insta::assert_snapshot!(case, failing_after(before, file).await);
    }
}

#[tokio::test]
async fn transaction_control_inside_a_migration_is_refused_before_anything_runs() {
    for (case, file) in [
        ("commit", "CREATE TABLE b (id int);\nCOMMIT;\nCREATE TABLE c (id int);"),
        ("begin", "CREATE TABLE b (id int);\n  begin work;\nSELECT 1;"),
        ("rollback", "SELECT 1; ROLLBACK;"),
        (
            "commit_stepwise",
            "-- trunkline: no-transaction\nBEGIN; CREATE TABLE b (id int);\nCOMMIT;",
        ),
        ("savepoint_stepwise", "-- trunkline: no-transaction\nSELECT 1;\nSAVEPOINT s;"),
    ] {
        let database = empty().await;
        let set =
            source(&[("1-first.sql", "CREATE TABLE first (id int);"), ("2-second.sql", file)]);
        let refused = up(&migrator(&database, set)).await.unwrap_err();
        insta::assert_snapshot!(case, failure(&refused));
        assert!(!exists(&database.connect().await.unwrap(), "first").await);
    }
}

/// An older engine let it through, and it did nothing.
#[tokio::test]
async fn transaction_control_that_was_applied_once_can_be_looked_at_and_taken_back() {
    let database = empty().await;
    let before = "-- trunkline: no-transaction\nCREATE TABLE b (id int);";
    let after = "-- trunkline: no-transaction\nBEGIN;\nCREATE TABLE b (id int);\nCOMMIT;";
    let down_file = "-- trunkline: no-transaction\nBEGIN;\nDROP INDEX b_id;\nCOMMIT;";
    up(&migrator(&database, source(&[("1-b.sql", before)]))).await.unwrap();
    let client = database.connect().await.unwrap();
    run(&client, "CREATE INDEX b_id ON b (id)").await;
    let old = source(&[("1-b.sql", after)]);
    let text = old.migrations()[0].up.text.clone();
    let checksum = old.migrations()[0].up.checksum.normalised.to_string();
    client
        .execute(
            "UPDATE trunkline.migrations SET up_sql = $1, checksum = $2, down_sql = $3",
            &[&text, &checksum, &down_file],
        )
        .await
        .unwrap();
    let old = migrator(&database, old);
    assert!(old.status().await.unwrap().is_current());
    old.verify(None).await.unwrap();
    assert_eq!(down(&old).await.unwrap().reverted.len(), 1);
    assert!(!exists(&client, "b_id").await);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn begin_and_commit_around_a_whole_file_and_savepoints_within_are_fine() {
    let database = empty().await;
    let file = "BEGIN;\nCREATE TABLE a (id int);\nSAVEPOINT s;\nCREATE TABLE b (id int);\nROLLBACK TO s;\nRELEASE s;\nCOMMIT;";
    up(&migrator(&database, source(&[("1-a.sql", file)]))).await.unwrap();
    let client = database.connect().await.unwrap();
    assert!(exists(&client, "a").await && !exists(&client, "b").await);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn files_that_are_no_migrations_are_refused_with_their_place() {
    for (case, text) in [
        ("empty", ""),
        ("blank", " \n\t\n"),
        ("comment_only", "-- nothing yet\n/* at all */\n"),
        ("psql_command", "SELECT 1;\n\\i other.sql\n"),
        ("open_string", "SELECT 1;\nSELECT 'abc;\n"),
        ("open_dollar", "DO $body$ BEGIN END $bod$;"),
        ("open_comment", "SELECT 1; /* /* */"),
    ] {
        insta::assert_snapshot!(case, failing(text).await);
    }
    let folder = folder(&[("1-a.sql", "SELECT 1;")]);
    std::fs::write(folder.path().join("2-b.sql"), b"-- caf\xe9\nSELECT '\xe9';").unwrap();
    let error = Error::from(Source::directory(folder.path()).unwrap_err());
    let path = folder.path().display().to_string();
    insta::assert_snapshot!("not_utf8", redacted(&failure(&error), &[(&path, "FOLDER")]));
}

#[tokio::test]
async fn folders_that_are_no_sets_are_refused() {
    let missing = Error::from(Source::directory("/no/such/folder").unwrap_err());
    insta::assert_snapshot!("folder_missing", failure(&missing));
    let orphan = folder(&[("1-a.down.sql", "SELECT 1;")]);
    insta::assert_snapshot!(
        "orphaned_down",
        failure(&Error::from(Source::directory(orphan.path()).unwrap_err()))
    );
    let odd = folder(&[("1-a.sql", "-- trunkline: no-transactions\nSELECT 1;")]);
    let error = Error::from(Source::directory(odd.path()).unwrap_err());
    let path = odd.path().display().to_string();
    insta::assert_snapshot!("unknown_directive", redacted(&failure(&error), &[(&path, "FOLDER")]));
}

#[tokio::test]
async fn a_name_that_would_leave_the_folder_is_refused() {
    let database = empty().await;
    let migrator = migrator(&database, source(&[("1-a.sql", "SELECT 1;")]));
    for name in ["../1-a", "/etc/passwd", "a/../../b.sql", "..", "a\\b", "a\0b", ""] {
        let request = UpRequest { names: vec![name.to_owned()], ..UpRequest::default() };
        let refused = migrator.up(&request, Arc::new(Silent)).await.unwrap_err();
        assert!(matches!(refused, Error::Source(SourceError::BadName(_))), "{name:?} {refused:?}");
        assert_eq!(refused.exit_status(), ExitStatus::Usage);
        assert!(Name::parse(name).is_err());
    }
    insta::assert_snapshot!("bad_name", failure(&Name::parse("../007").unwrap_err().into()));
    let folder = folder(&[]);
    let inside = Source::directory(folder.path()).unwrap();
    let [up, _] = new_migration(&inside, "../../Über etc/passwd").unwrap();
    assert_eq!(up, folder.path().join("001-über-etc-passwd.sql"));
    assert!(new_migration(&inside, "../..").is_err());
}

#[tokio::test]
async fn a_file_that_changed_after_it_was_applied_stops_everything() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let before = [("1-a.sql", "CREATE TABLE a (id int);\n"), ("2-b.sql", "SELECT 1;")];
    up(&migrator(&database, source(&before))).await.unwrap();
    let after = [
        ("1-a.sql", "CREATE TABLE a (id bigint);\n"),
        ("2-b.sql", "SELECT 1; \r\n"),
        ("3-c.sql", "CREATE TABLE c (id int);"),
    ];
    let migrator = migrator(&database, source(&after));
    let changed = up(&migrator).await.unwrap_err();
    insta::assert_snapshot!("changed", failure(&changed));
    assert!(!exists(&client, "c").await);
    let status = migrator.status().await.unwrap();
    insta::assert_snapshot!("difference", status.migrations[0].difference.as_ref().unwrap());
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_database_that_is_ahead_is_refused_with_the_way_back() {
    let database = empty().await;
    let newer = [("1-a.sql", "SELECT 1;"), ("2-b.sql", "SELECT 1;"), ("3-c.sql", "SELECT 1;")];
    up(&migrator(&database, source(&newer))).await.unwrap();
    let older = migrator(&database, source(&newer[..1]));
    let ahead = up(&older).await.unwrap_err();
    assert_eq!(ahead.exit_status(), ExitStatus::Ahead);
    insta::assert_snapshot!("ahead", failure(&ahead));
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_name_that_no_migration_or_more_than_one_has_is_refused() {
    let database = empty().await;
    let set = source(&[("007-accounts.sql", "SELECT 1;"), ("007-clients.sql", "SELECT 1;")]);
    let migrator = migrator(&database, set);
    let mut said = Vec::new();
    for name in ["007-acounts", "007", "nothing like it"] {
        let request = UpRequest { names: vec![name.into()], ..UpRequest::default() };
        said.push(failure(&migrator.up(&request, Arc::new(Silent)).await.unwrap_err()));
    }
    insta::assert_snapshot!("names", said.join("\n"));
}

#[tokio::test]
async fn atomic_cannot_take_a_file_without_a_transaction() {
    let database = empty().await;
    let set = source(&[
        ("1-a.sql", "CREATE TABLE a (id int);"),
        ("2-b.sql", "-- trunkline: no-transaction\nSELECT 1;"),
    ]);
    let request = UpRequest { atomic: true, ..UpRequest::default() };
    let refused = migrator(&database, set).up(&request, Arc::new(Silent)).await.unwrap_err();
    insta::assert_snapshot!("not_atomic", failure(&refused));
    assert!(!exists(&database.connect().await.unwrap(), "a").await);
}

#[tokio::test]
async fn a_placeholder_that_nobody_replaces_is_told_by_what_would() {
    let database = empty().await;
    let set = source(&[("1-a.sql", "CREATE TABLE ${SCHEMA}.a (id int);")]);
    let refused = up(&migrator(&database, set)).await.unwrap_err();
    let hint = refused.hint().unwrap();
    assert_eq!(hint, "`${…}` is replaced from the environment with --substitute only");
}

#[tokio::test]
async fn a_variable_that_is_not_set_is_an_error_only_where_substitution_is_asked_for() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let path = std::env::var("PATH").unwrap();
    let file = "CREATE TABLE v AS\nSELECT '${PATH}' AS path, '$5 {x} ${not a name}' AS rest;";
    let with = Options { substitute: true, ..Options::default() };
    up(&migrator_with(&database.url(), source(&[("1-a.sql", file)]), with.clone())).await.unwrap();
    let row = client.query_one("SELECT path, rest FROM v", &[]).await.unwrap();
    assert_eq!((row.get::<_, String>(0), row.get::<_, &str>(1)), (path, "$5 {x} ${not a name}"));

    let missing = [
        ("1-a.sql", file),
        ("2-b.sql", "CREATE TABLE b (id int);\nSELECT 'x',\n  '${TRUNKLINE_NOT_SET}';"),
    ];
    let refused = up(&migrator_with(&database.url(), source(&missing), with)).await.unwrap_err();
    insta::assert_snapshot!("variable", failure(&refused));
    assert!(!exists(&client, "b").await);
    assert_nothing_left(&database).await;
    up(&migrator(&database, source(&missing))).await.unwrap();
}

#[tokio::test]
async fn what_a_statement_is_about_is_read_after_its_variables_are_replaced() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1)").await;
    let set = source(&[
        ("1-a.sql", "CREATE TABLE \"${CARGO_PKG_NAME}\" (id int);"),
        ("1-a.down.sql", "DROP TABLE \"${CARGO_PKG_NAME}\";"),
        (
            "2-i.sql",
            "-- trunkline: no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY \"${CARGO_PKG_NAME} i\" ON t (id);",
        ),
        (
            "2-i.down.sql",
            "-- trunkline: no-transaction\nDROP INDEX CONCURRENTLY \"${CARGO_PKG_NAME} i\";",
        ),
    ]);
    let with = Options { substitute: true, ..Options::default() };
    let migrator = migrator_with(&database.url(), set, with);
    up(&migrator).await.unwrap_err();
    run(&client, "DELETE FROM t WHERE ctid = '(0,2)'").await;
    up(&migrator).await.unwrap();
    let name = env!("CARGO_PKG_NAME");
    assert!(exists(&client, &format!("\"{name} i\"")).await);
    run(&client, &format!("INSERT INTO \"{name}\" VALUES (1)")).await;
    assert_eq!(down(&migrator).await.unwrap().archives[0].tables[0].table, name);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_missing_down_script_stops_down_before_anything_is_touched() {
    let database = empty().await;
    let set = source(&[
        ("1-a.sql", "CREATE TABLE a (id int);"),
        ("1-a.down.sql", "DROP TABLE a;"),
        ("2-b.sql", "CREATE TABLE b (id int);"),
        ("3-c.sql", "CREATE TABLE c (id int);"),
        ("3-c.down.sql", "DROP TABLE c;"),
    ]);
    let migrator = migrator(&database, set);
    up(&migrator).await.unwrap();
    let refused = down(&migrator).await.unwrap_err();
    insta::assert_snapshot!("missing_down", failure(&refused));
    assert!(migrator.status().await.unwrap().is_current());
    assert!(exists(&database.connect().await.unwrap(), "c").await);
    let one = DownRequest { steps: Some(1), ..DownRequest::default() };
    assert_eq!(migrator.down(&one, Arc::new(Silent)).await.unwrap().reverted.len(), 1);
    assert_nothing_left(&database).await;
}
