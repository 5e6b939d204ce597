use insta::assert_snapshot;

use crate::place::Place;

const DAMAGE: &str = "
DROP INDEX idx_dialog_360_clients_status;
ALTER TABLE dialog_360_clients ALTER COLUMN client_name TYPE varchar(20);
ALTER TABLE dialog_360_channels DROP CONSTRAINT dialog_360_channels_client_id_fkey;
ALTER TABLE meta_whatsapp_clients ADD COLUMN platform_note text;
COMMENT ON TABLE meta_whatsapp_clients IS 'something else';
";

#[tokio::test]
async fn what_up_made_is_what_the_migrations_make() {
    let place = Place::migrated().await;
    assert_snapshot!("clean", place.run("migrate verify").await.expect(0));
}

#[tokio::test]
async fn a_damaged_database_is_mended_by_the_sql_that_verify_prints() {
    let place = Place::migrated().await;
    place.sql(DAMAGE).await;
    assert_snapshot!("damaged", place.run("migrate verify").await.expect(3));
    let sql = place.run("migrate verify --sql").await.expect(3);
    assert_snapshot!("damaged_sql", sql);
    place.psql(&sql.stdout).await;
    assert_snapshot!("mended", place.run("migrate verify").await.expect(0));
    assert_snapshot!("mended_sql", place.run("migrate verify --sql").await.expect(0));
}

#[tokio::test]
async fn a_database_without_the_tables_misses_all_of_them() {
    let place = Place::platform().await;
    let verify = place.run("migrate verify --format json").await.expect(3);
    let checks = verify.json()["checks"].as_array().unwrap().clone();
    assert!(checks.iter().any(|check| check["result"] == "missing"));
    place.psql(verify.json()["mend"].as_str().unwrap()).await;
    place.run("migrate verify").await.expect(0);
}

#[tokio::test]
async fn a_folder_is_verified_against_what_its_files_make() {
    let place = Place::empty().await;
    place.write("set/001-a.sql", "CREATE TABLE a (id bigint PRIMARY KEY, note text);");
    place.write("set/001-a.down.sql", "DROP TABLE IF EXISTS a;");
    place.run("migrate --source set up").await.expect(0);
    assert_snapshot!("recorded", place.run("migrate --source set record").await.expect(0));
    let json = place.run("migrate --source set record --format json").await.expect(0);
    assert_snapshot!("recorded_json", json);
    assert_snapshot!("all", place.run("migrate --source set verify --all").await.expect(0));
    place.sql("ALTER TABLE a DROP COLUMN note").await;
    let json = place.run("migrate --source set verify --format json").await.expect(3);
    assert_snapshot!("damaged_json", json);
}

#[tokio::test]
async fn the_embedded_set_has_no_folder_to_record_into() {
    let place = Place::migrated().await;
    assert_snapshot!("record_refused", place.run("migrate record").await.expect(2));
}
