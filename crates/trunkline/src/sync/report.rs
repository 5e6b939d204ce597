use serde_json::{Value, json};
use trunkline_core::syncs::{SyncFindingKind, SyncOutcome, SyncState};
use trunkline_migrate::ExitStatus;
use trunkline_store::QualifiedId;
use trunkline_store::syncs::{SyncFinding, SyncRun};

use super::Compared;
use crate::failure::Failure;
use crate::output::{GOOD, Printer, QUIET, WARNING, count};

/// So many lines are printed of one account.
const MOST_LINES: usize = 200;

/// Says what was found at one account.
pub(super) fn tell(compared: &Compared, printer: &Printer) {
    let Compared { run, findings } = compared;
    if let Some(error) = run.error.as_ref().filter(|_| run.state == SyncState::Failed) {
        if printer.is_human() {
            let message = format!("{}: {}", name(run), error.message);
            printer.failure(&Failure::failed(message, error.hint.clone()));
        }
        return;
    }
    let of = format!("{}, {}", counted(run.clients, "client"), counted(run.channels, "channel"));
    if findings.is_empty() {
        printer.line(format_args!("{GOOD}{}{GOOD:#}: no difference ({of})", name(run)));
        return;
    }
    let differences = count(findings.len(), "difference");
    printer.line(format_args!("{WARNING}{}{WARNING:#}: {differences} ({of})", name(run)));
    let header = ["", "of what", "what", "ours", "the provider's", "done"];
    printer.table(&header, findings.iter().take(MOST_LINES).map(fields).collect());
    let more = findings.len().saturating_sub(MOST_LINES);
    if more > 0 {
        let page = format!("/admin/syncs/{}", run.id);
        printer.line(format_args!("  {QUIET}and {more} more: --format json, or {page}{QUIET:#}"));
    }
}

/// The last line, or the document, and how it ended.
pub(super) fn end(compared: &[Compared], printer: &Printer) -> ExitStatus {
    let failed = compared.iter().filter(|one| one.run.state == SyncState::Failed).count();
    let differences: usize = compared.iter().map(|one| one.findings.len()).sum();
    let is_dry = compared.iter().any(|one| one.run.is_dry);
    printer.document(&json!({
        "dry_run": is_dry,
        "differences": differences,
        "failed": failed,
        "syncs": compared.iter().map(document).collect::<Vec<_>>(),
    }));
    if failed > 0 {
        return ExitStatus::Failed;
    }
    match (is_dry, differences) {
        (true, 0) | (false, _) => ExitStatus::Done,
        (true, _) => {
            let changes: i32 = compared.iter().map(|one| one.run.changes).sum();
            printer.line(if changes > 0 {
                "Nothing was changed. To take it over: trunkline sync"
            } else {
                "Nothing was changed, and there is nothing to take over: these are to be looked at."
            });
            ExitStatus::Differences
        }
    }
}

fn name(run: &SyncRun) -> String {
    format!("{} ({}, account {})", run.account_name(), run.provider.name(), run.account_id)
}

fn counted(number: i32, noun: &str) -> String {
    count(usize::try_from(number).unwrap_or_default(), noun)
}

fn fields(finding: &SyncFinding) -> Vec<String> {
    let label = finding.label.as_deref().unwrap_or(&finding.subject_key);
    vec![
        kind(finding.kind).to_owned(),
        format!("{} {label}", finding.subject),
        finding.aspect.clone().unwrap_or_default(),
        finding.ours.clone().unwrap_or_else(|| "-".to_owned()),
        finding.theirs.clone().unwrap_or_else(|| "-".to_owned()),
        outcome(finding.outcome).to_owned(),
    ]
}

const fn kind(kind: SyncFindingKind) -> &'static str {
    match kind {
        SyncFindingKind::Differs => "differs",
        SyncFindingKind::NotHere => "only there",
        SyncFindingKind::NotThere => "only here",
        SyncFindingKind::Bound => "is of this account",
        SyncFindingKind::NotWhole => "list not believed",
        SyncFindingKind::Unreadable => "not readable",
        SyncFindingKind::Token => "token",
    }
}

const fn outcome(outcome: SyncOutcome) -> &'static str {
    match outcome {
        SyncOutcome::Changed => "changed",
        SyncOutcome::WouldChange => "would be changed",
        SyncOutcome::NewerHere => "ours is newer",
        SyncOutcome::Reported => "look at it",
    }
}

fn document(compared: &Compared) -> Value {
    let Compared { run, findings } = compared;
    let finding = |finding: &SyncFinding| {
        let subject_id = finding.subject_id;
        let id = |number| QualifiedId { provider: run.provider, number }.to_string();
        json!({
            "kind": finding.kind,
            "outcome": finding.outcome,
            "subject": finding.subject,
            "subject_id": subject_id.map(id),
            "provider_id": finding.subject_key,
            "label": finding.label,
            "company_id": finding.company_id,
            "aspect": finding.aspect,
            "ours": finding.ours,
            "theirs": finding.theirs,
            "provider_word": finding.provider_word,
        })
    };
    json!({
        "id": run.id,
        "partner_account_id": run.account_id,
        "provider": run.provider,
        "account": run.account_name(),
        "state": run.state,
        "clients": run.clients,
        "channels": run.channels,
        "changes": run.changes,
        "error": run.error,
        "findings": findings.iter().map(finding).collect::<Vec<_>>(),
    })
}
