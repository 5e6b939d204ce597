//! Templates (`/v1/Content`), as much as sending one needs.

use serde_json::{Value, json};

use crate::simulator::{
    scene::Scene,
    twilio::{Handled, accounts::sign_in, errors},
};

pub(super) fn answer(scene: &mut Scene<'_>, method: &str, path: &[&str]) -> Handled {
    let account = sign_in(scene)?.account;
    let missing = || errors::not_found(&scene.request.path);
    let own = |content: &&Value| content["account_sid"] == account.as_str();
    match (method, path) {
        ("GET", []) => {
            let contents: Vec<&Value> = scene.world.twilio.contents.values().filter(own).collect();
            let meta =
                json!({"page": 0, "page_size": 50, "next_page_url": null, "key": "contents"});
            Ok((200, json!({"contents": contents, "meta": meta})))
        }
        ("POST", []) => create(scene, &account),
        ("GET", [sid]) => {
            let content = scene.world.twilio.contents.get(*sid).filter(own).ok_or_else(missing)?;
            Ok((200, content.clone()))
        }
        ("POST", [sid, "ApprovalRequests", "whatsapp"]) => approve(scene, sid),
        ("GET", [sid, "ApprovalRequests"]) => {
            let content = scene.world.twilio.contents.get(*sid).filter(own).ok_or_else(missing)?;
            let approval = content.get("approval").cloned().unwrap_or_default();
            Ok((200, json!({"sid": sid, "account_sid": account, "whatsapp": approval})))
        }
        ("DELETE", [sid]) => {
            scene.world.twilio.contents.remove(*sid).ok_or_else(missing)?;
            Ok((204, Value::Null))
        }
        _ => Err(missing()),
    }
}

fn create(scene: &mut Scene<'_>, account: &str) -> Handled {
    let mut content = scene.request.json.clone();
    if !content["types"].is_object() || !content["language"].is_string() {
        return Err(errors::invalid("language and types are required"));
    }
    let sid = scene.world.issue.sid("HX");
    content["sid"] = sid.clone().into();
    content["account_sid"] = account.into();
    content["date_created"] = scene.now.to_string().into();
    scene.world.twilio.contents.insert(sid, content.clone());
    Ok((201, content))
}

fn approve(scene: &mut Scene<'_>, sid: &str) -> Handled {
    let request = scene.request;
    let (name, category) = (request.text("name"), request.text("category"));
    if name.is_none() || category.is_none() {
        return Err(errors::invalid("name and category are required"));
    }
    let Some(content) = scene.world.twilio.contents.get_mut(sid) else {
        return Err(errors::not_found(&request.path));
    };
    let approval = json!({"name": name, "category": category, "content_type": "twilio/text",
        "status": "received", "rejection_reason": "", "allow_category_change": true});
    content["approval"] = approval.clone();
    let sid = sid.to_owned();
    scene.later(60, move |scene| {
        if let Some(content) = scene.world.twilio.contents.get_mut(&sid) {
            content["approval"]["status"] = "approved".into();
        }
    });
    Ok((201, approval))
}
