use trunkline_server::syncs::queue_syncs;

use super::Field;

async fn hint(field: &Field, account: i32, subject: &str, key: &str) {
    let query = "
        INSERT INTO trunkline.resync_requests (account_id, subject, subject_key, reason, requested_at)
        VALUES ($1, $2, $3, 'channel.quality_changed', now())";
    field.service.client.execute(query, &[&account, &subject, &key]).await.unwrap();
}

#[tokio::test]
async fn what_a_webhook_only_hinted_at_is_asked_of_the_provider_and_nothing_else_is() {
    let field = Field::new(2).await;
    for account in field.accounts {
        field.sync(account, false).await;
    }
    field.simulator.change(|world| {
        let fields = &mut world.meta.numbers.get_mut("103000000000001").unwrap().fields;
        fields.insert("quality_rating".into(), "RED".into());
        let fields = &mut world.dialog360.channels.get_mut("n00000CH").unwrap().fields;
        fields.insert("current_quality_rating".into(), "Low".into());
        let fields =
            &mut world.twilio.senders.get_mut("XE00000000000000000000000000000002").unwrap().fields;
        fields["properties"]["quality_rating"] = "LOW".into();
    });
    field.simulator.forget_requests();
    // By number, by id, and what is nobody's.
    hint(&field, field.meta(), "channel", "+49301100000").await;
    hint(&field, field.accounts[0], "channel", "n00000CH").await;
    hint(&field, field.accounts[2], "channel", "XE00000000000000000000000000000002").await;
    hint(&field, field.meta(), "channel", "103000000000777").await;
    queue_syncs(&field.service.state).await.unwrap();
    field.work().await;
    let paths: Vec<String> =
        field.simulator.requests().iter().map(|request| request.path.clone()).collect();
    assert_eq!(paths.len(), 4, "{paths:?}");
    let now = "
        SELECT concat_ws(' ', provider, provider_id, quality_rating) FROM trunkline.listed_channels
        WHERE quality_rating = 'red' ORDER BY 1";
    assert_eq!(
        field.text(now).await,
        "360dialog n00000CH red\nmeta 103000000000001 red\ntwilio XE00000000000000000000000000000002 red"
    );
    assert_eq!(field.text("SELECT subject_key FROM trunkline.resync_requests").await, "");
    assert!(field.alerts().await.contains("quality_fell critical meta channel 1 red"));
    // One that finds everything as it was leaves no report.
    let reports = "SELECT count(*)::TEXT FROM trunkline.sync_runs WHERE kind = 'hints'";
    assert_eq!(field.text(reports).await, "3");
    hint(&field, field.meta(), "client", "102000000000001").await;
    queue_syncs(&field.service.state).await.unwrap();
    assert_eq!(field.work().await, 1);
    assert_eq!(field.text(reports).await, "3");
}

#[tokio::test]
async fn a_hint_stays_until_the_provider_has_told() {
    let field = Field::new(2).await;
    field.sync(field.meta(), false).await;
    hint(&field, field.meta(), "channel", "103000000000002").await;
    field.refuse("/meta/*/103000000000002", Some(3), 503, "no".into());
    queue_syncs(&field.service.state).await.unwrap();
    field.work().await;
    let waiting = "SELECT subject_key FROM trunkline.resync_requests";
    assert_eq!(field.text(waiting).await, "103000000000002");
    field.after(1).await;
    assert_eq!(field.text(waiting).await, "");
}

#[tokio::test]
async fn a_hint_at_an_account_is_one_at_everything_of_it() {
    let field = Field::new(2).await;
    hint(&field, field.meta(), "account", "").await;
    let service = &field.service;
    trunkline_store::syncs::queue_hinted_syncs(
        service.state.store.connection().await.unwrap().executor(),
        service.clock.now(),
    )
    .await
    .unwrap();
    assert_eq!(field.work().await, 2);
    let asked = "SELECT concat_ws(' ', kind, asked_by, state) FROM trunkline.sync_runs";
    assert_eq!(field.text(asked).await, "full webhooks done");
}

#[tokio::test]
async fn a_hint_of_a_refused_account_waits_half_an_hour_and_is_not_lost() {
    let field = Field::new(2).await;
    let meta = field.meta();
    hint(&field, meta, "channel", "103000000000001").await;
    field.simulator.change(|world| world.meta.tokens.clear());
    let runs = "SELECT count(*)::TEXT || ' ' || coalesce(min(state), '') FROM trunkline.sync_runs WHERE kind = 'hints'";
    for (minutes, expected) in [(0, "1 failed"), (1, "1 failed"), (31, "2 failed")] {
        field.after(minutes).await;
        assert_eq!(field.text(runs).await, expected, "after {minutes} minutes");
    }
    assert_eq!(
        field.text("SELECT subject_key FROM trunkline.resync_requests").await,
        "103000000000001"
    );
}

#[tokio::test]
async fn a_hint_is_followed_by_the_account_that_has_the_client() {
    let field = Field::new(2).await;
    let meta = field.meta();
    let other = "
        INSERT INTO partner_configurations (provider, partner_id)
        SELECT provider, '999' FROM partner_configurations WHERE id = $1
        RETURNING id";
    let other: i32 = field.service.client.query_one(other, &[&meta]).await.unwrap().get(0);
    let bind = "UPDATE meta_whatsapp_clients SET partner_configuration_id = $1";
    field.service.client.execute(bind, &[&other]).await.unwrap();
    hint(&field, meta, "channel", "103000000000001").await;
    hint(&field, meta, "client", "102000000000001").await;
    field.simulator.forget_requests();
    field.after(0).await;
    assert!(field.simulator.requests().iter().all(|request| !request.path.contains("10300")));
    let hints = "SELECT string_agg(concat_ws(' ', account_id, subject_key), ', ' ORDER BY subject_key) FROM trunkline.resync_requests";
    assert_eq!(
        field.text(hints).await,
        format!("{other} 102000000000001, {other} 103000000000001")
    );
}
