//! What was received is worked on: once, in order, and what cannot be is kept for people.

use jiff::SignedDuration;
use serde_json::json;
use tokio::sync::oneshot;
use trunkline_server::{work, work_once};

use super::sender::{Account, from_meta, meta};
use crate::support::Service;

const CHANNELS: &str = "
    INSERT INTO public.meta_whatsapp_clients (company_id, business_account_id, status)
    SELECT 1, (1000 + n)::TEXT, 'active'
    FROM generate_series(1, 20) AS n;
    INSERT INTO public.meta_whatsapp_phone_numbers (client_id, phone_number_id, phone_number, status)
    SELECT id, (id + 2000)::TEXT, '+1555' || (1000000 + id), 'verified'
    FROM public.meta_whatsapp_clients;";

/// A body that tells how a message of a number goes on.
fn status(waba: i32, number: i32, message: &str, status: &str) -> String {
    json!({ "object": "whatsapp_business_account", "entry": [entry(waba, number, message, status)] })
        .to_string()
}

fn entry(waba: i32, number: i32, message: &str, status: &str) -> serde_json::Value {
    json!({ "id": waba.to_string(), "changes": [{ "field": "messages", "value": {
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "15551000001", "phone_number_id": number.to_string() },
        "statuses": [{ "id": message, "status": status, "timestamp": "1767322000", "recipient_id": "1" }],
    } }] })
}

async fn take(service: &Service, account: &Account, body: &str) {
    let answer = from_meta(service, account, body.as_bytes()).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
}

/// What a query counts.
async fn count(service: &Service, query: &str) -> i64 {
    service.client.query_one(query, &[]).await.unwrap().get(0)
}

const EVENTS: &str = "SELECT count(*) FROM trunkline.events";
const QUEUE: &str = "SELECT count(*) FROM trunkline.webhook_queue";
const DEAD: &str = "SELECT count(*) FROM trunkline.webhook_dead_letters";
const QUARANTINE: &str = "SELECT count(*) FROM trunkline.webhook_quarantine";

async fn service() -> (Service, Account) {
    let service = Service::new().await;
    service.client.batch_execute(CHANNELS).await.unwrap();
    let account = meta(&service).await;
    (service, account)
}

#[tokio::test]
async fn a_webhook_is_applied_once_and_leaves_the_queue() {
    let (service, account) = service().await;
    take(&service, &account, &status(1001, 2001, "wamid.1", "sent")).await;
    work_once(&service.state).await;
    assert_eq!((count(&service, EVENTS).await, count(&service, QUEUE).await), (1, 0));

    // The provider sends the same event in another body; then the webhook is put into the queue again.
    take(&service, &account, &status(1001, 2001, "wamid.1", "sent").replace(':', ": ")).await;
    let again = "
        INSERT INTO trunkline.webhook_queue (lane, inbox_id, inbox_day)
        SELECT get_byte(lanes, 0), id, day FROM trunkline.webhook_inbox
        ON CONFLICT DO NOTHING";
    service.client.execute(again, &[]).await.unwrap();
    work_once(&service.state).await;
    assert_eq!((count(&service, EVENTS).await, count(&service, QUEUE).await), (1, 0));
}

#[tokio::test]
async fn a_body_about_several_accounts_is_worked_on_in_several_lanes_and_none_is_left_out() {
    let (service, account) = service().await;
    let entries: Vec<_> =
        (1..=20).map(|n| entry(1000 + n, 2000 + n, &format!("wamid.{n}"), "sent")).collect();
    let body = json!({ "object": "whatsapp_business_account", "entry": entries }).to_string();
    take(&service, &account, &body).await;
    assert!(count(&service, QUEUE).await > 5);
    work_once(&service.state).await;
    assert_eq!((count(&service, EVENTS).await, count(&service, QUEUE).await), (20, 0));
    let channels = "SELECT count(DISTINCT channel_id) FROM trunkline.events";
    assert_eq!(count(&service, channels).await, 20);
}

#[tokio::test]
async fn what_is_about_a_number_that_nobody_has_waits_until_somebody_has_it() {
    let (service, account) = service().await;
    take(&service, &account, &status(1900, 2900, "wamid.1", "sent")).await;
    work_once(&service.state).await;
    work_once(&service.state).await;
    assert_eq!((count(&service, EVENTS).await, count(&service, QUEUE).await), (0, 0));
    assert_eq!(count(&service, QUARANTINE).await, 1);
    let link = "
        INSERT INTO public.meta_whatsapp_phone_numbers (client_id, phone_number_id, status)
        VALUES (1, '2900', 'verified')";
    service.client.execute(link, &[]).await.unwrap();
    work_once(&service.state).await;
    assert_eq!((count(&service, EVENTS).await, count(&service, QUARANTINE).await), (1, 0));
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_kept_as_a_dead_letter() {
    let (service, account) = service().await;
    take(&service, &account, "neither JSON nor anything").await;
    take(&service, &account, &status(1001, 2001, "wamid.1", "sent")).await;
    work_once(&service.state).await;
    let query = "SELECT error FROM trunkline.webhook_dead_letters";
    let error = service.client.query_one(query, &[]).await.unwrap();
    assert_eq!(error.get::<_, &str>(0), "the body is no JSON");
    assert_eq!((count(&service, EVENTS).await, count(&service, QUEUE).await), (1, 0));
}

/// Refuses to keep an event of one message.
const POISON: &str = "
    CREATE FUNCTION public.refuse() RETURNS TRIGGER LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.message_id = 'wamid.poison' THEN
            RAISE EXCEPTION 'no';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON trunkline.events FOR EACH ROW EXECUTE FUNCTION public.refuse();";

#[tokio::test]
async fn one_that_fails_holds_nobody_up_and_becomes_a_dead_letter_after_some_attempts() {
    let (service, account) = service().await;
    service.client.batch_execute(POISON).await.unwrap();
    for message in ["wamid.1", "wamid.poison", "wamid.2"] {
        take(&service, &account, &status(1001, 2001, message, "sent")).await;
    }
    work_once(&service.state).await;
    assert_eq!((count(&service, EVENTS).await, count(&service, QUEUE).await), (2, 1));
    let query = "SELECT attempts, error FROM trunkline.webhook_queue";
    let row = service.client.query_one(query, &[]).await.unwrap();
    assert_eq!((row.get::<_, i32>(0), row.get::<_, &str>(1)), (1, "cannot keep events: no"));

    // Not before its time.
    work_once(&service.state).await;
    let row = service.client.query_one(query, &[]).await.unwrap();
    assert_eq!(row.get::<_, i32>(0), 1);
    for _ in 0..10 {
        service.clock.advance(SignedDuration::from_mins(11));
        work_once(&service.state).await;
    }
    assert_eq!((count(&service, DEAD).await, count(&service, QUEUE).await), (1, 0));
    let attempts = "SELECT attempts::BIGINT FROM trunkline.webhook_dead_letters";
    assert_eq!(count(&service, attempts).await, 8);
}

#[tokio::test]
async fn many_workers_lose_nothing_double_nothing_and_keep_the_order_of_each_channel() {
    let (service, account) = service().await;
    let other = {
        // A second process beside the first, with its own memory of what is due.
        let mut other = service.state.clone();
        let target = other.migrator.target().clone();
        other.webhooks = trunkline_server::Webhooks::start(target, &service.state.metrics);
        other
    };
    let (stop, workers): (Vec<_>, Vec<_>) = [service.state.clone(), other]
        .into_iter()
        .map(|state| {
            let (stop, stopped) = oneshot::channel::<()>();
            let stopped = async move { drop(stopped.await) };
            (stop, tokio::spawn(work(state, stopped)))
        })
        .unzip();
    for round in 0..30 {
        let bodies: Vec<String> = (1..=20)
            .map(|n| status(1000 + n, 2000 + n, &format!("wamid.{n}.{round:03}"), "sent"))
            .collect();
        let taken = bodies.iter().map(|body| take(&service, &account, body));
        futures_util::future::join_all(taken).await;
    }
    for _ in 0..600 {
        if count(&service, QUEUE).await == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    drop(stop);
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!((count(&service, EVENTS).await, count(&service, QUEUE).await), (600, 0));
    let out_of_order = "
        SELECT count(*)
        FROM (
            SELECT inbox_id, lag(inbox_id) OVER (PARTITION BY channel_id ORDER BY id) AS before
            FROM trunkline.events
        ) AS events
        WHERE inbox_id < before";
    assert_eq!(count(&service, out_of_order).await, 0);
}

#[tokio::test]
async fn days_are_made_ahead_and_dropped_after_their_time_unless_something_waits() {
    let (service, account) = service().await;
    service.client.batch_execute(POISON).await.unwrap();
    take(&service, &account, &status(1001, 2001, "wamid.1", "sent")).await;
    service.clock.advance(SignedDuration::from_hours(24));
    take(&service, &account, &status(1001, 2001, "wamid.poison", "sent")).await;
    work_once(&service.state).await;
    service.clock.advance(SignedDuration::from_hours(24 * 15));
    let (stop, stopped) = oneshot::channel::<()>();
    let mut state = service.state.clone();
    let mut settings = (*state.settings).clone();
    settings.webhooks.workers = 0;
    state.settings = std::sync::Arc::new(settings);
    let upkeep = tokio::spawn(work(state, async move { drop(stopped.await) }));
    let days = "
        SELECT string_agg(substring(relname FROM 15 FOR 8), ' ' ORDER BY relname)
        FROM pg_inherits JOIN pg_class ON oid = inhrelid
        WHERE inhparent = 'trunkline.webhook_inbox'::REGCLASS";
    let expected =
        "20260103 20260118 20260119 20260120 20260121 20260122 20260123 20260124 20260125";
    let mut found = String::new();
    for _ in 0..100 {
        found = service.client.query_one(days, &[]).await.unwrap().get(0);
        if found == expected {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(found, expected);
    drop(stop);
    upkeep.await.unwrap();
}

#[tokio::test]
async fn a_worker_whose_transaction_is_ended_in_the_middle_of_an_effect_begins_again() {
    let (service, account) = service().await;
    take(&service, &account, &status(1001, 2001, "wamid.1", "sent")).await;
    let holder = service.client.batch_execute("BEGIN; LOCK TABLE trunkline.events IN SHARE MODE");
    holder.await.unwrap();
    let state = service.state.clone();
    let working = tokio::spawn(async move { work_once(&state).await });
    let waiting = "
        SELECT pg_terminate_backend(pid)
        FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()";
    let mut ended = 0;
    for _ in 0..200 {
        ended = service.client.execute(waiting, &[]).await.unwrap();
        if ended > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(ended, 1);
    service.client.batch_execute("COMMIT").await.unwrap();
    working.await.unwrap();
    work_once(&service.state).await;
    assert_eq!((count(&service, EVENTS).await, count(&service, QUEUE).await), (1, 0));
    assert_eq!(count(&service, DEAD).await, 0);
}

#[tokio::test]
async fn a_clock_that_is_set_stops_nothing() {
    let (service, account) = service().await;
    for (message, hours) in [("wamid.1", 24 * 400), ("wamid.2", -24 * 800), ("wamid.3", 24 * 399)] {
        service.clock.advance(SignedDuration::from_hours(hours));
        take(&service, &account, &status(1001, 2001, message, "sent")).await;
        work_once(&service.state).await;
    }
    assert_eq!((count(&service, EVENTS).await, count(&service, QUEUE).await), (3, 0));
}

#[tokio::test]
async fn an_old_webhook_finds_room_for_its_events() {
    let (service, account) = service().await;
    take(&service, &account, &status(1001, 2001, "wamid.1", "sent")).await;
    let old = "UPDATE trunkline.webhook_inbox SET received_at = received_at - INTERVAL '90 days'";
    service.client.batch_execute(old).await.unwrap();
    work_once(&service.state).await;
    assert_eq!((count(&service, EVENTS).await, count(&service, QUEUE).await), (1, 0));
    assert_eq!(count(&service, DEAD).await, 0);
}

#[tokio::test]
async fn what_waits_for_a_day_that_was_dropped_holds_nothing_up() {
    let (service, account) = service().await;
    let orphans = "
        INSERT INTO trunkline.webhook_queue (lane, inbox_id, inbox_day)
        SELECT lane, -n, '2020-01-01' FROM generate_series(0, 31) AS lane, generate_series(1, 450) AS n";
    service.client.batch_execute(orphans).await.unwrap();
    take(&service, &account, &status(1001, 2001, "wamid.1", "sent")).await;
    work_once(&service.state).await;
    work_once(&service.state).await;
    assert_eq!((count(&service, EVENTS).await, count(&service, QUEUE).await), (1, 0));
}
