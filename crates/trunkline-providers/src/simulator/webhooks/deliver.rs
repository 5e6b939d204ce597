use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, Url};
use serde::Serialize;
use tokio::task::JoinSet;

use crate::{
    call,
    http::Unanswered,
    simulator::{
        context::{Context, held},
        schedule::Step,
        webhooks::Webhook,
    },
};

/// How often the clock is looked at while something waits for it: another may have put it forward.
const TICK: Duration = Duration::from_millis(20);

/// How many attempts are remembered.
const MOST: usize = 10_000;

/// One attempt to deliver a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivered {
    /// When, by the simulator's clock.
    pub at: Timestamp,
    /// Where to.
    pub url: String,
    /// The first is 1.
    pub attempt: u32,
    /// The answer's status; `None` when none came.
    pub status: Option<u16>,
    /// What went wrong.
    pub error: Option<String>,
    /// The body, as text.
    pub body: String,
}

/// Does what is due, for ever.
pub(crate) async fn run(context: Arc<Context>) {
    // Deliveries end with the task that holds them.
    let mut deliveries = JoinSet::new();
    loop {
        for webhook in due(&context) {
            deliveries.spawn(deliver(Arc::clone(&context), webhook));
        }
        while deliveries.try_join_next().is_some() {}
        let idle = held(&context.schedule).is_empty();
        if idle {
            context.asked.notified().await;
        } else {
            let _ = tokio::time::timeout(TICK, context.asked.notified()).await;
        }
    }
}

/// Changes the world as is due, and gives the webhooks that are.
fn due(context: &Context) -> Vec<Webhook> {
    let mut webhooks = Vec::new();
    loop {
        // Bound first: a step that asks for another one takes the lock itself.
        let step = held(&context.schedule).pop(context.now());
        match step {
            Some(Step::Deliver(webhook)) => webhooks.push(webhook),
            Some(Step::Change(change)) => context.step(change),
            None => return webhooks,
        }
    }
}

async fn deliver(context: Arc<Context>, mut webhook: Webhook) {
    webhook.attempts += 1;
    let at = context.now();
    let outcome = post(&context, &webhook).await;
    let (status, error) = match &outcome {
        Ok(status) => (Some(*status), None),
        Err(unanswered) => (unanswered.status, Some(unanswered.words.clone())),
    };
    let attempt = webhook.attempts;
    let body = String::from_utf8_lossy(&webhook.body).into_owned();
    let delivered = Delivered { at, url: webhook.url.clone(), attempt, status, error, body };
    {
        let mut all = held(&context.delivered);
        if all.len() >= MOST {
            all.drain(..MOST / 10);
        }
        all.push(delivered);
    }
    if status.is_some_and(|status| webhook.retries.accepts(status)) {
        return;
    }
    if let Some(seconds) = webhook.retries.pause(attempt, &outcome) {
        let next = context.now() + SignedDuration::from_secs(seconds);
        held(&context.schedule).at(next, Step::Deliver(webhook));
        context.asked.notify_one();
    }
}

async fn post(context: &Context, webhook: &Webhook) -> Result<u16, Unanswered> {
    let Ok(url) = webhook.url.parse::<Url>() else {
        return Ok(0);
    };
    let mut call =
        call!("simulator.webhook", Method::POST, url).body(webhook.kind, webhook.body.clone());
    for (name, value) in &webhook.headers {
        call = call.secret_header(name.clone(), &value.as_str().into());
    }
    context.webhooks.send(call).await.map(|answer| answer.status())
}
