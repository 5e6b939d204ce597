use std::sync::Arc;

use serde_json::{Value, json};
use trunkline_providers::{
    meta::{Account, Version, appsecret_proof, check},
    report::{Level, Report},
};

use crate::fake::{Answer, Fake, Request, clock, codes, http, noon, shown};

const APP: &str = "670843887433847";
const BUSINESS: &str = "2729063490586005";
const SECRET: &str = "test_app_secret";
const TOKEN: &str = "EAATESTTOKEN";
const PROOF: &str = "bad6df0b858104754a0ffde2f0c05fe9731f1a5e141ee1bccf316d05f28d5135";
const WEBHOOK: &str = "https://trunkline.example/webhooks/meta/abc";

fn account(fake: &Fake) -> Account {
    let mut account = Account::new(APP, BUSINESS);
    account.base_url = Some(fake.url(""));
    account.app_secret = Some(SECRET.into());
    account.system_user_token = Some(TOKEN.into());
    account.config_id = Some("1122334455".into());
    account.webhook_url = Some(WEBHOOK.parse().unwrap());
    account
}

/// What the provider says; a test changes a part.
#[derive(Clone)]
struct Graph {
    served: String,
    token: Value,
    business: Answered,
    subscriptions: Value,
}

#[derive(Clone)]
struct Answered(u16, Value);

fn graph() -> Graph {
    let now = noon().as_second();
    Graph {
        served: "v25.0".into(),
        token: json!({"app_id": APP, "application": "Trunkline", "type": "SYSTEM_USER", "is_valid": true,
            "expires_at": now + 50 * 86_400, "data_access_expires_at": now + 80 * 86_400,
            "scopes": ["whatsapp_business_management", "whatsapp_business_messaging", "business_management"]}),
        business: Answered(
            200,
            json!({"id": BUSINESS, "name": "Acme GmbH", "verification_status": "verified"}),
        ),
        subscriptions: json!([{"object": "whatsapp_business_account", "callback_url": WEBHOOK, "active": true,
            "fields": [{"name": "messages", "version": "v25.0"}, {"name": "account_update", "version": "v25.0"}]}]),
    }
}

fn refuse(code: u32, subcode: Option<u32>, words: &str) -> Answered {
    let mut error = json!({"message": words, "type": "OAuthException", "code": code, "fbtrace_id": "AXsgnV2Cm3"});
    if let Some(subcode) = subcode {
        error["error_subcode"] = json!(subcode);
    }
    Answered(400, json!({"error": error}))
}

fn provider(request: &Request, graph: &Graph) -> Answer {
    let app_token = format!("Bearer {APP}|{SECRET}");
    let Answered(status, body) =
        match (request.path().split_once("/v").unwrap().1, request.header("authorization")) {
            (_, Some("Bearer EAATESTTOKEN")) if request.path().ends_with(BUSINESS) => {
                let proved = request.target.contains(&format!("appsecret_proof={PROOF}"));
                if proved {
                    graph.business.clone()
                } else {
                    refuse(100, None, "Invalid appsecret_proof")
                }
            }
            (path, Some(token)) if token == app_token && path.ends_with("/debug_token") => {
                assert!(request.target.ends_with(&format!("input_token={TOKEN}")));
                Answered(200, json!({"data": graph.token}))
            }
            (path, Some(token)) if token == app_token && path.ends_with("/subscriptions") => {
                Answered(200, json!({"data": graph.subscriptions}))
            }
            _ => refuse(190, None, "Invalid OAuth access token signature."),
        };
    let headers = format!("facebook-api-version: {}\r\n", graph.served);
    Answer::Text(
        status,
        if graph.served.is_empty() { String::new() } else { headers },
        body.to_string(),
    )
}

async fn checked(graph: Graph, change: impl FnOnce(&mut Account)) -> (Report, Fake) {
    let graph = Arc::new(graph);
    let fake = Fake::start(move |request| provider(request, &graph)).await;
    let mut account = account(&fake);
    change(&mut account);
    (check(&http(), &account, &clock()).await, fake)
}

async fn with_token(change: impl FnOnce(&mut Value)) -> Report {
    let mut graph = graph();
    change(&mut graph.token);
    checked(graph, |_| ()).await.0
}

#[tokio::test]
async fn a_good_account_is_found_good_by_three_requests() {
    let (report, fake) = checked(graph(), |_| ()).await;
    assert_eq!(fake.seen().len(), 3);
    assert!(
        fake.seen()
            .iter()
            .all(|request| request.method == "GET" && request.path().starts_with("/v25.0/"))
    );
    insta::assert_snapshot!(shown(&report, &fake));
}

#[test]
fn the_proof_is_the_one_of_the_reference() {
    use secrecy::ExposeSecret;
    let proof = appsecret_proof(&SECRET.into(), &TOKEN.into());
    assert_eq!(proof.expose_secret(), PROOF);
}

#[tokio::test]
async fn a_wrong_app_secret_ends_the_check() {
    let (report, fake) =
        checked(graph(), |account| account.app_secret = Some("another_app_secret".into())).await;
    assert_eq!(fake.seen().len(), 1);
    insta::assert_snapshot!(shown(&report, &fake));
}

#[tokio::test]
async fn the_apps_refusals_are_told_apart() {
    let table = [
        (refuse(190, None, "Invalid OAuth access token signature."), "app_secret_rejected"),
        (refuse(1, None, "Error validating client secret."), "app_secret_rejected"),
        (refuse(101, None, "Error validating application."), "app_secret_rejected"),
        (refuse(803, None, "Some of the aliases you requested do not exist"), "app_unknown"),
        (refuse(10, None, "Application does not have permission"), "app_restricted"),
        (refuse(2500, None, "Unknown path components: /subscriptions"), "provider_refused"),
        (refuse(1, None, "An unknown error occurred"), "provider_unavailable"),
        (refuse(4, None, "Application request limit reached"), "throttled"),
    ];
    for (Answered(status, body), code) in table {
        let fake = Fake::start(move |_| Answer::Json(status, body.clone())).await;
        let report = check(&http(), &account(&fake), &clock()).await;
        assert_eq!(codes(&report), ["config_id_shape", code]);
        let mut old = account(&fake);
        old.graph_version = "v19.0".into();
        let report = check(&http(), &old, &clock()).await;
        assert_eq!(codes(&report), ["config_id_shape", code, "graph_version_too_old"]);
        assert_eq!(fake.seen().len(), 2);
    }
}

#[tokio::test]
async fn an_empty_account_says_what_to_enter() {
    let fake = Fake::start(|_| Answer::Drop).await;
    let mut account = Account::new("", "acme");
    account.config_id = Some("config".into());
    account.graph_version = "25".into();
    let report = check(&http(), &account, &clock()).await;
    assert!(fake.seen().is_empty());
    insta::assert_snapshot!(shown(&report, &fake));
}

#[tokio::test]
async fn the_token_is_described_exactly() {
    let now = noon().as_second();
    let day = 86_400;
    let table: [(Value, &str, Level); 9] = [
        (json!({"expires_at": 0}), "token_valid", Level::Ok),
        (json!({"expires_at": now + 3 * day}), "token_expires_soon", Level::Warning),
        (json!({"expires_at": now - day}), "token_expired", Level::Error),
        (json!({"is_valid": false, "expires_at": now - day}), "token_expired", Level::Error),
        (
            json!({"is_valid": false, "error": {"code": 190, "message": "Session has been invalidated"}}),
            "token_invalid",
            Level::Error,
        ),
        (json!({"data_access_expires_at": now + day}), "data_access_expires_soon", Level::Warning),
        (json!({"data_access_expires_at": now - day}), "data_access_expired", Level::Error),
        (json!({"app_id": "1"}), "token_of_another_app", Level::Error),
        (
            json!({"scopes": ["public_profile", "business_management"]}),
            "token_scopes_missing",
            Level::Error,
        ),
    ];
    for (fields, code, level) in table {
        let report = with_token(|token| {
            for (name, value) in fields.as_object().unwrap() {
                token[name] = value.clone();
            }
        })
        .await;
        let finding = report.find(code).unwrap_or_else(|| panic!("{code}: {report:?}"));
        assert_eq!(finding.level, level, "{code}");
    }
}

#[tokio::test]
async fn an_expired_token_and_missing_permissions_read_well() {
    let now = noon().as_second();
    let expired = with_token(|token| {
        token["is_valid"] = json!(false);
        token["expires_at"] = json!(now - 86_400);
    })
    .await;
    insta::assert_snapshot!(
        "token_expired",
        serde_json::to_string_pretty(expired.find("token_expired").unwrap()).unwrap()
    );
    let narrow = with_token(|token| {
        token["scopes"] = json!([]);
        token["granular_scopes"] = json!([{"scope": "business_management"}]);
    })
    .await;
    insta::assert_snapshot!(
        "scopes_missing",
        serde_json::to_string_pretty(narrow.find("token_scopes_missing").unwrap()).unwrap()
    );
}

#[tokio::test]
async fn the_portfolio_is_read_with_proof_or_its_refusal_explained() {
    let table = [
        (refuse(100, Some(33), "Unsupported get request."), "business_unreadable"),
        (refuse(200, None, "Requires business_management permission"), "business_forbidden"),
        (refuse(10, None, "Application does not have permission"), "business_forbidden"),
        (refuse(190, Some(463), "Session has expired"), "token_rejected"),
        (
            refuse(100, None, "Invalid appsecret_proof provided in the API argument"),
            "appsecret_proof_rejected",
        ),
        (refuse(4, None, "Application request limit reached"), "throttled"),
        (refuse(2, None, "Service temporarily unavailable"), "provider_unavailable"),
        (Answered(200, json!({"id": "1"})), "answer_unexpected"),
        (
            Answered(200, json!({"id": BUSINESS, "verification_status": "PENDING"})),
            "business_not_verified",
        ),
    ];
    for (business, code) in table {
        let (report, _) = checked(Graph { business, ..graph() }, |_| ()).await;
        assert!(codes(&report).contains(&code), "{code}: {report:?}");
    }
}

#[tokio::test]
async fn the_version_is_judged_by_what_was_served_and_then_by_the_calendar() {
    let table = [
        ("v25.0", "v25.0", "graph_version_supported"),
        ("v26.0", "v26.0", "graph_version_supported"),
        ("v26.0", "", "graph_version_supported"),
        ("v21.0", "v21.0", "graph_version_ends"),
        ("v20.0", "v20.0", "graph_version_ends"),
        ("v20.0", "", "graph_version_too_old"),
        ("v3.2", "", "graph_version_too_old"),
        ("v19.0", "v22.0", "graph_version_replaced"),
        ("v25.0", "nonsense", "graph_version_supported"),
    ];
    for (asked, served, code) in table {
        let graph = Graph { served: served.into(), ..graph() };
        let (report, _) = checked(graph, |account| account.graph_version = asked.into()).await;
        assert!(codes(&report).contains(&code), "{asked} {served}: {report:?}");
    }
    for text in [
        "25.0",
        "v25",
        "v25.",
        "v.0",
        "v25.0.1",
        "v-1.0",
        "v+1.0",
        "v99999999.0",
        "v25.0 ",
        "V25.0",
        "",
    ] {
        assert!(text.parse::<Version>().is_err(), "{text}");
    }
}

#[tokio::test]
async fn the_apps_webhook_is_compared_and_its_required_field_looked_for() {
    let table = [
        (json!([]), "webhook_url_missing"),
        (json!([{"object": "page", "callback_url": WEBHOOK}]), "webhook_url_missing"),
        (
            json!([{"object": "whatsapp_business_account", "callback_url": "https://old.example/"}]),
            "webhook_url_differs",
        ),
        (
            json!([{"object": "whatsapp_business_account", "callback_url": WEBHOOK, "fields": ["messages"]}]),
            "webhook_field_missing",
        ),
    ];
    for (subscriptions, code) in table {
        let (report, _) = checked(Graph { subscriptions, ..graph() }, |_| ()).await;
        assert!(codes(&report).contains(&code), "{code}: {report:?}");
    }
    let (unknown, _) = checked(Graph { subscriptions: json!("odd"), ..graph() }, |_| ()).await;
    assert_eq!(unknown.level, Level::Ok, "a list that is not understood says nothing");
}
