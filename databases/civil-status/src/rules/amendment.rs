//! Correction and change of what is registered (Law 60/2014/QH13 articles 26 to 28; Decree 123/2015/ND-CP article 7).

use super::{Faults, check_application};
use crate::model::{AmendmentKind, EntryVersion};
use contracts::{
    FieldProblem, PersonName, PersonalNumber,
    civil_status::{BirthApplication, BirthForm},
    person::Address,
    population,
};
use jiff::{Span, Timestamp, civil::Date};
use uuid::Uuid;

/// Shortest reason for an amendment.
pub const AMENDMENT_REASON_MIN_CHARACTERS: usize = 10;
/// Longest reason for an amendment.
pub const AMENDMENT_REASON_LIMIT_CHARACTERS: usize = 1_000;
/// Longest legal basis.
const LEGAL_BASIS_LIMIT_CHARACTERS: usize = 200;
/// From this age a person's name is changed only with their consent (Civil Code 91/2015/QH13 article 27(2)).
const CONSENT_FROM_YEARS: i16 = 9;

/// The particulars of the child that an amendment can change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The right name.
    pub name: PersonName,
    /// The right place of birth.
    pub birth_place: Address,
    /// The right ancestral home.
    pub hometown: Address,
    /// The right ethnic group.
    pub ethnicity: String,
}

/// What a registrar wants to amend, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmendmentRequest {
    /// Correction or change.
    pub kind: AmendmentKind,
    /// The particulars as they should be; those that stay are repeated.
    pub change: Change,
    /// Why.
    pub reason: String,
    /// On what legal basis.
    pub legal_basis: String,
    /// The person whose name it is consents.
    pub consent: bool,
}

/// That an entry was registered against the law, and the decision that says so (Law 60/2014/QH13 articles 12(2), 70 and 71).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnulmentRequest {
    /// The decision.
    pub legal_basis: String,
    /// Why.
    pub reason: String,
}

impl AnnulmentRequest {
    /// What of it can't be taken.
    pub fn faults(&self) -> Vec<FieldProblem> {
        let mut faults = Faults::default();
        check_grounds(&self.reason, &self.legal_basis, &mut faults);
        faults.into_problems()
    }
}

/// What the entry says after the amendment.
pub fn amended(form: &BirthForm, change: &Change) -> BirthForm {
    let mut amended = form.clone();
    amended.child.name = change.name.clone();
    amended.child.birth_place = change.birth_place.clone();
    amended.child.hometown = change.hometown.clone();
    amended.child.ethnicity.clone_from(&change.ethnicity);
    amended
}

/// From which day the amended particulars are true: a correction from birth, a change from the day of the change.
pub fn valid_from(kind: AmendmentKind, form: &BirthForm, today: Date) -> Date {
    match kind {
        AmendmentKind::Correction => form.child.birth_date,
        AmendmentKind::Change => today,
    }
}

/// What of an amendment can't be taken. `application` is the entry's present content in the frame in which it was
/// filed, so that what is amended is held to the rules of registration.
pub fn check_amendment(
    application: &BirthApplication,
    request: &AmendmentRequest,
    now: Timestamp,
    today: Date,
) -> Vec<FieldProblem> {
    let mut faults = Faults::default();
    let form = &application.form;
    let changed = amended(form, &request.change);
    if changed == *form {
        faults.add(
            "form",
            "nothing-changed",
            "Chưa có thông tin nào được sửa. Hãy sửa ít nhất một mục.",
            "Nothing is changed. Change at least one particular.",
        );
    }
    check_grounds(&request.reason, &request.legal_basis, &mut faults);
    let renamed = changed.child.name != form.child.name;
    if renamed && request.kind == AmendmentKind::Change && needs_consent(form, today) && !request.consent {
        faults.add(
            "consent",
            "consent-needed",
            "Thay đổi họ, tên của người từ đủ 9 tuổi phải có sự đồng ý của người đó (Bộ luật Dân sự, Điều 27 khoản 2).",
            "Changing the name of a person of nine years or more needs that person's consent (Civil Code article 27(2)).",
        );
    }
    let mut problems = faults.into_problems();
    let reframed = BirthApplication { form: changed, ..application.clone() };
    problems
        .extend(check_application(&reframed, now).into_iter().filter(|p| p.field.starts_with("form.child.")));
    problems
}

fn check_grounds(reason: &str, legal_basis: &str, faults: &mut Faults) {
    let characters = reason.trim().chars().count();
    if !(AMENDMENT_REASON_MIN_CHARACTERS..=AMENDMENT_REASON_LIMIT_CHARACTERS).contains(&characters) {
        faults.add(
            "reason",
            "reason",
            "Hãy ghi lý do, từ 10 đến 1.000 ký tự.",
            "Give the reason in 10 to 1,000 characters.",
        );
    }
    if legal_basis.trim().is_empty() || legal_basis.chars().count() > LEGAL_BASIS_LIMIT_CHARACTERS {
        faults.add(
            "legal_basis",
            "legal-basis",
            "Hãy ghi căn cứ pháp lý, tối đa 200 ký tự, ví dụ: Điều 28 Luật Hộ tịch số 60/2014/QH13.",
            "Give the legal basis in at most 200 characters, for example: article 28 of Law 60/2014/QH13.",
        );
    }
}

fn needs_consent(form: &BirthForm, today: Date) -> bool {
    form.child
        .birth_date
        .checked_add(Span::new().years(CONSENT_FROM_YEARS))
        .is_ok_and(|ninth_birthday| ninth_birthday <= today)
}

/// What the population database has to correct after an amendment.
pub fn corrected_fields(
    child: PersonalNumber,
    amendment: Uuid,
    before: &EntryVersion,
    after: &EntryVersion,
) -> population::Correction {
    fn changed<T: PartialEq + Clone>(before: &T, after: &T) -> Option<T> {
        (before != after).then(|| after.clone())
    }
    let (before, after) = (&before.form.child, &after.form.child);
    population::Correction {
        number: child,
        registration: amendment,
        name: changed(&before.name, &after.name),
        birth_place: changed(&before.birth_place, &after.birth_place),
        hometown: changed(&before.hometown, &after.hometown),
        ethnicity: changed(&before.ethnicity, &after.ethnicity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use jiff::civil::date;

    fn request(change: impl FnOnce(&mut AmendmentRequest)) -> AmendmentRequest {
        let child = samples::application("H26-1").form.child;
        let mut request = AmendmentRequest {
            kind: AmendmentKind::Correction,
            change: Change {
                name: PersonName { given: "Anh".into(), ..child.name },
                birth_place: child.birth_place,
                hometown: child.hometown,
                ethnicity: child.ethnicity,
            },
            reason: "Ghi nhầm tên so với giấy chứng sinh".into(),
            legal_basis: "Điều 28 Luật Hộ tịch số 60/2014/QH13".into(),
            consent: false,
        };
        change(&mut request);
        request
    }

    fn faults(request: &AmendmentRequest, today: Date) -> Vec<String> {
        let application = samples::application("H26-1");
        let now = "2026-11-21T03:00:00Z".parse().unwrap();
        check_amendment(&application, request, now, today)
            .into_iter()
            .map(|p| format!("{}: {}", p.field, p.code))
            .collect()
    }

    #[test]
    fn amendments_are_checked() {
        type Case = (fn(&mut AmendmentRequest), Date, &'static [&'static str]);
        let child = samples::application("H26-1").form.child.name;
        assert_eq!(child.given, "An");
        let (soon, in_nine_years) = (date(2026, 12, 1), date(2035, 11, 11));
        let cases: &[Case] = &[
            (|_| (), soon, &[]),
            (|r| r.change.name.given = "An".into(), soon, &["form: nothing-changed"]),
            (|r| r.reason = "sai".into(), soon, &["reason: reason"]),
            (|r| r.reason = "x".repeat(1_001), soon, &["reason: reason"]),
            (|r| r.legal_basis = " ".into(), soon, &["legal_basis: legal-basis"]),
            (|r| r.change.name.given = "An7".into(), soon, &["form.child.name.given: digit-in-name"]),
            (|r| r.change.ethnicity = "05".into(), soon, &["form.child.ethnicity: not-a-parents-ethnicity"]),
            (|r| r.kind = AmendmentKind::Change, in_nine_years, &["consent: consent-needed"]),
            (|r| (r.kind, r.consent) = (AmendmentKind::Change, true), in_nine_years, &[]),
            (|r| r.kind = AmendmentKind::Change, date(2035, 11, 10), &[]),
            (|_| (), in_nine_years, &[]),
        ];
        for (number, (change, today, expected)) in cases.iter().enumerate() {
            assert_eq!(faults(&request(change), *today), *expected, "case {number}");
        }
    }

    #[test]
    fn a_correction_holds_from_birth_and_a_change_from_its_day() {
        let form = samples::application("H26-1").form;
        let today = date(2030, 1, 2);
        assert_eq!(valid_from(AmendmentKind::Correction, &form, today), form.child.birth_date);
        assert_eq!(valid_from(AmendmentKind::Change, &form, today), today);
    }
}
