//! What this process has used so far, as far as the system says.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::messages::Usage;

/// Whose processor time counts.
static WATCHED: OnceLock<PathBuf> = OnceLock::new();

/// From now on the processor time is that of the calling thread, which runs the bus.
pub(crate) fn watch_this_thread() {
    if let Ok(thread) = std::fs::read_link("/proc/thread-self") {
        // Said once: a process measures one thing.
        let _ = WATCHED.set(Path::new("/proc").join(thread).join("schedstat"));
    }
}

/// What this process has used so far.
pub(crate) fn of_this_process(allocations: fn() -> Option<u64>) -> Usage {
    Usage {
        allocations: allocations(),
        processor: processor(),
        peak_memory: peak_memory(),
    }
}

/// Linux: nanoseconds that the watched thread has run.
fn processor() -> Option<u64> {
    let text = std::fs::read_to_string(WATCHED.get()?).ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// Linux: the high-water mark of the resident memory.
fn peak_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes << 10)
}
