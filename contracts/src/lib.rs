//! The shared data dictionary of the country: every service's name, request, answer and errors - and nothing else.
//!
//! A system never depends on another system. It sees the modules of this crate, one a system, and reaches that system
//! through the exchange. Whatever two systems both say is said here once, under one name.

pub mod agencies;
pub mod civil_status;
pub mod context;
pub mod events;
pub mod identifiers;
pub mod identity;
pub mod insurance;
pub mod one_door;
pub mod operation;
pub mod person;
pub mod population;
pub mod portal;
pub mod problem;
pub mod procedures;
pub mod reporting;

pub use context::{Context, LegalBasis, Purpose};
pub use identifiers::{MemberId, ServiceId, SystemId};
pub use operation::{Effect, Operation, OperationFacts};
pub use person::{PersonName, PersonalNumber, Sex};
pub use problem::{FieldProblem, Problem};

/// Every operation of every system, in the order of the house. Documents, access rules and tests are made from this
/// list, so an operation that is missing here does not exist.
pub fn operations() -> Vec<OperationFacts> {
    let mut all = Vec::new();
    all.extend(agencies::operations());
    all.extend(procedures::operations());
    all.extend(identity::operations());
    all.extend(population::operations());
    all.extend(civil_status::operations());
    all.extend(insurance::operations());
    all.extend(one_door::operations());
    all.extend(portal::operations());
    all.extend(reporting::operations());
    all
}
