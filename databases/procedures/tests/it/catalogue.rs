//! The program's own procedures, today and on days of the past.

use contracts::agencies::UnitLevel;
use contracts::procedures::TimeLimit;
use jiff::civil::{Date, date};
use procedures::catalogue::{Catalogue, FILES};
use procedures::model::Confidence;
use procedures::rules;
use std::collections::BTreeSet;

const TODAY: Date = date(2026, 11, 21);

#[test]
fn every_file_of_the_folder_is_read_and_without_fault() {
    Catalogue::read(FILES).unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/procedures");
    let on_disk: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let listed: BTreeSet<String> = FILES.iter().map(|(code, _)| format!("{code}.toml")).collect();
    assert_eq!(on_disk, listed, "list the file in FILES");
}

#[test]
fn authority_is_replayed_as_it_was() {
    let catalogue = Catalogue::vietnam();
    for (code, day, authority) in [
        ("2.000806", date(2015, 12, 31), None),
        ("2.000806", date(2016, 1, 1), Some(UnitLevel::District)),
        ("2.000806", date(2024, 6, 1), Some(UnitLevel::District)),
        ("2.000806", date(2025, 6, 30), Some(UnitLevel::District)),
        ("2.000806", date(2025, 7, 1), Some(UnitLevel::Commune)),
        ("2.000806", TODAY, Some(UnitLevel::Commune)),
        ("1.001193", date(2024, 6, 1), Some(UnitLevel::Commune)),
        ("1.001193", TODAY, Some(UnitLevel::Commune)),
        ("2.000986", date(2026, 6, 30), Some(UnitLevel::Commune)),
        ("2.000986", date(2026, 7, 1), None),
        ("3.000722", date(2026, 6, 30), None),
        ("3.000722", date(2026, 7, 1), Some(UnitLevel::Commune)),
        ("9.999999", TODAY, None),
        ("", TODAY, None),
    ] {
        let found = catalogue.in_force(code, day).map(|(_, version)| version.authority.level);
        assert_eq!(found, authority, "{code} on {day}");
    }
}

#[test]
fn a_birth_is_registered_by_the_commune_on_the_day_and_free() {
    let (procedure, version) = Catalogue::vietnam().in_force("1.001193", TODAY).unwrap();
    let birth = rules::whole(procedure, version);
    assert_eq!((birth.form.as_deref(), birth.time_limit), (Some("birth"), TimeLimit::SameDay));
    assert!(birth.fees.is_empty() && version.free_of_charge.is_some());
    assert_eq!(birth.steps.len(), 1);
    assert_eq!(
        (birth.steps[0].member.as_str(), birth.steps[0].operation.as_str()),
        ("VN/GOV/G15", "civil-status/births/applications")
    );
    let held: Vec<_> = birth.components.iter().filter_map(|component| component.held_by.as_deref()).collect();
    assert_eq!(held, ["population", "civil-status", "population"]);
    let (_, before) = Catalogue::vietnam().in_force("1.001193", date(2024, 6, 1)).unwrap();
    assert!(before.form.is_none() && before.components.iter().all(|component| component.held_by.is_none()));
}

#[test]
fn the_joined_procedure_begins_with_the_birth() {
    let (procedure, version) = Catalogue::vietnam().in_force("3.000722", TODAY).unwrap();
    let joined = rules::whole(procedure, version);
    let steps: Vec<_> = joined
        .steps
        .iter()
        .map(|step| (step.code.as_str(), step.member.as_str(), step.operation.as_str(), step.after.join(",")))
        .collect();
    assert_eq!(
        steps,
        [
            ("civil-status", "VN/GOV/G15", "civil-status/births/applications", String::new()),
            ("residence", "VN/GOV/G01", "population/residence/outcome", "civil-status".into()),
            ("health-card", "VN/GOV/G12.BHXH", "insurance/members/look-up", "civil-status".into()),
        ]
    );
    let results: Vec<_> = joined.results.iter().map(|result| result.code.as_str()).collect();
    assert_eq!(results, ["GKS", "TB-CT", "BHYT"]);
    assert_eq!(rules::least_confidence(version), Confidence::Memory);
}

#[test]
fn search_takes_words_with_or_without_accents() {
    let catalogue = Catalogue::vietnam();
    let codes = |text: &str, day| -> Vec<&str> {
        catalogue.search(text, day).iter().map(|(procedure, _)| procedure.code.as_str()).collect()
    };
    for text in ["khai sinh", "KHAI  SINH", "Khai sinh", "birth"] {
        let found = codes(text, TODAY);
        assert_eq!(
            found[..2].iter().collect::<BTreeSet<_>>(),
            BTreeSet::from([&"1.001193", &"3.000722"]),
            "{text}"
        );
        assert!(found.contains(&"1.004884"), "{text}");
    }
    assert_eq!(codes("1.001193", TODAY), ["1.001193"]);
    assert_eq!(codes("3.", TODAY), ["3.000722"]);
    assert_eq!(codes("", TODAY).len(), 17);
    assert!(codes("khai sinh", date(2025, 1, 1)).contains(&"2.000986"));
    assert!(codes("", date(2000, 1, 1)).is_empty());
    for text in ["' OR 1=1 --", "%", "khai sinh xe máy", "\u{0}"] {
        assert!(codes(text, TODAY).is_empty(), "{text:?}");
    }
}

mod any_day {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn at_most_one_version_is_in_force(year in 1990i16..2040, month in 1i8..=12, day in 1i8..=28) {
            let day = date(year, month, day);
            for procedure in Catalogue::vietnam().procedures() {
                let versions = procedure.versions.history().iter().map(|entry| &entry.value);
                let holds = |version: &&procedures::model::Version| {
                    version.from <= day && version.until.is_none_or(|until| day < until)
                };
                let holding: Vec<_> = versions.filter(holds).collect();
                prop_assert!(holding.len() <= 1);
                prop_assert_eq!(procedure.at(day), holding.first().copied());
            }
        }

        #[test]
        fn any_text_can_be_searched_for(text in any::<String>()) {
            let found = Catalogue::vietnam().search(&text, TODAY);
            prop_assert!(found.iter().all(|(_, version)| version.from <= TODAY));
        }
    }
}
