//! What the law says: pure functions of what was declared and the day it was declared.

mod amendment;
mod birth;
mod book;
mod checks;
mod counting;
mod names;

pub use amendment::{
    AMENDMENT_REASON_LIMIT_CHARACTERS, AMENDMENT_REASON_MIN_CHARACTERS, AmendmentRequest, AnnulmentRequest,
    Change, amended, check_amendment, corrected_fields, valid_from,
};
pub use birth::{
    REGISTRATION_TERM_DAYS, check_application, child_key, ethnicities, ethnicity_name, is_dossier_code,
    is_late, unit_codes,
};
pub use book::{
    ENTRIES_PER_PAGE, book_symbol, certificate_code, may_close, normalise_certificate_code, number_in_book,
    pages_of,
};
pub use checks::{Comparison, Remark, compare, remarks};
pub use counting::counted;
pub use names::{NAME_PART_LIMIT_CHARACTERS, NameFault, check_name_part};

use contracts::FieldProblem;

/// Collects what is wrong with a request.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<FieldProblem>);

impl Faults {
    pub(crate) fn add(&mut self, field: &str, code: &str, vi: &str, en: &str) {
        self.0.push(FieldProblem { field: field.into(), code: code.into(), vi: vi.into(), en: en.into() });
    }

    pub(crate) fn into_problems(self) -> Vec<FieldProblem> {
        self.0
    }
}
