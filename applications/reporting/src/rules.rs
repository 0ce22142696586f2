//! Which period a day belongs to (Decree 09/2019/ND-CP article 12), and what a birth counts as (Circular 03/2019/TT-BTP).

mod counting;
mod periods;

pub use counting::{Cell, indicators_of, moved};
pub use periods::{month_of, months, parse_period, period_code, recent_periods, window};

use contracts::{FieldProblem, reporting::IndicatorCode};

/// Every indicator, in the order of the form.
pub const INDICATORS: [IndicatorCode; 7] = [
    IndicatorCode::Births,
    IndicatorCode::BirthsMale,
    IndicatorCode::BirthsFemale,
    IndicatorCode::BirthsKinh,
    IndicatorCode::BirthsOtherGroups,
    IndicatorCode::BirthsOnTime,
    IndicatorCode::BirthsLate,
];

/// The code of an indicator, as it is written everywhere.
pub fn indicator_code(indicator: IndicatorCode) -> &'static str {
    match indicator {
        IndicatorCode::Births => "births",
        IndicatorCode::BirthsMale => "births-male",
        IndicatorCode::BirthsFemale => "births-female",
        IndicatorCode::BirthsKinh => "births-kinh",
        IndicatorCode::BirthsOtherGroups => "births-other-groups",
        IndicatorCode::BirthsOnTime => "births-on-time",
        IndicatorCode::BirthsLate => "births-late",
    }
}

/// A level of the country by the length of a code: two digits a province, five a commune.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A province.
    Province,
    /// A commune.
    Commune,
}

/// The level that a code names.
pub fn level_of(unit: &str) -> Option<Level> {
    let digits = unit.bytes().all(|byte| byte.is_ascii_digit());
    match unit.len() {
        2 if digits => Some(Level::Province),
        5 if digits => Some(Level::Commune),
        _ => None,
    }
}

/// The code names no unit that figures are kept of.
pub fn no_unit(field: &str) -> FieldProblem {
    fault(
        field,
        "no-unit",
        "Mã không phải của một tỉnh (2 chữ số) hay một xã, phường, đặc khu (5 chữ số).",
        "The code is not that of a province (2 digits) or of a commune (5 digits).",
    )
}

/// The period is none of the calendar.
pub fn no_period() -> FieldProblem {
    fault(
        "period",
        "no-period",
        "Kỳ báo cáo không có thật. Năm từ 1946 đến 9998, tháng 1-12, quý 1-4, nửa năm 1-2.",
        "There is no such period. Years 1946 to 9998, months 1-12, quarters 1-4, halves 1-2.",
    )
}

/// A value that can't be taken.
pub(crate) fn fault(field: &str, code: &str, vi: &str, en: &str) -> FieldProblem {
    FieldProblem { field: field.into(), code: code.into(), vi: vi.into(), en: en.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_contract() {
        for indicator in INDICATORS {
            let written = serde_json::to_string(&indicator).unwrap();
            assert_eq!(written, format!("{:?}", indicator_code(indicator)));
        }
    }

    #[test]
    fn a_code_names_a_level() {
        for (code, level) in [
            ("01", Some(Level::Province)),
            ("00004", Some(Level::Commune)),
            ("001", None),
            ("", None),
            ("0a", None),
            ("٠١", None),
            ("000004", None),
        ] {
            assert_eq!(level_of(code), level, "{code:?}");
        }
    }
}
