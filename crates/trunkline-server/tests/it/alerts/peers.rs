//! Peers that are told: they listen on sockets, do as they are told, and remember what came.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, rustls};

/// What the HTTP peer does with a request.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// Answers with this status line's rest, further headers and body.
    Answer(&'static str, &'static str, &'static str),
    /// Answers only after longer than anybody waits.
    Slow,
    /// Closes the connection.
    HangUp,
}

/// A request that came.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }
}

/// A program that is called; without further replies it answers 204.
#[derive(Clone)]
pub(super) struct HttpPeer {
    pub url: String,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl HttpPeer {
    pub(super) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let replies = Arc::new(Mutex::new(replies.into_iter().collect()));
        let peer = Self { url, replies, seen: Arc::default() };
        let serving = peer.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.answer(stream).await });
            }
        });
        peer
    }

    pub(super) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    async fn answer(&self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        let mut headers = Vec::new();
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                if line.trim_end().is_empty() {
                    break;
                }
                continue;
            };
            headers.push((name.to_owned(), value.to_owned()));
        }
        let request = Request { headers, body: String::new() };
        let mut body = vec![0; request.header("content-length").parse().unwrap_or(0)];
        stream.read_exact(&mut body).await.unwrap();
        let body = String::from_utf8(body).unwrap();
        self.seen.lock().unwrap().push(Request { body, ..request });
        let reply = self.replies.lock().unwrap().pop_front();
        match reply.unwrap_or(Reply::Answer("204 No Content", "", "")) {
            Reply::Answer(status, headers, body) => {
                let length = body.len();
                let text = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
                );
                let _ = stream.write_all(text.as_bytes()).await;
            }
            Reply::Slow => tokio::time::sleep(Duration::from_secs(30)).await,
            Reply::HangUp => {}
        }
    }
}

/// How an SMTP server is reached.
#[derive(Clone)]
pub(super) enum Door {
    /// Without TLS.
    Open,
    /// By TLS after `STARTTLS`, and only so.
    Starttls(TlsAcceptor),
    /// By TLS from the first byte.
    Tls(TlsAcceptor),
}

/// A certificate of its own for `localhost`: what speaks TLS with it, and the certificate as PEM.
pub(super) fn certificate() -> (TlsAcceptor, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let configuration = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![made.cert.der().clone()],
            made.signing_key.serialize_der().try_into().unwrap(),
        )
        .unwrap();
    (TlsAcceptor::from(Arc::new(configuration)), made.cert.pem())
}

/// Who may send by an SMTP server that lets nobody else: base64 of `user`, `password` as PLAIN has it.
pub(super) const USER: &str = "AHVzZXIAcGFzc3dvcmQ=";

/// An SMTP server. What it answers to `RCPT` is given; then it takes everything.
#[derive(Clone)]
pub(super) struct SmtpPeer {
    pub port: u16,
    door: Door,
    /// Only who signs in may send.
    is_closed: bool,
    recipients: Arc<Mutex<VecDeque<&'static str>>>,
    seen: Arc<Mutex<Vec<String>>>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl SmtpPeer {
    pub(super) async fn start(recipients: impl IntoIterator<Item = &'static str>) -> Self {
        Self::start_behind(Door::Open, false, recipients).await
    }

    pub(super) async fn start_behind(
        door: Door,
        is_closed: bool,
        recipients: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let recipients = Arc::new(Mutex::new(recipients.into_iter().collect()));
        let peer = Self { port, door, is_closed, recipients, seen: Arc::default() };
        let serving = peer.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.answer(stream).await });
            }
        });
        peer
    }

    /// The messages that were taken, each with its envelope before it.
    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    async fn answer(&self, stream: TcpStream) -> Option<()> {
        let mut stream: BufReader<Box<dyn Stream>> = BufReader::new(match &self.door {
            Door::Tls(acceptor) => Box::new(acceptor.accept(stream).await.ok()?),
            Door::Open | Door::Starttls(_) => Box::new(stream),
        });
        stream.write_all(b"220 test\r\n").await.ok()?;
        let mut may_begin_tls = matches!(self.door, Door::Starttls(_));
        let mut may_send = !self.is_closed;
        let (mut line, mut message) = (String::new(), String::new());
        loop {
            line.clear();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let answer = match line.split([' ', ':', '\r']).next()? {
                "EHLO" if may_begin_tls => "250-test\r\n250 STARTTLS",
                "EHLO" => "250-test\r\n250 AUTH PLAIN LOGIN",
                "STARTTLS" => {
                    let Door::Starttls(acceptor) = &self.door else { return None };
                    stream.write_all(b"220 go on\r\n").await.ok()?;
                    let begun = acceptor.accept(stream.into_inner()).await.ok()?;
                    stream = BufReader::new(Box::new(begun));
                    may_begin_tls = false;
                    continue;
                }
                "AUTH" if line.trim_end() == format!("AUTH PLAIN {USER}") => {
                    may_send = true;
                    "235 2.7.0 welcome"
                }
                "AUTH" => "535 5.7.8 nobody has this password",
                "MAIL" if may_begin_tls => "530 5.7.0 begin TLS first",
                "MAIL" if !may_send => "530 5.7.0 sign in first",
                "MAIL" => {
                    message.clone_from(&line);
                    "250 ok"
                }
                "RCPT" => {
                    message.push_str(&line);
                    let next = self.recipients.lock().unwrap().pop_front();
                    next.unwrap_or("250 ok")
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await.ok()?;
                    loop {
                        line.clear();
                        stream.read_line(&mut line).await.ok()?;
                        if line == ".\r\n" {
                            break;
                        }
                        message.push_str(&line);
                    }
                    self.seen.lock().unwrap().push(message.replace("\r\n", "\n"));
                    "250 taken"
                }
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        }
    }
}
