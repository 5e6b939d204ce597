//! Bodies on their way through: never whole in memory, no longer than a limit, never still for long.

use std::{
    error::Error,
    future::Future,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

pub use http_body::Body;
use http_body::{Frame, SizeHint};
use reqwest::{Response, header::HeaderMap};
use tokio::time::{Instant, Sleep};

use crate::http::{
    redaction::Secrets,
    veil::{Veiled, is_text},
};

/// What bodies are made of.
pub(super) type Bytes = <reqwest::Body as Body>::Data;

/// A body that can be passed on.
pub trait Flow:
    Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + Unpin + 'static
{
}

impl<B> Flow for B where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + Unpin + 'static
{
}

/// Why a body does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// There is more of it than may pass.
    #[error("the body is longer than {most} bytes")]
    TooLong {
        /// So much may pass.
        most: u64,
    },
    /// Nothing came for too long.
    #[error("the body stood still for too long")]
    TooSlow,
    /// Whoever sends it went away.
    #[error("the body broke off")]
    BrokeOff,
}

/// An answer that is passed on: its head, and its body as it comes.
pub struct Passed {
    /// The HTTP status.
    pub status: u16,
    /// Its headers, all of them.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Passing<reqwest::Body>,
}

impl Passed {
    /// The answer to a call with these secrets, which it does not repeat.
    pub(super) fn new(response: Response, secrets: &Secrets, limit: u64, idle: Duration) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body: reqwest::Body = response.into();
        let body =
            if is_text(&headers) { reqwest::Body::wrap(Veiled::new(body, secrets)) } else { body };
        Self { status, headers, body: Passing::new(body, limit, idle) }
    }

    /// The same answer with its whole body at hand, when that is short.
    pub async fn whole(self, most: usize) -> Result<(Self, Vec<u8>), Stopped> {
        let Self { status, headers, body } = self;
        let (limit, idle) = (body.most, body.idle);
        let read = read(body, most).await?;
        let body = Passing::new(read.clone().into(), limit, idle);
        Ok((Self { status, headers, body }, read))
    }

    /// The whole body, when it is short.
    pub async fn read(self, most: usize) -> Result<Vec<u8>, Stopped> {
        read(self.body, most).await
    }
}

async fn read(mut body: Passing<reqwest::Body>, most: usize) -> Result<Vec<u8>, Stopped> {
    let mut read = Vec::new();
    while let Some(frame) =
        std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
    {
        let Ok(data) = frame?.into_data() else { continue };
        if data.len() > most - read.len() {
            return Err(Stopped::TooLong { most: u64::try_from(most).unwrap_or(u64::MAX) });
        }
        read.extend_from_slice(&data);
    }
    Ok(read)
}

/// A body on its way through. Only what the other side takes is read.
pub struct Passing<B> {
    /// Never locked: the lock alone makes it one that threads may share, which nobody does.
    inner: Mutex<B>,
    most: u64,
    left: u64,
    idle: Duration,
    /// Since the other side wants more and there is nothing.
    is_waiting: bool,
    still: Pin<Box<Sleep>>,
}

impl<B> Passing<B> {
    pub(super) fn new(inner: B, most: u64, idle: Duration) -> Self {
        let still = Box::pin(tokio::time::sleep(idle));
        Self { inner: Mutex::new(inner), most, left: most, idle, is_waiting: false, still }
    }
}

impl<B: Flow> Body for Passing<B> {
    type Data = Bytes;
    type Error = Stopped;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Stopped>>> {
        let this = self.get_mut();
        let inner = this.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Poll::Ready(frame) = Pin::new(inner).poll_frame(context) else {
            if !std::mem::replace(&mut this.is_waiting, true) {
                this.still.as_mut().reset(Instant::now() + this.idle);
            }
            ready!(this.still.as_mut().poll(context));
            return Poll::Ready(Some(Err(Stopped::TooSlow)));
        };
        this.is_waiting = false;
        Poll::Ready(frame.map(|frame| {
            let frame = frame.map_err(|_| Stopped::BrokeOff)?;
            let length = frame.data_ref().map_or(0, Bytes::len);
            let length = u64::try_from(length).unwrap_or(u64::MAX);
            this.left =
                this.left.checked_sub(length).ok_or(Stopped::TooLong { most: this.most })?;
            Ok(frame)
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.lock().is_ok_and(|inner| inner.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.lock().map_or_else(|_| SizeHint::default(), |inner| inner.size_hint())
    }
}
