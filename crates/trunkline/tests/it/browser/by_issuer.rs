//! Signing in at an issuer that is another site, with the cookies and the policy that a browser holds to.

use std::net::TcpListener;

use super::driver::Browser;
use super::walk::Walk;
use super::{issuer, sign_out, tell};
use crate::place::Place;
use crate::serving::{KEY, Serving};

#[tokio::test]
async fn somebody_signs_in_at_the_issuer_and_comes_back_to_the_page_that_was_wanted() {
    let place = Place::platform().await;
    // The issuer must be told the address before the service has it.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = format!(
        r#"
        [server]
        listen = "{address}"
        public_url = "http://{address}"

        [sign_in.oidc]
        issuer = "{}"
        client_id = "trunkline"
        label = "Example ID"
        role_claim = "groups"
        roles = {{ staff = "viewer", owners = "owner" }}
        create_users = true
        allow_private_address = true
        "#,
        issuer::start().await
    );
    place.write("trunkline.toml", settings);
    let serving = Serving::start(place.command("serve").env("TRUNKLINE_KEYS", KEY)).await;
    tell(&serving.address, story).await;
}

async fn story(browser: Browser) {
    let mut walk = Walk::new(&browser);
    browser.size(1280, 800).await;
    browser.open("/admin/partner-accounts").await;
    browser.finds("//h1[.='Sign in']").await;
    walk.look("sign-in-by-issuer", 200).await;
    browser.press("Sign in with Example ID").await;
    browser.press("Refuse").await;
    browser.sees("Example ID did not sign you in").await;
    walk.look("sign-in-by-issuer-refused", 403).await;
    browser.press("Try again").await;
    browser.press("Continue as Ada").await;
    browser.sees("No partner account yet").await;
    assert_eq!(browser.path().await, "/admin/partner-accounts");
    browser.open("/admin/profile").await;
    browser.sees("ada@example.com").await;
    browser.sees("Your role: owner").await;
    browser.sees("You have none here").await;
    walk.look("profile-by-issuer", 200).await;
    sign_out(&browser).await;
    browser.press("Sign in with Example ID").await;
    browser.press("Continue as Ada").await;
    browser.finds("//h1[.='Overview']").await;
    assert_eq!(browser.path().await, "/admin");
    assert!(walk.wrong.is_empty(), "{}", walk.wrong.join("\n"));
}
