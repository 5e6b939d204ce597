//! `down` and `restore`: what goes, what is kept, and what is refused.

use std::sync::Arc;

use trunkline_migrate::{DownRequest, Error, Silent};

use crate::support::{
    Heard, applied, assert_nothing_left, count, down, empty, exists, failure, flag, migrator,
    redacted, rows, run, source, texts, up,
};

fn steps(steps: usize) -> DownRequest {
    DownRequest { steps: Some(steps), ..DownRequest::default() }
}

const PAIR: &[(&str, &str)] = &[
    ("1-a.sql", "CREATE TABLE a (id serial PRIMARY KEY, note text);"),
    ("1-a.down.sql", "DROP TABLE a;"),
    ("2-b.sql", "CREATE TABLE b (id int REFERENCES a);"),
    ("2-b.down.sql", "DROP TABLE b;"),
];

#[tokio::test]
async fn steps_and_to_go_back_in_the_order_in_which_migrations_were_applied() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let names = ["1-a", "2-b", "3-c", "4-d"];
    let files: Vec<(String, String)> = names
        .iter()
        .flat_map(|name| {
            [
                (format!("{name}.sql"), format!("CREATE TABLE \"{name}\" (id int);")),
                (format!("{name}.down.sql"), format!("DROP TABLE \"{name}\";")),
            ]
        })
        .collect();
    let files: Vec<(&str, &str)> =
        files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    let migrator = migrator(&database, source(&files));
    let only = trunkline_migrate::UpRequest { names: vec!["3".into()], ..Default::default() };
    migrator.up(&only, Arc::new(Silent)).await.unwrap();
    up(&migrator).await.unwrap();

    let reverted = |report: trunkline_migrate::DownReport| -> Vec<String> {
        report.reverted.iter().map(ToString::to_string).collect()
    };
    assert_eq!(reverted(migrator.down(&steps(1), Arc::new(Silent)).await.unwrap()), ["4-d"]);
    let to = DownRequest { to: Some("1".into()), ..DownRequest::default() };
    assert_eq!(reverted(migrator.down(&to, Arc::new(Silent)).await.unwrap()), ["2-b"]);
    assert_eq!(reverted(migrator.down(&steps(0), Arc::new(Silent)).await.unwrap()), [""; 0]);
    assert!(exists(&client, "\"3-c\"").await);
    assert_eq!(reverted(down(&migrator).await.unwrap()), ["1-a", "3-c"]);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_binary_that_lost_the_file_reverts_with_the_sql_kept_in_the_ledger() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    up(&migrator(&database, source(PAIR))).await.unwrap();
    run(&client, "INSERT INTO a (note) VALUES ('kept')").await;
    let older = migrator(&database, source(&PAIR[..2]));
    assert!(matches!(up(&older).await.unwrap_err(), Error::Ahead { .. }));
    let report = older.down(&steps(1), Arc::new(Silent)).await.unwrap();
    assert_eq!(report.reverted[0].as_str(), "2-b");
    assert!(!exists(&client, "b").await && exists(&client, "a").await);
    assert!(up(&older).await.unwrap().applied.is_empty());
    let none = migrator(&database, source(&[]));
    assert_eq!(down(&none).await.unwrap().archives.len(), 1);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_failing_down_script_changes_nothing() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let mut files = PAIR.to_vec();
    files[1].1 = "DROP TABLE a;\nDROP TABLE missing;";
    let migrator = migrator(&database, source(&files));
    up(&migrator).await.unwrap();
    run(&client, "INSERT INTO a (note) VALUES ('kept')").await;
    let failed = down(&migrator).await.unwrap_err();
    insta::assert_snapshot!("down_failed", failure(&failed));
    assert!(exists(&client, "a").await && exists(&client, "b").await);
    assert_eq!(count(&client, "SELECT count(*) FROM a").await, 1);
    assert!(migrator.status().await.unwrap().is_current());
    assert!(migrator.archives().await.unwrap().is_empty());
    assert_eq!(migrator.history(None, 1).await.unwrap()[0].state, "failed");
    assert_nothing_left(&database).await;
}

/// What `down` says to a script on tables that hold rows; nothing is reverted.
async fn refused(script: &str) -> String {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let set = source(&[
        (
            "1-a.sql",
            "CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE TABLE a (id int, \"Note\" text, empty text); \
             CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int REFERENCES parent ON DELETE CASCADE);",
        ),
        ("1-a.down.sql", script),
    ]);
    let migrator = migrator(&database, set);
    up(&migrator).await.unwrap();
    run(
        &client,
        "INSERT INTO a VALUES (1, 'x'), (2, NULL); INSERT INTO s.t VALUES (1); \
         INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1); ANALYZE",
    )
    .await;
    let before = texts(&client, "SELECT a::text FROM a UNION ALL SELECT t::text FROM s.t UNION ALL SELECT c::text FROM child c").await;
    let error = match down(&migrator).await {
        Ok(report) => panic!("{script} went through: {report:?}"),
        Err(error) => error,
    };
    assert!(matches!(error, Error::WouldDestroy(_)), "{script}: {error:?}");
    assert_eq!(texts(&client, "SELECT a::text FROM a UNION ALL SELECT t::text FROM s.t UNION ALL SELECT c::text FROM child c").await, before);
    assert!(migrator.status().await.unwrap().is_current());
    assert_nothing_left(&database).await;
    // Whoever says so can do it all the same.
    let all = DownRequest { drop_data: true, ..DownRequest::default() };
    migrator.down(&all, Arc::new(Silent)).await.unwrap();
    format!("{script}\n{}", failure(&error))
}

#[tokio::test]
async fn what_would_lose_rows_or_values_and_cannot_be_archived_is_refused() {
    let mut said = Vec::new();
    for script in [
        "ALTER TABLE a DROP COLUMN \"Note\";",
        "ALTER TABLE public.a DROP empty, DROP COLUMN IF EXISTS id CASCADE;",
        "SELECT 1;\nDELETE FROM a WHERE id = 1;",
        "TRUNCATE TABLE ONLY a, s.t;",
        "DROP SCHEMA IF EXISTS s CASCADE;",
        "DO $$ BEGIN DROP TABLE a; END $$;",
        "DROP TABLE parent CASCADE;\nDO $$ BEGIN EXECUTE 'DROP TABLE ' || 'child'; END $$;",
    ] {
        said.push(refused(script).await);
    }
    insta::assert_snapshot!("would_destroy", said.join("\n"));
}

/// Data can go in many more ways; each of these must be refused or keep every row.
#[tokio::test]
async fn less_common_ways_to_lose_rows_are_refused_too() {
    let mut said = Vec::new();
    for script in [
        "WITH gone AS (DELETE FROM a RETURNING *) SELECT count(*) FROM gone;",
        "DO $$ BEGIN DELETE FROM a; END $$;",
        "DO $$ BEGIN ALTER TABLE a DROP COLUMN \"Note\"; END $$;",
        "DO $$ BEGIN DROP SCHEMA s CASCADE; END $$;",
        "DELETE FROM parent;",
        "DROP TABLE parent CASCADE; DO $$ BEGIN TRUNCATE a; END $$;",
    ] {
        said.push(refused(script).await);
    }
    insta::assert_snapshot!("would_destroy_hidden", said.join("\n"));
}

/// After a crash of the server the statistics are empty, and new rows of another session are not in them yet.
#[tokio::test]
async fn rows_that_the_statistics_do_not_know_are_not_truncated_either() {
    for (rows, script) in [
        (1, "DO $$ BEGIN TRUNCATE a; END $$;"),
        (1, "-- trunkline: no-transaction\nDO $$ BEGIN TRUNCATE a; END $$;"),
        (0, "DO $$ BEGIN TRUNCATE a; END $$;"),
        (0, "-- trunkline: no-transaction\nALTER TABLE a ALTER COLUMN id TYPE bigint;"),
    ] {
        let database = empty().await;
        let client = database.connect().await.unwrap();
        let set = source(&[("1-a.sql", "CREATE TABLE a (id int);"), ("1-a.down.sql", script)]);
        let migrator = migrator(&database, set);
        up(&migrator).await.unwrap();
        run(
            &client,
            &format!(
                "SET track_counts = off; INSERT INTO a SELECT FROM generate_series(1, {rows})"
            ),
        )
        .await;
        let done = down(&migrator).await;
        assert_eq!(done.is_ok(), rows == 0, "{script} {done:?}");
        assert_eq!(count(&client, "SELECT count(*) FROM a").await, rows);
        assert_nothing_left(&database).await;
    }
}

#[tokio::test]
async fn a_column_without_values_and_a_table_without_rows_go() {
    let database = empty().await;
    let set = source(&[
        (
            "1-a.sql",
            "CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE TABLE a (id int, empty text);",
        ),
        (
            "1-a.down.sql",
            "ALTER TABLE a DROP COLUMN empty; DELETE FROM s.t; DROP SCHEMA s CASCADE; TRUNCATE a;",
        ),
    ]);
    let migrator = migrator(&database, set);
    up(&migrator).await.unwrap();
    down(&migrator).await.unwrap();
    assert!(!exists(&database.connect().await.unwrap(), "s.t").await);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn partitions_schemas_quoted_names_and_sequences_come_back_as_they_were() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let set = source(&[
        (
            "1-a.sql",
            "CREATE SCHEMA \"Odd schema\";\n\
             CREATE TABLE \"Odd schema\".\"My table\" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int CHECK (n > 0), UNIQUE (n));\n\
             CREATE TABLE events (id serial, at date NOT NULL) PARTITION BY RANGE (at);\n\
             CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');\n\
             CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');\n\
             CREATE INDEX events_at ON events (at);\n\
             CREATE VIEW seen AS SELECT count(*) AS n FROM events;",
        ),
        (
            "1-a.down.sql",
            "DROP VIEW IF EXISTS seen;\nDROP TABLE IF EXISTS events, \"Odd schema\".\"My table\";\nDROP SCHEMA \"Odd schema\";",
        ),
    ]);
    let migrator = migrator(&database, set);
    up(&migrator).await.unwrap();
    run(
        &client,
        "INSERT INTO \"Odd schema\".\"My table\" (n) VALUES (5), (6); \
         INSERT INTO events (at) VALUES ('2025-05-05'), ('2026-06-06')",
    )
    .await;
    let before =
        [rows(&client, "events").await, rows(&client, "\"Odd schema\".\"My table\"").await];
    let archive = down(&migrator).await.unwrap().archives.remove(0);
    assert!(
        !exists(&client, "events").await && !exists(&client, "\"Odd schema\".\"My table\"").await
    );
    let said: Vec<String> = archive
        .tables
        .iter()
        .map(|table| {
            format!("{}.{} {} {}", table.schema, table.table, table.rows, table.archive_schema)
        })
        .collect();
    insta::assert_snapshot!(
        "odd_archive",
        redacted(&said.join("\n"), &[(&archive.name, "ARCHIVE")])
    );
    // A view holds no rows, and does not come back.
    let dropped = "1-a.down.sql:1:1: DROP VIEW IF EXISTS seen";
    assert_eq!(archive.statements, [dropped]);

    let heard = Arc::new(Heard::default());
    let restored = migrator.restore(&archive.name, heard.clone()).await;
    if let Err(error) = restored {
        panic!("{error}");
    }
    assert!(heard.has(dropped) && !exists(&client, "seen").await, "{:?}", heard.lines());
    assert_eq!(
        [rows(&client, "events").await, rows(&client, "\"Odd schema\".\"My table\"").await],
        before
    );
    assert_eq!(
        count(&client, "INSERT INTO events (at) VALUES ('2025-07-07') RETURNING id::int8").await,
        3
    );
    assert_eq!(
        count(&client, "INSERT INTO \"Odd schema\".\"My table\" (n) VALUES (7) RETURNING id").await,
        3
    );
    assert!(exists(&client, "events_at").await);
    assert!(
        client
            .batch_execute("INSERT INTO \"Odd schema\".\"My table\" (n) VALUES (7)")
            .await
            .is_err()
    );
    assert_nothing_left(&database).await;
}

const MOODS: &[(&str, &str)] = &[
    (
        "1-a.sql",
        "CREATE TYPE mood AS ENUM ('well', 'ill'); CREATE TYPE unused AS (n int);\n\
         CREATE DOMAIN short AS text CHECK (length(VALUE) < 9);\n\
         CREATE SEQUENCE numbers;\n\
         CREATE FUNCTION is_well(m mood) RETURNS bool LANGUAGE sql IMMUTABLE AS $$ SELECT $1 = 'well' $$;\n\
         CREATE TABLE a (id int DEFAULT nextval('numbers'), moods mood[], note short, CHECK (is_well(moods[1])));\n\
         CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := 'touched'; RETURN NEW; END $$;\n\
         CREATE TRIGGER touching BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION touch();",
    ),
    (
        "1-a.down.sql",
        "DROP TRIGGER IF EXISTS touching ON a; DROP FUNCTION touch() CASCADE; DROP TABLE IF EXISTS a;\n\
         DROP SEQUENCE numbers; DROP ROUTINE IF EXISTS is_well; DROP DOMAIN IF EXISTS short;\n\
         DROP TYPE mood, unused;",
    ),
];

#[tokio::test]
async fn types_and_functions_that_nothing_but_an_archived_table_uses_go_and_come_back_with_it() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let migrator = migrator(&database, source(MOODS));
    up(&migrator).await.unwrap();
    let insert = "INSERT INTO a (moods) VALUES ('{well}')";
    run(&client, insert).await;
    let heard = Arc::new(Heard::default());
    let archive =
        migrator.down(&DownRequest::default(), heard.clone()).await.unwrap().archives.remove(0);
    let moved: Vec<String> = archive.objects.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!("moved_with_a_table", moved.join("\n"));
    assert!(!heard.has("NOTICE") && !heard.has("warning"), "{:?}", heard.lines());
    for gone in ["mood", "short", "unused"] {
        assert!(flag(&client, &format!("SELECT to_regtype('{gone}') IS NULL")).await, "{gone}");
    }
    // What was made again meanwhile and stands empty gives way.
    up(&migrator).await.unwrap();
    migrator.restore(&archive.name, Arc::new(Silent)).await.unwrap();
    run(&client, insert).await;
    // What nothing used is back as well: who knows who called it.
    assert!(flag(&client, "SELECT to_regtype('unused') IS NOT NULL").await);
    let expected = ["(1,{well},touched)", "(2,{well},touched)"];
    assert_eq!(texts(&client, "SELECT a::text FROM a ORDER BY 1").await, expected);
    assert!(client.batch_execute("INSERT INTO a (moods) VALUES ('{ill}')").await.is_err());
    let schemas = "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'trunkline_archive%'";
    assert_eq!(texts(&client, schemas).await, [""; 0]);
    assert_eq!(down(&migrator).await.unwrap().archives[0].objects.len(), archive.objects.len());
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_function_that_was_made_again_for_a_table_that_stayed_goes_on_when_another_comes_back() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let files = &[
        ("1-told.sql", "CREATE TABLE told (id int);"),
        ("1-told.down.sql", "DROP TABLE told;"),
        (
            "2-outbox.sql",
            "CREATE TABLE outbox (id int);
            CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql
                AS $$ BEGIN INSERT INTO outbox VALUES (NEW.id); RETURN NULL; END $$;
            CREATE FUNCTION half(number int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT number / 2 $$;
            CREATE TRIGGER tell AFTER INSERT ON told FOR EACH ROW EXECUTE FUNCTION tell();
            CREATE INDEX told_half ON told (half(id));",
        ),
        (
            "2-outbox.down.sql",
            "DROP INDEX told_half;
            DROP TRIGGER tell ON told;
            DROP FUNCTION half(int);
            DROP FUNCTION tell();
            DROP TABLE outbox;",
        ),
    ];
    let migrator = migrator(&database, source(files));
    up(&migrator).await.unwrap();
    client.batch_execute("INSERT INTO told VALUES (1)").await.unwrap();
    let mut report = migrator.down(&steps(1), Arc::new(Silent)).await.unwrap();
    let archive = report.archives.remove(0);
    up(&migrator).await.unwrap();
    migrator.restore(&archive.name, Arc::new(Silent)).await.unwrap();
    client.batch_execute("INSERT INTO told VALUES (2)").await.unwrap();
    assert_eq!(count(&client, "SELECT count(*) FROM outbox").await, 2);
    down(&migrator).await.unwrap();
    assert!(!exists(&client, "told").await);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn what_a_down_script_did_beside_its_archive_is_named_when_that_comes_back() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, "CREATE TABLE stays (id int CONSTRAINT positive CHECK (id > 0))").await;
    let set = source(&[
        ("1-a.sql", "CREATE TABLE a (id int, n int CHECK (n > 0));"),
        (
            "1-a.down.sql",
            "SET LOCAL work_mem = '8MB';\nDROP VIEW IF EXISTS none;\nALTER TABLE a DROP CONSTRAINT a_n_check;\n\
             ALTER TABLE stays\n    DROP CONSTRAINT positive;\nDROP TABLE a;",
        ),
    ]);
    let migrator = migrator(&database, set);
    up(&migrator).await.unwrap();
    run(&client, "INSERT INTO a VALUES (1, 1)").await;
    let archive = down(&migrator).await.unwrap().archives.remove(0);
    let did = ["1-a.down.sql:4:1: ALTER TABLE stays DROP CONSTRAINT positive"];
    assert_eq!(archive.statements, did);
    assert_eq!(migrator.archives().await.unwrap()[0].statements, did);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_type_that_another_table_uses_too_is_not_taken_from_it() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let migrator = migrator(&database, source(MOODS));
    up(&migrator).await.unwrap();
    run(&client, "INSERT INTO a (moods) VALUES ('{well}'); CREATE TABLE other (mood mood)").await;
    let error = down(&migrator).await.unwrap_err();
    assert!(matches!(&error, Error::Statement(failure) if failure.code == "2BP01"), "{error}");
    assert_eq!(texts(&client, "SELECT a::text FROM a").await, ["(1,{well},touched)"]);
    assert!(flag(&client, "SELECT to_regtype('short') IS NOT NULL").await);
    assert!(migrator.archives().await.unwrap().is_empty());
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn an_archive_that_somebody_dropped_is_told_and_does_not_come_back() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let migrator = migrator(&database, source(&PAIR[..2]));
    up(&migrator).await.unwrap();
    run(&client, "INSERT INTO a (note) VALUES ('kept')").await;
    let archive = down(&migrator).await.unwrap().archives.remove(0);
    assert_eq!(migrator.archives().await.unwrap()[0].gone, None);
    let schema = &archive.tables[0].archive_schema;
    run(&client, &format!("DROP SCHEMA {schema} CASCADE")).await;
    let gone = migrator.archives().await.unwrap().remove(0).gone;
    assert_eq!(gone, Some(format!("{schema}.a")));
    let refused = migrator.restore(&archive.name, Arc::new(Silent)).await.unwrap_err();
    let expected = format!("the archive {} cannot come back: {schema}.a was dropped", archive.name);
    assert_eq!(refused.to_string(), expected);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn an_archive_is_not_brought_back_under_newer_migrations_or_by_a_name_it_has_not() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let first = migrator(&database, source(&PAIR[..2]));
    let none = first.restore("20260101_000000", Arc::new(Silent)).await.unwrap_err();
    up(&first).await.unwrap();
    run(&client, "INSERT INTO a (note) VALUES ('kept')").await;
    let archive = down(&first).await.unwrap().archives.remove(0).name;
    let both = migrator(&database, source(PAIR));
    up(&both).await.unwrap();
    let newer = both.restore(&archive, Arc::new(Silent)).await.unwrap_err();
    let unknown = both.restore("x", Arc::new(Silent)).await.unwrap_err();
    let said = [none, newer, unknown].map(|error| failure(&error)).join("\n");
    insta::assert_snapshot!("restore_refused", redacted(&said, &[(&archive, "ARCHIVE")]));
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn an_archive_is_not_brought_back_by_another_set() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let ours = migrator(&database, source(PAIR));
    up(&ours).await.unwrap();
    run(&client, "INSERT INTO a (note) VALUES ('kept')").await;
    let archive = down(&ours).await.unwrap().archives.remove(0).name;
    let other = migrator(&database, source(PAIR).with_label("other"));
    let refused = other.restore(&archive, Arc::new(Silent)).await.unwrap_err();
    let said = redacted(&failure(&refused), &[(&archive, "ARCHIVE")]);
    insta::assert_snapshot!("restore_of_another_set", said);
    ours.restore(&archive, Arc::new(Silent)).await.unwrap();
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_setting_of_one_down_script_does_not_reach_the_next_one() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let set = source(&[
        ("1-a.sql", "CREATE TABLE a (id int);"),
        ("1-a.down.sql", "DROP TABLE a; CREATE TABLE first_left ();"),
        ("2-b.sql", "CREATE TABLE b (id int);"),
        ("2-b.down.sql", "SET search_path = other; DROP TABLE IF EXISTS public.b;"),
        ("3-c.sql", "CREATE TABLE c (id int);"),
        ("3-c.down.sql", "DROP TABLE c; CREATE TABLE third_left ();"),
        ("4-d.sql", "SELECT 1;"),
        ("4-d.down.sql", "-- trunkline: no-transaction\nSET search_path = other;"),
    ]);
    let migrator = migrator(&database, set);
    up(&migrator).await.unwrap();
    run(&client, "CREATE SCHEMA other; INSERT INTO b VALUES (1)").await;
    assert_eq!(down(&migrator).await.unwrap().archives.len(), 1);
    assert!(
        exists(&client, "public.first_left").await && exists(&client, "public.third_left").await
    );
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn a_down_script_without_a_transaction_runs_in_its_turn() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let set = source(&[
        ("1-a.sql", "CREATE TABLE a (id int);"),
        ("1-a.down.sql", "DROP TABLE a;"),
        ("2-i.sql", "-- trunkline: no-transaction\nCREATE INDEX CONCURRENTLY i ON a (id);"),
        ("2-i.down.sql", "-- trunkline: no-transaction\nDROP INDEX CONCURRENTLY i;"),
    ]);
    let migrator = migrator(&database, set);
    up(&migrator).await.unwrap();
    let report = down(&migrator).await.unwrap();
    assert_eq!(report.reverted.len(), 2);
    assert!(!exists(&client, "a").await);
    assert_nothing_left(&database).await;
    assert_eq!(applied(&up(&migrator).await.unwrap()), ["1-a", "2-i"]);
}

#[tokio::test]
async fn a_migration_that_stopped_half_way_can_be_reverted() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let set = source(&[
        ("1-a.sql", "-- trunkline: no-transaction\nCREATE TABLE a (id int);\nSELECT 1/0;"),
        ("1-a.down.sql", "DROP TABLE IF EXISTS a;"),
    ]);
    let migrator = migrator(&database, set);
    up(&migrator).await.unwrap_err();
    assert!(exists(&client, "a").await);
    assert_eq!(down(&migrator).await.unwrap().reverted.len(), 1);
    assert!(!exists(&client, "a").await);
    assert_nothing_left(&database).await;
}
