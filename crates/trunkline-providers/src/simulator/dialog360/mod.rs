//! 360dialog, below `/360dialog`: the Partner API at `/api/v2`, the messaging API at `/waba`, the onboarding pages.

mod api_keys;
mod balance;
mod channels;
mod clients;
pub(crate) mod control;
mod errors;
pub(crate) mod events;
mod hub;
mod limits;
mod list;
mod messaging;
mod onboarding;
mod partner;
pub(crate) mod signup;
mod templates;
mod token;

pub use hub::{Channel, Client, Habits, Hub, Key, NumberWebhook, Partner, Template};

use serde_json::Value;

use crate::simulator::{answer::Answer, dialog360::errors::Refused, media, scene::Scene};

/// The answer's status and JSON, or why not.
type Handled = Result<(u16, Value), Refused>;

/// Answers a call; the path is `/360dialog/…`.
pub(crate) fn answer(scene: &mut Scene<'_>) -> Answer {
    let request = scene.request;
    let rest = request.rest();
    if let ["dashboard", "app", partner]
    | ["dashboard", "app", partner, "permissions"]
    | ["onboarding", partner] = rest.as_slice()
    {
        return onboarding::answer(scene, &request.method, partner);
    }
    if let ["waba", place @ ..] = rest.as_slice()
        && place == media::PLACE
    {
        return messaging::file(scene);
    }
    let handled = match (request.method.as_str(), rest.as_slice()) {
        ("POST", ["api", "v2", "token"]) => token::token(scene),
        (method, ["api", "v2", "partners", partner, path @ ..]) => {
            partner_api(scene, method, partner, path)
        }
        (method, ["waba", path @ ..]) => messaging::answer(scene, method, path),
        _ => Err(errors::not_found()),
    };
    match handled {
        Ok((204, _)) => Answer::empty(204),
        Ok((status, body)) => Answer::json(status, &body),
        Err(refused) => refused.answer(),
    }
}

fn partner_api(scene: &mut Scene<'_>, method: &str, partner: &str, path: &[&str]) -> Handled {
    partner::authorise(scene, partner)?;
    limits::count(scene, partner)?;
    match (method, path) {
        ("GET", []) => partner::show(scene, partner),
        ("PATCH", []) | ("POST", ["webhook_url"]) => partner::change(scene, partner),
        ("GET", ["webhook_url"]) => partner::show_webhook(scene, partner),
        ("PATCH", ["settings", "partner_change_request"]) => partner::auto_approve(scene, partner),
        ("GET", ["balance"]) => balance::of_partner(),
        ("GET", ["clients"]) => clients::list(scene, partner),
        ("PATCH", ["clients", client]) => clients::change(scene, partner, client),
        ("GET", ["clients", client, "info", "balance"]) => {
            balance::of_client(scene, partner, client)
        }
        ("GET", ["clients", client, "channels", channel, "info", "balance"]) => {
            channels::owned(scene, partner, channel, Some(client))?;
            balance::of_client(scene, partner, client)
        }
        ("GET", ["channels"]) => channels::list(scene, partner),
        ("GET", ["channels", channel]) => channels::show(scene, partner, channel),
        ("POST", ["clients", client, "channels", channel, "control", "cancellation_request"]) => {
            control::cancel(scene, partner, client, channel)
        }
        ("POST", ["clients", client, "channels", channel, "control", "reactivate"]) => {
            control::reactivate(scene, partner, client, channel)
        }
        ("POST", ["account_sharing", "clients"]) => signup::share_client(scene, partner),
        ("POST", ["account_sharing", "numbers"]) => signup::share_numbers(scene, partner),
        (_, ["waba_accounts", account, "waba_templates", rest @ ..]) => {
            templates::answer(scene, method, partner, account, rest)
        }
        (_, ["channels", channel, "api_keys"]) => api_keys::answer(scene, method, partner, channel),
        _ => Err(errors::not_found()),
    }
}
