//! The one place that makes HTTP clients, and the one function that sends.

mod answer;
mod call;
mod client;
mod failure;
mod passing;
pub(crate) mod redaction;
mod send;
mod veil;

pub use answer::Answer;
pub use call::Call;
pub use client::{BuildError, Http, Options};
pub use failure::Unanswered;
pub use passing::{Body, Flow, Passed, Passing, Stopped};
pub use reqwest::{
    Method, Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};

/// Makes a [`Call`] with its span: `call!("provider.meta.debug_token", Method::GET, url)`.
///
/// The name is known when the program is compiled, as names of spans are.
#[macro_export]
macro_rules! call {
    ($name:literal, $method:expr, $url:expr) => {
        $crate::http::Call::new(
            $name,
            || {
                $crate::tracing::info_span!(
                    $name,
                    method = $crate::tracing::field::Empty,
                    host = $crate::tracing::field::Empty,
                    status = $crate::tracing::field::Empty,
                    failure = $crate::tracing::field::Empty,
                    duration_milliseconds = $crate::tracing::field::Empty,
                )
            },
            $method,
            $url,
        )
    };
}
