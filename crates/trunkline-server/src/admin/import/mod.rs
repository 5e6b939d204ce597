//! `/admin/import`: the platform's connections in the partner tables: the plan, what is at work, and decisions about
//! conflicts. For admins; a task is worked on in the background, and no page waits for it.

mod conflict;
mod conflicts;
mod overview;
mod task;
mod undo;

use axum::Router;
use axum::routing::{get, post};
use trunkline_core::legacy::{Choice, Conflict};

use crate::State;

pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/import", get(overview::show))
        .route("/import/tasks", post(task::put_up))
        .route("/import/tasks/{id}/stop", post(task::stop))
        .route("/import/undo", get(undo::ask).post(undo::undo))
        .route("/import/conflicts", get(conflicts::list))
        .route("/import/conflicts/{row}", get(conflict::show).post(conflict::decide))
        .route("/import/conflicts/{row}/withdraw", post(conflict::withdraw))
}

/// A conflict as a heading.
const fn title(conflict: Conflict) -> &'static str {
    match conflict {
        Conflict::DataMissing => "No data",
        Conflict::InvalidData => "Data is no object",
        Conflict::InvalidId => "No id of the provider",
        Conflict::CompanyUnknown => "No company",
        Conflict::CompanyMissing => "Company does not exist",
        Conflict::ClientIdMissing => "No account id",
        Conflict::ChannelIdMissing => "No channel id",
        Conflict::PhoneNumberAsId => "Number in place of an id",
        Conflict::NotAClientId => "Not a WABA id",
        Conflict::TokenMissing => "No token",
        Conflict::TokenUnreadable => "Token unreadable",
        Conflict::DuplicateChannelId => "Same channel twice",
        Conflict::NumberInTwoCompanies => "Number in two companies",
        Conflict::ClientInTwoCompanies => "Account in two companies",
        Conflict::SourceMoved => "Names another channel now",
        Conflict::ChangedHere => "Changed on both sides",
        Conflict::TokenRejected => "Token rejected",
        Conflict::TokenElsewhere => "Token is of another number",
    }
}

/// A choice as a button.
const fn choice_title(choice: Choice) -> &'static str {
    match choice {
        Choice::LeaveOut => "Leave it out",
        Choice::Take => "Take this row",
        Choice::Assign => "Take it for another company",
    }
}

/// A choice that was made.
fn decided_title(choice: Choice, company_id: Option<i32>) -> String {
    match (choice, company_id) {
        (Choice::LeaveOut, _) => "Left out".to_owned(),
        (Choice::Assign, Some(company)) => format!("Taken for company {company}"),
        (Choice::Take | Choice::Assign, _) => "Taken".to_owned(),
    }
}
