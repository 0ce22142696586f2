use super::*;
use crate::model::{Answers, ChildAnswers, Choices, KnownParent};
use contracts::{PersonName, Sex, civil_status::Parent};
use jiff::civil::date;
use proptest::prelude::*;

fn place(code: &str, detail: &str) -> Place {
    Place {
        address: Address { commune: code.into(), detail: detail.into() },
        name: format!("Phường {code}"),
        province: Some("01".into()),
    }
}

fn known(number: &str, born: Date, ethnicity: &str, commune: &str) -> KnownParent {
    let residence = place(commune, "Số 1");
    KnownParent {
        parent: Parent {
            number: Some(number.parse().unwrap()),
            name: PersonName::split("Trần Thị Hoa").unwrap(),
            birth_date: born,
            ethnicity: ethnicity.into(),
            nationality: "VN".into(),
            residence: residence.address.clone(),
        },
        residence,
        hometown: Some(place("00100", "Xóm 1")),
    }
}

fn family() -> Family {
    Family {
        applicant: Role::Mother,
        mother: Some(known("001195000001", date(1995, 5, 6), "01", "00004")),
        father: Some(known("001093000002", date(1993, 3, 4), "02", "00008")),
    }
}

fn content() -> Content {
    let child = ChildAnswers {
        name: PersonName::split("Nguyễn Thị Minh An").unwrap(),
        sex: Sex::Female,
        birth_date: date(2026, 11, 11),
        birth_notice: Some("123/2026".into()),
    };
    let choices = Choices { hometown: Role::Father, ethnicity: Role::Father, registers_at: Role::Mother };
    let answers = Answers {
        child: Some(child),
        birth_place: Some(place("00004", "Bệnh viện")),
        saw_mother: true,
        saw_father: true,
        choices: Some(choices),
    };
    Content { family: family(), answers }
}

#[test]
fn a_childs_date_of_birth_is_checked_where_it_is_cheap() {
    let today = date(2026, 11, 21);
    let cases = [
        ("1.001193", date(2026, 11, 21), None),
        ("1.001193", date(2026, 11, 22), Some(texts::BIRTH_IN_FUTURE)),
        ("1.001193", date(1899, 12, 31), Some(texts::BIRTH_TOO_LONG_AGO)),
        ("1.001193", date(2007, 5, 5), Some(texts::OLDER_THAN_PARENT)),
        ("1.001193", date(2007, 5, 6), None),
        ("3.000722", date(2020, 11, 21), Some(texts::NOT_UNDER_SIX)),
        ("3.000722", date(2020, 11, 22), None),
    ];
    for (procedure, born, expected) in cases {
        assert_eq!(check_child(procedure, born, &family(), today), expected, "{procedure} {born}");
    }
}

#[test]
fn the_first_open_group_comes_next() {
    type Case = (fn(&mut Content), Step);
    let cases: &[Case] = &[
        (|_| (), Step::Check),
        (|c| c.answers.child = None, Step::Child),
        (|c| c.answers.birth_place = None, Step::BirthPlace),
        (|c| c.answers.saw_mother = false, Step::Mother),
        (|c| c.answers.saw_father = false, Step::Father),
        (|c| c.answers.choices = None, Step::Choices),
        (|c| (c.answers.choices, c.answers.child) = (None, None), Step::Child),
        (|c| c.family.father = None, Step::Choices),
    ];
    for (number, (change, expected)) in cases.iter().enumerate() {
        let mut content = content();
        change(&mut content);
        assert_eq!(first_open(&content), *expected, "case {number}");
    }
}

#[test]
fn the_form_says_what_was_chosen() {
    let form = birth_form(&content()).unwrap();
    assert_eq!(
        (form.declarant, form.declarant_number.to_string().as_str()),
        (Declarant::Mother, "001195000001")
    );
    assert_eq!((form.child.ethnicity.as_str(), form.child.nationality.as_str()), ("02", "VN"));
    assert_eq!((form.child.hometown.commune.as_str(), form.child.hometown.detail.as_str()), ("00100", ""));
    assert_eq!(registers_at(&content()).unwrap().address.commune, "00004");

    let mut alone = content();
    alone.family.father = None;
    assert_eq!(birth_form(&alone), None, "what the father's absence leaves open must be chosen again");
    alone.answers.choices =
        Some(Choices { hometown: Role::Mother, ethnicity: Role::Mother, registers_at: Role::Mother });
    assert_eq!(birth_form(&alone).unwrap().father, None);
}

#[test]
fn a_child_with_a_vietnamese_parent_is_vietnamese() {
    for (mother, father, expected) in [("VN", "FR", "VN"), ("FR", "VN", "VN"), ("FR", "DE", "FR")] {
        let mut family = family();
        family.mother.as_mut().unwrap().parent.nationality = mother.into();
        family.father.as_mut().unwrap().parent.nationality = father.into();
        assert_eq!(nationality(&family).as_deref(), Some(expected));
    }
}

#[test]
fn faults_are_shown_where_they_are_corrected() {
    let cases = [
        ("form.child.name.family", Step::Child, "family-name"),
        ("child.name.given", Step::Child, "given-name"),
        ("form.child.birth_date", Step::Child, "birth-date"),
        ("form.child.birth_place.commune", Step::BirthPlace, "commune"),
        ("form.mother.birth_date", Step::Mother, "mother"),
        ("form.father", Step::Father, "father"),
        ("form.child.ethnicity", Step::Choices, "ethnicity"),
        ("commune", Step::Choices, "registers-at"),
        ("applicant", Step::Check, "declared"),
        ("", Step::Check, "declared"),
    ];
    for (path, step, field) in cases {
        let fault = FieldProblem { field: path.into(), code: "x".into(), vi: "x".into(), en: "x".into() };
        assert_eq!(faulty_field(&fault), (step, field), "{path:?}");
    }
}

proptest! {
    #[test]
    fn every_path_leads_to_a_page(path in "\\PC{0,40}") {
        let fault = FieldProblem { field: path, code: "x".into(), vi: "x".into(), en: "x".into() };
        prop_assert!(Step::ALL.contains(&faulty_field(&fault).0));
    }
}
