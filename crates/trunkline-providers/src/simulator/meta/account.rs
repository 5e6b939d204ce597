//! A WhatsApp Business Account: itself, its numbers, its templates.

use serde_json::{Map, Value};

use crate::simulator::{
    meta::{
        Handled, Outcome,
        caller::Caller,
        errors,
        fields::{Kind, expand, pick, wanted},
        new_number,
        number::NUMBER,
        paging::page,
        subscribed_apps,
    },
    scene::Scene,
};

pub(super) const ACCOUNT: Kind = Kind {
    name: "WhatsAppBusinessAccount",
    known: &[
        "account_review_status",
        "business_verification_status",
        "country",
        "creation_time",
        "currency",
        "health_status",
        "is_enabled_for_insights",
        "is_shared_with_partners",
        "message_template_namespace",
        "message_templates",
        "name",
        "on_behalf_of_business_info",
        "owner_business",
        "owner_business_info",
        "ownership_type",
        "phone_numbers",
        "primary_business_location",
        "primary_funding_id",
        "status",
        "timezone_id",
        "whatsapp_business_manager_messaging_limit",
    ],
    usual: &["name", "currency", "timezone_id", "message_template_namespace"],
};

const TEMPLATE: Kind = Kind {
    name: "WhatsAppMessageTemplate",
    known: &[
        "category",
        "components",
        "language",
        "name",
        "parameter_format",
        "quality_score",
        "rejected_reason",
        "status",
    ],
    usual: &["name", "parameter_format", "components", "language", "status", "category"],
};

pub(super) fn answer(
    scene: &mut Scene<'_>,
    caller: &Caller,
    method: &str,
    id: &str,
    edge: &[&str],
) -> Handled {
    caller.needs("whatsapp_business_management")?;
    match (method, edge) {
        ("GET", []) => show(scene, id),
        ("GET", ["phone_numbers"]) => page(scene, &NUMBER, &numbers(scene, id)),
        ("POST", ["phone_numbers"]) => new_number::create(scene, id),
        ("GET", ["subscribed_apps"]) => subscribed_apps::list(scene, id),
        ("POST", ["subscribed_apps"]) => subscribed_apps::subscribe(scene, caller, id),
        ("DELETE", ["subscribed_apps"]) => subscribed_apps::unsubscribe(scene, caller, id),
        ("GET", ["message_templates"]) => page(scene, &TEMPLATE, &templates(scene, id)),
        _ => Err(errors::unknown_node(method, id)),
    }
}

fn show(scene: &Scene<'_>, id: &str) -> Handled {
    let fields = wanted(scene.request, &ACCOUNT)?;
    let document = scene.world.meta.account_document(id);
    let mut shown = pick(&document, &fields);
    for field in &fields {
        let inner = field.inner.as_deref();
        let edge = match field.name.as_str() {
            "phone_numbers" => expand(numbers(scene, id).into_iter(), inner, &NUMBER)?,
            "message_templates" => expand(templates(scene, id).into_iter(), inner, &TEMPLATE)?,
            _ => continue,
        };
        shown.insert(field.name.clone(), edge);
    }
    Ok(Outcome::Done(shown.into()))
}

/// The last onboarded first.
fn numbers(scene: &Scene<'_>, id: &str) -> Vec<Map<String, Value>> {
    let graph = &scene.world.meta;
    let found = graph.numbers.iter().filter(|(_, number)| number.account == id);
    let mut documents: Vec<_> = found.map(|(id, _)| graph.number_document(id)).collect();
    let onboarded = |document: &Map<String, Value>| {
        document.get("last_onboarded_time").and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    documents.sort_by_key(|document| std::cmp::Reverse(onboarded(document)));
    documents
}

fn templates(scene: &Scene<'_>, id: &str) -> Vec<Map<String, Value>> {
    let account = scene.world.meta.accounts.get(id);
    let templates = account.into_iter().flat_map(|account| &account.templates);
    let wanted = |name: &str, template: &Map<String, Value>| {
        let expected = scene.request.text(name);
        expected.is_none_or(|expected| {
            template
                .get(name)
                .and_then(Value::as_str)
                .is_some_and(|is| is.eq_ignore_ascii_case(&expected))
        })
    };
    templates
        .filter_map(Value::as_object)
        .filter(|template| {
            ["status", "name", "language", "category"].iter().all(|name| wanted(name, template))
        })
        .cloned()
        .collect()
}
