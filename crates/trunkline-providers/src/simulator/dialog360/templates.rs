//! Templates of a WABA account, at the partner's level.

use serde_json::{Value, json};

use crate::simulator::{
    dialog360::{
        Handled, Hub, Template,
        errors::{self, Refused},
        events::to_partner,
        list::list as page,
    },
    scene::Scene,
};

const FILTERABLE: [&str; 6] = ["id", "name", "status", "language", "category", "external_id"];

/// How long Meta looks at a template.
const REVIEW_SECONDS: i64 = 60;

pub(super) fn answer(
    scene: &mut Scene<'_>,
    method: &str,
    partner: &str,
    account: &str,
    rest: &[&str],
) -> Handled {
    owned(scene, partner, account)?;
    match (method, rest) {
        ("GET", []) => {
            let hub = &scene.world.dialog360;
            let own = hub.templates.iter().filter(|(_, template)| template.waba_account == account);
            let documents = own.map(|(id, _)| hub.template_document(id)).collect();
            page(scene.request, "waba_templates", &FILTERABLE, documents)
        }
        ("POST", []) => create(scene, partner, account),
        ("DELETE", [id]) => {
            let templates = &mut scene.world.dialog360.templates;
            templates.remove(*id).ok_or_else(errors::not_found)?;
            Ok((200, json!({"meta": {"success": true, "http_code": 200}})))
        }
        _ => Err(errors::not_found()),
    }
}

fn owned(scene: &Scene<'_>, partner: &str, account: &str) -> Result<(), Refused> {
    let hub = &scene.world.dialog360;
    let of_partner =
        |client: &String| hub.clients.get(client).is_some_and(|client| client.partner == partner);
    let mut channels = hub.channels.values();
    let known = channels.any(|own| own.waba_account == account && of_partner(&own.client));
    if known { Ok(()) } else { Err(errors::not_found()) }
}

fn create(scene: &mut Scene<'_>, partner: &str, account: &str) -> Handled {
    let body = scene.request.json.as_object().cloned().unwrap_or_default();
    if let Some(name) = ["name", "category", "components", "language"]
        .into_iter()
        .find(|name| !body.contains_key(*name))
    {
        return Err(errors::wrong_payload(format!("{name} is missing")));
    }
    let id = scene.world.issue.hex()[..22].to_owned();
    let mut fields = body;
    fields.insert("status".into(), "submitted".into());
    fields.insert("external_id".into(), scene.world.issue.number().into());
    fields.insert("created_at".into(), scene.now.to_string().into());
    let template = Template { waba_account: account.to_owned(), fields };
    scene.world.dialog360.templates.insert(id.clone(), template);
    let (partner, later) = (partner.to_owned(), id.clone());
    scene.later(REVIEW_SECONDS, move |scene| approve(scene, &partner, &later));
    Ok((201, scene.world.dialog360.template_document(&id)))
}

fn approve(scene: &mut Scene<'_>, partner: &str, id: &str) {
    let hub = &mut scene.world.dialog360;
    let Some(template) = hub.templates.get_mut(id) else { return };
    template.fields.insert("status".into(), "approved".into());
    let account = hub.waba_accounts.get(&template.waba_account);
    let waba = account.map(|account| account["external_id"].clone()).unwrap_or_default();
    let document = hub.template_document(id);
    let template = json!({"id": id, "external_id": document["external_id"], "name": document["name"],
        "new_status": "APPROVED", "language": document["language"], "rejected_reason": null});
    let data = json!({"id": waba, "template": template});
    to_partner(scene, partner, "waba_template_status_changed", &data);
}

impl Hub {
    pub(crate) fn template_document(&self, id: &str) -> Value {
        let mut document = json!({"id": id, "rejected_reason": null});
        for (name, value) in self.templates.get(id).into_iter().flat_map(|found| &found.fields) {
            document[name] = value.clone();
        }
        document
    }
}
