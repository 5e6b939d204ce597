//! A business portfolio, and the WhatsApp Business Accounts that are its own or shared with it.

use serde_json::{Map, Value, json};

use crate::simulator::{
    meta::{
        Account, Handled, Outcome, account,
        caller::Caller,
        errors,
        fields::{Kind, pick, wanted},
        paging::page,
    },
    scene::Scene,
};

const BUSINESS: Kind = Kind {
    name: "Business",
    known: &[
        "name",
        "verification_status",
        "timezone_id",
        "created_time",
        "primary_page",
        "whatsapp_business_manager_messaging_limit",
    ],
    usual: &["name"],
};

pub(super) fn answer(
    scene: &mut Scene<'_>,
    caller: &Caller,
    method: &str,
    id: &str,
    edge: &[&str],
) -> Handled {
    if !caller.reaches_business(&scene.world.meta, id) {
        return Err(errors::unknown_node(method, id));
    }
    match (method, edge) {
        ("GET", []) => show(scene, id),
        ("GET", ["owned_whatsapp_business_accounts"]) => {
            accounts(scene, caller, |account| account.business == id)
        }
        ("GET", ["client_whatsapp_business_accounts"]) => {
            accounts(scene, caller, |account| account.shared_with.iter().any(|with| with == id))
        }
        _ => Err(errors::unknown_node(method, id)),
    }
}

fn show(scene: &Scene<'_>, id: &str) -> Handled {
    let Some(business) = scene.world.meta.businesses.get(id) else {
        return Err(errors::unknown_node("get", id));
    };
    let document = json!({
        "id": id,
        "name": business.name,
        "verification_status": business.verification_status,
        "timezone_id": 1,
        "whatsapp_business_manager_messaging_limit": business.limit(),
    });
    let fields = wanted(scene.request, &BUSINESS)?;
    let document = document.as_object().cloned().unwrap_or_default();
    Ok(Outcome::Done(pick(&document, &fields).into()))
}

/// The newest first.
fn accounts(scene: &Scene<'_>, caller: &Caller, which: impl Fn(&Account) -> bool) -> Handled {
    caller.needs("whatsapp_business_management")?;
    let graph = &scene.world.meta;
    let found = graph.accounts.iter().filter(|(_, account)| which(account));
    let mut documents: Vec<Map<String, Value>> =
        found.map(|(id, _)| graph.account_document(id)).collect();
    documents.sort_by_key(|document| {
        std::cmp::Reverse(document.get("creation_time").and_then(Value::as_i64))
    });
    page(scene, &account::ACCOUNT, &documents)
}
