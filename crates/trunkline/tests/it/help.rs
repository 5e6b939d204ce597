use std::path::Path;

use insta::assert_snapshot;

use crate::place::Run;

#[tokio::test]
async fn every_command_explains_itself() {
    let commands = [
        "",
        "migrate",
        "migrate up",
        "migrate down",
        "migrate restore",
        "migrate status",
        "migrate plan",
        "migrate verify",
        "migrate record",
        "migrate lint",
        "migrate history",
        "migrate new",
        "migrate repair",
        "migrate adopt",
        "database",
        "database start",
        "database stop",
        "database status",
        "database psql",
        "database reset",
        "database sample",
        "admin audit",
        "admin audit verify",
        "openapi",
        "demo",
        "simulate",
    ];
    for command in commands {
        let help = Run::new(Path::new("/tmp"), &format!("{command} --help")).run().await.expect(0);
        let name = format!("help {command}").trim_end().replace(' ', "_");
        assert_snapshot!(name, help);
    }
}

#[tokio::test]
async fn a_wrong_command_line_ends_with_status_2() {
    let run = async |line: &str| Run::new(Path::new("/tmp"), line).run().await.expect(2);
    assert_snapshot!("usage_unknown_command", run("migrate upp").await);
    assert_snapshot!("usage_conflict", run("migrate up 007 --to 008").await);
    assert_snapshot!("usage_time", run("migrate --wait soon up").await);
    assert_snapshot!("usage_json", run("migrate up --nope --format json").await);
    assert_snapshot!("usage_no_time", run("migrate --lock-timeout 0s up").await);
}

#[tokio::test]
async fn the_version_is_the_workspace_s() {
    let version = Run::new(Path::new("/tmp"), "--version").run().await.expect(0);
    assert_eq!(version.stdout, concat!("trunkline ", env!("CARGO_PKG_VERSION"), "\n"));
}
