//! Answers that repeat a credential: Meta writes the token of a request into the address of the next page (SEEN).

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http_body::{Frame, SizeHint};
use reqwest::header::{CONTENT_TYPE, HeaderMap};

use crate::http::{
    passing::{Body, Bytes, Flow},
    redaction::Secrets,
};

/// What stands where each byte of a secret stood: the length stays the same.
const VEIL: u8 = b'*';

/// A shorter text is no credential, and may stand anywhere.
const SHORTEST: usize = 8;

/// A body on its way through, in which no secret of its call is left.
pub(super) struct Veiled<B> {
    inner: B,
    secrets: Vec<Vec<u8>>,
    /// What is looked through and not given yet: a secret may begin in it.
    held: Vec<u8>,
}

impl<B> Veiled<B> {
    pub(super) fn new(inner: B, secrets: &Secrets) -> Self {
        let secrets = secrets.texts().filter(|text| text.len() >= SHORTEST);
        Self {
            inner,
            secrets: secrets.map(|text| text.as_bytes().to_vec()).collect(),
            held: Vec::new(),
        }
    }

    fn veil(&mut self) {
        for secret in &self.secrets {
            let mut from = 0;
            while let Some(at) =
                self.held[from..].windows(secret.len()).position(|part| part == secret)
            {
                self.held[from + at..][..secret.len()].fill(VEIL);
                from += at + secret.len();
            }
        }
    }

    /// So many bytes may be the beginning of a secret.
    fn kept(&self) -> usize {
        self.secrets.iter().map(|secret| secret.len() - 1).max().unwrap_or(0)
    }
}

/// Whether an answer is text that may repeat what was asked; files are not looked through.
pub(super) fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let end = kind.rsplit(['/', '+']).next().unwrap_or_default();
    kind.is_empty() || kind.starts_with("text/") || matches!(end, "json" | "javascript" | "xml")
}

impl<B: Flow> Body for Veiled<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        loop {
            match ready!(Pin::new(&mut this.inner).poll_frame(context)) {
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    this.held.extend_from_slice(&data);
                    this.veil();
                    let ready = this.held.len().saturating_sub(this.kept());
                    if ready > 0 {
                        let data: Vec<u8> = this.held.drain(..ready).collect();
                        return Poll::Ready(Some(Ok(Frame::data(data.into()))));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None if this.held.is_empty() => return Poll::Ready(None),
                None => {
                    let data = std::mem::take(&mut this.held);
                    return Poll::Ready(Some(Ok(Frame::data(data.into()))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (held, inner) = (self.held.len() as u64, self.inner.size_hint());
        let mut hint = SizeHint::new();
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + held);
        }
        hint.set_lower(inner.lower() + held);
        hint
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    struct Chunks(VecDeque<Bytes>);

    impl Body for Chunks {
        type Data = Bytes;
        type Error = std::io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
            Poll::Ready(self.0.pop_front().map(|chunk| Ok(Frame::data(chunk))))
        }
    }

    fn through(chunks: Vec<Vec<u8>>, secrets: &Secrets) -> Vec<u8> {
        let chunks = Chunks(chunks.into_iter().map(Bytes::from).collect());
        let mut body = Veiled::new(chunks, secrets);
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut read = Vec::new();
        while let Poll::Ready(Some(frame)) = Pin::new(&mut body).poll_frame(&mut context) {
            read.extend_from_slice(&frame.unwrap().into_data().unwrap());
        }
        read
    }

    proptest! {
        #[test]
        fn a_secret_is_veiled_wherever_the_body_is_cut(cuts in prop::collection::vec(0_usize..90, 0..6)) {
            let mut secrets = Secrets::default();
            secrets.note("token|with/slash");
            let whole = r#"{"a":"token|with/slash","b":"?x=token%7Cwith%2Fslash&y","c":"token|with\/slash","d":"token"}"#;
            let mut cuts = cuts;
            cuts.extend([0, whole.len()]);
            cuts.sort_unstable();
            let chunks = cuts.windows(2).map(|cut| whole.as_bytes()[cut[0]..cut[1]].to_vec()).collect();
            let read = String::from_utf8(through(chunks, &secrets)).unwrap();
            let expected = format!(
                r#"{{"a":"{}","b":"?x={}&y","c":"{}","d":"token"}}"#, "*".repeat(16), "*".repeat(20), "*".repeat(17)
            );
            prop_assert_eq!(read, expected);
        }
    }

    #[test]
    fn files_are_not_looked_through() {
        for (kind, expected) in [
            ("application/json; charset=UTF-8", true),
            ("application/problem+json", true),
            ("text/html", true),
            ("image/png", false),
            ("application/octet-stream", false),
        ] {
            let headers = [(CONTENT_TYPE, kind.parse().unwrap())].into_iter().collect();
            assert_eq!(is_text(&headers), expected, "{kind}");
        }
    }
}
