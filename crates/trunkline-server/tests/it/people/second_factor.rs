use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::PASSWORD;
use super::setup::main_of;
use crate::support::{Answer, Service};

/// An authenticator app.
struct App {
    key: Vec<u8>,
}

impl App {
    fn code(&self, service: &Service) -> String {
        let step = service.clock.now().as_second() / 30;
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.key).unwrap();
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let offset = usize::from(digest[19] & 0xf);
        let word = u32::from_be_bytes(digest[offset..offset + 4].try_into().unwrap());
        format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before).unwrap().1.split_once(after).unwrap().0
}

/// The key of the page, as the form has it and as the app has it.
fn read_key(page: &Answer) -> (String, App) {
    let sealed = between(&page.body, "name=\"key\" value=\"", "\"").to_owned();
    let typed = between(&page.body, "<div class=\"copy-line\"><code>", "</code>");
    let key = BASE32_NOPAD.decode(typed.replace(' ', "").as_bytes()).unwrap();
    (sealed, App { key })
}

async fn turn_on(service: &Service, cookie: &str) -> (App, Vec<String>) {
    let page = service.page("/admin/profile/second-factor", cookie).await.expect(200);
    let (sealed, app) = read_key(&page);
    let form = format!("key={sealed}&code={}&password={PASSWORD}", app.code(service));
    let form = form.replace(' ', "+");
    let answer = service.submit("/admin/profile/second-factor", cookie, &form).await.expect(200);
    let list = between(&answer.body, "<ul class=\"codes\">", "</ul>");
    let codes = list.split("<li>").skip(1).map(|code| code.split('<').next().unwrap().to_owned());
    (app, codes.collect())
}

/// The cookie between the password and the code.
async fn begin(service: &Service) -> String {
    let answer = service.try_password("ada@example.com", PASSWORD).await;
    answer.leads_to("/admin/sign-in/code?then=%2Fadmin").session()
}

async fn give(service: &Service, cookie: &str, code: &str) -> Answer {
    service.submit("/admin/sign-in/code", cookie, &format!("code={code}&then=/admin")).await
}

#[tokio::test]
async fn a_second_factor_is_turned_on_and_asked_for() {
    let service = Service::with_owner().await;
    let (other, cookie) =
        (service.enter("ada@example.com").await, service.enter("ada@example.com").await);
    let page = service.page("/admin/profile/second-factor", &cookie).await.expect(200);
    insta::assert_snapshot!("second_factor_on", main_of(&page.body));
    let (app, codes) = turn_on(&service, &cookie).await;
    assert_eq!(codes.len(), 10);
    assert!(!service.is_signed_in(&other).await && service.is_signed_in(&cookie).await);
    service.page("/admin/profile/second-factor", &cookie).await.leads_to("/admin/profile");
    service.page("/admin/profile", &cookie).await.says("10 recovery codes are left");
    let stored = "SELECT totp_secret FROM trunkline.users";
    assert!(service.text(stored).await.starts_with("tlk1."));

    service.wait(30);
    let waiting = begin(&service).await;
    assert!(!service.is_signed_in(&waiting).await, "the code is still to come");
    let page = service.page("/admin/sign-in/code?then=/admin", &waiting).await.expect(200);
    insta::assert_snapshot!("second_factor", main_of(&page.body));
    give(&service, &waiting, "000000").await.expect(422).says("not right");
    let code = app.code(&service);
    let spaced = format!("{}+{}", &code[..3], &code[3..]);
    let signed_in = give(&service, &waiting, &spaced).await.leads_to("/admin").session();
    assert!(service.is_signed_in(&signed_in).await);
    assert!(!service.is_signed_in(&waiting).await, "the token is a new one");
    let log = service.audit_log().await;
    assert!(log.contains("user.totp_enabled") && log.contains(r#"{""by"": ""code""}"#), "{log}");
    let key = BASE32_NOPAD.encode(&app.key);
    assert!(!log.contains("tlk1.") && !log.contains(&key) && !log.contains(&codes[0]), "{log}");
}

#[tokio::test]
async fn a_code_works_once_also_at_the_same_moment() {
    let service = Service::with_owner().await;
    let cookie = service.enter("ada@example.com").await;
    let (app, _) = turn_on(&service, &cookie).await;
    let waiting = begin(&service).await;
    let code = app.code(&service);
    give(&service, &waiting, &code).await.expect(422).says("used before");
    service.wait(30);
    let (one, two) = (begin(&service).await, begin(&service).await);
    let code = app.code(&service);
    let (one, two) = tokio::join!(give(&service, &one, &code), give(&service, &two, &code));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
}

#[tokio::test]
async fn sessions_that_end_while_a_code_is_looked_at_end_that_sign_in_too() {
    let service = Service::with_owner().await;
    let cookie = service.enter("ada@example.com").await;
    let (app, _) = turn_on(&service, &cookie).await;
    service.wait(30);
    let waiting = begin(&service).await;
    let code = app.code(&service);
    let end = "BEGIN; LOCK TABLE trunkline.sign_in_throttles; DELETE FROM trunkline.sessions";
    service.client.batch_execute(end).await.unwrap();
    let (answer, ()) = tokio::join!(give(&service, &waiting, &code), async {
        service.until_somebody_waits().await;
        service.client.batch_execute("COMMIT").await.unwrap();
    });
    answer.leads_to("/admin/sign-in?then=%2Fadmin");
    assert_eq!(service.number("SELECT count(*) FROM trunkline.sessions").await, 0);
}

#[tokio::test]
async fn a_page_that_is_older_than_the_active_key_leaves_nothing_under_the_old_one() {
    let mut service = Service::with_owner().await;
    let cookie = service.enter("ada@example.com").await;
    let page = service.page("/admin/profile/second-factor", &cookie).await.expect(200);
    let (sealed, app) = read_key(&page);
    let active = service.add_key();
    let form = format!("key={sealed}&code={}&password={PASSWORD}", app.code(&service));
    let form = form.replace(' ', "+");
    service.submit("/admin/profile/second-factor", &cookie, &form).await.expect(200);
    let stored = service.text("SELECT totp_secret FROM trunkline.users").await;
    assert!(stored.starts_with(&format!("tlk1.{active}.")), "{stored}");
}

#[tokio::test]
async fn a_recovery_code_works_once_and_new_ones_end_the_old() {
    let service = Service::with_owner().await;
    let cookie = service.enter("ada@example.com").await;
    let (_, codes) = turn_on(&service, &cookie).await;
    let waiting = begin(&service).await;
    give(&service, &waiting, &codes[0].to_uppercase()).await.leads_to("/admin");
    let waiting = begin(&service).await;
    give(&service, &waiting, &codes[0]).await.expect(422);
    let cookie = give(&service, &waiting, &codes[1]).await.leads_to("/admin").session();
    service.page("/admin/profile", &cookie).await.says("8 recovery codes are left");

    let replace = async |password: &str| {
        let form = format!("password={password}").replace(' ', "+");
        service.submit("/admin/profile/recovery-codes", &cookie, &form).await
    };
    service.page("/admin/profile/recovery-codes", &cookie).await.expect(200);
    replace("wrong").await.expect(422).says("not your present password");
    let page = replace(PASSWORD).await.expect(200);
    let new = between(&page.body, "<ul class=\"codes\"><li>", "<").to_owned();
    let waiting = begin(&service).await;
    give(&service, &waiting, &codes[2]).await.expect(422);
    give(&service, &waiting, &new).await.leads_to("/admin");
}

#[tokio::test]
async fn codes_are_throttled_and_a_right_password_does_not_clear_that() {
    let service = Service::with_owner().await;
    let cookie = service.enter("ada@example.com").await;
    let (app, _) = turn_on(&service, &cookie).await;
    service.wait(30);
    for _ in 0..5 {
        let waiting = begin(&service).await;
        give(&service, &waiting, "000000").await.expect(422);
    }
    service.try_password("ada@example.com", PASSWORD).await.expect(429);
    service.wait(30);
    let waiting = begin(&service).await;
    give(&service, &waiting, "000000").await.expect(422);
    give(&service, &waiting, &app.code(&service)).await.expect(429).says("60 seconds");
    service.wait(60);
    give(&service, &waiting, &app.code(&service)).await.leads_to("/admin");
}

#[tokio::test]
async fn after_ten_minutes_the_password_is_asked_for_again() {
    let service = Service::with_owner().await;
    let cookie = service.enter("ada@example.com").await;
    let (app, _) = turn_on(&service, &cookie).await;
    let waiting = begin(&service).await;
    service.wait(10 * 60);
    service.page("/admin/sign-in/code", &waiting).await.leads_to("/admin/sign-in?then=%2Fadmin");
    let answer = give(&service, &waiting, &app.code(&service)).await;
    answer.leads_to("/admin/sign-in?then=%2Fadmin");
}

#[tokio::test]
async fn turning_it_on_takes_the_password_a_code_and_a_key_of_one_s_own() {
    let service = Service::with_owner().await;
    let cookie = service.enter("ada@example.com").await;
    let page = service.page("/admin/profile/second-factor", &cookie).await;
    let (sealed, app) = read_key(&page);
    let send = async |cookie: &str, form: String| {
        service.submit("/admin/profile/second-factor", cookie, &form.replace(' ', "+")).await
    };
    let code = app.code(&service);
    let answer = send(&cookie, format!("key={sealed}&code={code}&password=wrong")).await;
    answer.expect(422).says("not your present password").says(&sealed);
    let answer = send(&cookie, format!("key={sealed}&code=000000&password={PASSWORD}")).await;
    answer.expect(422).says("Is the phone");
    send(&cookie, format!("key=JBSWY3DPEHPK3PXP&code={code}&password={PASSWORD}"))
        .await
        .expect(400);
    service.add("grace@example.com", trunkline_core::Role::Viewer).await;
    let hers = service.enter("grace@example.com").await;
    let answer = send(&hers, format!("key={sealed}&code={code}&password={PASSWORD}")).await;
    answer.expect(400).says("not one of this page");
    send(&cookie, format!("key={sealed}&code={code}&password={PASSWORD}")).await.expect(200);
    send(&cookie, format!("key={sealed}&code={code}&password={PASSWORD}")).await.expect(409);
}

#[tokio::test]
async fn turning_it_off_takes_the_password() {
    let service = Service::with_owner().await;
    let cookie = service.enter("ada@example.com").await;
    turn_on(&service, &cookie).await;
    let off = async |password: &str| {
        let form = format!("password={password}").replace(' ', "+");
        service.submit("/admin/profile/second-factor/off", &cookie, &form).await
    };
    service.page("/admin/profile/second-factor/off", &cookie).await.expect(200);
    off("wrong").await.expect(422);
    off(PASSWORD).await.leads_to("/admin/profile");
    service.enter("ada@example.com").await;
    service
        .submit(
            "/admin/profile/recovery-codes",
            &cookie,
            &format!("password={PASSWORD}").replace(' ', "+"),
        )
        .await
        .expect(409);
    assert!(service.actions().await.contains(&"user.totp_disabled".to_owned()));
}
