use askama::Template;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use trunkline_providers::oidc::{IssuerError, TokenProblem};

use super::super::{Frame, Page};
use crate::State;
use crate::auth::Visitor;
use crate::oidc::{Oidc, Refusal};
use crate::problem::Cause;

/// Why somebody is not signed in by the issuer.
#[derive(Debug)]
pub(super) enum Failure {
    /// No attempt of this browser's, or none that is not over.
    Over,
    /// The issuer says so (RFC 6749, 4.1.2.1).
    Declined(String),
    /// The issuer, or what it sent.
    Issuer(IssuerError),
    /// The issuer is sure who it is, and they are not let in here.
    Refused(Refusal),
}

#[derive(Template)]
#[template(path = "oidc_failed.html")]
struct FailedPage<'p> {
    frame: Frame,
    title: &'static str,
    advice: String,
    label: &'p str,
    again: String,
    has_password: bool,
    request_id: String,
}

impl Failure {
    /// A page that says what to do. The cause is for the log.
    pub(super) fn show(self, state: &State, oidc: &Oidc, visitor: Visitor, then: &str) -> Response {
        let (status, title, advice) = self.explain();
        let then = utf8_percent_encode(then, NON_ALPHANUMERIC);
        let page = FailedPage {
            title,
            advice: advice.replace("{}", &oidc.label),
            label: &oidc.label,
            again: format!("/admin/sign-in/oidc?then={then}"),
            has_password: state.settings.password_sign_in,
            request_id: visitor.request_id().to_owned(),
            frame: visitor.frame,
        };
        let mut response = (status, Page(page)).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, 30.into());
        }
        if let Some(cause) = self.cause() {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }

    fn cause(&self) -> Option<String> {
        match self {
            Self::Over => None,
            // It came through the browser, so it may be anything.
            Self::Declined(error) => {
                let word = error.chars().filter(|letter| !letter.is_control()).take(50);
                Some(format!("the issuer said {:?}", word.collect::<String>()))
            }
            Self::Issuer(error) => Some(error.to_string()),
            Self::Refused(refusal) => Some(refusal.as_str().to_owned()),
        }
    }

    /// Status, title, and what to do; `{}` is what people call the issuer.
    fn explain(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Over => (
                StatusCode::BAD_REQUEST,
                "This sign-in is over",
                "It was begun in another browser or window, took longer than ten minutes, or was used already. \
                 Begin again from here.",
            ),
            Self::Declined(error) => declined(error),
            Self::Issuer(error) => at_the_issuer(error),
            Self::Refused(refusal) => {
                (StatusCode::FORBIDDEN, "You are not let in", refused(*refusal))
            }
        }
    }
}

fn declined(error: &str) -> (StatusCode, &'static str, &'static str) {
    match error {
        "access_denied" => (
            StatusCode::FORBIDDEN,
            "{} did not sign you in",
            "The sign-in was cancelled, or you may not use this application there. Try again, or ask those who \
             administer {} for access to it.",
        ),
        "server_error" | "temporarily_unavailable" => (
            StatusCode::SERVICE_UNAVAILABLE,
            "{} cannot sign you in now",
            "It has a failure of its own, or too much to do. Try again in a minute.",
        ),
        _ => (
            StatusCode::BAD_GATEWAY,
            "{} did not sign you in",
            "It does not accept the request for this application. Tell those who run Trunkline: the log has the \
             cause, and the client id, the redirect URI and the scopes are what to look at.",
        ),
    }
}

fn at_the_issuer(error: &IssuerError) -> (StatusCode, &'static str, &'static str) {
    match error {
        IssuerError::Unanswered { .. } => (
            StatusCode::SERVICE_UNAVAILABLE,
            "{} does not answer",
            "Trunkline cannot reach it, or it is too slow. Try again in a minute; if that does not help, tell those \
             who run Trunkline: the log has the cause, and `trunkline doctor` looks at it.",
        ),
        IssuerError::Refused { error, .. } if error == "invalid_grant" => (
            StatusCode::BAD_REQUEST,
            "This sign-in is over",
            "It took too long, or was used already. Begin again from here.",
        ),
        IssuerError::Token(TokenProblem::Nonce) => (
            StatusCode::BAD_REQUEST,
            "This sign-in is over",
            "{} answered for another attempt than this one. Begin again from here.",
        ),
        IssuerError::Token(TokenProblem::Expired(_) | TokenProblem::Early(_)) => (
            StatusCode::BAD_GATEWAY,
            "The clocks do not agree",
            "The clocks of {} and of Trunkline are more than a minute apart. Tell those who run Trunkline; nobody \
             can sign in this way until both are right.",
        ),
        IssuerError::Token(_) => (
            StatusCode::BAD_GATEWAY,
            "The answer of {} is not accepted",
            "What it says of you is not signed by it, or is meant for another application. Nobody was signed in. \
             Tell those who run Trunkline: the log has the cause.",
        ),
        IssuerError::Refused { .. } | IssuerError::Unexpected { .. } => (
            StatusCode::BAD_GATEWAY,
            "{} cannot be used as it is set up",
            "Trunkline and it do not understand each other. Tell those who run Trunkline: the log has the cause, \
             and `trunkline doctor` looks at it.",
        ),
    }
}

/// The same for whoever is not there and whoever is deactivated.
const fn refused(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Domain | Refusal::NoRole => {
            "{} signed you in, but your account there gives you no access to Trunkline. Ask those who administer \
             it to give you some."
        }
        Refusal::Unverified => {
            "{} signed you in, but does not say that your e-mail address is verified. Verify it there, and begin \
             again."
        }
        Refusal::Unknown | Refusal::EmailTaken | Refusal::Deactivated => {
            "{} signed you in, but that account may not use Trunkline. Ask an owner or admin of Trunkline to let \
             you in."
        }
        Refusal::FirstIsNoOwner => {
            "{} signed you in, but Trunkline has no owner yet. The setup link makes the first one: \
             `trunkline admin setup-link` prints it."
        }
    }
}
