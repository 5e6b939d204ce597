//! What goes on after a failure half-way: the session as the finished part left it, and nothing skipped.

use std::sync::Arc;
use std::time::Duration;

use trunkline_migrate::{Error, MigrationState, Options, RepairRequest, Silent};

use crate::support::{
    Heard, assert_nothing_left, count, down, empty, exists, migrator, migrator_with, run, source,
    texts, until, up,
};

/// The platform's ledger.
const LEDGER: &str =
    "CREATE TABLE migrations (filename text UNIQUE, checksum text, success boolean)";

/// A file of statements that stand alone, of which `SELECT FROM gate` fails until there is a gate.
fn file(statements: &str) -> String {
    format!("-- trunkline: no-transaction\n{statements}")
}

#[tokio::test]
async fn what_the_finished_part_set_holds_and_what_it_took_back_does_not() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let back = file(
        "CREATE SCHEMA s1;\nSET search_path TO s1;\nCREATE TABLE inside (id int);\nRESET search_path;\n\
         SELECT FROM gate;\nCREATE TABLE outside (id int);",
    );
    let dumped = file(
        "SELECT pg_catalog.set_config('search_path', 's1', false);\nSELECT FROM public.gate2;\n\
         CREATE TABLE second (id int);",
    );
    let migrator = migrator(&database, source(&[("1-a.sql", &back), ("2-b.sql", &dumped)]));
    up(&migrator).await.unwrap_err();
    run(&client, "CREATE TABLE public.gate ()").await;
    up(&migrator).await.unwrap_err();
    run(&client, "CREATE TABLE public.gate2 ()").await;
    up(&migrator).await.unwrap();
    for table in ["s1.inside", "public.outside", "s1.second"] {
        assert!(exists(&client, table).await, "{table}");
    }
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn what_is_half_way_and_was_changed_is_not_accepted_and_nothing_of_it_is_skipped() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let before = file(
        "CREATE TABLE one ();\nCREATE TABLE two ();\nSELECT FROM gate;\nCREATE TABLE four ();",
    );
    up(&migrator(&database, source(&[("1-a.sql", &before)]))).await.unwrap_err();
    let after = file("CREATE TABLE one (id int);\nCREATE TABLE three ();\nCREATE TABLE four ();");
    let changed = migrator(&database, source(&[("1-a.sql", &after)]));
    for _ in 0..2 {
        let error = up(&changed).await.unwrap_err();
        assert!(matches!(error, Error::ChangedHalfWay { done: 2, of: 4, .. }), "{error}");
        assert!(error.hint().unwrap().contains("repair --forget 1-a"));
        let status = changed.status().await.unwrap();
        assert_eq!(status.migrations[0].state, MigrationState::HalfWay);
        assert!(status.migrations[0].difference.as_ref().unwrap().contains("+CREATE TABLE three"));
        // Whatever is asked for, `repair` takes no half for the whole.
        let repair = RepairRequest { names: vec!["1-a".into()], ..RepairRequest::default() };
        let report = changed.repair(&repair, Arc::new(Silent)).await.unwrap();
        assert!(report.accepted.is_empty());
    }
    // What follows the finished part may be mended.
    let mended = file("CREATE TABLE one ();\nCREATE TABLE two ();\nCREATE TABLE three ();");
    up(&migrator(&database, source(&[("1-a.sql", &mended)]))).await.unwrap();
    let tables =
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1";
    assert_eq!(texts(&client, tables).await, ["one", "three", "two"]);
}

#[tokio::test]
async fn a_name_of_another_set_is_said_to_be_taken_and_never_accepted() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let first = source(&[("1-a.sql", "CREATE TABLE a (id int);")]).with_label("first");
    up(&migrator(&database, first)).await.unwrap();
    let other = || source(&[("1-a.sql", "CREATE TABLE b (id int);")]);
    let second = migrator(&database, other().with_label("second"));
    let error = up(&second).await.unwrap_err();
    let told =
        "a migration of this name was applied by the set `first`, and is another one here: 1-a";
    assert_eq!(error.to_string(), told);
    assert!(error.hint().unwrap().contains("--label first"));
    let repaired = second.repair(&RepairRequest::default(), Arc::new(Silent)).await;
    assert!(matches!(repaired.unwrap_err(), Error::NameTaken { .. }));
    // Only who names it takes it over.
    assert!(!exists(&client, "b").await);
    // The same set from a folder of another name is one that changed.
    let renamed = migrator(&database, other().with_label("first"));
    assert!(matches!(up(&renamed).await.unwrap_err(), Error::Changed(_)));
}

/// The platform's ledger, of a shape.
fn ledger(filename: &str, success: &str) -> String {
    format!("CREATE TABLE migrations (filename {filename}, checksum uuid, success {success})")
}

#[tokio::test]
async fn a_ledger_that_cannot_be_kept_in_agreement_is_refused_and_an_odd_one_is_read() {
    for (table, lacks) in [
        (ledger("text", "boolean"), "has no unique index of its filename alone"),
        (ledger("text unique", "integer"), "has a column success that is no boolean"),
    ] {
        let database = empty().await;
        run(&database.connect().await.unwrap(), &table).await;
        let migrator = migrator(&database, source(&[("1-a.sql", "CREATE TABLE a (id int);")]));
        let error = up(&migrator).await.unwrap_err();
        assert!(error.to_string().contains(lacks), "{error}");
        assert!(error.hint().unwrap().contains("--platform-ledger off"));
        assert!(migrator.status().await.is_err());
    }
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, &ledger("varchar(80) unique", "boolean")).await;
    run(
        &client,
        "INSERT INTO migrations VALUES (NULL, NULL, true), ('1-a.sql', gen_random_uuid(), true)",
    )
    .await;
    let migrator = migrator(&database, source(&[("1-a.sql", "SELECT 1;")]));
    assert_eq!(up(&migrator).await.unwrap().adopted.len(), 1);
}

#[tokio::test]
async fn a_file_that_the_platform_applied_while_it_ran_here_is_told() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, LEDGER).await;
    let meanwhile = file(
        "CREATE TABLE a (id int);\nINSERT INTO public.migrations VALUES ('1-a.sql', 'theirs', true);",
    );
    let heard = Arc::new(Heard::default());
    let migrator = migrator(&database, source(&[("1-a.sql", &meanwhile)]));
    migrator.up(&trunkline_migrate::UpRequest::default(), heard.clone()).await.unwrap();
    assert!(heard.has("the platform's own runner applied 1-a too"), "{:?}", heard.lines());
}

#[tokio::test]
async fn what_is_half_way_stays_so_when_it_is_restored_and_goes_on_afterwards() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, LEDGER).await;
    let text =
        file("CREATE TABLE a (id int);\nSELECT FROM public.gate;\nCREATE INDEX a_id ON a (id);");
    let files = [("1-a.sql", text.as_str()), ("1-a.down.sql", "DROP TABLE a;")];
    let migrator = migrator(&database, source(&files));
    up(&migrator).await.unwrap_err();
    run(&client, "INSERT INTO public.a VALUES (1)").await;
    let archive = down(&migrator).await.unwrap().archives.remove(0);
    migrator.restore(&archive.name, Arc::new(Silent)).await.unwrap();
    assert_eq!(count(&client, "SELECT count(*) FROM public.migrations WHERE success").await, 0);
    run(&client, "INSERT INTO public.migrations VALUES ('1-a.sql', 'theirs', true)").await;
    run(&client, "CREATE TABLE public.gate ()").await;
    let report = up(&migrator).await.unwrap();
    assert!(report.adopted.is_empty() && exists(&client, "public.a_id").await);
}

#[tokio::test]
async fn a_revert_without_a_transaction_goes_on_where_it_stopped() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let back = file("DROP INDEX CONCURRENTLY i;\nDROP VIEW v;\nSELECT FROM public.gate;");
    let files = [
        (
            "1-a.sql",
            "CREATE TABLE t (id int);\nCREATE INDEX i ON t (id);\nCREATE VIEW v AS SELECT 1;",
        ),
        ("1-a.down.sql", back.as_str()),
    ];
    let migrator = migrator(&database, source(&files));
    up(&migrator).await.unwrap();
    // What was never there is no leftover of an earlier run.
    run(&client, "DROP INDEX public.i").await;
    for _ in 0..2 {
        let error = down(&migrator).await.unwrap_err();
        assert!(error.to_string().contains("\"i\" does not exist"), "{error}");
    }
    run(&client, "CREATE INDEX i ON public.t (id)").await;
    let stopped = down(&migrator).await.unwrap_err();
    assert!(stopped.to_string().contains("gate"), "{stopped}");
    run(&client, "CREATE TABLE public.gate ()").await;
    down(&migrator).await.unwrap();
    assert_eq!(migrator.status().await.unwrap().migrations[0].state, MigrationState::Pending);
    assert_nothing_left(&database).await;
}

#[tokio::test]
async fn what_breaks_a_deferred_constraint_is_named() {
    let database = empty().await;
    let text = "CREATE TABLE a (id int PRIMARY KEY);
        CREATE TABLE c (a int REFERENCES a DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO c VALUES (1);";
    let error = up(&migrator(&database, source(&[("1-a.sql", text)]))).await.unwrap_err();
    assert!(error.to_string().contains("Key (a)=(1) is not present in table \"a\""), "{error}");
    assert!(error.hint().is_some());
}

#[tokio::test]
async fn what_a_function_set_for_the_session_is_not_the_next_files() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let setting = "CREATE SCHEMA s9;
        CREATE FUNCTION public.sets() RETURNS text LANGUAGE sql AS $$ SELECT set_config('search_path', 's9', false) $$;";
    let set = source(&[
        ("1-a.sql", setting),
        ("2-b.sql", "SELECT public.sets();"),
        ("3-c.sql", "CREATE TABLE mine (id int);"),
    ]);
    up(&migrator(&database, set)).await.unwrap();
    assert!(exists(&client, "public.mine").await);
}

#[tokio::test]
async fn a_set_that_changes_the_whole_server_is_not_replayed_beside_the_database() {
    let database = empty().await;
    let text = "ALTER ROLE trunkline CONNECTION LIMIT -1;";
    let migrator = migrator(&database, source(&[("1-a.sql", text)]));
    up(&migrator).await.unwrap();
    let refused = migrator.verify(None).await.unwrap_err();
    assert!(refused.to_string().contains("changes the whole server"), "{refused}");
    assert!(refused.hint().unwrap().contains("record"));
}

#[tokio::test]
async fn a_half_way_file_that_is_no_longer_stepwise_is_refused_and_one_with_other_line_ends_goes_on()
 {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let before =
        file("CREATE TABLE a\n(id int);\nSELECT FROM public.gate;\nCREATE TABLE b (id int);");
    up(&migrator(&database, source(&[("1-a.sql", &before)]))).await.unwrap_err();
    let plain = before.replace("-- trunkline: no-transaction\n", "");
    let error = up(&migrator(&database, source(&[("1-a.sql", &plain)]))).await.unwrap_err();
    assert!(matches!(error, Error::NoLongerStepwise(_)), "{error}");
    run(&client, "CREATE TABLE public.gate ()").await;
    let crlf = before.replace('\n', "\r\n");
    up(&migrator(&database, source(&[("1-a.sql", &crlf)]))).await.unwrap();
    assert!(exists(&client, "public.b").await);
}

#[tokio::test]
async fn a_table_that_a_later_file_renamed_is_not_missed() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    run(&client, LEDGER).await;
    run(
        &client,
        "INSERT INTO migrations VALUES ('1-a.sql', NULL, true), ('2-b.sql', NULL, true);
        CREATE TABLE new_t (id int)",
    )
    .await;
    let set = source(&[
        ("1-a.sql", "CREATE TABLE old_t (id int);"),
        ("2-b.sql", "ALTER TABLE old_t RENAME TO new_t;"),
    ]);
    assert_eq!(up(&migrator(&database, set)).await.unwrap().adopted.len(), 2);
}

#[tokio::test]
async fn rows_that_come_while_a_revert_waits_are_moved_aside_at_any_isolation_level() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let name = database.name();
    run(
        &client,
        &format!("ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'"),
    )
    .await;
    let files = [("1-a.sql", "CREATE TABLE t (id int);"), ("1-a.down.sql", "DROP TABLE t;")];
    let migrator = migrator(&database, source(&files));
    up(&migrator).await.unwrap();
    run(&client, "BEGIN; INSERT INTO public.t VALUES (1), (2)").await;
    let reverting = tokio::spawn({
        let migrator = migrator.clone();
        async move { down(&migrator).await }
    });
    let waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'public.t'::regclass)";
    until(&database.connect().await.unwrap(), waits).await;
    run(&client, "COMMIT").await;
    let report = reverting.await.unwrap().unwrap();
    assert_eq!(report.archives[0].tables[0].rows, 2);
}

#[tokio::test]
async fn a_revert_that_goes_on_has_the_settings_of_its_finished_part() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let back = file("SET search_path TO s1;\nSELECT FROM public.gate;\nDROP VIEW v;");
    let files = [
        (
            "1-a.sql",
            "CREATE SCHEMA s1; CREATE VIEW s1.v AS SELECT 1; CREATE VIEW public.v AS SELECT 2;",
        ),
        ("1-a.down.sql", back.as_str()),
    ];
    let migrator = migrator(&database, source(&files));
    up(&migrator).await.unwrap();
    down(&migrator).await.unwrap_err();
    run(&client, "CREATE TABLE public.gate ()").await;
    down(&migrator).await.unwrap();
    assert!(exists(&client, "public.v").await && !exists(&client, "s1.v").await);
}

#[tokio::test]
async fn a_revert_without_a_transaction_calls_no_procedure_unasked() {
    let database = empty().await;
    let back = file("CALL public.empties();");
    let up_file = "CREATE TABLE public.t (id int);
        CREATE PROCEDURE public.empties() LANGUAGE sql AS $$ DELETE FROM public.t $$;";
    let migrator =
        migrator(&database, source(&[("1-a.sql", up_file), ("1-a.down.sql", back.as_str())]));
    up(&migrator).await.unwrap();
    let error = down(&migrator).await.unwrap_err();
    assert!(matches!(error, Error::WouldDestroy(_)), "{error}");
    assert!(error.to_string().contains("calls a procedure"), "{error}");
}

#[tokio::test]
async fn the_lock_budget_outlives_a_reset_of_all_settings() {
    let database = empty().await;
    let client = database.connect().await.unwrap();
    let text = "RESET ALL; RESET lock_timeout;
        CREATE TABLE seen AS SELECT current_setting('lock_timeout') AS lock_timeout;";
    let options = Options { lock_timeout: Duration::from_millis(1234), ..Options::default() };
    let migrator = migrator_with(&database.url(), source(&[("1-a.sql", text)]), options);
    up(&migrator).await.unwrap();
    assert_eq!(texts(&client, "SELECT lock_timeout FROM public.seen").await, ["1234ms"]);
}
