//! Migration at application start.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use crate::database::Session;
use crate::error::Error;
use crate::event::{Event, Observer, Runner};
use crate::ledger::Applied;
use crate::migrator::Migrator;
use crate::selection::{Selection, UpRequest};
use crate::source::Name;
use crate::up::UpReport;

/// What an application does about pending migrations when it starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// Applies them; of several replicas one does, the others wait for it.
    #[default]
    Apply,
    /// Waits until another job has applied them.
    Wait,
    /// Refuses to start and names the command.
    Check,
    /// Does not look.
    Off,
}

impl std::str::FromStr for Policy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "apply" => Ok(Self::Apply),
            "wait" => Ok(Self::Wait),
            "check" => Ok(Self::Check),
            "off" => Ok(Self::Off),
            other => Err(format!("`{other}` is not apply, wait, check or off")),
        }
    }
}

impl Migrator {
    /// Brings the database up to date, or says why it is not, before an application serves.
    ///
    /// Nothing pending costs one connection and one query, and takes no lock. `observer` hears what
    /// happens meanwhile, for a readiness probe.
    pub async fn ensure_current(
        &self,
        policy: Policy,
        observer: Arc<dyn Observer>,
    ) -> Result<UpReport, Error> {
        match policy {
            Policy::Off => Ok(UpReport::default()),
            Policy::Apply => self.up(&UpRequest::default(), observer).await,
            Policy::Check => match self.pending(&observer).await?.as_slice() {
                [] => Ok(UpReport::default()),
                names => Err(Error::Pending(names.to_vec())),
            },
            Policy::Wait => self.wait_until_current(&observer).await,
        }
    }

    async fn pending(&self, observer: &Arc<dyn Observer>) -> Result<Vec<Name>, Error> {
        let (session, applied) = self.look("check", observer).await?;
        self.left_to_apply(&session, &applied).await
    }

    /// What neither runner has applied.
    async fn left_to_apply(
        &self,
        session: &Session,
        applied: &[Applied],
    ) -> Result<Vec<Name>, Error> {
        let selection = Selection::decide(self.source()?, applied, &UpRequest::default())?;
        let mut pending: Vec<Name> =
            selection.pending.iter().map(|migration| migration.name.clone()).collect();
        if !pending.is_empty() {
            let by_platform = self.applied_by_platform(session).await?;
            pending.retain(|name| !by_platform.contains(name));
        }
        Ok(pending)
    }

    async fn wait_until_current(&self, observer: &Arc<dyn Observer>) -> Result<UpReport, Error> {
        let began = Instant::now();
        let (session, mut applied) = self.look("wait", observer).await?;
        let mut told = None;
        loop {
            let pending = self.left_to_apply(&session, &applied).await?;
            let Some(next) = pending.first() else {
                return Ok(UpReport { done_by_another: told.is_some(), ..UpReport::default() });
            };
            let waited = began.elapsed();
            if waited >= self.options.patience {
                return Err(Error::Pending(pending));
            }
            if told.is_none_or(|told| waited.as_secs() >= told + 5) {
                told = Some(waited.as_secs());
                let application = format!("whoever applies {next}");
                let runner = Runner { pid: 0, application, since: None };
                observer.event(&Event::WaitingForRunner { runner: &runner, waited });
            }
            tokio::select! {
                () = tokio::time::sleep(std::time::Duration::from_millis(500)) => {}
                () = self.options.interrupt.requested() => {
                    return Err(Error::Interrupted { migration: None, left: "nothing was begun" });
                }
            }
            applied = self.applied(&session).await?;
        }
    }
}
