use reqwest::{Method, Url, header::HeaderName};
use secrecy::SecretString;
use trunkline_core::PathMethod;

use crate::{
    call,
    http::Call,
    meta,
    pass_through::{Channel, Inspect, Query, Route},
    report::endpoint,
    twilio,
};

/// Where Twilio's templates are.
const CONTENT_URL: &str = "https://content.twilio.com";

/// Where files of Meta are (SEEN: the `url` of media is on `lookaside.fbsbx.com`).
const FILES: &str = "fbsbx.com";

const CHANNEL_KEY: HeaderName = HeaderName::from_static("d360-api-key");

/// Where a channel's provider is, and with which credentials its requests are sent.
#[derive(Debug, Clone)]
pub enum Access {
    /// The Graph API.
    Meta {
        /// In place of the usual address.
        base_url: Option<Url>,
        /// Of calls that name none.
        version: String,
        /// The number's own token, or the account's.
        token: SecretString,
        /// Proves that the token is in the right hands.
        app_secret: Option<SecretString>,
    },
    /// 360dialog's messaging API.
    Dialog360 {
        /// Its address.
        base_url: Option<Url>,
        /// The channel's.
        key: SecretString,
    },
    /// Twilio.
    Twilio {
        /// In place of the usual addresses.
        base_url: Option<Url>,
        /// The account, or an API key of it.
        user: String,
        /// Belongs to it.
        password: SecretString,
    },
}

/// The request as it is sent, but for its body and the headers that came.
pub fn provider_call(
    access: &Access,
    channel: Channel<'_>,
    method: PathMethod,
    route: &Route<'_>,
    query: &Query,
) -> Call {
    let call = begin(access, method, route.version, &route.parts);
    let mut call = query.pairs().iter().fold(call, |call, (name, value)| call.query(name, value));
    if let Inspect::Media(_) = route.inspect {
        call = call.query("phone_number_id", channel.id);
    }
    access.sign(call)
}

/// Asks what a media is: Meta answers for one of this number alone.
pub fn media_call(access: &Access, channel: Channel<'_>, media: &str) -> Call {
    let call = begin(access, PathMethod::Get, None, &[media]);
    let call = match access {
        Access::Meta { .. } => call.query("phone_number_id", channel.id),
        Access::Dialog360 { .. } | Access::Twilio { .. } => call,
    };
    access.sign(call)
}

/// Asks what a message of Twilio's is.
pub fn message_call(access: &Access, channel: Channel<'_>, message: &str) -> Call {
    let file = format!("{message}.json");
    let parts = ["Accounts", channel.client, "Messages", &file];
    access.sign(begin(access, PathMethod::Get, None, &parts))
}

/// Fetches the file of a media from where the provider said that it is; `None`: that is no place of the provider's.
pub fn file_call(access: &Access, place: &str) -> Option<Call> {
    let url = Url::parse(place).ok()?;
    match access {
        Access::Meta { base_url, token, .. } => {
            let host = url.host_str().unwrap_or_default();
            let is_theirs = host.strip_suffix(FILES).is_some_and(|rest| rest.ends_with('.'))
                && url.scheme() == "https"
                && url.port().is_none();
            let is_own = base_url.as_ref().is_some_and(|base| base.origin() == url.origin());
            let call = call!("provider.meta.media_file", Method::GET, url);
            (is_theirs || is_own).then(|| call.bearer(token))
        }
        // SEEN: the same path and query at 360dialog's own address, with the channel's key.
        Access::Dialog360 { base_url, key } => {
            let mut own = endpoint(base_url.as_ref(), crate::dialog360::MESSAGING_URL, &[]);
            own.set_path(&format!("{}{}", own.path().trim_end_matches('/'), url.path()));
            own.set_query(url.query());
            let call = call!("provider.360dialog.media_file", Method::GET, own);
            Some(call.secret_header(CHANNEL_KEY, key))
        }
        Access::Twilio { .. } => None,
    }
}

fn begin(access: &Access, method: PathMethod, version: Option<&str>, parts: &[&str]) -> Call {
    let method = match method {
        PathMethod::Get => Method::GET,
        PathMethod::Post => Method::POST,
        PathMethod::Delete => Method::DELETE,
    };
    match access {
        Access::Meta { base_url, version: usual, .. } => {
            let mut segments = vec![version.unwrap_or(usual)];
            segments.extend(parts);
            let url = endpoint(base_url.as_ref(), meta::BASE_URL, &segments);
            call!("provider.meta.pass_through", method, url)
        }
        Access::Dialog360 { base_url, .. } => {
            let url = endpoint(base_url.as_ref(), crate::dialog360::MESSAGING_URL, parts);
            call!("provider.360dialog.pass_through", method, url)
        }
        Access::Twilio { base_url, .. } => {
            let url = if parts.first() == Some(&"Accounts") {
                let segments: Vec<&str> = ["2010-04-01"].iter().chain(parts).copied().collect();
                endpoint(base_url.as_ref(), twilio::BASE_URL, &segments)
            } else {
                endpoint(base_url.as_ref(), CONTENT_URL, parts)
            };
            call!("provider.twilio.pass_through", method, url)
        }
    }
}

impl Access {
    fn sign(&self, call: Call) -> Call {
        match self {
            Self::Meta { token, app_secret: Some(secret), .. } => {
                let proof = meta::appsecret_proof(secret, token);
                call.bearer(token).hiding(secret).secret_query("appsecret_proof", &proof)
            }
            Self::Meta { token, app_secret: None, .. } => call.bearer(token),
            Self::Dialog360 { key, .. } => call.secret_header(CHANNEL_KEY, key),
            Self::Twilio { user, password, .. } => call.basic(user, password),
        }
    }
}
