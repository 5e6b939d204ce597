//! Output that nobody reads any more (`| head`).

use std::process::Stdio;

use crate::place::Place;

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
