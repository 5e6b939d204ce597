//! What a table of measurements is worth: the machine behind it.

use std::fs;

/// Cores, memory and how busy they are, as the system tells them; no name of the machine.
pub(crate) fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    let memory = memory_gibibytes().map(|memory| format!("{memory} GiB of memory"));
    let load = load().map(|load| format!("load average {load} before the run"));
    let parts = [Some(system), Some(format!("{cores} cores")), memory, processor(), load];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn memory_gibibytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    // What the kernel keeps for itself is missing in MemTotal.
    Some(kibibytes.div_ceil(1024 * 1024))
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// How many processes wanted a core, over the last minute: more than there are cores makes noise.
fn load() -> Option<String> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next().map(str::to_owned)
}
