//! The automatic check of the applicant against the population database.

use crate::{FACTS, model::Dossier};
use contracts::{
    Context, Purpose,
    civil_status::Declarant,
    one_door::Form,
    population::{Verification, VerifyPerson},
};
use jiff::civil::Date;
use system::Room;

/// The provision under which a one-door checks who hands in a dossier (Decree 61/2018/ND-CP article 17).
pub(crate) const RECEPTION_BASIS: &str = "61/2018/ND-CP:17";

/// How the applicant compares with the population database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ApplicantCheck {
    /// Number, name and birth date belong to one living person.
    Matches,
    /// They do not.
    Differs,
    /// The database can't be asked now.
    Unavailable,
    /// The form does not say when the applicant was born.
    NotComparable,
}

/// Compares the applicant with the population database, for this officer.
pub(crate) async fn check(room: &Room, dossier: &Dossier, officer: &str) -> ApplicantCheck {
    let Some(birth_date) = birth_date(&dossier.form) else { return ApplicantCheck::NotComparable };
    let asked = Verification { number: dossier.applicant, name: dossier.applicant_name.clone(), birth_date };
    let context = Context::new(Purpose::PROCEDURE, RECEPTION_BASIS)
        .by(officer)
        .in_case(&dossier.case(&room.member.code));
    match room.exchange.call::<VerifyPerson>(&asked, &context).await {
        Ok(verified) if verified.answer.matches => ApplicantCheck::Matches,
        Ok(_) => ApplicantCheck::Differs,
        Err(error) => {
            tracing::warn!(system = FACTS.code, %error, "an applicant can't be compared with the population database");
            ApplicantCheck::Unavailable
        }
    }
}

/// The applicant's birth date, when they are one of the parents on the form.
fn birth_date(form: &Form) -> Option<Date> {
    let Form::Birth(birth) = form;
    let parent = match birth.declarant {
        Declarant::Mother => birth.mother.as_ref(),
        Declarant::Father => birth.father.as_ref(),
        Declarant::Grandparent | Declarant::OtherRelative | Declarant::Carer => None,
    };
    parent.map(|parent| parent.birth_date)
}
