use super::{PASSWORD, path};
use crate::support::Service;

fn form(name: &str, password: &str) -> String {
    format!("name={name}&email={name}@Example.com&password={password}").replace(' ', "+")
}

#[tokio::test]
async fn the_first_owner_comes_in_by_the_setup_link_and_nobody_after_them() {
    let service = Service::new().await;
    let link = service.people().setup_link().await.unwrap().unwrap();
    assert!(link.starts_with("http://127.0.0.1:8640/admin/setup/"), "{link}");
    let page = service.page(&path(&link), "").await.expect(200);
    insta::assert_snapshot!("setup", main_of(&page.body));
    service.page("/admin/sign-in", "").await.expect(200).says("Nobody is here yet");

    let answer = service.submit(&path(&link), "", &form("ada", PASSWORD)).await.leads_to("/admin");
    let cookie = answer.session();
    service.page("/admin", &cookie).await.expect(200).says("owner");
    let user =
        "SELECT concat_ws(' ', email, name, role, left(password_hash, 30)) FROM trunkline.users";
    assert_eq!(
        service.text(user).await,
        "ada@example.com ada owner $argon2id$v=19$m=19456,t=2,p=1"
    );
    assert_eq!(service.actions().await, ["user.created", "setup_link.created"]);
    let log = service.audit_log().await;
    assert!(!log.contains(PASSWORD) && !log.contains("argon2"), "{log}");

    service.page(&path(&link), "").await.expect(404).says("setup link was used");
    service.submit(&path(&link), "", &form("eve", PASSWORD)).await.expect(404);
    assert_eq!(service.people().setup_link().await.unwrap(), None);
    let body = service.page("/admin/sign-in", "").await.expect(200).body;
    assert!(!body.contains("Nobody is here yet"), "{body}");
}

/// What stands in the page itself.
pub(crate) fn main_of(body: &str) -> String {
    let begin = body.find("<main").unwrap();
    let page = &body[begin..body.find("<div id=\"toasts\"").unwrap()];
    // The version of the assets changes with each of them.
    let mut parts = page.split("/assets/");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |page, part| page + "/assets/[version]" + &part[part.find('/').unwrap()..])
}

#[tokio::test]
async fn two_who_set_up_at_once_make_one_owner() {
    let service = Service::new().await;
    let link = service.people().setup_link().await.unwrap().unwrap();
    // A second link, as another replica could have made it at the same moment.
    let other = "a".repeat(43);
    service
        .client
        .execute(
            "INSERT INTO trunkline.one_time_links (token_hash, purpose, expires_at)
             VALUES (sha256(convert_to($1, 'UTF8')), 'setup', now() + interval '10 years')",
            &[&other],
        )
        .await
        .unwrap();
    let other = format!("/admin/setup/{other}");
    let ours = path(&link);
    let (ada_form, eve_form) = (form("ada", PASSWORD), form("eve", PASSWORD));
    let (ada, eve, again) = tokio::join!(
        service.submit(&ours, "", &ada_form),
        service.submit(&other, "", &eve_form),
        service.submit(&ours, "", &eve_form),
    );
    let mut statuses = [ada, eve, again].map(|answer| answer.status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404, 404]);
    assert_eq!(service.number("SELECT count(*) FROM trunkline.users").await, 1);
}

#[tokio::test]
async fn a_link_ends_after_a_day_or_with_the_next_one() {
    let service = Service::new().await;
    let first = service.people().setup_link().await.unwrap().unwrap();
    let second = service.people().setup_link().await.unwrap().unwrap();
    service.page(&path(&first), "").await.expect(404);
    service.wait(24 * 3600 - 1);
    service.page(&path(&second), "").await.expect(200);
    service.wait(1);
    service.page(&path(&second), "").await.expect(404);
    service.submit(&path(&second), "", &form("ada", PASSWORD)).await.expect(404);
    assert_eq!(service.number("SELECT count(*) FROM trunkline.users").await, 0);
}

#[tokio::test]
async fn what_is_wrong_with_the_form_is_said_and_what_was_typed_stays() {
    let service = Service::new().await;
    let link = path(&service.people().setup_link().await.unwrap().unwrap());
    let answer = service.submit(&link, "", "name=&email=ada&password=short-secret").await;
    let page = answer.expect(422).says("value=\"ada\"").says("Write a name.");
    assert!(!page.body.contains("short-secret"), "{}", page.body);
    insta::assert_snapshot!("setup_errors", main_of(&page.body));
    let answer = service.submit(&link, "", &form("grace", "Password1234")).await;
    answer.expect(422).says("first that are tried").says("value=\"grace\"");
    service.submit(&link, "", "%FF=%00&name=%00&email=%00").await.expect(422);
    service.submit(&link, "", "").await.expect(422);
    service.submit(&link, "", &form("ada", PASSWORD)).await.leads_to("/admin");
}
