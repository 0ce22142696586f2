//! Accounts of organisations (Decree 69/2024/ND-CP article 12, known from secondary texts): whoever represents the organisation
//! applies, with an account of level 2 of their own; the particulars are compared with the registers, and where these know
//! nothing they are verified otherwise. That two officials do so at an office is this program's way of deciding what gives power.
//! Where an organisation has several representatives the decree asks for the consent of all: the officials see to that.

use super::mandate::{EMPLOYEE_LIMIT_DAYS, holds};
use crate::model::{Mandate, Organisation, OrganisationState};
use contracts::{PersonalNumber, identity::MandateKind};
use jiff::civil::Date;

/// Longest name and basis, in characters.
const TEXT_LIMIT_CHARACTERS: usize = 200;
/// Lengths of a tax code: of the organisation, and of a unit of it behind a hyphen.
const CODE_LENGTHS: [usize; 2] = [10, 14];

/// A tax code (*mã số thuế*, also the number of an enterprise): ten digits, or these, a hyphen and three more.
pub fn is_code(text: &str) -> bool {
    let (main, unit) = text.split_once('-').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    CODE_LENGTHS.contains(&text.len())
        && main.len() == CODE_LENGTHS[0]
        && (unit.is_empty() == (text.len() == CODE_LENGTHS[0]))
        && are_digits(main)
        && are_digits(unit)
}

/// What of an application can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationFault {
    /// The code is no tax code.
    Code,
    /// The name is missing, or too long.
    Name,
    /// What it rests on is missing, or too long.
    Basis,
}

/// What of an application can't be taken.
pub fn check_application(code: &str, name: &str, basis: &str) -> Vec<ApplicationFault> {
    let is_text = |text: &str| {
        !text.trim().is_empty()
            && text.chars().count() <= TEXT_LIMIT_CHARACTERS
            && !text.chars().any(char::is_control)
    };
    [
        (is_code(code), ApplicationFault::Code),
        (is_text(name), ApplicationFault::Name),
        (is_text(basis), ApplicationFault::Basis),
    ]
    .into_iter()
    .filter_map(|(is_good, fault)| (!is_good).then_some(fault))
    .collect()
}

/// A register says that somebody represents an organisation on a day: a system noted it that is not this one.
pub fn is_of_register(mandate: &Mandate, own_system: &str, day: Date) -> bool {
    mandate.kind == MandateKind::Organisation
        && mandate.organisation.is_none()
        && mandate.registered_by != own_system
        && holds(mandate, day)
}

/// Whether a register's word alone makes somebody the representative of an account that has another one: only where the other
/// no longer represents the organisation. Where both do, an office decides.
pub fn takes_over(current: &Mandate, day: Date) -> bool {
    !holds(current, day)
}

/// Somebody may decide about an application: not about their own, nor about who they themselves represent, nor what they checked.
pub fn may_decide(official: &str, applicant: PersonalNumber, present: Option<PersonalNumber>) -> bool {
    let official: Option<PersonalNumber> = official.parse().ok();
    official.is_some_and(|official| official != applicant && Some(official) != present)
}

/// Who changes an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// Who represents the organisation.
    Representative,
    /// An office.
    Office,
}

/// What is done with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nobody acts in its name for the time being.
    Lock,
    /// They may again.
    Unlock,
    /// For ever.
    Close,
}

/// The state after a change; `None` where this hand may not make it. What takes power away takes one official; what an office has
/// locked is opened as an account is, by an application that two approve.
pub fn after(state: OrganisationState, change: Change, by: Hand) -> Option<OrganisationState> {
    use OrganisationState::{Active, Closed, Locked, LockedByOffice};
    match (state, change, by) {
        (Active, Change::Lock, Hand::Representative) => Some(Locked),
        (Active | Locked, Change::Lock, Hand::Office) => Some(LockedByOffice),
        (Locked, Change::Unlock, Hand::Representative) => Some(Active),
        (Active | Locked, Change::Close, _) | (LockedByOffice, Change::Close, Hand::Office) => Some(Closed),
        _ => None,
    }
}

/// Why an employee gets no mandate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmployeeFault {
    /// The giver does not represent the organisation.
    NotYours,
    /// The account is not active.
    NotActive,
    /// The employee is the giver.
    Oneself,
    /// It ends before it begins, or is over, or lasts for too long, or longer than the giver represents the organisation.
    Days,
}

/// What is wrong with a mandate for an employee, from a day until the first day it no longer holds (Civil Code 91/2015/QH13
/// article 138). `own` is what the giver represents the organisation by.
pub fn check_employee(
    organisation: &Organisation,
    own: &Mandate,
    employee: PersonalNumber,
    (from, until): (Date, Date),
    today: Date,
) -> Vec<EmployeeFault> {
    let days = from.until(until).map_or(i32::MAX, |span| span.get_days());
    let beyond = from < own.from || own.until.is_some_and(|end| until > end);
    [
        (!holds(own, today), EmployeeFault::NotYours),
        (organisation.state != OrganisationState::Active, EmployeeFault::NotActive),
        (employee == own.holder, EmployeeFault::Oneself),
        (until <= from || until <= today || days > EMPLOYEE_LIMIT_DAYS || beyond, EmployeeFault::Days),
    ]
    .into_iter()
    .filter_map(|(is_wrong, fault)| is_wrong.then_some(fault))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{Timestamp, civil::date};
    use uuid::Uuid;

    const TODAY: Date = date(2026, 11, 21);

    fn number(text: &str) -> PersonalNumber {
        text.parse().unwrap()
    }

    fn own() -> Mandate {
        Mandate {
            id: Uuid::nil(),
            holder: number("001190000001"),
            kind: MandateKind::Organisation,
            subject: "0100233488".into(),
            subject_name: "Công ty A".into(),
            basis: "Giấy chứng nhận".into(),
            from: date(2026, 1, 1),
            until: Some(date(2027, 11, 1)),
            registered_by: "VN/GOV/G05/enterprises".into(),
            organisation: None,
        }
    }

    fn organisation() -> Organisation {
        Organisation {
            id: Uuid::nil(),
            code: "0100233488".into(),
            name: "Công ty A".into(),
            representative: Uuid::nil(),
            representation: Uuid::nil(),
            state: OrganisationState::Active,
            version: 1,
            opened_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_code_is_a_tax_code() {
        for (text, expected) in [
            ("0100233488", true),
            ("0100233488-001", true),
            ("010023348", false),
            ("01002334880001", false),
            ("0100233488-01", false),
            ("0100233488-00a", false),
            ("010023348-0001", false),
            ("0100233488-", false),
            ("٠١٠٠٢٣٣٤٨٨", false),
            ("", false),
        ] {
            assert_eq!(is_code(text), expected, "{text}");
        }
    }

    #[test]
    fn applications_are_checked() {
        use ApplicationFault::{Basis, Code, Name};
        for (code, name, basis, expected) in [
            ("0100233488", "Công ty A", "Giấy chứng nhận", vec![]),
            ("1", " ", "a\u{7}", vec![Code, Name, Basis]),
            ("0100233488", &*"x".repeat(201), "b", vec![Name]),
        ] {
            assert_eq!(check_application(code, name, basis), expected, "{code} {name} {basis}");
        }
    }

    #[test]
    fn a_register_says_who_represents() {
        type Spoil = fn(&mut Mandate);
        let cases: [(&str, Spoil, bool); 6] = [
            ("good", |_| (), true),
            ("for a child", |own| own.kind = MandateKind::Child, false),
            ("of an employee", |own| own.organisation = Some(Uuid::nil()), false),
            ("our own word", |own| own.registered_by = "identity".into(), false),
            ("over", |own| own.until = Some(TODAY), false),
            ("not yet", |own| own.from = date(2026, 11, 22), false),
        ];
        for (case, spoil, expected) in cases {
            let mut own = own();
            spoil(&mut own);
            assert_eq!(is_of_register(&own, "identity", TODAY), expected, "{case}");
        }
        assert!(!takes_over(&own(), TODAY) && takes_over(&own(), date(2027, 11, 1)));
    }

    #[test]
    fn nobody_decides_for_themselves() {
        let (applicant, present) = (number("001190000001"), number("001190000002"));
        for (official, expected) in
            [("001190000003", true), ("001190000001", false), ("001190000002", false), ("x", false)]
        {
            assert_eq!(may_decide(official, applicant, Some(present)), expected, "{official}");
        }
        assert!(may_decide("001190000002", applicant, None));
    }

    #[test]
    fn what_an_office_locks_it_alone_opens() {
        use Change::{Close, Lock, Unlock};
        use Hand::{Office, Representative};
        use OrganisationState::{Active, Closed, Locked, LockedByOffice};
        let allowed = [
            (Active, Lock, Representative, Locked),
            (Active, Lock, Office, LockedByOffice),
            (Locked, Lock, Office, LockedByOffice),
            (Locked, Unlock, Representative, Active),
            (Active, Close, Representative, Closed),
            (Active, Close, Office, Closed),
            (Locked, Close, Representative, Closed),
            (Locked, Close, Office, Closed),
            (LockedByOffice, Close, Office, Closed),
        ];
        for state in OrganisationState::ALL {
            for change in [Lock, Unlock, Close] {
                for by in [Representative, Office] {
                    let expected = allowed
                        .iter()
                        .find(|(s, c, b, _)| (*s, *c, *b) == (state, change, by))
                        .map(|(.., next)| *next);
                    assert_eq!(after(state, change, by), expected, "{state:?} {change:?} {by:?}");
                }
            }
        }
    }

    #[test]
    fn employees_act_for_an_account_that_is_active() {
        use EmployeeFault::{Days, NotActive, NotYours, Oneself};
        type Spoil = fn(&mut Organisation, &mut Mandate, &mut (&str, Date, Date));
        let cases: [(&str, Spoil, &[EmployeeFault]); 11] = [
            ("good", |_, _, _| (), &[]),
            ("locked", |o, _, _| o.state = OrganisationState::Locked, &[NotActive]),
            ("closed", |o, _, _| o.state = OrganisationState::Closed, &[NotActive]),
            ("no longer represented", |_, own, _| own.until = Some(TODAY), &[NotYours, Days]),
            ("oneself", |_, _, g| g.0 = "001190000001", &[Oneself]),
            ("backwards", |_, _, g| g.2 = g.1, &[Days]),
            ("over", |_, _, g| (g.1, g.2) = (date(2026, 11, 1), TODAY), &[Days]),
            ("a year and a day", |_, _, g| g.2 = date(2027, 11, 22), &[Days]),
            (
                "longer than one's own",
                |_, own, g| (own.until, g.2) = (Some(date(2027, 1, 1)), date(2027, 2, 1)),
                &[Days],
            ),
            ("before one's own", |_, own, g| (own.from, g.1) = (TODAY, date(2026, 11, 20)), &[Days]),
            (
                "all at once",
                |o, own, g| {
                    (o.state, own.until, g.0) = (OrganisationState::Closed, Some(TODAY), "001190000001")
                },
                &[NotYours, NotActive, Oneself, Days],
            ),
        ];
        for (case, spoil, expected) in cases {
            let (mut organisation, mut own) = (organisation(), own());
            let mut given = ("001180000012", TODAY, date(2026, 12, 24));
            spoil(&mut organisation, &mut own, &mut given);
            let (employee, from, until) = given;
            let faults = check_employee(&organisation, &own, number(employee), (from, until), TODAY);
            assert_eq!(faults, expected, "{case}");
        }
    }
}
