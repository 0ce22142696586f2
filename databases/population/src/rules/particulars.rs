//! The particulars of a person as they are sent to the register: names, codes, addresses.

use super::fault;
use crate::model::{Person, composed, is_written_as_a_name};
use contracts::{FieldProblem, PersonName, person::Address, population::Correction};
use jiff::civil::{Date, date};

/// Longest part of a name, in characters.
pub const NAME_PART_LIMIT_CHARACTERS: usize = 60;
/// Longest detail of an address, in characters.
pub const ADDRESS_DETAIL_LIMIT_CHARACTERS: usize = 300;
/// How many ethnic groups the country's list has (Decision 121-TCTK/PPCĐ of 1979).
pub const ETHNIC_GROUPS: u8 = 54;
/// The first day of birth a personal number can tell (Decree 137/2015/ND-CP article 13).
pub const FIRST_BIRTH_DATE: Date = date(1900, 1, 1);

/// The name in the form the register keeps, with what is wrong with it.
pub fn check_name(field: &str, name: &PersonName, faults: &mut Vec<FieldProblem>) -> PersonName {
    let name = composed(name);
    let parts =
        [("family", &name.family, true), ("middle", &name.middle, false), ("given", &name.given, true)];
    for (part, text, required) in parts {
        let field = format!("{field}.{part}");
        if required && text.is_empty() {
            faults.push(fault(
                &field,
                "missing",
                "Hãy ghi đủ họ và tên.",
                "Give both the family name and the given name.",
            ));
        } else if text.chars().count() > NAME_PART_LIMIT_CHARACTERS {
            faults.push(fault(
                &field,
                "too-long",
                "Tên dài quá 60 ký tự.",
                "The name is longer than 60 characters.",
            ));
        } else if !is_written_as_a_name(text) {
            faults.push(fault(
                &field,
                "not-a-name",
                "Tên chỉ gồm chữ cái, dấu cách, dấu nháy và gạch nối.",
                "A name holds only letters, spaces, apostrophes and hyphens.",
            ));
        }
    }
    name
}

/// Whether it is the five digits of a commune's code (Decision 19/2025/QD-TTg).
pub fn is_commune_code(code: &str) -> bool {
    code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// What is wrong with the code of a commune.
pub fn check_commune(field: &str, code: &str, faults: &mut Vec<FieldProblem>) {
    if !is_commune_code(code) {
        faults.push(fault(
            field,
            "not-a-commune-code",
            "Mã xã, phường gồm đúng 5 chữ số, ví dụ 00004.",
            "The code of a commune has exactly 5 digits, such as 00004.",
        ));
    }
}

/// What is wrong with an address.
pub fn check_address(field: &str, address: &Address, faults: &mut Vec<FieldProblem>) {
    check_commune(&format!("{field}.commune"), &address.commune, faults);
    let detail = format!("{field}.detail");
    if address.detail.chars().count() > ADDRESS_DETAIL_LIMIT_CHARACTERS {
        faults.push(fault(
            &detail,
            "too-long",
            "Địa chỉ dài quá 300 ký tự.",
            "The address is longer than 300 characters.",
        ));
    } else if address.detail.chars().any(char::is_control) {
        faults.push(fault(
            &detail,
            "not-text",
            "Địa chỉ có ký tự không in được.",
            "The address holds characters that can't be printed.",
        ));
    }
}

/// The number of an ethnic group's two-digit code.
pub fn check_ethnicity(code: &str, faults: &mut Vec<FieldProblem>) -> u8 {
    let well_formed = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_digit());
    match code.parse::<u8>() {
        Ok(group) if well_formed && (1..=ETHNIC_GROUPS).contains(&group) => group,
        _ => {
            faults.push(fault(
                "ethnicity",
                "unknown-ethnic-group",
                "Mã dân tộc là hai chữ số từ 01 đến 54.",
                "The code of an ethnic group is two digits from 01 to 54.",
            ));
            1
        }
    }
}

/// The name of an ethnic group by its two-digit code.
pub fn ethnic_group_name(code: &str) -> Option<&'static str> {
    let rows = include_str!("../../../../data/ethnic_groups_54.csv").lines().skip(1);
    rows.filter_map(|row| row.split_once(',')).find(|(group, _)| *group == code)?.1.split(',').next()
}

/// What is wrong with a nationality.
pub fn check_nationality(code: &str, faults: &mut Vec<FieldProblem>) {
    if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        faults.push(fault(
            "nationality",
            "not-a-country-code",
            "Quốc tịch là mã hai chữ cái theo ISO 3166, ví dụ VN.",
            "A nationality is the two-letter code of ISO 3166, such as VN.",
        ));
    }
}

/// A correction that can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedCorrection {
    /// The right name.
    pub name: Option<PersonName>,
    /// The right place of birth.
    pub birth_place: Option<Address>,
    /// The right ancestral home.
    pub hometown: Option<Address>,
    /// The right ethnic group.
    pub ethnicity: Option<u8>,
}

impl CheckedCorrection {
    /// Puts what is right in the place of what was wrong.
    pub fn apply(&self, person: &mut Person) {
        let Self { name, birth_place, hometown, ethnicity } = self.clone();
        person.name = name.unwrap_or_else(|| person.name.clone());
        person.birth_place = birth_place.unwrap_or_else(|| person.birth_place.clone());
        person.hometown = hometown.unwrap_or_else(|| person.hometown.clone());
        person.ethnicity = ethnicity.unwrap_or(person.ethnicity);
    }
}

/// Checks what a correction brings.
///
/// # Errors
/// Everything that is wrong with it, also that it corrects nothing.
pub fn check_correction(correction: &Correction) -> Result<CheckedCorrection, Vec<FieldProblem>> {
    let mut faults = Vec::new();
    let checked = CheckedCorrection {
        name: correction.name.as_ref().map(|name| check_name("name", name, &mut faults)),
        birth_place: correction.birth_place.clone(),
        hometown: correction.hometown.clone(),
        ethnicity: correction.ethnicity.as_deref().map(|code| check_ethnicity(code, &mut faults)),
    };
    for (field, address) in [("birth_place", &checked.birth_place), ("hometown", &checked.hometown)] {
        if let Some(address) = address {
            check_address(field, address, &mut faults);
        }
    }
    if checked == (CheckedCorrection { name: None, birth_place: None, hometown: None, ethnicity: None }) {
        faults.push(fault(
            "",
            "nothing-to-correct",
            "Hãy nêu ít nhất một nội dung cải chính.",
            "Name at least one thing to correct.",
        ));
    }
    if faults.is_empty() { Ok(checked) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::PersonalNumber;
    use uuid::Uuid;

    fn codes(faults: &[FieldProblem]) -> Vec<(&str, &str)> {
        faults.iter().map(|fault| (fault.field.as_str(), fault.code.as_str())).collect()
    }

    fn name(family: &str, middle: &str, given: &str) -> PersonName {
        PersonName { family: family.into(), middle: middle.into(), given: given.into() }
    }

    #[test]
    fn names_are_taken_as_people_write_them() {
        let long = "a".repeat(61);
        for (given, expected) in [
            (name("Nguyễn", "Thị", "Hoà"), vec![]),
            (name("H'Hen", "", "Niê"), vec![]),
            (name("Y-Bion", "", "Ê'ban"), vec![]),
            (name("  Trần ", "Văn\u{a0} Minh", "An"), vec![]),
            (name("", "", "An"), vec![("name.family", "missing")]),
            (name("Trần", "", " "), vec![("name.given", "missing")]),
            (name("Trần", "V4n", "An"), vec![("name.middle", "not-a-name")]),
            (
                name("Trần<b>", "", "An\u{0}"),
                vec![("name.family", "not-a-name"), ("name.given", "not-a-name")],
            ),
            (name(&long, "", "An"), vec![("name.family", "too-long")]),
        ] {
            let mut faults = Vec::new();
            check_name("name", &given, &mut faults);
            assert_eq!(codes(&faults), expected, "{given:?}");
        }
    }

    #[test]
    fn codes_are_of_their_lists() {
        for (ethnicity, nationality, faulty) in [
            ("01", "VN", 0),
            ("54", "LA", 0),
            ("00", "VN", 1),
            ("55", "VN", 1),
            ("1", "VN", 1),
            ("+1", "VN", 1),
            ("01", "vn", 1),
            ("01", "VNM", 1),
            ("", "", 2),
        ] {
            let mut faults = Vec::new();
            check_ethnicity(ethnicity, &mut faults);
            check_nationality(nationality, &mut faults);
            assert_eq!(faults.len(), faulty, "{ethnicity} {nationality}");
        }
        for (code, good) in
            [("00004", true), ("4", false), ("0000a", false), ("000040", false), ("００００４", false)]
        {
            assert_eq!(is_commune_code(code), good, "{code}");
        }
    }

    #[test]
    fn a_correction_corrects_something_with_something_right() {
        let number: PersonalNumber = "001190000001".parse().unwrap();
        let nothing = Correction {
            number,
            registration: Uuid::nil(),
            name: None,
            birth_place: None,
            hometown: None,
            ethnicity: None,
        };
        let place =
            |commune: &str, detail: &str| Some(Address { commune: commune.into(), detail: detail.into() });
        for (correction, expected) in [
            (nothing.clone(), vec![("", "nothing-to-correct")]),
            (Correction { ethnicity: Some("02".into()), ..nothing.clone() }, vec![]),
            (
                Correction { ethnicity: Some("99".into()), ..nothing.clone() },
                vec![("ethnicity", "unknown-ethnic-group")],
            ),
            (
                Correction { hometown: place("1", ""), ..nothing.clone() },
                vec![("hometown.commune", "not-a-commune-code")],
            ),
            (
                Correction { birth_place: place("00004", "a\nb"), ..nothing.clone() },
                vec![("birth_place.detail", "not-text")],
            ),
            (
                Correction { birth_place: place("00004", &"x".repeat(301)), ..nothing },
                vec![("birth_place.detail", "too-long")],
            ),
        ] {
            let faults = check_correction(&correction).err().unwrap_or_default();
            assert_eq!(codes(&faults), expected);
        }
    }
}
