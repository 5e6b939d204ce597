use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::{Multipart, State as Extract};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::profile::with_logo_problem;
use super::{author, load, page_of};
use crate::admin::{PageProblem, Section, redirect_with_toast};
use crate::auth::Administrator;
use crate::partner_accounts::{AccountId, remove_logo, serve_logo, set_logo};
use crate::problem::Kind;
use crate::{Problem, State};

/// The uploaded logo.
pub(super) async fn serve(
    _: Administrator,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
) -> Result<Response, PageProblem> {
    Ok(serve_logo(&state, id?.0).await?)
}

/// Takes a logo, in the field `logo` of a form.
pub(super) async fn upload(
    administrator: Administrator,
    headers: HeaderMap,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, PageProblem> {
    let author = author(&administrator)?;
    let AccountId(id) = id?;
    let stored = match read_file(form).await {
        Ok(file) => set_logo(&state, &author, id, file, |_| Ok(())).await,
        Err(problem) => Err(problem),
    };
    match stored {
        Ok(_) => {
            let to = format!("{}/profile", page_of(id));
            Ok(redirect_with_toast(&to, "The logo is uploaded."))
        }
        Err(problem) if matches!(problem.kind, Kind::Invalid | Kind::TooLarge) => {
            let frame = administrator.frame(&headers, Section::PartnerAccounts);
            Ok(with_logo_problem(frame, &load(&state, id).await?, &problem))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Takes the logo away.
pub(super) async fn remove(
    administrator: Administrator,
    id: Result<AccountId, Problem>,
    Extract(state): Extract<State>,
) -> Result<Response, PageProblem> {
    let author = author(&administrator)?;
    let AccountId(id) = id?;
    remove_logo(&state, &author, id, |_| Ok(())).await?;
    Ok(redirect_with_toast(&format!("{}/profile", page_of(id)), "The logo is removed."))
}

async fn read_file(form: Result<Multipart, MultipartRejection>) -> Result<Vec<u8>, Problem> {
    let mut form = form.map_err(|_| broken())?;
    while let Some(field) = form.next_field().await.map_err(|error| refuse(&error))? {
        if field.name() == Some("logo") {
            return Ok(field.bytes().await.map_err(|error| refuse(&error))?.into());
        }
    }
    Ok(Vec::new())
}

fn refuse(error: &MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(Kind::TooLarge, "The file has more than 512 KiB.");
    }
    broken()
}

fn broken() -> Problem {
    Problem::new(Kind::Malformed, "the form is not one with a file; open the page again")
}
