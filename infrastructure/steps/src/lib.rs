//! The named steps at which something has become durable, or is about to: where a crash is worst.
//!
//! A test has the process end at one of them as if the power had gone ([`DIES_AT_VARIABLE`]), or a simulator has the current
//! thread panic there ([`panic_after`]). Builds without debug assertions know nothing of it. A test of the house compares
//! the steps that stand in the sources with those at which the fault suite kills.

/// Names a step and how often it is reached before the process ends there, as `publish:40`.
pub const DIES_AT_VARIABLE: &str = "LIENTHONG_DIES_AT";

/// This step has been reached.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn reached(_step: &str) {}

/// This step has been reached. When the environment says so, the process ends here and now: nothing is dropped, flushed or
/// told to anyone.
///
/// # Panics
/// When [`panic_after`] has said so.
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
    match LEFT.take() {
        None => {}
        // Nobody needs to be told of a crash that was asked for.
        Some(0) => std::panic::resume_unwind(Box::new(format!("a simulated crash at {step}"))),
        Some(left) => LEFT.set(Some(left - 1)),
    }
}

#[cfg(debug_assertions)]
thread_local! {
    /// Steps that the current thread may still pass.
    static LEFT: std::cell::Cell<Option<u64>> = const { std::cell::Cell::new(None) };
}

/// The current thread passes so many more steps and panics at the next one; at none when absent. For simulators.
#[cfg(debug_assertions)]
pub fn panic_after(passed: Option<u64>) {
    LEFT.set(passed);
}

/// Nothing, as this build knows of no steps.
#[cfg(not(debug_assertions))]
pub fn panic_after(_passed: Option<u64>) {}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_panics_at_the_step_it_was_told() {
        let pass = |steps: usize| std::panic::catch_unwind(|| (0..steps).for_each(|_| reached("a step")));
        panic_after(Some(2));
        assert!(pass(2).is_ok());
        assert!(pass(1).is_err());
        assert!(pass(9).is_ok(), "once");
        panic_after(Some(0));
        panic_after(None);
        assert!(pass(9).is_ok());
    }
}
