//! How many status webhooks one core reads in a second: `cargo run --release -p trunkline-providers --example read_webhooks`

#![expect(clippy::print_stdout, reason = "it is a measure, and this is its result")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use trunkline_core::events::Source;
use trunkline_providers::webhooks::read;

fn main() {
    let body = br#"{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"106540352242922"},"contacts":[{"profile":{"name":"Sheena Nelson"},"wa_id":"16505551234"}],"statuses":[{"id":"wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBI3MTE5MjVBOTE3MDk5QUVFM0YA","timestamp":"1750263773","recipient_id":"16505551234","status":"delivered","conversation":{"id":"6ceb9d929c9bdc4f90e967a32f8639b4","origin":{"type":"service"}},"pricing":{"billable":true,"pricing_model":"PMP","category":"service"}}]}}]}]}"#;
    let (began, mut read_bodies) = (Instant::now(), 0_u32);
    while began.elapsed() < Duration::from_secs(3) {
        for _ in 0..1000 {
            let _ = black_box(read(Source::Meta, black_box(body)));
        }
        read_bodies += 1000;
    }
    let rate = f64::from(read_bodies) / began.elapsed().as_secs_f64();
    println!("{rate:.0} bodies of {} bytes in a second", body.len());
}
