//! `peak FILE PROGRAM ARGUMENTS…`: runs a program and writes its peak resident memory, in KiB, into FILE.
//!
//! A process of its own, since the kernel counts what its parent held at the fork as well, and this one holds little.

use std::process::{Command, ExitCode};

use nix::sys::resource::{UsageWho, getrusage};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(file), Some(program)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: peak FILE PROGRAM ARGUMENTS…");
        return ExitCode::from(2);
    };
    match Command::new(program).args(arguments).status() {
        Ok(status) if status.success() => {}
        Ok(status) => {
            eprintln!("error: {status}");
            return ExitCode::FAILURE;
        }
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    }
    let written = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_err(std::io::Error::from)
        .and_then(|usage| std::fs::write(file, kibibytes(usage.max_rss()).to_string()));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `ru_maxrss` counts kibibytes, and on macOS bytes (getrusage(2) of each).
fn kibibytes(max_rss: i64) -> i64 {
    if cfg!(target_os = "macos") { max_rss / 1024 } else { max_rss }
}
