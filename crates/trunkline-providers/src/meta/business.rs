//! The business portfolio, read with the system-user token and the proof of the app secret.

use reqwest::Method;
use secrecy::SecretString;
use serde_json::Value;

use crate::{
    call,
    error::{Kind, ProviderError},
    exchange::text,
    meta::{appsecret_proof, check::Graph},
    report::{Field, Finding},
};

pub(super) async fn ask(
    graph: &Graph<'_>,
    secret: &SecretString,
    token: &SecretString,
) -> Vec<Finding> {
    let expected = graph.account.business_id.as_str();
    let call = call!("provider.meta.business", Method::GET, graph.url(&[expected]))
        .bearer(token)
        .hiding(secret)
        .query("fields", "id,name,verification_status")
        .secret_query("appsecret_proof", &appsecret_proof(secret, token));
    match graph.ask(call).await {
        Ok(reply) => read(&reply.scrubbed(), expected),
        Err(error) => vec![refused(error, expected)],
    }
}

fn read(business: &Value, expected: &str) -> Vec<Finding> {
    let name = business.get("name").and_then(text).unwrap_or_default();
    match business.get("id").and_then(text) {
        Some(id) if id == expected => {
            let readable = Finding::ok(
                "business_readable",
                format!("The token reads business portfolio {id}."),
            )
            .about(Field::PartnerId)
            .showing(&name);
            let proved =
                Finding::ok("appsecret_proof", "Meta accepts calls that the app secret proves.")
                    .about(Field::PartnerSecret);
            let mut findings = vec![readable, proved];
            findings.extend(verification(business));
            findings
        }
        _ => vec![
            Finding::error(
                "answer_unexpected",
                format!(
                    "What answers at the base URL does not describe business portfolio {expected}."
                ),
                "Check the base URL and the business portfolio id.",
            )
            .about(Field::PartnerId),
        ],
    }
}

/// The word comes in either case, and the list of words is open: only the one good word is known.
fn verification(business: &Value) -> Option<Finding> {
    let status = business.get("verification_status").and_then(text)?;
    if status.eq_ignore_ascii_case("verified") {
        return Some(
            Finding::ok("business_verified", "Meta has verified the business.")
                .about(Field::PartnerId),
        );
    }
    let finding = Finding::warning(
        "business_not_verified",
        format!("Meta has not verified the business: {status}."),
        "Finish the verification in Business settings, Security Center; until then Meta limits how many clients can be onboarded.",
    );
    Some(finding.about(Field::PartnerId).showing(&status))
}

fn refused(error: ProviderError, business: &str) -> Finding {
    if error.is_trouble() {
        return Finding::trouble(error);
    }
    let finding = match error.kind {
        // The wording is not published; the name of the parameter is in it by every report.
        Kind::Invalid | Kind::Authentication if error.message.contains("appsecret_proof") => Finding::error(
            "appsecret_proof_rejected",
            "Meta does not accept the proof made with this app secret for this token.",
            "The token must be made for the same app as the secret: generate a new one for this app.",
        )
        .about(Field::PartnerSecret),
        Kind::Authentication => Finding::error(
            "token_rejected",
            "Meta does not accept the system-user token.",
            "Generate a new token in Business settings, System users, for this app, and enter it here.",
        )
        .about(Field::AccessToken),
        Kind::Permission => Finding::error(
            "business_forbidden",
            format!("The system-user token may not read business portfolio {business}."),
            "Generate the token with the permission business_management, for a system user of this portfolio.",
        )
        .about(Field::AccessToken),
        Kind::NotFound | Kind::Invalid => Finding::error(
            "business_unreadable",
            format!("Business portfolio {business} does not exist, or the system user does not belong to it."),
            "Copy the id from Business settings, Business info, and use a token of a system user of that portfolio.",
        )
        .about(Field::PartnerId),
        Kind::Throttled { .. } | Kind::Transient => return Finding::trouble(error),
    };
    finding.because(error)
}
