//! Every way in which an issuer, or whoever stands between, fails: a page that says what to do.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Place;
use super::issuer::Signer;
use crate::people::main_of;
use crate::support::Answer;

impl Place {
    /// A walk that ends at a page: its status and what it says, without what changes from time to time.
    async fn fails(&self) -> (u16, String) {
        let answer = self.walk().await;
        self.judge(&answer).await
    }

    async fn judge(&self, answer: &Answer) -> (u16, String) {
        let body = &answer.body;
        assert!(
            answer
                .headers
                .get_all("set-cookie")
                .iter()
                .all(|cookie| { !cookie.to_str().unwrap().starts_with("trunkline_session=") })
        );
        for leaked in ["code-", "eyJ", "<b>", super::SECRET, "127.0.0.1", "invalid_"] {
            assert!(!main_of(body).contains(leaked), "{leaked}: {body}");
        }
        assert!(body.contains("Try again"), "{body}");
        let sessions = "SELECT count(*) FROM trunkline.sessions";
        assert_eq!(self.service.number(sessions).await, 1, "the setup's alone");
        let title = body.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap();
        (answer.status.as_u16(), title.to_owned())
    }
}

const OVER: (u16, &str) = (400, "This sign-in is over");
const NOT_ACCEPTED: (u16, &str) = (502, "The answer of Example ID is not accepted");
const CLOCKS: (u16, &str) = (502, "The clocks do not agree");
const SET_UP: (u16, &str) = (502, "Example ID cannot be used as it is set up");
const SILENT: (u16, &str) = (503, "Example ID does not answer");

#[track_caller]
fn same(found: &(u16, String), expected: (u16, &str), what: &str) {
    assert_eq!((found.0, found.1.as_str()), expected, "{what}");
}

#[tokio::test]
async fn a_token_that_says_something_else_lets_nobody_in() {
    let place = Place::new(|_| ()).await;
    let now = place.service.clock.now().as_second();
    let lies: [(&str, Value, (u16, &str)); 18] = [
        ("iss", json!("https://evil.example"), NOT_ACCEPTED),
        ("aud", json!("another client"), NOT_ACCEPTED),
        ("aud", json!([super::CLIENT_ID, "another"]), NOT_ACCEPTED),
        ("aud", json!([]), NOT_ACCEPTED),
        ("azp", json!("another client"), NOT_ACCEPTED),
        ("exp", json!(now - 61), CLOCKS),
        ("exp", json!("9999999999"), NOT_ACCEPTED),
        ("exp", json!(null), NOT_ACCEPTED),
        ("exp", json!(1e300), NOT_ACCEPTED),
        ("iat", json!(now + 61), CLOCKS),
        ("iat", json!(null), NOT_ACCEPTED),
        ("nbf", json!(now + 61), CLOCKS),
        ("nonce", json!("another"), OVER),
        ("nonce", json!(null), OVER),
        ("sub", json!(""), NOT_ACCEPTED),
        ("sub", json!("a\u{0}b"), NOT_ACCEPTED),
        ("sub", json!("x".repeat(256)), NOT_ACCEPTED),
        ("sub", json!(7), NOT_ACCEPTED),
    ];
    for (claim, value, expected) in lies {
        let what = format!("{claim}: {value}");
        place.issuer.lie_in_claims(move |claims| claims[claim] = value.clone());
        same(&place.fails().await, expected, &what);
    }
    // Half a minute apart is no failure.
    place.issuer.lie_in_claims(move |claims| {
        claims["aud"] = json!([super::CLIENT_ID, "another"]);
        claims["azp"] = json!(super::CLIENT_ID);
        claims["exp"] = json!(now - 30);
        claims["iat"] = json!(now + 30);
    });
    place.walk().await.leads_to("/admin/users");
}

#[tokio::test]
async fn a_token_that_the_issuer_did_not_sign_lets_nobody_in() {
    let place = Place::new(|_| ()).await;
    for algorithm in ["none", "HS256", "RS256", "ES384", "es256", ""] {
        place.issuer.lie_in_header(move |header| header["alg"] = json!(algorithm));
        same(&place.fails().await, NOT_ACCEPTED, algorithm);
    }
    place.issuer.lie_in_header(|header| header["crit"] = json!(["exp"]));
    same(&place.fails().await, NOT_ACCEPTED, "an extension");
    place.issuer.lie_in_header(|_| ());
    let lies: [fn(&mut String); 6] = [
        |token| *token = token.replacen("ey", "fy", 1),
        |token| token.truncate(token.rfind('.').unwrap() + 1),
        |token| token.truncate(token.rfind('.').unwrap()),
        |token| token.push_str("AA"),
        |token| token.push_str(".AA"),
        |token| {
            // The claims of somebody else under the signature of these.
            let claims = "eyJpc3MiOiJhIn0";
            let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
            *token = format!("{}.{claims}.{}", parts[0], parts[2]);
        },
    ];
    for (number, lie) in lies.into_iter().enumerate() {
        place.issuer.lie_in_token(lie);
        same(&place.fails().await, NOT_ACCEPTED, &format!("lie {number}"));
    }
    place.issuer.lie_in_token(|_| ());
    place.walk().await.leads_to("/admin/users");
    // Another key under the name of one that is known.
    place.issuer.new_key("first", Signer::es256());
    place.walk().await.expect(502).says("is not accepted");
}

#[tokio::test]
async fn an_issuer_that_is_down_or_talks_nonsense_is_a_page() {
    for (path, status, body, expected) in [
        ("discovery", 500, "oops", SET_UP),
        ("discovery", 200, "<html>", SET_UP),
        ("discovery", 200, "{}", SET_UP),
        (
            "discovery",
            200,
            r#"{"issuer": "https://evil.example", "authorization_endpoint": "https://evil.example/a", "token_endpoint": "https://evil.example/t", "jwks_uri": "https://evil.example/k"}"#,
            SET_UP,
        ),
    ] {
        let place = Place::new(|_| ()).await;
        place.issuer.answer_instead(path, status, body);
        let answer = place.service.page("/admin/sign-in/oidc", "").await;
        same(&place.judge(&answer).await, expected, body);
        place.issuer.answer_instead("nothing", 200, "");
        place.walk().await.leads_to("/admin/users");
    }
    let place = Place::new(|_| ()).await;
    for (path, status, body, expected) in [
        ("token", 500, "oops", SET_UP),
        ("token", 200, "[]", SET_UP),
        ("token", 200, r#"{"access_token": "only"}"#, SET_UP),
        ("token", 401, r#"{"error": "invalid_client"}"#, SET_UP),
        ("token", 400, r#"{"error": "invalid_grant", "error_description": "code-1"}"#, OVER),
        ("token", 200, r#"{"id_token": "not one"}"#, NOT_ACCEPTED),
        ("keys", 404, "", SET_UP),
        ("keys", 200, r#"{"keys": []}"#, SET_UP),
        ("keys", 200, "null", SET_UP),
    ] {
        place.issuer.answer_instead(path, status, body);
        same(&place.fails().await, expected, body);
    }
}

#[tokio::test]
async fn an_issuer_that_is_gone_or_too_slow_is_a_page_that_says_to_come_back() {
    let mut place = Place::new(|_| ()).await;
    let (address, cookie) = place.begin("").await;
    let back = place.issuer.lets_in(&address);
    *place.issuer.inner.hangs.lock().unwrap() = Some("token");
    let answer = place.service.page(&back, &cookie).await;
    assert_eq!(answer.header("retry-after"), "30");
    same(&place.judge(&answer).await, SILENT, "slow");
    let (address, cookie) = place.begin("").await;
    let back = place.issuer.lets_in(&address);
    place.issuer.stop().await;
    let answer = place.service.page(&back, &cookie).await;
    same(&place.judge(&answer).await, SILENT, "gone");
    place.service.wait(3601);
    let answer = place.service.page("/admin/sign-in/oidc", "").await;
    same(&place.judge(&answer).await, SILENT, "gone before it began");
    let owner = place.service.enter("ada@example.com").await;
    assert!(place.service.is_signed_in(&owner).await, "the password still does");
}

#[tokio::test]
async fn what_the_issuer_declines_is_explained() {
    let place = Place::new(|_| ()).await;
    for (error, expected) in [
        ("access_denied", (403, "Example ID did not sign you in")),
        ("temporarily_unavailable", (503, "Example ID cannot sign you in now")),
        ("%3Cscript%3E", (502, "Example ID did not sign you in")),
    ] {
        let (address, cookie) = place.begin("").await;
        let back = place.issuer.lets_in(&address);
        let state = back.split("state=").nth(1).unwrap().split('&').next().unwrap();
        let path = format!("/admin/sign-in/oidc/callback?error={error}&state={state}");
        let answer = place.service.page(&path, &cookie).await;
        assert!(!main_of(&answer.body).contains("script"), "{}", answer.body);
        same(&place.judge(&answer).await, expected, error);
    }
}

#[tokio::test]
async fn an_attempt_is_good_once_in_its_browser_and_for_ten_minutes() {
    let place = Place::new(|_| ()).await;
    let service = &place.service;
    let (address, cookie) = place.begin("").await;
    let back = place.issuer.lets_in(&address);
    let (other_address, other_cookie) = place.begin("").await;
    for (path, cookie, what) in [
        (back.clone(), "", "without the cookie"),
        (back.clone(), other_cookie.as_str(), "the cookie of another attempt"),
        (back.clone(), "trunkline_oidc=tlk1.nonsense", "no cookie of ours"),
        (back.replace("state=", "state=x"), cookie.as_str(), "another state"),
        ("/admin/sign-in/oidc/callback".to_owned(), cookie.as_str(), "nothing"),
        (format!("{back}&iss=https://evil.example"), cookie.as_str(), "another issuer"),
    ] {
        let answer = service.page(&path, cookie).await;
        same(&place.judge(&answer).await, OVER, what);
    }
    service.page(&format!("{back}&code=%00"), &cookie).await.expect(422);
    let entered = service.page(&back, &cookie).await.leads_to("/admin").session();
    // Whoever goes back in the browser is told that all is well; the browser has forgotten the attempt.
    service.page(&back, &entered).await.leads_to("/admin");
    // Whoever has kept its cookie gets nothing for the code a second time.
    let again = service.page(&back, &cookie).await.expect(400);
    assert!(again.body.contains("This sign-in is over"));
    let back = place.issuer.lets_in(&other_address);
    service.clock.advance(SignedDuration::from_mins(10));
    let late = service.page(&back, &other_cookie).await.expect(400);
    assert!(late.body.contains("This sign-in is over"));
}

#[tokio::test]
async fn an_attempt_leads_to_pages_of_this_service_alone() {
    let place = Place::new(|_| ()).await;
    for then in ["https://evil.example", "//evil.example", "%09//evil"] {
        let (address, cookie) = place.begin(then).await;
        let back = place.issuer.lets_in(&address);
        place.service.page(&back, &cookie).await.leads_to("/admin");
    }
}
