//! What the system tells of a process, and how many files one may open.

use std::fs;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Memory of a process that is really there, in KiB; where the system tells.
pub(super) fn resident_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// Processor time that the threads of a process have taken so far.
pub(super) fn processor_time(pid: u32) -> Option<Duration> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let times = threads.flatten().filter_map(|thread| {
        let told = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    });
    Some(times.sum())
}

/// Lets this process, and those it starts, open as many files as the system allows.
pub(super) fn open_many_files(needed: u64) -> Result<(), String> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, raised)
        .map_err(|e| format!("the limit of open files cannot be raised: {e}"))?;
    match limit.maximum {
        Some(most) if most < needed => Err(format!(
            "{needed} files must be open at once, and {most} may: raise it with `ulimit -n` first"
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_has_memory_and_time() {
        let us = std::process::id();
        assert!(resident_kib(us).unwrap() > 100);
        assert!(processor_time(us).unwrap() > Duration::ZERO);
    }
}
