use std::sync::Arc;

use serde_json::Value;
use trunkline_core::syncs::SyncState;
use trunkline_providers::simulator::Sample;

use super::{Field, add};

const DOWN: &str = "/meta/**";

fn html() -> Value {
    "<html>Service unavailable</html>".into()
}

async fn status(field: &Field, company: Option<i32>) -> Value {
    let key = field.service.api_key("viewer", company).await;
    let answer = field.service.get("/api/v1/providers/status", &key).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    answer.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["provider"] == "meta")
        .unwrap()
        .clone()
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_left_alone_until_it_does() {
    let field = Field::new(2).await;
    field.refuse(DOWN, None, 503, html());
    let run = field.sync(field.meta(), false).await;
    assert_eq!((run.state, run.attempts), (SyncState::Queued, 1));
    assert_eq!(status(&field, None).await["status"], "failing");
    assert_eq!(field.after(1).await, 1);
    assert_eq!(field.alerts().await, "");
    assert_eq!(field.after(2).await, 1);
    // The third time it is an outage, and everybody sees it.
    let seen = field.alerts().await;
    assert!(seen.starts_with("provider_silent critical meta account"), "{seen}");
    let paused = field.run(run.id).await;
    assert!(paused.paused_until.is_some_and(|until| until > field.service.clock.now()));
    let out = status(&field, None).await;
    assert_eq!(
        (&out["status"], out["partner_accounts"][0]["failures"].as_i64()),
        (&"silent".into(), Some(3))
    );
    let of_company = status(&field, Some(1)).await;
    assert_eq!(
        (&of_company["status"], &of_company["partner_accounts"]),
        (&"silent".into(), &Value::Null)
    );
    assert_eq!(of_company["reason"], Value::Null);

    // Others are not touched by it, and of Meta's one tries when it is time.
    field.request(field.meta(), true).await;
    assert_eq!(field.sync(field.accounts[0], false).await.state, SyncState::Done);
    assert_eq!(field.work().await, 0);
    field.simulator.forget_requests();
    assert_eq!(field.after(1).await, 1);
    assert_eq!(field.after(1).await, 0, "it is tried again too early");
    // It is over with the first answer, and what paused goes on by itself.
    field.heal();
    assert_eq!(field.after(30).await, 2);
    assert_eq!(field.run(run.id).await.state, SyncState::Done);
    assert_eq!(status(&field, None).await["status"], "answers");
    assert_eq!(field.alerts().await, "");
    let over = "SELECT concat_ws(' ', provider, attempts, ended_at IS NOT NULL) FROM trunkline.provider_outages";
    assert_eq!(field.text(over).await, "meta 2 t");
}

#[tokio::test]
async fn two_accounts_that_fail_alike_are_an_outage_and_one_of_two_is_not() {
    let field = Field::new(2).await;
    let fields: Vec<(&str, &str)> = Sample::ACCOUNTS[1]
        .1
        .iter()
        .map(
            |(name, value)| {
                if *name == "business_portfolio_id" { (*name, "777") } else { (*name, *value) }
            },
        )
        .collect();
    let other = add(&field.service, &field.simulator, "meta", &fields).await;
    field.sync(field.meta(), false).await;
    // The other one has nobody behind its address.
    let gone = "
        UPDATE trunkline.partner_account_details SET base_url = 'http://127.0.0.1:9'
        WHERE partner_configuration_id = $1";
    field.service.client.execute(gone, &[&other]).await.unwrap();
    field.sync(other, false).await;
    for minutes in [1, 2, 4] {
        // Somebody else is answered meanwhile.
        field.sync(field.meta(), true).await;
        field.after(minutes).await;
        field.sync(field.meta(), true).await;
    }
    assert_eq!(field.text("SELECT provider FROM trunkline.provider_outages").await, "");
    assert_eq!(status(&field, None).await["status"], "failing");
    let seen = field.alerts().await;
    assert!(seen.contains(&format!("provider_silent critical meta account {other} ")), "{seen}");
    // Now the first one is not answered either.
    field.refuse(DOWN, None, 503, html());
    field.sync(field.meta(), true).await;
    assert_eq!(field.text("SELECT provider FROM trunkline.provider_outages").await, "meta");
}

#[tokio::test]
async fn an_outage_of_which_somebody_closed_the_alert_opens_none_until_it_is_over() {
    let field = Field::new(2).await;
    field.refuse(DOWN, None, 503, html());
    field.sync(field.meta(), false).await;
    field.after(1).await;
    field.after(2).await;
    let closed = "UPDATE trunkline.alerts SET resolved_at = now(), resolved_by = 'ada' WHERE resolved_at IS NULL";
    assert_eq!(field.service.client.execute(closed, &[]).await.unwrap(), 1);
    assert_eq!(field.after(4).await, 1);
    assert_eq!(field.alerts().await, "");
    field.heal();
    assert_eq!(field.after(30).await, 1);
    field.refuse(DOWN, None, 503, html());
    field.sync(field.meta(), true).await;
    for minutes in [1, 2] {
        field.after(minutes).await;
    }
    assert!(field.alerts().await.starts_with("provider_silent critical"));
}

#[tokio::test]
async fn a_refused_credential_is_no_outage_but_an_alert_of_its_account() {
    let field = Field::new(2).await;
    field.simulator.change(|world| {
        world.meta.tokens.get_mut(Sample::META_TOKEN).unwrap().revoked = Some(460);
    });
    let run = field.sync(field.meta(), false).await;
    assert_eq!((run.state, run.findings), (SyncState::Failed, 0));
    let error = run.error.unwrap();
    assert_eq!(error.kind, "authentication");
    assert!(error.hint.contains("replace the credential"), "{}", error.hint);
    assert!(field.alerts().await.starts_with("token_invalid critical meta account"));
    assert_eq!(field.text("SELECT provider FROM trunkline.provider_outages").await, "");
    field.simulator.change(|world| {
        world.meta.tokens.get_mut(Sample::META_TOKEN).unwrap().revoked = None;
    });
    assert_eq!(field.sync(field.meta(), false).await.state, SyncState::Done);
    assert_eq!(field.alerts().await, "");
}

#[tokio::test]
async fn accounts_are_compared_again_after_their_interval() {
    let mut field = Field::new(2).await;
    Arc::make_mut(&mut field.service.state.settings).syncs.interval_minutes = 360;
    assert_eq!(field.after(0).await, 3);
    assert_eq!(field.after(359).await, 0);
    assert_eq!(field.after(1).await, 3);
    let asked = "SELECT DISTINCT asked_by FROM trunkline.sync_runs";
    assert_eq!(field.text(asked).await, "schedule");
}

#[tokio::test]
async fn an_account_without_a_credential_is_told_so_and_nobody_is_asked() {
    let field = Field::new(2).await;
    let fields: Vec<(&str, &str)> = Sample::ACCOUNTS[1]
        .1
        .iter()
        .filter(|(name, _)| *name != "system_user_token")
        .map(|(name, value)| (*name, if *name == "business_portfolio_id" { "777" } else { *value }))
        .collect();
    let account = add(&field.service, &field.simulator, "meta", &fields).await;
    field.simulator.forget_requests();
    let run = field.sync(account, false).await;
    let error = run.error.unwrap();
    assert_eq!((run.state, error.kind.as_str()), (SyncState::Failed, "authentication"));
    assert!(error.message.contains("has no token"), "{}", error.message);
    assert!(field.simulator.requests().is_empty());
    assert_eq!(field.alerts().await, "");
    assert_eq!(field.text("SELECT count(*)::TEXT FROM trunkline.account_answers").await, "0");
}
