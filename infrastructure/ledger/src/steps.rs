//! The named steps of a message, at which a test may have the process end as if the power had gone.

/// Names the step and how often it is reached before the process ends there, as `publish:40`. Only builds with debug
/// assertions look at it.
#[cfg(debug_assertions)]
const DIES_AT_VARIABLE: &str = "LIENTHONG_DIES_AT";

/// This step has been reached.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn reached(_step: &str) {}

/// This step has been reached. When the environment says so, the process ends here and now: nothing is dropped, flushed or
/// told to anyone.
#[cfg(debug_assertions)]
pub fn reached(step: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    static END: OnceLock<Option<(String, AtomicU64)>> = OnceLock::new();
    let end = END.get_or_init(|| {
        let text = std::env::var(DIES_AT_VARIABLE).ok()?;
        let (step, times) = text.split_once(':')?;
        Some((step.to_owned(), AtomicU64::new(times.parse().ok()?)))
    });
    if let Some((named, times)) = end
        && named == step
        && times.fetch_sub(1, Ordering::SeqCst) == 1
    {
        std::process::abort();
    }
}
