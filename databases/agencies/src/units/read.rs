//! Reads the files the units are kept in.

use super::Act;
use super::search::search_form;
use crate::model::{DataFault, SuccessionRecord, UnitKind, UnitRecord};
use contracts::agencies::UnitLevel;
use jiff::civil::Date;

const UNITS: &str = "units.tsv";
const SUCCESSIONS: &str = "unit_successions.tsv";
const ACTS: &str = "unit_acts.tsv";
const FORMED_FROM: &str = "units_formed_from.tsv";
const PERSONAL_ID_PLACES: &str = "personal_id_province_codes.csv";

/// The columns of every line after the heading, made into something.
fn rows<const COLUMNS: usize, T>(
    file: &'static str,
    text: &'static str,
    separator: char,
    make: impl Fn([&'static str; COLUMNS]) -> Result<T, String>,
) -> Result<Vec<T>, DataFault> {
    let mut made = Vec::with_capacity(text.len() / 48);
    for (index, line) in text.lines().enumerate().skip(1) {
        let fault = |fault: String| DataFault { file, line: index + 1, fault };
        let mut columns = [""; COLUMNS];
        let mut cells = line.split(separator);
        for column in &mut columns {
            *column = cells.next().ok_or_else(|| fault(format!("write {COLUMNS} columns")))?;
        }
        if cells.next().is_some() {
            return Err(fault(format!("write {COLUMNS} columns")));
        }
        made.push(make(columns).map_err(fault)?);
    }
    Ok(made)
}

fn given(cell: &'static str) -> Option<&'static str> {
    (!cell.is_empty()).then_some(cell)
}

fn day(cell: &str) -> Result<Date, String> {
    cell.parse().map_err(|_| format!("{cell:?} is not a day; write it as 2025-07-01"))
}

fn flag(cell: &str) -> Result<bool, String> {
    match cell {
        "1" => Ok(true),
        "" => Ok(false),
        _ => Err(format!("{cell:?} is not a mark; write 1 or nothing")),
    }
}

fn level_of(code: &str) -> Result<UnitLevel, String> {
    match code.len() {
        _ if !code.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(format!("the code {code:?} is not of digits"))
        }
        2 => Ok(UnitLevel::Province),
        3 => Ok(UnitLevel::District),
        5 => Ok(UnitLevel::Commune),
        length => Err(format!("the code {code:?} has {length} digits; write 2, 3 or 5")),
    }
}

pub(super) fn units(text: &'static str) -> Result<Vec<UnitRecord>, DataFault> {
    rows(UNITS, text, '\t', |[code, parent, name, name_en, from, until]| {
        let level = level_of(code)?;
        let (kind, bare_name) = UnitKind::of(name, level)
            .ok_or_else(|| format!("{name:?} does not begin with a kind of {level:?}"))?;
        if (level == UnitLevel::Province) != parent.is_empty() {
            return Err("every unit but a province belongs to one; write its code".into());
        }
        let folded_kind = search_form(&name[..name.len() - bare_name.len()]);
        Ok(UnitRecord {
            code,
            level,
            kind,
            name,
            bare_name,
            name_en: given(name_en),
            parent: given(parent),
            from: given(from).map(day).transpose()?,
            until: given(until).map(day).transpose()?,
            folded_bare_at: folded_kind.len() + 1,
            folded: format!("{folded_kind} {}", search_form(bare_name)).into_boxed_str(),
        })
    })
}

pub(super) fn successions(text: &'static str) -> Result<Vec<SuccessionRecord>, DataFault> {
    rows(SUCCESSIONS, text, '\t', |[unit, successor, on, part, main]| {
        level_of(unit)?;
        level_of(successor)?;
        Ok(SuccessionRecord { unit, successor, on: day(on)?, part: flag(part)?, main: flag(main)? })
    })
}

pub(super) fn acts(text: &'static str) -> Result<Vec<Act>, DataFault> {
    rows(ACTS, text, '\t', |[on, level, citation]| {
        let level = match level {
            "province" => UnitLevel::Province,
            "district" => UnitLevel::District,
            "commune" => UnitLevel::Commune,
            other => return Err(format!("{other:?} is not a level; write province, district or commune")),
        };
        Ok(Act { on: day(on)?, level, citation })
    })
}

pub(super) fn formed_from(text: &'static str) -> Result<Vec<(&'static str, &'static str)>, DataFault> {
    rows(FORMED_FROM, text, '\t', |[code, words]| Ok((code, words)))
}

pub(super) fn personal_id_places(text: &'static str) -> Result<Vec<&'static str>, DataFault> {
    rows(PERSONAL_ID_PLACES, text, ',', |[place, _, _, _]| Ok(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_another_form_is_named() {
        let cases: &[(&str, &str)] = &[
            ("heading\n01\t\tTỉnh A\t\t", "units.tsv, line 2: write 6 columns"),
            ("heading\n01\t\tTỉnh A\t\t\t\t", "units.tsv, line 2: write 6 columns"),
            ("heading\n1A\t\tTỉnh A\t\t\t", "units.tsv, line 2: the code \"1A\" is not of digits"),
            (
                "heading\n0101\t\tTỉnh A\t\t\t",
                "units.tsv, line 2: the code \"0101\" has 4 digits; write 2, 3 or 5",
            ),
            (
                "heading\n01\t\tXã A\t\t\t",
                "units.tsv, line 2: \"Xã A\" does not begin with a kind of Province",
            ),
            (
                "heading\n001\t\tHuyện A\t\t\t",
                "units.tsv, line 2: every unit but a province belongs to one; write its code",
            ),
            (
                "heading\n01\t\tTỉnh A\t\t2025-02-29\t",
                "units.tsv, line 2: \"2025-02-29\" is not a day; write it as 2025-07-01",
            ),
        ];
        for (text, message) in cases {
            assert_eq!(units(text).unwrap_err().to_string(), *message);
        }
        assert!(
            successions("heading\n01\t02\t2025-07-01\tx\t")
                .unwrap_err()
                .to_string()
                .contains("is not a mark")
        );
        assert!(acts("heading\n2025-07-01\tvillage\tx").unwrap_err().to_string().contains("is not a level"));
    }
}
