use crate::simulator::{Sample, World, dialog360::NumberWebhook, meta::Callback};

/// Where the webhooks of the sample's partner accounts go: URLs as Trunkline shows them at an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookTargets {
    /// Meta's, with the verify token.
    pub meta: Option<(String, String)>,
    /// 360dialog's partner events; those of numbers go to `/numbers` below it.
    pub dialog360: Option<String>,
    /// Twilio's messages; their statuses go to `/status` below it.
    pub twilio: Option<String>,
}

impl WebhookTargets {
    /// Adds a URL, whose path tells the provider; `false`: it does not.
    pub fn add(&mut self, url: &str, verify_token: &str) -> bool {
        let url = url.trim_end_matches('/').to_owned();
        if url.contains("/webhooks/meta/") {
            self.meta = Some((url, verify_token.to_owned()));
        } else if url.contains("/webhooks/360dialog/") {
            self.dialog360 = Some(url);
        } else if url.contains("/webhooks/twilio/") {
            self.twilio = Some(url);
        } else {
            return false;
        }
        true
    }
}

impl World {
    /// Sends webhooks to these addresses, as if they had been registered.
    pub fn send_webhooks_to(&mut self, targets: &WebhookTargets) {
        let app = self.meta.apps.get_mut(Sample::META_APP);
        if let (Some((url, verify_token)), Some(app)) = (targets.meta.clone(), app) {
            app.callback = Some(Callback { url, verify_token, fields: Vec::new() });
        }
        let partner = self.dialog360.partners.get_mut(Sample::DIALOG360_PARTNER);
        if let (Some(url), Some(partner)) = (&targets.dialog360, partner) {
            partner.fields.insert("webhook_url".into(), url.as_str().into());
            let header = (Sample::DIALOG360_HEADER, Sample::DIALOG360_HEADER_SECRET);
            let headers = [(header.0.to_owned(), header.1.to_owned())].into();
            let own = NumberWebhook { url: format!("{url}/numbers"), headers };
            for channel in self.dialog360.channels.values_mut() {
                channel.webhook = Some(own.clone());
            }
        }
        if let Some(url) = &targets.twilio {
            for sender in self.twilio.senders.values_mut() {
                if let Some(webhook) = sender.fields.get_mut("webhook") {
                    webhook["callback_url"] = url.as_str().into();
                    webhook["status_callback_url"] = format!("{url}/status").into();
                }
            }
        }
    }
}
