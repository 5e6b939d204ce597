//! The app: its id, its secret, and where its webhooks go.

use reqwest::Method;
use secrecy::SecretString;
use serde_json::Value;

use crate::{
    call,
    error::{Failure, Kind, Provider, ProviderError},
    exchange::Reply,
    meta::check::{Graph, Outcome},
    report::{Field, Finding, Level, registered_webhook},
};

/// The webhook object of WhatsApp.
const OBJECT: &str = "whatsapp_business_account";

/// The field of webhooks without which onboarding is not heard of
/// (`https://developers.facebook.com/docs/whatsapp/embedded-signup/implementation`).
const REQUIRED_FIELD: &str = "account_update";

const WEBHOOK_ADVICE: &str =
    "Set it in the App Dashboard, WhatsApp, Configuration, with the verify token of this account.";

pub(super) async fn ask(
    graph: &Graph<'_>,
    secret: &SecretString,
    app_token: &SecretString,
) -> Outcome {
    let url = graph.url(&[&graph.account.app_id, "subscriptions"]);
    let call =
        call!("provider.meta.app_subscriptions", Method::GET, url).bearer(app_token).hiding(secret);
    match graph.ask(call).await {
        Ok(reply) => Outcome::go_on(accepted(graph, reply)),
        Err(error) => {
            let mut outcome = refused(error);
            // A version that has ended may be why.
            let version = graph.version.judge(None, graph.clock.now());
            outcome.findings.extend((version.level != Level::Ok).then_some(version));
            outcome
        }
    }
}

fn accepted(graph: &Graph<'_>, reply: Reply) -> Vec<Finding> {
    let mut findings = vec![
        Finding::ok("app_accepted", "Meta accepts the app id with the app secret.")
            .about(Field::PartnerSecret),
        graph.version.judge(reply.header("facebook-api-version"), graph.clock.now()),
    ];
    // The shape of this list is not certain, so one that is not understood says nothing.
    let answer = reply.scrubbed();
    let Some(subscriptions) = answer.get("data").and_then(Value::as_array) else { return findings };
    let ours = |entry: &&Value| entry.get("object").and_then(Value::as_str) == Some(OBJECT);
    let subscription = subscriptions.iter().find(ours);
    let registered = subscription.and_then(|entry| entry.get("callback_url")?.as_str());
    findings.push(registered_webhook(
        Provider::Meta,
        registered,
        graph.account.webhook_url.as_ref(),
        WEBHOOK_ADVICE,
    ));
    let fields = subscription.and_then(|entry| entry.get("fields")?.as_array());
    if let Some(fields) = fields
        && !fields.iter().any(|field| field_name(field) == Some(REQUIRED_FIELD))
    {
        findings.push(
            Finding::warning(
                "webhook_field_missing",
                format!("The app is not subscribed to the webhook field {REQUIRED_FIELD}, which tells of onboarded and lost clients."),
                "Subscribe to it in the App Dashboard, WhatsApp, Configuration, Webhook fields.",
            )
            .about(Field::PartnerWebhookUrl),
        );
    }
    findings
}

fn field_name(field: &Value) -> Option<&str> {
    field.get("name").unwrap_or(field).as_str()
}

/// Which error a wrong secret brings is not published, so Meta's words decide beside its code.
fn refused(error: ProviderError) -> Outcome {
    if error.failure != Failure::Answered {
        return Outcome::stop(Finding::trouble(error));
    }
    let message = error.message.to_ascii_lowercase();
    let named = message.contains("client secret") || message.contains("validating application");
    let finding = match error.kind {
        Kind::NotFound => Finding::error(
            "app_unknown",
            "Meta has no app with this app id.",
            "Copy the app id from the App Dashboard, Settings, Basic.",
        )
        .about(Field::PartnerApiKey),
        Kind::Authentication | Kind::Invalid | Kind::Transient if named || error.kind == Kind::Authentication => {
            Finding::error(
                "app_secret_rejected",
                "Meta does not accept the app secret for this app id.",
                "Copy both from the App Dashboard, Settings, Basic; a secret that was reset no longer works.",
            )
            .about(Field::PartnerSecret)
        }
        Kind::Permission => Finding::error(
            "app_restricted",
            "Meta does not let this app read its own settings.",
            "Look for restrictions and required actions in the App Dashboard.",
        )
        .about(Field::PartnerApiKey),
        _ => return Outcome::stop(Finding::trouble(error)),
    };
    Outcome::stop(finding.because(error))
}
