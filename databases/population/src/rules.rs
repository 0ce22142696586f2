//! What the law says: who may see what and why, what may be registered, and how a record changes along both time axes.
//! Pure functions; none reads a clock.

pub mod access;
pub mod birth;
pub mod particulars;
pub mod residence;
pub mod versions;

use contracts::FieldProblem;

/// A value that can't be taken, told in both languages.
fn fault(field: &str, code: &str, vi: &str, en: &str) -> FieldProblem {
    FieldProblem { field: field.into(), code: code.into(), vi: vi.into(), en: en.into() }
}
