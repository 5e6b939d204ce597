use jiff::SignedDuration;
use serde_json::json;
use trunkline_store::alerts::{Delivery, Destination, DestinationKind};

use super::{email, webhook};
use crate::State;
use crate::alerts::words;
use crate::api::alerts::Alert;

/// Why somebody was not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failed {
    /// What was answered: the status of HTTP or SMTP.
    pub status: Option<i32>,
    /// What went wrong, and what to do about it.
    pub words: String,
    /// How long the other side wants to be left alone.
    pub not_before: Option<SignedDuration>,
    /// Whether another attempt would be refused too.
    pub is_final: bool,
}

impl Failed {
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self { status: None, words: words.into(), not_before: None, is_final: false }
    }
}

/// Tells once; the status of the answer.
pub(super) async fn attempt(
    state: &State,
    destination: &Destination,
    delivery: &Delivery,
) -> Result<i32, Failed> {
    // The same for every attempt, so that whoever was told twice can tell.
    let id = format!("alert_{}_{}", delivery.id, delivery.created_at.as_second());
    let url = &state.settings.public_url;
    match destination.kind {
        DestinationKind::Webhook => {
            let body = json!({
                "type": format!("alert.{}", delivery.change.as_str()),
                "timestamp": delivery.created_at,
                "data": Alert::from(delivery.alert.clone()),
            });
            webhook::send(state, destination, &id, &body).await
        }
        DestinationKind::Email => {
            let address = delivery.address.as_deref().unwrap_or_default();
            if !destination.addresses.iter().any(|known| known == address) {
                let words = "the address was taken away from this destination";
                return Err(Failed { is_final: true, ..Failed::new(words) });
            }
            let subject = words::subject(delivery.change, &delivery.alert);
            let text = words::text(delivery.change, &delivery.alert, url);
            email::send(state, address, &id, &subject, text).await
        }
    }
}
