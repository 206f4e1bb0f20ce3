//! What this process has used so far, as far as the system says.

use super::messages::Usage;

/// What this process has used so far. All work is done by its first thread.
pub(super) fn of_this_process(allocations: fn() -> Option<u64>) -> Usage {
    Usage {
        allocations: allocations(),
        processor: processor(),
        peak_memory: peak_memory(),
    }
}

/// Linux: nanoseconds that the first thread has run.
fn processor() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// Linux: the high-water mark of the resident memory.
fn peak_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes << 10)
}
