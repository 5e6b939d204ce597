//! A wire between a runner and the server that counts what the runner sends, and can be cut.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;
use trunkline_postgres::testing::TestDatabase;

/// The wire; it ends with this.
pub(crate) struct Proxy {
    url: String,
    sent: Arc<Mutex<HashMap<char, usize>>>,
    cut: watch::Sender<bool>,
}

impl Proxy {
    pub(crate) async fn open(database: &TestDatabase) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let socket = socket(database);
        let sent = Arc::new(Mutex::new(HashMap::new()));
        let (cut, cutting) = watch::channel(false);
        let counts = Arc::clone(&sent);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = UnixStream::connect(&socket).await.unwrap();
                let (near_read, mut near_write) = near.into_split();
                let (mut far_read, mut far_write) = far.into_split();
                let (counts, mut cutting) = (Arc::clone(&counts), cutting.clone());
                tokio::spawn(async move {
                    let there = forward(near_read, &mut far_write, &counts);
                    let back = tokio::io::copy(&mut far_read, &mut near_write);
                    tokio::select! {
                        () = there => {}
                        _ = back => {}
                        _ = cutting.wait_for(|cut| *cut) => {}
                    }
                });
            }
        });
        let url =
            format!("postgresql://trunkline@127.0.0.1:{port}/{}?sslmode=disable", database.name());
        Self { url, sent, cut }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How many messages of a type were sent: `Q` a simple query, `P` a parse, `S` a sync.
    pub(crate) fn sent(&self, kind: char) -> usize {
        self.sent.lock().unwrap().get(&kind).copied().unwrap_or(0)
    }

    /// How many connections were opened.
    pub(crate) fn connections(&self) -> usize {
        self.sent('-')
    }

    /// Ends every connection as a network does, without a word; new ones are let through no more.
    pub(crate) fn cut(&self) {
        self.cut.send_replace(true);
    }
}

/// The server's socket of a database.
pub(crate) fn socket(database: &TestDatabase) -> std::path::PathBuf {
    database.cluster().socket_directory().join(format!(".s.PGSQL.{}", port(database)))
}

pub(crate) fn port(database: &TestDatabase) -> String {
    let url = database.url();
    let address = url.rsplit_once('/').unwrap().0;
    address.rsplit_once(':').unwrap().1.to_owned()
}

/// Passes messages on and counts them by type; the first one of a connection has none.
async fn forward(
    mut from: impl AsyncRead + Unpin,
    to: &mut (impl AsyncWriteExt + Unpin),
    counts: &Mutex<HashMap<char, usize>>,
) {
    let mut first = true;
    loop {
        let mut head = Vec::new();
        if !first {
            let Ok(kind) = from.read_u8().await else { return };
            head.push(kind);
        }
        let Ok(length) = from.read_u32().await else { return };
        head.extend(length.to_be_bytes());
        let mut body = vec![0; length as usize - 4];
        if from.read_exact(&mut body).await.is_err() {
            return;
        }
        let kind = if first { '-' } else { char::from(head[0]) };
        *counts.lock().unwrap().entry(kind).or_default() += 1;
        first = false;
        head.extend(body);
        if to.write_all(&head).await.is_err() {
            return;
        }
    }
}
