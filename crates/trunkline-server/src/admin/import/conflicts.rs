use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_core::legacy::Conflict;
use trunkline_store::Window;
use trunkline_store::import::{
    ConflictFilter, PlannedConflict, TaskKind, find_last_done, list_planned_conflicts,
};

use super::{decided_title, title};
use crate::State;
use crate::admin::{Frame, Page, PageProblem, Section, filter};
use crate::api::{Limit, Pager, Query};
use crate::auth::Administrator;
use crate::problem::Problem;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    #[serde(deserialize_with = "filter::word")]
    conflict: Option<Conflict>,
    #[serde(deserialize_with = "filter::word")]
    decided: Option<Decided>,
    #[serde(deserialize_with = "filter::parsed")]
    company: Option<i32>,
    #[serde(deserialize_with = "filter::parsed")]
    row: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Decided {
    Yes,
    No,
}

const DECIDED: [(&str, &str); 2] = [("no", "Open"), ("yes", "Decided")];

#[derive(Template)]
#[template(path = "import/conflicts.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    conflicts: Vec<(&'static str, &'static str)>,
    conflict: &'static str,
    decided: &'static str,
    company: String,
    row: String,
    first: String,
    next: String,
    is_filtered: bool,
}

struct Row {
    id: i64,
    label: String,
    kind: String,
    company: String,
    title: &'static str,
    explanation: &'static str,
    decided: String,
}

impl From<PlannedConflict> for Row {
    fn from(found: PlannedConflict) -> Self {
        let company = match (&found.company, found.company_id) {
            (Some(name), _) => name.clone(),
            (None, Some(id)) => format!("company {id}"),
            (None, None) => "no company".to_owned(),
        };
        let decided = found.decided.as_ref();
        Self {
            id: found.source_row,
            label: found.label.unwrap_or_default(),
            kind: found.channel_type.replace('_', " "),
            company,
            title: title(found.conflict),
            explanation: found.conflict.explanation(),
            decided: decided
                .map(|decided| decided_title(decided.choice, decided.company_id))
                .unwrap_or_default(),
        }
    }
}

/// The conflicts of the last plan, by row.
pub(super) async fn list(
    administrator: Administrator,
    headers: HeaderMap,
    pager: Pager,
    Extract(state): Extract<State>,
    filters: Result<Query<Filters>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    administrator.require(Role::Admin)?;
    let Query(filters) = filters?;
    let limit = Limit::default();
    let after = pager.after(filters.cursor.as_deref(), &"row")?;
    let window = Window { after, limit: limit.get() };
    let wanted = ConflictFilter {
        conflict: filters.conflict,
        company_id: filters.company,
        is_decided: filters.decided.map(|decided| matches!(decided, Decided::Yes)),
        row: filters.row,
    };
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let found = match find_last_done(executor, TaskKind::Plan).await? {
        Some(plan) => list_planned_conflicts(executor, plan.id, &wanted, &window).await?,
        None => Vec::new(),
    };
    let listing = pager.listing::<_, Row, _>(found, limit, &"row", |found| found.source_row);
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let (company, row) = (number(filters.company.map(i64::from)), number(filters.row));
    let conflict = filters.conflict.map_or("", Conflict::as_str);
    let decided = match filters.decided {
        Some(Decided::Yes) => "yes",
        Some(Decided::No) => "no",
        None => "",
    };
    let set = [
        ("conflict", conflict.to_owned()),
        ("decided", decided.to_owned()),
        ("company", company.clone()),
        ("row", row.clone()),
    ];
    let base = filter::address("/admin/import/conflicts", &set);
    let conflicts = Conflict::ALL.iter().map(|conflict| (conflict.as_str(), title(*conflict)));
    Ok(Page(ListPage {
        frame: administrator.frame(&headers, Section::Import),
        rows: listing.page.items,
        conflicts: conflicts.collect(),
        is_filtered: set.iter().any(|(_, value)| !value.is_empty()),
        conflict,
        decided,
        company,
        row,
        first: filters.cursor.map(|_| base).unwrap_or_default(),
        next: listing.next.unwrap_or_default(),
    }))
}
