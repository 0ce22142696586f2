//! Who is insured as a child, for how long, and what the card's number is.

use crate::model::{CardObject, InsuranceNumber, NewMember};
use contracts::FieldProblem;
use jiff::{
    Span,
    civil::{Date, date},
};

/// Until which age the State insures a child, in months (Law 25/2008/QH12 articles 12(3) and 16(3), as amended by Law
/// 46/2014/QH13).
const CHILD_MONTHS: i32 = 72;
/// Last day of validity for a child who is not yet at school: 30 September.
const SCHOOL_MONTH: i8 = 9;
const SCHOOL_DAY: i8 = 30;
/// Longest part of a name, in characters.
const NAME_PART_LIMIT_CHARACTERS: usize = 50;
/// Longest text of an address below the commune, in characters.
const ADDRESS_LIMIT_CHARACTERS: usize = 200;
/// Longest code of a dossier, in characters.
const DOSSIER_LIMIT_CHARACTERS: usize = 64;

/// What of a registration can't be taken on the day `today`.
pub fn check_newborn(member: &NewMember, today: Date) -> Vec<FieldProblem> {
    let mut faults = Vec::new();
    check_birth_date(member, today, &mut faults);
    if member.number.birth_year() != member.birth_date.year() || member.number.sex() != member.sex {
        faults.push(fault(
            "number",
            "number-does-not-fit",
            "Số định danh không khớp với giới tính hoặc năm sinh. Hãy kiểm tra lại.",
            "The personal number does not fit the sex or the year of birth. Check them.",
        ));
    }
    let name = &member.name;
    for (field, part, required) in [
        ("name.family", &name.family, true),
        ("name.middle", &name.middle, false),
        ("name.given", &name.given, true),
    ] {
        if (required && part.trim().is_empty()) || is_unprintable(part, NAME_PART_LIMIT_CHARACTERS) {
            faults.push(fault(
                field,
                "name",
                "Hãy ghi họ tên bằng chữ, mỗi phần tối đa 50 ký tự.",
                "Write the name in letters, each part in at most 50 characters.",
            ));
        }
    }
    if !is_commune(&member.residence.commune) {
        faults.push(not_a_commune());
    }
    if is_unprintable(&member.residence.detail, ADDRESS_LIMIT_CHARACTERS) {
        faults.push(fault(
            "residence.detail",
            "too-long",
            "Địa chỉ tối đa 200 ký tự và chỉ gồm ký tự in được.",
            "An address has at most 200 characters, all of which can be printed.",
        ));
    }
    if member.dossier.trim().is_empty() || is_unprintable(&member.dossier, DOSSIER_LIMIT_CHARACTERS) {
        faults.push(fault(
            "dossier",
            "malformed",
            "Hãy ghi mã hồ sơ, tối đa 64 ký tự.",
            "Give the code of the dossier in at most 64 characters.",
        ));
    }
    faults
}

fn check_birth_date(member: &NewMember, today: Date, faults: &mut Vec<FieldProblem>) {
    if member.birth_date > today {
        faults.push(fault(
            "birth_date",
            "in-the-future",
            "Ngày sinh ở tương lai. Hãy kiểm tra lại.",
            "The date of birth is in the future. Check it.",
        ));
    } else if sixth_birthday(member.birth_date) <= today {
        faults.push(fault(
            "birth_date",
            "not-under-six",
            "Thẻ này chỉ cấp cho trẻ em dưới 6 tuổi (Luật Bảo hiểm y tế, Điều 12 khoản 3). Trẻ từ 6 tuổi tham gia theo nhóm khác.",
            "This card is for children under six only (Law on Health Insurance, article 12(3)). From six on, join in another group.",
        ));
    }
}

/// The commune of residence is no commune of today.
pub fn not_a_commune() -> FieldProblem {
    fault(
        "residence.commune",
        "not-a-commune",
        "Mã xã, phường, đặc khu gồm 5 chữ số và phải có trong danh mục hiện nay. Hãy chọn lại.",
        "The code of a commune has 5 digits and must be in today's list. Choose again.",
    )
}

/// The fault of an event that is about no person.
pub fn no_person() -> FieldProblem {
    fault(
        "subject",
        "no-person",
        "Sự kiện phải nêu số định danh cá nhân của người được cấp số.",
        "The event's subject is the personal number of the person it is about.",
    )
}

fn fault(field: &str, code: &str, vi: &str, en: &str) -> FieldProblem {
    FieldProblem { field: field.into(), code: code.into(), vi: vi.into(), en: en.into() }
}

fn is_commune(code: &str) -> bool {
    code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_unprintable(text: &str, limit_characters: usize) -> bool {
    text.chars().count() > limit_characters || text.chars().any(char::is_control)
}

/// The day on which a child is 72 months old. Who is born on 29 February is so on 28 February of a common year.
pub fn sixth_birthday(birth_date: Date) -> Date {
    birth_date.checked_add(Span::new().months(CHILD_MONTHS)).unwrap_or(Date::MAX)
}

/// First and last day of a child's card: from birth until 72 months, and when school has not begun by then, until
/// 30 September of that year (Law 25/2008/QH12 article 16(3), as amended by Law 46/2014/QH13). Born until 30 September:
/// until that day; born later in the year: until the end of the month (Decree 146/2018/ND-CP article 13(2)).
pub fn validity(birth_date: Date) -> (Date, Date) {
    let sixth = sixth_birthday(birth_date);
    let before_school = (birth_date.month(), birth_date.day()) <= (SCHOOL_MONTH, SCHOOL_DAY);
    let last_day =
        if before_school { date(sixth.year(), SCHOOL_MONTH, SCHOOL_DAY) } else { sixth.last_of_month() };
    (birth_date, last_day)
}

/// The number on a card: object, benefit level, province, and the ten digits of the member, fifteen characters in all
/// (Decision 1351/QD-BHXH of 2015).
pub fn card_number(object: CardObject, number: InsuranceNumber) -> String {
    format!("{}{}{}{number}", object.letters(), object.level(), number.province())
}

/// Where a small child is first treated until the family chooses: the health station of the commune.
pub fn first_facility(commune_name: &str) -> String {
    format!("Trạm y tế {commune_name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Province;
    use contracts::{PersonName, Sex, person::Address};
    use proptest::prelude::*;

    fn child() -> NewMember {
        NewMember {
            number: "001326000001".parse().unwrap(),
            name: PersonName::split("Nguyễn Thị Minh An").unwrap(),
            sex: Sex::Female,
            birth_date: date(2026, 11, 11),
            residence: Address { commune: "00004".into(), detail: "Số 1 phố Đội Cấn".into() },
            dossier: "H26-1".into(),
        }
    }

    #[test]
    fn registrations_are_checked() {
        type Case = (fn(&mut NewMember), Date, &'static [&'static str]);
        let today = date(2026, 11, 21);
        let cases: &[Case] = &[
            (|_| (), today, &[]),
            (|_| (), date(2032, 11, 10), &[]),
            (|_| (), date(2032, 11, 11), &["birth_date: not-under-six"]),
            (|_| (), date(2026, 11, 10), &["birth_date: in-the-future"]),
            (|m| m.sex = Sex::Male, today, &["number: number-does-not-fit"]),
            (|m| m.birth_date = date(2025, 11, 11), today, &["number: number-does-not-fit"]),
            (|m| m.name.family.clear(), today, &["name.family: name"]),
            (|m| m.name.given = "x".repeat(51), today, &["name.given: name"]),
            (|m| m.name.middle = "a\u{7}".into(), today, &["name.middle: name"]),
            (|m| m.residence.commune = "0004".into(), today, &["residence.commune: not-a-commune"]),
            (|m| m.residence.commune = "٠٠٠٠٤".into(), today, &["residence.commune: not-a-commune"]),
            (|m| m.residence.detail = "x".repeat(201), today, &["residence.detail: too-long"]),
            (|m| m.dossier = " ".into(), today, &["dossier: malformed"]),
        ];
        for (number, (change, today, expected)) in cases.iter().enumerate() {
            let mut member = child();
            change(&mut member);
            let found: Vec<String> = check_newborn(&member, *today)
                .into_iter()
                .map(|p| format!("{}: {}", p.field, p.code))
                .collect();
            assert_eq!(found, *expected, "case {number}");
        }
    }

    #[test]
    fn a_card_is_valid_until_school_begins() {
        for (birth, last_day) in [
            (date(2026, 1, 1), date(2032, 9, 30)),
            (date(2026, 9, 29), date(2032, 9, 30)),
            (date(2026, 9, 30), date(2032, 9, 30)),
            (date(2026, 10, 1), date(2032, 10, 31)),
            (date(2026, 11, 11), date(2032, 11, 30)),
            (date(2026, 12, 31), date(2032, 12, 31)),
            (date(2028, 2, 29), date(2034, 9, 30)),
        ] {
            assert_eq!(validity(birth), (birth, last_day));
        }
    }

    #[test]
    fn card_numbers_follow_the_form() {
        let province = Province::parse("01").unwrap();
        let number = InsuranceNumber::new(province, 42).unwrap();
        assert_eq!(number.to_string(), "0100000042");
        assert_eq!(card_number(CardObject::ChildUnderSix, number), "TE1010100000042");
        assert!(InsuranceNumber::new(province, 0).is_none());
        assert!(InsuranceNumber::new(province, 100_000_000).is_none());
        for wrong in ["", "1", "001", "0a", "-1", "١٢"] {
            assert!(Province::parse(wrong).is_none(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn a_card_never_ends_before_six_years(year in 1900_i16..=9990, day in 1_i16..=365) {
            let birth = date(year, 1, 1).with().day_of_year(day).build().unwrap();
            let (from, to) = validity(birth);
            prop_assert_eq!(from, birth);
            prop_assert!(to >= sixth_birthday(birth) && to.year() == sixth_birthday(birth).year());
        }

        #[test]
        fn every_card_number_has_fifteen_characters(province in 0_u8..=99, serial in 1_u32..=99_999_999) {
            let province = Province::parse(&format!("{province:02}")).unwrap();
            let card = card_number(CardObject::ChildUnderSix, InsuranceNumber::new(province, serial).unwrap());
            prop_assert_eq!(card.len(), 15);
            prop_assert!(card.starts_with("TE1") && card[3..].bytes().all(|b| b.is_ascii_digit()));
        }
    }
}
