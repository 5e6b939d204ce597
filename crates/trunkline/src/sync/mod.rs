//! `trunkline sync`: partner accounts compared with their providers, now and to the end.

mod report;

use std::time::Duration;

use clap::Args;
use trunkline_core::syncs::SyncState;
use trunkline_migrate::{Error, ExitStatus, Interrupt};
use trunkline_server::syncs::{request_sync, work_on_this};
use trunkline_server::{Problem, State};
use trunkline_store::audit_log::{Actor, ActorKind};
use trunkline_store::partner_accounts::{Filter, PartnerAccount, list_partner_accounts};
use trunkline_store::syncs::{SyncFinding, SyncRun, list_sync_findings};
use trunkline_store::{StoreError, Window};

use crate::config::Config;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::global::Global;
use crate::output::{Printer, QUIET};
use crate::{interrupt, keys, serve};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only this partner account: its id here, its id at the provider, or its label; otherwise every active one
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Write the report, and change nothing; exit status 3 if there are differences
    #[arg(long)]
    dry_run: bool,
}

/// How often it is looked whether another worker is done.
const LOOK: Duration = Duration::from_secs(1);

/// An account that was compared, and what was found.
struct Compared {
    run: SyncRun,
    findings: Vec<SyncFinding>,
}

pub(crate) async fn run(
    global: &Global,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitStatus, Failure> {
    let config = Config::load(global)?;
    let ring = keys::find_ring(global, &config).await?.ok_or_else(|| {
        let hint =
            "they open the credentials of the partner accounts: trunkline keys generate makes some";
        Failure::failed("there are no keys", hint)
    })?;
    let stop =
        interrupt::listen_and_say("stopping; what is compared already stays (again: end at once)");
    // Held: the private server ends with its last user.
    let connection = Connection::open(global).await?;
    let state = serve::service(&config, &connection, ring, &stop)?;
    keys::check_for_service(&state).await?;
    let accounts = chosen(&state, arguments.account.as_deref()).await?;
    let mut compared = Vec::new();
    for account in accounts {
        let run = compare(&state, &account, arguments.dry_run, &stop, printer).await?;
        let findings = findings(&state, run.id).await.map_err(|error| keys::store(&error))?;
        let one = Compared { run, findings };
        report::tell(&one, printer);
        compared.push(one);
    }
    Ok(report::end(&compared, printer))
}

/// The account that is meant, or every one that is in use.
async fn chosen(state: &State, wanted: Option<&str>) -> Result<Vec<PartnerAccount>, Failure> {
    let all = list(state).await.map_err(|error| keys::store(&error))?;
    let Some(wanted) = wanted else {
        if all.is_empty() {
            let hint = "add one, or activate one, at /admin/partner-accounts";
            return Err(Failure::failed("no partner account is in use", hint));
        }
        return Ok(all);
    };
    let is_meant = |account: &PartnerAccount| {
        let label = account.label.as_deref().unwrap_or_default();
        account.id.to_string() == wanted
            || account.partner_id == wanted
            || label.eq_ignore_ascii_case(wanted)
    };
    let names: Vec<String> = all
        .iter()
        .map(|account| format!("{} ({} {})", account.id, account.provider, account.partner_id))
        .collect();
    let mut meant: Vec<PartnerAccount> = all.into_iter().filter(is_meant).collect();
    match meant.len() {
        1 => Ok(vec![meant.remove(0)]),
        0 => Err(Failure::usage(
            format!("no partner account in use is {wanted}"),
            format!("take one of these: {}", names.join(", ")),
        )),
        _ => Err(Failure::usage(format!("{wanted} are several"), "take the id here: a number")),
    }
}

async fn list(state: &State) -> Result<Vec<PartnerAccount>, StoreError> {
    let filter = Filter { is_active: Some(true), ..Filter::default() };
    let connection = state.store.connection().await?;
    let mut all: Vec<PartnerAccount> = Vec::new();
    loop {
        let window = Window { after: all.last().map(|account| account.id), limit: 200 };
        let page = list_partner_accounts(connection.executor(), filter, &window).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// Compares one account, or waits for whoever does already.
async fn compare(
    state: &State,
    account: &PartnerAccount,
    is_dry: bool,
    stop: &Interrupt,
    printer: &Printer,
) -> Result<SyncRun, Failure> {
    let name = trunkline_migrate::account().to_owned();
    let actor = Actor { kind: ActorKind::Command, id: None, name, address: None, request_id: None };
    let requested = request_sync(state, &actor, account.id, is_dry).await;
    let (asked, is_new) = requested.map_err(|problem| failed(&problem))?;
    if !is_new && printer.is_human() {
        anstream::eprintln!(
            "{QUIET}sync {} was asked for before; it is taken instead{QUIET:#}",
            asked.id
        );
    }
    loop {
        let run = tokio::select! {
            run = work_on_this(state, asked.id) => run.map_err(|problem| failed(&problem))?,
            () = stop.requested() => {
                // What was taken is given back, for which there is a moment.
                tokio::time::sleep(Duration::from_millis(300)).await;
                let left = "clients that were compared stay so; run it again to go on";
                return Err(Failure::Migrate(Error::Interrupted { migration: None, left }));
            }
        };
        if matches!(run.state, SyncState::Done | SyncState::Failed) {
            return Ok(run);
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn findings(state: &State, id: i64) -> Result<Vec<SyncFinding>, StoreError> {
    let connection = state.store.connection().await?;
    let mut all: Vec<SyncFinding> = Vec::new();
    loop {
        let window = Window { after: all.last().map(|finding| finding.id), limit: 1000 };
        let page = list_sync_findings(connection.executor(), id, None, &window).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

fn failed(problem: &Problem) -> Failure {
    let hint =
        "the database must be the service's, of this release: trunkline doctor looks at both";
    Failure::failed(problem.detail.clone(), hint)
}
