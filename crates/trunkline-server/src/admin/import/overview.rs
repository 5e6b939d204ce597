use askama::Template;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;
use trunkline_core::Role;
use trunkline_core::legacy::Conflict;
use trunkline_store::import::{
    PlannedCompany, Platform, Task, count_decided_conflicts, list_planned_companies,
};
use trunkline_store::{Executor, StoreError, Window};

use super::task::{Shown, number};
use super::title;
use crate::State;
use crate::admin::{Frame, Page, PageProblem, Section, Time};
use crate::api::{Limit, Pager, Query};
use crate::auth::Administrator;
use crate::import::latest;
use crate::problem::Problem;

/// What a run may do with rows that contend and about which nobody decided.
const POLICIES: [(&str, &str); 2] =
    [("skip", "Take none of them"), ("newest", "Take the one that was changed last")];

#[derive(Template)]
#[template(path = "import/overview.html")]
struct OverviewPage {
    frame: Frame,
    /// Which table of the platform's is missing.
    missing: String,
    task: Option<Shown>,
    plan: Option<Plan>,
    first: String,
    next: String,
}

impl OverviewPage {
    /// Nothing can be put up while something is at work.
    fn is_busy(&self) -> bool {
        self.task.as_ref().is_some_and(|task| task.is_open)
    }
}

/// The last plan.
struct Plan {
    made: Time,
    is_of_company: String,
    create: i64,
    update: i64,
    already_there: i64,
    conflict: i64,
    left_out: i64,
    skipped: i64,
    conflicts: Vec<Counted>,
    /// What the providers said of the tokens, if they were asked.
    tokens: String,
    companies: Vec<Row>,
}

/// The conflicts of a kind.
struct Counted {
    word: &'static str,
    title: &'static str,
    explanation: &'static str,
    rows: i64,
    decided: i64,
}

struct Row {
    name: String,
    id: String,
    counted: PlannedCompany,
}

impl From<PlannedCompany> for Row {
    fn from(counted: PlannedCompany) -> Self {
        let id = counted.company_id.map(|id| id.to_string()).unwrap_or_default();
        let name = match (&counted.company, counted.company_id) {
            (Some(name), _) => name.clone(),
            (None, Some(id)) => format!("Company {id}"),
            (None, None) => "No company".to_owned(),
        };
        Self { name, id, counted }
    }
}

impl Plan {
    fn new(task: &Task, decided: &[(Conflict, i64)], companies: Vec<Row>) -> Self {
        let nothing = Value::Null;
        let result = task.result.as_ref().unwrap_or(&nothing);
        let found = |conflict: &Conflict| {
            let word = conflict.as_str();
            let rows = result.get("conflicts").map_or(0, |kinds| number(kinds, word));
            let decided = decided.iter().find(|(decided, _)| decided == conflict);
            (rows > 0).then(|| Counted {
                word,
                title: title(*conflict),
                explanation: conflict.explanation(),
                rows,
                decided: decided.map_or(0, |(_, rows)| *rows),
            })
        };
        Self {
            made: task.ended_at.unwrap_or(task.requested_at).into(),
            is_of_company: task
                .company_id
                .map(|id| format!("Of company {id} alone."))
                .unwrap_or_default(),
            create: number(result, "create"),
            update: number(result, "update"),
            already_there: number(result, "already_there"),
            conflict: number(result, "conflict"),
            left_out: number(result, "left_out"),
            skipped: number(result, "skipped"),
            conflicts: Conflict::ALL.iter().filter_map(found).collect(),
            tokens: result.get("tokens").map(tokens).unwrap_or_default(),
            companies,
        }
    }
}

/// What the providers said, in a sentence.
fn tokens(asked: &Value) -> String {
    if asked.is_null() {
        return String::new();
    }
    let [good, refused, unknown] = ["good", "refused", "not_asked"].map(|name| number(asked, name));
    let mut text =
        format!("The providers were asked about the tokens: {good} work, {refused} do not");
    if unknown > 0 {
        let reasons = asked.get("reasons").and_then(Value::as_array).into_iter().flatten();
        let reasons: Vec<&str> = reasons.filter_map(Value::as_str).collect();
        text = format!("{text}, and of {unknown} nothing is known: {}", reasons.join("; "));
    }
    text + "."
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Place {
    cursor: Option<String>,
}

/// What is at work, the last plan, and what can be done next.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    pager: Pager,
    Extract(state): Extract<State>,
    place: Result<Query<Place>, Problem>,
) -> Result<Page<impl Template>, PageProblem> {
    administrator.require(Role::Admin)?;
    let Query(place) = place?;
    let limit = Limit::default();
    let after = pager.after(place.cursor.as_deref(), &"place")?;
    let latest = latest(&state).await?;
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let missing = missing_table(executor).await?;
    let (mut plan, mut next) = (None, String::new());
    if let Some(task) = &latest.plan {
        let window = Window { after, limit: limit.get() };
        let companies = list_planned_companies(executor, task.id, &window).await?;
        let listing =
            pager.listing::<_, Row, _>(companies, limit, &"place", |company| company.place);
        let decided = count_decided_conflicts(executor, task.id).await?;
        next = listing.next.unwrap_or_default();
        plan = Some(Plan::new(task, &decided, listing.page.items));
    }
    Ok(Page(OverviewPage {
        frame: administrator.frame(&headers, Section::Import),
        missing,
        task: latest.task.as_ref().map(Shown::from),
        plan,
        first: place.cursor.map(|_| "/admin/import".to_owned()).unwrap_or_default(),
        next,
    }))
}

/// Which table of the platform's is not there; empty: none.
async fn missing_table(executor: Executor<'_>) -> Result<String, StoreError> {
    match Platform::inspect(executor).await {
        Ok(_) => Ok(String::new()),
        Err(StoreError::NoPlatform { table }) => Ok(table.to_owned()),
        Err(error) => Err(error),
    }
}
