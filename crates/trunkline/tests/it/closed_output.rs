//! Output that nobody reads any more (`| head`).

use std::process::Stdio;

use crate::place::Place;

#[tokio::test]
async fn output_that_cannot_be_written_is_a_failure() {
    let place = Place::migrated().await;
    let binary = env!("CARGO_BIN_EXE_trunkline");
    for line in
        ["migrate verify", "migrate --format json verify", "migrate up", "--help", "--version"]
    {
        let mut command = tokio::process::Command::new("sh");
        command.args(["-c", &format!("{binary} {line} > /dev/full")]);
        command.env("DATABASE_URL", place.database.url());
        let output = command.stdin(Stdio::null()).output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}: {said}");
        assert!(
            said.starts_with("error: cannot write the output: No space left"),
            "{line}: {said}"
        );
    }
}

#[tokio::test]
async fn a_reader_that_goes_away_stops_nothing() {
    let place = Place::platform().await;
    let binary = env!("CARGO_BIN_EXE_trunkline");
    for line in ["migrate up", "migrate verify --all", "migrate --format json verify", "--help"] {
        let script = format!("{{ {binary} {line}; echo $? >&2; }} | true");
        let mut command = tokio::process::Command::new("sh");
        command.args(["-c", &script]).env("DATABASE_URL", place.database.url());
        let output = command.stdin(Stdio::null()).output().await.unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "0\n", "{line}");
    }
    place.run("migrate status --check").await.expect(0);
}
