use calendar::text::*;
use calendar::{DateTextError, LunarDate};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use proptest::prelude::*;

#[test]
fn dates_are_written_in_both_languages() {
    let day = date(2026, 11, 21);
    assert_eq!(day_month_year(day), "21/11/2026");
    assert_eq!(vietnamese_date(day), "ngày 21 tháng 11 năm 2026");
    assert_eq!(vietnamese_date_with_weekday(day), "Thứ Bảy, ngày 21 tháng 11 năm 2026");
    assert_eq!(english_date(day), "21 November 2026");
    assert_eq!(english_date_with_weekday(day), "Saturday, 21 November 2026");
    assert_eq!(vietnamese_date_with_weekday(date(2026, 11, 22)), "Chủ Nhật, ngày 22 tháng 11 năm 2026");
    let moment: Timestamp = "2026-11-21T17:05:00Z".parse().unwrap();
    assert_eq!(vietnamese_moment(moment), "00 giờ 05 phút, ngày 22 tháng 11 năm 2026");
    assert_eq!(english_moment(moment), "00:05, 22 November 2026");
}

#[test]
fn small_numbers_take_a_zero_as_decree_30_says() {
    for (day, expected) in [
        (date(2026, 1, 5), "ngày 05 tháng 01 năm 2026"),
        (date(2026, 2, 9), "ngày 09 tháng 02 năm 2026"),
        (date(2026, 3, 5), "ngày 05 tháng 3 năm 2026"),
        (date(2026, 10, 10), "ngày 10 tháng 10 năm 2026"),
    ] {
        assert_eq!(vietnamese_date(day), expected);
    }
    assert_eq!(day_month_year(date(2026, 3, 5)), "05/03/2026");
}

#[test]
fn lunar_dates_are_written_in_words() {
    for (year, month, leap, day, vietnamese, english) in [
        (2026, 1, false, 1, "mùng 1 tháng Giêng năm Bính Ngọ", "day 1 of lunar month 1, year Bính Ngọ"),
        (2026, 3, false, 10, "mùng 10 tháng Ba năm Bính Ngọ", "day 10 of lunar month 3, year Bính Ngọ"),
        (
            2006,
            7,
            true,
            15,
            "rằm tháng Bảy nhuận năm Bính Tuất",
            "day 15 of leap lunar month 7, year Bính Tuất",
        ),
        (2025, 12, false, 29, "ngày 29 tháng Chạp năm Ất Tỵ", "day 29 of lunar month 12, year Ất Tỵ"),
    ] {
        let lunar = LunarDate { year, month, leap, day };
        assert_eq!(vietnamese_lunar_date(lunar), vietnamese);
        assert_eq!(english_lunar_date(lunar), english);
    }
    for (year, name) in [(1945, "Ất Dậu"), (1968, "Mậu Thân"), (1984, "Giáp Tý"), (2000, "Canh Thìn")]
    {
        assert_eq!(sexagenary_year(year), name);
    }
}

#[test]
fn only_the_exact_shape_is_read() {
    let day = date(2026, 9, 5);
    assert_eq!(parse_day_month_year("05/09/2026"), Ok(day));
    assert_eq!(parse_iso("2026-09-05"), Ok(day));
    assert_eq!(parse_iso("2024-02-29"), Ok(date(2024, 2, 29)));

    let no_such_day = Err(DateTextError::NoSuchDay);
    let out_of_range = Err(DateTextError::YearOutOfRange);
    for (text, expected) in [
        ("29/02/2026", no_such_day),
        ("31/04/2026", no_such_day),
        ("00/01/2026", no_such_day),
        ("01/00/2026", no_such_day),
        ("01/13/2026", no_such_day),
        ("99/99/2026", no_such_day),
        ("01/01/0000", out_of_range),
        ("01/01/9999", out_of_range),
    ] {
        assert_eq!(parse_day_month_year(text), expected, "{text}");
    }
    for text in [
        "",
        "5/9/2026",
        "05-09-2026",
        "2026-09-05",
        "05/09/26",
        " 05/09/2026",
        "05/09/2026 ",
        "05/09/2026/",
        "+5/09/2026",
        "-5/09/2026",
        "05/09/+026",
        "٠٥/٠٩/٢٠٢٦",
        "０５/０９/２０２６",
        "05/09/20260",
        "05//2026",
        "//",
        "05\u{2044}09\u{2044}2026",
    ] {
        assert!(matches!(parse_day_month_year(text), Err(DateTextError::Shape { .. })), "{text:?}");
    }
    for text in ["", "2026-9-5", "05/09/2026", "20260905", "2026-09-05T00:00:00", "-026-09-05", "2026-09-05 "]
    {
        assert!(matches!(parse_iso(text), Err(DateTextError::Shape { .. })), "{text:?}");
    }
    assert_eq!(parse_iso("2026-02-29"), no_such_day);
    let message = parse_day_month_year("31.12.1990").unwrap_err().to_string();
    assert_eq!(message, "not a date; write it as 05/09/2026");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(year in 1800i16..=2199, month in 1i8..=12, day in 1i8..=28) {
        let written = date(year, month, day);
        prop_assert_eq!(parse_day_month_year(&day_month_year(written)), Ok(written));
        prop_assert_eq!(parse_iso(&written.to_string()), Ok(written));
    }

    #[test]
    fn any_text_is_read_or_refused(text: String) {
        if let Ok(day) = parse_day_month_year(&text) {
            prop_assert_eq!(day_month_year(day), text.clone());
        }
        if let Ok(day) = parse_iso(&text) {
            prop_assert_eq!(day.to_string(), text);
        }
    }

    #[test]
    fn text_of_the_right_shape_never_panics(day in 0u8..=99, month in 0u8..=99, year in 0u16..=9999) {
        let text = format!("{day:02}/{month:02}/{year:04}");
        let expected = Date::new(year as i16, month as i8, day as i8).ok().filter(|_| (1800..=2199).contains(&year));
        prop_assert_eq!(parse_day_month_year(&text).ok(), expected);
    }

    #[test]
    fn words_never_panic_on_a_hand_built_lunar_date(year: i16, month: i8, leap: bool, day: i8) {
        let lunar = LunarDate { year, month, leap, day };
        prop_assert!(vietnamese_lunar_date(lunar).contains("tháng"));
        prop_assert!(english_lunar_date(lunar).contains("lunar month"));
    }
}
