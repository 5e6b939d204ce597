use serde::Serialize;
use serde_json::{Value, json};
use trunkline_store::alerts::{
    Delivery, Destination, DestinationKind, find_delivery, retry_delivery,
};
use trunkline_store::audit_log::{Act, Actor, insert_audit_entry};
use utoipa::ToSchema;

use super::attempt::Failed;
use super::{email, webhook};
use crate::State;
use crate::problem::{Kind, Problem};

/// What a test message came to, to one URL or address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DestinationTest)]
pub(crate) struct Trial {
    /// The host of the webhook, or the e-mail address.
    pub to: String,
    /// Whether it was taken.
    pub delivered: bool,
    /// What was answered: the status of HTTP or SMTP.
    pub status: Option<i32>,
    /// What went wrong, and what to do about it.
    pub error: Option<String>,
}

/// Sends a test message, now and once: to each of its addresses, whether or not the destination is active.
pub(crate) async fn try_destination(
    state: &State,
    actor: &Actor,
    destination: &Destination,
) -> Result<Vec<Trial>, Problem> {
    let now = state.clock.now();
    let id = format!("test_{}_{}", destination.id, now.as_millisecond());
    let mut trials = Vec::new();
    match destination.kind {
        DestinationKind::Webhook => {
            let data = json!({ "destination": destination.name });
            let body = json!({ "type": "alert.test", "timestamp": now, "data": data });
            let came = webhook::send(state, destination, &id, &body).await;
            let to = super::super::destinations::host(destination.url.as_deref().unwrap_or(""));
            trials.push(trial(to.unwrap_or_default(), came));
        }
        DestinationKind::Email => {
            let text = format!(
                "This is a test of “{}”. Alerts that it is told of come like this.\n\n{}/admin/alerts/destinations/{}\n",
                destination.name, state.settings.public_url, destination.id
            );
            for (index, address) in destination.addresses.iter().enumerate() {
                let id = format!("{id}_{index}");
                let came = email::send(state, address, &id, "Test of alerts", text.clone()).await;
                trials.push(trial(address.clone(), came));
            }
        }
    }
    let act = Act {
        action: "alert_destination.tested",
        object_kind: "alert_destination",
        object_id: destination.id.to_string(),
        company_id: None,
        before: None,
        after: Some(json!(trials)),
    };
    let connection = state.store.connection().await?;
    insert_audit_entry(connection.executor(), actor, &act, now).await?;
    Ok(trials)
}

fn trial(to: String, came: Result<i32, Failed>) -> Trial {
    match came {
        Ok(status) => Trial { to, delivered: true, status: Some(status), error: None },
        Err(failed) => {
            Trial { to, delivered: false, status: failed.status, error: Some(failed.words) }
        }
    }
}

/// Has a delivery that was given up tried once more.
pub(crate) async fn retry(state: &State, actor: &Actor, id: i64) -> Result<Delivery, Problem> {
    let now = state.clock.now();
    let mut connection = state.store.connection().await?;
    let transaction = connection.begin().await?;
    let executor = transaction.executor();
    let is_waiting = retry_delivery(executor, id, now).await?;
    let found = find_delivery(executor, id).await?;
    let delivery = found.ok_or_else(|| Problem::not_found("delivery"))?;
    if !is_waiting {
        let detail = format!("the delivery is {}, not failed", delivery.state.as_str());
        return Err(Problem::new(Kind::Conflict, detail));
    }
    let act = Act {
        action: "alert_delivery.retried",
        object_kind: "alert_delivery",
        object_id: id.to_string(),
        company_id: None,
        before: None,
        after: Some(Value::Null),
    };
    insert_audit_entry(executor, actor, &act, now).await?;
    transaction.commit().await?;
    Ok(delivery)
}
