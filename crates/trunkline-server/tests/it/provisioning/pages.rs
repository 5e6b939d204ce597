use trunkline_providers::simulator::{Fault, FaultKind};

use super::{Desk, KEYS};

#[tokio::test]
async fn a_page_offers_what_fits_the_channel_and_asks_before_harm() {
    let desk = Desk::new().await;
    let service = &desk.field.service;
    let cookie = service.sign_in("operator").await;
    let offered = async |id: &str| {
        let page = service.page(&format!("/admin/channels/{id}"), &cookie).await.body;
        let all = [
            "request-code",
            "verify-code",
            "register",
            "rotate-api-key",
            "subscribe-webhooks",
            "deregister",
        ];
        let here = all.into_iter().filter(|step| page.contains(&format!("/{id}/{step}\"")));
        here.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(offered("meta-1").await, "request-code verify-code register subscribe-webhooks");
    assert_eq!(offered("360dialog-1").await, "rotate-api-key subscribe-webhooks");
    assert_eq!(offered("twilio-1").await, "verify-code subscribe-webhooks");
    let running = "UPDATE meta_whatsapp_phone_numbers SET status = 'verified' WHERE id = 1";
    service.client.batch_execute(running).await.unwrap();
    assert_eq!(offered("meta-1").await, "register subscribe-webhooks deregister");
    let ask = service.page("/admin/channels/360dialog-1/rotate-api-key", &cookie).await;
    assert!(ask.body.contains("Every earlier key of the channel ends at once"));
    assert_eq!(desk.sent("POST", "/api_keys"), 0);
    assert_eq!(service.page("/admin/channels/meta-1/fly", &cookie).await.status.as_u16(), 404);

    let viewer = service.sign_in("viewer").await;
    let page = service.page("/admin/channels/meta-1", &viewer).await.body;
    assert!(!page.contains("/meta-1/register"));
    for method in ["GET", "POST"] {
        let path = "/admin/channels/360dialog-1/rotate-api-key";
        let answer = match method {
            "GET" => service.page(path, &viewer).await,
            _ => service.submit(path, &viewer, "").await,
        };
        assert_eq!(answer.status.as_u16(), 403);
    }
}

#[tokio::test]
async fn what_is_typed_wrong_and_what_the_provider_refuses_stands_above_the_form() {
    let desk = Desk::new().await;
    let service = &desk.field.service;
    let cookie = service.sign_in("operator").await;
    let wrong = service.submit("/admin/channels/meta-1/register", &cookie, "pin=12").await;
    assert_eq!(wrong.status.as_u16(), 422);
    assert!(wrong.body.contains("It has six digits.") && !wrong.body.contains("value=\"12\""));
    let refused = service.submit("/admin/channels/meta-1/register", &cookie, "pin=000000").await;
    assert_eq!(refused.status.as_u16(), 409);
    assert!(refused.body.contains("registered already"));
    let form = "pin=000000&again=true";
    let done = service.submit("/admin/channels/meta-1/register", &cookie, form).await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/admin/channels/meta-1"));
    let untyped = service.submit("/admin/channels/meta-1/deregister", &cookie, "confirm=x").await;
    assert_eq!(untyped.status.as_u16(), 422);
    assert_eq!(desk.sent("POST", "/deregister"), 0);
    let number =
        desk.field.text("SELECT phone_number FROM meta_whatsapp_phone_numbers WHERE id = 1").await;
    let form = format!("confirm={}", number.replace('+', "%2B"));
    let done = service.submit("/admin/channels/meta-1/deregister", &cookie, &form).await;
    assert_eq!(done.status.as_u16(), 303, "{}", done.body);
}

#[tokio::test]
async fn an_open_call_stands_on_the_pages_of_its_channel_and_of_the_providers_until_it_is_settled()
{
    let desk = Desk::new().await;
    let service = &desk.field.service;
    let cookie = service.sign_in("operator").await;
    let (method, path) = (Some("POST".to_owned()), KEYS.to_owned());
    let kind = FaultKind::DoneButReset;
    desk.field.simulator.fault(Fault { method, path, times: Some(1), kind });
    let lost = service.submit("/admin/channels/360dialog-1/rotate-api-key", &cookie, "").await;
    assert_eq!(lost.status.as_u16(), 503);
    for page in ["/admin/channels/360dialog-1", "/admin/providers"] {
        let page = service.page(page, &cookie).await.body;
        assert!(
            page.contains("Sent, and not answered") && page.contains("/admin/provider-calls/1")
        );
    }
    desk.wait();
    let here = "/admin/provider-calls/1";
    let viewer = service.sign_in("viewer").await;
    assert!(!service.page(here, &viewer).await.body.contains("Settle it"));
    let empty = service.submit(&format!("{here}/settle"), &cookie, "state=&note=").await;
    assert_eq!(empty.status.as_u16(), 422);
    assert!(empty.body.contains("Say what became of it."));
    let asked = service.submit(&format!("{here}/resolve"), &cookie, "").await;
    assert_eq!(asked.header("location"), here, "{}", asked.body);
    let page = service.page(here, &cookie).await.body;
    assert!(page.contains("Done, and the key was lost") && !page.contains("Settle it"));
}
