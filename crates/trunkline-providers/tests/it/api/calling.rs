use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::json;
use trunkline_providers::{
    api::Pressure,
    dialog360,
    error::{Failure, Kind},
    meta,
};

use super::{Book, caller, within};
use crate::fake::{Answer, Fake, noon};

fn dialog360(fake: &Fake, caller: trunkline_providers::api::Caller) -> dialog360::Api {
    let mut account = dialog360::Account::new("examplePA");
    account.base_url = Some(fake.url("/api/v2"));
    account.api_key = Some("partner-key-0123456789".into());
    dialog360::Api::new(caller, account).unwrap()
}

/// Fails so often, then answers.
async fn failing(times: usize, status: u16) -> Fake {
    let count = AtomicUsize::new(0);
    Fake::start(move |_| {
        if count.fetch_add(1, Ordering::Relaxed) < times {
            return Answer::Json(status, json!({"meta": {"developer_message": "not now"}}));
        }
        Answer::Json(200, json!({"id": "examplePA", "api_key": "channel-key"}))
    })
    .await
}

#[tokio::test]
async fn what_reads_is_repeated_and_what_makes_something_is_sent_once() {
    let fake = failing(2, 500).await;
    assert_eq!(dialog360(&fake, caller()).partner().await.unwrap().id.as_ref(), "examplePA");
    assert_eq!(fake.seen().len(), 3);

    let fake = failing(2, 500).await;
    let failed = dialog360(&fake, caller()).create_channel_key("exampleCH").await.unwrap_err();
    assert_eq!((failed.kind, fake.seen().len()), (Kind::Transient, 1));

    let fake = Fake::start(|_| Answer::Drop).await;
    let failed = dialog360(&fake, caller()).create_channel_key("exampleCH").await.unwrap_err();
    assert!(!failed.failure.is_unsent(), "{failed:?}");
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn what_fails_for_good_and_what_must_wait_long_is_sent_once() {
    for status in [400, 401, 403, 404, 429] {
        let fake = failing(9, status).await;
        dialog360(&fake, caller()).partner().await.unwrap_err();
        assert_eq!(fake.seen().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn every_attempt_is_taken_out_of_the_budget_and_without_one_nothing_is_sent() {
    let book = Arc::new(Book::default());
    let fake = failing(1, 503).await;
    dialog360(&fake, within(&book)).partner().await.unwrap();
    assert_eq!(*book.taken.lock().unwrap(), ["partner", "partner"]);

    let empty = Arc::new(Book { most: Some(0), ..Book::default() });
    let fake = failing(0, 200).await;
    let failed = dialog360(&fake, within(&empty)).partner().await.unwrap_err();
    assert_eq!((failed.failure, failed.kind), (Failure::Budget, Kind::Throttled { until: noon() }));
    assert!(failed.failure.is_unsent() && fake.seen().is_empty());
}

#[tokio::test]
async fn a_throttled_call_and_metas_usage_are_told_to_the_budget() {
    let book = Arc::new(Book::default());
    let fake =
        Fake::start(|_| Answer::Text(429, "retry-after: 60\r\n".into(), r#"{"meta": {}}"#.into()))
            .await;
    dialog360(&fake, within(&book)).partner().await.unwrap_err();
    let minute = noon() + jiff::SignedDuration::from_mins(1);
    let told = Pressure { percent: 100, until: Some(minute) };
    assert_eq!(*book.pressed.lock().unwrap(), [("partner".to_owned(), told)]);

    let book = Arc::new(Book::default());
    let fake = Fake::start(|_| {
        let usage = r#"{"1029": [{"type": "whatsapp", "call_count": 12, "total_cputime": 83, "total_time": 4}]}"#;
        let headers = format!("x-business-use-case-usage: {usage}\r\nx-app-usage: {{\"call_count\": 7}}\r\n");
        Answer::Text(200, headers, r#"{"id": "1029"}"#.into())
    })
    .await;
    let mut account = meta::Account::new("670843887433847", "506914307656634");
    account.base_url = Some(fake.url("/"));
    account.system_user_token = Some("EAATESTTOKEN".into());
    meta::Api::new(within(&book), account).unwrap().waba("1029").await.unwrap();
    let told = Pressure { percent: 83, until: None };
    assert_eq!(*book.pressed.lock().unwrap(), [("1029".to_owned(), told)]);
}

#[tokio::test]
async fn an_id_that_would_lead_to_another_path_is_not_sent() {
    let fake = failing(0, 200).await;
    let api = dialog360(&fake, caller());
    for id in ["..", "a/b", "", "a%2fb", "x?y", "a b"] {
        let failed = api.create_channel_key(id).await.unwrap_err();
        assert_eq!((failed.failure, failed.kind), (Failure::Refused, Kind::Invalid), "{id}");
    }
    assert!(fake.seen().is_empty());
}
