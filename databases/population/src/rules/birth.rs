//! What must hold before a newborn gets a number (Law 60/2014/QH13 articles 14-16, Law 26/2023/QH15 article 12).

use super::{
    fault,
    particulars::{
        FIRST_BIRTH_DATE, check_address, check_commune, check_ethnicity, check_name, check_nationality,
    },
};
use crate::model::{Kin, LifeEvent, Person, comparable};
use contracts::{
    FieldProblem, PersonName, Problem, Sex,
    population::{MaritalStatus, Newborn, Relative},
};
use jiff::{SignedDuration, Span, civil::Date};
use std::{collections::BTreeMap, sync::LazyLock};

/// Youngest age at which someone can have become a parent, in years.
pub const PARENT_MINIMUM_AGE_YEARS: i16 = 12;
/// How long after the father's death a child of his can be born, in days (Law 52/2014/QH13 article 88).
pub const BIRTH_AFTER_FATHERS_DEATH_LIMIT_DAYS: i64 = 300;

/// What was sent, checked by itself, in the form the register keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedNewborn {
    /// The name.
    pub name: PersonName,
    /// Number of the ethnic group's code.
    pub ethnicity: u8,
}

/// Checks what can be checked without looking at other records.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check_newborn(newborn: &Newborn, today: Date) -> Result<CheckedNewborn, Vec<FieldProblem>> {
    let mut faults = Vec::new();
    let name = check_name("name", &newborn.name, &mut faults);
    let ethnicity = check_ethnicity(&newborn.ethnicity, &mut faults);
    check_nationality(&newborn.nationality, &mut faults);
    check_address("birth_place", &newborn.birth_place, &mut faults);
    check_address("hometown", &newborn.hometown, &mut faults);
    check_commune("registered_at", &newborn.registered_at, &mut faults);
    for (field, relative) in [("mother.name", &newborn.mother), ("father.name", &newborn.father)] {
        if let Some(relative) = relative {
            check_name(field, &relative.name, &mut faults);
        }
    }
    if newborn.birth_date > today {
        faults.push(fault(
            "birth_date",
            "in-the-future",
            "Ngày sinh ở tương lai. Hãy kiểm tra lại ngày, tháng, năm.",
            "The date of birth is in the future. Check day, month and year.",
        ));
    }
    if newborn.birth_date < FIRST_BIRTH_DATE {
        faults.push(fault(
            "birth_date",
            "before-1900",
            "Ngày sinh trước năm 1900. Hãy kiểm tra lại năm.",
            "The date of birth is before 1900. Check the year.",
        ));
    }
    if faults.is_empty() { Ok(CheckedNewborn { name, ethnicity }) } else { Err(faults) }
}

/// Which parent is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parent {
    /// Mẹ.
    Mother,
    /// Cha.
    Father,
}

/// Checks a parent who was given by number against the record found under it.
pub fn check_parent(
    parent: Parent,
    given: &Relative,
    found: Option<&Person>,
    birth_date: Date,
) -> Vec<FieldProblem> {
    let field = match parent {
        Parent::Mother => "mother.number",
        Parent::Father => "father.number",
    };
    let Some(person) = found else {
        return vec![fault(
            field,
            "unknown-number",
            "Không có ai mang số định danh này. Hãy kiểm tra lại số.",
            "Nobody has this personal number. Check the number.",
        )];
    };
    let mut faults = Vec::new();
    if comparable(&person.name.full()) != comparable(&given.name.full()) {
        faults.push(fault(
            field,
            "another-name",
            "Họ tên không khớp với số định danh. Hãy kiểm tra lại cả hai.",
            "Name and personal number don't belong together. Check both.",
        ));
    }
    let (sex, code, vi, en) = match parent {
        Parent::Mother => (
            Sex::Female,
            "not-a-woman",
            "Số định danh của mẹ là của một người nam.",
            "The mother's number is a man's.",
        ),
        Parent::Father => (
            Sex::Male,
            "not-a-man",
            "Số định danh của cha là của một người nữ.",
            "The father's number is a woman's.",
        ),
    };
    if person.sex != sex {
        faults.push(fault(field, code, vi, en));
    }
    let grown = person.birth_date.checked_add(Span::new().years(PARENT_MINIMUM_AGE_YEARS));
    if grown.is_ok_and(|grown| birth_date < grown) {
        faults.push(fault(
            field,
            "too-young",
            "Cha, mẹ phải hơn con ít nhất 12 tuổi. Hãy kiểm tra lại ngày sinh và số định danh.",
            "A parent is at least 12 years older than the child. Check the date of birth and the number.",
        ));
    }
    if !could_be_alive(parent, person, birth_date) {
        faults.push(fault(
            field,
            "had-died",
            "Người này đã chết trước khi trẻ được sinh ra. Hãy kiểm tra lại ngày sinh và số định danh.",
            "This person had died before the child was born. Check the date of birth and the number.",
        ));
    }
    faults
}

fn could_be_alive(parent: Parent, person: &Person, birth_date: Date) -> bool {
    let days = match parent {
        Parent::Mother => 0,
        Parent::Father => BIRTH_AFTER_FATHERS_DEATH_LIMIT_DAYS,
    };
    let last = |death: Date| death.saturating_add(SignedDuration::from_hours(24 * days));
    person.death_date.is_none_or(|death| birth_date <= last(death))
}

/// The child is one of these: same name, same birth date, a parent in common. Twins differ in name.
pub fn is_registered_among(namesakes: &[Person], newborn: &Newborn) -> bool {
    let name = comparable(&newborn.name.full());
    namesakes.iter().any(|person| {
        person.birth_date == newborn.birth_date
            && comparable(&person.name.full()) == name
            && (same_kin(newborn.mother.as_ref(), person.mother.as_ref())
                || same_kin(newborn.father.as_ref(), person.father.as_ref()))
    })
}

fn same_kin(given: Option<&Relative>, recorded: Option<&Kin>) -> bool {
    match (given.and_then(|relative| relative.number), recorded) {
        (Some(number), Some(kin)) => kin.number() == Some(number),
        _ => false,
    }
}

/// The refusal of a child that has a number already.
pub fn already_registered() -> Problem {
    Problem::new(
        409,
        "already-registered",
        "Trẻ này đã được đăng ký khai sinh và có số định danh. Hãy tra cứu thay vì đăng ký lại.",
        "This child's birth is registered and has a number. Look the child up instead of registering again.",
    )
}

/// What an event that was taken in before means for one that is sent now: the same again, or another under its id.
///
/// # Errors
/// `other-content` (409) when the id was used for something else.
pub fn same_event(known: &LifeEvent, digest: &[u8; 32]) -> Result<(), Problem> {
    if known.digest == *digest {
        return Ok(());
    }
    Err(Problem::new(
        409,
        "other-content",
        "Mã đăng ký này đã được gửi với nội dung khác. Hãy gửi đúng nội dung cũ, hoặc dùng mã mới.",
        "This registration was sent before with other content. Send what was sent, or use a new registration.",
    ))
}

/// The record of a child who has just got a number.
pub fn newborn_record(
    newborn: &Newborn,
    checked: &CheckedNewborn,
    number: contracts::PersonalNumber,
) -> Person {
    Person {
        number,
        name: checked.name.clone(),
        birth_date: newborn.birth_date,
        sex: newborn.sex,
        ethnicity: checked.ethnicity,
        nationality: newborn.nationality.clone(),
        birth_place: newborn.birth_place.clone(),
        hometown: newborn.hometown.clone(),
        marital_status: MaritalStatus::Single,
        mother: newborn.mother.as_ref().map(Kin::from),
        father: newborn.father.as_ref().map(Kin::from),
        spouse: None,
        home: None,
        death_date: None,
    }
}

/// The three digits a number begins with, for births registered in a province of today (Circular 07/2016/TT-BCA annex I;
/// a merged province keeps the code of the province whose code it carries).
pub fn place_code(province: &str) -> Option<u16> {
    PLACE_CODES.get(province).copied()
}

static PLACE_CODES: LazyLock<BTreeMap<String, u16>> = LazyLock::new(|| {
    let mut table =
        csv::Reader::from_reader(&include_bytes!("../../../../data/personal_id_province_codes.csv")[..]);
    let rows = table.deserialize().map(|row| row.expect("the table of place codes is well-formed"));
    rows.filter(|(place, _, province, _): &(String, String, String, String)| {
        place.strip_prefix('0') == Some(province)
    })
    .map(|(place, _, province, _)| (province, place.parse().expect("a place code is a number")))
    .collect()
});

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::person::Address;
    use jiff::civil::date;
    use uuid::Uuid;

    fn name(full: &str) -> PersonName {
        PersonName::split(full).unwrap()
    }

    fn newborn() -> Newborn {
        let place = Address { commune: "00004".into(), detail: "Bệnh viện".into() };
        Newborn {
            registration: Uuid::nil(),
            name: name("Nguyễn Minh Anh"),
            sex: Sex::Female,
            birth_date: date(2026, 11, 1),
            birth_place: place.clone(),
            hometown: place,
            ethnicity: "01".into(),
            nationality: "VN".into(),
            registered_at: "00004".into(),
            mother: Some(Relative {
                number: Some("001195000001".parse().unwrap()),
                name: name("Trần Thị Hoà"),
            }),
            father: None,
        }
    }

    fn person(number: &str, full: &str, sex: Sex, born: Date) -> Person {
        let sent = newborn();
        let checked = CheckedNewborn { name: name(full), ethnicity: 1 };
        Person {
            sex,
            birth_date: born,
            mother: None,
            ..newborn_record(&sent, &checked, number.parse().unwrap())
        }
    }

    fn codes(faults: &[FieldProblem]) -> Vec<&str> {
        faults.iter().map(|fault| fault.code.as_str()).collect()
    }

    #[test]
    fn a_newborn_is_checked_by_itself() {
        let today = date(2026, 11, 21);
        type Change = fn(&mut Newborn);
        let cases: [(Change, &[&str]); 9] = [
            (|_| {}, &[]),
            (|n| n.birth_date = date(2026, 11, 21), &[]),
            (|n| n.birth_date = date(2026, 11, 22), &["in-the-future"]),
            (|n| n.birth_date = date(1900, 1, 1), &[]),
            (|n| n.birth_date = date(1899, 12, 31), &["before-1900"]),
            (|n| n.registered_at = "4".into(), &["not-a-commune-code"]),
            (|n| n.birth_place.commune = "abcde".into(), &["not-a-commune-code"]),
            (
                |n| {
                    n.father = Some(Relative {
                        number: None,
                        name: PersonName { family: String::new(), middle: String::new(), given: "A".into() },
                    })
                },
                &["missing"],
            ),
            (
                |n| {
                    n.ethnicity = "55".into();
                    n.nationality = "Việt Nam".into()
                },
                &["unknown-ethnic-group", "not-a-country-code"],
            ),
        ];
        for (at, (change, expected)) in cases.into_iter().enumerate() {
            let mut sent = newborn();
            change(&mut sent);
            assert_eq!(codes(&check_newborn(&sent, today).err().unwrap_or_default()), expected, "case {at}");
        }
    }

    #[test]
    fn parents_are_older_alive_and_who_they_are_said_to_be() {
        let born = date(2026, 11, 1);
        let mother = |born| person("001195000001", "Trần Thị Hòa", Sex::Female, born);
        let father = |born| person("001095000001", "Trần Thị Hoà", Sex::Male, born);
        let dead = |mut person: Person, on| {
            person.death_date = Some(on);
            Some(person)
        };
        let given = newborn().mother.unwrap();
        for (parent, found, expected) in [
            (Parent::Mother, None, vec!["unknown-number"]),
            (Parent::Mother, Some(mother(date(1995, 1, 1))), vec![]),
            (Parent::Mother, Some(mother(date(2014, 11, 1))), vec![]),
            (Parent::Mother, Some(mother(date(2014, 11, 2))), vec!["too-young"]),
            (Parent::Mother, Some(father(date(1995, 1, 1))), vec!["not-a-woman"]),
            (
                Parent::Mother,
                Some(person("001195000001", "Trần Thị Hóa", Sex::Female, date(1995, 1, 1))),
                vec!["another-name"],
            ),
            (Parent::Mother, dead(mother(date(1995, 1, 1)), born), vec![]),
            (Parent::Mother, dead(mother(date(1995, 1, 1)), date(2026, 10, 31)), vec!["had-died"]),
            (Parent::Father, Some(father(date(1995, 1, 1))), vec![]),
            (Parent::Father, Some(father(date(2020, 1, 1))), vec!["too-young"]),
            (Parent::Father, Some(mother(date(1995, 1, 1))), vec!["not-a-man"]),
            (Parent::Father, dead(father(date(1995, 1, 1)), date(2026, 1, 5)), vec![]),
            (Parent::Father, dead(father(date(1995, 1, 1)), date(2026, 1, 4)), vec!["had-died"]),
        ] {
            assert_eq!(
                codes(&check_parent(parent, &given, found.as_ref(), born)),
                expected,
                "{parent:?} {found:?}"
            );
        }
    }

    #[test]
    fn a_child_is_registered_once_and_twins_twice() {
        let sent = newborn();
        let recorded = |full: &str, born, mother: &str| Person {
            mother: Some(Kin::Numbered(mother.parse().unwrap())),
            ..person("001326000001", full, Sex::Female, born)
        };
        for (found, registered) in [
            (recorded("NGUYỄN MINH ANH", date(2026, 11, 1), "001195000001"), true),
            (recorded("Nguyễn Minh Ánh", date(2026, 11, 1), "001195000001"), false),
            (recorded("Nguyễn Minh Anh", date(2026, 11, 2), "001195000001"), false),
            (recorded("Nguyễn Minh Anh", date(2026, 11, 1), "001195000002"), false),
        ] {
            assert_eq!(is_registered_among(std::slice::from_ref(&found), &sent), registered, "{found:?}");
        }
        assert!(!is_registered_among(&[], &sent));
    }

    #[test]
    fn every_province_of_today_numbers_its_births() {
        assert_eq!(PLACE_CODES.len(), 34);
        for (province, place) in [
            ("01", Some(1)),
            ("08", Some(8)),
            ("79", Some(79)),
            ("66", Some(66)),
            ("02", None),
            ("99", None),
            ("", None),
        ] {
            assert_eq!(place_code(province), place, "{province}");
        }
    }
}
