use serde_json::{Value, json};

use super::{Controlled, wrong};
use crate::simulator::{
    World,
    context::{Context, held},
    request::Request,
};

/// `GET /_control/state`
pub(super) fn show(context: &Context) -> Controlled {
    serde_json::to_value(&*held(&context.world)).map_err(|error| wrong(error.to_string()))
}

/// `PUT /_control/state`: another world, which is the seed from now on.
pub(super) fn put(context: &Context, request: &Request) -> Controlled {
    let world: World = serde_json::from_value(request.json.clone())
        .map_err(|error| wrong(format!("this is no world: {error}")))?;
    *held(&context.seed) = world;
    reset(context)
}

/// `POST /_control/reset`
pub(super) fn reset(context: &Context) -> Controlled {
    context.reset();
    Ok(json!({"reset": Value::Bool(true)}))
}
