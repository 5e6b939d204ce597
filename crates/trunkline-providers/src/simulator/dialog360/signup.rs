//! How clients and channels come into being, and the events that tell of it.

use serde_json::{Value, json};

use crate::simulator::{
    dialog360::{
        Channel, Client, Handled,
        clients::owned,
        control::set,
        errors,
        events::{of_channel, to_partner},
    },
    scene::Scene,
};

/// `POST /account_sharing/clients`: a client with an e-mail address that is there already is that client.
pub(super) fn share_client(scene: &mut Scene<'_>, partner: &str) -> Handled {
    let text = |name: &str| scene.request.text(name);
    let (Some(name), Some(email)) = (text("name"), text("email")) else {
        return Err(errors::wrong_payload("name and email are needed"));
    };
    let client = client_of(scene, partner, &name, &email);
    Ok((201, json!({"id": client, "client_id": client})))
}

/// `POST /account_sharing/numbers`
pub(super) fn share_numbers(scene: &mut Scene<'_>, partner: &str) -> Handled {
    let text = |name: &str| scene.request.text(name);
    let missing = |name: &str| errors::wrong_payload(format!("{name} is missing"));
    let client = text("client_id").ok_or_else(|| missing("client_id"))?;
    let account = text("waba_external_id").ok_or_else(|| missing("waba_external_id"))?;
    owned(scene, partner, &client)?;
    let external = text("channel_external_id").unwrap_or_else(|| scene.world.issue.number());
    let made = Made { account, external, digits: "4930900000001".to_owned(), permitted: true };
    let channel = make_channel(scene, &client, &made);
    Ok((201, json!({"client_id": client, "channels": [channel]})))
}

/// The client with this address, or a new one.
pub(crate) fn client_of(scene: &mut Scene<'_>, partner: &str, name: &str, email: &str) -> String {
    let known = scene.world.dialog360.clients.iter().find(|(_, client)| {
        client.partner == partner && client.fields["contact_info"]["email"] == email
    });
    if let Some((id, _)) = known {
        return id.clone();
    }
    let id = scene.world.issue.short("CL");
    let now = scene.now.to_string();
    let fields = json!({"name": name, "organisation": name, "created_at": now, "modified_at": now,
        "contact_info": {"email": email}});
    let fields = fields.as_object().cloned().unwrap_or_default();
    let client = Client { partner: partner.to_owned(), fields };
    scene.world.dialog360.clients.insert(id.clone(), client);
    let data = scene.world.dialog360.client_document(&id);
    let data = json!({"id": id, "name": name, "client": data});
    to_partner(scene, partner, "client_created", &data);
    id
}

/// What a new channel is made of.
pub(crate) struct Made {
    /// Meta's WABA id.
    pub(crate) account: String,
    /// Meta's phone number id.
    pub(crate) external: String,
    pub(crate) digits: String,
    pub(crate) permitted: bool,
}

/// Makes a channel, which goes live within seconds.
pub(crate) fn make_channel(scene: &mut Scene<'_>, client: &str, made: &Made) -> String {
    let id = scene.world.issue.short("CH");
    let account = scene.world.issue.short("WA");
    let name = scene.world.dialog360.client_document(client)["name"].clone();
    let now = scene.now.to_string();
    let waba = json!({"external_id": made.account, "status": "approved",
        "fb_account_status": "pending_submission"});
    let hub = &mut scene.world.dialog360;
    hub.waba_accounts.insert(account.clone(), waba.as_object().cloned().unwrap_or_default());
    let fields = json!({"status": "created", "account_mode": "sandbox", "external_id": made.external,
        "current_limit": "TIER_250", "current_quality_rating": "Unknown", "created_at": now,
        "modified_at": now, "setup_info": {"phone_number": made.digits, "phone_name": name,
        "verification_method": "sms", "default_language": "en"}});
    hub.channels.insert(
        id.clone(),
        Channel {
            client: client.to_owned(),
            waba_account: account,
            permitted: made.permitted,
            made_at: Some(scene.now),
            fields: fields.as_object().cloned().unwrap_or_default(),
            ..Channel::default()
        },
    );
    of_channel(scene, &id, "channel_created");
    go_live(scene, &id, made.permitted);
    id
}

fn go_live(scene: &mut Scene<'_>, id: &str, permitted: bool) {
    let live: [(&str, Value); 3] = [
        ("account_mode", "live".into()),
        ("current_quality_rating", "High".into()),
        ("billing_started_at", scene.now.to_string().into()),
    ];
    let stages = [
        (2, "channel_ready", vec![("status", "verified".into())]),
        (4, "channel_running", vec![("status", "ready".into())]),
        (6, "channel_live", live.into()),
    ];
    for (seconds, event, fields) in stages {
        let id = id.to_owned();
        scene.later(seconds, move |scene| {
            set(scene, &id, &fields);
            of_channel(scene, &id, event);
        });
    }
    if permitted {
        let id = id.to_owned();
        scene.later(6, move |scene| of_channel(scene, &id, "channel_permission_granted"));
    }
}
