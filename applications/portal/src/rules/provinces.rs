//! Which agency governs a province, by the dated table of agency codes (Decision 20/2020/QD-TTg).

use jiff::civil::Date;

const TABLE: &str = include_str!("../../../../data/agency_codes.csv");

/// Code of the People's Committee that governs the province with this code on a day.
pub fn committee_of(province: &str, on: Date) -> Option<&'static str> {
    TABLE.lines().find_map(|line| {
        let mut fields = line.split(',');
        let (code, _name, kind, governed) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let (from, until) = (day(fields.next()?), day(fields.next()?));
        let in_force = from.is_none_or(|from| from <= on) && until.is_none_or(|until| on < until);
        (kind == "peoples-committee" && governed == province && in_force).then_some(code)
    })
}

fn day(field: &str) -> Option<Date> {
    field.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn provinces_are_governed_by_the_committee_of_the_day() {
        let cases = [
            ("01", date(2026, 11, 21), Some("H26")),
            ("79", date(2025, 1, 1), Some("H29")),
            ("79", date(2026, 11, 21), Some("H29")),
            ("45", date(2025, 6, 30), Some("H50")),
            ("45", date(2025, 7, 1), None),
            ("44", date(2025, 7, 1), Some("H50")),
            ("", date(2026, 11, 21), None),
            ("99", date(2026, 11, 21), None),
        ];
        for (province, on, expected) in cases {
            assert_eq!(committee_of(province, on), expected, "{province} on {on}");
        }
    }

    #[test]
    fn every_province_of_today_is_governed() {
        let units = include_str!("../../../../data/units.tsv");
        let of_today = units.lines().skip(1).filter_map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let is_province = fields.get(1) == Some(&"") && fields.last() == Some(&"");
            is_province.then(|| fields[0].to_owned())
        });
        let provinces: Vec<String> = of_today.collect();
        assert_eq!(provinces.len(), 34);
        for code in provinces {
            assert!(committee_of(&code, date(2026, 11, 21)).is_some(), "{code}");
        }
    }
}
