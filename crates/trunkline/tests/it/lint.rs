use std::path::Path;

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::place::Run;

const BAD: &str = "ALTER TABLE companies ADD COLUMN plan text NOT NULL DEFAULT 'free';
CREATE INDEX companies_plan ON companies (plan);
ALTER TABLE users ADD CONSTRAINT users_company_fkey FOREIGN KEY (company_id) REFERENCES companies (id);
DROP TABLE old;
";

fn bad_folder() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("001-bad.sql"), BAD).unwrap();
    let index = "CREATE INDEX CONCURRENTLY i ON companies (name);";
    std::fs::write(directory.path().join("002-index.sql"), index).unwrap();
    std::fs::write(directory.path().join("002-index.down.sql"), "DROP INDEX IF EXISTS i;").unwrap();
    directory
}

async fn run(directory: &Path, line: &str) -> crate::outcome::Outcome {
    Run::new(directory, line).run().await
}

#[tokio::test]
async fn our_own_set_has_no_warning() {
    let outcome = run(Path::new("/tmp"), "migrate lint --check").await.expect(0);
    assert_snapshot!("embedded", outcome);
}

#[tokio::test]
async fn dangerous_files_end_with_status_3() {
    let directory = bad_folder();
    assert_snapshot!("bad", run(directory.path(), "migrate lint .").await.expect(3));
    assert_snapshot!("bad_json", run(directory.path(), "migrate --format json lint .").await);
    let other = run(directory.path(), "migrate lint --other-runner --check .").await.expect(3);
    assert_snapshot!("bad_for_another_runner", other);
}

#[tokio::test]
async fn warnings_alone_fail_with_check_only() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("001-a.sql"), "CREATE TABLE a (id bigint);").unwrap();
    run(directory.path(), "migrate --source . lint").await.expect(0);
    assert_snapshot!("warnings", run(directory.path(), "migrate lint --check .").await.expect(3));
}

#[tokio::test]
async fn files_are_named_one_by_one_as_a_list_of_changed_files_does() {
    let directory = bad_folder();
    let lint = async |paths: &str| run(directory.path(), &format!("migrate lint {paths}")).await;
    assert_snapshot!("one_file", lint("002-index.sql").await.expect(3));
    let both = lint("002-index.down.sql 002-index.sql").await.expect(3);
    assert!(both.stdout.contains("1 error, 1 warning, 2 findings in all"), "{both}");
}

#[tokio::test]
async fn a_path_without_migrations_is_not_taken_for_good() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("empty")).unwrap();
    std::fs::write(directory.path().join("notes.txt"), "SELECT 1;").unwrap();
    assert_snapshot!("empty", run(directory.path(), "migrate lint empty").await.expect(2));
    assert_snapshot!(
        "no_sql_file",
        run(directory.path(), "migrate lint notes.txt").await.expect(2)
    );
}
