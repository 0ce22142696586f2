use calendar::lunar::{gio_to, tet};
use calendar::{DayKind, Holidays, HolidaysError};
use jiff::civil::date;

#[test]
fn the_table_answers_from_2015_to_2040_and_says_so_outside() {
    let holidays = Holidays::vietnam();
    let (first, last) = (date(2015, 1, 1), date(2040, 12, 31));
    assert_eq!(holidays.range(), (first, last));
    for inside in [first, last] {
        assert!(holidays.kind_of(inside).is_ok());
    }
    for outside in [date(2014, 12, 27), date(2014, 12, 31), date(2041, 1, 1)] {
        assert_eq!(
            holidays.kind_of(outside).unwrap_err(),
            HolidaysError::OutsideTable { date: outside, first, last }
        );
    }
    assert_eq!(
        holidays.kind_of(date(2041, 1, 1)).unwrap_err().to_string(),
        "holidays are known from 2015-01-01 to 2040-12-31, not for 2041-01-01; extend the table of holidays"
    );
}

#[test]
fn every_swapped_day_is_off_and_its_saturday_is_worked() {
    let holidays = Holidays::vietnam();
    for (off, worked) in [
        (date(2015, 2, 16), date(2015, 2, 14)),
        (date(2015, 4, 29), date(2015, 4, 25)),
        (date(2018, 12, 31), date(2019, 1, 5)),
        (date(2019, 4, 29), date(2019, 5, 4)),
        (date(2024, 4, 29), date(2024, 5, 4)),
        (date(2025, 5, 2), date(2025, 4, 26)),
        (date(2026, 8, 31), date(2026, 8, 22)),
    ] {
        let DayKind::Holiday(holiday) = holidays.kind_of(off).unwrap() else {
            panic!("{off} must be a day off")
        };
        assert_eq!(holiday.worked_instead, Some(worked));
        assert_eq!(holidays.kind_of(worked).unwrap(), DayKind::WorkingBySwap);
        let sunday_after = worked.tomorrow().unwrap();
        assert_eq!(holidays.kind_of(sunday_after).unwrap(), DayKind::Weekend);
    }
}

#[test]
fn the_table_agrees_with_the_lunar_calendar() {
    let holidays = Holidays::vietnam();
    for year in 2015..=2040 {
        for (day, name) in [(tet(year), "Tết Nguyên Đán"), (gio_to(year), "Ngày Giỗ Tổ Hùng Vương")]
        {
            let DayKind::Holiday(holiday) = holidays.kind_of(day.unwrap()).unwrap() else {
                panic!("{name} of {year} must be a day off")
            };
            assert_eq!(holiday.name, name);
        }
    }
    assert_eq!(holidays.of_year(2026).count(), 14);
    assert_eq!(holidays.of_year(2041).count(), 0);
}

#[test]
fn bad_tables_are_refused_with_the_row() {
    for (rows, expected) in [
        ("2026-09-02,T4,Quốc khánh\n2026-13-01,T2,x", "row 2 of the holidays: \"2026-13-01\" is not a date"),
        ("2026-09-02,T5,Quốc khánh", "row 1 of the holidays: 2026-09-02 is T4, not \"T5\""),
        (
            "2026-09-02,T4,Quốc khánh\n2026-09-02,T4,Quốc khánh",
            "row 2 of the holidays: 2026-09-02 stands twice",
        ),
        ("2026-08-31,T2,Ngày nghỉ (thay cho ngày 22/8/2026)", "must name the day worked instead"),
        ("2026-08-31,T2,Ngày nghỉ (thay cho ngày 21/08/2026)", "is not on a weekend"),
        ("2026-08-31,T2", "row 1 of the holidays: "),
        ("", "the table of holidays is empty"),
    ] {
        let error = Holidays::from_csv(&format!("date,weekday,name\n{rows}")).unwrap_err().to_string();
        assert!(error.contains(expected), "{rows}: {error}");
    }
}
