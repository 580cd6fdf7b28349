//! Which addresses may be spoken to. Everything that is not plainly on the public internet is refused: a document from
//! outside must not make this server talk to its own network.
//!
//! Source: the IANA special-purpose address registries (RFC 6890 and its updates).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Whether this computer itself may be spoken to. For development and tests only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowLoopback {
    /// 127.0.0.0/8 and ::1 are taken too; no other private address is.
    Yes,
    /// Public addresses only.
    No,
}

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits)
}

const fn v6(a: u16, b: u16, c: u16, d: u16, e: u16, f: u16, bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, 0, 0), bits)
}

const REFUSED_V4: [Ipv4Net; 15] = [
    v4(0, 0, 0, 0, 8),       // this network; 0.0.0.0 reaches this computer
    v4(10, 0, 0, 0, 8),      // private
    v4(100, 64, 0, 0, 10),   // shared by a provider's customers
    v4(127, 0, 0, 0, 8),     // loopback
    v4(169, 254, 0, 0, 16),  // link-local; clouds answer with secrets here
    v4(172, 16, 0, 0, 12),   // private
    v4(192, 0, 0, 0, 24),    // protocol assignments
    v4(192, 0, 2, 0, 24),    // documentation
    v4(192, 88, 99, 0, 24),  // 6to4 relays
    v4(192, 168, 0, 0, 16),  // private
    v4(198, 18, 0, 0, 15),   // benchmarks
    v4(198, 51, 100, 0, 24), // documentation
    v4(203, 0, 113, 0, 24),  // documentation
    v4(224, 0, 0, 0, 4),     // multicast
    v4(240, 0, 0, 0, 4),     // reserved, and broadcast
];

const REFUSED_V6: [Ipv6Net; 14] = [
    v6(0, 0, 0, 0, 0, 0, 96),           // unspecified, loopback, IPv4-compatible
    v6(0, 0, 0, 0, 0, 0xffff, 96),      // IPv4-mapped
    v6(0x64, 0xff9b, 0, 0, 0, 0, 96),   // NAT64: leads to any IPv4 address
    v6(0x64, 0xff9b, 1, 0, 0, 0, 48),   // NAT64 of a site
    v6(0x100, 0, 0, 0, 0, 0, 64),       // discard
    v6(0x2001, 0, 0, 0, 0, 0, 23),      // protocol assignments, with Teredo 2001::/32
    v6(0x2001, 0x0db8, 0, 0, 0, 0, 32), // documentation
    v6(0x2002, 0, 0, 0, 0, 0, 16),      // 6to4: leads to any IPv4 address
    v6(0x3fff, 0, 0, 0, 0, 0, 20),      // documentation
    v6(0x5f00, 0, 0, 0, 0, 0, 16),      // segment routing
    v6(0xfc00, 0, 0, 0, 0, 0, 7),       // unique local
    v6(0xfe80, 0, 0, 0, 0, 0, 10),      // link-local
    v6(0xfec0, 0, 0, 0, 0, 0, 10),      // site-local of old
    v6(0xff00, 0, 0, 0, 0, 0, 8),       // multicast
];

/// Whether an address is on the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !REFUSED_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => !REFUSED_V6.iter().any(|net| net.contains(&address)),
    }
}

/// Whether an address may be spoken to.
pub fn is_allowed(address: IpAddr, loopback: AllowLoopback) -> bool {
    is_public(address) || loopback == AllowLoopback::Yes && address.is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First and last address of each refused range, and the nearest neighbours that are public.
    #[test]
    fn each_special_range_is_refused_to_its_edges_and_no_further() {
        #[rustfmt::skip]
        let rows = [
            ("this network",      "0.0.0.0",        "0.255.255.255",    None,                    Some("1.0.0.0")),
            ("private 10",        "10.0.0.0",       "10.255.255.255",   Some("9.255.255.255"),   Some("11.0.0.0")),
            ("shared",            "100.64.0.0",     "100.127.255.255",  Some("100.63.255.255"),  Some("100.128.0.0")),
            ("loopback",          "127.0.0.0",      "127.255.255.255",  Some("126.255.255.255"), Some("128.0.0.0")),
            ("link-local",        "169.254.0.0",    "169.254.255.255",  Some("169.253.255.255"), Some("169.255.0.0")),
            ("private 172",       "172.16.0.0",     "172.31.255.255",   Some("172.15.255.255"),  Some("172.32.0.0")),
            ("assignments",       "192.0.0.0",      "192.0.0.255",      Some("191.255.255.255"), Some("192.0.1.0")),
            ("documentation 1",   "192.0.2.0",      "192.0.2.255",      Some("192.0.1.255"),     Some("192.0.3.0")),
            ("6to4 relays",       "192.88.99.0",    "192.88.99.255",    Some("192.88.98.255"),   Some("192.88.100.0")),
            ("private 192",       "192.168.0.0",    "192.168.255.255",  Some("192.167.255.255"), Some("192.169.0.0")),
            ("benchmarks",        "198.18.0.0",     "198.19.255.255",   Some("198.17.255.255"),  Some("198.20.0.0")),
            ("documentation 2",   "198.51.100.0",   "198.51.100.255",   Some("198.51.99.255"),   Some("198.51.101.0")),
            ("documentation 3",   "203.0.113.0",    "203.0.113.255",    Some("203.0.112.255"),   Some("203.0.114.0")),
            ("multicast",         "224.0.0.0",      "239.255.255.255",  Some("223.255.255.255"), None),
            ("reserved",          "240.0.0.0",      "255.255.255.255",  None,                    None),
            ("unspecified",       "::",             "::",               None,                    None),
            ("loopback",          "::1",            "::1",              None,                    None),
            ("IPv4-compatible",   "::8.8.8.8",      "::255.255.255.255", None,                   None),
            ("IPv4-mapped",       "::ffff:0.0.0.0", "::ffff:8.8.8.8",   None,                    None),
            ("NAT64",             "64:ff9b::",      "64:ff9b::ffff:ffff", None,                  None),
            ("NAT64 of a site",   "64:ff9b:1::",    "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", None,  None),
            ("discard",           "100::",          "100::ffff:ffff:ffff:ffff", None,            None),
            ("Teredo",            "2001::",         "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", Some("2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), None),
            ("assignments",       "2001:1::",       "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", None, Some("2001:200::")),
            ("documentation",     "2001:db8::",     "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Some("2001:db7:ffff::"), Some("2001:db9::")),
            ("6to4",              "2002::",         "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("2001:ffff::"), Some("2003::")),
            ("documentation",     "3fff::",         "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Some("3ffe:ffff::"), Some("3fff:1000::")),
            ("segment routing",   "5f00::",         "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
            ("unique local",      "fc00::",         "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
            ("link-local",        "fe80::",         "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
            ("site-local",        "fec0::",         "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
            ("multicast",         "ff00::",         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
        ];
        let public = |text: &str| is_public(text.parse().unwrap());
        for (what, first, last, before, after) in rows {
            assert!(!public(first) && !public(last), "{what}");
            assert!(before.is_none_or(public) && after.is_none_or(public), "{what}: too wide");
        }
        for text in ["8.8.8.8", "1.1.1.1", "2606:4700::1", "2a00:1450::1"] {
            assert!(public(text), "{text}");
        }
    }

    #[test]
    fn loopback_is_allowed_only_where_asked_for_and_nothing_else_with_it() {
        for text in ["127.0.0.1", "127.9.9.9", "::1"] {
            assert!(is_allowed(text.parse().unwrap(), AllowLoopback::Yes), "{text}");
            assert!(!is_allowed(text.parse().unwrap(), AllowLoopback::No), "{text}");
        }
        for text in ["10.0.0.1", "0.0.0.0", "169.254.169.254", "::ffff:127.0.0.1", "::", "fe80::1"] {
            assert!(!is_allowed(text.parse().unwrap(), AllowLoopback::Yes), "{text}");
        }
    }
}
