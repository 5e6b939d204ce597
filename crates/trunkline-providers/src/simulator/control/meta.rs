//! What befalls Meta's accounts and tokens.

use serde_json::{Value, json};

use super::{Controlled, missing, wrong};
use crate::simulator::{
    context::Context,
    meta::{
        events::{of_account, of_partner},
        signup::{Wish, fulfil},
    },
    request::Request,
    scene::Scene,
};

/// `POST /_control/meta/accounts/{id}`: an event of `account_update` by its name, with its details.
pub(super) fn account(context: &Context, request: &Request, id: &str) -> Controlled {
    let event = request.json["event"].as_str().ok_or_else(|| wrong("event: its name"))?;
    context.meet(request, |scene| {
        if !scene.world.meta.accounts.contains_key(id) {
            return Err(missing("such account"));
        }
        let value = details(scene, event, &request.json);
        // Told before it takes effect: afterwards nobody is subscribed.
        if event.starts_with("PARTNER_") {
            partners(scene, id, value.clone());
        } else {
            of_account(scene, id, "account_update", &value);
        }
        befall(scene, id, event, &value);
        Ok(json!({"sent": value}))
    })
}

/// The event's value: what was given, or what Meta's examples have.
fn details(scene: &Scene<'_>, event: &str, given: &Value) -> Value {
    let mut value = given.clone();
    let expiration = scene.now.as_second() + 7 * 86_400;
    let date = scene.now.strftime("%B %-d, %Y").to_string();
    let (name, usual) = match event {
        "ACCOUNT_RESTRICTION" => (
            "restriction_info",
            json!([{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": expiration}]),
        ),
        "ACCOUNT_VIOLATION" => ("violation_info", json!({"violation_type": "SPAM"})),
        "DISABLED_UPDATE" => {
            ("ban_info", json!({"waba_ban_state": "DISABLE", "waba_ban_date": date}))
        }
        _ => return value,
    };
    if value.get(name).is_none() {
        value[name] = usual;
    }
    value
}

/// `PARTNER_…` names account and owner, below the partner's portfolio.
fn partners(scene: &mut Scene<'_>, id: &str, mut value: Value) {
    let Some(account) = scene.world.meta.accounts.get(id) else { return };
    let (owner, with) = (account.business.clone(), account.shared_with.clone());
    let apps = scene.world.meta.apps.iter().filter(|(_, app)| with.contains(&app.business));
    let apps: Vec<String> = apps.map(|(app, _)| app.clone()).collect();
    for app in apps {
        value["waba_info"] = json!({"waba_id": id, "owner_business_id": owner});
        if value["event"].as_str().is_some_and(|event| event.starts_with("PARTNER_APP_")) {
            value["waba_info"]["partner_app_id"] = app.clone().into();
        }
        of_partner(scene, &app, "account_update", &value);
    }
}

fn befall(scene: &mut Scene<'_>, id: &str, event: &str, value: &Value) {
    let graph = &mut scene.world.meta;
    let Some(account) = graph.accounts.get_mut(id) else { return };
    let status = match (event, value["ban_info"]["waba_ban_state"].as_str()) {
        ("ACCOUNT_RESTRICTION", _) => "RESTRICTED",
        ("DISABLED_UPDATE", Some("DISABLE")) => "DISABLED",
        ("DISABLED_UPDATE", Some("REINSTATE")) => "ACTIVE",
        ("ACCOUNT_DELETED", _) => {
            graph.accounts.remove(id);
            graph.numbers.retain(|_, number| number.account != id);
            return;
        }
        ("PARTNER_REMOVED" | "PARTNER_APP_UNINSTALLED", _) => {
            account.shared_with.clear();
            account.subscribed_apps.clear();
            let chosen =
                |token: &super::super::meta::Token| token.accounts.iter().any(|own| own == id);
            for token in graph.tokens.values_mut().filter(|token| chosen(token)) {
                token.revoked = Some(467);
            }
            return;
        }
        _ => return,
    };
    account.fields.insert("status".into(), status.into());
}

/// `POST /_control/meta/tokens`: `{"token": …, "revoked": 460}`, or `null` to let it be good again.
pub(super) fn token(context: &Context, request: &Request) -> Controlled {
    let given = request.json["token"].as_str().ok_or_else(|| wrong("token: which"))?;
    context.meet(request, |scene| {
        let token = scene.world.meta.tokens.get_mut(given);
        let token = token.ok_or_else(|| missing("such token"))?;
        token.revoked = request.json["revoked"].as_u64().and_then(|code| code.try_into().ok());
        Ok(json!({"revoked": token.revoked}))
    })
}

/// `POST /_control/meta/signup`: somebody goes through Embedded Signup, without the page.
pub(super) fn signup(context: &Context, request: &Request) -> Controlled {
    let text = |name: &str, usual: &str| request.text(name).unwrap_or_else(|| usual.to_owned());
    context.meet(request, |scene| {
        let first = scene.world.meta.apps.keys().next().cloned();
        let wish = Wish {
            app: request.text("app").or(first).ok_or_else(|| missing("app"))?,
            event: text("event", "FINISH"),
            company: text("company", "Lucky Shrub"),
            digits: text("number", "16315551000"),
            step: text("step", "PHONE_NUMBER_SETUP"),
            only_account: request.json["only_account"] == true,
        };
        let outcome = fulfil(scene, &wish);
        Ok(json!({"message": outcome.message, "code": outcome.code}))
    })
}

/// `POST /_control/meta/webhooks`: any field with any value, about an account.
pub(super) fn webhook(context: &Context, request: &Request) -> Controlled {
    let text =
        |name: &str| request.json[name].as_str().ok_or_else(|| wrong(format!("{name} is missing")));
    let (account, field) = (text("account")?, text("field")?);
    context.meet(request, |scene| {
        of_account(scene, account, field, &request.json["value"]);
        Ok(json!({"sent": Value::Bool(true)}))
    })
}
