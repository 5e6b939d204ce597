//! Logins that may not do everything, and the GRANT that they are told to ask for.

use tokio_postgres::Client;
use trunkline_migrate::{ExitStatus, Options};
use trunkline_postgres::testing::TestDatabase;

use crate::support::{
    applied, assert_nothing_left, assert_verified, exists, failure, migrator, migrator_with,
    partner, platform, redacted, run, up,
};

/// A role of one test, dropped at its end.
struct Login {
    name: String,
    database: TestDatabase,
    client: Client,
}

impl Login {
    /// A login that may do everything the Partner API set needs on a platform's database.
    async fn new() -> Self {
        let database = platform().await;
        let client = database.connect().await.unwrap();
        let name = format!("login_{}", database.name());
        run(
            &client,
            &format!(
                "CREATE ROLE {name} LOGIN; \
                 GRANT CREATE, CONNECT ON DATABASE {} TO {name}; \
                 GRANT CREATE, USAGE ON SCHEMA public TO {name}; \
                 GRANT SELECT, REFERENCES ON public.companies TO {name}; \
                 GRANT SELECT, INSERT, UPDATE, DELETE ON public.migrations TO {name}; \
                 GRANT USAGE ON SEQUENCE public.migrations_id_seq TO {name}",
                database.name()
            ),
        )
        .await;
        Self { name, database, client }
    }

    fn url(&self) -> String {
        self.database.url().replace("//trunkline@", &format!("//{}@", self.name))
    }

    async fn run(&self, sql: &str) {
        let sql = sql.replace("LOGIN", &self.name).replace("DATABASE_NAME", self.database.name());
        run(&self.client, &sql).await;
    }

    /// What `up` is refused with after `revoke`, and that the GRANT of its hint mends it.
    async fn refused(&self, revoke: &str) -> String {
        self.run(revoke).await;
        let migrator = migrator_with(&self.url(), partner(), Options::default());
        let error = up(&migrator).await.unwrap_err();
        assert_eq!(error.exit_status(), ExitStatus::Preflight, "{error}");
        assert!(!exists(&self.client, "partner_configurations").await);
        assert!(!exists(&self.client, "trunkline.migrations").await);
        let hint = error.hint().unwrap();
        for line in hint.lines() {
            run(&self.client, line.rsplit("as the owner: ").next().unwrap()).await;
        }
        assert_eq!(applied(&up(&migrator).await.unwrap()).len(), partner().migrations().len());
        assert_verified(&migrator).await;
        assert_nothing_left(&self.database).await;
        redacted(&failure(&error), &[(&self.name, "LOGIN"), (self.database.name(), "DATABASE")])
    }

    async fn end(self) {
        self.run("DROP OWNED BY LOGIN CASCADE; DROP ROLE LOGIN").await;
    }
}

#[tokio::test]
async fn without_create_on_the_schema() {
    let login = Login::new().await;
    let said = login.refused("REVOKE CREATE ON SCHEMA public FROM PUBLIC, LOGIN").await;
    insta::assert_snapshot!("no_create_on_schema", said);
    login.end().await;
}

#[tokio::test]
async fn without_create_on_the_database() {
    let login = Login::new().await;
    let said = login.refused("REVOKE CREATE ON DATABASE DATABASE_NAME FROM LOGIN").await;
    insta::assert_snapshot!("no_create_on_database", said);
    login.end().await;
}

#[tokio::test]
async fn without_references_on_companies() {
    let login = Login::new().await;
    let said = login.refused("REVOKE REFERENCES ON companies FROM LOGIN").await;
    insta::assert_snapshot!("no_references", said);
    login.end().await;
}

#[tokio::test]
async fn without_any_of_them_everything_is_told_at_once() {
    let login = Login::new().await;
    let said = login
        .refused(
            "REVOKE REFERENCES ON companies FROM LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC, LOGIN; \
             REVOKE CREATE ON DATABASE DATABASE_NAME FROM LOGIN",
        )
        .await;
    insta::assert_snapshot!("no_rights", said);
    login.end().await;
}

#[tokio::test]
async fn a_platform_ledger_that_may_not_be_written_is_told_and_nothing_is_left() {
    let login = Login::new().await;
    login.run("REVOKE INSERT ON public.migrations FROM LOGIN").await;
    let migrator = migrator_with(&login.url(), partner(), Options::default());
    let error = up(&migrator).await.unwrap_err();
    insta::assert_snapshot!(
        "no_insert_into_platform_ledger",
        redacted(&failure(&error), &[(&login.name, "LOGIN")])
    );
    assert!(!exists(&login.client, "partner_configurations").await);
    assert_nothing_left(&login.database).await;
    login.end().await;
}

#[tokio::test]
async fn a_login_that_may_only_read_can_ask_for_status_plan_verify_and_history() {
    let login = Login::new().await;
    up(&migrator(&login.database, partner())).await.unwrap();
    login
        .run(
            "REVOKE ALL ON DATABASE DATABASE_NAME FROM LOGIN; REVOKE ALL ON SCHEMA public FROM PUBLIC, LOGIN; \
             REVOKE ALL ON ALL TABLES IN SCHEMA public FROM LOGIN; \
             GRANT USAGE ON SCHEMA public, trunkline TO LOGIN; \
             GRANT SELECT ON ALL TABLES IN SCHEMA public, trunkline TO LOGIN; \
             ALTER ROLE LOGIN SET default_transaction_read_only = on",
        )
        .await;
    let reader = migrator_with(&login.url(), partner(), Options::default());
    assert!(reader.status().await.unwrap().is_current());
    assert_verified(&reader).await;
    reader.plan(&trunkline_migrate::UpRequest::default()).await.unwrap();
    assert!(!reader.history(None, 100).await.unwrap().is_empty());
    assert!(reader.archives().await.unwrap().is_empty());
    assert!(up(&reader).await.unwrap().applied.is_empty());
    login.run("REVOKE ALL ON SCHEMA trunkline FROM LOGIN").await;
    let error = reader.status().await.unwrap_err();
    let said = redacted(&failure(&error), &[(&login.name, "LOGIN")]);
    insta::assert_snapshot!("no_select_on_ledger", said);
    login.end().await;
}
