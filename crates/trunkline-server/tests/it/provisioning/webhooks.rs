use serde_json::json;

use super::Desk;

#[tokio::test]
async fn what_a_number_receives_comes_to_the_account_of_its_provider() {
    let desk = Desk::new().await;
    desk.field.simulator.change(|world| {
        world.meta.accounts.get_mut("102000000000001").unwrap().subscribed_apps.clear();
    });
    let early = desk.refused("/channels/360dialog-1/subscribe-webhooks", json!({}), 409).await;
    assert!(early.contains("has no API key"), "{early}");
    let made = desk.post("/channels/360dialog-1/rotate-api-key", json!({})).await;
    assert_eq!(made.status.as_u16(), 200, "{}", made.body);
    for channel in ["meta-1", "360dialog-1", "twilio-2"] {
        for _ in 0..2 {
            let answer =
                desk.post(&format!("/channels/{channel}/subscribe-webhooks"), json!({})).await;
            assert_eq!(answer.status.as_u16(), 200, "{channel}: {}", answer.body);
        }
    }
    let slugs =
        "SELECT slug FROM trunkline.partner_account_details ORDER BY partner_configuration_id";
    let slugs = desk.field.text(slugs).await;
    let slugs: Vec<&str> = slugs.lines().collect();
    desk.field.simulator.read(|world| {
        let account = &world.meta.accounts["102000000000001"];
        assert_eq!(account.subscribed_apps.len(), 1);
        let number = world.dialog360.channels["n00000CH"].webhook.as_ref().unwrap();
        assert!(number.url.ends_with(&format!("/webhooks/360dialog/{}/numbers", slugs[0])));
        assert_eq!(number.headers.len(), 1);
        let sender = &world.twilio.senders["XE00000000000000000000000000000002"].fields["webhook"];
        let at = format!("/webhooks/twilio/{}", slugs[2]);
        assert!(sender["callback_url"].as_str().unwrap().ends_with(&at));
        assert!(sender["status_callback_url"].as_str().unwrap().ends_with(&format!("{at}/status")));
    });
    let kept = "SELECT webhook_url FROM dialog_360_channels WHERE id = 1";
    assert!(desk.field.text(kept).await.ends_with("/numbers"));
    let audit = desk.audit("meta-1").await;
    assert_eq!(audit, "test channel.webhooks_subscribed 1\ntest channel.webhooks_subscribed 1");
}

#[tokio::test]
async fn without_a_word_of_our_own_webhooks_of_a_number_are_not_asked_for() {
    let desk = Desk::new().await;
    let remove = "
        UPDATE trunkline.partner_account_details SET webhook_header = NULL;
        UPDATE partner_configurations SET webhook_verify_token = NULL WHERE provider = '360dialog'";
    desk.field.service.client.batch_execute(remove).await.unwrap();
    let refused = desk.refused("/channels/360dialog-1/subscribe-webhooks", json!({}), 409).await;
    assert!(refused.contains("custom webhook header"), "{refused}");
}
