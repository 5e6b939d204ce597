use trunkline_core::Role;

use super::setup::main_of;
use super::{PASSWORD, path};
use crate::support::Service;

/// Ada, the owner, and somebody of every other role; the cookies of owner and admin.
async fn crew() -> (Service, String, String) {
    let service = Service::with_owner().await;
    service.add("alan@example.com", Role::Admin).await;
    service.add("olive@example.com", Role::Operator).await;
    service.add("vera@example.com", Role::Viewer).await;
    let (owner, admin) =
        (service.enter("ada@example.com").await, service.enter("alan@example.com").await);
    (service, owner, admin)
}

const ADA: i32 = 1;
const ALAN: i32 = 2;
const OLIVE: i32 = 3;

/// Every act on a user, as path and form.
fn acts(id: i32) -> Vec<(String, &'static str)> {
    let of = |act: &str| format!("/admin/users/{id}/{act}");
    vec![
        (of("role"), "role=viewer"),
        (of("deactivate"), ""),
        (of("reactivate"), ""),
        (of("sessions/end"), ""),
        (of("password-link"), ""),
        (of("second-factor/off"), ""),
    ]
}

#[tokio::test]
async fn users_are_listed_filtered_and_shown_to_admins() {
    let (service, owner, admin) = crew().await;
    let page = service.page("/admin/users", &owner).await.expect(200);
    insta::assert_snapshot!("users", main_of(&page.body));
    let page = service.page("/admin/users?q=OLI&role=&state=", &admin).await.expect(200);
    assert!(page.body.contains("olive@example.com") && !page.body.contains("vera@example.com"));
    let page = service.page("/admin/users?role=viewer&state=active", &admin).await;
    assert!(page.body.contains("vera@") && !page.body.contains("olive@"), "{}", page.body);
    let none = service.page("/admin/users?q=%25%01&role=nonsense", &admin).await.expect(200);
    none.says("Nobody matches");
    service.page("/admin/users?q=%00", &admin).await.expect(422);
    let page = service.page(&format!("/admin/users/{OLIVE}"), &owner).await.expect(200);
    insta::assert_snapshot!("user", main_of(&page.body));
    for act in ["deactivate", "sessions/end", "password-link", "second-factor/off"] {
        let page = service.page(&format!("/admin/users/{OLIVE}/{act}"), &owner).await.expect(200);
        page.says("id=\"confirm\"");
    }
    for id in ["999", "x", "99999999999", "-1"] {
        service.page(&format!("/admin/users/{id}"), &owner).await.expect(404);
    }
}

#[tokio::test]
async fn a_long_list_goes_on_where_the_page_ends() {
    let (service, owner, _) = crew().await;
    let fill = "INSERT INTO trunkline.users (email, name, role)
                SELECT 'user' || lpad(n::TEXT, 3, '0') || '@example.com', 'User', 'viewer'
                FROM generate_series(1, 100) AS n";
    service.client.execute(fill, &[]).await.unwrap();
    let mut next = "/admin/users?role=viewer".to_owned();
    let mut seen = 0;
    for _ in 0..3 {
        let page = service.page(&next, &owner).await.expect(200);
        seen += page.body.matches("<a href=\"/admin/users/").count();
        let link = page.body.split("rel=\"next\" href=\"").nth(1);
        let Some(link) = link else { break };
        next = link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        // The link to invite somebody is one too, and is none of a user.
    }
    assert_eq!(seen, 101 + seen_besides(&service, &owner).await);
}

/// Links to a page below `/admin/users/` that a list without users has, on each of three pages.
async fn seen_besides(service: &Service, cookie: &str) -> usize {
    let page = service.page("/admin/users?q=nobody-is-called-this", cookie).await;
    3 * page.body.matches("<a href=\"/admin/users/").count()
}

#[tokio::test]
async fn whoever_is_invited_chooses_a_password_by_a_link_that_is_shown_once() {
    let (service, owner, _) = crew().await;
    let page = service.page("/admin/users/new", &owner).await.expect(200);
    insta::assert_snapshot!("user_new", main_of(&page.body));
    let invite = async |form: &str| service.submit("/admin/users/new", &owner, form).await;
    let answer = invite("name=Mei&email=Mei@Example.com&role=operator").await.expect(200);
    let link = answer.body.split("<code>").nth(1).unwrap().split('<').next().unwrap();
    service.try_password("mei@example.com", PASSWORD).await.expect(422);
    let form = format!("password={PASSWORD}").replace(' ', "+");
    service.submit(&path(link), "", &form).await.leads_to("/admin/sign-in");
    service.enter("mei@example.com").await;
    invite("name=Mei&email=mei@example.com&role=viewer").await.expect(422).says("there already");
    invite("name=&email=x&role=viewer").await.expect(422).says("Write a name");
    invite("name=X&email=x@example.com&role=king").await.expect(422).says("one of the roles");
    let log = service.audit_log().await;
    assert!(!log.contains("/admin/password/"), "{log}");
}

#[tokio::test]
async fn a_changed_role_holds_from_the_next_request_on() {
    let (service, owner, admin) = crew().await;
    let change = async |role: &str| {
        let answer = service.submit(&format!("/admin/users/{ALAN}/role"), &owner, role).await;
        answer.leads_to(&format!("/admin/users/{ALAN}"));
    };
    change("role=viewer").await;
    service.page("/admin/users", &admin).await.expect(403);
    let link = service.people().password_link(ALAN, Role::Admin, false).await.unwrap().link;
    change("role=owner").await;
    let said = "SELECT concat_ws(' ', action, object_id, before, after) FROM trunkline.audit_log
                ORDER BY id DESC LIMIT 1";
    let expected =
        r#"user.role_changed 2 {"role": "viewer"} {"role": "owner", "sessions_ended": 1}"#;
    assert_eq!(service.text(said).await, expected);
    // Both may be in the hands of an admin, who makes no owners.
    assert!(!service.is_signed_in(&admin).await);
    service.page(&path(&link), "").await.expect(404);
    let refused = service.people().password_link(ALAN, Role::Admin, false).await;
    assert!(refused.is_err(), "an admin makes none for an owner");
    let admin = service.enter("alan@example.com").await;
    service.page("/admin/users/1", &admin).await.expect(200);
    let answer = service.submit(&format!("/admin/users/{ALAN}/role"), &owner, "role=x").await;
    answer.expect(422);
}

#[tokio::test]
async fn a_deactivated_user_is_out_at_once_until_activated_again() {
    let (service, owner, _) = crew().await;
    let cookie = service.enter("olive@example.com").await;
    let link = service.people().password_link(OLIVE, Role::Owner, false).await.unwrap().link;
    let post = async |act: &str| {
        let path = format!("/admin/users/{OLIVE}/{act}");
        service.submit(&path, &owner, "").await
    };
    post("deactivate").await.leads_to("/admin/users/3");
    assert!(!service.is_signed_in(&cookie).await);
    service.try_password("olive@example.com", PASSWORD).await.expect(422);
    service.page(&path(&link), "").await.expect(404);
    post("password-link").await.expect(409).says("deactivated");
    post("reactivate").await.leads_to("/admin/users/3");
    service.enter("olive@example.com").await;
    let link = post("password-link").await.expect(200);
    link.says("/admin/password/");
}

#[tokio::test]
async fn an_administrator_ends_sessions_and_turns_a_second_factor_off() {
    let (service, _, admin) = crew().await;
    let cookie = service.enter("olive@example.com").await;
    let sealed = "UPDATE trunkline.users SET totp_secret = 'tlk1.00000000.x' WHERE id = 3";
    service.client.execute(sealed, &[]).await.unwrap();
    service.submit("/admin/users/3/sessions/end", &admin, "").await.leads_to("/admin/users/3");
    assert!(!service.is_signed_in(&cookie).await);
    let off = service.submit("/admin/users/3/second-factor/off", &admin, "").await;
    off.leads_to("/admin/users/3");
    service.enter("olive@example.com").await;
    let actions = service.actions().await;
    assert_eq!(actions[1..3], ["user.totp_disabled", "user.sessions_ended"]);
}

#[tokio::test]
async fn an_admin_touches_no_owner_and_makes_none() {
    let (service, _, admin) = crew().await;
    let before = service.actions().await.len();
    for (path, form) in acts(ADA) {
        service.submit(&path, &admin, form).await.expect(403).says("only an owner");
    }
    service.page("/admin/users/1", &admin).await.expect(403);
    service.submit("/admin/users/3/role", &admin, "role=owner").await.expect(403);
    service.submit("/admin/users/2/role", &admin, "role=owner").await.expect(403);
    let form = "name=Eve&email=eve@example.com&role=owner";
    service.submit("/admin/users/new", &admin, form).await.expect(403);
    let page = service.page("/admin/users/new", &admin).await;
    assert!(!page.body.contains("value=\"owner\""), "{}", page.body);
    assert_eq!(service.actions().await.len(), before, "nothing was done");
}

#[tokio::test]
async fn operators_and_viewers_see_and_change_nobody() {
    let (service, ..) = crew().await;
    for email in ["olive@example.com", "vera@example.com"] {
        let cookie = service.enter(email).await;
        for page in ["", "/new", "/1", "/3", "/3/deactivate", "/3/password-link"] {
            service.page(&format!("/admin/users{page}"), &cookie).await.expect(403);
        }
        for (path, form) in acts(OLIVE) {
            service.submit(&path, &cookie, form).await.expect(403);
        }
        service
            .submit("/admin/users/new", &cookie, "name=E&email=e@x&role=viewer")
            .await
            .expect(403);
    }
}

#[tokio::test]
async fn nobody_deactivates_themselves_and_the_last_owner_stays() {
    let (service, owner, admin) = crew().await;
    let post =
        async |path: &str, cookie: &str, form: &str| service.submit(path, cookie, form).await;
    post("/admin/users/2/deactivate", &admin, "").await.expect(409).says("Nobody deactivates");
    post("/admin/users/1/deactivate", &owner, "").await.expect(409);
    post("/admin/users/1/role", &owner, "role=admin")
        .await
        .expect(409)
        .says("last owner who can sign in");
    post("/admin/users/2/role", &owner, "role=owner").await.expect(303);
    post("/admin/users/2/deactivate", &owner, "").await.expect(303);
    let answer = post("/admin/users/1/role", &owner, "role=admin").await.expect(409);
    answer.says("last owner who can sign in");
    // Who was invited and has not come yet could let nobody in.
    post("/admin/users/new", &owner, "name=Eve&email=eve@example.com&role=owner").await.expect(200);
    post("/admin/users/1/role", &owner, "role=admin").await.expect(409);
    post("/admin/users/2/reactivate", &owner, "").await.expect(303);
    post("/admin/users/1/role", &owner, "role=admin").await.expect(303);
}

#[tokio::test]
async fn two_owners_who_act_against_each_other_leave_one() {
    for act in ["role", "deactivate"] {
        let (service, ada, _) = crew().await;
        let form = if act == "role" { "role=viewer" } else { "" };
        service.submit("/admin/users/2/role", &ada, "role=owner").await.expect(303);
        let alan = service.enter("alan@example.com").await;
        let (at_alan, at_ada) = (format!("/admin/users/2/{act}"), format!("/admin/users/1/{act}"));
        let (one, other) = tokio::join!(
            service.submit(&at_alan, &ada, form),
            service.submit(&at_ada, &alan, form)
        );
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses[0], 303, "{}", one.body);
        let left = "SELECT count(*) FROM trunkline.users WHERE role = 'owner' AND is_active";
        assert_eq!(service.number(left).await, 1, "{act}: {statuses:?}");
    }
}

#[tokio::test]
async fn two_owners_who_step_down_at_once_leave_one() {
    let (service, ada, _) = crew().await;
    service.submit("/admin/users/2/role", &ada, "role=owner").await.expect(303);
    let alan = service.enter("alan@example.com").await;
    let (one, other) = tokio::join!(
        service.submit("/admin/users/1/role", &ada, "role=admin"),
        service.submit("/admin/users/2/role", &alan, "role=admin"),
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
}
