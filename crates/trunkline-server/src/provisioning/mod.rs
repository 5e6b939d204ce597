//! What operators do to channels at their providers: codes, registration, keys, webhooks.
//!
//! What must not be done twice goes by the journal of `providers`; afterwards the channel is read at its provider, and what it
//! says is taken over.

mod given;
mod webhooks;

use secrecy::SecretString;
use tracing::Instrument;
use trunkline_core::{Provider, Scope};
use trunkline_providers::meta::CodeMethod;
use trunkline_store::audit_log::Actor;
use trunkline_store::channels::{Channel, find_channel, find_reach};
use trunkline_store::{Document, QualifiedId, add_to_tally, tallied};

use crate::pass_through::find_account;
use crate::problem::Kind;
use crate::providers::{
    self, OnChannel, Waiting, failed, meta_api_of_channel, request_code, verify_code, verify_sender,
};
use crate::syncs::reread_channel;
use crate::{Problem, State};

pub(crate) use given::{code, language, method, pin};

/// What is done to a channel.
#[derive(Debug, Clone)]
pub(crate) enum ChannelAct {
    /// The company is sent a code.
    RequestCode { method: CodeMethod, language: String },
    /// The company got this code.
    VerifyCode { code: SecretString },
    /// The number can send; also where it is registered already, if `again`.
    Register { pin: SecretString, again: bool },
    /// The number can send no more.
    Deregister,
    /// A new key, which ends the one before it.
    RotateApiKey,
    /// What the number receives comes here.
    SubscribeWebhooks,
}

/// Does it, and gives the channel as its provider describes it afterwards.
///
/// On a task of its own: somebody who hangs up does not leave the provider's answer unread.
pub(crate) async fn act_on_channel(
    state: &State,
    actor: Actor,
    scope: Scope,
    id: QualifiedId,
    act: ChannelAct,
) -> Result<Document<Channel>, Problem> {
    let state = state.clone();
    let work = async move { work(&state, &actor, scope, id, act).await };
    let task = tokio::spawn(tallied(work).in_current_span());
    let (done, tally) = task.await.map_err(Problem::internal)?;
    add_to_tally(tally);
    done
}

async fn work(
    state: &State,
    actor: &Actor,
    scope: Scope,
    id: QualifiedId,
    act: ChannelAct,
) -> Result<Document<Channel>, Problem> {
    let missing = || Problem::not_found("channel");
    let reach = {
        let connection = state.store.connection().await?;
        find_reach(connection.executor(), id, scope).await?.ok_or_else(missing)?
    };
    let account = find_account(state, id.provider, &reach).await?;
    let on = OnChannel {
        account: &account,
        id,
        key: &reach.provider_id,
        client: &reach.client_id,
        company_id: reach.company_id,
        actor,
    };
    let tells_nothing_new =
        matches!(act, ChannelAct::RotateApiKey | ChannelAct::RequestCode { .. });
    perform(state, on, act).await?;
    if !tells_nothing_new {
        reread_channel(state, &account, &reach.provider_id, &actor.name).await;
    }
    let connection = state.store.connection().await?;
    find_channel(connection.executor(), id, scope).await?.ok_or_else(missing)
}

async fn perform(state: &State, on: OnChannel<'_>, act: ChannelAct) -> Result<(), Problem> {
    match (act, on.id.provider) {
        (ChannelAct::RequestCode { method, language }, Provider::Meta) => {
            request_code(state, on, (method, &language)).await
        }
        (ChannelAct::VerifyCode { code }, Provider::Meta) => verify_code(state, on, &code).await,
        (ChannelAct::VerifyCode { code }, Provider::Twilio) => {
            verify_sender(state, on, &code).await
        }
        (ChannelAct::Register { pin, again }, Provider::Meta) => {
            expect_registrable(state, on, !again).await?;
            providers::register(state, on, &pin, again).await
        }
        (ChannelAct::Deregister, Provider::Meta) => {
            expect_registrable(state, on, false).await?;
            providers::deregister(state, on).await
        }
        (ChannelAct::RotateApiKey, Provider::Dialog360) => {
            providers::create_channel_key(state, on).await
        }
        (ChannelAct::SubscribeWebhooks, _) => webhooks::subscribe(state, on).await,
        (act, provider) => Err(Problem::new(Kind::Conflict, act.missing_at(provider))),
    }
}

impl ChannelAct {
    /// Why a provider has no such thing.
    fn missing_at(&self, provider: Provider) -> String {
        let name = provider.name();
        match self {
            Self::RequestCode { .. } | Self::VerifyCode { .. }
                if provider == Provider::Dialog360 =>
            {
                "numbers at 360dialog are verified while they are onboarded, by 360dialog itself"
                    .to_owned()
            }
            Self::RequestCode { .. } => {
                format!("{name} sends the code by itself; give it with verify-code")
            }
            Self::Register { .. } | Self::Deregister => {
                format!("numbers are registered by us at Meta alone; this channel is at {name}")
            }
            _ => format!("channels at {name} have no API key; at 360dialog they have one"),
        }
    }
}

/// Refuses what would only cost one of the ten tries that a number has in 72 hours.
async fn expect_registrable(
    state: &State,
    on: OnChannel<'_>,
    unless_registered: bool,
) -> Result<(), Problem> {
    let api = meta_api_of_channel(state, on.account, on.id.number, Waiting::Request).await?;
    let number = api.phone_number(on.key).await;
    let number = number.map_err(|error| failed(&error, state.clock.now()))?;
    let refuse = |detail: &str| Err(Problem::new(Kind::Conflict, detail));
    if number.is_on_biz_app == Some(true) {
        return refuse(
            "the number is used in the WhatsApp Business app too: it is connected and disconnected there, and nothing was \
             sent to Meta",
        );
    }
    if unless_registered && number.is_registered() {
        return refuse(
            "Meta says that the number is registered already, and nothing was sent; with `again` it is registered once \
             more, as after a new display name",
        );
    }
    Ok(())
}
