//! `trunkline serve` as a process that is spoken to.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::place::{Place, Run, Running};

/// A key of no one's.
pub(crate) const KEY: &str = "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
pub(crate) const OTHER_KEY: &str = "tlkey1_AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// `trunkline serve` on any free port.
pub(crate) fn serve(place: &Place) -> Run {
    place.command("serve --listen 127.0.0.1:0").env("TRUNKLINE_KEYS", KEY)
}

/// A service that has said where it listens.
pub(crate) struct Serving {
    pub(crate) running: Running,
    pub(crate) address: String,
    log: UnboundedReceiver<String>,
}

impl Serving {
    pub(crate) async fn start(run: Run) -> Self {
        let mut running = run.spawn();
        let mut lines = BufReader::new(running.stderr()).lines();
        let (sender, mut log) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let _ = sender.send(line);
            }
        });
        let mut said = Vec::new();
        let address = loop {
            let Some(line) = log.recv().await else { panic!("it ended: {said:#?}") };
            if let Some((_, rest)) = line.split_once("serving at http://") {
                break rest.split(['"', '/']).next().unwrap().to_owned();
            }
            said.push(line);
        };
        Self { running, address, log }
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        get(&self.address, path).await
    }

    /// The link that it prints for the first administrator; its standard output is then taken.
    pub(crate) async fn setup_link(&mut self) -> String {
        let mut lines = BufReader::new(self.running.stdout()).lines();
        loop {
            let line = lines.next_line().await.unwrap().expect("it prints a link");
            let link = line.split_whitespace().find(|word| word.contains("/admin/setup/"));
            if let Some(link) = link {
                return link.to_owned();
            }
        }
    }

    /// The first line from here on that holds this text.
    pub(crate) async fn line(&mut self, text: &str) -> String {
        loop {
            let line = self.log.recv().await.unwrap();
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Every line from here on, to the one that holds this text.
    pub(crate) async fn until(&mut self, text: &str) -> String {
        let mut lines = String::new();
        while !lines.contains(text) {
            lines += &self.log.recv().await.unwrap();
            lines.push('\n');
        }
        lines
    }
}

/// The whole answer, head and body.
pub(crate) async fn get(address: &str, path: &str) -> String {
    get_with(address, path, "").await
}

/// The answer to somebody with these cookies.
pub(crate) async fn get_with(address: &str, path: &str, cookies: &str) -> String {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookies}\r\nConnection: close\r\n\r\n"
    );
    send(address, &request).await
}

/// The answer to a form of a page of the service.
pub(crate) async fn form(address: &str, path: &str, cookies: &str, fields: &str) -> String {
    let length = fields.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nCookie: {cookies}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{fields}"
    );
    send(address, &request).await
}

/// The answer to a JSON body with the key of an operator; empty if the connection ends without one.
pub(crate) async fn post(address: &str, path: &str, body: &str) -> String {
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer tlk_operator\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A process that is killed resets it.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

async fn send(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
