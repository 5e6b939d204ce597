use serde_json::json;

use super::platform;
use crate::providers::{account, meta, twilio};

#[tokio::test]
async fn a_client_belongs_to_the_partner_account_that_its_row_names_and_to_no_other() {
    let (service, key) = platform().await;
    let ours = account(&service, "http://127.0.0.1:9", &meta()).await;
    let twilio = account(&service, "http://127.0.0.1:9", &twilio()).await;
    // One number of the first WABA names our app; those of the second name none, and another one.
    let rows = r#"
        INSERT INTO channel_connections (id, user_id, company_id, channel_type, account_id, account_name, connection_data)
        VALUES
            (11, 1, 1, 'whatsapp_official', '103000000000011', 'Rolls', '{"wabaId": "102000000000001",
                "accessToken": "fake-token-11", "appId": "200000000000002"}'),
            (12, 2, 2, 'whatsapp_official', '103000000000012', 'Wheels', '{"wabaId": "102000000000002",
                "accessToken": "fake-token-12"}'),
            (13, 2, 2, 'whatsapp_official', '103000000000013', 'Bolts', '{"wabaId": "102000000000002",
                "accessToken": "fake-token-13", "appId": "299999999999999"}'),
            (14, 1, 1, 'whatsapp_twilio', '+4915110000014', 'Tea', '{"authToken": "fake-token-14",
                "accountSid": "AC00000000000000000000000000000001"}'),
            (15, 2, 2, 'whatsapp_twilio', '+4915110000015', 'Nuts', '{"authToken": "fake-token-15",
                "accountSid": "AC00000000000000000000000000000002"}')"#;
    service.client.batch_execute(rows).await.unwrap();
    service.import(&key, &json!({ "kind": "run" })).await;
    let accounts = async |table: &str, key: &str| {
        let query = format!(
            "SELECT string_agg(concat_ws(' ', {key}, partner_configuration_id), ', ' ORDER BY {key}) FROM {table}"
        );
        let row = service.client.query_one(&query, &[]).await.unwrap();
        row.get::<_, String>(0)
    };
    assert_eq!(
        accounts("meta_whatsapp_clients", "business_account_id").await,
        format!("102000000000001 {}, 102000000000002", ours.id)
    );
    let sid = "AC0000000000000000000000000000000";
    assert_eq!(
        accounts("trunkline.twilio_clients", "account_sid").await,
        format!("{sid}1 {}, {sid}2", twilio.id)
    );
    let undone = service.import(&key, &json!({ "kind": "undo" })).await;
    assert_eq!([&undone["result"]["kept"], &undone["result"]["clients"]], [0, 5], "{undone}");
}
