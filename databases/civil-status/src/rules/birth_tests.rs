use super::*;
use crate::samples;
use jiff::civil::date;
use proptest::prelude::*;

fn now() -> Timestamp {
    "2026-11-21T03:00:00Z".parse().unwrap()
}

/// The faults of the sample application after a change, as `field: code`.
fn faults_after(change: impl FnOnce(&mut BirthApplication)) -> Vec<String> {
    let mut application = samples::application("H26-1");
    change(&mut application);
    check_application(&application, now()).into_iter().map(|p| format!("{}: {}", p.field, p.code)).collect()
}

#[test]
fn a_right_form_has_no_faults() {
    assert_eq!(faults_after(|_| ()), Vec::<String>::new());
}

type Case = (&'static str, fn(&mut BirthApplication), &'static str);

#[test]
fn every_fault_is_named_with_its_field() {
    let cases: &[Case] = &[
        ("dossier", |a| a.dossier = "a b".into(), "dossier: malformed"),
        ("no dossier", |a| a.dossier.clear(), "dossier: malformed"),
        ("commune of four digits", |a| a.commune = "0001".into(), "commune: not-a-commune"),
        ("commune in other digits", |a| a.commune = "٠٠٠٠١".into(), "commune: not-a-commune"),
        (
            "received tomorrow",
            |a| a.received_at = "2026-11-22T03:00:00Z".parse().unwrap(),
            "received_at: in-the-future",
        ),
        ("due before", |a| a.due_at = "2026-11-01T00:00:00Z".parse().unwrap(), "due_at: before-receipt"),
        ("digit in name", |a| a.form.child.name.given = "An2".into(), "form.child.name.given: digit-in-name"),
        ("no family name", |a| a.form.child.name.family.clear(), "form.child.name.family: missing"),
        (
            "born tomorrow",
            |a| a.form.child.birth_date = date(2026, 11, 22),
            "form.child.birth_date: in-the-future",
        ),
        (
            "unit of birth",
            |a| a.form.child.birth_place.commune = "1".into(),
            "form.child.birth_place.commune: not-a-commune",
        ),
        (
            "long address",
            |a| a.form.child.hometown.detail = "x".repeat(201),
            "form.child.hometown.detail: too-long",
        ),
        (
            "line feed",
            |a| a.form.child.birth_place.detail = "a\nb".into(),
            "form.child.birth_place.detail: unprintable",
        ),
        (
            "unknown ethnicity",
            |a| a.form.mother.as_mut().unwrap().ethnicity = "99".into(),
            "form.mother.ethnicity: unknown-ethnicity",
        ),
        (
            "neither's ethnicity",
            |a| a.form.child.ethnicity = "03".into(),
            "form.child.ethnicity: not-a-parents-ethnicity",
        ),
        (
            "nationality",
            |a| a.form.child.nationality = "vn".into(),
            "form.child.nationality: unknown-nationality",
        ),
        (
            "foreign child of Vietnamese",
            |a| a.form.child.nationality = "FR".into(),
            "form.child.nationality: not-by-descent",
        ),
        (
            "mother younger",
            |a| a.form.mother.as_mut().unwrap().birth_date = date(2027, 1, 1),
            "form.mother.birth_date: younger-than-child",
        ),
        (
            "mother of eleven",
            |a| a.form.mother.as_mut().unwrap().birth_date = date(2014, 11, 12),
            "form.mother.birth_date: too-young",
        ),
        (
            "mother of sixty-one",
            |a| a.form.mother.as_mut().unwrap().birth_date = date(1965, 11, 11),
            "form.mother.birth_date: too-old",
        ),
        (
            "father of eleven",
            |a| a.form.father.as_mut().unwrap().birth_date = date(2015, 1, 1),
            "form.father.birth_date: too-young",
        ),
        (
            "number of a man",
            |a| a.form.mother.as_mut().unwrap().number = Some("001095000001".parse().unwrap()),
            "form.mother.number: number-does-not-fit",
        ),
        (
            "declarant's number",
            |a| a.form.declarant_number = "001190000009".parse().unwrap(),
            "form.declarant_number: not-the-declared-parent",
        ),
        (
            "grandparent is mother",
            |a| a.form.declarant = Declarant::Grandparent,
            "form.declarant: declarant-is-a-parent",
        ),
        (
            "mother unknown, declares",
            |a| a.form.mother = None,
            "form.declarant_number: not-the-declared-parent",
        ),
        ("long notice", |a| a.form.birth_notice = Some("1".repeat(51)), "form.birth_notice: too-long"),
    ];
    for (case, change, expected) in cases {
        let found = faults_after(change);
        assert!(found.iter().any(|fault| fault == expected), "{case}: {found:?}");
    }
}

#[test]
fn ages_at_the_limits_are_taken() {
    for birth_date in [date(2014, 11, 11), date(1965, 11, 12)] {
        let found = faults_after(|a| {
            let mother = a.form.mother.as_mut().unwrap();
            (mother.birth_date, mother.number) = (birth_date, None);
            a.form.declarant = Declarant::OtherRelative;
        });
        assert_eq!(found, Vec::<String>::new(), "{birth_date}");
    }
}

#[test]
fn who_may_declare_when_no_parent_is_known() {
    let foundling = |declarant: Declarant| {
        faults_after(|a| {
            (a.form.mother, a.form.father, a.form.declarant) = (None, None, declarant);
        })
    };
    assert_eq!(foundling(Declarant::Carer), Vec::<String>::new());
    assert_eq!(foundling(Declarant::Grandparent), ["form.declarant: no-parent-known"]);
}

#[test]
fn a_child_of_a_foreigner_may_have_either_nationality() {
    for (nationality, expected) in [("VN", true), ("FR", true), ("US", false)] {
        let found = faults_after(|a| {
            a.form.father.as_mut().unwrap().nationality = "FR".into();
            a.form.child.nationality = nationality.into();
        });
        assert_eq!(found.is_empty(), expected, "{nationality}: {found:?}");
    }
}

#[test]
fn registration_is_late_after_sixty_days() {
    for (received_on, late) in
        [(date(2026, 1, 1), false), (date(2026, 3, 2), false), (date(2026, 3, 3), true)]
    {
        assert_eq!(is_late(date(2026, 1, 1), received_on), late, "{received_on}");
    }
    assert!(is_late(date(1990, 1, 1), date(2026, 1, 1)));
}

#[test]
fn one_child_has_one_key_however_the_name_is_written() {
    let key = |change: fn(&mut BirthForm)| {
        let mut form = samples::application("H26-1").form;
        change(&mut form);
        child_key(&form)
    };
    let sample = key(|_| ());
    assert_eq!(key(|f| f.child.name.given = "AN".into()), sample);
    assert_ne!(key(|f| f.child.name.given = "Bình".into()), sample);
    assert_ne!(key(|f| f.child.birth_date = date(2026, 11, 10)), sample);
    assert_ne!(key(|f| f.mother = None), sample);
    assert_eq!(key(|f| (f.mother, f.father) = (None, None)), None);
}

#[test]
fn all_fifty_four_groups_are_known() {
    assert_eq!(ethnicities().len(), 54);
    assert_eq!(ethnicity_name("01"), Some("Kinh"));
    assert_eq!(ethnicity_name("55"), None);
}

proptest! {
    #[test]
    fn no_dates_panic(child in any_date(), mother in any_date(), received in -62_000_000_000_i64..250_000_000_000) {
        let mut application = samples::application("H26-1");
        application.form.child.birth_date = child;
        application.form.mother.as_mut().unwrap().birth_date = mother;
        application.received_at = Timestamp::from_second(received).unwrap();
        let _ = check_application(&application, now());
    }
}

fn any_date() -> impl Strategy<Value = Date> {
    (-9999_i16..=9999, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| date(year, month, day))
}
