//! `sslmode`, against a server with a certificate of our own making.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, CertifiedIssuer, DnType, KeyPair};
use trunkline_migrate::{Error, Target};
use trunkline_postgres::{Cluster, Options};

struct TlsServer {
    cluster: Cluster,
    /// The authority that signed the server's certificate.
    authority: PathBuf,
    /// One that did not.
    stranger: PathBuf,
    _directory: tempfile::TempDir,
}

#[tokio::test]
async fn require_encrypts_and_believes_any_certificate() {
    let server = start().await;
    let target = Target::parse(&server.url("sslmode=require")).unwrap();
    let client = target.client().await.unwrap();
    let row = client
        .query_typed_one("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[])
        .await
        .unwrap();
    assert!(row.get::<_, bool>(0));
}

#[tokio::test]
async fn verify_full_believes_the_named_authority_alone() {
    let server = start().await;
    let with =
        |file: &Path| server.url(&format!("sslmode=verify-full&sslrootcert={}", file.display()));
    Target::parse(&with(&server.authority)).unwrap().client().await.unwrap();
    let stranger = Target::parse(&with(&server.stranger)).unwrap().client().await;
    let Err(Error::Unreachable { reason, .. }) = stranger else { panic!("it was believed") };
    assert!(reason.contains("certificate"), "{reason}");
    let missing = Target::parse(&with(Path::new("/nonexistent.pem"))).unwrap().client().await;
    assert!(missing.err().unwrap().to_string().contains("/nonexistent.pem"));
}

impl TlsServer {
    fn url(&self, parameters: &str) -> String {
        format!("{}?{parameters}", self.cluster.tcp_url("postgres").unwrap())
    }
}

async fn start() -> TlsServer {
    let directory = tempfile::Builder::new().prefix("tls").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let cluster_directory = directory.path().join("cluster");
    let options = Options { durable: false, tcp: Some(0), ..Options::new(&cluster_directory) };
    let cluster = Cluster::open(&options, &()).await.unwrap();
    let authority = authority("ours");
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()])
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();
    let owner = std::fs::metadata(cluster_directory.join("data")).unwrap();
    for (name, text) in [("server.pem", certificate.pem()), ("server.key", key.serialize_pem())] {
        let path = cluster_directory.join("data").join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    let admin = cluster.connect("postgres").await.unwrap();
    for setting in ["ssl_cert_file = 'server.pem'", "ssl_key_file = 'server.key'", "ssl = on"] {
        admin.batch_execute(&format!("ALTER SYSTEM SET {setting}")).await.unwrap();
    }
    admin.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    wait_until_encrypted(&cluster).await;
    let ours = directory.path().join("ours.pem");
    std::fs::write(&ours, authority.pem()).unwrap();
    let stranger = directory.path().join("stranger.pem");
    std::fs::write(&stranger, self::authority("stranger").pem()).unwrap();
    TlsServer { cluster, authority: ours, stranger, _directory: directory }
}

/// The server reads its settings again in its own time.
async fn wait_until_encrypted(cluster: &Cluster) {
    let url = format!("{}?sslmode=require", cluster.tcp_url("postgres").unwrap());
    for _ in 0..200 {
        if Target::parse(&url).unwrap().client().await.is_ok() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the server never offered TLS");
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}
