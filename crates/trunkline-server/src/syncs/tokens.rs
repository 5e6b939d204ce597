//! Whether tokens work, may do what is needed, and until when, which Meta tells; and what Twilio's subaccounts have.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use trunkline_core::Provider;
use trunkline_core::events::{Aspect, Fact};
use trunkline_core::secrets::Secret;
use trunkline_core::syncs::SyncFindingKind;
use trunkline_providers::meta::{COMPANY_SCOPES, Inspection, SCOPES};
use trunkline_store::QualifiedId;
use trunkline_store::alerts::{AlertRule, AlertSeverity, close_account_alert, open_account_alert};
use trunkline_store::events::{SubjectKind, SubjectRow};
use trunkline_store::syncs::{NewFinding, OurChannel, OurClient};

use super::ending::credential_works;
use super::found;
use super::full::Sync;
use super::read::{Reader, channel_token};
use super::trouble::Trouble;
use super::unit::Unit;

/// The partner's own token: what is wrong with it is reported, and an alert of the account.
pub(super) async fn of_account(sync: &Sync<'_>) -> Result<Option<NewFinding>, Trouble> {
    let Reader::Meta(reader) = &sync.reader else { return Ok(None) };
    let Some(token) = reader.token() else { return Ok(None) };
    let Some(inspection) = reader.inspect(token).await? else {
        // The lists were given for it, and no more is known.
        credential_works(sync.state, sync.account.id).await?;
        return Ok(None);
    };
    let (state, now) = (sync.state, sync.state.clock.now());
    let days = SignedDuration::from_hours(24 * i64::from(state.settings.events.token_days));
    let standing = standing(&inspection, &SCOPES);
    let end = inspection.expires_at.filter(|end| *end < now.saturating_add(days).unwrap_or(now));
    if !sync.run.is_dry {
        let connection = state.store.connection().await?;
        let (executor, id) = (connection.executor(), sync.account.id);
        if standing == VALID {
            close_account_alert(executor, AlertRule::TokenInvalid, id, now).await?;
        } else {
            let (rule, severity) = (AlertRule::TokenInvalid, AlertSeverity::Critical);
            open_account_alert(executor, rule, severity, id, &standing, now).await?;
        }
        match end {
            Some(end) => {
                let (rule, severity) = (AlertRule::TokenExpires, severity(end, now));
                open_account_alert(executor, rule, severity, id, &end.to_string(), now).await?;
            }
            None => close_account_alert(executor, AlertRule::TokenExpires, id, now).await?,
        }
    }
    let theirs = match end {
        _ if standing != VALID => standing,
        Some(end) => format!("ends at {end}"),
        None => return Ok(None),
    };
    let about = found::of_account(SyncFindingKind::Token, &sync.account.partner_id);
    Ok(Some(NewFinding { aspect: Some(Aspect::Token.as_str()), theirs: Some(theirs), ..about }))
}

fn severity(end: Timestamp, now: Timestamp) -> AlertSeverity {
    if end <= now { AlertSeverity::Critical } else { AlertSeverity::Warning }
}

/// The tokens of the channels of a client.
pub(super) async fn of_channels(
    sync: &Sync<'_>,
    unit: &mut Unit,
    client: &OurClient,
    channels: &[OurChannel],
) -> Result<(), Trouble> {
    match &sync.reader {
        Reader::Meta(_) => of_companies(sync, unit, client, channels).await,
        Reader::Twilio(reader) => match reader.token_of(&client.key) {
            Some(told) => of_subaccount(sync, unit, client, channels, &told).await,
            None => Ok(()),
        },
        Reader::Dialog360(_) => Ok(()),
    }
}

/// The tokens that companies gave us; one that several channels have is asked about once.
async fn of_companies(
    sync: &Sync<'_>,
    unit: &mut Unit,
    client: &OurClient,
    channels: &[OurChannel],
) -> Result<(), Trouble> {
    let Reader::Meta(reader) = &sync.reader else { return Ok(()) };
    let mut known: HashMap<String, Option<Vec<Fact>>> = HashMap::new();
    for channel in channels {
        let (state, provider) = (sync.state, Provider::Meta);
        let token = channel_token(&state.store, &state.keys, provider, channel.id).await?;
        let Some(token) = token else { continue };
        let asked_at = state.clock.now();
        let text = token.expose_secret().to_owned();
        if !known.contains_key(&text) {
            let facts = reader.inspect(&token).await?.map(|said| facts(&said));
            known.insert(text.clone(), facts);
        }
        if let Some(Some(facts)) = known.get(&text) {
            let row = SubjectRow { provider, kind: SubjectKind::Channel, id: channel.id };
            let report = found::of_channel(SyncFindingKind::Token, client, channel);
            unit.facts(row, facts, asked_at, &report);
        }
    }
    Ok(())
}

/// The token of a subaccount, which its senders need: where it is another than the one that is kept, it is kept.
async fn of_subaccount(
    sync: &Sync<'_>,
    unit: &mut Unit,
    client: &OurClient,
    channels: &[OurChannel],
    told: &SecretString,
) -> Result<(), Trouble> {
    let (state, provider) = (sync.state, Provider::Twilio);
    for channel in channels.iter().filter(|channel| !channel.is_gone) {
        let known = channel_token(&state.store, &state.keys, provider, channel.id).await?;
        if known.as_ref().is_some_and(|known| known.expose_secret() == told.expose_secret()) {
            continue;
        }
        let report = NewFinding {
            aspect: Some(Aspect::Token.as_str()),
            ours: known.map(|_| "another".to_owned()),
            theirs: Some("that of the subaccount".to_owned()),
            ..found::of_channel(SyncFindingKind::Token, client, channel)
        };
        let row = QualifiedId { provider, number: channel.id };
        unit.secrets.push((row, Secret::new(told.expose_secret().to_owned()), report));
    }
    Ok(())
}

fn facts(said: &Inspection) -> Vec<Fact> {
    let standing = Fact::Other(Aspect::Token, standing(said, &COMPANY_SCOPES));
    // The end of a token that does not work any more tells nothing.
    let expiry = said.is_valid.then_some(Fact::TokenExpiry(said.expires_at));
    [Some(standing), expiry].into_iter().flatten().collect()
}

/// Of a token that works and may do what is needed.
const VALID: &str = "valid";

fn standing(said: &Inspection, needed: &[&'static str]) -> String {
    if !said.is_valid {
        let reason =
            said.error.as_ref().map(|(_, words)| words.chars().take(200).collect::<String>());
        return reason.map_or_else(|| "invalid".to_owned(), |reason| format!("invalid: {reason}"));
    }
    let missing = said.missing_scopes(needed);
    if missing.is_empty() { VALID.to_owned() } else { format!("lacks {}", missing.join(", ")) }
}
