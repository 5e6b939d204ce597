use insta::assert_snapshot;
use trunkline_migrate::Interrupt;
use trunkline_server::import_once;

use super::platform;
use crate::people::main_of;
use crate::support::Service;

#[tokio::test]
async fn a_person_plans_decides_imports_and_undoes() {
    let (service, key) = platform().await;
    let admin = service.sign_in("admin").await;
    service.page("/admin/import", &admin).await.expect(200).says("No plan yet").says("Make a plan");
    service.submit("/admin/import/tasks", &admin, "kind=plan").await.leads_to("/admin/import");
    let page = service.page("/admin/import", &admin).await.expect(200);
    page.says("Waiting for its turn").says("every 2s").says("Stop");
    import_once(&service.state, &Interrupt::default()).await.unwrap();
    let page = service.page("/admin/import", &admin).await.expect(200);
    assert!(!page.body.contains("every 2s"), "nothing is at work");
    assert_snapshot!("import_planned", main_of(&page.body));

    let page = service.page("/admin/import/conflicts?decided=no", &admin).await.expect(200);
    assert_snapshot!("import_conflicts", main_of(&page.body));
    let page = service.page("/admin/import/conflicts/3", &admin).await.expect(200);
    assert_snapshot!("import_conflict", main_of(&page.body));
    let path = "/admin/import/conflicts/3";
    service.submit(path, &admin, "choice=").await.expect(422).says("choose one");
    let wrong =
        service.submit("/admin/import/conflicts/5", &admin, "choice=assign&company_id=77").await;
    wrong.expect(422).says("there is no company 77").says("value=\"77\"");
    let decided = service.submit(path, &admin, "choice=take&company_id=").await;
    decided.leads_to("/admin/import/conflicts");
    service.page(path, &admin).await.expect(200).says("Taken, by admin@example.com");
    let open = service.submit(&format!("{path}/withdraw"), &admin, "").await;
    open.leads_to("/admin/import/conflicts/3");
    service.submit(path, &admin, "choice=take").await.leads_to("/admin/import/conflicts");

    service
        .submit("/admin/import/tasks", &admin, "kind=run&conflict=skip")
        .await
        .leads_to("/admin/import");
    import_once(&service.state, &Interrupt::default()).await.unwrap();
    let page = service.page("/admin/import", &admin).await.expect(200);
    page.says("<dt>Created</dt><dd>3</dd>");
    service.submit("/admin/import/tasks", &admin, "kind=verify").await.leads_to("/admin/import");
    import_once(&service.state, &Interrupt::default()).await.unwrap();
    service.page("/admin/import", &admin).await.expect(200).says("<dt>As imported</dt><dd>3</dd>");

    service.page("/admin/import/undo", &admin).await.expect(200).says("Type <code>undo</code>");
    service
        .submit("/admin/import/undo", &admin, "confirm=yes")
        .await
        .expect(422)
        .says("Type undo to confirm.");
    service.submit("/admin/import/tasks", &admin, "kind=undo").await.expect(400);
    service.submit("/admin/import/undo", &admin, "confirm=undo").await.leads_to("/admin/import");
    let stop = service.get("/api/v1/import", &key).await.json()["task"]["id"].clone();
    service.submit("/admin/import/undo", &admin, "confirm=undo").await.expect(409);
    import_once(&service.state, &Interrupt::default()).await.unwrap();
    service
        .page("/admin/import", &admin)
        .await
        .expect(200)
        .says("<dt>Channels deleted</dt><dd>3</dd>");
    let stopped = service.submit(&format!("/admin/import/tasks/{stop}/stop"), &admin, "").await;
    stopped.leads_to("/admin/import");
}

#[tokio::test]
async fn where_there_is_nothing_to_import_it_is_said_what_to_do() {
    let service = Service::new().await;
    let admin = service.sign_in("admin").await;
    let page = service.page("/admin/import", &admin).await.expect(200);
    page.says("no table public.channel_connections").says("trunkline import run --from");
    service.page("/admin/import/conflicts", &admin).await.expect(200).says("there is no plan yet");
    service.page("/admin/import/conflicts/3", &admin).await.expect(404);
}

#[tokio::test]
async fn only_admins_see_it() {
    let (service, _) = platform().await;
    let operator = service.sign_in("operator").await;
    for path in [
        "/admin/import",
        "/admin/import/undo",
        "/admin/import/conflicts",
        "/admin/import/conflicts/3",
    ] {
        service.page(path, &operator).await.expect(403);
        service.page(path, "").await.expect(303);
    }
    for path in [
        "/admin/import/tasks",
        "/admin/import/undo",
        "/admin/import/conflicts/3",
        "/admin/import/tasks/1/stop",
    ] {
        service.submit(path, &operator, "kind=plan&confirm=undo&choice=take").await.expect(403);
    }
    let page = service.page("/admin", &operator).await.expect(200);
    assert!(!page.body.contains("/admin/import"), "the menu does not lead there");
}
