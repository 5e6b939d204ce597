use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use axum::routing::{get, post};
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::sync::Notify;

use super::{at, key, path};

const CHUNK: usize = 64 * 1024;
const CHUNKS: usize = 1024;
static PART: [u8; CHUNK] = [7; CHUNK];

/// What sockets and their buffers may hold; the file is 64 MB.
const BUFFERED: usize = 16 * 1024 * 1024;

/// A file of 64 MB that is made while it is read, and how much of it was.
fn file(made: &Arc<AtomicUsize>) -> Body {
    let made = Arc::clone(made);
    Body::from_stream(stream::iter(0..CHUNKS).map(move |_| {
        made.fetch_add(CHUNK, Ordering::Relaxed);
        Ok::<_, Infallible>(Bytes::from_static(&PART))
    }))
}

#[tokio::test]
async fn a_large_file_is_read_as_fast_as_it_is_taken() {
    let made: Arc<AtomicUsize> = Arc::default();
    let making = Arc::clone(&made);
    let media = json!({ "url": "https://lookaside.fbsbx.com/file?mid=1" });
    let router = Router::new()
        .route("/3003", get(async move || axum::Json(media)))
        .route("/file", get(async move || file(&making)));
    let service = at(router).await;
    let key = key(&service, None, &["provider:read"]).await;
    let request = Request::get("/api/v1/channels/360dialog-1/media/3003")
        .header("authorization", format!("Bearer {key}"));
    let answer = service.open(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status().as_u16(), 200);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = made.load(Ordering::Relaxed);
    assert!(before < BUFFERED, "{before} bytes were read that nobody took");
    let (mut taken, mut most) = (0, 0);
    let mut body = answer.into_body().into_data_stream();
    while let Some(chunk) = body.next().await {
        taken += chunk.unwrap().len();
        most = most.max(made.load(Ordering::Relaxed) - taken);
    }
    assert_eq!(taken, CHUNK * CHUNKS);
    assert!(most < BUFFERED, "{most} bytes were on their way");
}

#[tokio::test]
async fn a_large_upload_is_read_as_fast_as_the_provider_takes_it() {
    let go: Arc<Notify> = Arc::default();
    let going = Arc::clone(&go);
    let take = async move |body: Body| {
        going.notified().await;
        let mut taken = 0;
        let mut body = body.into_data_stream();
        while let Some(Ok(chunk)) = body.next().await {
            taken += chunk.len();
        }
        taken.to_string()
    };
    let router = Router::new().route("/v25.0/1065/media", post(take));
    let service = Arc::new(at(router).await);
    let key = key(&service, None, &["provider:send"]).await;
    let made: Arc<AtomicUsize> = Arc::default();
    let request = Request::post(path("meta-1", "number/media"))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "multipart/form-data; boundary=x");
    let request = request.body(file(&made)).unwrap();
    let sending = Arc::clone(&service);
    let sent = tokio::spawn(async move { sending.send(request).await });
    tokio::time::sleep(Duration::from_millis(700)).await;
    let before = made.load(Ordering::Relaxed);
    assert!(before > 0 && before < BUFFERED, "{before} bytes were read that nobody took");
    go.notify_one();
    let answer = sent.await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body), (200, (CHUNK * CHUNKS).to_string()));
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let router =
        Router::new().route("/v25.0/1065/media", post(async |body: Bytes| body.len().to_string()));
    let service = at(router).await;
    let key = key(&service, None, &["provider:send"]).await;
    let endless =
        Body::from_stream(stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&PART))));
    let request = Request::post(path("meta-1", "number/media"))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "multipart/form-data; boundary=x");
    let answer = service.send(request.body(endless).unwrap()).await;
    // The provider may have refused it before.
    assert_eq!(answer.status.as_u16(), 413, "{}", answer.body);
}
