//! Any text is divided into ordered pieces, or refused at a place in it; the suite of
//! `trunkline-migrate` holds the same for random texts (`tests/it/properties.rs`).

#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_migrate::sql::{Position, split};

fuzz_target!(|text: &str| {
    let statements = match split(text) {
        Ok(statements) => statements,
        Err(error) => {
            assert!(error.position <= Position::of(text, text.len()));
            return;
        }
    };
    let mut end = 0;
    for statement in statements {
        let sql = &text[statement.range.clone()];
        assert!(statement.range.start >= end && !sql.is_empty());
        assert_eq!(sql.trim_start(), sql);
        assert_eq!(statement.position, Position::of(text, statement.range.start));
        end = statement.range.end;
        if let Some(rows) = statement.copy_data {
            assert!(rows.start >= end);
            let _ = &text[rows.clone()];
            end = rows.end;
        }
    }
});
