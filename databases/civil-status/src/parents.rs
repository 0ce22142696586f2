//! The automatic checks of the registrar's page: what the population database says of the parents.

use crate::{
    model::Application,
    rules::{self, Comparison},
};
use contracts::{
    Context, Purpose,
    civil_status::Parent,
    population::{LookUp, LookUpPerson, PersonField, Verification, VerifyPerson},
};
use system::Exchange;

/// What the population database says of one parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ParentCheck {
    /// Number, name and date of birth belong to one living person.
    pub(crate) identity: Comparison,
    /// Ethnic group.
    pub(crate) ethnicity: Comparison,
    /// Nationality.
    pub(crate) nationality: Comparison,
    /// Commune of residence.
    pub(crate) residence: Comparison,
}

impl ParentCheck {
    const UNKNOWN: Self = Self::of_identity(Comparison::Unknown);

    const fn of_identity(identity: Comparison) -> Self {
        let unknown = Comparison::Unknown;
        Self { identity, ethnicity: unknown, nationality: unknown, residence: unknown }
    }
}

/// Checks a parent of an application, for the official who asks.
pub(crate) async fn check(
    exchange: &Exchange,
    application: &Application,
    parent: &Parent,
    official: &str,
) -> ParentCheck {
    let Some(number) = parent.number else { return ParentCheck::UNKNOWN };
    let context = Context::new(Purpose::CIVIL_STATUS, crate::tasks::REGISTRATION_BASIS)
        .by(official)
        .in_case(&application.content.dossier);
    let asked = Verification { number, name: parent.name.full(), birth_date: parent.birth_date };
    match exchange.call::<VerifyPerson>(&asked, &context).await {
        Err(error) => {
            tracing::info!(%error, "a parent can't be verified; the page says unknown");
            ParentCheck::UNKNOWN
        }
        // Of somebody who is not the one the form names, nothing more is asked.
        Ok(verified) if !verified.answer.matches => ParentCheck::of_identity(Comparison::Differs),
        Ok(_) => {
            let fields = vec![PersonField::Ethnicity, PersonField::Nationality, PersonField::Residence];
            let wanted = LookUp { number, fields, valid_on: None, known_at: None };
            let known = exchange.call::<LookUpPerson>(&wanted, &context).await;
            let [ethnicity, nationality, residence] =
                known.map_or([Comparison::Unknown; 3], |known| rules::compare(parent, &known.answer));
            ParentCheck { identity: Comparison::Match, ethnicity, nationality, residence }
        }
    }
}
