use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;

use super::setup::main_of;
use super::{PASSWORD, path};
use crate::support::Service;

#[tokio::test]
async fn somebody_signs_in_goes_where_they_wanted_and_signs_out() {
    let service = Service::with_owner().await;
    let answer = service.page("/admin?tab=1", "").await.expect(303);
    let there = answer.header("location").to_owned();
    assert_eq!(there, "/admin/sign-in?then=%2Fadmin%3Ftab%3D1");
    let page = service.page(&there, "").await.expect(200).says("value=\"/admin?tab=1\"");
    insta::assert_snapshot!("sign_in", main_of(&page.body));

    let form = format!("email=+ADA@example.com&password={PASSWORD}&then=/admin?tab=1");
    let answer = service.submit("/admin/sign-in", "", &form.replace(' ', "+")).await;
    let answer = answer.leads_to("/admin?tab=1");
    let begins = |cookie: &&&str| cookie.starts_with("trunkline_session=");
    let (cookies, cookie) = (answer.cookies(), answer.session());
    let attributes = cookies.iter().find(begins).unwrap().split_once(';').unwrap().1;
    assert_eq!(attributes, " Path=/; HttpOnly; SameSite=Lax");
    service.page("/admin/sign-in", &cookie).await.leads_to("/admin");

    let answer = service.submit("/admin/sign-out", &cookie, "").await.leads_to("/admin/sign-in");
    assert!(answer.cookies().iter().any(|cookie| cookie.contains("=; Path=/; HttpOnly")));
    assert!(!service.is_signed_in(&cookie).await, "the old cookie");
    service.submit("/admin/sign-out", &cookie, "").await.leads_to("/admin/sign-in");
    let actions = service.actions().await;
    assert_eq!(
        actions,
        ["user.signed_out", "user.signed_in", "user.created", "setup_link.created"]
    );
}

#[tokio::test]
async fn unknown_wrong_and_deactivated_look_the_same() {
    let service = Service::with_owner().await;
    let without_address = |body: &str| body.replace("eve@", "ada@");
    let wrong = service.try_password("ada@example.com", "not the right one").await.expect(422);
    let unknown = service.try_password("eve@example.com", PASSWORD).await.expect(422);
    assert_eq!(wrong.body, without_address(&unknown.body));
    assert!(
        wrong.body.contains("do not belong together") && wrong.body.contains("ada@example.com")
    );
    assert!(!wrong.body.contains("not the right one"));
    service.client.execute("UPDATE trunkline.users SET is_active = false", &[]).await.unwrap();
    let deactivated = service.try_password("ada@example.com", PASSWORD).await.expect(422);
    assert_eq!(deactivated.body, wrong.body);
    let said = "SELECT string_agg(concat_ws(' ', action, object_id, actor_name), ', ' ORDER BY id)
                FROM trunkline.audit_log WHERE id > 2";
    assert_eq!(
        service.text(said).await,
        "user.sign_in_failed 1 somebody not signed in, user.sign_in_failed unknown somebody not signed in"
    );
}

/// The time that processors have worked for this test, which others on the machine do not change.
fn processor_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[tokio::test]
async fn an_unknown_account_takes_as_much_work_as_a_known_one() {
    let service = Service::with_owner().await;
    let mut work = [0, 0];
    for _ in 0..8 {
        for (email, ticks) in ["ada@example.com", "eve@example.com"].iter().zip(&mut work) {
            service.client.execute("DELETE FROM trunkline.sign_in_throttles", &[]).await.unwrap();
            let before = processor_ticks();
            service.try_password(email, "not the right one").await.expect(422);
            *ticks += processor_ticks() - before;
        }
    }
    assert!(work[1] * 3 > work[0] * 2 && work[0] * 3 > work[1] * 2, "{work:?}");
}

#[tokio::test]
async fn an_account_is_paused_longer_and_longer_whether_it_exists_or_not() {
    let service = Service::with_owner().await;
    for email in ["ada@example.com", "eve@example.com"] {
        for _ in 0..5 {
            service.try_password(email, "wrong").await.expect(422);
        }
        for pause in [30, 60, 120, 240, 480, 900, 900] {
            let answer = service.try_password(email, PASSWORD).await.expect(429);
            answer.says("Too many attempts");
            service.wait(pause - 1);
            service.try_password(email, PASSWORD).await.expect(429).says("one second");
            service.wait(1);
            service.try_password(email, "wrong").await.expect(422);
        }
        service
            .client
            .execute("DELETE FROM trunkline.sign_in_throttles WHERE subject ~ '^address'", &[])
            .await
            .unwrap();
    }
    service.wait(900);
    service.enter("ada@example.com").await;
    let left =
        "SELECT count(*) FROM trunkline.sign_in_throttles WHERE subject = 'user:ada@example.com'";
    assert_eq!(service.number(left).await, 0, "success clears it");
    service.try_password("ada@example.com", "wrong").await.expect(422);
    service.enter("ada@example.com").await;
}

#[tokio::test]
async fn an_address_is_paused_over_all_accounts_and_success_does_not_clear_it() {
    let service = Service::with_owner().await;
    for guess in 0..19 {
        service.try_password(&format!("user{guess}@example.com"), "wrong").await.expect(422);
    }
    service.enter("ada@example.com").await;
    service.try_password("one@example.com", "wrong").await.expect(422);
    let paused = service.try_password("ada@example.com", PASSWORD).await.expect(429);
    assert_eq!(paused.header("retry-after"), "30");
    paused.says("30 seconds");
    service.wait(30);
    service.enter("ada@example.com").await;
    service.try_password("two@example.com", "wrong").await.expect(422);
    service.try_password("ada@example.com", PASSWORD).await.expect(429).says("60 seconds");
    service.wait(3600 + 1);
    service.try_password("two@example.com", "wrong").await.expect(422);
    service.enter("ada@example.com").await;
}

#[tokio::test]
async fn guesses_at_the_same_moment_get_no_more_than_those_one_by_one() {
    let service = Arc::new(Service::with_owner().await);
    let guesses: Vec<_> = (0..12)
        .map(|_| {
            let service = Arc::clone(&service);
            tokio::spawn(async move {
                service.try_password("ada@example.com", "wrong").await.status.as_u16()
            })
        })
        .collect();
    let mut looked_at = 0;
    for guess in guesses {
        looked_at += i32::from(guess.await.unwrap() == 422);
    }
    assert_eq!(looked_at, 5);
}

#[tokio::test]
async fn a_password_that_is_replaced_while_it_is_looked_at_lets_nobody_in() {
    let service = Service::with_owner().await;
    for change in ["is_active = false", "password_hash = 'another'"] {
        let change = format!("BEGIN; UPDATE trunkline.users SET {change}");
        service.client.batch_execute(&change).await.unwrap();
        let (answer, ()) = tokio::join!(service.try_password("ada@example.com", PASSWORD), async {
            service.until_somebody_waits().await;
            service.client.batch_execute("COMMIT").await.unwrap();
        });
        answer.expect(422).says("do not belong together");
        let restore = "UPDATE trunkline.users SET is_active = true";
        service.client.execute(restore, &[]).await.unwrap();
    }
    assert_eq!(service.number("SELECT count(*) FROM trunkline.sessions").await, 1, "the setup's");
    assert_eq!(service.actions().await[0], "user.sign_in_failed");
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let service = Service::with_owner().await;
    for then in [
        "//evil.example",
        "/%5Cevil.example",
        "https:evil.example",
        "https://evil.example",
        "%09//evil",
    ] {
        let form = format!("email=ada@example.com&password={PASSWORD}&then={then}");
        let answer = service.submit("/admin/sign-in", "", &form.replace(' ', "+")).await;
        answer.leads_to("/admin");
        let page = service.page(&format!("/admin/sign-in?then={then}"), "").await.expect(200);
        page.says("name=\"then\" value=\"/admin\"");
    }
}

#[tokio::test]
async fn signing_in_again_replaces_the_session_and_ended_ones_are_forgotten() {
    let service = Service::with_owner().await;
    let first = service.enter("ada@example.com").await;
    let form = format!("email=ada@example.com&password={PASSWORD}").replace(' ', "+");
    let answer = service.submit("/admin/sign-in", &first, &form).await.leads_to("/admin");
    assert_ne!(first, answer.session());
    assert!(!service.is_signed_in(&first).await);
    // The setup's and the present one.
    assert_eq!(service.number("SELECT count(*) FROM trunkline.sessions").await, 2);
    service.wait(60 * 60);
    assert!(!service.is_signed_in(&answer.session()).await, "without a request for an hour");
    service.enter("ada@example.com").await;
    assert_eq!(service.number("SELECT count(*) FROM trunkline.sessions").await, 1);
}

#[tokio::test]
async fn with_https_the_cookie_is_bound_to_it() {
    let mut service = Service::new().await;
    service.public_url("https://partners.example.com");
    let link = service.people().setup_link().await.unwrap().unwrap();
    let link = link.strip_prefix("https://partners.example.com").unwrap();
    let form = format!("name=Ada&email=ada@example.com&password={PASSWORD}").replace(' ', "+");
    let answer = service.submit(link, "", &form).await.leads_to("/admin");
    let cookies = answer.cookies();
    let session = cookies.iter().find(|cookie| cookie.contains("_session=")).unwrap();
    assert!(session.starts_with("__Host-trunkline_session="), "{session}");
    assert!(session.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{session}");
    let cookie = session.split(';').next().unwrap();
    assert!(service.is_signed_in(cookie).await);
    assert!(!service.is_signed_in(&cookie.replace("__Host-", "")).await);
}

#[tokio::test]
async fn nonsense_in_a_form_is_refused_without_a_failure() {
    let service = Service::with_owner().await;
    for form in
        ["", "email=%00&password=%00", "email=a%00@b", "email=%FF%FE@x", "email=ada@example.com"]
    {
        service.submit("/admin/sign-in", "", form).await.expect(422);
    }
    let request = Request::post("/admin/sign-in").header("content-type", "application/json");
    service.send(request.body(Body::from("{}")).unwrap()).await.expect(400);
    service.page("/admin/sign-in?then=%00", "").await.expect(422);
    service.page(&path("http://127.0.0.1:8640/admin/setup/%00"), "").await.expect(404);
    service.page("/admin/password/nothing", "").await.expect(404);
    service.page("/admin/sign-in/code", "").await.leads_to("/admin/sign-in?then=%2Fadmin");
}
