//! Any bytes under any name make a set or are refused; what is read of a set never panics.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_migrate::lint::{LintOptions, lint};
use trunkline_migrate::source::{Directives, Source};

fuzz_target!(|input: (&str, &[u8])| {
    let (name, bytes) = input;
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Err(error) = Directives::parse(text)
    {
        assert!(error.line >= 1 && error.line <= text.lines().count().max(1));
    }
    let Ok(source) = Source::embedded("fuzz", &[(name, bytes)]) else { return };
    for migration in source.migrations() {
        assert!(!migration.name.as_str().contains(['/', '\\']));
        let _ = migration.up.body();
    }
    let _ = lint(&source, &LintOptions::default());
});
