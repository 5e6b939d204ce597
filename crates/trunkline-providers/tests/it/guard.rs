use std::{collections::HashMap, io, net::IpAddr, sync::Arc};

use trunkline_providers::guard::{Found, Guard, Lookup, Refusal, is_public};

/// Names and addresses that a test makes up.
struct Zone(HashMap<&'static str, Vec<IpAddr>>);

impl Zone {
    fn of(names: &[(&'static str, &[&str])]) -> Arc<Self> {
        let addresses = |list: &[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(Self(names.iter().map(|(name, list)| (*name, addresses(list))).collect()))
    }
}

impl Lookup for Zone {
    fn lookup(&self, host: String) -> Found {
        let found =
            self.0.get(host.as_str()).cloned().ok_or_else(|| io::Error::other("no such name"));
        Box::pin(async move { found })
    }
}

#[test]
fn only_addresses_of_the_public_internet_are_public() {
    let public = [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "157.240.1.1",
        "168.63.129.15",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2a03:2880:f003:c07:face:b00c::2",
        "64:ff9b::808:808",
        "::ffff:8.8.8.8",
    ];
    let closed = [
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.0.1",
        "169.254.169.254",
        "169.254.170.2",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "5f00::1",
    ];
    for address in public {
        assert!(is_public(address.parse().unwrap()), "{address} is public");
    }
    for address in closed {
        assert!(!is_public(address.parse().unwrap()), "{address} is not public");
    }
}

#[test]
fn urls_are_refused_by_their_shape() {
    let table: [(&str, &str); 34] = [
        ("https://hub.360dialog.io/api/v2", "ok"),
        ("https://graph.facebook.com:8443/v25.0?x=y", "ok"),
        ("https://8.8.8.8/", "ok"),
        ("https://[2606:4700::1111]/", "ok"),
        ("HTTPS://EXAMPLE.COM", "ok"),
        ("http://example.com/", "plain http"),
        ("http://localhost/", "plain http"),
        ("http://127.0.0.1/", "plain http"),
        ("ftp://example.com/", "scheme"),
        ("file:///etc/passwd", "no host"),
        ("javascript:alert(1)", "no host"),
        ("gopher://example.com/", "scheme"),
        ("data:text/plain,x", "no host"),
        ("example.com/logo.png", "complete URL"),
        ("//example.com/", "complete URL"),
        ("", "complete URL"),
        ("https://", "complete URL"),
        ("https:///path", "ok"),
        ("https://user@example.com/", "user name"),
        ("https://user:password@example.com/", "user name"),
        ("https://example.com@127.0.0.1/", "user name"),
        ("https://exa mple.com/", "spaces"),
        ("https://example.com/\n", "spaces"),
        ("https://exam\tple.com/", "spaces"),
        ("https://localhost/", "this server"),
        ("https://LOCALHOST./", "this server"),
        ("https://a.localhost/", "this server"),
        ("https://127.0.0.1/", "this server"),
        ("https://[::1]/", "this server"),
        ("https://0x7f.1/", "this server"),
        ("https://2130706433/", "this server"),
        ("https://169.254.169.254/latest/meta-data/", "not a public address"),
        ("https://[::ffff:169.254.169.254]/", "not a public address"),
        ("https://192.168.1.1/", "not a public address"),
    ];
    for (text, expected) in table {
        match Guard::new().parse(text) {
            Ok(url) => assert_eq!("ok", expected, "{text} became {url}"),
            Err(refusal) => assert!(refusal.to_string().contains(expected), "{text}: {refusal}"),
        }
    }
    let long = format!("https://example.com/{}", "x".repeat(2048));
    assert_eq!(Guard::new().parse(&long), Err(Refusal::TooLong { most: 2048 }));
}

#[test]
fn loopback_is_open_only_where_it_is_allowed_and_nothing_else_with_it() {
    let guard = Guard::new().allow_loopback();
    for open in [
        "http://127.0.0.1:1/",
        "http://[::1]/",
        "http://localhost/",
        "https://localhost/",
        "https://127.8.8.8/",
    ] {
        assert!(guard.parse(open).is_ok(), "{open}");
    }
    for closed in [
        "http://10.0.0.1/",
        "https://10.0.0.1/",
        "http://example.com/",
        "https://169.254.169.254/",
        "http://0.0.0.0/",
    ] {
        assert!(guard.parse(closed).is_err(), "{closed}");
    }
}

#[tokio::test]
async fn a_name_is_refused_for_any_address_that_is_not_public() {
    let zone = Zone::of(&[
        ("good.example", &["93.184.215.14", "2606:4700::1111"]),
        ("inside.example", &["10.1.2.3"]),
        ("mixed.example", &["93.184.215.14", "169.254.169.254"]),
        ("mapped.example", &["::ffff:127.0.0.1"]),
        ("empty.example", &[]),
        ("localhost", &["93.184.215.14"]),
    ]);
    let guard = Guard::new().with_lookup(zone);
    assert_eq!(guard.resolve("good.example").await.unwrap().len(), 2);
    for (host, address) in [
        ("inside.example", "10.1.2.3"),
        ("mixed.example", "169.254.169.254"),
        ("mapped.example", "::ffff:127.0.0.1"),
    ] {
        let address = address.parse().unwrap();
        let refusal = guard.vet(&format!("https://{host}/logo.png")).await.unwrap_err();
        assert_eq!(refusal, Refusal::Address { host: host.into(), address });
    }
    for host in ["empty.example", "missing.example"] {
        assert!(matches!(guard.resolve(host).await, Err(Refusal::Unresolved { .. })), "{host}");
    }
    let open = guard.allow_loopback();
    assert!(open.resolve("localhost").await.is_err(), "localhost never leads elsewhere");
    assert!(open.resolve("mapped.example").await.is_ok());
    assert!(open.resolve("inside.example").await.is_err());
}

#[tokio::test]
async fn a_host_that_the_configuration_names_may_be_private_but_no_metadata_service() {
    let zone = Zone::of(&[
        ("login.corp.example", &["10.1.2.3", "fd12::7"]),
        ("metadata.example", &["169.254.169.254"]),
        ("metadata6.example", &["fd00:ec2::254"]),
    ]);
    let guard = Guard::new().allow_private().with_lookup(zone.clone());
    assert!(guard.vet("https://login.corp.example").await.is_ok());
    assert!(guard.vet("https://192.168.1.1/realms/a").await.is_ok());
    assert!(matches!(guard.vet("http://192.168.1.1").await, Err(Refusal::PlainHttp)));
    for host in ["metadata.example", "metadata6.example", "100.100.100.200"] {
        let refused = guard.vet(&format!("https://{host}")).await;
        assert!(matches!(refused, Err(Refusal::Address { .. })), "{host}");
    }
    let guard = Guard::new().allow_loopback().with_lookup(zone);
    assert!(guard.vet("https://login.corp.example").await.is_err());
}
