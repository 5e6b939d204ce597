//! Whose token a call carries, and what it reaches.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use crate::simulator::{
    issue::hex,
    meta::{
        errors::{self, Refused},
        graph::{Graph, Token, TokenKind},
    },
    request::Request,
    scene::Scene,
};

/// Who calls.
#[derive(Debug, Clone)]
pub(super) enum Caller {
    /// An app, by `id|secret`.
    App(String),
    /// The holder of a token.
    Token(Token),
}

impl Caller {
    /// Reads token and proof of a call.
    pub(super) fn of(scene: &Scene<'_>) -> Result<Self, Refused> {
        let given = token_of(scene.request).ok_or_else(errors::no_token)?;
        let graph = &scene.world.meta;
        if let Some(app) = app_of(graph, &given) {
            return Ok(Self::App(app));
        }
        let token = find(graph, &given, scene.now)
            .map_err(|subcode| errors::bad_token(subcode, graph.bad_token_is_400))?;
        prove(graph, scene.request, &token.app, &given)?;
        Ok(Self::Token(token.clone()))
    }

    /// The app itself, or a token that was made for it.
    pub(super) fn app(&self) -> &str {
        match self {
            Self::App(app) => app,
            Self::Token(token) => &token.app,
        }
    }

    /// Whether an account is its own, or shared with its portfolio.
    pub(super) fn reaches_account(&self, graph: &Graph, id: &str) -> bool {
        let Self::Token(token) = self else { return false };
        let Some(account) = graph.accounts.get(id) else { return false };
        match token.kind {
            TokenKind::Business => token.accounts.iter().any(|chosen| chosen == id),
            TokenKind::SystemUser => {
                account.business == token.business || account.shared_with.contains(&token.business)
            }
        }
    }

    /// Whether a portfolio is its own, or owns an account that it reaches.
    pub(super) fn reaches_business(&self, graph: &Graph, id: &str) -> bool {
        let Self::Token(token) = self else { return false };
        let reached = |(account, found): (&String, &super::Account)| {
            found.business == id && self.reaches_account(graph, account)
        };
        token.business == id || graph.accounts.iter().any(reached)
    }

    pub(super) fn needs(&self, scope: &str) -> Result<(), Refused> {
        match self {
            Self::Token(token) if token.scopes.iter().any(|granted| granted == scope) => Ok(()),
            _ => Err(errors::missing_permission(scope)),
        }
    }
}

/// The token of a call, from its header or its parameters.
pub(super) fn token_of(request: &Request) -> Option<String> {
    request.bearer().map(str::to_owned).or_else(|| request.text("access_token"))
}

/// The app whose own token this is.
pub(super) fn app_of(graph: &Graph, token: &str) -> Option<String> {
    let (id, secret) = token.split_once('|')?;
    graph.apps.get(id).filter(|app| app.secret == secret).map(|_| id.to_owned())
}

/// A token that is good; otherwise the subcode of the error, if it has one.
pub(super) fn find<'g>(
    graph: &'g Graph,
    given: &str,
    now: Timestamp,
) -> Result<&'g Token, Option<u32>> {
    let token = graph.tokens.get(given).ok_or(None)?;
    if token.revoked.is_some() {
        return Err(token.revoked);
    }
    if token.expires_at.is_some_and(|end| end <= now) {
        return Err(Some(463));
    }
    Ok(token)
}

/// `appsecret_proof` is right if it is there, and there if the app asks for it.
fn prove(graph: &Graph, request: &Request, app: &str, token: &str) -> Result<(), Refused> {
    let Some(app) = graph.apps.get(app) else { return Ok(()) };
    match request.text("appsecret_proof") {
        Some(proof) if proof == hex(&hmac_sha256(&app.secret, token.as_bytes())) => Ok(()),
        Some(_) => {
            Err(Refused::new(400, 100, "Invalid appsecret_proof provided in the API argument"))
        }
        None if app.requires_proof => Err(Refused::new(
            400,
            100,
            "API calls from the server require an appsecret_proof argument",
        )),
        None => Ok(()),
    }
}

pub(crate) fn hmac_sha256(key: &str, message: &[u8]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        unreachable!("HMAC takes keys of any length");
    };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}
