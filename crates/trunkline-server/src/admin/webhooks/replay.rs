use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;
use trunkline_core::Role;
use trunkline_store::webhooks::count_webhooks_like;

use super::super::words::grouped;
use super::filters::Filters;
use super::{Frame, LIST, Page, PageProblem, Section, redirect_with_toast};
use crate::State;
use crate::api::Query;
use crate::api::webhooks::{COUNTED, MOST, replay_many};
use crate::auth::Administrator;
use crate::problem::{Kind, Problem};

/// So many times [`MOST`] by one press of the button.
const ROUNDS: usize = 10;

#[derive(Template)]
#[template(path = "webhooks/replay.html")]
struct ReplayPage {
    frame: Frame,
    title: String,
    /// Which they are, a line each.
    which: Vec<(&'static str, String)>,
    action: String,
    back: String,
    /// Whether there is any.
    is_any: bool,
}

/// Says how many there are, and asks.
pub(super) async fn ask(
    administrator: Administrator,
    headers: HeaderMap,
    Extract(state): Extract<State>,
    filters: Result<Query<Filters>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    administrator.require(Role::Operator)?;
    let Query(filters) = filters?;
    refuse_wide(&filters)?;
    let wanted = filters.wanted(&state, &administrator)?;
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let found = count_webhooks_like(executor, &wanted, filters.after, COUNTED).await?;
    let number = if found >= COUNTED {
        format!("{} webhooks or more", grouped(COUNTED))
    } else {
        format!("{} webhook{}", grouped(found), if found == 1 { "" } else { "s" })
    };
    let typed = filters.typed();
    let which = [
        ("State", typed.state.to_owned()),
        ("Source", typed.source.to_owned()),
        ("Partner account", typed.account),
        ("From", typed.from),
        ("Until", typed.until),
        ("Channel", typed.channel),
        ("Message", typed.message),
        ("In the body", typed.text),
        ("Behind webhook", filters.after.map(|id| id.to_string()).unwrap_or_default()),
    ];
    let after = filters.after.map(|id| format!("after={id}")).unwrap_or_default();
    Ok(Page(ReplayPage {
        frame: administrator.frame(&headers, Section::Webhooks),
        title: format!("Work on {number} again?"),
        which: which.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        action: format!("{}{after}", filters.address("/admin/webhooks/replay")),
        back: filters.address(LIST),
        is_any: found > 0,
    }))
}

/// Puts them into the queue again; where they are very many, asks anew for the rest.
pub(super) async fn replay(
    administrator: Administrator,
    Extract(state): Extract<State>,
    filters: Result<Query<Filters>, Problem>,
) -> Result<Response, PageProblem> {
    administrator.require(Role::Operator)?;
    let Query(filters) = filters?;
    refuse_wide(&filters)?;
    let wanted = filters.wanted(&state, &administrator)?;
    let (mut all, mut after) = (0, filters.after);
    for _ in 0..ROUNDS {
        let replayed = replay_many(&state, &administrator.actor(), &wanted, after).await?;
        all += replayed.webhooks;
        after = replayed.last.or(after);
        if replayed.webhooks < MOST {
            let toast = format!("{} are worked on again", grouped(all));
            return Ok(redirect_with_toast(&filters.address(LIST), &toast));
        }
    }
    let rest = after.map(|id| format!("after={id}")).unwrap_or_default();
    let to = format!("{}{rest}", filters.address("/admin/webhooks/replay"));
    Ok(redirect_with_toast(&to, &format!("{} are worked on again; here is the rest", grouped(all))))
}

/// Everything that ever came is nothing that somebody wants again.
fn refuse_wide(filters: &Filters) -> Result<(), Problem> {
    if !filters.is_wide() {
        return Ok(());
    }
    let detail =
        "say which: a state, a day to begin with, a channel, a message, or what stands in the body";
    Err(Problem::new(Kind::Malformed, detail))
}
