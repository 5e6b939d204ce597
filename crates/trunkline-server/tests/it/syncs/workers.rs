use std::time::Duration;

use trunkline_core::syncs::SyncState;
use trunkline_providers::simulator::FaultKind;
use trunkline_server::syncs::work_on_next;
use trunkline_store::syncs::{Claim, claim_sync};

use super::Field;

#[tokio::test]
async fn many_workers_share_the_syncs_and_none_is_done_twice() {
    let field = Field::new(2).await;
    for account in field.accounts {
        field.request(account, false).await;
        field.request(account, true).await;
    }
    let workers = (0..8).map(|_| {
        let state = field.service.state.clone();
        tokio::spawn(async move {
            let mut worked = 0;
            while work_on_next(&state).await.unwrap().is_some() {
                worked += 1;
            }
            worked
        })
    });
    let mut worked = 0;
    for worker in workers.collect::<Vec<_>>() {
        worked += worker.await.unwrap();
    }
    assert_eq!(worked, 6);
    let ended = "SELECT DISTINCT concat_ws(' ', state, attempts) FROM trunkline.sync_runs";
    assert_eq!(field.text(ended).await, "done 1");
    let doubled = "
        SELECT concat_ws(' ', provider, subject, subject_id, aspect)
        FROM trunkline.fact_history
        GROUP BY provider, subject, subject_id, aspect
        HAVING count(*) > 1";
    assert_eq!(field.text(doubled).await, "");
}

#[tokio::test]
async fn a_second_wish_finds_the_first_sync_until_it_has_ended() {
    let field = Field::new(2).await;
    let first = field.request(field.meta(), false).await;
    assert_eq!(field.request(field.meta(), false).await, first);
    let dry = field.request(field.meta(), true).await;
    assert_ne!(dry, first);
    field.work().await;
    assert_ne!(field.request(field.meta(), false).await, first);
}

#[tokio::test]
async fn what_a_killed_worker_had_done_is_not_done_again() {
    let field = Field::new(2).await;
    let id = field.request(field.meta(), false).await;
    // It was killed behind the first client: its lease ends, and nobody gave it back.
    let mut connection = field.service.state.store.connection().await.unwrap();
    let now = field.service.clock.now();
    let claimed = claim_sync(&mut connection, "killed", Claim::Next, now).await.unwrap().unwrap();
    assert_eq!((claimed.id, claimed.attempts), (id, 1));
    drop(connection);
    assert_eq!(field.work().await, 0, "it was taken from somebody who has it");
    let killed = "
        UPDATE trunkline.sync_runs
        SET lease_until = clock_timestamp() - INTERVAL '1 second', after_key = '102000000000001', clients = 1";
    field.service.client.batch_execute(killed).await.unwrap();
    field.simulator.forget_requests();
    assert_eq!(field.work().await, 1);
    let run = field.run(id).await;
    assert_eq!((run.state, run.attempts, run.clients), (SyncState::Done, 2, 2));
    let report = field.report(id).await;
    assert!(report.contains("103000000000002") && !report.contains("103000000000001"), "{report}");
    let asked: Vec<String> =
        field.simulator.requests().iter().map(|request| request.path.clone()).collect();
    assert!(!asked.iter().any(|path| path.contains("102000000000001")), "{asked:?}");
}

#[tokio::test]
async fn a_worker_whose_sync_is_anothers_by_now_writes_nothing() {
    let field = Field::new(2).await;
    let id = field.request(field.meta(), false).await;
    let slow = FaultKind::Slow { milliseconds: 1_000 };
    field.fault("/meta/*/*/phone_numbers", Some(1), slow);
    let state = field.service.state.clone();
    let first = tokio::spawn(async move { work_on_next(&state).await.unwrap() });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let lost =
        "UPDATE trunkline.sync_runs SET lease_until = clock_timestamp() - INTERVAL '1 second'";
    field.service.client.batch_execute(lost).await.unwrap();
    // The second worker has it all done before the first is answered.
    assert_eq!(work_on_next(&field.service.state).await.unwrap(), Some(id));
    let done = field.run(id).await;
    assert_eq!((done.state, done.clients), (SyncState::Done, 2));
    first.await.unwrap();
    assert_eq!(field.run(id).await, done);
    let written = "SELECT count(*)::TEXT FROM trunkline.sync_findings";
    assert_eq!(field.text(written).await, done.findings.to_string());
}

#[tokio::test]
async fn a_process_that_ends_gives_its_sync_back_at_once() {
    let field = Field::new(2).await;
    let id = field.request(field.meta(), false).await;
    field.fault("/meta/*/*/phone_numbers", Some(1), FaultKind::Slow { milliseconds: 5_000 });
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let state = field.service.state.clone();
    let working = tokio::spawn(trunkline_server::jobs::work(state, async {
        let _ = stopped.await;
    }));
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(field.run(id).await.state, SyncState::Running);
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(3), working).await.unwrap().unwrap();
    assert_eq!(field.run(id).await.state, SyncState::Queued);
    assert_eq!(field.work().await, 1);
}

#[tokio::test]
async fn an_account_that_is_taken_out_of_use_calls_nothing_any_more() {
    let field = Field::new(2).await;
    let id = field.request(field.meta(), false).await;
    let off = "UPDATE partner_configurations SET is_active = false, is_default = false WHERE provider = 'meta'";
    field.service.client.batch_execute(off).await.unwrap();
    field.simulator.forget_requests();
    field.work().await;
    let run = field.run(id).await;
    assert_eq!(run.state, SyncState::Failed);
    assert!(run.error.unwrap().message.contains("out of use"));
    assert!(field.simulator.requests().is_empty());
}
