//! The data of units: complete, without contradiction, and right about addresses everybody knows.

use agencies::model::{UnitError, UnitKind};
use agencies::units::{Search, Units};
use contracts::agencies::UnitLevel;
use jiff::civil::{Date, date};
use std::collections::{BTreeMap, BTreeSet};

const LAST_DAY_OF_DISTRICTS: Date = date(2025, 6, 30);
const MERGER: Date = date(2025, 7, 1);
const TODAY: Date = date(2026, 11, 21);

#[test]
fn counts_are_those_of_the_resolutions() {
    let units = Units::vietnam();
    for (day, level, count) in [
        (LAST_DAY_OF_DISTRICTS, UnitLevel::Province, 63),
        (LAST_DAY_OF_DISTRICTS, UnitLevel::District, 696),
        (LAST_DAY_OF_DISTRICTS, UnitLevel::Commune, 10_035),
        (MERGER, UnitLevel::Province, 34),
        (MERGER, UnitLevel::District, 0),
        (MERGER, UnitLevel::Commune, 3_321),
        (TODAY, UnitLevel::Province, 34),
        (TODAY, UnitLevel::Commune, 3_321),
    ] {
        assert_eq!(units.of_level(level, day).count(), count, "{level:?} on {day}");
    }
    for (day, wards, communes, zones) in [(MERGER, 687, 2_621, 13), (date(2026, 4, 30), 697, 2_611, 13)] {
        let of_kind = |kind| units.communes_on(day).filter(|unit| unit.kind == kind).count();
        let found = (of_kind(UnitKind::Ward), of_kind(UnitKind::Commune), of_kind(UnitKind::SpecialZone));
        assert_eq!(found, (wards, communes, zones), "{day}");
    }
    assert_eq!(units.children("01", TODAY).count(), 126);
    assert_eq!(units.children("01", LAST_DAY_OF_DISTRICTS).count(), 30);
}

#[test]
fn a_code_names_one_unit_a_day_and_its_parent_stands() {
    let units = Units::vietnam();
    for pair in units.records().windows(2).filter(|pair| pair[0].code == pair[1].code) {
        let ended = pair[0].until.expect("a form that is followed by another ends");
        assert!(pair[1].from.is_some_and(|from| from >= ended), "{}", pair[0].code);
    }
    for record in units.records() {
        let Some(parent) = record.parent else { continue };
        let day = record.from.unwrap_or(LAST_DAY_OF_DISTRICTS);
        assert!(units.on(parent, day).is_ok(), "{} belongs to nothing on {day}", record.code);
    }
}

#[test]
fn successions_are_complete() {
    let units = Units::vietnam();
    let mut with_predecessor = BTreeSet::new();
    let mut split = 0;
    let districts_without_communes = units
        .of_level(UnitLevel::District, LAST_DAY_OF_DISTRICTS)
        .filter(|district| units.children(district.code, LAST_DAY_OF_DISTRICTS).count() == 0);
    for old in units.communes_on(LAST_DAY_OF_DISTRICTS).chain(districts_without_communes) {
        let found = units.successors(old.code, LAST_DAY_OF_DISTRICTS, MERGER).unwrap();
        assert_eq!(found.units.iter().filter(|related| related.main).count(), 1, "{}", old.code);
        assert!(found.units[0].main);
        let is_split = found.units.len() > 1;
        assert!(found.units.iter().all(|related| related.part == is_split), "{}", old.code);
        split += usize::from(is_split);
        with_predecessor.extend(found.units.iter().map(|related| related.unit.code));
    }
    assert_eq!(split, 471);
    let communes: BTreeSet<_> = units.communes_on(MERGER).map(|unit| unit.code).collect();
    assert_eq!(with_predecessor, communes);
}

#[test]
fn five_island_districts_had_no_communes() {
    let units = Units::vietnam();
    for (district, successor) in [
        ("318", "Đặc khu Bạch Long Vĩ"),
        ("471", "Đặc khu Cồn Cỏ"),
        ("498", "Đặc khu Hoàng Sa"),
        ("536", "Đặc khu Lý Sơn"),
        ("755", "Đặc khu Côn Đảo"),
    ] {
        assert_eq!(units.children(district, LAST_DAY_OF_DISTRICTS).count(), 0);
        let found = units.successors(district, LAST_DAY_OF_DISTRICTS, TODAY).unwrap();
        let names: Vec<_> = found.units.iter().map(|related| related.unit.name).collect();
        assert_eq!(names, [successor]);
    }
}

#[test]
fn provinces_are_merged_whole() {
    let units = Units::vietnam();
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for old in units.of_level(UnitLevel::Province, LAST_DAY_OF_DISTRICTS) {
        let found = units.successors(old.code, LAST_DAY_OF_DISTRICTS, TODAY).unwrap();
        assert_eq!(found.units.len(), 1);
        assert!(found.units[0].main && !found.units[0].part);
        *sizes.entry(found.units[0].unit.code).or_default() += 1;
    }
    assert_eq!(sizes.len(), 34);
    assert_eq!((sizes["01"], sizes["79"], sizes["75"]), (1, 3, 2));
    let hanoi = units.successors("01", LAST_DAY_OF_DISTRICTS, TODAY).unwrap();
    assert!(hanoi.citations.is_empty());
}

#[test]
fn no_commune_crossed_to_another_province() {
    let units = Units::vietnam();
    for new in units.communes_on(MERGER) {
        let province = units.province_of(new, MERGER).code;
        for related in units.predecessors(new.code, MERGER, LAST_DAY_OF_DISTRICTS).unwrap().units {
            let old_province = units.province_of(related.unit, LAST_DAY_OF_DISTRICTS).code;
            let became = units.successors(old_province, LAST_DAY_OF_DISTRICTS, MERGER).unwrap();
            assert_eq!(became.units[0].unit.code, province, "{} to {}", related.unit.code, new.code);
        }
    }
}

/// The main successor of an old address, found by its words.
fn today_of(address: &str) -> String {
    let units = Units::vietnam();
    let search = Search { text: address, province: None, level: None, day: LAST_DAY_OF_DISTRICTS, limit: 5 };
    let old = units.search(&search).units[0];
    let found = units.successors(old.code, LAST_DAY_OF_DISTRICTS, TODAY).unwrap();
    units.full_name(found.units[0].unit, TODAY)
}

#[test]
fn well_known_addresses_are_found_again() {
    for (old, new) in [
        ("Phường Trúc Bạch, Quận Ba Đình", "Phường Ba Đình, Thành phố Hà Nội"),
        ("phuong truc bach quan ba dinh", "Phường Ba Đình, Thành phố Hà Nội"),
        ("Phường Phúc Xá, Ba Đình", "Phường Hồng Hà, Thành phố Hà Nội"),
        ("Phường Bến Nghé, Quận 1", "Phường Sài Gòn, Thành phố Hồ Chí Minh"),
        ("Thị trấn Ba Chẽ", "Xã Ba Chẽ, Tỉnh Quảng Ninh"),
        ("Huyện Bạch Long Vĩ", "Đặc khu Bạch Long Vĩ, Thành phố Hải Phòng"),
        ("Thị trấn Lộc Ninh, Bình Phước", "Phường Lộc Ninh, Thành phố Đồng Nai"),
        ("Tỉnh Hà Giang", "Tỉnh Tuyên Quang"),
        ("Tỉnh Bình Dương", "Thành phố Hồ Chí Minh"),
    ] {
        assert_eq!(today_of(old), new, "{old}");
    }
    let ba_che = Units::vietnam().on("06978", TODAY).unwrap();
    assert_eq!(ba_che.name, "Xã Ba Chẽ");
}

#[test]
fn a_unit_of_today_has_its_predecessors() {
    let units = Units::vietnam();
    let found = units.predecessors("00004", TODAY, LAST_DAY_OF_DISTRICTS).unwrap();
    let names: Vec<_> = found.units.iter().map(|related| (related.unit.name, related.part)).collect();
    assert_eq!(names[0], ("Phường Trúc Bạch", false));
    assert!(names.contains(&("Phường Đồng Xuân", true)));
    assert!(found.units[0].main && found.units.iter().filter(|related| related.main).count() == 1);
    assert!(units.formed_from("00004").unwrap().contains("Trúc Bạch"));
    for new in units.communes_on(TODAY) {
        let found = units.predecessors(new.code, TODAY, LAST_DAY_OF_DISTRICTS).unwrap();
        assert_eq!(found.units.iter().filter(|related| related.main).count(), 1, "{}", new.code);
        assert!(!found.citations.is_empty());
    }
}

#[test]
fn dong_nai_became_a_city_on_30_april_2026() {
    let units = Units::vietnam();
    let (eve, day) = (date(2026, 4, 29), date(2026, 4, 30));
    assert_eq!(units.on("75", eve).unwrap().name, "Tỉnh Đồng Nai");
    assert_eq!(units.on("75", day).unwrap().name, "Thành phố Đồng Nai");
    let changed = units.communes_on(day).filter(|unit| unit.from == Some(day));
    let changed: Vec<_> = changed.map(|unit| (unit.kind, unit.parent)).collect();
    assert_eq!(changed, [(UnitKind::Ward, Some("75")); 10]);
    let long_thanh = units.on("26368", eve).unwrap();
    assert_eq!(units.full_name(long_thanh, eve), "Xã Long Thành, Tỉnh Đồng Nai");
    let found = units.successors("26368", eve, day).unwrap();
    assert_eq!((found.units[0].unit.name, found.citations[..].len()), ("Phường Long Thành", 1));
    let back = units.predecessors("26368", TODAY, eve).unwrap();
    assert_eq!((back.units.len(), back.units[0].unit.name), (1, "Xã Long Thành"));
}

#[test]
fn a_district_became_what_its_communes_became() {
    let units = Units::vietnam();
    let found = units.successors("001", LAST_DAY_OF_DISTRICTS, TODAY).unwrap();
    let names: Vec<_> = found.units.iter().map(|related| related.unit.name).collect();
    for name in ["Phường Ba Đình", "Phường Ngọc Hà", "Phường Giảng Võ"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(found.units.iter().all(|related| related.part));
    for district in units.of_level(UnitLevel::District, LAST_DAY_OF_DISTRICTS) {
        let found = units.successors(district.code, LAST_DAY_OF_DISTRICTS, TODAY).unwrap();
        assert_eq!(found.units.iter().filter(|related| related.main).count(), 1, "{}", district.name);
    }
}

#[test]
fn questions_without_an_answer_say_why() {
    let units = Units::vietnam();
    assert_eq!(units.on("99999", TODAY), Err(UnitError::Unknown));
    assert_eq!(units.on("001", TODAY), Err(UnitError::NotOnThatDay(TODAY)));
    assert_eq!(units.on("001", MERGER), Err(UnitError::NotOnThatDay(MERGER)));
    assert!(units.on("001", LAST_DAY_OF_DISTRICTS).is_ok());
    let wrong = UnitError::WrongWayRound { asked: LAST_DAY_OF_DISTRICTS, stood: MERGER };
    assert_eq!(units.successors("00004", MERGER, LAST_DAY_OF_DISTRICTS), Err(wrong));
    assert!(matches!(
        units.predecessors("00004", LAST_DAY_OF_DISTRICTS, MERGER),
        Err(UnitError::WrongWayRound { .. })
    ));
    for hostile in
        ["", "0", "000", "00004 ", "0000४", "00004'--", "../01", "\0\0\0\0\0", &"0".repeat(1 << 16)]
    {
        assert_eq!(units.on(hostile, TODAY), Err(UnitError::Unknown), "{hostile:.20?}");
    }
}

#[test]
fn search_takes_names_with_or_without_accents() {
    let units = Units::vietnam();
    let first = |text, day| {
        let search = Search { text, province: None, level: None, day, limit: 10 };
        units.search(&search).units.first().map(|unit| (unit.name, unit.code))
    };
    for (text, day, found) in [
        ("ba dinh", TODAY, Some(("Phường Ba Đình", "00004"))),
        ("Ba Đình", LAST_DAY_OF_DISTRICTS, Some(("Quận Ba Đình", "001"))),
        ("HÀ NỘI", TODAY, Some(("Thành phố Hà Nội", "01"))),
        ("ha noi", TODAY, Some(("Thành phố Hà Nội", "01"))),
        ("quan 1", LAST_DAY_OF_DISTRICTS, Some(("Quận 1", "760"))),
        ("Quận 01", LAST_DAY_OF_DISTRICTS, Some(("Quận 1", "760"))),
        ("Yên Hòa, Hà Nội", TODAY, Some(("Phường Yên Hoà", "00175"))),
        ("ea hleo", TODAY, Some(("Xã Ea H'Leo", "24184"))),
        ("quan ba dinh", TODAY, None),
        ("' OR 1=1 --", TODAY, None),
        ("", TODAY, None),
        ("%", TODAY, None),
        ("\u{0}\u{202e}", TODAY, None),
    ] {
        assert_eq!(first(text, day), found, "{text:?} on {day}");
    }
    let tan_phu = Search {
        text: "Tân Phú",
        province: Some("79"),
        level: Some(UnitLevel::Commune),
        day: TODAY,
        limit: 10,
    };
    assert!(units.search(&tan_phu).units.iter().all(|unit| unit.parent == Some("79")));
    let phuong = Search { text: "phu", province: None, level: None, day: TODAY, limit: 10 };
    let found = units.search(&phuong);
    assert!(found.more && found.units.len() == 10);
}

#[test]
fn provinces_give_personal_numbers_of_their_own() {
    let units = Units::vietnam();
    for (province, place) in
        [("01", Some("001")), ("15", Some("015")), ("02", Some("002")), ("1", None), ("99", None)]
    {
        assert_eq!(units.personal_id_place(province), place);
    }
    for day in [LAST_DAY_OF_DISTRICTS, TODAY] {
        for province in units.of_level(UnitLevel::Province, day) {
            assert!(units.personal_id_place(province.code).is_some(), "{}", province.name);
        }
    }
}

mod any_day {
    use super::*;
    use proptest::prelude::*;

    fn day() -> impl Strategy<Value = Date> {
        (2020i16..2030, 1i8..=12, 1i8..=28).prop_map(|(year, month, day)| date(year, month, day))
    }

    proptest! {
        #[test]
        fn what_a_unit_became_was_formed_from_it(place in 0usize..14_149, on in day()) {
            let units = Units::vietnam();
            let old = &units.records()[place];
            prop_assume!(old.level != UnitLevel::District && old.stood_on(LAST_DAY_OF_DISTRICTS) && on >= MERGER);
            for new in units.successors(old.code, LAST_DAY_OF_DISTRICTS, on).unwrap().units {
                prop_assert!(new.unit.stood_on(on));
                let back = units.predecessors(new.unit.code, on, LAST_DAY_OF_DISTRICTS).unwrap();
                prop_assert!(back.units.iter().any(|related| related.unit == old && related.part == new.part));
            }
        }

        #[test]
        fn any_text_can_be_searched_for(text in any::<String>(), on in day()) {
            let search = Search { text: &text, province: None, level: None, day: on, limit: 5 };
            let found = Units::vietnam().search(&search);
            prop_assert!(found.units.len() <= 5 && found.units.iter().all(|unit| unit.stood_on(on)));
        }
    }
}
