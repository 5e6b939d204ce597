use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use trunkline_core::Role;
use trunkline_store::overview::{Overview, get_overview};

use super::{Frame, Page, PageProblem, Section};
use crate::State;
use crate::auth::Administrator;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    overview: Overview,
    active_accounts: String,
    /// Whether providers can reach the service by the address that it knows of itself.
    is_reachable: bool,
    public_url: String,
    /// Whether the viewer may do what is advised.
    may_configure: bool,
}

/// What is there, and what to do next.
pub(crate) async fn overview(
    Extract(state): Extract<State>,
    administrator: Administrator,
    headers: HeaderMap,
) -> Result<impl IntoResponse, PageProblem> {
    let connection = state.store.connection().await?;
    let overview = get_overview(connection.executor()).await?;
    Ok(Page(OverviewPage {
        frame: administrator.frame(&headers, Section::Overview),
        active_accounts: format!("{} active", overview.active_partner_accounts),
        overview,
        is_reachable: state.settings.is_https(),
        public_url: state.settings.public_url.clone(),
        may_configure: administrator.require(Role::Admin).is_ok(),
    }))
}
