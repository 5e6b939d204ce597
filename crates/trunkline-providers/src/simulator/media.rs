//! Files: those that numbers hold at Meta, which 360dialog passes on, uploaded as a form, described, fetched and deleted,
//! and those of Twilio's messages.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::simulator::{answer::Answer, issue::hex, scene::Scene};

/// Where files are, below the provider's address.
pub(crate) const PLACE: [&str; 2] = ["whatsapp_business", "attachments"];

/// A file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Media {
    /// Meta's number, 360dialog's channel or Twilio's message that holds it.
    pub owner: String,
    /// What it is.
    pub mime_type: String,
    /// Its bytes, in base64.
    pub content: String,
}

/// Takes a file for a number; gives its id, or what is wrong with the form.
pub(crate) fn upload(scene: &mut Scene<'_>, owner: &str) -> Result<Value, &'static str> {
    let request = scene.request;
    if request.text("messaging_product").as_deref() != Some("whatsapp") {
        return Err("messaging_product must be whatsapp");
    }
    let file = request.file.as_ref().ok_or("file is missing")?;
    let mime_type = request.text("type").or_else(|| file.kind.clone()).ok_or("type is missing")?;
    let content = BASE64_STANDARD.encode(&file.content);
    let id = scene.world.issue.number();
    scene.world.media.insert(id.clone(), Media { owner: owner.to_owned(), mime_type, content });
    Ok(json!({ "id": id }))
}

/// What is said of a file, which is at this address.
pub(crate) fn document(id: &str, media: &Media, base: &str) -> Value {
    let [first, second] = PLACE;
    json!({"messaging_product": "whatsapp", "url": format!("{base}/{first}/{second}/?mid={id}"),
        "mime_type": media.mime_type, "sha256": hex(&media.digest()),
        "file_size": media.bytes().len().to_string(), "id": id})
}

/// A file that a number holds.
pub(crate) fn find<'m>(
    media: &'m BTreeMap<String, Media>,
    id: &str,
    is_owner: impl Fn(&str) -> bool,
) -> Option<&'m Media> {
    media.get(id).filter(|media| is_owner(&media.owner))
}

impl Media {
    /// The file itself.
    pub(crate) fn answer(&self) -> Answer {
        Answer::text(200, &self.mime_type, self.bytes())
    }

    /// Its SHA-256.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.bytes()).into()
    }

    fn bytes(&self) -> Vec<u8> {
        // A seed may hold something else.
        BASE64_STANDARD.decode(&self.content).unwrap_or_default()
    }
}
