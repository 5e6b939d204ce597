//! Any body is read or refused, twice the same; what is read holds nothing that PostgreSQL refuses.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_core::events::Source;
use trunkline_providers::webhooks::read;

fuzz_target!(|body: &[u8]| {
    for source in Source::ALL {
        let events = read(*source, body);
        assert_eq!(events, read(*source, body));
        for event in events.unwrap_or_default() {
            assert!(!event.provider_kind.contains('\0'));
            assert!(event.raw.is_none_or(|raw| !raw.contains('\0')));
        }
    }
});
