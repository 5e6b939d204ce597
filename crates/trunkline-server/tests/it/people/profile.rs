use axum::http::Request;
use trunkline_core::Role;

use super::setup::main_of;
use super::{PASSWORD, path};
use crate::support::Service;

fn passwords(current: &str, password: &str) -> String {
    format!("current={current}&password={password}").replace(' ', "+")
}

#[tokio::test]
async fn the_profile_shows_and_changes_the_name() {
    let service = Service::with_owner().await;
    let form = format!("email=ada@example.com&password={PASSWORD}").replace(' ', "+");
    let request = Request::post("/admin/sign-in")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox/145.0");
    let cookie = service.send(request.body(form.into()).unwrap()).await.session();
    let page = service.page("/admin/profile", &cookie).await.expect(200);
    insta::assert_snapshot!("profile", main_of(&page.body));

    let answer = service.submit("/admin/profile/name", &cookie, "name=++").await.expect(422);
    answer.says("Write a name.");
    let answer = service.submit("/admin/profile/name", &cookie, "name=Ada+%3Ci%3EKing").await;
    answer.leads_to("/admin/profile");
    let page = service.page("/admin/profile", &cookie).await;
    assert!(!page.body.contains("<i>"), "{}", page.body);
    let said = "SELECT concat_ws(' ', action, before, after) FROM trunkline.audit_log ORDER BY id DESC LIMIT 1";
    assert_eq!(
        service.text(said).await,
        r#"user.renamed {"name": "Ada Lovelace"} {"name": "Ada <i>King"}"#
    );
}

#[tokio::test]
async fn a_new_password_takes_the_present_one_and_ends_every_other_session() {
    let service = Service::with_owner().await;
    let (other, cookie) =
        (service.enter("ada@example.com").await, service.enter("ada@example.com").await);
    let change = async |cookie: &str, form: &str| {
        service.submit("/admin/profile/password", cookie, form).await
    };
    service.page("/admin/profile/password", &cookie).await.expect(200);
    let answer = change(&cookie, &passwords("wrong guess", "another long sentence")).await;
    let page = answer.expect(422).says("not your present password");
    assert!(!page.body.contains("another long") && !page.body.contains("wrong guess"));
    change(&cookie, &passwords(PASSWORD, "too short")).await.expect(422).says("at least 12");
    assert!(service.is_signed_in(&other).await);

    let answer = change(&cookie, &passwords(PASSWORD, "another long sentence")).await;
    let renewed = answer.leads_to("/admin/profile").session();
    assert!(service.is_signed_in(&renewed).await);
    assert!(!service.is_signed_in(&cookie).await, "the token is a new one");
    assert!(!service.is_signed_in(&other).await);
    service.try_password("ada@example.com", PASSWORD).await.expect(422);
    service.try_password("ada@example.com", "another long sentence").await.leads_to("/admin");
    let log = service.audit_log().await;
    assert!(log.contains("user.password_changed") && !log.contains("another long"), "{log}");
}

#[tokio::test]
async fn guessing_the_present_password_is_throttled_like_signing_in() {
    let service = Service::with_owner().await;
    let cookie = service.enter("ada@example.com").await;
    for _ in 0..5 {
        let form = passwords("a wrong guess", "another long sentence");
        service.submit("/admin/profile/password", &cookie, &form).await.expect(422);
    }
    let form = passwords(PASSWORD, "another long sentence");
    let answer = service.submit("/admin/profile/password", &cookie, &form).await.expect(422);
    answer.says("Too many attempts");
    service.wait(30);
    let answer = service.submit("/admin/profile/password", &cookie, &form).await;
    answer.leads_to("/admin/profile");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_user_alone() {
    let service = Service::with_owner().await;
    service.add("grace@example.com", Role::Viewer).await;
    let theirs = service.enter("grace@example.com").await;
    let (first, second) =
        (service.enter("ada@example.com").await, service.enter("ada@example.com").await);
    let number = async |condition: &str| {
        let query = format!("SELECT max(id)::BIGINT FROM trunkline.sessions WHERE {condition}");
        service.number(&query).await
    };
    let of_theirs = number("user_id <> 1").await;
    let end = async |id: i64| {
        service.submit(&format!("/admin/profile/sessions/{id}/end"), &second, "").await
    };
    end(of_theirs).await.expect(404);
    assert!(service.is_signed_in(&theirs).await);
    let before = number("user_id = 1").await - 1;
    end(before).await.leads_to("/admin/profile");
    end(before).await.expect(404);
    service.submit("/admin/profile/sessions/first/end", &second, "").await.expect(404);
    assert!(!service.is_signed_in(&first).await);
    let answer = service.submit("/admin/profile/sessions/end-others", &second, "").await;
    answer.leads_to("/admin/profile");
    assert!(service.is_signed_in(&second).await && service.is_signed_in(&theirs).await);
    assert_eq!(
        service.number("SELECT count(*) FROM trunkline.sessions WHERE user_id = 1").await,
        1
    );
}

#[tokio::test]
async fn a_link_sets_a_password_once_and_ends_every_session() {
    let service = Service::with_owner().await;
    let cookie = service.enter("ada@example.com").await;
    let older = service.people().password_link_of("ADA@example.com", false).await.unwrap().link;
    let link = service.people().password_link_of("ada@example.com", false).await.unwrap().link;
    service.page(&path(&older), "").await.expect(404);
    let page = service.page(&path(&link), "").await.expect(200).says("ada@example.com");
    insta::assert_snapshot!("choose_password", main_of(&page.body));
    service.submit(&path(&link), "", "password=short").await.expect(422).says("at least 12");
    service.try_password("ada@example.com", PASSWORD).await.leads_to("/admin");

    let form = "password=another+long+sentence";
    let (link, again) = (path(&link), path(&link));
    let (one, other) =
        tokio::join!(service.submit(&link, "", form), service.submit(&again, "", form),);
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404], "a link works once");
    assert!(!service.is_signed_in(&cookie).await);
    service.try_password("ada@example.com", PASSWORD).await.expect(422);
    service.try_password("ada@example.com", "another long sentence").await.leads_to("/admin");
    let log = service.audit_log().await;
    assert!(log.contains("user.password_link_created"), "{log}");
    assert!(!log.contains("another long") && !log.contains("/admin/password/"), "{log}");
}
