//! What the service does while it runs and when it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use trunkline_server::{Drained, Limits, serve};

use crate::support::Service;

/// Stops while these paths are being answered: `/soon`, in a moment, and `/never`.
async fn stop_during(paths: &[&str]) -> Drained {
    let begun = Arc::new(Semaphore::new(0));
    let (soon, never) = (Arc::clone(&begun), Arc::clone(&begun));
    let soon = async move || {
        soon.add_permits(1);
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let never = async move || {
        never.add_permits(1);
        std::future::pending::<()>().await;
    };
    let router = Router::new().route("/soon", get(soon)).route("/never", get(never));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = Limits { head: Duration::from_secs(10), drain: Duration::from_secs(2) };
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    let serving =
        tokio::spawn(serve(listener, router, limits, async move { stopped.notified().await }));
    let mut clients = Vec::new();
    for path in paths {
        let mut client = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        client.write_all(request.as_bytes()).await.unwrap();
        clients.push(client);
    }
    let count = u32::try_from(paths.len()).unwrap();
    begun.acquire_many(count).await.unwrap().forget();
    stop.notify_one();
    serving.await.unwrap()
}

#[tokio::test]
async fn a_stop_counts_those_alone_that_it_cuts_off_and_says_what_is_left_of_the_limit() {
    let drained = stop_during(&["/soon", "/never"]).await;
    assert_eq!((drained.cut_off, drained.left), (1, Duration::ZERO));
    let drained = stop_during(&["/soon"]).await;
    assert_eq!(drained.cut_off, 0);
    assert!(drained.left > Duration::ZERO && drained.left < Duration::from_secs(2));
}

#[tokio::test]
async fn a_key_that_a_rotation_forgets_while_it_still_seals_is_written_down_again() {
    let service = Service::new().await;
    service.client.execute("DELETE FROM trunkline.secret_keys", &[]).await.unwrap();
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    let state = service.state.clone();
    let jobs = trunkline_server::jobs::work(state, async move { stopped.notified().await });
    let known = async {
        let query = "SELECT count(*) FROM trunkline.secret_keys";
        while service.number(query).await == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stop.notify_one();
    };
    tokio::join!(jobs, known);
    let key = service.text("SELECT key_id FROM trunkline.secret_keys").await;
    assert_eq!(key, service.state.keys.active().to_string());
}
