//! `GET /debug_token`: what a token is good for.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::{
    meta::{
        Handled, Outcome,
        caller::{Caller, app_of, find},
        errors,
        graph::{Graph, Token, TokenKind},
    },
    scene::Scene,
};

pub(super) fn debug_token(scene: &mut Scene<'_>) -> Handled {
    let caller = Caller::of(scene)?;
    let given = scene.request.text("input_token");
    let given = given.ok_or_else(|| errors::invalid("input_token is missing"))?;
    let graph = &scene.world.meta;
    let data = if let Some(app) = app_of(graph, &given) {
        json!({"app_id": app, "application": name(graph, &app), "type": "APP", "is_valid": true, "scopes": []})
    } else {
        match find(graph, &given, scene.now) {
            Ok(token) if token.app == caller.app() => describe(graph, token),
            Ok(_) => {
                let message = "(#100) You must provide an app access token, or a user access token that is an owner or developer of the app";
                return Err(errors::Refused::new(400, 100, message));
            }
            Err(subcode) => invalid(subcode, graph.tokens.get(&given)),
        }
    };
    Ok(Outcome::Done(json!({ "data": data })))
}

fn name(graph: &Graph, app: &str) -> String {
    graph.apps.get(app).map(|app| app.name.clone()).unwrap_or_default()
}

fn describe(graph: &Graph, token: &Token) -> Value {
    let granular =
        token.scopes.iter().filter(|scope| scope.starts_with("whatsapp_")).map(|scope| {
            if graph.without_target_ids || token.kind == TokenKind::SystemUser {
                json!({ "scope": scope })
            } else {
                json!({"scope": scope, "target_ids": token.accounts})
            }
        });
    let seconds = |moment: Option<Timestamp>| moment.map_or(0, Timestamp::as_second);
    json!({
        "app_id": token.app,
        "application": name(graph, &token.app),
        "type": "SYSTEM_USER",
        "is_valid": true,
        "expires_at": seconds(token.expires_at),
        "data_access_expires_at": 0,
        "scopes": token.scopes,
        "granular_scopes": granular.collect::<Vec<_>>(),
        "user_id": "122100000000000001",
    })
}

fn invalid(subcode: Option<u32>, token: Option<&Token>) -> Value {
    let mut error =
        json!({"code": 190, "message": "Error validating access token: it is not valid any more."});
    if let Some(subcode) = subcode {
        error["subcode"] = subcode.into();
    }
    let mut data = json!({"is_valid": false, "scopes": [], "error": error});
    if let Some(token) = token {
        data["app_id"] = token.app.clone().into();
        data["expires_at"] = token.expires_at.map_or(0, Timestamp::as_second).into();
    }
    data
}
