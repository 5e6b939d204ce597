use axum::body::Body;
use axum::http::Request;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use regex_lite::Regex;
use serde_json::json;

use super::{actions, add, dialog360, meta, small_meta, stable, twilio};
use crate::support::{Answer, Service};

const PAGES: &str = "/admin/partner-accounts";

/// What stands in `<main>`.
fn main_of(answer: &Answer) -> String {
    let text = stable(answer);
    let status = text.lines().next().unwrap_or_default().to_owned();
    let main = text.split_once("<main").and_then(|(_, rest)| rest.split_once("</main>"));
    format!("{status}\n<main{}", main.map_or(text.as_str(), |(main, _)| main))
}

/// The version in a form.
fn version(answer: &Answer) -> String {
    let version = Regex::new("name=\"version\" value=\"([^\"]+)\"").unwrap();
    let found = version.captures(&answer.body).unwrap()[1].to_owned();
    found.replace("&#34;", "%22").replace("&quot;", "%22")
}

/// The toast that a redirect carries.
fn toast(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default();
    let text = cookie.split_once('=').map_or("", |(_, text)| text);
    percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

#[tokio::test]
async fn an_empty_list_says_what_to_do_next_to_whoever_may() {
    let service = Service::new().await;
    let page = service.page(PAGES, &service.sign_in("admin").await).await;
    insta::assert_snapshot!(main_of(&page));
    let page = service.page(PAGES, &service.sign_in("viewer").await).await;
    assert!(!page.body.contains("/partner-accounts/new"), "{}", page.body);
}

#[tokio::test]
async fn an_account_is_added_edited_and_shown() {
    let service = Service::new().await;
    let cookie = service.sign_in("admin").await;
    let choice = service.page(&format!("{PAGES}/new"), &cookie).await;
    insta::assert_snapshot!("choice", main_of(&choice));
    let form = service.page(&format!("{PAGES}/new?provider=meta"), &cookie).await;
    insta::assert_snapshot!("new_meta", main_of(&form));

    let wrong = "provider=meta&label=Main&business_portfolio_id=abc&app_id=2&app_secret=typed-app-secret-1234";
    let refused = service.submit(&format!("{PAGES}/new"), &cookie, wrong).await;
    insta::assert_snapshot!("refused", main_of(&refused));
    assert_eq!(refused.status.as_u16(), 422);
    assert!(!refused.body.contains("typed-app-secret"));

    let right = wrong.replace("abc", "%20100000000000001%20");
    let added = service.submit(&format!("{PAGES}/new"), &cookie, &right).await;
    assert_eq!(
        (added.status.as_u16(), added.header("location")),
        (303, "/admin/partner-accounts/1")
    );
    assert_eq!(toast(&added), "Main added. It is the default of Meta.");
    let shown = service.page(&format!("{PAGES}/1"), &cookie).await;
    insta::assert_snapshot!("shown", main_of(&shown));

    let form = service.page(&format!("{PAGES}/1/edit"), &cookie).await;
    insta::assert_snapshot!("edit", main_of(&form));
    let edit = format!(
        "version={}&label=Renamed&business_portfolio_id=100000000000001&app_id=3&app_secret=&graph_version=v24.0",
        version(&form)
    );
    let edited = service.submit(&format!("{PAGES}/1/edit"), &cookie, &edit).await;
    assert_eq!(
        (edited.status.as_u16(), toast(&edited).as_str()),
        (303, "Renamed saved."),
        "{}",
        edited.body
    );
    let stale =
        service.submit(&format!("{PAGES}/1/edit"), &cookie, &edit.replace("Renamed", "Mine")).await;
    assert_eq!(stale.status.as_u16(), 412);
    assert!(
        stale.body.contains("Somebody changed this account")
            && stale.body.contains("value=\"Mine\"")
    );
    let list = service.page(PAGES, &cookie).await;
    insta::assert_snapshot!("list", main_of(&list));
    assert_eq!(actions(&service).await, ["partner_account.created", "partner_account.updated"]);
}

#[tokio::test]
async fn an_optional_secret_is_removed_when_that_is_ticked() {
    let service = Service::new().await;
    let (key, cookie) = (service.api_key("admin", None).await, service.sign_in("admin").await);
    add(&service, &key, &meta()).await;
    let path = format!("{PAGES}/1/edit");
    for (tick, is_set) in [("", true), ("&remove_webhook_verify_token=true", false)] {
        let form = service.page(&path, &cookie).await;
        let sent = format!("version={}&label=x&webhook_verify_token={tick}", version(&form));
        let edited = service.submit(&path, &cookie, &sent).await;
        assert_eq!(edited.status.as_u16(), 303, "{}", edited.body);
        let account = service.get("/api/v1/partner-accounts/1", &key).await.json();
        assert_eq!(account["secrets"]["webhook_verify_token"]["is_set"], json!(is_set));
        assert_eq!(account["secrets"]["app_secret"]["is_set"], json!(true));
    }
}

#[tokio::test]
async fn a_verify_token_is_shown_once_when_it_is_generated() {
    let service = Service::new().await;
    let (key, cookie) = (service.api_key("admin", None).await, service.sign_in("admin").await);
    add(&service, &key, &small_meta(1)).await;
    let question = service.page(&format!("{PAGES}/1/verify-token"), &cookie).await;
    insta::assert_snapshot!("question", main_of(&question));
    let page = service.submit(&format!("{PAGES}/1/verify-token"), &cookie, "").await;
    assert_eq!(page.status.as_u16(), 200);
    let token =
        Regex::new(">([A-Za-z0-9_-]{43})<").unwrap().captures(&page.body).unwrap()[1].to_owned();
    let account = service.get("/api/v1/partner-accounts/1", &key).await;
    let last_four = account.json()["secrets"]["webhook_verify_token"]["last_four"].clone();
    assert_eq!(last_four, json!(token[39..]));
    assert!(!service.page(&format!("{PAGES}/1"), &cookie).await.body.contains(&token));
    add(&service, &key, &twilio()).await;
    let none = service.submit(&format!("{PAGES}/2/verify-token"), &cookie, "").await;
    assert_eq!(none.status.as_u16(), 404);
}

#[tokio::test]
async fn the_profile_is_previewed_without_being_stored() {
    let service = Service::new().await;
    let (key, cookie) = (service.api_key("admin", None).await, service.sign_in("admin").await);
    add(&service, &key, &meta()).await;
    let path = format!("{PAGES}/1/profile");
    let form = service.page(&path, &cookie).await;
    insta::assert_snapshot!("profile", main_of(&form));
    let typed = "company_name=New+%3Cb%3Ename%3C%2Fb%3E&colors.primary=%23ffdd00&colors.text=%23f&logo_url=javascript:1&languages=en,+fr";
    let preview = service.submit(&format!("{path}/preview"), &cookie, typed).await;
    assert_eq!(preview.status.as_u16(), 200);
    let part =
        preview.body.split_once("id=\"preview\"").unwrap().1.split_once("</section>").unwrap().0;
    insta::assert_snapshot!(
        "preview",
        Regex::new("[0-9a-f]{16}").unwrap().replace_all(part, "VERSION")
    );
    let colors = Regex::new("href=\"(/admin/partner-accounts/colors.css[^\"]*)\"").unwrap();
    let address = colors.captures(part).unwrap()[1].replace("&#38;", "&");
    let style = service.page(&address, &cookie).await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(
        style.body,
        ".company-page {--company-primary: #ffdd00;--company-on-primary: #000000;}\n"
    );

    let sent = format!("version={}&{typed}", version(&form));
    let refused = service.submit(&path, &cookie, &sent).await;
    assert_eq!(refused.status.as_u16(), 422);
    for wrong in ["#colors.text", "#logo_url"] {
        assert!(refused.body.contains(&format!("href=\"{wrong}\"")), "{wrong}: {}", refused.body);
    }
    let stored = service.get("/api/v1/partner-accounts/1", &key).await.json();
    assert_eq!(stored["public_profile"]["company_name"], "Bread & Butter");
    let right = sent.replace("%23f&", "%23ffffff&").replace("javascript:1", "");
    let saved = service.submit(&path, &cookie, &right).await;
    assert_eq!(saved.status.as_u16(), 303, "{}", saved.body);
    let stored = service.get("/api/v1/partner-accounts/1", &key).await.json();
    assert_eq!(stored["public_profile"]["languages"], json!(["en", "fr"]));
}

#[tokio::test]
async fn a_logo_is_uploaded_and_removed_by_forms() {
    let service = Service::new().await;
    let (key, cookie) = (service.api_key("admin", None).await, service.sign_in("admin").await);
    add(&service, &key, &small_meta(1)).await;
    let upload = async |file: &[u8]| {
        let mut body =
            b"--cut\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"l\"\r\n\r\n"
                .to_vec();
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--cut--\r\n");
        let request = Request::post(format!("{PAGES}/1/logo"))
            .header(COOKIE, &cookie)
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "multipart/form-data; boundary=cut");
        service.send(request.body(Body::from(body)).unwrap()).await
    };
    let svg = upload(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>").await;
    assert_eq!(svg.status.as_u16(), 422);
    assert!(
        svg.body.contains("SVG is not taken: it can carry script; save it as PNG."),
        "{}",
        svg.body
    );
    assert_eq!(upload(&vec![0; 600 * 1024]).await.status.as_u16(), 413);
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbaImage::new(8, 8).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let stored = upload(png.get_ref()).await;
    assert_eq!((stored.status.as_u16(), toast(&stored).as_str()), (303, "The logo is uploaded."));
    let served = service.page(&format!("{PAGES}/1/logo"), &cookie).await;
    assert_eq!(served.header("content-type"), "image/png");
    assert!(service.page(&format!("{PAGES}/1"), &cookie).await.body.contains("/1/logo?version="));
    let removed = service.submit(&format!("{PAGES}/1/logo/remove"), &cookie, "").await;
    assert_eq!(removed.status.as_u16(), 303);
    assert_eq!(service.page(&format!("{PAGES}/1/logo"), &cookie).await.status.as_u16(), 404);
}

#[tokio::test]
async fn what_is_in_use_is_changed_after_being_asked() {
    let service = Service::new().await;
    let (key, cookie) = (service.api_key("admin", None).await, service.sign_in("admin").await);
    add(&service, &key, &small_meta(1)).await;
    add(&service, &key, &small_meta(2)).await;
    for action in ["deactivate", "delete"] {
        let page = service.page(&format!("{PAGES}/1/{action}"), &cookie).await;
        insta::assert_snapshot!(format!("ask_{action}"), main_of(&page));
    }
    let refused = service.submit(&format!("{PAGES}/2/delete"), &cookie, "confirm=3").await;
    assert_eq!(refused.status.as_u16(), 422);
    assert!(refused.body.contains("This is not what stands above."));
    for (id, action, expected) in [
        (1, "deactivate", "1 is out of use. Account 2 is now the default of Meta."),
        (1, "activate", "1 is in use. Account 2 stays the default of Meta."),
        (1, "default", "Account 1 is now the default of Meta."),
        (2, "delete", "The account is deleted. Account 1 stays the default of Meta."),
    ] {
        let answer = service.submit(&format!("{PAGES}/{id}/{action}"), &cookie, "confirm=2").await;
        assert_eq!((answer.status.as_u16(), toast(&answer).as_str()), (303, expected));
    }
}

#[tokio::test]
async fn viewers_look_and_change_nothing() {
    let service = Service::new().await;
    let (key, viewer) = (service.api_key("admin", None).await, service.sign_in("viewer").await);
    add(&service, &key, &dialog360()).await;
    let shown = service.page(&format!("{PAGES}/1"), &viewer).await;
    insta::assert_snapshot!(main_of(&shown));
    for path in ["new", "1/edit", "1/profile", "1/deactivate", "1/delete", "1/verify-token"] {
        let page = service.page(&format!("{PAGES}/{path}"), &viewer).await;
        assert_eq!(page.status.as_u16(), 403, "{path}");
    }
    for path in [
        "new",
        "1/edit",
        "1/profile",
        "1/profile/preview",
        "1/logo/remove",
        "1/activate",
        "1/default",
        "1/check",
        "1/deactivate",
        "1/delete",
        "1/verify-token",
    ] {
        let page = service.submit(&format!("{PAGES}/{path}"), &viewer, "label=x").await;
        assert_eq!(page.status.as_u16(), 403, "{path}");
    }
    for path in ["", "/x", "/99", "/1/none"] {
        let page = service.page(&format!("{PAGES}{path}"), "").await;
        assert!([303, 404].contains(&page.status.as_u16()), "{path}");
    }
    assert_eq!(service.page(&format!("{PAGES}/x"), &viewer).await.status.as_u16(), 404);
}

#[tokio::test]
async fn owners_alone_see_the_address_of_the_api() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    add(&service, &key, &meta()).await;
    let path = format!("{PAGES}/1/edit");
    let (admin, owner) = (service.sign_in("admin").await, service.sign_in("owner").await);
    let seen = service.page(&path, &admin).await;
    assert!(!seen.body.contains("base_url"));
    let sent =
        format!("version={}&base_url=https%3A%2F%2Fproxy.example.com%2Fgraph", version(&seen));
    assert_eq!(service.submit(&path, &admin, &sent).await.status.as_u16(), 403);
    assert!(service.page(&path, &owner).await.body.contains("base_url"));
    assert_eq!(service.submit(&path, &owner, &sent).await.status.as_u16(), 303);
}
