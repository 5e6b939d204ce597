use std::time::Duration;

use trunkline_core::Provider;

use crate::{
    exchange::retry_after,
    http::{Answer, HeaderMap},
    meta::errors::{is_too_much, told, usage},
};

/// How long nothing is sent where the provider does not say how long.
const REST: Duration = Duration::from_secs(30);

/// The longest that it may say.
const LONGEST_REST: Duration = Duration::from_hours(1);

/// How long nothing more is sent after an answer; `None`: it does not say that there was too much.
///
/// Status 429 says so, and at Meta, most of whose errors have status 400, the code in the body, which 360dialog passes on.
pub fn rest(
    provider: Provider,
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
) -> Option<Duration> {
    let answer = Answer::without_secrets(status, headers, body);
    let told = match provider {
        _ if status == 429 => retry_after(&answer),
        Provider::Meta | Provider::Dialog360 if is_too_much(&answer) => {
            told(&answer).filter(|wait| !wait.is_zero())
        }
        _ => return None,
    };
    Some(told.unwrap_or(REST).clamp(Duration::from_secs(1), LONGEST_REST))
}

/// How much of the provider's own budget is used up, in percent, where it says so.
pub fn used(provider: Provider, headers: &HeaderMap) -> Option<u64> {
    let answer = Answer::without_secrets(200, headers.clone(), Vec::new());
    (provider == Provider::Meta).then(|| usage(&answer)).flatten()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use trunkline_core::Provider;

    use super::rest;
    use crate::http::{HeaderMap, HeaderValue};

    fn seconds(provider: Provider, status: u16, header: (&'static str, &str), body: &str) -> u64 {
        let mut headers = HeaderMap::new();
        headers.insert(header.0, HeaderValue::from_str(header.1).unwrap());
        let rest = rest(provider, status, headers, body.as_bytes().to_vec());
        rest.as_ref().map_or(0, Duration::as_secs)
    }

    #[test]
    fn what_says_too_much_tells_how_long_or_thirty_seconds() {
        let (meta, hours) = (Provider::Meta, ("retry-after", "86400"));
        let none = ("x-other", "7");
        let usage = |minutes: u32| {
            format!(
                r#"{{"1029":[{{"type":"whatsapp","estimated_time_to_regain_access":{minutes}}}]}}"#
            )
        };
        let used = "x-business-use-case-usage";
        let error = |code: &str| format!(r#"{{"error":{{"message":"x","code":{code}}}}}"#);
        for (expected, provider, status, header, body) in [
            (7, Provider::Twilio, 429, ("retry-after", "7"), ""),
            (3600, Provider::Twilio, 429, hours, ""),
            (30, meta, 429, none, "<html>"),
            (30, meta, 400, none, &error("130429")),
            (30, meta, 400, none, &error("\"130429\"")),
            (30, Provider::Dialog360, 400, none, &error("131048")),
            (30, meta, 400, (used, &usage(0)), &error("80007")),
            (300, meta, 403, (used, &usage(5)), &error("4")),
            (7, meta, 400, ("retry-after", "7"), &error("80008")),
            // Of one recipient, of one template; and no throttling at all.
            (0, meta, 400, none, &error("131056")),
            (0, meta, 400, none, &error("131064")),
            (0, meta, 400, none, &error("100")),
            (0, meta, 400, none, "{}"),
            (0, meta, 500, none, "<html>"),
            (0, Provider::Twilio, 400, none, &error("130429")),
        ] {
            assert_eq!(seconds(provider, status, header, body), expected, "{status} {body}");
        }
    }
}
