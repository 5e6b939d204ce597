//! Which addresses are out in the internet, by the registries of special-purpose addresses at IANA
//! (iana-ipv4-special-registry, iana-ipv6-special-registry; RFC 6890).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(a: u16, b: u16, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), length)
}

const CLOSED_V4: [Ipv4Net; 16] = [
    v4(0, 0, 0, 0, 8),        // this network
    v4(10, 0, 0, 0, 8),       // private
    v4(100, 64, 0, 0, 10),    // shared by carriers; the metadata service of Alibaba Cloud
    v4(127, 0, 0, 0, 8),      // loopback
    v4(168, 63, 129, 16, 32), // Azure's host, reachable from each of its machines
    v4(169, 254, 0, 0, 16),   // link-local; the metadata service of most clouds
    v4(172, 16, 0, 0, 12),    // private
    v4(192, 0, 0, 0, 24),     // protocol assignments; the metadata service of Oracle Cloud
    v4(192, 0, 2, 0, 24),     // documentation
    v4(192, 88, 99, 0, 24),   // relays of 6to4
    v4(192, 168, 0, 0, 16),   // private
    v4(198, 18, 0, 0, 15),    // benchmarks
    v4(198, 51, 100, 0, 24),  // documentation
    v4(203, 0, 113, 0, 24),   // documentation
    v4(224, 0, 0, 0, 4),      // multicast
    v4(240, 0, 0, 0, 4),      // reserved, broadcast
];

/// All of IPv6 that is given out for use in the internet; unique local, link-local, multicast stand outside.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);

const CLOSED_V6: [Ipv6Net; 4] = [
    v6(0x2001, 0, 23),     // protocol assignments, Teredo, ORCHID
    v6(0x2001, 0xdb8, 32), // documentation
    v6(0x2002, 0, 16),     // 6to4, which carries any IPv4 address
    v6(0x3fff, 0, 20),     // documentation
];

/// The networks that organisations number as they like (RFC 1918, RFC 4193).
const PRIVATE_V4: [Ipv4Net; 3] =
    [v4(10, 0, 0, 0, 8), v4(172, 16, 0, 0, 12), v4(192, 168, 0, 0, 16)];
const PRIVATE_V6: Ipv6Net = v6(0xfc00, 0, 7);

/// The metadata service of Amazon's machines stands among the private addresses.
const METADATA_V6: Ipv6Net = v6(0xfd00, 0xec2, 32);

/// Translation of IPv4 for machines without it (RFC 6052): as public as the address within.
const TRANSLATED: Ipv6Net = v6(0x64, 0xff9b, 96);

/// Whether an address belongs to the public internet: not private, loopback, link-local, shared, reserved, multicast,
/// for documentation, or a cloud's metadata service; also when it is wrapped in IPv6.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !CLOSED_V4.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) if TRANSLATED.contains(&address) => {
            let [.., a, b, c, d] = address.octets();
            is_public(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
        }
        IpAddr::V6(address) => {
            GLOBAL_V6.contains(&address)
                && !CLOSED_V6.iter().any(|network| network.contains(&address))
        }
    }
}

/// Whether an address belongs to an organisation's own network.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => PRIVATE_V4.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) => PRIVATE_V6.contains(&address) && !METADATA_V6.contains(&address),
    }
}
