//! Alerts: what is done to them, who is told, and how. By the API and by the pages alike, each with its audit entry in
//! one transaction.

mod act;
mod deliver;
mod destinations;
mod words;

pub(crate) use act::{AlertAct, act_on_alert};
pub(crate) use deliver::{Trial, retry, try_destination};
pub use deliver::{deliver_alerts, deliver_alerts_once};
pub(crate) use destinations::{
    DestinationChange, DestinationInput, SecretSeen, create_destination, edit_destination,
    remove_destination, see_secret,
};
pub(crate) use words::{happened, title};
