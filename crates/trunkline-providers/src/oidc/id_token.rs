use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{TokenProblem, jwt::Token, keys::Keys, time::Seconds};

/// How far the clocks of the issuer and of this machine may be apart, in seconds.
const LEEWAY: i64 = 60;

/// OpenID Connect Core 1.0, 2: at most 255 ASCII characters.
const LONGEST_SUBJECT: usize = 255;

/// What an issuer says of somebody whom it let in.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    /// Who it is at this issuer, for ever.
    pub subject: String,
    /// The e-mail address, if it said one.
    pub email: Option<String>,
    /// Whether the issuer has made sure that the address is theirs.
    pub email_verified: bool,
    /// What they are called, if it said so.
    pub name: Option<String>,
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct Payload {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: Seconds,
    iat: Seconds,
    nbf: Option<Seconds>,
    nonce: Option<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// What an ID token must say.
pub(super) struct Expected<'e> {
    pub(super) issuer: &'e str,
    pub(super) client_id: &'e str,
    pub(super) nonce: &'e str,
    pub(super) now: Timestamp,
}

/// The claims of a token whose signature and whose claims are right.
pub(super) fn accept(
    token: &Token<'_>,
    keys: &Keys,
    expected: &Expected<'_>,
) -> Result<Claims, TokenProblem> {
    keys.verify(token)?;
    let payload: Payload = serde_json::from_slice(&token.payload)
        .map_err(|error| TokenProblem::Malformed(position(&error)))?;
    payload.check(expected)?;
    Ok(payload.into())
}

/// Not what serde says, in which a value may stand.
fn position(error: &serde_json::Error) -> String {
    format!("its claims, at column {}", error.column())
}

impl Payload {
    fn check(&self, expected: &Expected<'_>) -> Result<(), TokenProblem> {
        if self.iss != expected.issuer {
            return Err(TokenProblem::Issuer(self.iss.chars().take(200).collect()));
        }
        let (is_for_us, is_for_others) = match &self.aud {
            Audience::One(one) => (one == expected.client_id, false),
            Audience::Several(all) => {
                let is_us = |audience: &String| audience == expected.client_id;
                (all.iter().any(is_us), !all.iter().all(is_us))
            }
        };
        let is_authorized = match &self.azp {
            Some(party) => party == expected.client_id,
            None => !is_for_others,
        };
        if !is_for_us || !is_authorized {
            let what = if is_for_us { "azp" } else { "aud" };
            return Err(TokenProblem::Audience(format!("{what} is not the client id")));
        }
        let until = self.exp.after(expected.now);
        if until <= -LEEWAY {
            return Err(TokenProblem::Expired(-until));
        }
        let from = self.nbf.map_or(self.iat.after(expected.now), |nbf| {
            nbf.after(expected.now).max(self.iat.after(expected.now))
        });
        if from > LEEWAY {
            return Err(TokenProblem::Early(from));
        }
        if self.nonce.as_deref() != Some(expected.nonce) {
            return Err(TokenProblem::Nonce);
        }
        let is_subject = (1..=LONGEST_SUBJECT).contains(&self.sub.len())
            && self.sub.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        let malformed = || TokenProblem::Malformed("its sub".to_owned());
        is_subject.then_some(()).ok_or_else(malformed)
    }
}

impl From<Payload> for Claims {
    fn from(payload: Payload) -> Self {
        let text = |name: &str| payload.rest.get(name)?.as_str().map(str::to_owned);
        Self {
            email: text("email"),
            name: text("name"),
            // Some issuers write it as a text.
            email_verified: match payload.rest.get("email_verified") {
                Some(Value::Bool(is_verified)) => *is_verified,
                Some(Value::String(word)) => word == "true",
                _ => false,
            },
            subject: payload.sub,
            rest: payload.rest,
        }
    }
}

impl Claims {
    /// The words of a claim that is a text or a list of texts. A name that is none, and has points in it, leads into
    /// objects: `realm_access.roles`.
    pub fn words(&self, name: &str) -> Vec<&str> {
        let found = self.rest.get(name).or_else(|| {
            let mut parts = name.split('.');
            let first = self.rest.get(parts.next()?)?;
            parts.try_fold(first, |value, part| value.get(part))
        });
        match found {
            Some(Value::String(word)) => vec![word],
            Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }
}
