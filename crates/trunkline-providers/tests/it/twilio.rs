use serde_json::{Value, json};
use trunkline_providers::{
    report::Report,
    twilio::{Account, check},
};

use crate::fake::{Answer, Fake, Request, clock, codes, http, shown};

const ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const KEY: &str = "SKbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
/// `ACaa…:auth-token`, `SKbb…:key-secret`.
const BY_TOKEN: &str = "Basic QUNhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYTphdXRoLXRva2Vu";
const BY_KEY: &str = "Basic U0tiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYjprZXktc2VjcmV0";

fn account(fake: &Fake) -> Account {
    let mut account = Account::new(ACCOUNT);
    account.base_url = Some(fake.url(""));
    account.auth_token = Some("auth-token".into());
    account.api_key_sid = Some(KEY.into());
    account.api_key_secret = Some("key-secret".into());
    account
}

fn object() -> Value {
    json!({"sid": ACCOUNT, "owner_account_sid": ACCOUNT, "friendly_name": "Acme", "status": "active", "type": "Full",
        "auth_token": "auth-token"})
}

/// A parent account with a token and a Standard or Main key.
fn provider(request: &Request, object: &Value, main_key: bool) -> Answer {
    let refuse = |status: u16, code: u32, words: &str| {
        let page = format!("https://www.twilio.com/docs/errors/{code}");
        Answer::Json(
            status,
            json!({"code": code, "message": words, "more_info": page, "status": status}),
        )
    };
    let user = request.header("authorization").unwrap();
    match request.path() {
        "/2010-04-01/Accounts/ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.json" => match user {
            BY_TOKEN => Answer::Json(200, object.clone()),
            BY_KEY if main_key => Answer::Json(200, object.clone()),
            _ => refuse(401, 20003, "Authenticate"),
        },
        "/v2/Channels/Senders" if user == BY_KEY => Answer::Json(200, json!({"senders": []})),
        "/v2/Channels/Senders" => refuse(401, 20003, "Authenticate"),
        _ => refuse(404, 20404, "The requested resource was not found"),
    }
}

async fn checked(
    object: Value,
    main_key: bool,
    change: impl FnOnce(&mut Account),
) -> (Report, Fake) {
    let fake = Fake::start(move |request| provider(request, &object, main_key)).await;
    let mut account = account(&fake);
    change(&mut account);
    (check(&http(), &account, &clock()).await, fake)
}

#[tokio::test]
async fn a_good_account_is_found_good_by_token_and_by_key() {
    let (report, fake) = checked(object(), true, |_| ()).await;
    assert_eq!(fake.seen().len(), 2);
    insta::assert_snapshot!(shown(&report, &fake));
}

#[tokio::test]
async fn a_standard_key_is_good_for_senders_and_said_to_be_no_more() {
    let (report, fake) = checked(object(), false, |_| ()).await;
    assert_eq!(
        fake.seen().last().unwrap().target,
        "/v2/Channels/Senders?Channel=whatsapp&PageSize=1"
    );
    insta::assert_snapshot!(shown(&report, &fake));
}

#[tokio::test]
async fn a_wrong_token_and_a_wrong_key_are_told_apart() {
    let (token, _) =
        checked(object(), true, |account| account.auth_token = Some("wrong-token".into())).await;
    assert_eq!(codes(&token), ["auth_token_rejected", "api_key_accepted", "account_active"]);
    let (both, fake) = checked(object(), true, |account| {
        account.auth_token = Some("wrong-token".into());
        account.api_key_secret = Some("wrong-secret".into());
    })
    .await;
    insta::assert_snapshot!(shown(&both, &fake));
    let other = format!("AC{}", "c".repeat(32));
    let (unknown, _) = checked(object(), true, |account| account.account_sid = other).await;
    assert_eq!(codes(&unknown)[0], "account_unknown");
}

#[tokio::test]
async fn the_state_of_the_account_is_a_finding() {
    let with = |field: &str, value: &str| {
        let mut object = object();
        object[field] = json!(value);
        object
    };
    let table = [
        (with("status", "suspended"), "account_suspended"),
        (with("status", "closed"), "account_closed"),
        (with("status", "frozen"), "account_state_unknown"),
        (with("type", "Trial"), "account_trial"),
        (with("owner_account_sid", "ACdddddddddddddddddddddddddddddddd"), "account_is_subaccount"),
        (with("sid", "ACdddddddddddddddddddddddddddddddd"), "answer_unexpected"),
    ];
    for (object, code) in table {
        let (report, _) = checked(object, true, |_| ()).await;
        assert!(codes(&report).contains(&code), "{code}: {report:?}");
    }
}

#[tokio::test]
async fn an_account_that_may_not_sign_in_is_said_to_be_inactive_or_forbidden() {
    for (status, code, finding) in [
        (401, 10001, "account_not_active"),
        (403, 20005, "account_not_active"),
        (401, 90010, "account_not_active"),
        (403, 20003, "account_forbidden"),
        (403, 70051, "account_forbidden"),
        (404, 20404, "account_unknown"),
        (400, 20001, "provider_refused"),
    ] {
        let body = json!({"code": code, "message": "words", "status": status});
        let fake = Fake::start(move |_| Answer::Json(status, body.clone())).await;
        let mut account = account(&fake);
        account.api_key_sid = None;
        account.api_key_secret = None;
        let report = check(&http(), &account, &clock()).await;
        assert_eq!(codes(&report), [finding], "{code}");
    }
}

/// What is changed in a good account, and what is to be found.
type Mistake = (fn(&mut Account), &'static str);

#[tokio::test]
async fn what_is_missing_or_misspelt_is_said_without_asking() {
    let nothing = checked(object(), true, |account| {
        account.auth_token = None;
        account.api_key_sid = None;
        account.api_key_secret = None;
    });
    let (report, fake) = nothing.await;
    assert!(fake.seen().is_empty());
    insta::assert_snapshot!(shown(&report, &fake));
    let table: [Mistake; 6] = [
        (|account| account.account_sid.clear(), "account_sid_missing"),
        (|account| account.account_sid = "AC123/../x".into(), "account_sid_malformed"),
        (|account| account.api_key_sid = None, "api_key_sid_missing"),
        (|account| account.api_key_secret = None, "api_key_secret_missing"),
        (|account| account.api_key_sid = Some("AC0".into()), "api_key_sid_malformed"),
        (|account| account.auth_token = None, "auth_token_missing"),
    ];
    for (change, code) in table {
        let (report, _) = checked(object(), true, change).await;
        assert!(codes(&report).contains(&code), "{code}: {report:?}");
    }
}
