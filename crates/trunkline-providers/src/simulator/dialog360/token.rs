//! `POST /token`: the legacy sign-in by user and password.

use jiff::SignedDuration;
use serde_json::json;

use crate::simulator::{
    dialog360::{Handled, errors::Refused},
    scene::Scene,
};

const DAY: i64 = 86_400;

pub(super) fn token(scene: &mut Scene<'_>) -> Handled {
    let request = scene.request;
    let user = request.text("username").unwrap_or_default();
    let password = request.text("password").unwrap_or_default();
    let hub = &mut scene.world.dialog360;
    let refused = || Refused::oauth("invalid_grant", "Wrong email or password.");
    let mut partners = hub.partners.iter();
    let found = partners.find(|(_, partner)| partner.users.get(&user) == Some(&password));
    let (id, partner) = found.ok_or_else(refused)?;
    if partner.refuses_tokens {
        return Err(Refused::oauth(
            "invalid_grant",
            "Legacy token authentication is switched off.",
        ));
    }
    let seconds = if hub.token_seconds == 0 { DAY } else { hub.token_seconds };
    let end = scene.now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(scene.now);
    let token = format!("eyJ{}", scene.world.issue.hex());
    hub.tokens.insert(token.clone(), (id.clone(), end));
    let refresh = scene.world.issue.hex();
    Ok((
        200,
        json!({"access_token": token, "refresh_token": refresh, "token_type": "Bearer", "expires_in": seconds}),
    ))
}
