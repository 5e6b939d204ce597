//! The configuration file.

use insta::assert_snapshot;

use crate::outcome::Outcome;
use crate::place::{Place, Run};

/// `migrate status` with this file and without an address in the environment.
async fn status(configuration: &str) -> Outcome {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("trunkline.toml"), configuration).unwrap();
    Run::new(directory.path(), "migrate status").run().await
}

#[tokio::test]
async fn the_address_may_stand_in_the_file_or_in_another_one() {
    let place = Place::migrated().await;
    let url = place.database.url();
    status(&format!("database_url = '{url}'")).await.expect(0);

    place.write("address", format!("{url}\n"));
    place.write("other.toml", "database_url_file = 'address'");
    let line = "--config other.toml migrate status --check";
    Run::new(place.path(), line).run().await.expect(0);
}

#[tokio::test]
async fn the_command_line_and_the_environment_come_first() {
    let place = Place::migrated().await;
    place.write("trunkline.toml", "database_url = 'postgres://u@127.0.0.1:1/d'");
    Run::new(place.path(), "migrate status").run().await.expect(1);
    place.run("migrate status --check").await.expect(0);
    let line = format!("--database-url {} migrate status --check", place.database.url());
    Run::new(place.path(), &line).run().await.expect(0);
}

#[tokio::test]
async fn a_file_that_is_not_understood_is_refused() {
    let both = "database_url = 'postgres://u:secret@h/d'\ndatabase_url_file = 'f'\n";
    assert_snapshot!("both", status(both).await.expect(1));
    assert_snapshot!("unknown_key", status("database-url = 'postgres://h/d'").await.expect(1));
    let unquoted = status("data_dir = 'd'\ndatabase_url = postgres://u:secret@h/d").await.expect(1);
    assert!(!unquoted.stderr.contains("secret"), "{unquoted}");
    assert_snapshot!("no_toml", unquoted);
    assert_snapshot!("no_file", status("database_url_file = 'nowhere'").await.expect(1));
    let directory = tempfile::tempdir().unwrap();
    let named = Run::new(directory.path(), "--config nowhere.toml migrate status").run().await;
    assert_snapshot!("no_such_configuration", named.expect(1));
}

#[tokio::test]
async fn what_the_service_would_not_start_with_is_refused_by_the_check_and_by_the_doctor() {
    let directory = tempfile::tempdir().unwrap();
    let mut told = Vec::new();
    for line in [
        "database_url = 'nonsense'",
        "keys_file = 'a'\nkeys_command = 'b'",
        "log.filter = 'trace,,,=='",
        "traces.otlp_endpoint = 'nope'",
        "server.public_url = 'ftp://x.example'",
        "server.public_url = 'https://x.example/sub'",
        "server.request_seconds = 0",
        "server.requests_per_minute = 0",
        "sign_in.idle_minutes = 0",
        "providers.meta_url = 'https://user:secret@x.example'",
        "providers.graph_version = '25'",
        "webhooks.attempts = 0",
        "events.retention_days = 13",
        "calls.twilio_calls_per_second = 0",
    ] {
        std::fs::write(directory.path().join("trunkline.toml"), line).unwrap();
        let checked = Run::new(directory.path(), "config check").run().await;
        let status = if line.starts_with("database_url") { 2 } else { 1 };
        let checked = checked.expect(status);
        told.push(format!("{line}\n{}", checked.stderr));
        let doctor = Run::new(directory.path(), "doctor").run().await.expect(1);
        assert!(doctor.stdout.contains("failed   configuration"), "{line}: {doctor}");
    }
    assert_snapshot!("not_to_start_with", told.join("\n"));
    std::fs::write(
        directory.path().join("trunkline.toml"),
        "server.public_url = 'https://X.example:443/'\nevents.retention_days = 14",
    )
    .unwrap();
    Run::new(directory.path(), "config check").run().await.expect(0);
}

#[tokio::test]
async fn a_mail_server_without_a_sender_or_with_two_passwords_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let check = async |configuration: &str| {
        std::fs::write(directory.path().join("trunkline.toml"), configuration).unwrap();
        Run::new(directory.path(), "config check").run().await
    };
    let refused = check("[mail]\nhost = 'smtp.example.com'").await.expect(1);
    assert!(refused.stderr.contains("mail.host and no mail.from"), "{refused}");
    let both = "[mail]\npassword = 'secret'\npassword_file = 'f'";
    let refused = check(both).await.expect(1);
    assert!(refused.stderr.contains("both mail.password and mail.password_file"), "{refused}");
    check("[mail]\nhost = 'smtp.example.com'\nfrom = 'a@example.com'").await.expect(0);
}
