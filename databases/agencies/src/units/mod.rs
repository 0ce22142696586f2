//! Administrative units with every change dated: which unit stood on a day, what became of it, what it was formed from.
//!
//! The list begins with the units as they stood on 30 June 2025: 63 provinces, 696 districts and 10,035 communes. Since
//! when they had that form is not known. On 1 July 2025 they became 34 provinces and 3,321 communes without districts
//! between (Decision 19/2025/QD-TTg). Later changes follow with their days.

mod read;
mod search;

use crate::model::{DataFault, Related, Succession, SuccessionRecord, UnitError, UnitRecord};
use contracts::agencies::UnitLevel;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use search::{Found, SEARCH_TEXT_LIMIT_CHARACTERS, Search};

/// An act by which units of one level changed on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Act {
    on: Date,
    level: UnitLevel,
    citation: &'static str,
}

/// The text of the files the units are read from.
struct UnitFiles {
    /// Every unit in every form: code, parent, name, name in English, from, until.
    units: &'static str,
    /// Which unit passed to which: unit, successor, day, part, main.
    successions: &'static str,
    /// By which act: day, level, citation.
    acts: &'static str,
    /// What the resolutions of 2025 say a commune was formed from: code, words.
    formed_from: &'static str,
    /// First three digits of the personal numbers given in a province.
    personal_id_places: &'static str,
}

/// The units of Vietnam, in memory. Names point into the program's own text, so it takes about three megabytes.
#[derive(Debug)]
pub struct Units {
    /// By code, then by time.
    records: Vec<UnitRecord>,
    /// Places in `records`, by parent.
    by_parent: Vec<u32>,
    /// By unit.
    successions: Vec<SuccessionRecord>,
    /// Places in `successions`, by successor.
    by_successor: Vec<u32>,
    acts: Vec<Act>,
    formed_from: Vec<(&'static str, &'static str)>,
    personal_id_places: Vec<&'static str>,
}

impl Units {
    /// The units of Vietnam.
    pub fn vietnam() -> &'static Self {
        static UNITS: LazyLock<Units> = LazyLock::new(|| {
            let files = UnitFiles {
                units: include_str!("../../../../data/units.tsv"),
                successions: include_str!("../../../../data/unit_successions.tsv"),
                acts: include_str!("../../../../data/unit_acts.tsv"),
                formed_from: include_str!("../../../../data/units_formed_from.tsv"),
                personal_id_places: include_str!("../../../../data/personal_id_province_codes.csv"),
            };
            Units::read(&files).expect("the program's own files are read by its tests")
        });
        &UNITS
    }

    fn read(files: &UnitFiles) -> Result<Self, DataFault> {
        let mut records = read::units(files.units)?;
        records.sort_by_key(|record| (record.code, record.from));
        let mut by_parent: Vec<u32> = (0..).take(records.len()).collect();
        by_parent.sort_by_key(|place| records[*place as usize].parent);
        let mut successions = read::successions(files.successions)?;
        successions.sort_by_key(|row| (row.unit, row.on, !row.main, row.successor));
        let mut by_successor: Vec<u32> = (0..).take(successions.len()).collect();
        by_successor.sort_by_key(|place| successions[*place as usize].successor);
        let mut formed_from = read::formed_from(files.formed_from)?;
        formed_from.sort_by_key(|(code, _)| *code);
        let personal_id_places = read::personal_id_places(files.personal_id_places)?;
        Ok(Self {
            records,
            by_parent,
            successions,
            by_successor,
            acts: read::acts(files.acts)?,
            formed_from,
            personal_id_places,
        })
    }

    /// Every unit in every form it had.
    pub fn records(&self) -> &[UnitRecord] {
        &self.records
    }

    /// The unit that had a code on a day.
    ///
    /// # Errors
    /// When none had it on that day, or ever.
    pub fn on(&self, code: &str, day: Date) -> Result<&UnitRecord, UnitError> {
        let forms = self.forms(code);
        match forms.iter().find(|record| record.stood_on(day)) {
            Some(record) => Ok(record),
            None if forms.is_empty() => Err(UnitError::Unknown),
            None => Err(UnitError::NotOnThatDay(day)),
        }
    }

    /// Everything a code ever named, in order of time.
    pub fn forms(&self, code: &str) -> &[UnitRecord] {
        let start = self.records.partition_point(|record| record.code < code);
        let length = self.records[start..].partition_point(|record| record.code == code);
        &self.records[start..start + length]
    }

    /// The units of a level on a day, by code.
    pub fn of_level(&self, level: UnitLevel, day: Date) -> impl Iterator<Item = &UnitRecord> {
        self.records.iter().filter(move |record| record.level == level && record.stood_on(day))
    }

    /// The communes of a day, by code.
    pub fn communes_on(&self, day: Date) -> impl Iterator<Item = &UnitRecord> {
        self.of_level(UnitLevel::Commune, day)
    }

    /// The units that belonged to a unit on a day, by code.
    pub fn children(&self, code: &str, day: Date) -> impl Iterator<Item = &UnitRecord> {
        let parent = |place: &u32| self.records[*place as usize].parent;
        let start = self.by_parent.partition_point(|place| parent(place) < Some(code));
        let length = self.by_parent[start..].partition_point(|place| parent(place) == Some(code));
        let places = &self.by_parent[start..start + length];
        places.iter().map(|place| &self.records[*place as usize]).filter(move |record| record.stood_on(day))
    }

    /// The units above a unit on a day, the nearest first.
    pub fn ancestors<'a>(
        &'a self,
        record: &'a UnitRecord,
        day: Date,
    ) -> impl Iterator<Item = &'a UnitRecord> {
        let above = move |record: &&UnitRecord| self.on(record.parent?, day).ok();
        std::iter::successors(above(&record), above)
    }

    /// The province of a unit on a day; a province is its own.
    pub fn province_of<'a>(&'a self, record: &'a UnitRecord, day: Date) -> &'a UnitRecord {
        self.ancestors(record, day).last().unwrap_or(record)
    }

    /// The name of a unit with those of the units above it on a day.
    pub fn full_name(&self, record: &UnitRecord, day: Date) -> String {
        let mut name = record.name.to_owned();
        for above in self.ancestors(record, day) {
            name.push_str(", ");
            name.push_str(above.name);
        }
        name
    }

    /// What the resolutions of 2025 say a commune of today was formed from, in their words.
    pub fn formed_from(&self, commune: &str) -> Option<&'static str> {
        let place = self.formed_from.binary_search_by_key(&commune, |(code, _)| code).ok()?;
        Some(self.formed_from[place].1)
    }

    /// First three digits of the personal numbers (*số định danh cá nhân*) given where birth is registered in a
    /// province: its code with a nought before it (Circular 07/2016/TT-BCA, annex I). Numbers given by provinces that
    /// were merged into another keep theirs.
    pub fn personal_id_place(&self, province: &str) -> Option<&'static str> {
        self.personal_id_places.iter().find(|place| place.strip_prefix('0') == Some(province)).copied()
    }

    /// What became of the unit that had `code` on the day `from`, as of the day `on`.
    ///
    /// # Errors
    /// When no unit had the code on that day, or `on` lies before it.
    pub fn successors(&self, code: &str, from: Date, on: Date) -> Result<Succession<'_>, UnitError> {
        let unit = self.on(code, from)?;
        if on < from {
            return Err(UnitError::WrongWayRound { asked: on, stood: from });
        }
        let mut found =
            Succession { units: vec![Related { unit, part: false, main: true }], citations: Vec::new() };
        while let Some(day) =
            found.units.iter().filter_map(|related| related.unit.until).filter(|day| *day <= on).min()
        {
            self.cite(unit.level, day, &mut found.citations);
            let (ended, standing) =
                found.units.into_iter().partition(|related| related.unit.until == Some(day));
            found.units = standing;
            let ended: Vec<Related<'_>> = ended;
            found.units.extend(ended.iter().flat_map(|related| self.step_forward(related, day)));
        }
        found.units.sort_by_key(|related| (!related.main, related.unit.code));
        Ok(found)
    }

    /// What the unit that has `code` on the day `today` was on the day `on`.
    ///
    /// # Errors
    /// When no unit has the code today, or `on` lies after it.
    pub fn predecessors(&self, code: &str, today: Date, on: Date) -> Result<Succession<'_>, UnitError> {
        let unit = self.on(code, today)?;
        if today < on {
            return Err(UnitError::WrongWayRound { asked: on, stood: today });
        }
        let mut found =
            Succession { units: vec![Related { unit, part: false, main: true }], citations: Vec::new() };
        while let Some(day) =
            found.units.iter().filter_map(|related| related.unit.from).filter(|day| *day > on).max()
        {
            self.cite(unit.level, day, &mut found.citations);
            let (begun, standing) =
                found.units.into_iter().partition(|related| related.unit.from == Some(day));
            found.units = standing;
            let begun: Vec<Related<'_>> = begun;
            found.units.extend(begun.iter().flat_map(|related| self.step_back(related, day)));
        }
        found.citations.reverse();
        found.units.sort_by_key(|related| (!related.main, related.unit.code));
        Ok(found)
    }

    fn cite(&self, level: UnitLevel, on: Date, citations: &mut Vec<&'static str>) {
        citations.extend(
            self.acts.iter().filter(|act| act.on == on && act.level == level).map(|act| act.citation),
        );
    }

    /// The rows by which a unit passed on a day.
    fn passed(&self, unit: &str, on: Date) -> &[SuccessionRecord] {
        let start = self.successions.partition_point(|row| (row.unit, row.on) < (unit, on));
        let length = self.successions[start..].partition_point(|row| (row.unit, row.on) == (unit, on));
        &self.successions[start..start + length]
    }

    fn step_forward<'a>(&'a self, ended: &Related<'a>, day: Date) -> Vec<Related<'a>> {
        let rows = self.passed(ended.unit.code, day);
        if rows.is_empty() {
            return self.step_forward_by_communes(ended, day);
        }
        let related = |row: &SuccessionRecord| {
            let unit = self.on(row.successor, day).ok()?;
            Some(Related { unit, part: ended.part || row.part, main: ended.main && row.main })
        };
        rows.iter().filter_map(related).collect()
    }

    /// A district has no successor of its own: what became of it is what became of its communes. The main one is that
    /// to which most of them passed.
    fn step_forward_by_communes<'a>(&'a self, ended: &Related<'a>, day: Date) -> Vec<Related<'a>> {
        let Ok(eve) = day.yesterday() else { return Vec::new() };
        let mut communes_passed: BTreeMap<&str, usize> = BTreeMap::new();
        for row in self.children(ended.unit.code, eve).flat_map(|commune| self.passed(commune.code, day)) {
            *communes_passed.entry(row.successor).or_default() += usize::from(row.main);
        }
        let most = communes_passed.values().copied().max().unwrap_or_default();
        let main = communes_passed.iter().find(|(_, count)| **count == most).map(|(code, _)| *code);
        let part = communes_passed.len() > 1;
        let units = communes_passed.keys().filter_map(|code| self.on(code, day).ok());
        units
            .map(|unit| Related {
                unit,
                part: ended.part || part,
                main: ended.main && main == Some(unit.code),
            })
            .collect()
    }

    fn step_back<'a>(&'a self, begun: &Related<'a>, day: Date) -> Vec<Related<'a>> {
        let successor = |place: &u32| self.successions[*place as usize].successor;
        let code = begun.unit.code;
        let start = self.by_successor.partition_point(|place| successor(place) < code);
        let length = self.by_successor[start..].partition_point(|place| successor(place) == code);
        let places = &self.by_successor[start..start + length];
        let mut rows: Vec<&SuccessionRecord> = places
            .iter()
            .map(|place| &self.successions[*place as usize])
            .filter(|row| row.on == day)
            .collect();
        // The unit that kept its code is the one the new unit carries on; else one that passed whole.
        rows.sort_by_key(|row| (row.unit != code, row.part, !row.main, row.unit));
        let Ok(eve) = day.yesterday() else { return Vec::new() };
        let related = |(index, row): (usize, &&SuccessionRecord)| {
            let unit = self.on(row.unit, eve).ok()?;
            Some(Related { unit, part: begun.part || row.part, main: begun.main && index == 0 })
        };
        rows.iter().enumerate().filter_map(related).collect()
    }
}
