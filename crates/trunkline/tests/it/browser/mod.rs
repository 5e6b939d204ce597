//! The admin interface in a real browser, against the service as a process on a real PostgreSQL.

mod by_issuer;
mod driver;
mod issuer;
mod walk;

use driver::{Browser, Driver};
use walk::Walk;

use crate::place::Place;
use crate::serving::{Serving, serve};

/// A client with two channels, one of them in trouble, and a connection of the platform's that lacks everything.
const CHANNELS: &str = "
    INSERT INTO meta_whatsapp_clients (company_id, business_account_id, business_account_name, status)
    SELECT min(id), '102290129340398', 'Alpha Bakery and Confectionery', 'active'
    FROM companies;
    INSERT INTO meta_whatsapp_phone_numbers (client_id, phone_number_id, phone_number, display_name, status,
        provider_status, quality_rating, provider_quality_rating, messaging_limit, messaging_limit_scope,
        provider_messaging_limit)
    SELECT id, '106540352242922', '+15551234567', 'Alpha Bakery', 'verified', 'CONNECTED', 'green', 'GREEN', 1000,
        'number', 'TIER_1K'
    FROM meta_whatsapp_clients
    UNION ALL
    SELECT id, '106540352242923', '+15551234568', NULL, 'flagged', 'FLAGGED', 'red', 'RED', NULL, NULL, NULL
    FROM meta_whatsapp_clients;
    INSERT INTO channel_connections (user_id, company_id, channel_type, account_id, account_name, connection_data)
    SELECT 1, min(id), 'whatsapp_official', 'none', 'Half a connection', '{}'
    FROM companies";

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "a long sentence of mine 7";
const OLD_SECRET: &str = "0123456789abcdef0123456789abc111";
const NEW_SECRET: &str = "fedcba9876543210fedcba9876543222";

#[tokio::test]
async fn an_administrator_sets_up_works_and_comes_back_and_every_page_is_sound() {
    let place = Place::platform().await;
    let mut serving = Serving::start(serve(&place)).await;
    let link = serving.setup_link().await;
    place.sql(CHANNELS).await;
    tell(&serving.address, |browser| story(browser, link)).await;
}

/// What happens in a browser at the service with this address.
async fn tell<S: Future<Output = ()> + Send + 'static>(
    address: &str,
    story: impl FnOnce(Browser) -> S,
) {
    let driver = Driver::start().await;
    let browser = driver.browser(address).await;
    // A browser outlives a test that fails, unless it is told to quit.
    let ended = tokio::spawn(story(browser.clone())).await;
    browser.page.quit().await.unwrap();
    if let Err(error) = ended {
        std::panic::resume_unwind(error.into_panic());
    }
}

async fn story(browser: Browser, setup_link: String) {
    let mut walk = Walk::new(&browser);
    browser.size(1280, 800).await;
    sets_up(&browser, &mut walk, &setup_link).await;
    let account = adds_an_account(&browser, &mut walk).await;
    replaces_a_secret(&browser, &account).await;
    asks_for_a_sync(&browser).await;
    asks_for_a_code(&browser).await;
    makes_a_key(&browser, &mut walk).await;
    has_alerts_told(&browser, &mut walk).await;
    let invitation = invites(&browser, &mut walk).await;
    plans_an_import(&browser).await;
    walk.follow("/admin").await;
    browser.open("/admin/partner-accounts/999999").await;
    walk.look("problem-not-found", 404).await;
    signs_out_and_in(&browser, &mut walk, &invitation).await;

    for page in [
        "admin",
        "admin-alerts-destinations",
        "admin-alerts-destinations-new",
        "admin-alerts-destinations-one",
        "admin-alerts-destinations-one-edit",
        "admin-api-keys-new",
        "admin-audit-log",
        "admin-channels",
        "admin-channels-one",
        "admin-channels-one-deregister",
        "admin-channels-one-register",
        "admin-channels-one-subscribe-webhooks",
        "admin-clients",
        "admin-clients-one",
        "admin-companies",
        "admin-companies-one",
        "admin-import",
        "admin-import-conflicts",
        "admin-import-conflicts-one",
        "admin-import-undo",
        "admin-migrations-plan",
        "admin-migrations-verify",
        "admin-partner-accounts-new-twilio",
        "admin-partner-accounts-one-edit",
        "admin-partner-accounts-one-profile",
        "admin-profile-second-factor",
        "admin-provider-calls-one",
        "admin-providers",
        "admin-syncs",
        "admin-syncs-one",
        "admin-users-one",
        "docs",
    ] {
        assert!(walk.names.contains(page), "no link leads to {page}: {:#?}", walk.names);
    }
    let wrong = walk.wrong.join("\n");
    assert!(wrong.is_empty(), "{wrong}");
}

async fn sets_up(browser: &Browser, walk: &mut Walk, setup_link: &str) {
    browser.open("/admin").await;
    browser.sees("Nobody is here yet").await;
    walk.look("sign-in-before-setup", 200).await;
    browser.open(setup_link).await;
    walk.look("setup", 200).await;
    browser.fill("name", "Ada Lovelace").await;
    browser.fill("email", EMAIL).await;
    browser.fill("password", PASSWORD).await;
    browser.press("Create the account").await;
    browser.sees("Overview").await;
    walk.look("overview-empty", 200).await;
    browser.open("/admin/partner-accounts").await;
    browser.sees("No partner account yet").await;
    walk.look("partner-accounts-empty", 200).await;
}

/// Leads to the path of the account.
async fn adds_an_account(browser: &Browser, walk: &mut Walk) -> String {
    browser.open("/admin/partner-accounts/new").await;
    browser.press("Add a Meta account").await;
    browser.fill("business_portfolio_id", "100200300400500").await;
    browser.fill("app_id", "not a number").await;
    browser.fill("app_secret", OLD_SECRET).await;
    browser.press("Add the account").await;
    browser.finds("//main//p[@class='error']").await;
    assert_eq!(browser.texts(".field p.error").await.len(), 1, "the field is named");
    walk.look("partner-account-refused", 422).await;
    browser.fill("app_id", "500400300200100").await;
    browser.fill("app_secret", OLD_SECRET).await;
    browser.press("Add the account").await;
    browser.sees("Webhooks").await;
    let path = browser.path().await;
    browser.page.refresh().await.unwrap();
    browser.sees("100200300400500").await;
    assert_eq!(browser.texts("#secrets code").await[0], "c111", "the end of the secret");
    assert!(!browser.page.source().await.unwrap().contains(OLD_SECRET));
    path
}

async fn replaces_a_secret(browser: &Browser, account: &str) {
    browser.open(account).await;
    let before = browser.texts("#secrets code").await;
    browser.press("Edit").await;
    browser.click("//input[@id='app_secret']/ancestor::details/summary").await;
    browser.fill("app_secret", NEW_SECRET).await;
    browser.press("Save").await;
    browser.sees("3222").await;
    let after = browser.texts("#secrets code").await;
    assert_eq!(after[0], "3222");
    assert_ne!(before[1], after[1], "the fingerprint");
}

async fn asks_for_a_sync(browser: &Browser) {
    browser.open("/admin/syncs").await;
    browser.press("Dry run").await;
    browser.sees("What it found").await;
    assert!(browser.path().await.starts_with("/admin/syncs/"));
}

/// Of an account that Meta does not know: it is written down, and what became of it.
async fn asks_for_a_code(browser: &Browser) {
    browser.open("/admin/channels/meta-1/request-code").await;
    browser.press("Request a code").await;
    browser.sees("It was not done").await;
    browser.complaints().await;
}

async fn makes_a_key(browser: &Browser, walk: &mut Walk) {
    browser.open("/admin/api-keys/new").await;
    browser.fill("name", "billing export").await;
    browser.click("(//label[@class='choice'])[1]").await;
    browser.press("Make the key").await;
    browser.sees("Copy it now").await;
    let shown = browser.texts("#shown-once code").await;
    assert!(shown[0].starts_with("tlk_"), "{shown:?}");
    walk.look("api-key-made", 200).await;
    browser.press("I have stored it").await;
    browser.finds("//tbody//th[contains(., 'billing export')]").await;
    assert!(!browser.page.source().await.unwrap().contains(&shown[0]), "it is shown once");
}

/// The page shows by itself that the plan is made.
async fn plans_an_import(browser: &Browser) {
    browser.open("/admin/import").await;
    browser.sees("No plan yet").await;
    browser.press("Make a plan").await;
    browser.finds("//h2[.='The plan']").await;
}

async fn has_alerts_told(browser: &Browser, walk: &mut Walk) {
    browser.open("/admin/alerts/destinations/new").await;
    browser.fill("name", "On call").await;
    browser.fill("url", "https://hooks.example.com/alerts").await;
    browser.press("Add the destination").await;
    browser.sees("whsec_").await;
    walk.look("alert-destination-made", 200).await;
}

/// Leads to the link for somebody else.
async fn invites(browser: &Browser, walk: &mut Walk) -> String {
    browser.open("/admin/users/new").await;
    browser.fill("name", "Grace Hopper").await;
    browser.fill("email", "grace@example.com").await;
    browser.click("(//label[@class='choice'])[last()]").await;
    browser.press("Invite").await;
    browser.sees("Link to choose a password").await;
    walk.look("user-link", 200).await;
    browser.texts("#shown-once code").await.swap_remove(0)
}

async fn signs_out_and_in(browser: &Browser, walk: &mut Walk, invitation: &str) {
    browser.open("/admin").await;
    browser.click("//details[contains(@class, 'user-menu')]/summary").await;
    walk.look("account-menu", 200).await;
    browser.click("//button[@value='dark']").await;
    browser.finds("//html[@data-theme='dark']").await;
    sign_out(browser).await;
    browser.open(invitation).await;
    walk.look("choose-password", 200).await;
    browser.open("/admin/users").await;
    assert_eq!(browser.path().await, "/admin/sign-in?then=%2Fadmin%2Fusers");
    walk.look("sign-in", 200).await;
    browser.fill("email", EMAIL).await;
    browser.fill("password", PASSWORD).await;
    browser.press("Sign in").await;
    browser.sees("grace@example.com").await;
    assert_eq!(browser.path().await, "/admin/users");
}

async fn sign_out(browser: &Browser) {
    browser.click("//details[contains(@class, 'user-menu')]/summary").await;
    browser.click("//button[normalize-space()='Sign out']").await;
    browser.finds("//h1[.='Sign in']").await;
}
