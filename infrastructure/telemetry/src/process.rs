//! What the Linux kernel knows of this process, under the names Prometheus's own clients use.

use std::fmt::Write;
use std::fs;

/// The unit of times in /proc/self/stat, fixed for programs on every architecture Linux runs on here.
const CLOCK_TICKS_PER_SECOND: u64 = 100;
/// The place of starttime in /proc/self/stat, counted from the field after the program's name (proc(5), field 22).
const START_TIME_PLACE: usize = 19;
const BYTES_PER_KIBIBYTE: u64 = 1024;

/// The process's figures in Prometheus's text format. A figure that cannot be read is left out.
pub(crate) fn render() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let status = read("/proc/self/status");
    let figures = [
        ("process_resident_memory_bytes", "Memory held, in bytes.", resident_bytes(&status)),
        ("process_threads", "Threads.", number_after(&status, "Threads:")),
        ("process_open_fds", "Open file descriptors.", open_files()),
        (
            "process_start_time_seconds",
            "Start of the process, in seconds since 1970.",
            start_time_seconds(&read("/proc/self/stat"), &read("/proc/stat")),
        ),
    ];
    let mut text = String::new();
    for (name, help, value) in figures {
        if let Some(value) = value {
            writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n")
                .expect("writing to a string cannot fail");
        }
    }
    text
}

fn resident_bytes(status: &str) -> Option<u64> {
    number_after(status, "VmRSS:")?.checked_mul(BYTES_PER_KIBIBYTE)
}

fn open_files() -> Option<u64> {
    // Reading the list opens one more, which is not counted.
    let listed = fs::read_dir("/proc/self/fd").ok()?.count() as u64;
    listed.checked_sub(1)
}

fn start_time_seconds(process: &str, system: &str) -> Option<u64> {
    let boot = number_after(system, "btime")?;
    // The program's name may hold spaces and brackets, so fields are counted from its last closing bracket.
    let (_, after_name) = process.rsplit_once(')')?;
    let ticks: u64 = after_name.split_whitespace().nth(START_TIME_PLACE)?.parse().ok()?;
    boot.checked_add(ticks / CLOCK_TICKS_PER_SECOND)
}

/// The number after a word that begins a line.
fn number_after(text: &str, word: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(word))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_as_the_kernel_writes_them() {
        let status = "Name:\tlienthong\nVmPeak:\t  10 kB\nVmRSS:\t    1616 kB\nThreads:\t7\n";
        assert_eq!(resident_bytes(status), Some(1616 * 1024));
        assert_eq!(number_after(status, "Threads:"), Some(7));
        let process =
            "27989 (a) b (c) R 27977 27977 6480 0 -1 4194304 100 0 0 0 0 0 0 0 20 0 1 0 192453 3133440 383";
        assert_eq!(start_time_seconds(process, "cpu 1 2 3\nbtime 1795230000\n"), Some(1_795_230_000 + 1924));
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        for text in ["", "VmRSS:", "VmRSS:\tmany kB", "VmRSS: 18446744073709551615 kB"] {
            assert_eq!(resident_bytes(text), None, "{text}");
        }
        for (process, system) in
            [("", "btime 1"), ("1 (x) R 1", "btime 1"), ("no bracket", "btime 1"), ("1 (x)", "")]
        {
            assert_eq!(start_time_seconds(process, system), None);
        }
    }
}
