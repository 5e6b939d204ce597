//! Integrated Onboarding: the page that a client sees, and the way back to the partner.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Url;
use sha2::Sha512;

use crate::simulator::{
    answer::Answer,
    dialog360::{
        events::of_channel,
        signup::{Made, client_of, make_channel},
    },
    issue::hex,
    pages::{escape, page},
    scene::Scene,
};

/// How old a signed link may be, in seconds.
const WINDOW: i64 = 300;

/// `GET` and `POST` of `/dashboard/app/{partner}`, of `…/permissions`, and of `/onboarding/{partner}`.
pub(super) fn answer(scene: &mut Scene<'_>, method: &str, partner: &str) -> Answer {
    if !scene.world.dialog360.partners.contains_key(partner) {
        return problem("There is no such partner.");
    }
    if method == "POST" {
        return finish(scene, partner);
    }
    match verify(scene, partner) {
        Ok(()) => form(scene),
        Err(words) => problem(words),
    }
}

fn problem(words: &str) -> Answer {
    Answer { status: 400, ..page("360dialog", &format!("<p>{}</p>", escape(words))) }
}

/// A signed link is good once, and for five minutes.
fn verify(scene: &mut Scene<'_>, id: &str) -> Result<(), &'static str> {
    let given = scene.request.text("io_signature").unwrap_or_default();
    let time = scene.request.text("io_timestamp").unwrap_or_default();
    let now = scene.now.as_second();
    let Some(partner) = scene.world.dialog360.partners.get_mut(id) else { return Ok(()) };
    if !partner.requires_signed_links {
        return Ok(());
    }
    let seconds: i64 = time.parse().map_err(|_| "The link is not signed.")?;
    if (now - seconds).abs() > WINDOW {
        return Err("The link has expired.");
    }
    let Ok(mut mac) = Hmac::<Sha512>::new_from_slice(partner.platform_secret.as_bytes()) else {
        unreachable!("HMAC takes keys of any length");
    };
    mac.update(format!("{id}|{time}").as_bytes());
    let expected = mac.finalize().into_bytes();
    if given != hex(&expected) && given != BASE64_STANDARD.encode(expected) {
        return Err("The signature of the link does not fit.");
    }
    if partner.used_signatures.contains(&given) {
        return Err("The link was used before.");
    }
    partner.used_signatures.push(given);
    Ok(())
}

fn form(scene: &Scene<'_>) -> Answer {
    let request = scene.request;
    let text =
        |name: &str, usual: &str| escape(&request.text(name).unwrap_or_else(|| usual.to_owned()));
    let kept = ["state", "redirect_url"].map(|name| {
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", text(name, ""))
    });
    page(
        "360dialog: connect a number",
        &format!(
            "<form method=\"post\" action=\"{path}\">{kept}\
<label>Company <input name=\"name\" required value=\"{name}\"></label>\
<label>E-mail address (one that is known leads to that client) <input name=\"email\" type=\"email\" required value=\"{email}\"></label>\
<label>Phone number, digits with the country code <input name=\"number\" inputmode=\"numeric\" pattern=\"[0-9]{{6,15}}\" required value=\"{number}\"></label>\
<label><input type=\"checkbox\" name=\"permit\" value=\"yes\" checked> Let the partner make API keys</label>\
<label><input type=\"checkbox\" name=\"revoke\" value=\"yes\"> Withdraw that permission from the channels that exist</label>\
<button>Connect</button></form>",
            path = escape(&request.path),
            kept = kept.concat(),
            name = text("name", "Example Bakery"),
            email = text("email", "owner@example.com"),
            number = text("number", "4930123456"),
        ),
    )
}

fn finish(scene: &mut Scene<'_>, partner: &str) -> Answer {
    let request = scene.request;
    let text = |name: &str| request.text(name).filter(|text| !text.is_empty());
    let stored = scene.world.dialog360.partner_document(partner);
    let stored = stored["partner_redirect_url"].as_str().map(str::to_owned);
    let target = text("redirect_url").or(stored).and_then(|url| url.parse::<Url>().ok());
    let Some(mut target) = target else {
        return problem("The partner has set no redirect URL, so nobody can be sent back.");
    };
    let (name, email) = (text("name").unwrap_or_default(), text("email").unwrap_or_default());
    let digits = text("number").unwrap_or_default();
    let client = client_of(scene, partner, &name, &email);
    let revoked = if text("revoke").is_some() { revoke(scene, &client) } else { Vec::new() };
    let (account, external) = (scene.world.issue.number(), scene.world.issue.number());
    let permitted = text("permit").is_some();
    let channel = make_channel(scene, &client, &Made { account, external, digits, permitted });
    let before = target.query().map(|query| format!("{query}&")).unwrap_or_default();
    // Brackets and commas as they are: this is how the provider writes lists.
    let permitted_now = if permitted { channel.as_str() } else { "" };
    let revoked = if revoked.is_empty() {
        String::new()
    } else {
        format!("&revoked=[{}]", revoked.join(","))
    };
    let state = text("state").map(|state| {
        let encoded: String = form_urlencoded::byte_serialize(state.as_bytes()).collect();
        format!("&state={encoded}")
    });
    let state = state.unwrap_or_default();
    let query = format!("{before}client={client}&channels=[{permitted_now}]{revoked}{state}");
    target.set_query(Some(&query));
    Answer::redirect(target.as_str())
}

fn revoke(scene: &mut Scene<'_>, client: &str) -> Vec<String> {
    let channels = scene.world.dialog360.channels.iter_mut();
    let own = channels.filter(|(_, channel)| channel.client == client && channel.permitted);
    let revoked: Vec<String> = own
        .map(|(id, channel)| {
            channel.permitted = false;
            id.clone()
        })
        .collect();
    for id in &revoked {
        // The name is nowhere written; it is the counterpart of the one that is.
        of_channel(scene, id, "channel_permission_revoked");
    }
    revoked
}
