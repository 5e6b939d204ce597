//! The checks of a partner account find the sample's accounts in order.

use trunkline_providers::{
    dialog360, meta,
    report::{Level, Report},
    simulator::{Sample, Simulator, WebhookTargets},
    twilio,
};

use super::start;
use crate::fake::{codes, http};

const WEBHOOK: &str = "https://trunkline.example/webhooks/abc";

fn in_order(report: &Report) {
    let wrong: Vec<_> =
        report.findings.iter().filter(|finding| finding.level != Level::Ok).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn check_meta(simulator: &Simulator) -> Report {
    let mut account = meta::Account::new(Sample::META_APP, Sample::META_BUSINESS);
    account.base_url = Some(simulator.meta_url());
    account.app_secret = Some(Sample::META_SECRET.into());
    account.system_user_token = Some(Sample::META_TOKEN.into());
    account.config_id = Some(Sample::META_CONFIG.into());
    account.webhook_url = Some(WEBHOOK.parse().unwrap());
    meta::check(&http(), &account, simulator.clock()).await
}

#[tokio::test]
async fn the_sample_s_accounts_pass_the_check_of_each_provider() {
    let simulator = start().await;
    let targets = WebhookTargets {
        meta: Some((WEBHOOK.to_owned(), "verify".to_owned())),
        dialog360: Some(WEBHOOK.to_owned()),
        twilio: None,
    };
    simulator.change(|world| world.send_webhooks_to(&targets));
    in_order(&check_meta(&simulator).await);

    let mut account = dialog360::Account::new(Sample::DIALOG360_PARTNER);
    account.base_url = Some(simulator.dialog360_url());
    account.api_key = Some(Sample::DIALOG360_KEY.into());
    account.platform_secret = Some(Sample::DIALOG360_SECRET.into());
    account.webhook_url = Some(WEBHOOK.parse().unwrap());
    in_order(&dialog360::check(&http(), &account, simulator.clock()).await);

    let mut account = twilio::Account::new(Sample::TWILIO_ACCOUNT);
    account.base_url = Some(simulator.twilio_url());
    account.auth_token = Some(Sample::TWILIO_TOKEN.into());
    account.api_key_sid = Some(Sample::TWILIO_KEY.into());
    account.api_key_secret = Some(Sample::TWILIO_SECRET.into());
    in_order(&twilio::check(&http(), &account, simulator.clock()).await);
}

#[tokio::test]
async fn what_is_broken_on_purpose_is_found_by_the_check() {
    let simulator = start().await;
    simulator.change(|world| {
        world.meta.tokens.get_mut(Sample::META_TOKEN).unwrap().revoked = Some(460);
    });
    assert!(codes(&check_meta(&simulator).await).contains(&"token_invalid"));
    simulator.reset();
    simulator.change(|world| {
        world.meta.apps.get_mut(Sample::META_APP).unwrap().secret = "another".to_owned();
    });
    assert!(codes(&check_meta(&simulator).await).contains(&"app_secret_rejected"));
}
