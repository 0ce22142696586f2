//! Who may act for whom, and when.

use super::organisation::is_code;
use crate::model::Mandate;
use contracts::{
    FieldProblem, PersonalNumber,
    identity::{MandateKind, MandateRegistration},
    population::PersonView,
};
use jiff::{Span, civil::Date};

/// Until which age parents act for a child, in years (Civil Code 91/2015/QH13 articles 20 and 136).
const CHILD_YEARS: i16 = 18;
/// Longest text of a registration, in characters.
const TEXT_LIMIT_CHARACTERS: usize = 200;

/// Why somebody may not act for a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotParent {
    /// The register names others as parents, or says nothing.
    Other,
    /// The child is grown up.
    Grown,
}

/// The first day on which a parent no longer acts for the child of this record.
///
/// # Errors
/// [`NotParent`].
pub fn parental_until(child: &PersonView, parent: PersonalNumber, today: Date) -> Result<Date, NotParent> {
    let parents = [&child.mother, &child.father];
    let is_parent = parents.into_iter().flatten().any(|relative| relative.number == Some(parent));
    let (true, None, Some(birth_date)) = (is_parent, child.death_date, child.birth_date) else {
        return Err(NotParent::Other);
    };
    let until = birth_date.checked_add(Span::new().years(CHILD_YEARS)).unwrap_or(Date::MAX);
    if until <= today { Err(NotParent::Grown) } else { Ok(until) }
}

/// The mandate holds on a day.
pub fn holds(mandate: &Mandate, day: Date) -> bool {
    mandate.from <= day && mandate.until.is_none_or(|until| day < until)
}

/// For how long who represents an organisation has an employee act for it at most, in days.
pub const EMPLOYEE_LIMIT_DAYS: i32 = 366;

/// The provision by which who represents an organisation has others act for it.
pub const EMPLOYEE_BASIS: &str = "91/2015/QH13:138";

/// What of a registration can't be taken.
pub fn check(registration: &MandateRegistration) -> Vec<FieldProblem> {
    let mut faults = Vec::new();
    let mut fault = |is_wrong: bool, field: &str, vi: &str, en: &str| {
        if is_wrong {
            let (field, code) = (field.to_owned(), "malformed".to_owned());
            faults.push(FieldProblem { field, code, vi: vi.into(), en: en.into() });
        }
    };
    let is_subject = match registration.kind {
        MandateKind::Represented => registration.subject.parse::<PersonalNumber>().is_ok(),
        MandateKind::Organisation => is_code(&registration.subject),
        // Parents are known from the population register, not from registrations.
        MandateKind::Child => false,
    };
    fault(
        !is_subject,
        "subject",
        "Ghi số định danh 12 chữ số của người được đại diện, hoặc mã số thuế của tổ chức.",
        "Give the personal number of the person represented, or the tax code of the organisation.",
    );
    for (field, text) in [("subject_name", &registration.subject_name), ("basis", &registration.basis)] {
        let is_wrong = text.trim().is_empty()
            || text.chars().count() > TEXT_LIMIT_CHARACTERS
            || text.chars().any(char::is_control);
        fault(is_wrong, field, "Ghi bằng chữ, tối đa 200 ký tự.", "Write it in letters, at most 200.");
    }
    fault(
        registration.until.is_some_and(|until| until <= registration.from),
        "until",
        "Ngày hết hiệu lực phải sau ngày bắt đầu.",
        "The end comes after the beginning.",
    );
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::{PersonName, population::Relative};
    use jiff::civil::date;
    use uuid::Uuid;

    const MOTHER: &str = "001190000001";

    fn child() -> PersonView {
        let mother = Relative {
            number: Some(MOTHER.parse().unwrap()),
            name: PersonName::split("Nguyễn Thị An").unwrap(),
        };
        PersonView {
            number: "001226000001".parse().unwrap(),
            name: None,
            birth_date: Some(date(2012, 11, 21)),
            sex: None,
            ethnicity: None,
            nationality: None,
            birth_place: None,
            hometown: None,
            marital_status: None,
            mother: Some(mother),
            father: None,
            spouse: None,
            residence: None,
            death_date: None,
        }
    }

    #[test]
    fn parents_act_for_their_children_until_these_are_grown() {
        let until = date(2030, 11, 21);
        type Case = (&'static str, fn(&mut PersonView), &'static str, Date, Result<Date, NotParent>);
        let cases: [Case; 7] = [
            ("the mother", |_| (), MOTHER, date(2026, 11, 21), Ok(until)),
            ("on the last day", |_| (), MOTHER, date(2030, 11, 20), Ok(until)),
            ("grown", |_| (), MOTHER, until, Err(NotParent::Grown)),
            ("somebody else", |_| (), "001190000002", date(2026, 11, 21), Err(NotParent::Other)),
            ("nobody named", |c| c.mother = None, MOTHER, date(2026, 11, 21), Err(NotParent::Other)),
            (
                "dead",
                |c| c.death_date = Some(date(2020, 1, 1)),
                MOTHER,
                date(2026, 1, 1),
                Err(NotParent::Other),
            ),
            ("no birth date", |c| c.birth_date = None, MOTHER, date(2026, 1, 1), Err(NotParent::Other)),
        ];
        for (case, change, parent, today, expected) in cases {
            let mut child = child();
            change(&mut child);
            assert_eq!(parental_until(&child, parent.parse().unwrap(), today), expected, "{case}");
        }
    }

    #[test]
    fn registrations_are_checked() {
        type Change = fn(&mut MandateRegistration);
        let cases: [(Change, &[&str]); 10] = [
            (|_| (), &[]),
            (|m| m.subject = "0100233488-001".into(), &[]),
            (|m| (m.kind, m.subject) = (MandateKind::Represented, MOTHER.into()), &[]),
            (|m| m.kind = MandateKind::Represented, &["subject"]),
            (|m| m.kind = MandateKind::Child, &["subject"]),
            (|m| m.subject = "01002334880001".into(), &["subject"]),
            (|m| m.subject = "٠١٠٠٢٣٣٤٨٨".into(), &["subject"]),
            (|m| m.subject_name = " ".into(), &["subject_name"]),
            (|m| m.basis = "a\u{7}".into(), &["basis"]),
            (|m| m.until = Some(m.from), &["until"]),
        ];
        for (number, (change, expected)) in cases.into_iter().enumerate() {
            let mut registration = MandateRegistration {
                mandate: Uuid::nil(),
                holder: MOTHER.parse().unwrap(),
                kind: MandateKind::Organisation,
                subject: "0100233488".into(),
                subject_name: "Công ty A".into(),
                basis: "Giấy chứng nhận đăng ký doanh nghiệp".into(),
                from: date(2026, 1, 1),
                until: None,
            };
            change(&mut registration);
            let found: Vec<String> = check(&registration).into_iter().map(|fault| fault.field).collect();
            assert_eq!(found, expected, "case {number}");
        }
    }
}
