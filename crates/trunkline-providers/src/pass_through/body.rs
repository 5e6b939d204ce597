use serde_json::{Map, Value};

/// Names by which a body of the Graph API means another call than its line says: another method, token, object, or several.
const GRAPH: [&str; 9] = [
    "access_token",
    "appsecret_proof",
    "batch",
    "client_id",
    "client_secret",
    "id",
    "ids",
    "include_headers",
    "method",
];

/// The fields of a message of Twilio's that are passed on. `MessagingServiceSid` is not: it chooses another sender.
const MESSAGE: [&str; 14] = [
    "Attempt",
    "Body",
    "ContentSid",
    "ContentVariables",
    "ForceDelivery",
    "From",
    "MaxPrice",
    "MediaUrl",
    "PersistentAction",
    "ProvideFeedback",
    "ShortenUrls",
    "StatusCallback",
    "To",
    "ValidityPeriod",
];

/// A body that was looked at, as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked(pub Vec<u8>);

/// A body that is not passed on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyRefused {
    /// It is not what its type says.
    #[error("the body is not a JSON object")]
    NotJson,
    /// It might say something else than its path.
    #[error("the body's field `{0}` is not passed on")]
    Field(String),
    /// It comes from somebody else.
    #[error("`From` is this channel's number, {0}, or left out")]
    Sender(String),
    /// Readers differ in which of the two counts.
    #[error("the field `{0}` stands twice")]
    Twice(String),
}

/// A JSON body of the Graph API.
pub fn check_json(body: &[u8]) -> Result<(), BodyRefused> {
    let fields: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| BodyRefused::NotJson)?;
    check_names(fields.keys().map(String::as_str))
}

/// A form of the Graph API; written anew.
pub fn check_graph_form(body: &[u8]) -> Result<Checked, BodyRefused> {
    let fields = pairs(body)?;
    check_names(fields.iter().map(|(name, _)| name.as_str()))?;
    Ok(write(&fields))
}

fn check_names<'a>(mut names: impl Iterator<Item = &'a str>) -> Result<(), BodyRefused> {
    // `ids[0]` is `ids` to whoever reads forms as PHP does.
    let base = |name: &str| name.split(['[', '.']).next().unwrap_or_default().trim().to_lowercase();
    match names.find(|name| GRAPH.contains(&base(name).as_str())) {
        Some(name) => Err(BodyRefused::Field(name.to_owned())),
        None => Ok(()),
    }
}

/// A message of Twilio's: from this number, and nobody else; written anew.
pub fn check_form(body: &[u8], number: &str) -> Result<Checked, BodyRefused> {
    let own = format!("whatsapp:{number}");
    let mut fields = pairs(body)?;
    for (name, value) in &fields {
        if !MESSAGE.contains(&name.as_str()) {
            return Err(BodyRefused::Field(name.clone()));
        }
        if name == "From" && *value != own {
            return Err(BodyRefused::Sender(own));
        }
    }
    if !fields.iter().any(|(name, _)| name == "From") {
        fields.push(("From".to_owned(), own));
    }
    Ok(write(&fields))
}

/// The fields of a form. `MediaUrl` may stand several times: Twilio takes a list so.
fn pairs(body: &[u8]) -> Result<Vec<(String, String)>, BodyRefused> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (name, value) in form_urlencoded::parse(body) {
        let is_list = matches!(&*name, "MediaUrl" | "PersistentAction");
        if !is_list && pairs.iter().any(|(other, _)| *other == name) {
            return Err(BodyRefused::Twice(name.into_owned()));
        }
        pairs.push((name.into_owned(), value.into_owned()));
    }
    Ok(pairs)
}

fn write(fields: &[(String, String)]) -> Checked {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    Checked(form.finish().into_bytes())
}
