use askama::Template;
use axum::http::header::{LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Frame;
use super::form::sentence;
use super::frame::TOAST_COOKIE;
use crate::problem::{Cause, Kind, Problem};

/// A template as an answer.
pub(crate) struct Page<T>(pub T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(text) => {
                // The page shows the toast, so it is taken away.
                let gone = format!("{TOAST_COOKIE}=; Path=/; Max-Age=0; SameSite=Lax");
                ([(SET_COOKIE, gone)], Html(text)).into_response()
            }
            Err(error) => PageProblem::from(Problem::internal(error)).into_response(),
        }
    }
}

/// Sends the browser on to a path of ours.
pub(crate) fn redirect(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}

/// Sends the browser on after something was done, and says there what.
pub(crate) fn redirect_with_toast(to: &str, toast: &str) -> Response {
    let toast = utf8_percent_encode(toast, NON_ALPHANUMERIC);
    let cookie = format!("{TOAST_COOKIE}={toast}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    (StatusCode::SEE_OTHER, [(LOCATION, to), (SET_COOKIE, cookie.as_str())]).into_response()
}

/// Why there is not the page that was asked for.
#[derive(Debug)]
pub(crate) enum PageProblem {
    /// Nobody is signed in: there, and then back to where it was wanted.
    SignIn {
        /// Path and query.
        then: String,
    },
    /// As for programs, but shown as a page.
    Problem(Problem),
}

impl From<Problem> for PageProblem {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<trunkline_store::StoreError> for PageProblem {
    fn from(error: trunkline_store::StoreError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<trunkline_migrate::Error> for PageProblem {
    fn from(error: trunkline_migrate::Error) -> Self {
        Self::Problem(error.into())
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    title: &'static str,
    detail: String,
    status: u16,
}

impl IntoResponse for PageProblem {
    fn into_response(self) -> Response {
        let problem = match self {
            Self::SignIn { then } => {
                let then = utf8_percent_encode(&then, NON_ALPHANUMERIC);
                let location = format!("/admin/sign-in?then={then}");
                let location = HeaderValue::from_str(&location);
                let location = location.unwrap_or(HeaderValue::from_static("/admin/sign-in"));
                return (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response();
            }
            Self::Problem(problem) => problem,
        };
        let (_, status, title) = problem.kind.describe();
        let page = ProblemPage {
            frame: Frame::anonymous(&HeaderMap::new()),
            title,
            detail: sentence(&problem.detail),
            status: status.as_u16(),
        };
        let mut response = match page.render() {
            Ok(text) => (status, Html(text)).into_response(),
            Err(error) => Problem::new(Kind::Internal, error.to_string()).into_response(),
        };
        if let Some(wait) = problem.kind.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, wait);
        }
        if let Some(cause) = problem.cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}
