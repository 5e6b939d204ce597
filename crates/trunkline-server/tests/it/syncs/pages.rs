use trunkline_core::syncs::SyncState;

use super::Field;
use crate::support::page_of;

#[tokio::test]
async fn an_operator_asks_for_a_sync_on_the_page_and_reads_what_it_found() {
    let field = Field::new(3).await;
    let service = &field.service;
    let cookie = service.sign_in("operator").await;
    let empty = service.page("/admin/syncs", &cookie).await;
    assert_eq!(empty.status.as_u16(), 200, "{}", empty.body);
    for text in ["Nothing was compared yet", "Sync now", "Dry run", "every 6 hours"] {
        assert!(empty.body.contains(text), "{text}: {}", empty.body);
    }
    let form = format!("account={}&dry_run=true", field.meta());
    let asked = service.submit("/admin/syncs", &cookie, &form).await;
    assert_eq!((asked.status.as_u16(), asked.header("location")), (303, "/admin/syncs/1"));
    let waiting = service.page("/admin/syncs/1", &cookie).await;
    assert!(
        waiting.body.contains("Queued") && waiting.body.contains("Look again"),
        "{}",
        waiting.body
    );
    field.work().await;
    let done = service.page("/admin/syncs/1", &cookie).await;
    for text in [
        "Dry run 1",
        "Would be changed",
        "Only at the provider",
        "102000000000003",
        "/admin/channels/meta-1",
        "said as",
    ] {
        assert!(done.body.contains(text), "{text}: {}", done.body);
    }
    let filtered = service.page("/admin/syncs/1?found=not_here", &cookie).await;
    assert!(!filtered.body.contains("/admin/channels/meta-1"), "{}", filtered.body);
    let list = service.page("/admin/syncs?provider=meta", &cookie).await;
    assert!(
        list.body.contains("/admin/syncs/1") && list.body.contains("would be changed"),
        "{}",
        list.body
    );
    let none = service.page("/admin/syncs?provider=twilio", &cookie).await;
    assert!(none.body.contains("No sync fits these filters"), "{}", none.body);
}

#[tokio::test]
async fn a_viewer_reads_and_asks_for_nothing() {
    let field = Field::new(2).await;
    let service = &field.service;
    let cookie = service.sign_in("viewer").await;
    let page = service.page("/admin/syncs", &cookie).await;
    assert!(!page.body.contains("Sync now"), "{}", page.body);
    let asked = service.submit("/admin/syncs", &cookie, &format!("account={}", field.meta())).await;
    assert_eq!(asked.status.as_u16(), 403);
    let operator = service.sign_in("operator").await;
    let asked = service.submit("/admin/syncs", &operator, "account=nobody").await;
    assert_eq!(asked.status.as_u16(), 404);
}

#[tokio::test]
async fn an_outage_is_seen_on_the_pages() {
    let field = Field::new(2).await;
    let service = &field.service;
    let cookie = service.sign_in("viewer").await;
    let page = service.page("/admin/providers", &cookie).await;
    for text in ["Not asked yet", "No outage", "360dialog", "Twilio"] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    field.refuse("/meta/**", None, 503, "<html>no</html>".into());
    let run = field.sync(field.meta(), false).await;
    field.after(1).await;
    field.after(2).await;
    assert_eq!(field.run(run.id).await.state, SyncState::Queued);
    let page = service.page("/admin/providers", &cookie).await;
    for text in
        ["Does not answer: its syncs pause", "No answer 3 times", "Not over", "Tried again at"]
    {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    let overview = service.page("/admin", &cookie).await;
    for text in ["Provider does not answer", "Meta does not answer", "Its syncs pause"] {
        assert!(overview.body.contains(text), "{text}: {}", overview.body);
    }
    trunkline_server::syncs::queue_syncs(&service.state).await.unwrap();
    let (metrics, store) = (service.state.metrics.clone(), service.state.store.clone());
    let counted = page_of(trunkline_server::metrics_router(metrics, store), "/metrics").await;
    for line in [
        "trunkline_provider_outage{provider=\"meta\"} 1",
        "trunkline_provider_outage{provider=\"twilio\"} 0",
        "trunkline_syncs_queued 1",
    ] {
        assert!(counted.contains(line), "{line}: {counted}");
    }
    let of_run = service.page(&format!("/admin/syncs/{}", run.id), &cookie).await;
    for text in ["Pauses: Meta does not answer", "What to do", "Goes on at"] {
        assert!(of_run.body.contains(text), "{text}: {}", of_run.body);
    }
}
