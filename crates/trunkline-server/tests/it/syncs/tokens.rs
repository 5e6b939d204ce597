use jiff::SignedDuration;
use trunkline_core::Provider;
use trunkline_core::secrets::Secret;
use trunkline_providers::simulator::Sample;
use trunkline_providers::simulator::meta::{Token, TokenKind};
use trunkline_store::QualifiedId;
use trunkline_store::channels::{find_channel_secret, update_channel_secret};

use super::Field;

const COMPANYS: &str = "EAACOMPANYTOKEN";

/// A number of ours has the token that its company gave us.
async fn with_token() -> Field {
    let field = Field::new(2).await;
    let state = &field.service.state;
    let connection = state.store.connection().await.unwrap();
    let row = QualifiedId { provider: Provider::Meta, number: 1 };
    let (secret, random) = (Secret::new(COMPANYS.to_owned()), state.random.clone());
    update_channel_secret(
        connection.executor(),
        row,
        &state.keys,
        random,
        &secret,
        state.clock.now(),
    )
    .await
    .unwrap();
    drop(connection);
    field.simulator.change(|world| {
        let token = Token {
            kind: TokenKind::Business,
            app: Sample::META_APP.to_owned(),
            business: Sample::META_BUSINESS.to_owned(),
            scopes: vec![
                "whatsapp_business_management".into(),
                "whatsapp_business_messaging".into(),
            ],
            accounts: vec!["102000000000001".into()],
            ..Token::default()
        };
        world.meta.tokens.insert(COMPANYS.to_owned(), token);
    });
    field
}

impl Field {
    fn token(&self, change: impl FnOnce(&mut Token)) {
        self.simulator.change(|world| change(world.meta.tokens.get_mut(COMPANYS).unwrap()));
    }

    /// What a sync finds of tokens, and the alerts after it.
    async fn health(&self) -> (String, String) {
        let run = self.sync(self.meta(), false).await;
        let report = self.report(run.id).await;
        let found: Vec<&str> = report.lines().filter(|line| line.starts_with("token")).collect();
        (found.join("\n"), self.alerts().await)
    }
}

#[tokio::test]
async fn a_token_that_lost_a_permission_or_its_validity_is_an_alert_until_it_is_well() {
    let field = with_token().await;
    assert_eq!(field.health().await, (String::new(), String::new()));
    field.token(|token| token.scopes.truncate(1));
    let (found, alerts) = field.health().await;
    assert_eq!(
        found,
        "token changed channel 103000000000001 token valid | lacks whatsapp_business_messaging"
    );
    assert_eq!(alerts, "token_invalid critical meta channel 1 lacks whatsapp_business_messaging");
    field.token(|token| token.revoked = Some(467));
    let (found, alerts) = field.health().await;
    assert!(found.contains("| invalid"), "{found}");
    assert!(alerts.starts_with("token_invalid critical meta channel 1 invalid"), "{alerts}");
    field.token(|token| {
        token.revoked = None;
        token.scopes.push("whatsapp_business_messaging".into());
    });
    assert_eq!(field.health().await.1, "");
}

#[tokio::test]
async fn until_when_a_token_works_is_known_and_its_end_an_alert() {
    let field = with_token().await;
    let end = field.simulator.clock().now() + SignedDuration::from_hours(24 * 30);
    field.token(|token| token.expires_at = Some(end));
    let (found, _) = field.health().await;
    assert!(
        found.starts_with("token changed channel 103000000000001 token_expiry - | 20"),
        "{found}"
    );
    // The service's own day is long before that; then it is not.
    trunkline_server::watch::look(&field.service.state).await.unwrap();
    assert_eq!(field.alerts().await, "");
    field.service.clock.advance(end.duration_since(field.service.clock.now()));
    trunkline_server::watch::look(&field.service.state).await.unwrap();
    let alerts = field.alerts().await;
    assert!(alerts.contains("token_expires"), "{alerts}");
}

#[tokio::test]
async fn the_partners_own_token_is_looked_at_too() {
    let field = Field::new(2).await;
    field.simulator.change(|world| {
        let token = world.meta.tokens.get_mut(Sample::META_TOKEN).unwrap();
        token.scopes.retain(|scope| scope != "whatsapp_business_messaging");
    });
    let (found, alerts) = field.health().await;
    assert_eq!(
        found,
        "token reported account 506914307656634 token - | lacks whatsapp_business_messaging"
    );
    assert!(alerts.contains("lacks whatsapp_business_messaging"), "{alerts}");
}

#[tokio::test]
async fn the_token_of_a_subaccount_is_kept_sealed_and_told_to_nobody() {
    let field = Field::new(2).await;
    let account = field.accounts[2];
    let kept = async || {
        let state = &field.service.state;
        let connection = state.store.connection().await.unwrap();
        let row = QualifiedId { provider: Provider::Twilio, number: 2 };
        let found = find_channel_secret(connection.executor(), row, &state.keys).await.unwrap();
        found.map(|secret| secret.unwrap().expose().to_owned())
    };
    let told = "simulated-token-of-AC00000000000000000000000000001001";
    let dry = field.sync(account, true).await;
    let line = "channel XE00000000000000000000000000000002 token - | that of the subaccount";
    assert!(field.report(dry.id).await.contains(&format!("token would_change {line}")));
    assert_eq!(kept().await, None);
    field.sync(account, false).await;
    assert_eq!(kept().await.as_deref(), Some(told));
    // It was replaced there.
    field.simulator.change(|world| {
        let subaccount = world.twilio.accounts.get_mut("AC00000000000000000000000000001001");
        subaccount.unwrap().auth_token = "a-newer-token".to_owned();
    });
    let run = field.sync(account, false).await;
    let report = field.report(run.id).await;
    assert!(report.contains("token another | that of the subaccount"), "{report}");
    assert_eq!(kept().await.as_deref(), Some("a-newer-token"));
    let written = "SELECT string_agg(finding::TEXT, ' ') FROM trunkline.sync_findings AS finding";
    let written = field.text(written).await;
    assert!(!written.contains(told) && !written.contains("a-newer-token"), "{written}");
}
