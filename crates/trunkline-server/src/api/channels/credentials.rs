use axum::Json;
use axum::extract::State as Extract;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use trunkline_core::{Permission, Provider, Role};
use trunkline_store::QualifiedId;
use trunkline_store::audit_log::{Act, insert_audit_entry};
use utoipa::ToSchema;

use crate::State;
use crate::api::{Id, schema};
use crate::auth::Caller;
use crate::pass_through::{Held, find_held, reach};
use crate::problem::{Kind, Problem};

/// The credential of a channel, for a platform that must hold it itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChannelCredentials {
    /// The provider.
    #[schema(schema_with = schema::provider)]
    provider: Provider,
    /// What the provider calls the client: a WABA, a client of 360dialog, an account of Twilio, which is the user name there.
    client_id: String,
    /// What the provider calls the channel.
    channel_id: String,
    /// What it is: `access_token` (Meta), `api_key` (360dialog), `auth_token` (Twilio).
    #[schema(example = "access_token")]
    kind: &'static str,
    /// The credential itself.
    credential: String,
}

/// Tell the credential of a channel
///
/// For a platform that must hold it itself; whatever the pass-through can do needs it not. The key needs `credentials:read`,
/// which an owner gives it on its page, and the role operator. Each use is written to the audit log. The credentials of partner
/// accounts, which reach the channels of every company, are told to nobody.
#[utoipa::path(
    get,
    path = "/api/v1/channels/{id}/credentials",
    tag = "Channels",
    params(("id" = String, Path, description = "The channel's id, as `meta-7`")),
    responses((status = 200, description = "The credential", body = ChannelCredentials,
        headers(("Cache-Control" = String, description = "no-store")))),
)]
pub(super) async fn get_channel_credentials(
    caller: Caller,
    Extract(state): Extract<State>,
    Id(id): Id<QualifiedId>,
) -> Result<Response, Problem> {
    caller.require(Role::Operator)?;
    if !caller.permissions.contains(&Permission::Credentials) {
        let detail =
            "this key is told no credentials; an owner gives it credentials:read on its page";
        return Err(Problem::new(Kind::Forbidden, detail));
    }
    let reach = reach(&state, &caller, id).await?;
    let secret = match find_held(&state, id).await? {
        Held::Yes(secret) => secret,
        Held::No => {
            let detail = "the channel has no credential of its own";
            return Err(Problem::new(Kind::Conflict, detail));
        }
        Held::Sealed => {
            let detail = "the channel's credential is sealed under a key that this service has not";
            return Err(Problem::new(Kind::Conflict, detail));
        }
    };
    let kind = match id.provider {
        Provider::Meta => "access_token",
        Provider::Dialog360 => "api_key",
        Provider::Twilio => "auth_token",
    };
    // Written down first: what nobody could write down is not told.
    let act = Act {
        action: "channel.credentials_read",
        object_kind: "channel",
        object_id: id.to_string(),
        company_id: Some(reach.company_id),
        before: None,
        after: Some(
            json!({ "kind": kind, "fingerprint": state.keys.fingerprint(&secret).to_string() }),
        ),
    };
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    insert_audit_entry(transaction.executor(), &caller.actor(), &act, state.clock.now()).await?;
    transaction.commit().await?;
    let document = ChannelCredentials {
        provider: id.provider,
        client_id: reach.client_id,
        channel_id: reach.provider_id,
        kind,
        credential: secret.expose().to_owned(),
    };
    let mut response = Json(document).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
