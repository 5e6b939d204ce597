//! See `../receive.rs`.

#![no_main]

#[path = "../receive.rs"]
mod receive;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|request: (&str, &str, &[u8])| {
    let (header, query, body) = request;
    receive::receive(header, query, body);
});
