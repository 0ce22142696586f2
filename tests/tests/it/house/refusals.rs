//! Rule 7: every operation of the OpenAPI documents has a case in which it refuses.
//!
//! Each system's crate has a table of refusals, and compares the operations in it with those of the shared data dictionary.
//! This test sees to it that no crate goes without, and that each operation's name stands where refusals are expected.

use super::{Source, assert_none, code_of, sources, system_crates};

/// What a test says of an operation that must refuse: `refused::<LookUpPerson>`, or its name among those covered.
fn has_refusal(tests: &[&Source], operation: &str) -> bool {
    let (typed, named) = (format!("refused::<{operation}>"), format!("\"{operation}\""));
    tests.iter().any(|test| {
        let compact: String = test.text.split_whitespace().collect();
        compact.contains(&typed) || (compact.contains("operations()") && compact.contains(&named))
    })
}

#[test]
fn every_operation_has_a_refusal() {
    let mut without = Vec::new();
    for operation in contracts::operations() {
        let folder = system_crates().into_iter().find(|folder| code_of(folder) == operation.system);
        let folder = folder.unwrap_or_else(|| panic!("the system {} has no crate", operation.system));
        let tests: Vec<&Source> = sources()
            .iter()
            .filter(|source| source.is("rs") && source.is_in(&format!("{folder}/tests")))
            .collect();
        if !has_refusal(&tests, operation.name) {
            without.push(format!("{} of {folder}", operation.name));
        }
        let compares = tests.iter().any(|test| test.text.contains("operations()"));
        if !compares {
            without.push(format!(
                "{folder} does not compare its refusals with contracts::{}::operations()",
                operation.system.replace('-', "_")
            ));
        }
    }
    without.dedup();
    assert_none(&without, "operations that are never seen to refuse");
}
