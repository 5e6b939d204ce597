//! What is compared and written in one transaction: a client with its channels.

use jiff::Timestamp;
use trunkline_core::events::Fact;
use trunkline_core::secrets::Secret;
use trunkline_core::syncs::{SyncFindingKind, SyncOutcome};
use trunkline_core::{Provider, events::Aspect};
use trunkline_store::alerts::note_whether_there;
use trunkline_store::channels::update_channel_secret;
use trunkline_store::clients::{Binding, bind_clients};
use trunkline_store::events::{
    Finding, Outcome, SubjectKind, SubjectRow, ToldBy, Weighed, record_findings, weigh_findings,
};
use trunkline_store::partner_accounts::PartnerAccount;
use trunkline_store::syncs::{
    Hint, NewFinding, OurChannel, OurClient, Progress, SyncRun, delete_hints, hold_sync,
    insert_sync_findings, set_sender_sid,
};
use trunkline_store::{Executor, QualifiedId, StoreError};

use super::read::{SaidChannel, SaidClient};
use super::trouble::Trouble;
use super::{found, worker::Worker};
use crate::State;

/// What there is to compare and to report.
#[derive(Default)]
pub(super) struct Unit {
    /// What the provider says of rows of ours, each with the report that it makes where it differs.
    said: Vec<(Finding, NewFinding)>,
    /// What is reported in any case.
    pub(super) findings: Vec<NewFinding>,
    /// Clients that belonged to no account, each with the report that it makes.
    bindings: Vec<(Binding, NewFinding)>,
    /// Credentials of channels, as the provider tells them, each with the report that it makes.
    pub(super) secrets: Vec<(QualifiedId, Secret, NewFinding)>,
    /// SIDs of senders that were known by their addresses, each with the report that it makes.
    sids: Vec<(i32, String, NewFinding)>,
    /// Rows that the provider has.
    there: Vec<SubjectRow>,
    /// Rows that it has no more.
    gone: Vec<SubjectRow>,
    /// How far the run is with it.
    pub(super) progress: Progress,
    /// The hints that are followed with it.
    pub(super) hints: Vec<Hint>,
}

impl Unit {
    /// What the provider says of a client of ours, which by that belongs to this account.
    pub(super) fn client(&mut self, account: &PartnerAccount, ours: &OurClient, said: &SaidClient) {
        let (provider, id) = (account.provider, ours.id);
        let row = SubjectRow { provider, kind: SubjectKind::Client, id };
        let label = ours.name.clone().or_else(|| said.name.clone());
        let report = NewFinding { label, ..found::of_client(SyncFindingKind::Differs, ours) };
        match ours.account_id {
            None => self.bindings.push((
                Binding { client: QualifiedId { provider, number: id }, account_id: account.id },
                NewFinding {
                    kind: SyncFindingKind::Bound,
                    aspect: Some("partner_account"),
                    theirs: Some(account.partner_id.clone()),
                    ..report.clone()
                },
            )),
            Some(other) if other != account.id => self.findings.push(NewFinding {
                aspect: Some("partner_account"),
                ours: Some(other.to_string()),
                theirs: Some(account.id.to_string()),
                ..report.clone()
            }),
            Some(_) => {}
        }
        self.facts(row, &said.facts, said.asked_at, &report);
        self.there.push(row);
        self.progress.clients += 1;
    }

    /// What the provider says of a channel of ours.
    pub(super) fn channel(
        &mut self,
        provider: Provider,
        (client, ours): (&OurClient, &OurChannel),
        said: &SaidChannel,
    ) {
        let row = SubjectRow { provider, kind: SubjectKind::Channel, id: ours.id };
        let label = ours.label.clone().or_else(|| said.number.clone());
        let report = found::of_channel(SyncFindingKind::Differs, client, ours);
        let report = NewFinding { label, ..report };
        self.facts(row, &said.facts, said.asked_at, &report);
        self.there.push(row);
        self.progress.channels += 1;
        if provider == Provider::Twilio && said.key != ours.key {
            let (aspect, theirs) = (Some("provider_id"), Some(said.key.clone()));
            let outcome = SyncOutcome::Changed;
            let report = NewFinding {
                aspect,
                ours: Some(ours.key.clone()),
                theirs,
                outcome,
                ..report.clone()
            };
            self.sids.push((ours.id, said.key.clone(), report));
        }
        if let Some(home) = said.client.as_ref().filter(|home| **home != client.key) {
            self.findings.push(NewFinding {
                aspect: Some("client"),
                ours: Some(client.key.clone()),
                theirs: Some(home.clone()),
                ..report
            });
        }
    }

    /// Facts of a row of ours.
    pub(super) fn facts(
        &mut self,
        row: SubjectRow,
        facts: &[Fact],
        asked_at: Timestamp,
        report: &NewFinding,
    ) {
        for fact in facts {
            let finding = Finding { row, fact: fact.clone(), occurred_at: asked_at };
            let aspect = Some(fact.aspect().as_str());
            self.said.push((finding, NewFinding { aspect, ..report.clone() }));
        }
    }

    /// A client that the provider has no more.
    pub(super) fn client_is_gone(&mut self, provider: Provider, ours: &OurClient) {
        self.gone.push(SubjectRow { provider, kind: SubjectKind::Client, id: ours.id });
        let report = found::of_client(SyncFindingKind::NotThere, ours);
        self.findings.push(NewFinding { ours: Some(ours.key.clone()), ..report });
    }

    /// A channel that the provider has no more.
    pub(super) fn channel_is_gone(
        &mut self,
        provider: Provider,
        client: &OurClient,
        ours: &OurChannel,
    ) {
        self.gone.push(SubjectRow { provider, kind: SubjectKind::Channel, id: ours.id });
        let report = found::of_channel(SyncFindingKind::NotThere, client, ours);
        self.findings.push(NewFinding { ours: Some(ours.key.clone()), ..report });
    }

    /// Compares and writes it: all of it or nothing, and nothing for a run that is another worker's. Tried once more
    /// where somebody else was in the way.
    pub(super) async fn commit(
        self,
        state: &State,
        run: &SyncRun,
        worker: &Worker,
    ) -> Result<(), Trouble> {
        match self.write(state, run, worker).await {
            Err(Trouble::Store(error)) if error.is_passing() => {
                self.write(state, run, worker).await
            }
            written => written,
        }
    }

    async fn write(&self, state: &State, run: &SyncRun, worker: &Worker) -> Result<(), Trouble> {
        let now = state.clock.now();
        let mut connection = state.store.connection().await?;
        let transaction = connection.begin().await?;
        let executor = transaction.executor();
        if !hold_sync(executor, run.id, worker.name()).await? {
            return Err(Trouble::Lost);
        }
        let mut findings = self.compare(executor, run.is_dry, now).await?;
        if !run.is_dry {
            note_whether_there(executor, &self.there, &self.gone, now).await?;
            delete_hints(executor, run.account_id, &self.hints).await?;
        }
        findings.extend(self.bind(executor, run.is_dry).await?);
        findings.extend(self.keep_secrets(executor, state, run.is_dry).await?);
        findings.extend(self.keep_sids(executor, run.is_dry, now).await?);
        findings.extend(self.findings.iter().cloned());
        insert_sync_findings(executor, run.id, &findings, now).await?;
        let is_change = |finding: &&NewFinding| {
            matches!(finding.outcome, SyncOutcome::Changed | SyncOutcome::WouldChange)
        };
        let mut progress = self.progress.clone();
        progress.findings = i32::try_from(findings.len()).unwrap_or(i32::MAX);
        progress.changes =
            i32::try_from(findings.iter().filter(is_change).count()).unwrap_or(i32::MAX);
        progress.write(executor, run.id).await?;
        transaction.commit().await?;
        state.metrics.syncs.found(run.provider, &findings);
        Ok(())
    }

    /// Notes that clients belong to this account.
    async fn bind(
        &self,
        executor: Executor<'_>,
        is_dry: bool,
    ) -> Result<Vec<NewFinding>, StoreError> {
        let outcome = if is_dry { SyncOutcome::WouldChange } else { SyncOutcome::Changed };
        if !is_dry {
            let bindings: Vec<Binding> =
                self.bindings.iter().map(|(binding, _)| *binding).collect();
            bind_clients(executor, &bindings).await?;
        }
        let reports = self.bindings.iter().map(|(_, report)| report.clone());
        Ok(reports.map(|report| NewFinding { outcome, ..report }).collect())
    }

    /// Writes SIDs of senders.
    async fn keep_sids(
        &self,
        executor: Executor<'_>,
        is_dry: bool,
        now: Timestamp,
    ) -> Result<Vec<NewFinding>, StoreError> {
        let mut findings = Vec::new();
        for (sender, sid, report) in &self.sids {
            if is_dry {
                let outcome = SyncOutcome::WouldChange;
                findings.push(NewFinding { outcome, ..report.clone() });
            } else if set_sender_sid(executor, *sender, sid, now).await? {
                findings.push(report.clone());
            }
        }
        Ok(findings)
    }

    /// Seals credentials into their channels.
    async fn keep_secrets(
        &self,
        executor: Executor<'_>,
        state: &State,
        is_dry: bool,
    ) -> Result<Vec<NewFinding>, StoreError> {
        let outcome = if is_dry { SyncOutcome::WouldChange } else { SyncOutcome::Changed };
        let mut findings = Vec::new();
        for (row, secret, report) in &self.secrets {
            if !is_dry {
                let (keys, random, now) = (&state.keys, state.random.clone(), state.clock.now());
                update_channel_secret(executor, *row, keys, random, secret, now).await?;
            }
            findings.push(NewFinding { outcome, ..report.clone() });
        }
        Ok(findings)
    }

    /// Reports where they differ, and takes over what the provider says, unless it is a dry run.
    async fn compare(
        &self,
        executor: Executor<'_>,
        is_dry: bool,
        now: Timestamp,
    ) -> Result<Vec<NewFinding>, StoreError> {
        let said: Vec<Finding> = self.said.iter().map(|(finding, _)| finding.clone()).collect();
        let weighed = weigh_findings(executor, &said, now).await?;
        let (mut findings, mut taken) = (Vec::new(), Vec::new());
        for ((finding, report), weighed) in self.said.iter().zip(weighed) {
            if weighed.outcome == Outcome::Applied || weighed.is_new_word {
                taken.push(finding.clone());
            }
            findings.extend(tell(report, &finding.fact, weighed, is_dry));
        }
        if !(is_dry || taken.is_empty()) {
            record_findings(executor, &taken, ToldBy::Sync, None, now).await?;
        }
        Ok(findings)
    }
}

/// What is reported of a fact; a word of the provider's that means the same is no difference.
fn tell(report: &NewFinding, fact: &Fact, weighed: Weighed, is_dry: bool) -> Option<NewFinding> {
    let Weighed { outcome, before, after, word, .. } = weighed;
    let outcome = match outcome {
        Outcome::Applied if is_dry => SyncOutcome::WouldChange,
        Outcome::Applied => SyncOutcome::Changed,
        Outcome::Stale if before.as_ref() != Some(&after) => SyncOutcome::NewerHere,
        _ => return None,
    };
    let is_of_token = matches!(fact.aspect(), Aspect::Token | Aspect::TokenExpiry);
    let is_well = matches!(after.as_str(), "valid" | "never");
    if is_of_token && before.is_none() && is_well {
        return None;
    }
    let kind = if is_of_token { SyncFindingKind::Token } else { report.kind };
    let (ours, theirs) = (before, Some(after));
    Some(NewFinding { kind, outcome, ours, theirs, provider_word: word, ..report.clone() })
}
