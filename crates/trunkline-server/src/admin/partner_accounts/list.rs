use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use trunkline_core::{Provider, Role};
use trunkline_store::Window;
use trunkline_store::partner_accounts::{Filter, list_partner_accounts};

use super::{LIST, page_of};
use crate::State;
use crate::admin::{Frame, Page, PageProblem, Section, Time};
use crate::api::{Limit, Pager, Query};
use crate::auth::Administrator;
use crate::partner_accounts::AccountDocument;

/// What the filters of the list say; empty: all.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    provider: String,
    state: String,
    cursor: Option<String>,
}

struct Line {
    href: String,
    title: String,
    provider: &'static str,
    partner_id: String,
    is_active: bool,
    is_default: bool,
    check: Option<(&'static str, &'static str, Time)>,
}

#[derive(Template)]
#[template(path = "partner_account_list.html")]
struct ListPage {
    frame: Frame,
    lines: Vec<Line>,
    count: String,
    filters: Filters,
    providers: Vec<(&'static str, &'static str)>,
    states: [(&'static str, &'static str); 2],
    may_change: bool,
    next: String,
    address: &'static str,
}

/// The accounts, filtered.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    pager: Pager,
    Extract(state): Extract<State>,
    filters: Result<Query<Filters>, crate::Problem>,
) -> Result<Response, PageProblem> {
    let Query(filters) = filters?;
    let filter = Filter {
        provider: filters.provider.parse().ok(),
        is_active: match filters.state.as_str() {
            "active" => Some(true),
            "inactive" => Some(false),
            _ => None,
        },
    };
    let limit = Limit::default();
    let after = pager.after(filters.cursor.as_deref(), &"id")?;
    let window = Window { after, limit: limit.get() };
    let rows = {
        let connection = state.store.connection().await?;
        list_partner_accounts(connection.executor(), filter, &window).await?
    };
    let rows: Vec<_> = rows.iter().map(|row| AccountDocument::new(&state, row)).collect();
    let listing = pager.listing::<_, AccountDocument, _>(rows, limit, &"id", |account| account.id);
    let lines: Vec<_> = listing.page.items.iter().map(line).collect();
    let page = ListPage {
        count: match lines.len() {
            1 => "1 account".to_owned(),
            several => format!("{several} accounts"),
        },
        lines,
        filters,
        providers: Provider::ALL.iter().map(|one| (one.as_str(), one.name())).collect(),
        states: [("active", "In use"), ("inactive", "Not in use")],
        may_change: administrator.session.role >= Role::Admin,
        next: listing.next.unwrap_or_default(),
        address: LIST,
        frame: administrator.frame(&headers, Section::PartnerAccounts),
    };
    Ok(Page(page).into_response())
}

fn line(account: &AccountDocument) -> Line {
    let check = account.check.as_ref().map(|check| {
        let (tone, text) = super::show::outcome(&check.level);
        (tone, text, Time::from(check.checked_at))
    });
    Line {
        href: page_of(account.id),
        title: account.title(),
        provider: account.provider.name(),
        partner_id: account.partner_id().to_owned(),
        is_active: account.is_active,
        is_default: account.is_default,
        check,
    }
}
