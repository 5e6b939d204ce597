//! The system-user token, as `debug_token` describes it
//! (`https://developers.facebook.com/docs/facebook-login/guides/access-tokens/debugging`).

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use secrecy::SecretString;
use serde_json::Value;

use crate::{
    call,
    error::ProviderError,
    exchange::text,
    meta::check::{Graph, Outcome},
    report::{Field, Finding},
};

/// What a partner's token must be allowed to do
/// (`https://developers.facebook.com/docs/whatsapp/business-management-api/get-started`).
pub const SCOPES: [&str; 3] =
    ["whatsapp_business_management", "whatsapp_business_messaging", "business_management"];

/// What a company's own token must be allowed to do.
pub const COMPANY_SCOPES: [&str; 2] =
    ["whatsapp_business_management", "whatsapp_business_messaging"];

/// How long before its end a token is warned of.
const NOTICE: SignedDuration = SignedDuration::from_hours(14 * 24);

const NEW_TOKEN: &str =
    "Generate a new token in Business settings, System users, for this app, and enter it here.";

pub(super) async fn ask(
    graph: &Graph<'_>,
    secret: &SecretString,
    app_token: &SecretString,
    token: &SecretString,
) -> Outcome {
    let call = call!("provider.meta.debug_token", Method::GET, graph.url(&["debug_token"]))
        .bearer(app_token)
        .hiding(secret)
        .secret_query("input_token", token);
    match graph.ask(call).await {
        Ok(reply) => match reply.scrubbed().get("data") {
            Some(data) if data.get("is_valid").is_some_and(Value::is_boolean) => {
                describe(data, &graph.account.app_id, graph.clock.now())
            }
            _ => Outcome::stop(
                Finding::error(
                    "answer_unexpected",
                    "What answers at the base URL does not describe a token as Meta does.",
                    "Check the base URL and the Graph version.",
                )
                .about(Field::BaseUrl),
            ),
        },
        Err(error) => refused(error),
    }
}

fn refused(error: ProviderError) -> Outcome {
    if error.is_trouble() {
        return Outcome::stop(Finding::trouble(error));
    }
    // The app's own token was accepted a moment ago, so this is about the other one.
    let finding = Finding::error(
        "token_rejected",
        "Meta does not recognise the system-user token.",
        NEW_TOKEN,
    );
    Outcome::stop(finding.about(Field::AccessToken).because(error))
}

fn describe(data: &Value, app_id: &str, now: Timestamp) -> Outcome {
    let expiry = moment(data, "expires_at");
    if data.get("is_valid").and_then(Value::as_bool) != Some(true) {
        return Outcome::stop(
            invalid(data, expiry.filter(|expiry| *expiry <= now)).about(Field::AccessToken),
        );
    }
    let mut findings = Vec::new();
    let app = data.get("app_id").and_then(text);
    if app.as_deref().is_some_and(|app| app != app_id) {
        findings.push(
            Finding::error(
                "token_of_another_app",
                format!("The system-user token was made for another app than {app_id}."),
                NEW_TOKEN,
            )
            .about(Field::AccessToken)
            .showing(&app.unwrap_or_default()),
        );
    }
    findings.push(lifetime(expiry, now).about(Field::AccessToken));
    if let Some(end) = moment(data, "data_access_expires_at")
        && end <= now.saturating_add(NOTICE).unwrap_or(now)
    {
        findings.push(data_access(end, now).about(Field::AccessToken));
    }
    findings.push(scopes(data).about(Field::AccessToken));
    Outcome::go_on(findings)
}

fn invalid(data: &Value, expired: Option<Timestamp>) -> Finding {
    if let Some(expired) = expired {
        return Finding::error(
            "token_expired",
            format!("The system-user token expired at {expired}."),
            NEW_TOKEN,
        )
        .at(expired);
    }
    let reason =
        data.pointer("/error/message").and_then(Value::as_str).unwrap_or("no reason given");
    let reason: String =
        reason.chars().filter(|character| !character.is_control()).take(200).collect();
    Finding::error(
        "token_invalid",
        format!("Meta says that the system-user token is not valid: {reason}"),
        NEW_TOKEN,
    )
}

fn lifetime(expiry: Option<Timestamp>, now: Timestamp) -> Finding {
    match expiry {
        None => Finding::ok("token_valid", "The system-user token is valid, and no end is set."),
        Some(end) if end <= now => Finding::error(
            "token_expired",
            format!("The system-user token expired at {end}."),
            NEW_TOKEN,
        )
        .at(end),
        Some(end) if end <= now.saturating_add(NOTICE).unwrap_or(now) => Finding::warning(
            "token_expires_soon",
            format!("The system-user token expires at {end}."),
            NEW_TOKEN,
        )
        .at(end),
        Some(end) => {
            Finding::ok("token_valid", format!("The system-user token is valid until {end}."))
                .at(end)
        }
    }
}

fn data_access(end: Timestamp, now: Timestamp) -> Finding {
    if end <= now {
        let message = format!("The system-user token lost its access to data at {end}.");
        return Finding::error("data_access_expired", message, NEW_TOKEN).at(end);
    }
    Finding::warning(
        "data_access_expires_soon",
        format!("The system-user token loses its access to data at {end}."),
        NEW_TOKEN,
    )
    .at(end)
}

fn scopes(data: &Value) -> Finding {
    let listed = |scope: &str| {
        let plain = data.get("scopes").and_then(Value::as_array);
        let granular = data.get("granular_scopes").and_then(Value::as_array);
        plain.is_some_and(|scopes| scopes.iter().any(|entry| entry.as_str() == Some(scope)))
            || granular.is_some_and(|scopes| {
                scopes.iter().any(|entry| entry.get("scope").and_then(Value::as_str) == Some(scope))
            })
    };
    let missing: Vec<&str> = SCOPES.into_iter().filter(|scope| !listed(scope)).collect();
    if missing.is_empty() {
        return Finding::ok(
            "token_scopes",
            "The system-user token has every permission that is needed.",
        );
    }
    let missing = missing.join(", ");
    Finding::error(
        "token_scopes_missing",
        format!("The system-user token lacks the permissions {missing}."),
        "Generate a new token in Business settings, System users, with these permissions ticked, and enter it here.",
    )
    .showing(&missing)
}

/// Unix seconds; 0 means never.
fn moment(data: &Value, name: &str) -> Option<Timestamp> {
    let seconds = data.get(name)?.as_i64().filter(|seconds| *seconds > 0)?;
    Timestamp::from_second(seconds).ok()
}
