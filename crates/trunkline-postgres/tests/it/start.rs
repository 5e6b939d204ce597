use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use trunkline_postgres::{Cluster, Options, Progress, Step};

use crate::directory::Directory;

struct Steps(Mutex<Vec<Step>>);

impl Progress for Steps {
    fn step(&self, step: Step) {
        self.0.lock().unwrap().push(step);
    }
}

#[tokio::test]
async fn first_start_makes_a_cluster_and_warm_start_is_fast() {
    let directory = Directory::new();
    let options = Options { durable: true, ..directory.options() };
    let steps = Steps(Mutex::default());

    let begun = Instant::now();
    let cluster = Cluster::open(&options, &steps).await.unwrap();
    let first = begun.elapsed();
    assert!(cluster.started());
    cluster.ensure_database("app").await.unwrap();
    cluster.ensure_database("app").await.unwrap();
    let client = cluster.connect("app").await.unwrap();
    let row = client.query_one("SHOW fsync", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "on");
    client.batch_execute("CREATE SCHEMA trunkline; CREATE TABLE plain (id int)").await.unwrap();
    let row = client.query_one("SELECT 'public.plain'::regclass::text", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "plain");
    drop((client, cluster));
    directory.wait_until_stopped();

    let begun = Instant::now();
    let cluster = Cluster::open(&options, &()).await.unwrap();
    let warm = begun.elapsed();

    let begun = Instant::now();
    // Spawned, as that takes a future that may move between threads.
    let joined = tokio::spawn(async move { Cluster::open(&options, &()).await }).await;
    let joined = joined.unwrap().unwrap();
    let join = begun.elapsed();
    assert_eq!((cluster.started(), joined.started()), (true, false));
    println!("first {first:?}, warm {warm:?}, join {join:?}");
    // Three times the promise, as the other tests share the machine.
    assert!(first < Duration::from_secs(9), "first start took {first:?}");
    assert!(warm < Duration::from_millis(900), "warm start took {warm:?}");
    let steps = steps.0.into_inner().unwrap();
    assert!(
        matches!(&steps[..], [Step::Initialising { .. }, Step::Starting { .. }, Step::Ready]),
        "{steps:?}"
    );
}
