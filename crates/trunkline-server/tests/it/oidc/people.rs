//! Who is let in, as whom, and what the audit log says of it.

use serde_json::json;
use trunkline_core::Role;
use trunkline_server::Oidc;

use super::issuer::{Issuer, Signer};
use super::{Place, settings};
use crate::people::main_of;
use crate::support::{Answer, Service};

/// What a page says, without the id of its request.
fn said(answer: &Answer) -> String {
    main_of(&answer.body).split("</main>").next().unwrap().to_owned()
}

const EVERYBODY: &str = "
    SELECT string_agg(concat_ws(' ', email, name, role, oidc_subject), ', ' ORDER BY id)
    FROM trunkline.users";

#[tokio::test]
async fn somebody_new_is_added_signed_in_and_known_the_next_time() {
    let place = Place::new(|_| ()).await;
    for (name, value) in
        [("sub", "grace"), ("email", "Grace@Example.com"), ("name", "Grace Hopper")]
    {
        place.issuer.says(name, json!(value));
    }
    let (address, cookie) = place.begin("/admin/audit-log?actor=user").await;
    let back = place.issuer.lets_in(&address);
    let answer = place.service.page(&back, &cookie).await;
    let answer = answer.leads_to("/admin/audit-log?actor=user");
    let gone = "trunkline_oidc=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0";
    assert!(answer.cookies().contains(&gone), "{:?}", answer.cookies());
    assert!(place.service.is_signed_in(&answer.session()).await);
    let profile = place.service.page("/admin/profile", &answer.session()).await.expect(200);
    assert!(!profile.body.contains("/admin/profile/password"), "there is none to be changed");
    assert!(!profile.body.contains("/admin/profile/second-factor"), "it goes with a password");
    profile.says("You have none here");
    let everybody =
        "ada@example.com Ada Lovelace owner, grace@example.com Grace Hopper viewer grace";
    assert_eq!(place.service.text(EVERYBODY).await, everybody);
    let actions = place.service.actions().await;
    assert_eq!(&actions[..3], ["user.signed_in", "user.identity_linked", "user.created"]);

    // Whoever they are there is what counts, not what they are called or which address they have.
    place.issuer.says("email", json!("somebody@else.example"));
    place.issuer.says("email_verified", json!(false));
    let again = place.walk().await.leads_to("/admin/users").session();
    assert!(place.service.is_signed_in(&again).await);
    assert_eq!(place.service.text(EVERYBODY).await, everybody);
    assert_eq!(place.service.actions().await[0], "user.signed_in");

    let answer = place.service.submit("/admin/sign-out", &again, "").await;
    answer.leads_to("/admin/sign-in");
    assert!(!place.service.is_signed_in(&again).await);
    let owner = place.service.enter("ada@example.com").await;
    place.service.page("/admin/users?state=active", &owner).await.expect(200).says("Grace Hopper");
}

#[tokio::test]
async fn a_user_is_linked_by_a_verified_address_only_where_that_is_said() {
    let place = Place::new(|settings| settings.oidc.link_by_email = false).await;
    let refused = place.walk().await.expect(403).says("may not use Trunkline");
    let place = Place::new(|_| ()).await;
    for is_verified in [json!(false), json!(null), json!("false"), json!(1)] {
        place.issuer.says("email_verified", is_verified);
        place.walk().await.expect(403).says("verified");
    }
    assert_eq!(place.service.text(EVERYBODY).await, "ada@example.com Ada Lovelace owner");
    place.issuer.says("email_verified", json!("true"));
    place.walk().await.leads_to("/admin/users");
    let linked = "ada@example.com Ada Lovelace owner 248289761001";
    assert_eq!(place.service.text(EVERYBODY).await, linked);
    assert_eq!(
        place.service.actions().await[..2],
        ["user.signed_in", "user.identity_linked"].map(str::to_owned)
    );

    // Somebody else with the same address at the issuer takes nobody's place.
    place.issuer.says("sub", json!("another"));
    let taken = place.walk().await.expect(403);
    assert_eq!(said(&taken), said(&refused));
    assert_eq!(place.service.text(EVERYBODY).await, linked);
    let log = place.service.audit_log().await;
    assert!(log.contains("e-mail address taken") && log.contains("another"), "{log}");
}

#[tokio::test]
async fn nobody_is_added_unless_that_is_said_and_deactivated_users_stay_out() {
    let place = Place::new(|settings| settings.oidc.create_users = false).await;
    place.walk().await.leads_to("/admin/users");
    place.issuer.says("sub", json!("grace"));
    place.issuer.says("email", json!("grace@example.com"));
    let unknown = place.walk().await.expect(403);
    let places = "UPDATE trunkline.users SET is_active = false";
    place.service.client.execute(places, &[]).await.unwrap();
    place.issuer.says("sub", json!("248289761001"));
    let deactivated = place.walk().await.expect(403);
    assert_eq!(said(&deactivated), said(&unknown), "neither is told apart");
    assert_eq!(place.service.number("SELECT count(*) FROM trunkline.users").await, 1);
    let failed = "
        SELECT string_agg(after ->> 'reason', ', ' ORDER BY id)
        FROM trunkline.audit_log
        WHERE action = 'user.sign_in_failed'";
    assert_eq!(place.service.text(failed).await, "no such user, deactivated");
}

#[tokio::test]
async fn a_claim_gives_the_role_at_every_sign_in_but_the_last_owner_remains_one() {
    let place = Place::new(|settings| {
        settings.oidc.role_claim = Some("realm_access.roles".to_owned());
        let roles = [("trunkline-admins", Role::Admin), ("staff", Role::Viewer)];
        settings.oidc.roles = roles.map(|(word, role)| (word.to_owned(), role)).into();
        settings.oidc.default_role = None;
    })
    .await;
    place.walk().await.leads_to("/admin/users");
    assert!(place.service.text(EVERYBODY).await.contains("Lovelace owner"), "the last owner");
    place.issuer.says("sub", json!("grace"));
    place.issuer.says("email", json!("grace@example.com"));
    let role = "SELECT role FROM trunkline.users WHERE oidc_subject = 'grace'";
    place.walk().await.leads_to("/admin/users");
    assert_eq!(place.service.text(role).await, "admin", "the highest counts");
    place.issuer.says("realm_access", json!({ "roles": "staff" }));
    place.walk().await.leads_to("/admin/users");
    assert_eq!(place.service.text(role).await, "viewer");
    assert_eq!(place.service.actions().await[1], "user.role_changed");
    for nothing in [json!({}), json!({ "roles": ["others"] }), json!("staff"), json!(null)] {
        place.issuer.says("realm_access", nothing);
        place.walk().await.expect(403).says("no access to Trunkline");
    }
    assert_eq!(place.service.text(role).await, "viewer");
}

#[tokio::test]
async fn only_verified_addresses_of_the_domains_that_are_let_in_are() {
    let place = Place::new(|settings| settings.oidc.email_domains = vec!["@Example.com".into()]);
    let place = place.await;
    place.walk().await.leads_to("/admin/users");
    for (email, is_verified) in [
        ("ada@sub.example.com", true),
        ("ada@example.com.evil.example", true),
        ("ada@example.com", false),
        ("example.com", true),
    ] {
        place.issuer.says("email", json!(email));
        place.issuer.says("email_verified", json!(is_verified));
        place.walk().await.expect(403).says("no access");
    }
}

#[tokio::test]
async fn the_first_user_must_be_an_owner() {
    let mut service = Service::new().await;
    let issuer = Issuer::start(&service.clock).await;
    let mut sign_in = settings(&issuer.url);
    let secret = || Some(trunkline_core::secrets::Secret::new(super::SECRET.to_owned()));
    service.oidc(&sign_in, secret());
    let mut place = Place { service, issuer };
    place.walk().await.expect(403).says("has no owner yet");
    sign_in.oidc.default_role = Some(Role::Owner);
    place.service.oidc(&sign_in, secret());
    place.walk().await.leads_to("/admin/users");
    let link = place.service.people().setup_link().await.unwrap();
    assert!(link.is_none(), "the setup link ends with the first user");
}

#[tokio::test]
async fn keys_may_change_and_be_of_another_kind_while_the_service_runs() {
    let place = Place::new(|_| ()).await;
    place.walk().await.leads_to("/admin/users");
    place.walk().await.leads_to("/admin/users");
    assert_eq!(*place.issuer.inner.keys_read.lock().unwrap(), 1, "they are remembered");
    place.issuer.new_key("second", Signer::eddsa());
    place.walk().await.leads_to("/admin/users");
    assert_eq!(*place.issuer.inner.keys_read.lock().unwrap(), 2);
    place.issuer.lie_in_header(|header| header["kid"] = json!("nobody's"));
    place.walk().await.expect(502);
    assert_eq!(*place.issuer.inner.keys_read.lock().unwrap(), 3, "once for an unknown one");
    place.issuer.lie_in_header(|header| drop(header.as_object_mut().unwrap().remove("kid")));
    place.walk().await.leads_to("/admin/users");
}

#[tokio::test]
async fn the_sign_in_page_has_the_button_and_passwords_can_be_switched_off() {
    let place = Place::new(|_| ()).await;
    let page = place.service.page("/admin/sign-in?then=/admin/users", "").await.expect(200);
    insta::assert_snapshot!("both", main_of(&page.body));
    let place = Place::new(|settings| settings.password = false).await;
    let page = place.service.page("/admin/sign-in", "").await.expect(200);
    insta::assert_snapshot!("issuer_alone", main_of(&page.body));
    let form = format!("email=ada@example.com&password={}", crate::people::PASSWORD);
    let answer = place.service.submit("/admin/sign-in", "", &form.replace(' ', "+")).await;
    answer.expect(403).says("Nobody signs in with a password here");
    place.walk().await.leads_to("/admin/users");

    let service = Service::with_owner().await;
    service.page("/admin/sign-in/oidc", "").await.expect(404);
    service.page("/admin/sign-in/oidc/callback?code=1&state=1", "").await.expect(404);
}

#[tokio::test]
async fn settings_that_contradict_each_other_are_named() {
    let clock = trunkline_core::Clock::system();
    let refused = |change: &dyn Fn(&mut trunkline_core::configuration::SignIn)| {
        let mut sign_in = settings("https://login.example.com");
        change(&mut sign_in);
        Oidc::new(&sign_in, None, "https://partners.example.com", clock.clone()).unwrap_err()
    };
    let said = [
        refused(&|settings| settings.oidc.client_id = None),
        refused(&|settings| settings.oidc.issuer = Some("http://login.example.com".into())),
        refused(&|settings| settings.oidc.issuer = Some("login.example.com".into())),
        refused(&|settings| settings.oidc.scopes = vec!["email".into()]),
        refused(&|settings| settings.oidc.roles = [("a".into(), Role::Admin)].into()),
        refused(&|settings| {
            settings.oidc.issuer = None;
            settings.oidc.client_id = None;
            settings.password = false;
        }),
    ];
    let said: Vec<String> = said.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!("contradictions", said.join("\n"));
}
