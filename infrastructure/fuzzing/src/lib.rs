//! Drives the fuzz targets of the house as property tests.
//!
//! Every parser that meets the network has one function that takes any bytes and panics when something does not hold:
//! what parses is written back the same, what is altered is refused. It stands in the module `fuzzing` of the parser's
//! crate. cargo-fuzz drives it from `fuzz/`, for hours, guided by coverage; [`hold`] drives it in every test run with
//! bytes of all kinds and with valid samples that were altered, and sees that no input makes it take much memory.

mod mutation;

use mutation::altered;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use std::{panic::catch_unwind, path::Path};

/// A fuzz target.
pub struct Target {
    /// Its name, also in `fuzz/`.
    pub name: &'static str,
    /// What must hold of any bytes; it panics when something does not.
    pub check: fn(&[u8]),
    /// Valid inputs.
    pub samples: fn() -> Vec<Vec<u8>>,
}

/// Inputs that a target gets in one test run.
const CASES: u32 = 1_500;
/// Longest input that is no altered sample, in bytes.
const ANY_BYTES_LIMIT: usize = 600;
/// Memory that a check may take beside what its input makes it take, in bytes.
const MEMORY_BYTES: u64 = 1 << 20;
/// Memory that it may take for each byte of input, in bytes.
const MEMORY_A_BYTE: u64 = 256;

/// Sees that the targets hold, and that `fuzz/` has each of them.
///
/// # Panics
/// When one does not; the message has the smallest input that was found.
pub fn hold(crate_name: &str, targets: &[Target]) {
    assert!(!targets.is_empty(), "{crate_name} has fuzz targets");
    for target in targets {
        assert_cargo_fuzz_has(crate_name, target.name);
        try_any_bytes(target);
    }
}

/// Sees that a target holds that `fuzz/` has not got: one of a program, which is no library.
///
/// # Panics
/// When it does not; the message has the smallest input that was found.
pub fn try_any_bytes(target: &Target) {
    let samples = (target.samples)();
    assert!(!samples.is_empty(), "{}: there is a valid input", target.name);
    for sample in &samples {
        assert_holds(target, sample).unwrap_or_else(|fault| panic!("{}: {fault}", target.name));
    }
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let inputs = prop_oneof![1 => vec(any::<u8>(), 0..ANY_BYTES_LIMIT), 5 => altered(samples)];
    TestRunner::new(config)
        .run(&inputs, |input| assert_holds(target, &input))
        .unwrap_or_else(|fault| panic!("{}: {fault}", target.name));
}

fn assert_holds(target: &Target, input: &[u8]) -> Result<(), TestCaseError> {
    let mut outcome = Ok(());
    // A panic must not pass through the measuring, which would then never end.
    let taken = allocation_counter::measure(|| outcome = catch_unwind(|| (target.check)(input))).bytes_max;
    if outcome.is_err() {
        return Err(TestCaseError::fail("it panicked, see above"));
    }
    let limit = MEMORY_BYTES + MEMORY_A_BYTE * input.len() as u64;
    prop_assert!(taken <= limit, "{} bytes of input took {taken} bytes of memory", input.len());
    Ok(())
}

fn assert_cargo_fuzz_has(crate_name: &str, target: &str) {
    let name = format!("{crate_name}-{target}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("fuzz/ has a manifest");
    assert!(manifest.contains(&format!("name = \"{name}\"")), "fuzz/Cargo.toml has no target {name}");
    let file = folder.join("targets").join(format!("{name}.rs"));
    assert!(file.exists(), "fuzz/targets/{name}.rs is missing");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuses_nothing(_: &[u8]) {}

    fn panics_at_an_x(input: &[u8]) {
        assert!(!input.contains(&b'x'));
    }

    fn takes_much(input: &[u8]) {
        if let [byte, ..] = input {
            std::hint::black_box(vec![*byte; 2 << 20]);
        }
    }

    fn targets(check: fn(&[u8])) -> Target {
        Target { name: "a target", check, samples: || vec![b"a sample that says wwwww".to_vec()] }
    }

    #[test]
    fn what_does_not_hold_is_found() {
        let run = |check| {
            let target = targets(check);
            let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
            TestRunner::new(config).run(&altered((target.samples)()), |input| assert_holds(&target, &input))
        };
        assert!(run(refuses_nothing).is_ok());
        assert!(run(panics_at_an_x).is_err());
        assert!(run(takes_much).is_err());
    }
}
