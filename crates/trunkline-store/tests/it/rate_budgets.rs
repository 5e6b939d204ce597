use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Client;
use trunkline_migrate::{Migrator, Options, Silent, Target, UpRequest};
use trunkline_postgres::testing::TestDatabase;
use trunkline_store::rate_budgets::{
    RateLimit, Turn, delete_idle_budgets, press_budget, take_turn,
};
use trunkline_store::{PoolOptions, Store, partner_migrations};

const LIMIT: RateLimit =
    RateLimit { calls: 5, within: Duration::from_secs(30), slow_pause: Duration::from_mins(1) };

const LONG: Duration = Duration::from_hours(1);

/// A database with two partner accounts, and as many replicas as wanted, each with connections of its own.
async fn replicas(count: usize) -> (TestDatabase, Client, Vec<Store>) {
    let database = TestDatabase::empty().await.unwrap();
    let client = database.connect().await.unwrap();
    let companies = "CREATE TABLE companies (id INTEGER PRIMARY KEY, name TEXT)";
    client.batch_execute(companies).await.unwrap();
    let target = Target::parse(&database.url()).unwrap();
    let migrator = Migrator::new(partner_migrations().unwrap(), target.clone(), Options::default());
    migrator.up(&UpRequest::default(), Arc::new(Silent)).await.unwrap();
    let accounts = "
        INSERT INTO partner_configurations (id, provider, partner_id)
        VALUES (1, '360dialog', 'onePA'), (2, '360dialog', 'twoPA')";
    client.batch_execute(accounts).await.unwrap();
    let stores = (0..count).map(|_| Store::new(target.clone(), PoolOptions::default())).collect();
    (database, client, stores)
}

async fn take(store: &Store, account: i32, name: &str, patience: Duration) -> Turn {
    let connection = store.connection().await.unwrap();
    take_turn(connection.executor(), account, name, LIMIT, patience).await.unwrap()
}

fn moment(turn: Turn) -> Timestamp {
    match turn {
        Turn::At(moment, _) => moment,
        Turn::NotBefore(moment) => panic!("refused until {moment}"),
    }
}

#[tokio::test]
async fn replicas_together_never_call_oftener_than_the_provider_allows() {
    let (_database, _client, stores) = replicas(4).await;
    let tasks: Vec<_> = stores
        .iter()
        .flat_map(|store| (0..10).map(move |_| store.clone()))
        .map(|store| tokio::spawn(async move { moment(take(&store, 1, "partner", LONG).await) }))
        .collect();
    let mut turns = Vec::new();
    for task in tasks {
        turns.push(task.await.unwrap());
    }
    turns.sort();
    assert_eq!(turns.len(), 40);
    let within = SignedDuration::from_secs(30);
    for pair in turns.windows(6) {
        assert!(pair[5].duration_since(pair[0]) >= within, "six calls within 30 s: {pair:?}");
    }
    // And no seldomer: nobody waits for what is free.
    assert!(turns[39].duration_since(turns[0]) < within * 8, "{turns:?}");
}

#[tokio::test]
async fn a_turn_that_is_too_far_away_is_refused_and_costs_nothing() {
    let (_database, _client, stores) = replicas(1).await;
    for _ in 0..5 {
        assert!(matches!(take(&stores[0], 1, "partner", Duration::ZERO).await, Turn::At(..)));
    }
    let short = Duration::from_secs(10);
    let refused = take(&stores[0], 1, "partner", short).await;
    assert!(matches!(refused, Turn::NotBefore(_)), "{refused:?}");
    let again = take(&stores[0], 1, "partner", short).await;
    assert_eq!(again, refused, "a refusal was counted");
    let Turn::At(_, wait) = take(&stores[0], 1, "partner", LONG).await else { panic!("refused") };
    assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(30), "{wait:?}");
}

#[tokio::test]
async fn accounts_and_names_have_budgets_of_their_own() {
    let (_database, _client, stores) = replicas(1).await;
    for _ in 0..5 {
        take(&stores[0], 1, "partner", LONG).await;
    }
    for (account, name) in [(2, "partner"), (1, "client_balance")] {
        let turn = take(&stores[0], account, name, Duration::ZERO).await;
        assert!(matches!(turn, Turn::At(_, wait) if wait.is_zero()), "{turn:?}");
    }
}

#[tokio::test]
async fn what_the_provider_says_holds_for_every_replica() {
    let (_database, client, stores) = replicas(2).await;
    let connection = stores[0].connection().await.unwrap();
    let executor = connection.executor();
    let now: Timestamp = client.query_one("SELECT now()", &[]).await.unwrap().get(0);
    let later = now + SignedDuration::from_mins(10);
    press_budget(executor, 1, "partner", 100, Some(later), Duration::from_mins(5)).await.unwrap();
    assert_eq!(
        take(&stores[1], 1, "partner", Duration::from_secs(5)).await,
        Turn::NotBefore(later)
    );

    press_budget(executor, 2, "partner", 85, None, Duration::from_mins(5)).await.unwrap();
    let first = moment(take(&stores[1], 2, "partner", LONG).await);
    let second = moment(take(&stores[0], 2, "partner", LONG).await);
    assert!(second.duration_since(first) >= SignedDuration::from_mins(1), "not slow");
    let shown = "SELECT used_percent FROM trunkline.rate_budgets WHERE account_id = 2";
    assert_eq!(client.query_one(shown, &[]).await.unwrap().get::<_, i32>(0), 85);
}

#[tokio::test]
async fn a_clock_that_was_set_back_locks_nobody_out() {
    let (_database, client, stores) = replicas(1).await;
    let taken = "
        INSERT INTO trunkline.rate_budgets (account_id, name, turns)
        SELECT 1, 'partner', array_agg(now() + '2 hours'::INTERVAL)
        FROM generate_series(1, 5)";
    client.batch_execute(taken).await.unwrap();
    let turn = take(&stores[0], 1, "partner", Duration::from_mins(1)).await;
    assert!(matches!(turn, Turn::At(_, wait) if wait.is_zero()), "{turn:?}");
}

#[tokio::test]
async fn budgets_that_nobody_uses_are_forgotten() {
    let (_database, client, stores) = replicas(1).await;
    take(&stores[0], 1, "partner", LONG).await;
    let old = "
        INSERT INTO trunkline.rate_budgets (account_id, name, turns)
        VALUES (1, 'old', ARRAY[now() - '5 days'::INTERVAL])";
    client.batch_execute(old).await.unwrap();
    let connection = stores[0].connection().await.unwrap();
    assert_eq!(delete_idle_budgets(connection.executor()).await.unwrap(), 1);
}
