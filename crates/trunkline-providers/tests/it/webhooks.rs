//! What is read from webhooks.

use std::fmt::Write;

use insta::assert_snapshot;
use serde_json::value::RawValue;
use trunkline_core::events::{Change, Event, Source};
use trunkline_providers::webhooks::read;

/// An event in a few lines.
fn describe(event: &Event) -> String {
    let mut text = format!("{} [{}] {:?}", event.kind, event.provider_kind, event.subject);
    if let Some(at) = event.occurred_at {
        let _ = write!(text, " at {at}");
    }
    if event.hints {
        text.push_str(", ask");
    }
    if event.raw.is_some() {
        text.push_str(", raw");
    }
    match &event.change {
        Change::Nothing => {}
        Change::Facts(facts) => {
            for fact in facts {
                let _ = write!(text, "\n    {fact:?}");
            }
        }
        change => {
            let _ = write!(text, "\n    {change:?}");
        }
    }
    text
}

#[test]
fn every_webhook_of_meta_s_reference_is_read() {
    let fixtures: std::collections::BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(include_str!("../fixtures/meta-webhooks.json")).unwrap();
    let mut text = String::new();
    for (name, body) in &fixtures {
        let events = read(Source::Meta, body.get().as_bytes()).unwrap();
        let events: Vec<String> = events.iter().map(describe).collect();
        let _ = writeln!(text, "{name}\n  {}", events.join("\n  "));
    }
    assert_eq!(fixtures.len(), 65);
    assert_snapshot!(text);
}
