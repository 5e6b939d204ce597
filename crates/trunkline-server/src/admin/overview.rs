use askama::Template;
use axum::http::HeaderMap;
use axum::response::IntoResponse;

use super::{Frame, Page, PageProblem, Section};
use crate::auth::Administrator;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
}

/// What is there, and what to do next.
pub(crate) async fn overview(
    administrator: Administrator,
    headers: HeaderMap,
) -> Result<impl IntoResponse, PageProblem> {
    let frame = administrator.frame(&headers, Section::Overview);
    Ok(Page(OverviewPage { frame }))
}
