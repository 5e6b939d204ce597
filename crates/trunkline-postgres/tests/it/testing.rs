use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Instant,
};

use trunkline_postgres::testing::{TestDatabase, test_cluster};

async fn fill(url: String) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute("CREATE TABLE filled AS SELECT 1 AS number").await
}

#[tokio::test]
async fn every_test_gets_a_database_of_its_own_that_is_gone_after_it() {
    let begun = Instant::now();
    let (one, two) = (TestDatabase::empty().await.unwrap(), TestDatabase::empty().await.unwrap());
    println!("two databases after {:?}", begun.elapsed());
    assert_ne!(one.name(), two.name());
    one.connect().await.unwrap().batch_execute("CREATE TABLE t ()").await.unwrap();
    two.connect().await.unwrap().batch_execute("CREATE TABLE t ()").await.unwrap();
    let name = one.name().to_owned();
    let begun = Instant::now();
    drop(one);
    println!("dropped after {:?}", begun.elapsed());
    let client = test_cluster().await.unwrap().connect("postgres").await.unwrap();
    let query = "SELECT 1 FROM pg_database WHERE datname = $1";
    assert!(client.query_opt(query, &[&name]).await.unwrap().is_none());
}

#[tokio::test]
async fn a_template_is_built_once_and_copied() {
    let built = AtomicU32::new(0);
    let make = || {
        TestDatabase::from_template("copied", async |url| {
            built.fetch_add(1, Ordering::Relaxed);
            fill(url).await
        })
    };
    let (one, two, three) = tokio::join!(make(), make(), make());
    let begun = Instant::now();
    let four = make().await;
    println!("a copy after {:?}", begun.elapsed());
    for database in [one, two, three, four] {
        let database = database.unwrap();
        let client = database.connect().await.unwrap();
        client.query_one("SELECT number FROM filled", &[]).await.unwrap();
    }
    assert!(built.into_inner() <= 1);
}

#[tokio::test]
async fn a_template_that_failed_is_built_again() {
    let error = TestDatabase::from_template("failing", async |_| Err("no")).await.unwrap_err();
    assert_eq!(error.to_string(), "could not build the test template failing: no");
    TestDatabase::from_template("failing", fill).await.unwrap();
}
