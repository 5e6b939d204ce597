use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use trunkline_postgres::{Cluster, Error, Options, Search};

use crate::directory::Directory;

async fn refused(options: &Options) -> (Error, String) {
    let error = Cluster::open(options, &()).await.unwrap_err();
    let hint = error.hint().unwrap_or_default();
    (error, hint)
}

#[tokio::test]
async fn data_of_another_major_version_is_refused_with_the_way_out() {
    let directory = Directory::new();
    let options = directory.options();
    drop(Cluster::open(&options, &()).await.unwrap());
    directory.wait_until_stopped();
    let file = directory.path().join("data/PG_VERSION");
    let real = fs::read(&file).unwrap();
    fs::write(&file, "9\n").unwrap();

    let (error, hint) = refused(&options).await;
    assert!(matches!(error, Error::OtherVersion { needed: 9, .. }), "{error}");
    assert!(error.to_string().contains("made by PostgreSQL 9, but PostgreSQL 1"), "{error}");
    assert!(hint.contains("TRUNKLINE_POSTGRES_BIN") && hint.contains("database reset"), "{hint}");

    fs::write(&file, real).unwrap();
    Cluster::open(&options, &()).await.unwrap();
}

#[tokio::test]
async fn without_postgresql_the_error_says_what_to_install() {
    let directory = Directory::new();
    let nowhere = Options { search: Search::default(), ..directory.options() };
    let (error, hint) = refused(&nowhere).await;
    assert_eq!(error.to_string(), "no PostgreSQL server of version 14 or newer is installed here");
    assert!(hint.contains("TRUNKLINE_POSTGRES_BIN") && hint.contains("DATABASE_URL"), "{hint}");

    let chosen = Some(PathBuf::from("/usr"));
    let wrong = Options { search: Search { chosen, ..Search::default() }, ..directory.options() };
    let (error, _) = refused(&wrong).await;
    assert!(error.to_string().contains("postgres is missing"), "{error}");
}

#[tokio::test]
async fn a_directory_that_the_servers_user_cannot_reach_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let closed = tempfile::tempdir_in("/tmp").unwrap();
    fs::set_permissions(closed.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let options = Options::new(closed.path().join("trunkline/postgres"));
    let (error, hint) = refused(&options).await;
    assert!(matches!(&error, Error::Unreachable { user, .. } if user == "postgres"), "{error}");
    assert_eq!(fs::read_dir(closed.path()).unwrap().count(), 0);
    let path = closed.path().display();
    assert!(error.to_string().contains(&format!("{path} is closed to it")), "{error}");
    assert!(
        hint.contains("TRUNKLINE_DATA_DIR") && hint.contains(&format!("chmod o+x {path}")),
        "{hint}"
    );
}

#[tokio::test]
async fn a_file_where_a_directory_should_be_is_not_called_closed() {
    let place = tempfile::tempdir_in("/tmp").unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let file = place.path().join("file");
    fs::write(&file, "").unwrap();
    let (error, _) = refused(&Options::new(file.join("postgres"))).await;
    assert!(matches!(error, Error::File { .. }), "{error}");
    assert!(error.to_string().contains(&file.display().to_string()), "{error}");
}

#[tokio::test]
async fn a_server_that_ends_while_starting_shows_the_end_of_its_log() {
    let directory = Directory::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let tcp = Some(listener.local_addr().unwrap().port());
    let (error, hint) = refused(&Options { tcp, ..directory.options() }).await;
    assert!(error.to_string().contains("Address already in use"), "{error}");
    assert!(hint.contains("another program has the port"), "{hint}");
}

#[tokio::test]
async fn the_socket_is_private_and_tcp_is_off_unless_asked() {
    let directory = Directory::new();
    let cluster = Cluster::open(&directory.options(), &()).await.unwrap();
    let metadata = fs::metadata(cluster.socket_directory()).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o700);
    let client = cluster.connect("postgres").await.unwrap();
    let row = client.query_one("SHOW listen_addresses", &[]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), cluster.tcp_url("postgres")), ("", None));

    let asked = Options { tcp: Some(0), ..directory.options() };
    let (error, hint) = refused(&asked).await;
    assert!(matches!(error, Error::WithoutTcp { .. }), "{error}");
    assert!(hint.contains("database stop"), "{hint}");
}

#[tokio::test]
async fn who_asks_for_another_port_is_refused_and_does_not_keep_the_server() {
    let directory = Directory::new();
    let first = Options { tcp: Some(0), ..directory.options() };
    let _cluster = Cluster::open(&first, &()).await.unwrap();
    let other = Options { tcp: Some(1), keep: true, ..directory.options() };
    let (error, hint) = refused(&other).await;
    assert!(matches!(error, Error::OtherPort { .. }), "{error}");
    assert!(hint.contains("database stop"), "{hint}");
    let status = trunkline_postgres::status(&directory.path()).unwrap();
    assert!(
        matches!(status, trunkline_postgres::Status::Running { kept: false, .. }),
        "{status:?}"
    );
}

#[tokio::test]
async fn tcp_wants_the_password() {
    let directory = Directory::new();
    let options = Options { tcp: Some(0), ..directory.options() };
    let cluster = Cluster::open(&options, &()).await.unwrap();
    let url = cluster.tcp_url("postgres").unwrap();
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("SELECT 1").await.unwrap();

    let (before, after) = url.split_once("trunkline:").unwrap();
    let (password, rest) = after.split_once('@').unwrap();
    assert_eq!(password.len(), 32);
    for wrong in [format!("{before}trunkline@{rest}"), format!("{before}trunkline:wrong@{rest}")] {
        assert!(tokio_postgres::connect(&wrong, tokio_postgres::NoTls).await.is_err());
    }
    let mode = fs::metadata(directory.path().join("password")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // The socket's name has the port: its URL must too.
    let (client, connection) =
        tokio_postgres::connect(&cluster.url("postgres"), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("SELECT 1").await.unwrap();
}

#[tokio::test]
async fn a_long_path_gets_a_short_socket_and_no_other_users() {
    let directory = Directory::new();
    let long = directory.path().with_file_name("l".repeat(120));
    let options = crate::directory::options(&long);
    let cluster = Cluster::open(&options, &()).await.unwrap();
    let socket = cluster.socket_directory().to_owned();
    assert!(socket.starts_with("/tmp") && socket.as_os_str().len() < 60, "{}", socket.display());
    drop(cluster);
    trunkline_postgres::stop(&long).await.unwrap();

    fs::remove_dir_all(&socket).unwrap();
    std::os::unix::fs::symlink("/etc", &socket).unwrap();
    let (error, _) = refused(&options).await;
    assert!(matches!(error, Error::WrongOwner { .. }), "{error}");
    fs::remove_file(&socket).unwrap();
}
