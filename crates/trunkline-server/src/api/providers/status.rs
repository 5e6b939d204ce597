use axum::Json;
use axum::extract::State as Extract;
use jiff::Timestamp;
use serde::Serialize;
use trunkline_core::{Provider, Role, Scope};
use utoipa::ToSchema;

use crate::State;
use crate::api::schema;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::providers::standing::{self, Answering, Standing};

/// Whether the providers answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProvidersStatus {
    /// Each of them.
    items: Vec<ProviderStatus>,
}

/// Whether a provider answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderStatus {
    /// The provider.
    #[schema(schema_with = schema::provider)]
    provider: Provider,
    /// answers; failing: some calls fail; silent: an outage, its syncs pause; unknown: nothing was asked yet.
    #[schema(schema_with = answering)]
    status: Answering,
    /// Since when it is silent, or failing.
    #[schema(schema_with = schema::optional_timestamp)]
    since: Option<Timestamp>,
    /// When it is asked again; null: it does not pause.
    #[schema(schema_with = schema::optional_timestamp)]
    next_attempt_at: Option<Timestamp>,
    /// When it last answered.
    #[schema(schema_with = schema::optional_timestamp)]
    answered_at: Option<Timestamp>,
    /// What the last failure was; null also for a key of one company.
    reason: Option<String>,
    /// How it answers each partner account; null for a key of one company.
    partner_accounts: Option<Vec<AccountStatus>>,
}

/// How a provider answers a partner account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountStatus {
    /// The partner account.
    partner_account_id: i32,
    /// How often it did not answer, since it last did.
    failures: i32,
    /// Since when it does not.
    #[schema(schema_with = schema::optional_timestamp)]
    failing_since: Option<Timestamp>,
    /// When it last answered, be it by a refusal.
    #[schema(schema_with = schema::optional_timestamp)]
    answered_at: Option<Timestamp>,
    /// What the last failure was.
    reason: Option<String>,
}

fn answering() -> utoipa::openapi::Object {
    schema::words("Whether it answers", Answering::ALL.iter().map(|word| word.as_str()))
}

impl ProviderStatus {
    fn new(standing: Standing, scope: Scope) -> Self {
        let is_platform = scope == Scope::Platform;
        let accounts = standing.accounts.into_iter().map(|account| AccountStatus {
            partner_account_id: account.account_id,
            failures: account.failures,
            failing_since: account.failing_since,
            answered_at: account.answered_at,
            reason: account.reason,
        });
        Self {
            provider: standing.provider,
            status: standing.answering,
            since: standing.since,
            next_attempt_at: standing.outage.as_ref().map(|outage| outage.next_attempt_at),
            answered_at: standing.answered_at,
            reason: standing.reason.filter(|_| is_platform),
            partner_accounts: is_platform.then(|| accounts.collect()),
        }
    }
}

/// Show whether the providers answer
///
/// As syncs found out. A key of one company sees whether they do, and nothing of the partner accounts.
#[utoipa::path(
    get,
    path = "/api/v1/providers/status",
    tag = "Providers",
    responses((status = 200, description = "Each provider", body = ProvidersStatus)),
)]
pub(super) async fn get_provider_status(
    caller: Caller,
    Extract(state): Extract<State>,
) -> Result<Json<ProvidersStatus>, Problem> {
    caller.require(Role::Viewer)?;
    let connection = state.store.connection().await?;
    let all = standing::of_providers(connection.executor()).await?;
    let items = all.into_iter().map(|one| ProviderStatus::new(one, caller.scope)).collect();
    Ok(Json(ProvidersStatus { items }))
}
