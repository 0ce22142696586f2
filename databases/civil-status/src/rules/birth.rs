//! Who may register a birth, and what may be registered (Law 60/2014/QH13 articles 13 to 16).

use super::{Faults, NameFault, check_name_part};
use contracts::{
    FieldProblem, PersonName, PersonalNumber, Sex,
    civil_status::{BirthApplication, BirthForm, Child, Declarant, Parent},
    person::Address,
};
use jiff::{SignedDuration, Span, Timestamp, civil::Date};
use std::{collections::BTreeSet, sync::LazyLock};
use system::clock::day_in_vietnam;

/// How many days after birth the parents have to register it (Law 60/2014/QH13 article 15(1)).
pub const REGISTRATION_TERM_DAYS: i64 = 60;
/// Youngest age of a mother or father at birth, in years; what is below is taken for a slip of the pen.
const PARENT_MIN_YEARS: i16 = 12;
/// Greatest age of a mother at birth, in years.
const MOTHER_MAX_YEARS: i16 = 60;
/// First day of birth that a personal number can express (Decree 137/2015/ND-CP article 13).
const FIRST_BIRTH_DATE: Date = jiff::civil::date(1900, 1, 1);
/// How far another agency's clock may be ahead, in seconds.
const CLOCK_TOLERANCE_SECONDS: i64 = 300;
/// Longest code of a dossier.
const DOSSIER_LIMIT_CHARACTERS: usize = 64;
/// Longest text of an address below the commune.
const ADDRESS_LIMIT_CHARACTERS: usize = 200;
/// Longest number of a birth notice.
const BIRTH_NOTICE_LIMIT_CHARACTERS: usize = 50;

static ETHNICITIES: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let table = include_str!("../../../../data/ethnic_groups_54.csv");
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split(',');
            Some((fields.next()?, fields.next()?))
        })
        .collect()
});

/// Codes and names of the ethnic groups, in the order of their codes.
pub fn ethnicities() -> &'static [(&'static str, &'static str)] {
    &ETHNICITIES
}

/// The name of an ethnic group by its two-digit code.
pub fn ethnicity_name(code: &str) -> Option<&'static str> {
    ETHNICITIES.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

/// A birth registered this late is accepted, and marked (Law 60/2014/QH13 article 15(1)).
pub fn is_late(birth_date: Date, received_on: Date) -> bool {
    i64::from((received_on - birth_date).get_days()) > REGISTRATION_TERM_DAYS
}

/// What makes two forms speak of the same child: the mother (else the father), the day of birth, and the child's name
/// without regard to case and marks. `None` when no parent is known, because then nothing tells two foundlings apart.
pub fn child_key(form: &BirthForm) -> Option<String> {
    let parent = form.mother.as_ref().or(form.father.as_ref())?;
    let parent_key = match parent.number {
        Some(number) => number.to_string(),
        None => format!("{} {}", store::fold(&parent.name.full()), parent.birth_date),
    };
    Some(format!("{parent_key}/{}/{}", form.child.birth_date, store::fold(&form.child.name.full())))
}

/// Every unit that an application mentions, with the field that mentions it first.
pub fn unit_codes(application: &BirthApplication) -> Vec<(String, &'static str)> {
    let form = &application.form;
    let mut mentioned = vec![
        (&application.commune, "commune"),
        (&form.child.birth_place.commune, "form.child.birth_place.commune"),
        (&form.child.hometown.commune, "form.child.hometown.commune"),
    ];
    mentioned.extend(form.mother.as_ref().map(|p| (&p.residence.commune, "form.mother.residence.commune")));
    mentioned.extend(form.father.as_ref().map(|p| (&p.residence.commune, "form.father.residence.commune")));
    let mut seen = BTreeSet::new();
    mentioned
        .into_iter()
        .filter(|(code, _)| seen.insert(*code))
        .map(|(code, field)| (code.clone(), field))
        .collect()
}

/// What of an application can't be taken at the time `now`; nothing when it can be registered.
pub fn check_application(application: &BirthApplication, now: Timestamp) -> Vec<FieldProblem> {
    let mut faults = Faults::default();
    check_envelope(application, now, &mut faults);
    let received_on = day_in_vietnam(application.received_at);
    let form = &application.form;
    check_child(&form.child, received_on, &mut faults);
    for (role, parent) in [(Role::Mother, &form.mother), (Role::Father, &form.father)] {
        if let Some(parent) = parent {
            check_parent(role, parent, &form.child, &mut faults);
        }
    }
    check_descent(form, &mut faults);
    check_declarant(form, &mut faults);
    if let Some(notice) = &form.birth_notice {
        check_text("form.birth_notice", notice, BIRTH_NOTICE_LIMIT_CHARACTERS, &mut faults);
    }
    faults.into_problems()
}

/// Whether a text can be the code of a dossier.
pub fn is_dossier_code(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '/' | '_');
    (1..=DOSSIER_LIMIT_CHARACTERS).contains(&text.len()) && text.chars().all(plain)
}

fn check_envelope(application: &BirthApplication, now: Timestamp, faults: &mut Faults) {
    if !is_dossier_code(&application.dossier) {
        faults.add(
            "dossier",
            "malformed",
            "Mã hồ sơ chỉ gồm chữ cái không dấu, chữ số và các dấu . - / _, tối đa 64 ký tự.",
            "A dossier code has only unaccented letters, digits and the signs . - / _, at most 64 characters.",
        );
    }
    check_commune("commune", &application.commune, faults);
    if application.received_at > now + SignedDuration::from_secs(CLOCK_TOLERANCE_SECONDS) {
        faults.add(
            "received_at",
            "in-the-future",
            "Thời điểm tiếp nhận ở tương lai. Hãy kiểm tra đồng hồ của hệ thống gửi.",
            "The time of receipt is in the future. Check the clock of the sending system.",
        );
    }
    if application.due_at < application.received_at {
        faults.add(
            "due_at",
            "before-receipt",
            "Hạn trả kết quả trước thời điểm tiếp nhận. Hãy tính lại hạn.",
            "The result is due before the dossier was received. Work out the deadline again.",
        );
    }
}

fn check_child(child: &Child, received_on: Date, faults: &mut Faults) {
    check_name("form.child.name", &child.name, faults);
    if child.birth_date > received_on {
        faults.add(
            "form.child.birth_date",
            "in-the-future",
            "Ngày sinh sau ngày nộp hồ sơ. Hãy kiểm tra lại ngày sinh.",
            "The date of birth is after the day of filing. Check the date of birth.",
        );
    }
    if child.birth_date < FIRST_BIRTH_DATE {
        faults.add(
            "form.child.birth_date",
            "too-long-ago",
            "Ngày sinh trước ngày 01/01/1900. Hãy kiểm tra lại năm sinh.",
            "The date of birth is before 1 January 1900. Check the year.",
        );
    }
    check_address("form.child.birth_place", &child.birth_place, faults);
    check_address("form.child.hometown", &child.hometown, faults);
    check_ethnicity("form.child.ethnicity", &child.ethnicity, faults);
    check_nationality("form.child.nationality", &child.nationality, faults);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Mother,
    Father,
}

impl Role {
    fn path(self, rest: &str) -> String {
        match self {
            Self::Mother => format!("form.mother.{rest}"),
            Self::Father => format!("form.father.{rest}"),
        }
    }

    fn sex(self) -> Sex {
        match self {
            Self::Mother => Sex::Female,
            Self::Father => Sex::Male,
        }
    }
}

fn check_parent(role: Role, parent: &Parent, child: &Child, faults: &mut Faults) {
    check_name(&role.path("name"), &parent.name, faults);
    check_age(role, parent.birth_date, child.birth_date, faults);
    if let Some(number) = parent.number {
        check_number(&role.path("number"), number, role.sex(), parent.birth_date, faults);
    }
    check_ethnicity(&role.path("ethnicity"), &parent.ethnicity, faults);
    check_nationality(&role.path("nationality"), &parent.nationality, faults);
    check_address(&role.path("residence"), &parent.residence, faults);
}

fn check_age(role: Role, parent_birth: Date, child_birth: Date, faults: &mut Faults) {
    let field = role.path("birth_date");
    let years_at_birth = |years: i16| parent_birth.checked_add(Span::new().years(years)).unwrap_or(Date::MAX);
    if parent_birth >= child_birth {
        faults.add(
            &field,
            "younger-than-child",
            "Cha hoặc mẹ không thể sinh sau con. Hãy kiểm tra lại hai ngày sinh.",
            "A parent can't be born after the child. Check both dates of birth.",
        );
    } else if years_at_birth(PARENT_MIN_YEARS) > child_birth {
        faults.add(
            &field,
            "too-young",
            "Cha hoặc mẹ chưa đủ 12 tuổi khi con sinh ra. Hãy kiểm tra lại hai ngày sinh.",
            "The parent was younger than 12 when the child was born. Check both dates of birth.",
        );
    } else if role == Role::Mother && years_at_birth(MOTHER_MAX_YEARS + 1) <= child_birth {
        faults.add(
            &field,
            "too-old",
            "Mẹ đã quá 60 tuổi khi con sinh ra. Hãy kiểm tra lại hai ngày sinh.",
            "The mother was older than 60 when the child was born. Check both dates of birth.",
        );
    }
}

fn check_number(field: &str, number: PersonalNumber, sex: Sex, birth_date: Date, faults: &mut Faults) {
    if number.sex() != sex || number.birth_year() != birth_date.year() {
        faults.add(
            field,
            "number-does-not-fit",
            "Số định danh không khớp với giới tính hoặc năm sinh. Hãy kiểm tra lại số và ngày sinh.",
            "The personal number does not fit the sex or the year of birth. Check the number and the date of birth.",
        );
    }
}

/// Ethnic group and nationality follow the parents' (Civil Code 91/2015/QH13 article 29(2); Law on Vietnamese
/// Nationality 24/2008/QH12 articles 15 to 18).
fn check_descent(form: &BirthForm, faults: &mut Faults) {
    let parents: Vec<&Parent> = form.mother.iter().chain(&form.father).collect();
    if parents.is_empty() {
        return;
    }
    if !parents.iter().any(|parent| parent.ethnicity == form.child.ethnicity) {
        faults.add(
            "form.child.ethnicity",
            "not-a-parents-ethnicity",
            "Dân tộc của con phải theo dân tộc của cha hoặc của mẹ (Bộ luật Dân sự, Điều 29 khoản 2). Hãy chọn một trong \
             hai; nếu dân tộc của cha, mẹ ghi sai thì sửa mục đó.",
            "The child's ethnic group must be the father's or the mother's (Civil Code article 29(2)). Choose one of the \
             two; if a parent's ethnic group is wrong, correct that.",
        );
    }
    let own = &form.child.nationality;
    let all_vietnamese = parents.iter().all(|parent| parent.nationality == VIETNAM);
    let from_a_parent = parents.iter().any(|parent| parent.nationality == *own);
    let by_descent = own == VIETNAM || (from_a_parent && !all_vietnamese);
    if !by_descent {
        faults.add(
            "form.child.nationality",
            "not-by-descent",
            "Quốc tịch của con phải theo cha, mẹ (Luật Quốc tịch Việt Nam, Điều 15 đến 18). Hãy ghi quốc tịch Việt Nam, \
             hoặc quốc tịch của người cha hay mẹ là người nước ngoài.",
            "The child's nationality follows the parents (Law on Vietnamese Nationality, articles 15 to 18). Write \
             Vietnamese, or the nationality of the foreign parent.",
        );
    }
}

/// ISO 3166 code of Vietnam.
const VIETNAM: &str = "VN";

/// Father or mother registers; when they can't, grandparents, other relatives, or whoever cares for the child
/// (Law 60/2014/QH13 article 15(1)).
fn check_declarant(form: &BirthForm, faults: &mut Faults) {
    let number_of = |parent: &Option<Parent>| parent.as_ref().and_then(|parent| parent.number);
    let (mother, father) = (number_of(&form.mother), number_of(&form.father));
    if mother.is_some() && mother == father {
        faults.add(
            "form.father.number",
            "same-as-mother",
            "Cha và mẹ không thể có cùng số định danh. Hãy kiểm tra lại hai số.",
            "Father and mother can't have the same personal number. Check both numbers.",
        );
    }
    let declarant = Some(form.declarant_number);
    let expected = match form.declarant {
        Declarant::Mother => mother,
        Declarant::Father => father,
        Declarant::Grandparent | Declarant::OtherRelative | Declarant::Carer => {
            if declarant == mother || declarant == father {
                faults.add(
                    "form.declarant",
                    "declarant-is-a-parent",
                    "Người đi khai sinh chính là cha hoặc mẹ. Hãy chọn đúng quan hệ với trẻ.",
                    "Who declares is the father or the mother. Choose that relation to the child.",
                );
            }
            if form.mother.is_none() && form.father.is_none() && form.declarant != Declarant::Carer {
                faults.add(
                    "form.declarant",
                    "no-parent-known",
                    "Khi chưa xác định được cha và mẹ, người hoặc tổ chức đang nuôi dưỡng trẻ đi khai sinh (Luật Hộ tịch, \
                     Điều 15). Hãy ghi cha hoặc mẹ, hoặc chọn người đang nuôi dưỡng.",
                    "When neither parent is known, whoever cares for the child declares (Law on Civil Status, article \
                     15). Name a parent, or choose the carer.",
                );
            }
            return;
        }
    };
    if expected != declarant {
        faults.add(
            "form.declarant_number",
            "not-the-declared-parent",
            "Số định danh của người đi khai sinh phải là số của người cha hoặc mẹ đã chọn. Hãy ghi đúng số, hoặc chọn \
             quan hệ khác với trẻ.",
            "The number of who declares must be that of the parent chosen. Write the right number, or choose another \
             relation to the child.",
        );
    }
}

fn check_name(field: &str, name: &PersonName, faults: &mut Faults) {
    let mut check = |part: &str, text: &str, required: bool| {
        if let Some(fault) = check_name_part(text, required) {
            let (vi, en) = fault.texts();
            faults.add(&format!("{field}.{part}"), fault.code(), vi, en);
        }
    };
    check("family", &name.family, true);
    check("middle", &name.middle, false);
    check("given", &name.given, true);
}

fn check_address(field: &str, address: &Address, faults: &mut Faults) {
    check_commune(&format!("{field}.commune"), &address.commune, faults);
    check_text(&format!("{field}.detail"), &address.detail, ADDRESS_LIMIT_CHARACTERS, faults);
}

fn check_commune(field: &str, code: &str, faults: &mut Faults) {
    if code.len() != 5 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        faults.add(
            field,
            "not-a-commune",
            "Mã xã, phường, đặc khu gồm đúng 5 chữ số (Quyết định 19/2025/QĐ-TTg). Hãy chọn lại đơn vị.",
            "The code of a commune has exactly 5 digits (Decision 19/2025/QD-TTg). Choose the unit again.",
        );
    }
}

fn check_ethnicity(field: &str, code: &str, faults: &mut Faults) {
    if ethnicity_name(code).is_none() {
        faults.add(
            field,
            "unknown-ethnicity",
            "Mã dân tộc phải là hai chữ số trong danh mục 54 dân tộc. Hãy chọn lại.",
            "The code of an ethnic group is two digits of the list of 54. Choose again.",
        );
    }
}

fn check_nationality(field: &str, code: &str, faults: &mut Faults) {
    if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        faults.add(
            field,
            "unknown-nationality",
            "Mã quốc tịch là hai chữ cái in hoa theo ISO 3166, ví dụ VN. Hãy chọn lại.",
            "The code of a nationality is two capital letters of ISO 3166, for example VN. Choose again.",
        );
    }
}

fn check_text(field: &str, text: &str, limit_characters: usize, faults: &mut Faults) {
    if text.chars().count() > limit_characters {
        let fault = NameFault::TooLong.code();
        faults.add(
            field,
            fault,
            "Nội dung quá dài. Hãy ghi ngắn hơn.",
            "The text is too long. Write it shorter.",
        );
    }
    if text.chars().any(|c| {
        c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    }) {
        faults.add(
            field,
            "unprintable",
            "Nội dung có ký tự không in được. Hãy gõ lại.",
            "The text holds characters that can't be printed. Type it again.",
        );
    }
}

#[cfg(test)]
#[path = "birth_tests.rs"]
mod tests;
