//! What a run is seen to do by whoever traces it.

use std::sync::{Arc, Mutex};

use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::support::{empty, migrator, source, up};

/// Writes down the name of each span, as it begins.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<Vec<&'static str>>>);

impl<S: tracing::Subscriber> Layer<S> for Names {
    fn on_new_span(
        &self,
        attributes: &tracing::span::Attributes<'_>,
        _: &tracing::span::Id,
        _: Context<'_, S>,
    ) {
        self.0.lock().unwrap().push(attributes.metadata().name());
    }
}

#[tokio::test]
async fn a_run_is_a_span_and_so_is_what_it_asks_of_the_database() {
    let database = empty().await;
    let set = source(&[("1-a.sql", "CREATE TABLE a (id int); CREATE INDEX ON a (id);")]);
    let names = Names::default();
    let tracing = tracing_subscriber::registry().with(names.clone()).set_default();
    up(&migrator(&database, set)).await.unwrap();
    drop(tracing);
    let names = names.0.lock().unwrap();
    let expected = [
        "migrate.up",
        "db.migrations.list",
        "db.migrations.list",
        "db.migrations.insert",
        "db.statement",
        "db.statement",
    ];
    assert_eq!(*names, expected);
}
