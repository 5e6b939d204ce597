//! The clock, what came and went, and what is to go wrong.

use jiff::SignedDuration;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Controlled, wrong};
use crate::simulator::{
    context::{Context, held},
    request::Request,
    webhooks::Quirks,
};

/// `GET /_control/clock`
pub(super) fn clock(context: &Context) -> Controlled {
    Ok(json!({"now": context.now().to_string()}))
}

/// `POST /_control/clock`
pub(super) fn advance(context: &Context, request: &Request) -> Controlled {
    let seconds = request.json["advance_seconds"].as_i64().filter(|seconds| *seconds >= 0);
    let seconds = seconds.ok_or_else(|| wrong("advance_seconds: how many"))?;
    context.advance(SignedDuration::from_secs(seconds));
    clock(context)
}

/// `GET /_control/requests`
pub(super) fn requests(context: &Context) -> Controlled {
    json_of(held(&context.log).entries())
}

/// `DELETE /_control/requests`
pub(super) fn forget_requests(context: &Context) -> Controlled {
    held(&context.log).clear();
    Ok(json!([]))
}

/// `GET /_control/webhooks`
pub(super) fn webhooks(context: &Context) -> Controlled {
    json_of(&*held(&context.delivered))
}

/// `PUT /_control/webhooks`
pub(super) fn quirks(context: &Context, request: &Request) -> Controlled {
    let quirks: Quirks =
        serde_json::from_value(request.json.clone()).map_err(|error| wrong(error.to_string()))?;
    let shown = json_of(&quirks)?;
    held(&context.world).webhooks = quirks;
    Ok(shown)
}

/// `GET /_control/faults`
pub(super) fn faults(context: &Context) -> Controlled {
    json_of(&held(&context.faults).0)
}

/// `POST /_control/faults`
pub(super) fn add_fault(context: &Context, request: &Request) -> Controlled {
    let fault = serde_json::from_value(request.json.clone());
    let fault = fault.map_err(|error| wrong(error.to_string()))?;
    held(&context.faults).0.push(fault);
    faults(context)
}

/// `DELETE /_control/faults`
pub(super) fn forget_faults(context: &Context) -> Controlled {
    held(&context.faults).0.clear();
    faults(context)
}

fn json_of(what: &(impl Serialize + ?Sized)) -> Result<Value, super::Wrong> {
    serde_json::to_value(what).map_err(|error| wrong(error.to_string()))
}
