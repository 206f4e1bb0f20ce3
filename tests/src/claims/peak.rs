//! How much memory a process had at most.

use std::fs;

use super::claim::Untried;

/// The largest resident set of this process so far, in bytes (`VmHWM`).
pub(super) fn of_this_process() -> Result<u64, Untried> {
    let status = fs::read_to_string("/proc/self/status")
        .map_err(|e| format!("reading /proc/self/status, which Linux has: {e}"))?;
    read(&status).ok_or_else(|| "/proc/self/status has no VmHWM in kB".into())
}

fn read(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_out_of_the_kernel_s_table() {
        let status = "VmPeak:\t  9 kB\nVmHWM:\t   1234 kB\nVmRSS:\t 7 kB\n";
        assert_eq!(read(status), Some(1234 << 10));
        assert_eq!(read("VmHWM:\t 3 MB\n"), None);
        assert!(of_this_process().unwrap() > 1 << 20);
    }
}
