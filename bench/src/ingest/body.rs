//! A webhook of Meta's of 1.2 KB, each another one, and its signature.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The app secret of the account that receives.
pub(super) const SECRET: &str = "bench_app_secret";

/// A message to the channel `number` of the account that it belongs to is delivered.
pub(super) fn status(message: u64, number: u32) -> String {
    let waba = super::database::waba_of(number);
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"{waba}","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550000000","phone_number_id":"{number}"}},"contacts":[{{"profile":{{"name":"Sheena Nelson"}},"wa_id":"16505551234","user_id":"US.13491208655302741918"}}],"statuses":[{{"id":"wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI{message:020}AA==","status":"delivered","timestamp":"1750263773","recipient_id":"16505551234","recipient_logical_id":"28037182103921","conversation":{{"id":"6ceb9d929c9bdc4f90967a32f8639b42","expiration_timestamp":"1750350180","origin":{{"type":"service"}}}},"pricing":{{"billable":true,"pricing_model":"PMP","category":"service","type":"regular"}},"biz_opaque_callback_data":"{padding}"}}]}},"field":"messages"}}]}}]}}"#,
        padding = "x".repeat(435),
    )
}

/// A request, head and body.
pub(super) fn request(path: &str, body: &str) -> Vec<u8> {
    let code = code(body.as_bytes());
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n\
         X-Hub-Signature-256: sha256={code}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn code(body: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()) else {
        unreachable!("HMAC takes keys of any length");
    };
    mac.update(body);
    let digits = mac.finalize().into_bytes();
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    digits.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::status;

    #[test]
    fn a_body_is_json_of_1200_bytes() {
        let body = status(7, super::super::database::channel(0));
        assert!((1150..1250).contains(&body.len()), "{}", body.len());
        assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok());
    }
}
