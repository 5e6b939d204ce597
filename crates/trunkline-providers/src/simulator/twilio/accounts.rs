//! Accounts and subaccounts (`/2010-04-01/Accounts.json`).

use jiff::fmt::rfc2822;
use serde_json::{Value, json};

use crate::simulator::{
    scene::Scene,
    twilio::{Cloud, Handled, TwilioAccount, errors, errors::Refused, media, messages},
};

/// Who signed in.
#[derive(Debug, Clone)]
pub(super) struct Login {
    pub(super) account: String,
    /// The auth token or a main key.
    pub(super) full: bool,
}

/// Reads `Authorization: Basic`.
pub(super) fn sign_in(scene: &Scene<'_>) -> Result<Login, Refused> {
    let (user, password) = scene.request.basic().ok_or_else(errors::unauthenticated)?;
    let mut accounts = scene.world.twilio.accounts.iter();
    let found = accounts.find_map(|(sid, account)| {
        let full = if *sid == user && account.auth_token == password {
            true
        } else if account.api_keys.get(&user) == Some(&password) {
            account.main_keys.contains(&user)
        } else {
            return None;
        };
        Some((Login { account: sid.clone(), full }, account))
    });
    let (login, account) = found.ok_or_else(errors::unauthenticated)?;
    let owner = scene.world.twilio.accounts.get(&account.owner);
    let active = |account: &TwilioAccount| account.status == "active";
    if active(account) && owner.is_none_or(active) {
        return Ok(login);
    }
    // A suspended account may still be looked at, says no page; what is certain is that it can do nothing.
    if scene.request.method == "GET" {
        Ok(login)
    } else {
        Err(Refused::new(403, 20005, "Account not active"))
    }
}

pub(super) fn answer(scene: &mut Scene<'_>, method: &str, path: &[&str]) -> Handled {
    let login = sign_in(scene)?;
    let missing = || errors::not_found(&scene.request.path);
    match (method, path) {
        (_, ["Accounts.json"] | ["Accounts", _]) if !login.full => Err(errors::forbidden()),
        ("GET", ["Accounts.json"]) => list(scene, &login),
        ("POST", ["Accounts.json"]) => create(scene, &login),
        ("GET" | "POST", ["Accounts", file]) => {
            let sid = file.strip_suffix(".json").ok_or_else(missing)?.to_owned();
            reached(&scene.world.twilio, &login, &sid).ok_or_else(missing)?;
            if method == "POST" {
                change(scene, &sid)?;
            }
            Ok((200, document(scene, &sid)))
        }
        ("POST", ["Accounts", sid, "Messages.json"]) => {
            reached(&scene.world.twilio, &login, sid).ok_or_else(missing)?;
            messages::send(scene, sid)
        }
        ("GET", ["Accounts", sid, "Messages", file]) => {
            reached(&scene.world.twilio, &login, sid).ok_or_else(missing)?;
            messages::show(scene, sid, file.trim_end_matches(".json"))
        }
        (_, ["Accounts", sid, "Messages", message, path @ ..]) => {
            reached(&scene.world.twilio, &login, sid).ok_or_else(missing)?;
            media::answer(scene, method, (sid, message), path)
        }
        _ => Err(missing()),
    }
}

/// An account's own, or a subaccount of it.
pub(super) fn reached<'c>(cloud: &'c Cloud, login: &Login, sid: &str) -> Option<&'c TwilioAccount> {
    let account = cloud.accounts.get(sid)?;
    (sid == login.account || account.owner == login.account).then_some(account)
}

fn document(scene: &Scene<'_>, sid: &str) -> Value {
    let Some(account) = scene.world.twilio.accounts.get(sid) else { return Value::Null };
    let owner = if account.owner.is_empty() { sid } else { &account.owner };
    let kind = if account.kind.is_empty() { "Full" } else { &account.kind };
    json!({
        "auth_token": account.auth_token,
        "date_created": account.date_created,
        "date_updated": account.date_created,
        "friendly_name": account.friendly_name,
        "owner_account_sid": owner,
        "sid": sid,
        "status": account.status,
        "type": kind,
        "subresource_uris": {"messages": format!("/2010-04-01/Accounts/{sid}/Messages.json")},
        "uri": format!("/2010-04-01/Accounts/{sid}.json"),
    })
}

fn list(scene: &Scene<'_>, login: &Login) -> Handled {
    let cloud = &scene.world.twilio;
    let size = scene.request.number("PageSize").unwrap_or(50).clamp(1, 1000);
    let page = scene.request.number("Page").unwrap_or(0);
    let wanted =
        |name: &str, value: &str| scene.request.text(name).is_none_or(|expected| expected == value);
    let found: Vec<&String> = cloud
        .accounts
        .iter()
        .filter(|(sid, _)| reached(cloud, login, sid).is_some())
        .filter(|(_, account)| wanted("Status", &account.status))
        .filter(|(_, account)| wanted("FriendlyName", &account.friendly_name))
        .map(|(sid, _)| sid)
        .collect();
    let shown: Vec<Value> =
        found.iter().skip(page * size).take(size).map(|sid| document(scene, sid)).collect();
    let uri = |page: usize| format!("/2010-04-01/Accounts.json?PageSize={size}&Page={page}");
    let next = ((page + 1) * size < found.len()).then(|| uri(page + 1));
    Ok((
        200,
        json!({"accounts": shown, "page": page, "page_size": size, "first_page_uri": uri(0),
            "next_page_uri": next, "previous_page_uri": page.checked_sub(1).map(uri), "uri": uri(page)}),
    ))
}

fn create(scene: &mut Scene<'_>, login: &Login) -> Handled {
    let sid = scene.world.issue.sid("AC");
    let token = scene.world.issue.hex();
    let name = scene.request.text("FriendlyName");
    let account = TwilioAccount {
        owner: login.account.clone(),
        auth_token: token[..32].to_owned(),
        friendly_name: name.unwrap_or_else(|| format!("SubAccount Created at {}", scene.now)),
        status: "active".to_owned(),
        kind: "Full".to_owned(),
        date_created: rfc2822::to_string(&scene.now.to_zoned(jiff::tz::TimeZone::UTC))
            .unwrap_or_default(),
        ..TwilioAccount::default()
    };
    scene.world.twilio.accounts.insert(sid.clone(), account);
    Ok((201, document(scene, &sid)))
}

fn change(scene: &mut Scene<'_>, sid: &str) -> Result<(), Refused> {
    let status = scene.request.text("Status");
    let name = scene.request.text("FriendlyName");
    if status.as_deref().is_some_and(|status| !["active", "suspended", "closed"].contains(&status))
    {
        return Err(errors::invalid("Status must be active, suspended or closed"));
    }
    if let Some(account) = scene.world.twilio.accounts.get_mut(sid) {
        account.status = status.unwrap_or_else(|| account.status.clone());
        account.friendly_name = name.unwrap_or_else(|| account.friendly_name.clone());
    }
    Ok(())
}
