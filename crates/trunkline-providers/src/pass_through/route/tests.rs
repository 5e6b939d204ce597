use proptest::prelude::*;
use trunkline_core::{PathMethod, Permission, Provider};

use super::{Channel, Inspect, ROUTES, Route, find_route};
use crate::pass_through::{Access, Path, Query, check_form, check_json, provider_call};

const NUMBER: &str = "1065";
const WABA: &str = "1029";
const ACCOUNT: &str = "AC00000000000000000000000000000001";
const MESSAGE: &str = "SM00000000000000000000000000000001";

/// What belongs to others, and what a URL might be made to mean.
const TRICKS: &[&str] = &[
    NUMBER,
    WABA,
    ACCOUNT,
    "2065",
    "2029",
    "AC00000000000000000000000000000002",
    MESSAGE,
    "number",
    "waba",
    "account",
    "media",
    "messages",
    "Messages.json",
    "message_templates",
    "Accounts",
    "2010-04-01",
    "v25.0",
    "v1",
    "Content",
    "me",
    "..",
    ".",
    "...",
    "%2e%2e",
    "%2E%2E%2F2065",
    "..%2f2029",
    "%2F",
    "%5c",
    "\\",
    "",
    "//",
    "https:",
    "graph.facebook.com",
    "@evil.example",
    ":80",
    "?ids=2065",
    "?",
    "#",
    ";",
    "1065;2065",
    "1065,2065",
    "%00",
    "\u{ff0e}\u{ff0e}",
    "batch",
    "{number}",
    " ",
];

fn channel(provider: Provider) -> Channel<'static> {
    match provider {
        Provider::Twilio => Channel { provider, client: ACCOUNT, id: "XE1" },
        _ => Channel { provider, client: WABA, id: NUMBER },
    }
}

fn access(provider: Provider) -> Access {
    match provider {
        Provider::Meta => Access::Meta {
            base_url: None,
            version: "v25.0".into(),
            token: "token".into(),
            app_secret: Some("secret".into()),
        },
        Provider::Dialog360 => Access::Dialog360 { base_url: None, key: "key".into() },
        Provider::Twilio => {
            Access::Twilio { base_url: None, user: ACCOUNT.into(), password: "token".into() }
        }
    }
}

fn route(provider: Provider, method: PathMethod, path: &str) -> Option<Route<'_>> {
    find_route(channel(provider), method, &Path::parse(path).ok()?)
}

fn any_path() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => proptest::sample::select(TRICKS).prop_map(str::to_owned),
        1 => "[ -~]{0,8}",
    ];
    let joint = proptest::sample::select(["/", "//", "\\", "%2f", "/./", "/../", ""].as_slice());
    (proptest::collection::vec((part, joint), 1..6), any::<bool>()).prop_map(|(parts, closes)| {
        let mut path = String::new();
        for (part, joint) in parts {
            path.push_str(&part);
            path.push_str(joint);
        }
        if closes { path.trim_end_matches('/').to_owned() } else { path }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_path_is_it_reaches_the_channel_alone(
        path in any_path(),
        provider in proptest::sample::select(Provider::ALL),
        method in proptest::sample::select(PathMethod::ALL),
    ) {
        let Some(route) = route(provider, method, &path) else { return Ok(()) };
        let call = provider_call(&access(provider), channel(provider), method, &route, &Query::default());
        let url = call.url();
        let parts: Vec<&str> = url.path_segments().unwrap().collect();
        prop_assert_eq!(url.scheme(), "https");
        prop_assert!(!url.as_str().contains('%') && !parts.contains(&"..") && !parts.contains(&""), "{}", url);
        match provider {
            Provider::Meta => {
                prop_assert_eq!(url.host_str(), Some("graph.facebook.com"));
                let node = parts[1];
                let is_own = node == NUMBER || node == WABA;
                // Any other object is only asked whether it is this number's media.
                let is_seen_to = route.inspect == Inspect::Media(node)
                    && url.query_pairs().any(|pair| pair == ("phone_number_id".into(), NUMBER.into()));
                prop_assert!(is_own || (is_seen_to && parts.len() == 2), "{}", url);
                prop_assert!(parts[2..].iter().all(|part| !part.bytes().all(|byte| byte.is_ascii_digit())));
            }
            Provider::Dialog360 => {
                prop_assert_eq!(url.host_str(), Some("waba-v2.360dialog.io"));
            }
            Provider::Twilio if parts[0] == "2010-04-01" => {
                prop_assert_eq!(url.host_str(), Some("api.twilio.com"));
                prop_assert_eq!(&parts[1..3], &["Accounts", ACCOUNT]);
                prop_assert!(route.inspect != Inspect::Nothing, "{}", url);
            }
            Provider::Twilio => {
                prop_assert_eq!(url.host_str(), Some("content.twilio.com"));
                prop_assert_eq!(&parts[..2], &["v1", "Content"]);
            }
        }
    }

    #[test]
    fn whatever_a_query_is_it_names_no_other_object_method_or_token(query in "([a-z_]{1,12}|ids|access_token|method|phone_number_id|fields)=[ -~]{0,12}(&[ -~]{0,20})?") {
        let Ok(query) = Query::parse(Provider::Meta, &query) else { return Ok(()) };
        for (name, value) in query.pairs() {
            prop_assert!(!["ids", "id", "access_token", "method", "batch", "phone_number_id", "appsecret_proof"].contains(&name.as_str()));
            let is_plain = name != "fields" || !value.contains(['{', '.', '(']);
            prop_assert!(is_plain, "{}", value);
        }
    }

    #[test]
    fn whatever_a_form_is_a_message_comes_from_the_channel(
        fields in proptest::collection::vec(("(From|from|To|Body|MessagingServiceSid|From%20)", "(whatsapp:\\+1555|whatsapp:\\+1999|x)"), 0..5)
    ) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(&fields);
        let Ok(checked) = check_form(form.finish().as_bytes(), "+1555") else { return Ok(()) };
        let senders: Vec<_> = form_urlencoded::parse(&checked.0)
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("from") || name.contains("Service"))
            .collect();
        prop_assert_eq!(senders, vec![("From".into(), "whatsapp:+1555".into())]);
    }
}

#[test]
fn the_paths_of_a_word_are_found_and_need_that_word() {
    let sid = format!("ME{:032}", 1);
    for (provider, method, pattern, permission) in ROUTES {
        let path = pattern
            .replace("{number}", NUMBER)
            .replace("{waba}", WABA)
            .replace("{account}", ACCOUNT)
            .replace("{message}", MESSAGE)
            .replace("Media/{media}", &format!("Media/{sid}"))
            .replace("{media}", "3003")
            .replace("{content}", &format!("HX{:032}", 1));
        let found = route(*provider, *method, &path).unwrap_or_else(|| panic!("{path}"));
        assert_eq!(found.pattern, *pattern);
        for word in [Permission::Send, Permission::Read, Permission::Credentials] {
            let is_allowed = found.is_allowed_by(&word, *provider, *method);
            assert_eq!(is_allowed, word == *permission, "{word} {path}");
        }
    }
}

#[test]
fn a_path_of_the_channel_may_leave_its_ids_out() {
    let found = route(Provider::Meta, PathMethod::Post, "v24.0/number/messages").unwrap();
    assert_eq!((found.version, found.parts), (Some("v24.0"), vec![NUMBER, "messages"]));
    let found = route(Provider::Twilio, PathMethod::Post, "Accounts/account/Messages.json");
    assert_eq!(found.unwrap().parts, ["Accounts", ACCOUNT, "Messages.json"]);
}

#[test]
fn a_rule_allows_its_own_path_alone() {
    let rule: Permission = "POST {waba}/message_templates".parse().unwrap();
    let allows = |method, path| {
        let found = route(Provider::Meta, method, path);
        found.is_some_and(|found| found.is_allowed_by(&rule, Provider::Meta, method))
    };
    assert!(allows(PathMethod::Post, "1029/message_templates"));
    assert!(!allows(PathMethod::Post, "2029/message_templates"));
    assert!(!allows(PathMethod::Post, "1065/message_templates"));
    assert!(!allows(PathMethod::Delete, "1029/message_templates"));
    assert!(!allows(PathMethod::Post, "1029/message_templates/x"));
}

#[test]
fn a_body_of_the_graph_that_means_another_call_is_refused() {
    assert!(
        check_json(br#"{"messaging_product":"whatsapp","to":"1","text":{"body":"hi"}}"#).is_ok()
    );
    for body in [
        r#"{"method":"delete"}"#,
        r#"{"Access_Token":"x"}"#,
        r#"{"ids":"2065"}"#,
        r#"{"ids[0]":"2065"}"#,
        r#"{"\u0062atch":[]}"#,
        "[]",
        "",
        r#"{"to":1,}"#,
    ] {
        assert!(check_json(body.as_bytes()).is_err(), "{body}");
    }
}
