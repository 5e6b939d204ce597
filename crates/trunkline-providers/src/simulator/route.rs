//! Which provider a path belongs to.

use serde_json::json;

use crate::simulator::{
    answer::Answer,
    context::Context,
    control, dialog360, meta,
    request::Request,
    scene::{Said, Verification},
    twilio,
};

/// Answers a request.
pub(crate) async fn answer(context: &Context, request: &Request) -> Answer {
    if request.segments.first().is_some_and(|first| first == "_control") {
        return control::answer(context, request);
    }
    let said = context.meet(request, |scene| match scene.request.segments.first() {
        None => front_page(scene.base).into(),
        Some(first) if first == "meta" => meta::answer(scene),
        Some(first) if first == "360dialog" => dialog360::answer(scene).into(),
        Some(first) if first == "twilio" => twilio::answer(scene).into(),
        _ => nowhere().into(),
    });
    match said {
        Said::Answer(answer) => answer,
        Said::Verify(verification) => verify(context, request, &verification).await,
    }
}

async fn verify(context: &Context, request: &Request, verification: &Verification) -> Answer {
    let Verification { url, token, taken, refused } = verification;
    match meta::handshake(&context.http, url, token).await {
        Ok(()) => context.meet(request, |scene| {
            let answer = taken(scene);
            meta::headed(scene, answer)
        }),
        Err(words) => context.meet(request, |scene| meta::headed(scene, refused(&words))),
    }
}

fn front_page(base: &str) -> Answer {
    Answer::page(format!(
        "<!doctype html><html lang=\"en\"><title>Simulated providers</title>\
         <h1>Simulated providers</h1>\
         <p>Nothing here is real. The Graph API is at {base}/meta, the Partner API of 360dialog at \
         {base}/360dialog/api/v2, Twilio's APIs at {base}/twilio.</p></html>"
    ))
}

fn nowhere() -> Answer {
    Answer::json(404, &json!({"error": "paths begin with /meta, /360dialog, /twilio or /_control"}))
}
