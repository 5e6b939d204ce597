//! Events: applied once, in whatever order they come.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_postgres::Client;
use trunkline_core::events::words::{LimitScope, limit};
use trunkline_core::events::{
    Aspect, Change, Event, EventKey, EventKind, Fact, MessageStatus, Source, Subject,
};
use trunkline_core::{ChannelStatus, ClientStatus, QualityRating};
use trunkline_migrate::{Migrator, Options, Silent, Target, UpRequest};
use trunkline_postgres::testing::TestDatabase;
use trunkline_store::events::{Arrival, Outcome, add_weeks, apply_events};
use trunkline_store::{PoolOptions, Store, partner_migrations};

/// Two accounts of one portfolio and one of another, with numbers.
const TABLES: &str = "
    CREATE TABLE companies (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    INSERT INTO companies VALUES (1, 'Bakery Alpha'), (2, 'Garage Beta');";
const ROWS: &str = "
    INSERT INTO public.meta_whatsapp_clients (company_id, business_account_id, status)
    VALUES (1, '1001', 'active'), (2, '1002', 'active'), (2, '1003', 'active');
    INSERT INTO public.meta_whatsapp_phone_numbers (client_id, phone_number_id, phone_number, status)
    VALUES (1, '2001', '+15550000001', 'verified'), (2, '2002', '+15550000002', 'verified'),
        (3, '2003', '+15550000003', 'verified'), (3, '2004', '+15550000004', 'deleted'),
        (1, '2005', '+15550000004', 'verified');";

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) client: Client,
    _database: TestDatabase,
}

pub(crate) async fn world() -> World {
    let database = TestDatabase::from_template("events", async |url| {
        let target = Target::parse(&url)?;
        target.client().await?.batch_execute(TABLES).await?;
        let migrator = Migrator::new(partner_migrations()?, target.clone(), Options::default());
        migrator.up(&UpRequest::default(), Arc::new(Silent)).await?;
        target.client().await?.batch_execute(ROWS).await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    });
    let database = database.await.unwrap();
    let target = Target::parse(&database.url()).unwrap();
    let client = database.connect().await.unwrap();
    World { store: Store::new(target, PoolOptions::default()), client, _database: database }
}

/// Seconds after a moment in 2026.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

pub(crate) fn event(kind: EventKind, subject: Subject, second: i64, change: Change) -> Event {
    let text = format!("{kind} {subject:?} {second} {change:?}");
    Event {
        source: Source::Meta,
        kind,
        provider_kind: Cow::Borrowed("test"),
        subject,
        occurred_at: Some(at(second)),
        dedupe_key: EventKey::of(&[text.as_bytes()]),
        change,
        hints: false,
        raw: None,
    }
}

fn status(message: &str, status: MessageStatus) -> Event {
    let change = Change::Status {
        id: message.to_owned(),
        status: Some(status),
        word: status.as_str().to_owned(),
        error: None,
    };
    let mut event = event(EventKind::MessageStatus, Subject::channel("2001"), 0, change);
    event.dedupe_key = EventKey::of_status(message, None, status);
    event
}

pub(crate) fn quality(channel: &str, rating: QualityRating, second: i64) -> Event {
    let fact = Fact::Quality { rating, word: rating.as_str().to_uppercase() };
    let subject = Subject::channel(channel);
    event(EventKind::ChannelQualityChanged, subject, second, Change::of([fact]))
}

impl World {
    /// Applies events that came a day after the moment, in one transaction.
    pub(crate) async fn apply(&self, events: &[Event]) -> Vec<Outcome> {
        let arrivals: Vec<Arrival<'_>> = events
            .iter()
            .map(|event| Arrival {
                account_id: 1,
                inbox_id: Some(7),
                received_at: at(86_400),
                event,
            })
            .collect();
        let mut connection = self.store.connection().await.unwrap();
        add_weeks(connection.executor(), [at(86_400)]).await.unwrap();
        let transaction = connection.begin().await.unwrap();
        let outcomes = apply_events(transaction.executor(), &arrivals).await.unwrap();
        transaction.commit().await.unwrap();
        outcomes
    }

    pub(crate) async fn text(&self, query: &str) -> String {
        let rows = self.client.query(query, &[]).await.unwrap();
        rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("; ")
    }

    async fn channels(&self) -> String {
        let query = "
            SELECT concat_ws(' ', phone_number_id, status, quality_rating, messaging_limit, messaging_limit_scope,
                provider_messaging_limit, display_name)
            FROM public.meta_whatsapp_phone_numbers
            ORDER BY id";
        self.text(query).await
    }
}

#[tokio::test]
async fn a_status_that_comes_late_is_kept_and_told_from_a_duplicate() {
    let world = world().await;
    let (sent, delivered) = (MessageStatus::Sent, MessageStatus::Delivered);
    let read = status("wamid.1", MessageStatus::Read);
    assert_eq!(world.apply(&[status("wamid.1", sent), read.clone()]).await, [Outcome::Applied; 2]);
    let late = [status("wamid.1", delivered), read.clone(), status("wamid.2", delivered)];
    assert_eq!(world.apply(&late).await, [Outcome::Stale, Outcome::Duplicate, Outcome::Applied]);
    assert_eq!(world.apply(&late).await, [Outcome::Duplicate; 3]);
    let kept = world
        .text("SELECT concat_ws(' ', message_id, word, outcome) FROM trunkline.events ORDER BY id");
    assert_eq!(
        kept.await,
        "wamid.1 sent applied; wamid.1 read applied; wamid.1 delivered stale; wamid.2 delivered applied"
    );
}

#[tokio::test]
async fn an_event_that_came_a_week_ago_is_known_across_partitions() {
    let world = world().await;
    let event = status("wamid.1", MessageStatus::Sent);
    for (day, expected) in [(0, Outcome::Applied), (7, Outcome::Duplicate), (8, Outcome::Duplicate)]
    {
        let received_at = at(day * 86_400);
        let arrival = Arrival { account_id: 1, inbox_id: None, received_at, event: &event };
        let connection = world.store.connection().await.unwrap();
        let refused = apply_events(connection.executor(), &[arrival]).await;
        assert_eq!(refused.is_err(), day == 0, "there is no room at first");
        add_weeks(connection.executor(), [received_at]).await.unwrap();
        let outcomes = apply_events(connection.executor(), &[arrival]).await.unwrap();
        assert_eq!(outcomes, [expected], "day {day}");
    }
}

#[tokio::test]
async fn an_older_fact_does_not_overwrite_a_newer_one_in_one_batch_or_in_two() {
    let world = world().await;
    let (green, yellow, red) = (QualityRating::Green, QualityRating::Yellow, QualityRating::Red);
    let batch = [quality("2001", green, 10), quality("2001", red, 30), quality("2001", yellow, 20)];
    assert_eq!(world.apply(&batch).await, [Outcome::Applied, Outcome::Applied, Outcome::Stale]);
    let batch = [quality("2001", green, 29), quality("2001", red, 31), quality("2001", green, 30)];
    assert_eq!(world.apply(&batch).await, [Outcome::Stale, Outcome::Unchanged, Outcome::Stale]);
    assert!(world.channels().await.starts_with("2001 verified red;"));
    let history = "
        SELECT concat_ws(' ', aspect, before, '->', after, provider_word, told_by, event_id IS NOT NULL)
        FROM trunkline.fact_history
        ORDER BY id";
    assert_eq!(
        world.text(history).await,
        "quality unknown -> green GREEN webhook t; quality green -> red RED webhook t"
    );
}

#[tokio::test]
async fn a_clock_that_is_ahead_does_not_keep_later_facts_out() {
    let world = world().await;
    let ahead = quality("2001", QualityRating::Red, 400_000_000);
    assert_eq!(world.apply(&[ahead]).await, [Outcome::Applied]);
    let next = quality("2001", QualityRating::Green, 86_400);
    assert_eq!(world.apply(&[next]).await, [Outcome::Applied]);
}

#[tokio::test]
async fn what_is_said_of_an_account_is_so_of_its_channels_and_a_limit_of_its_portfolio() {
    let world = world().await;
    let owned = |client: &str| {
        let fact = Fact::Other(Aspect::Portfolio, "9001".to_owned());
        let subject = Subject::Client(client.to_owned());
        event(EventKind::ClientConnected, subject, 0, Change::of([fact]))
    };
    world.apply(&[owned("1001"), owned("1003")]).await;
    let tier = |word: &str, second| {
        let fact = Fact::Limit(limit(word, LimitScope::Portfolio).unwrap());
        let subject = Subject::Client("1001".to_owned());
        event(EventKind::ChannelLimitChanged, subject, second, Change::of([fact]))
    };
    assert_eq!(
        world.apply(&[tier("TIER_2K", 1), tier("TIER_UNLIMITED", 2)]).await,
        [Outcome::Applied; 2]
    );
    let gone = Change::of([
        Fact::ClientStatus {
            status: ClientStatus::Disconnected,
            word: "PARTNER_REMOVED".to_owned(),
        },
        Fact::ChannelStatus {
            status: ChannelStatus::Disconnected,
            word: "PARTNER_REMOVED".to_owned(),
        },
    ]);
    let subject = Subject::Client("1002".to_owned());
    world.apply(&[event(EventKind::ClientDisconnected, subject, 3, gone)]).await;
    assert_eq!(
        world.channels().await,
        "2001 verified unknown portfolio TIER_UNLIMITED; 2002 disconnected unknown; \
         2003 verified unknown portfolio TIER_UNLIMITED; 2004 deleted unknown portfolio TIER_UNLIMITED; \
         2005 verified unknown portfolio TIER_UNLIMITED"
    );
    let clients = "SELECT concat_ws(' ', status, provider_status) FROM public.meta_whatsapp_clients ORDER BY id";
    assert_eq!(world.text(clients).await, "active; disconnected PARTNER_REMOVED; active");
    let limits = "
        SELECT concat_ws(' ', before, '->', after)
        FROM trunkline.fact_history
        WHERE aspect = 'limit' AND subject_id = 1
        ORDER BY id";
    assert_eq!(world.text(limits).await, "-> 2000; 2000 -> unlimited");
}

#[tokio::test]
async fn a_number_names_the_channel_that_is_in_use_and_only_of_its_account() {
    let world = world().await;
    let named = |number: &str, client: Option<&str>| {
        let subject = Subject::Channel {
            id: None,
            number: Some(number.to_owned()),
            client: client.map(ToOwned::to_owned),
        };
        let fact = Fact::DisplayName("Lucky Shrub".to_owned());
        event(EventKind::ChannelNameChanged, subject, 1, Change::of([fact]))
    };
    let outcomes = world
        .apply(&[
            named("+15550000004", None),
            named("+15550000001", Some("1002")),
            named("+15550009999", None),
        ])
        .await;
    assert_eq!(outcomes, [Outcome::Applied, Outcome::Quarantined, Outcome::Quarantined]);
    assert!(world.channels().await.ends_with("2005 verified unknown Lucky Shrub"));
}

#[tokio::test]
async fn what_no_company_has_is_quarantined_and_applied_when_one_has_it() {
    let world = world().await;
    let mut told = quality("2099", QualityRating::Red, 1);
    told.hints = true;
    let unknown = event(EventKind::Other, Subject::Client("1099".to_owned()), 1, Change::Nothing);
    let outcomes = world.apply(&[told.clone(), unknown]).await;
    assert_eq!(outcomes, [Outcome::Quarantined, Outcome::Applied]);
    let wishes = "SELECT concat_ws(' ', account_id, subject, subject_key, reason) FROM trunkline.resync_requests";
    assert_eq!(world.text(wishes).await, "1 channel 2099 channel.quality_changed");
    let link = "
        INSERT INTO public.meta_whatsapp_phone_numbers (client_id, phone_number_id)
        VALUES (1, '2099')";
    world.client.batch_execute(link).await.unwrap();
    assert_eq!(world.apply(&[told.clone()]).await, [Outcome::Applied]);
    assert_eq!(world.apply(&[told]).await, [Outcome::Duplicate]);
}

#[tokio::test]
async fn two_transactions_that_apply_the_same_at_once_keep_it_once() {
    let world = world().await;
    let events: Vec<Event> =
        (0..40).map(|number| status(&format!("wamid.{number}"), MessageStatus::Sent)).collect();
    world.apply(&events[..1]).await;
    let (one, other) = tokio::join!(world.apply(&events), world.apply(&events));
    let applied = one
        .iter()
        .zip(&other)
        .filter(|(one, other)| (**one == Outcome::Applied) ^ (**other == Outcome::Applied));
    assert_eq!(applied.count(), 39);
    assert_eq!(world.text("SELECT count(*)::TEXT FROM trunkline.events").await, "40");
}
