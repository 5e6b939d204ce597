//! The pages of companies, clients and channels.

use insta::assert_snapshot;

use crate::people::main_of;
use crate::reads::fill;
use crate::support::Service;

/// The links of rows, in their order.
fn rows(body: &str) -> Vec<&str> {
    let heads = body.split("<th scope=\"row\"><a href=\"/admin/").skip(1);
    heads.map(|rest| rest.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn channels_are_found_by_what_they_are() {
    let service = Service::new().await;
    fill(&service).await;
    let viewer = service.sign_in("viewer").await;
    for (query, expected) in [
        ("provider=meta", &["channels/meta-2", "channels/meta-1"][..]),
        ("status=failed", &["channels/360dialog-2"]),
        ("quality=red", &["channels/meta-1"]),
        ("company=2&provider=twilio", &["channels/twilio-2"]),
        ("company=2&status=flagged&number=", &["channels/meta-2"]),
        ("client=360dialog-1", &["channels/360dialog-1"]),
        ("number=%2B49+151", &["channels/360dialog-1", "channels/360dialog-2"]),
        ("number=0049", &[]),
        ("number=447&company=1&quality=red", &["channels/meta-1"]),
        ("limit=1000", &["channels/360dialog-1"]),
        ("limit=0&status=flagged", &["channels/meta-2"]),
        ("limit=0&quality=red&provider=meta", &["channels/meta-1"]),
        ("q=alpha&provider=meta", &["channels/meta-1"]),
        ("q=Bet&company=2&status=failed", &["channels/360dialog-2"]),
        ("q=491510&quality=green", &["channels/360dialog-1"]),
        ("q=2002", &["channels/meta-2"]),
        ("q=twilio-2", &["channels/twilio-2"]),
        ("q=alpha+beta", &[]),
    ] {
        let page = service.page(&format!("/admin/channels?{query}"), &viewer).await.expect(200);
        assert_eq!(rows(&page.body), expected, "{query}");
    }
    let page = service.page("/admin/channels?number=49&status=running", &viewer).await.expect(422);
    page.says("only within one company");
    for query in [
        "q=al",
        "q=%00abc",
        "limit=many",
        "number=49&limit=1000",
        "provider=sms",
        "company=x",
        "client=meta-07",
        "cursor=x",
        "number=%00",
    ] {
        service.page(&format!("/admin/channels?{query}"), &viewer).await.expect(422);
    }
}

#[tokio::test]
async fn long_lists_come_in_pages_that_miss_nothing() {
    let service = Service::new().await;
    fill(&service).await;
    let many = "
        INSERT INTO public.meta_whatsapp_phone_numbers (client_id, phone_number_id, phone_number, status, updated_at)
        SELECT 1, 3000 + number, '+1202555' || 1000 + number, 'verified', '2025-04-01Z'
        FROM generate_series(1, 120) AS number";
    service.client.execute(many, &[]).await.unwrap();
    let viewer = service.sign_in("viewer").await;
    let mut seen = std::collections::BTreeSet::new();
    let mut next = "/admin/channels?provider=meta".to_owned();
    let mut pages = 0;
    loop {
        let page = service.page(&next, &viewer).await.expect(200);
        pages += 1;
        seen.extend(rows(&page.body).into_iter().map(str::to_owned));
        let Some(link) = page.body.split("rel=\"next\" href=\"").nth(1) else { break };
        next = link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    }
    assert_eq!((pages, seen.len()), (3, 122));
    let company = service.page("/admin/companies/1", &viewer).await.expect(200);
    company.says("All channels of this company").says("123");
    service.page("/admin/clients/meta-1", &viewer).await.expect(200).says("?client=meta-1");
}

#[tokio::test]
async fn what_belongs_to_a_partner_account_is_shown_by_itself() {
    let service = Service::new().await;
    fill(&service).await;
    let bind = "
        INSERT INTO public.partner_configurations (id, provider, partner_id) VALUES (7, 'meta', '7');
        UPDATE public.meta_whatsapp_clients SET partner_configuration_id = 7 WHERE id = 2";
    service.client.batch_execute(bind).await.unwrap();
    let viewer = service.sign_in("viewer").await;
    let account = service.page("/admin/partner-accounts/7", &viewer).await.expect(200);
    for path in ["clients", "channels"] {
        let address = format!("/admin/{path}?account=7");
        assert!(account.body.contains(&format!("href=\"{address}\"")), "{}", account.body);
        let page = service.page(&address, &viewer).await.expect(200);
        assert_eq!(rows(&page.body), [format!("{path}/meta-2")]);
        page.says("partner account 7</a> alone");
        service.page(&format!("{address}&status=pending"), &viewer).await.expect(422);
        let page = service.page(&format!("{address}&company=1&status=pending"), &viewer).await;
        assert_eq!(rows(&page.expect(200).body), [""; 0]);
    }
}

#[tokio::test]
async fn companies_clients_and_channels_lead_to_each_other() {
    let service = Service::new().await;
    fill(&service).await;
    let viewer = service.sign_in("viewer").await;
    let page = service.page("/admin/companies?name=bak", &viewer).await.expect(200);
    assert_eq!(rows(&page.body), ["companies/1"]);
    page.says("name=\"name\" value=\"bak\"");
    let page = service.page("/admin/companies", &viewer).await.expect(200);
    page.says("name=\"name\" value=\"\"");
    let page = service.page("/admin/companies/1", &viewer).await.expect(200);
    assert_snapshot!("company", main_of(&page.body));
    let page = service.page("/admin/clients?company=1&provider=meta", &viewer).await.expect(200);
    assert_eq!(rows(&page.body), ["clients/meta-1"]);
    let page = service.page("/admin/clients/360dialog-1", &viewer).await.expect(200);
    assert_snapshot!("client", main_of(&page.body));
    let page = service.page("/admin/channels/360dialog-1", &viewer).await.expect(200);
    assert_snapshot!("channel", main_of(&page.body));
    assert!(!page.body.contains("tlk1."), "no credential");
}

#[tokio::test]
async fn where_there_is_nothing_it_is_said_what_to_do_and_nobody_unknown_sees_more() {
    let service = Service::new().await;
    let viewer = service.sign_in("viewer").await;
    for (path, text) in [
        ("/admin/channels", "No channel yet"),
        ("/admin/clients", "No client yet"),
        ("/admin/channels?status=running", "No channel like that"),
        ("/admin/clients?status=active", "No client like that"),
        ("/admin/companies?name=nobody", "No company like that"),
        ("/admin/companies/2", "has no account at a provider yet"),
    ] {
        service.page(path, &viewer).await.expect(200).says(text);
    }
    for path in [
        "/admin/channels/meta-9",
        "/admin/channels/9",
        "/admin/clients/meta-0",
        "/admin/companies/99",
        "/admin/companies/x",
    ] {
        service.page(path, &viewer).await.expect(404).says("Not found");
    }
    for path in ["/admin/channels", "/admin/clients", "/admin/companies", "/admin/companies/1"] {
        service.page(path, "").await.expect(303);
    }
}
