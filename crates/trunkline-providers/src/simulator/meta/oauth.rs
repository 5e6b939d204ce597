//! Tokens: a code of Embedded Signup for a business token, an app's own, a longer one for a system user's; revoked.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::simulator::{
    meta::{
        Handled, Outcome,
        caller::find,
        errors::{self, Refused},
        success,
    },
    scene::Scene,
};

const SIXTY_DAYS: i64 = 60 * 86_400;

/// `GET /oauth/access_token`
pub(super) fn access_token(scene: &mut Scene<'_>) -> Handled {
    let request = scene.request;
    let app = client(scene)?;
    match request.text("grant_type").as_deref() {
        Some("client_credentials") => {
            let secret = request.text("client_secret").unwrap_or_default();
            Ok(Outcome::Done(
                json!({"access_token": format!("{app}|{secret}"), "token_type": "bearer"}),
            ))
        }
        Some("fb_exchange_token") => prolong(scene, &app),
        _ => exchange(scene, &app),
    }
}

/// The app that asks, by id and secret.
fn client(scene: &Scene<'_>) -> Result<String, Refused> {
    let id = scene.request.text("client_id").unwrap_or_default();
    let app = scene.world.meta.apps.get(&id).ok_or_else(|| {
        let message =
            "Error validating application. Cannot get application info due to a system error.";
        Refused::new(400, 101, message)
    })?;
    if scene.request.text("client_secret").as_deref() != Some(app.secret.as_str()) {
        return Err(Refused::new(400, 1, "Error validating client secret."));
    }
    Ok(id)
}

/// A code is good once, for 30 seconds.
fn exchange(scene: &mut Scene<'_>, app: &str) -> Handled {
    let given = scene.request.text("code").unwrap_or_default();
    let now = scene.now;
    let graph = &mut scene.world.meta;
    let code = graph.codes.get_mut(&given).filter(|code| code.token.app == app);
    let Some(code) = code else {
        return Err(Refused::new(400, 100, "Invalid verification code format.").subcode(36_007));
    };
    if code.used {
        let message = "This authorization code has been used.";
        return Err(Refused::new(400, 100, message).subcode(36_009));
    }
    if code.expires_at <= now {
        let message = "This authorization code has expired.";
        return Err(Refused::new(400, 100, message).subcode(36_007));
    }
    code.used = true;
    let mut token = code.token.clone();
    let seconds = code.token_seconds;
    token.expires_at = seconds.and_then(|seconds| later(now, seconds));
    let written = format!("EAAB{}", scene.world.issue.hex());
    scene.world.meta.tokens.insert(written.clone(), token);
    let mut body = json!({"access_token": written, "token_type": "bearer"});
    if let Some(seconds) = seconds {
        body["expires_in"] = seconds.into();
    }
    Ok(Outcome::Done(body))
}

fn prolong(scene: &mut Scene<'_>, app: &str) -> Handled {
    let given = scene.request.text("fb_exchange_token").unwrap_or_default();
    let graph = &scene.world.meta;
    let token = find(graph, &given, scene.now)
        .map_err(|subcode| errors::bad_token(subcode, graph.bad_token_is_400))?;
    if token.app != app {
        return Err(errors::invalid("the token belongs to another app"));
    }
    let mut token = token.clone();
    token.expires_at = later(scene.now, SIXTY_DAYS);
    let written = format!("EAAS{}", scene.world.issue.hex());
    scene.world.meta.tokens.insert(written.clone(), token);
    Ok(Outcome::Done(
        json!({"access_token": written, "token_type": "bearer", "expires_in": SIXTY_DAYS}),
    ))
}

/// `GET /oauth/revoke`
pub(super) fn revoke(scene: &mut Scene<'_>) -> Handled {
    let app = client(scene)?;
    let given = scene.request.text("revoke_token").unwrap_or_default();
    let token = scene.world.meta.tokens.get_mut(&given).filter(|token| token.app == app);
    token.ok_or_else(|| errors::invalid("revoke_token is no token of this app"))?.revoked =
        Some(467);
    success()
}

fn later(now: Timestamp, seconds: i64) -> Option<Timestamp> {
    now.checked_add(SignedDuration::from_secs(seconds)).ok()
}
