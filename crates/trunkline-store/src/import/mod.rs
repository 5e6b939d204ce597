//! The platform's `channel_connections` in the partner tables: what would be done, done, linked, compared and taken back.
//!
//! A reading of all rows first finds those that contend for one number or account ([`survey`]). Then rows are read in
//! batches by their key, judged beside what is in the partner tables, and written with a record of where each came from,
//! a transaction a batch. Nothing of the platform's is locked, and a batch that somebody holds up is tried again.
//! What people decided about conflicts is read along with the rows. A CSV file or a Chatwoot database takes the place of `channel_connections` by the same mapping.

mod accounts;
mod background;
mod channels;
mod chatwoot;
mod decisions;
mod follow;
mod given;
mod judge;
mod link;
mod lookup;
mod patience;
mod plan;
mod plans;
mod platform;
mod records;
mod run;
mod runs;
mod secrets;
mod survey;
mod tables;
mod tasks;
mod throttle;
mod undo;
mod undo_clients;
mod verify;
mod write;

pub use chatwoot::read_chatwoot;
pub use decisions::{Decided, decide, take_back_decision};
pub use follow::follow;
pub use judge::{Policy, Problem, Rival, Verdict};
pub use link::{Linking, link_rows, unlink_rows};
pub use plan::{Planning, plan, skipped_types};
pub use plans::{
    ConflictFilter, PlannedCompany, PlannedConflict, clear_plan, count_decided_conflicts,
    forget_other_plans, insert_planned_companies, insert_planned_conflicts, list_planned_companies,
    list_planned_conflicts,
};
pub use platform::{Platform, Position, SkippedType, SourceRow};
pub use run::{BatchDone, RunOptions, RunReport, run};
pub use survey::{Survey, survey};
pub use tasks::{
    NewTask, Task, TaskKind, TaskProgress, TaskState, claim_task, end_task, find_last_done,
    find_task, insert_task, list_tasks, note_progress, release_task, request_stop,
};
pub use undo::{Changed, Kept, KeptReason, UndoReport, Undoing, undo};
pub use verify::{Difference, Finding, Verification, verify};

/// How many rows are read and written at once.
const BATCH: i64 = 5_000;

/// The name of `channel_connections` among the sources.
const SOURCE: &str = "platform";
