use serde_json::{Value, json};
use trunkline_core::Provider;
use trunkline_core::secrets::Secret;
use trunkline_store::QualifiedId;
use trunkline_store::channels::{find_channel_secret, update_channel_secret};

use super::platform;

#[tokio::test]
async fn a_token_that_was_entered_here_is_not_overwritten_by_that_of_the_row() {
    let (service, key) = platform().await;
    let run = json!({ "kind": "run" });
    service.import(&key, &run).await;
    let number = service.number("SELECT id::BIGINT FROM meta_whatsapp_phone_numbers").await;
    let channel = QualifiedId { provider: Provider::Meta, number: i32::try_from(number).unwrap() };
    let (keys, random) = (&*service.state.keys, service.state.random.clone());
    let connection = service.state.store.connection().await.unwrap();
    let executor = connection.executor();
    let entered = Secret::new("fake-token-entered".to_owned());
    let now = service.state.clock.now();
    update_channel_secret(executor, channel, keys, random, &entered, now).await.unwrap();
    let token = async || {
        let found = find_channel_secret(executor, channel, keys).await.unwrap();
        found.unwrap().unwrap().expose().to_owned()
    };
    let counts =
        |task: &Value| ["updated", "conflict"].map(|name| task["result"][name].as_i64().unwrap());

    let renamed = "UPDATE channel_connections SET account_name = 'Pie' WHERE id = 2";
    service.client.batch_execute(renamed).await.unwrap();
    assert_eq!(counts(&service.import(&key, &run).await), [1, 4], "the name is brought along");
    assert_eq!(token().await, "fake-token-entered");

    let replaced = r#"UPDATE channel_connections
        SET connection_data = connection_data || '{"accessToken": "fake-token-newer"}'
        WHERE id = 2"#;
    service.client.batch_execute(replaced).await.unwrap();
    assert_eq!(counts(&service.import(&key, &run).await), [0, 5], "both have a new one");
    assert_eq!(token().await, "fake-token-entered");

    service.plan(&key).await;
    service.decide(&key, 2, &json!({ "choice": "take" })).await.expect(200);
    assert_eq!(counts(&service.import(&key, &run).await), [1, 4]);
    assert_eq!(token().await, "fake-token-newer");
}
