//! The agencies that have an electronic identification code, with every change dated.

use crate::codes::AgencyCode;
use crate::model::{AgencyKind, AgencyRecord, Basis, DataFault};
use jiff::civil::Date;
use serde::Deserialize;
use std::sync::LazyLock;

const FILE: &str = "agency_codes.csv";

/// Agencies in each form they had.
#[derive(Debug)]
pub struct AgencyRegister {
    /// By code, then by time.
    records: Vec<AgencyRecord>,
}

impl AgencyRegister {
    /// The agencies of Vietnam, as far as their codes are known.
    pub fn vietnam() -> &'static Self {
        static REGISTER: LazyLock<AgencyRegister> = LazyLock::new(|| {
            AgencyRegister::read(include_str!("../../../data/agency_codes.csv"))
                .expect("the program's own file is read by its tests")
        });
        &REGISTER
    }

    fn read(text: &str) -> Result<Self, DataFault> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let mut records = Vec::new();
        for (index, row) in reader.deserialize::<Line>().enumerate() {
            let fault = |fault: String| DataFault { file: FILE, line: index + 2, fault };
            records.push(row.map_err(|error| fault(error.to_string()))?.into_record().map_err(fault)?);
        }
        records.sort_by(|one, other| (&one.code, one.from).cmp(&(&other.code, other.from)));
        Ok(Self { records })
    }

    /// Every agency in every form it had.
    pub fn records(&self) -> &[AgencyRecord] {
        &self.records
    }

    /// The agency a code named on a day; when it was closed by then, as it was last.
    pub fn on(&self, code: &AgencyCode, day: Date) -> Option<&AgencyRecord> {
        let started =
            |record: &&AgencyRecord| record.code == *code && record.from.is_none_or(|from| from <= day);
        self.records.iter().rfind(started)
    }
}

impl AgencyRecord {
    /// Whether the agency was at work in this form on a day it had begun by.
    pub fn is_active_on(&self, day: Date) -> bool {
        self.until.is_none_or(|until| day < until)
    }
}

/// A line of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    code: String,
    name: String,
    kind: AgencyKind,
    province: Option<String>,
    from: Option<Date>,
    until: Option<Date>,
    successor: Option<String>,
    basis: Basis,
}

impl Line {
    fn into_record(self) -> Result<AgencyRecord, String> {
        let parse = |code: &str| code.parse::<AgencyCode>().map_err(|error| error.to_string());
        Ok(AgencyRecord {
            code: parse(&self.code)?,
            name: self.name,
            kind: self.kind,
            province: self.province,
            from: self.from,
            until: self.until,
            successor: self.successor.as_deref().map(parse).transpose()?,
            basis: self.basis,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Units;
    use jiff::civil::date;

    #[test]
    fn an_agency_is_as_it_was_on_the_day() {
        let register = AgencyRegister::vietnam();
        let (old, new) = (date(2024, 6, 1), date(2026, 6, 1));
        for (code, day, name, province, active) in [
            ("H26", old, "UBND thành phố Hà Nội", Some("01"), true),
            ("H26", new, "UBND thành phố Hà Nội", Some("01"), true),
            ("H01", old, "UBND tỉnh An Giang", Some("89"), true),
            ("H01", new, "UBND tỉnh An Giang", Some("91"), true),
            ("H02", old, "UBND tỉnh Bắc Giang", Some("24"), true),
            ("H02", new, "UBND tỉnh Bắc Giang", Some("24"), false),
            ("H19", date(2026, 4, 29), "UBND tỉnh Đồng Nai", Some("75"), true),
            ("H19", date(2026, 4, 30), "UBND thành phố Đồng Nai", Some("75"), true),
            ("G04", old, "Bộ Giao thông vận tải", None, true),
            ("G04", new, "Bộ Giao thông vận tải", None, false),
            ("G15", new, "Bộ Tư pháp", None, true),
        ] {
            let agency = register.on(&code.parse().unwrap(), day).unwrap();
            let found = (agency.name.as_str(), agency.province.as_deref(), agency.is_active_on(day));
            assert_eq!(found, (name, province, active), "{code} on {day}");
        }
        assert!(register.on(&"G99".parse().unwrap(), new).is_none());
    }

    #[test]
    fn every_province_has_one_committee_and_one_council_on_every_day() {
        let (register, units) = (AgencyRegister::vietnam(), Units::vietnam());
        for day in [date(2024, 6, 1), date(2025, 7, 1), date(2026, 6, 1)] {
            for province in units.of_level(contracts::agencies::UnitLevel::Province, day) {
                for kind in [AgencyKind::PeoplesCommittee, AgencyKind::PeoplesCouncil] {
                    let governing = register.records().iter().filter(|record| {
                        record.kind == kind
                            && record.province.as_deref() == Some(province.code)
                            && record.from.is_none_or(|from| from <= day)
                            && record.is_active_on(day)
                    });
                    assert_eq!(governing.count(), 1, "{} on {day}, {kind:?}", province.name);
                }
            }
        }
    }

    #[test]
    fn a_closed_agency_names_one_that_is_at_work() {
        let register = AgencyRegister::vietnam();
        for record in register.records() {
            let Some(successor) = &record.successor else { continue };
            let until = record.until.expect("only a closed agency has a successor");
            assert!(
                register.on(successor, until).is_some_and(|agency| agency.is_active_on(until)),
                "{}",
                record.code
            );
        }
    }

    #[test]
    fn a_line_of_another_form_is_named() {
        let heading = "code,name,kind,province,from,until,successor,basis\n";
        for (line, fault) in [
            ("X,UBND,central,,,,,inferred", "line 2: the first group \"X\""),
            ("G01,Bộ,village,,,,,inferred", "unknown variant `village`"),
            ("G01,Bộ,central,,2025-13-01,,,inferred", "line 2:"),
            ("G01,Bộ,central", "line 2:"),
        ] {
            let error = AgencyRegister::read(&format!("{heading}{line}\n")).unwrap_err().to_string();
            assert!(error.contains(fault), "{line}: {error}");
        }
    }
}
