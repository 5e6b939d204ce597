//! Alerts: opened once, closed when the fact recovers or by somebody.

use jiff::SignedDuration;
use trunkline_core::events::words::{LimitScope, limit};
use trunkline_core::events::{Aspect, Change, EventKind, Fact, Subject};
use trunkline_core::{ChannelStatus, Provider, QualityRating, Scope};
use trunkline_store::Window;
use trunkline_store::alerts::{
    AlertFilter, AlertState, Thresholds, acknowledge_alert, check_alerts, list_alerts,
    resolve_alert,
};
use trunkline_store::events::{Finding, Outcome, SubjectKind, SubjectRow, ToldBy, record_findings};

use crate::events::{World, at, event, quality, world};

/// Alerts as lines, the oldest first.
async fn alerts(world: &World) -> String {
    let query = "
        SELECT concat_ws(' ', rule, severity, subject, label, company_id, before, '->', after,
            CASE WHEN resolved_at IS NOT NULL THEN 'resolved' END)
        FROM trunkline.alerts
        ORDER BY id";
    world.text(query).await
}

fn status(channel: &str, status: ChannelStatus, second: i64) -> trunkline_core::events::Event {
    let fact = Fact::ChannelStatus { status, word: status.as_str().to_uppercase() };
    let subject = Subject::channel(channel);
    event(EventKind::ChannelStatusChanged, subject, second, Change::of([fact]))
}

#[tokio::test]
async fn a_quality_that_falls_opens_one_alert_which_closes_when_it_is_good_again() {
    let world = world().await;
    let (green, yellow, red) = (QualityRating::Green, QualityRating::Yellow, QualityRating::Red);
    world.apply(&[quality("2001", green, 1), quality("2001", yellow, 2)]).await;
    let opened = "quality_fell warning channel +15550000001 1 green -> yellow";
    assert_eq!(alerts(&world).await, opened);
    world.apply(&[quality("2001", red, 3)]).await;
    let worse = "quality_fell critical channel +15550000001 1 green -> red";
    assert_eq!(alerts(&world).await, worse);
    world.apply(&[quality("2001", yellow, 4)]).await;
    assert_eq!(alerts(&world).await, worse, "better is not good");
    world.apply(&[quality("2001", green, 5)]).await;
    assert_eq!(alerts(&world).await, format!("{worse} resolved"));
    world.apply(&[quality("2001", red, 6)]).await;
    assert!(
        alerts(&world)
            .await
            .ends_with("; quality_fell critical channel +15550000001 1 green -> red")
    );
}

#[tokio::test]
async fn a_limit_recovers_at_the_level_that_it_had() {
    let world = world().await;
    let tier = |word: &str, second| {
        let fact = Fact::Limit(limit(word, LimitScope::Number).unwrap());
        let subject = Subject::channel("2001");
        event(EventKind::ChannelLimitChanged, subject, second, Change::of([fact]))
    };
    world.apply(&[tier("TIER_10K", 1), tier("TIER_250", 2)]).await;
    let fell = "limit_fell warning channel +15550000001 1 10000 -> 250";
    assert_eq!(alerts(&world).await, fell);
    world.apply(&[tier("TIER_2K", 3)]).await;
    assert_eq!(alerts(&world).await, fell);
    world.apply(&[tier("TIER_UNLIMITED", 4)]).await;
    assert_eq!(alerts(&world).await, format!("{fell} resolved"));
}

#[tokio::test]
async fn what_falls_and_half_recovers_in_one_batch_is_an_alert_as_in_two() {
    for words in [["TIER_10K", "TIER_250", "TIER_2K"], ["TIER_10K", "TIER_2K", "TIER_250"]] {
        let world = world().await;
        let tier = |word: &str, second| {
            let fact = Fact::Limit(limit(word, LimitScope::Number).unwrap());
            let subject = Subject::channel("2001");
            event(EventKind::ChannelLimitChanged, subject, second, Change::of([fact]))
        };
        let [first, second, third] = words;
        world.apply(&[tier(first, 1), tier(second, 2), tier(third, 3)]).await;
        let fell = "limit_fell warning channel +15550000001 1 10000 -> 250";
        assert_eq!(alerts(&world).await, fell);
        world.apply(&[tier("TIER_2K", 4)]).await;
        assert_eq!(alerts(&world).await, fell, "it had more");
        world.apply(&[tier("TIER_10K", 5)]).await;
        assert_eq!(alerts(&world).await, format!("{fell} resolved"));
    }
}

#[tokio::test]
async fn an_alert_about_what_is_gone_closes() {
    let world = world().await;
    world.apply(&[status("2001", ChannelStatus::Restricted, 1)]).await;
    assert_eq!(alerts(&world).await.matches("resolved").count(), 0);
    world.client.batch_execute("DELETE FROM meta_whatsapp_phone_numbers").await.unwrap();
    let connection = world.store.connection().await.unwrap();
    let now = at(86_400);
    let checked = check_alerts(connection.executor(), Thresholds::default(), now).await.unwrap();
    assert_eq!(checked, (0, 1));
    assert_eq!(alerts(&world).await.matches("resolved").count(), 1);
}

#[tokio::test]
async fn a_number_that_is_restricted_then_banned_then_live_has_one_alert_at_a_time() {
    let world = world().await;
    world.apply(&[status("2001", ChannelStatus::Restricted, 1)]).await;
    world.apply(&[status("2001", ChannelStatus::Banned, 2)]).await;
    assert_eq!(
        alerts(&world).await,
        "restricted warning channel +15550000001 1 running -> restricted resolved; \
         disconnected critical channel +15550000001 1 restricted -> banned"
    );
    world.apply(&[status("2001", ChannelStatus::Running, 3)]).await;
    assert_eq!(alerts(&world).await.matches("resolved").count(), 2);
}

#[tokio::test]
async fn what_a_sync_or_an_operator_finds_is_taken_like_a_webhook_and_says_who_found_it() {
    let world = world().await;
    let row = SubjectRow { provider: Provider::Meta, kind: SubjectKind::Channel, id: 1 };
    let find = |rating: QualityRating, second| Finding {
        row,
        fact: Fact::Quality { rating, word: rating.as_str().to_owned() },
        occurred_at: at(second),
    };
    let connection = world.store.connection().await.unwrap();
    let findings = [find(QualityRating::Green, 5), find(QualityRating::Red, 4)];
    let outcomes =
        record_findings(connection.executor(), &findings, ToldBy::Sync, None, at(10)).await;
    assert_eq!(outcomes.unwrap(), [Outcome::Applied, Outcome::Stale]);
    let findings = [find(QualityRating::Yellow, 6)];
    let actor = Some("ada@example.com");
    record_findings(connection.executor(), &findings, ToldBy::Operator, actor, at(10))
        .await
        .unwrap();
    assert_eq!(world.apply(&[quality("2001", QualityRating::Red, 5)]).await, [Outcome::Stale]);
    let history =
        "SELECT concat_ws(' ', after, told_by, actor) FROM trunkline.fact_history ORDER BY id";
    assert_eq!(world.text(history).await, "green sync; yellow operator ada@example.com");
    assert!(alerts(&world).await.starts_with("quality_fell warning"));
}

#[tokio::test]
async fn silence_and_a_token_that_ends_soon_are_seen_by_time_alone() {
    let world = world().await;
    let accounts = "
        INSERT INTO public.partner_configurations (provider, partner_id)
        VALUES ('meta', '9001'), ('meta', '9002')";
    world.client.batch_execute(accounts).await.unwrap();
    // Account 1 is heard of a day after the moment, account 2 never.
    world.apply(&[quality("2001", QualityRating::Green, 1)]).await;
    let row = SubjectRow { provider: Provider::Meta, kind: SubjectKind::Channel, id: 2 };
    let connection = world.store.connection().await.unwrap();
    let hours = |hours: i64| at(86_400) + SignedDuration::from_hours(hours);
    let expiry = |end: Option<i64>, second| {
        let fact = Fact::TokenExpiry(end.map(hours));
        vec![Finding { row, fact, occurred_at: at(second) }]
    };
    let executor = connection.executor();
    let find = async |findings: Vec<Finding>| {
        record_findings(executor, &findings, ToldBy::Sync, None, at(86_400)).await.unwrap()
    };
    let check =
        async |now: i64| check_alerts(executor, Thresholds::default(), hours(now)).await.unwrap();
    find(expiry(Some(24 * 10), 1)).await;
    assert_eq!(check(1).await, (0, 0));
    assert_eq!(check(25).await, (1, 0));
    assert_eq!(check(24 * 4).await, (1, 0));
    assert_eq!(check(24 * 4).await, (0, 0));
    let seen = alerts(&world).await;
    assert!(seen.starts_with("webhook_silent warning account 9001 2026-05-29T"), "{seen}");
    assert!(seen.contains("token_expires warning channel +15550000002 2 -> 2026-"), "{seen}");
    assert_eq!(check(24 * 10 + 1).await, (1, 0), "what was about to end has ended");
    assert_eq!(check(24 * 10 + 1).await, (0, 0));
    let seen = alerts(&world).await;
    assert!(seen.contains("token_expires critical channel +15550000002 2 -> 2026-"), "{seen}");
    find(expiry(None, 2)).await;
    world
        .client
        .batch_execute("UPDATE public.partner_configurations SET is_active = false")
        .await
        .unwrap();
    assert_eq!(check(24 * 11).await, (0, 2));
}

#[tokio::test]
async fn what_somebody_closed_is_not_opened_again_until_something_else_happens() {
    let world = world().await;
    let account =
        "INSERT INTO public.partner_configurations (provider, partner_id) VALUES ('meta', '9001')";
    world.client.batch_execute(account).await.unwrap();
    let row = SubjectRow { provider: Provider::Meta, kind: SubjectKind::Channel, id: 2 };
    let connection = world.store.connection().await.unwrap();
    let executor = connection.executor();
    let hours = |hours: i64| at(0) + SignedDuration::from_hours(hours);
    let check =
        async |now: i64| check_alerts(executor, Thresholds::default(), hours(now)).await.unwrap();
    let expiry = async |end: i64, second| {
        let finding =
            Finding { row, fact: Fact::TokenExpiry(Some(hours(end))), occurred_at: at(second) };
        record_findings(executor, &[finding], ToldBy::Sync, None, at(second)).await.unwrap()
    };
    let close = async || {
        let open = AlertFilter { state: Some(AlertState::Open), ..AlertFilter::default() };
        let window = Window { after: None, limit: 5 };
        for alert in list_alerts(executor, &open, &window).await.unwrap() {
            resolve_alert(executor, alert.id, "ada", alert.opened_at).await.unwrap();
        }
    };
    let heard = async |hour: i64| {
        let pulse = "
            INSERT INTO trunkline.account_pulses (account_id, heard_at) VALUES (1, $1)
            ON CONFLICT (account_id) DO UPDATE SET heard_at = excluded.heard_at";
        world
            .client
            .batch_execute(&pulse.replace("$1", &format!("'{}'", hours(hour))))
            .await
            .unwrap();
    };
    heard(0).await;
    expiry(48, 1).await;
    assert_eq!(check(25).await, (2, 0));
    close().await;
    assert_eq!(check(26).await, (0, 0), "nothing new happened");
    // The token has ended by now, which is worse; and somebody closes that too.
    assert_eq!(check(49).await, (1, 0));
    close().await;
    assert_eq!(check(50).await, (0, 0));
    // The account was heard of, and is silent again; the token has another end.
    heard(51).await;
    assert_eq!(check(52).await, (0, 0));
    expiry(90, 2).await;
    assert_eq!(check(53).await, (1, 0));
    assert_eq!(check(51 + 25).await, (1, 0));
    // One that is open says the end that is known by now.
    expiry(24 * 6, 3).await;
    assert_eq!(check(51 + 26).await, (1, 0));
    let seen = alerts(&world).await;
    assert!(
        seen.contains(&format!(
            "token_expires warning channel +15550000002 2 -> {}",
            hours(24 * 6)
        )),
        "{seen}"
    );
}

#[tokio::test]
async fn an_alert_goes_from_open_to_acknowledged_to_resolved_and_a_company_sees_its_own() {
    let world = world().await;
    let lost = |word: &str, second| {
        let fact = Fact::Other(Aspect::Verification, word.to_owned());
        let subject = Subject::Client("1002".to_owned());
        event(EventKind::ClientVerificationChanged, subject, second, Change::of([fact]))
    };
    world.apply(&[lost("APPROVED", 1), lost("REVOKED", 2)]).await;
    let connection = world.store.connection().await.unwrap();
    let executor = connection.executor();
    let list = async |state, company_id| {
        let filter = AlertFilter { state, company_id, ..AlertFilter::default() };
        let window = Window { after: None, limit: 5 };
        list_alerts(executor, &filter, &window).await.unwrap()
    };
    let alert = list(Some(AlertState::Open), Some(2)).await.remove(0);
    assert_eq!((alert.label.as_deref(), alert.after.as_deref()), (Some("1002"), Some("REVOKED")));
    assert!(list(None, Some(1)).await.is_empty());
    acknowledge_alert(executor, alert.id, "ada", at(5)).await.unwrap();
    assert_eq!(
        list(Some(AlertState::Acknowledged), None).await[0].acknowledged_by.as_deref(),
        Some("ada")
    );
    resolve_alert(executor, alert.id, "bob", at(6)).await.unwrap();
    resolve_alert(executor, alert.id, "eve", at(7)).await.unwrap();
    let over = list(Some(AlertState::Resolved), None).await.remove(0);
    assert_eq!((over.resolved_by.as_deref(), over.resolved_at), (Some("bob"), Some(at(6))));
    let counted = trunkline_store::alerts::count_unresolved_alerts(executor, Scope::Platform);
    assert_eq!(counted.await.unwrap(), (0, 0));
}

#[tokio::test]
async fn what_is_being_set_up_for_too_long_is_an_alert_until_it_moves_or_somebody_closes_it() {
    let world = world().await;
    let connection = world.store.connection().await.unwrap();
    let executor = connection.executor();
    let old = "
        UPDATE public.meta_whatsapp_clients SET status = 'active';
        UPDATE public.meta_whatsapp_phone_numbers SET status = 'verified';
        UPDATE public.meta_whatsapp_clients SET status = 'pending', created_at = '2026-05-01' WHERE id = 2;
        UPDATE public.meta_whatsapp_phone_numbers SET status = 'unverified', created_at = '2026-05-01' WHERE id = 2";
    world.client.batch_execute(old).await.unwrap();
    let check = async |hours: i64| {
        let now = "2026-05-01T00:00:00Z".parse::<jiff::Timestamp>().unwrap();
        let now = now + SignedDuration::from_hours(hours);
        check_alerts(executor, Thresholds::default(), now).await.unwrap()
    };
    assert_eq!(check(47).await, (0, 0));
    assert_eq!(check(49).await, (2, 0));
    assert_eq!(check(50).await, (0, 0));
    let seen = alerts(&world).await;
    assert!(seen.contains("onboarding_stuck warning"), "{seen}");
    // It moves: that is over, and counted anew.
    let moved = "UPDATE public.meta_whatsapp_phone_numbers SET status = 'verified' WHERE id = 2";
    world.client.batch_execute(moved).await.unwrap();
    assert_eq!(check(51).await, (0, 1));
    let again = "
        UPDATE public.meta_whatsapp_phone_numbers SET status = 'unverified' WHERE id = 2;
        INSERT INTO trunkline.fact_history (provider, subject, subject_id, aspect, after, occurred_at, recorded_at, told_by)
        VALUES ('meta', 'channel', 2, 'status', 'unverified', '2026-05-03 03:00Z', now(), 'sync')";
    world.client.batch_execute(again).await.unwrap();
    assert_eq!(check(52).await, (0, 0));
    assert_eq!(check(51 + 49).await, (1, 0));
    // Somebody knows that it takes so long.
    let closed = "
        UPDATE trunkline.alerts SET resolved_at = now(), resolved_by = 'ada' WHERE rule = 'onboarding_stuck'";
    world.client.batch_execute(closed).await.unwrap();
    assert_eq!(check(51 + 50).await, (0, 0));
}
