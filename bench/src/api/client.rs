//! The least of an HTTP client: one connection, one request at a time.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection that is kept open.
pub(super) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer.
pub(super) struct Answer {
    pub status: u16,
    pub body: String,
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Asks, and reads the answer to its end.
    pub(super) async fn get(&mut self, request: &Request) -> Result<Answer> {
        let (status, begin, end) = self.exchange(request).await?;
        let body = String::from_utf8_lossy(&self.buffer[begin..end]).into_owned();
        Ok(Answer { status, body })
    }

    /// How long so many requests take, one after the other.
    pub(super) async fn time(&mut self, request: &Request, count: u32) -> Result<Duration> {
        let began = Instant::now();
        for _ in 0..count {
            let (status, _, _) = self.exchange(request).await?;
            ensure!(status == 200, "{} answered {status}", request.path);
        }
        Ok(began.elapsed() / count)
    }

    /// The status, and where in the buffer the body lies.
    async fn exchange(&mut self, request: &Request) -> Result<(u16, usize, usize)> {
        self.stream.write_all(&request.bytes).await?;
        self.buffer.clear();
        let (head, length) = loop {
            let read = self.stream.read_buf(&mut self.buffer).await?;
            ensure!(read > 0, "the service closed the connection");
            let end = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            if let Some(end) = end {
                break (end + 4, content_length(&self.buffer[..end])?);
            }
        };
        while self.buffer.len() < head + length {
            let read = self.stream.read_buf(&mut self.buffer).await?;
            ensure!(read > 0, "the service closed the connection");
        }
        let status = std::str::from_utf8(self.buffer.get(9..12).unwrap_or_default())?.parse()?;
        Ok((status, head, head + length))
    }
}

fn content_length(head: &[u8]) -> Result<usize> {
    let head = std::str::from_utf8(head)?;
    let headers = head.lines().filter_map(|line| line.split_once(':'));
    let mut lengths = headers.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let (_, length) = lengths.next().context("the answer has no Content-Length")?;
    Ok(length.trim().parse()?)
}

/// A GET, written once.
pub(super) struct Request {
    pub path: String,
    bytes: Vec<u8>,
}

impl Request {
    pub(super) fn new(path: &str, header: &str) -> Self {
        let bytes = format!("GET {path} HTTP/1.1\r\nHost: bench\r\n{header}\r\n\r\n").into_bytes();
        Self { path: path.to_owned(), bytes }
    }

    /// With an API key.
    pub(super) fn with_key(path: &str, key: &str) -> Self {
        Self::new(path, &format!("Authorization: Bearer {key}"))
    }

    /// Of somebody who is signed in.
    pub(super) fn signed_in(path: &str, session: &str) -> Self {
        Self::new(path, &format!("Cookie: trunkline_session={session}"))
    }
}

#[cfg(test)]
mod tests {
    use super::content_length;

    #[test]
    fn the_length_is_found_whatever_its_case() {
        assert_eq!(content_length(b"HTTP/1.1 200 OK\r\ncontent-length: 42\r\nx: y").unwrap(), 42);
        assert!(content_length(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked").is_err());
    }
}
