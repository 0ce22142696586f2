//! How a record changes along both time axes: when it was so (valid), and when the register said so (known).
//!
//! Every version of a record covers a stretch of days and a stretch of knowing. A correction ends what was said and says
//! it anew for the same days. A change from a day ends what was said, says it anew for the days before, and something
//! else from that day on. Nothing that was ever said is lost.

use crate::model::{EarlierVersion, Period, Person, PersonRecord, Version};
use jiff::{Timestamp, civil::Date};

/// What a change does to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// The person as they now are.
    pub current: Person,
    /// Sequence numbers of the earlier versions that are no longer said.
    pub retracted: Vec<i64>,
    /// The versions to keep in the history.
    pub kept: Vec<EarlierVersion>,
    /// The number of changes after this one.
    pub changes: i64,
}

/// The first day for which the current version is so; from birth when absent.
pub fn current_valid_from(record: &PersonRecord) -> Option<Date> {
    let still_said = record.earlier.iter().filter(|earlier| earlier.version.known.until.is_none());
    still_said.filter_map(|earlier| earlier.version.valid.until).max()
}

/// Since when the register says what it now says; from the beginning when absent.
pub fn current_known_from(record: &PersonRecord) -> Option<Timestamp> {
    let ends =
        record.earlier.iter().flat_map(|earlier| [earlier.version.known.from, earlier.version.known.until]);
    ends.flatten().max().or(record.numbered_at)
}

/// The person as they were on a day, as the register knew it at a time; as it knows it now when no time is given.
/// Nobody was before their birth, nor known before their number was issued.
pub fn as_of(record: &PersonRecord, valid_on: Date, known_at: Option<Timestamp>) -> Option<&Person> {
    if known_at.zip(record.numbered_at).is_some_and(|(at, numbered)| at < numbered) {
        return None;
    }
    let is_said = |known: Period<Timestamp>| known_at.map_or(known.until.is_none(), |at| known.holds(at));
    let current = current_version(record);
    let earlier = record
        .earlier
        .iter()
        .map(|earlier| (&earlier.version.person, earlier.version.valid, earlier.version.known));
    let found = std::iter::once((&record.current, current.0, current.1))
        .chain(earlier)
        .find(|(_, valid, known)| valid.holds(valid_on) && is_said(*known));
    found.map(|(person, ..)| person).filter(|person| person.birth_date <= valid_on)
}

fn current_version(record: &PersonRecord) -> (Period<Date>, Period<Timestamp>) {
    (
        Period { from: current_valid_from(record), until: None },
        Period { from: current_known_from(record), until: None },
    )
}

/// Corrects a record: what was wrong was always wrong, so every version still said is said anew.
pub fn correct(record: &PersonRecord, right: impl Fn(&mut Person), now: Timestamp) -> Amendment {
    let (valid, known) = current_version(record);
    let mut kept = Kept::after(record);
    let mut retracted = Vec::new();
    for earlier in record.earlier.iter().filter(|earlier| earlier.version.known.until.is_none()) {
        retracted.push(earlier.sequence);
        let mut person = earlier.version.person.clone();
        right(&mut person);
        kept.push(earlier.version.valid, Period { from: Some(now), until: None }, person);
    }
    kept.push(valid, Period { from: known.from, until: Some(now) }, record.current.clone());
    let mut current = record.current.clone();
    right(&mut current);
    Amendment { current, retracted, kept: kept.versions, changes: record.changes + 1 }
}

/// Changes a record from a day on. The day must not be before the current version is so.
pub fn change_from(
    record: &PersonRecord,
    day: Date,
    change: impl FnOnce(&mut Person),
    now: Timestamp,
) -> Amendment {
    let (valid, known) = current_version(record);
    let mut kept = Kept::after(record);
    kept.push(valid, Period { from: known.from, until: Some(now) }, record.current.clone());
    if valid.from.unwrap_or(record.current.birth_date) < day {
        let before = Period { from: valid.from, until: Some(day) };
        kept.push(before, Period { from: Some(now), until: None }, record.current.clone());
    }
    let mut current = record.current.clone();
    change(&mut current);
    Amendment { current, retracted: Vec::new(), kept: kept.versions, changes: record.changes + 1 }
}

/// Versions to keep, numbered on from those a record has.
struct Kept {
    next: i64,
    versions: Vec<EarlierVersion>,
}

impl Kept {
    fn after(record: &PersonRecord) -> Self {
        let last = record.earlier.iter().map(|earlier| earlier.sequence).max().unwrap_or(0);
        Self { next: last + 1, versions: Vec::new() }
    }

    fn push(&mut self, valid: Period<Date>, known: Period<Timestamp>, person: Person) {
        self.versions.push(EarlierVersion { sequence: self.next, version: Version { valid, known, person } });
        self.next += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Home, HouseholdKey};
    use contracts::{
        PersonName, Sex,
        person::Address,
        population::{MaritalStatus, Relation},
    };
    use jiff::civil::date;
    use proptest::prelude::*;

    fn person() -> Person {
        let place = Address { commune: "00004".into(), detail: String::new() };
        Person {
            number: "001326000001".parse().unwrap(),
            name: PersonName::split("Trần An").unwrap(),
            birth_date: date(2020, 1, 1),
            sex: Sex::Female,
            ethnicity: 1,
            nationality: "VN".into(),
            birth_place: place.clone(),
            hometown: place,
            marital_status: MaritalStatus::Single,
            mother: None,
            father: None,
            spouse: None,
            home: None,
            death_date: None,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn record() -> PersonRecord {
        PersonRecord { current: person(), changes: 0, numbered_at: Some(at(100)), earlier: vec![] }
    }

    /// Applies an amendment as the store does.
    fn amended(mut record: PersonRecord, amendment: Amendment, now: Timestamp) -> PersonRecord {
        for earlier in &mut record.earlier {
            if amendment.retracted.contains(&earlier.sequence) {
                earlier.version.known.until = Some(now);
            }
        }
        record.earlier.extend(amendment.kept);
        PersonRecord { current: amendment.current, changes: amendment.changes, ..record }
    }

    fn moved(record: PersonRecord, household: i64, from: Date, now: i64) -> PersonRecord {
        let home = Home { household: HouseholdKey(household), relation: Relation::Child };
        let amendment = change_from(&record, from, |person| person.home = Some(home), at(now));
        amended(record, amendment, at(now))
    }

    fn renamed(record: PersonRecord, full: &str, now: i64) -> PersonRecord {
        let amendment = correct(&record, |person| person.name = PersonName::split(full).unwrap(), at(now));
        amended(record, amendment, at(now))
    }

    #[test]
    fn any_day_is_seen_as_it_was_known_at_any_time() {
        let record = renamed(
            moved(moved(record(), 1, date(2020, 1, 1), 200), 2, date(2023, 5, 1), 300),
            "Trần Ân",
            400,
        );
        let seen = |day, known: Option<i64>| {
            let person = as_of(&record, day, known.map(at))?;
            Some((person.name.given.clone(), person.home.map(|home| home.household.0)))
        };
        let expect = |given: &str, household| Some((given.to_owned(), household));
        for (day, known, expected) in [
            (date(2026, 1, 1), None, expect("Ân", Some(2))),
            (date(2023, 5, 1), None, expect("Ân", Some(2))),
            (date(2023, 4, 30), None, expect("Ân", Some(1))),
            (date(2020, 1, 1), None, expect("Ân", Some(1))),
            (date(2019, 12, 31), None, None),
            (date(2026, 1, 1), Some(400), expect("Ân", Some(2))),
            (date(2026, 1, 1), Some(399), expect("An", Some(2))),
            (date(2023, 4, 30), Some(399), expect("An", Some(1))),
            (date(2026, 1, 1), Some(299), expect("An", Some(1))),
            (date(2026, 1, 1), Some(199), expect("An", None)),
            (date(2026, 1, 1), Some(100), expect("An", None)),
            (date(2026, 1, 1), Some(99), None),
        ] {
            assert_eq!(seen(day, known), expected, "on {day} as known at {known:?}");
        }
    }

    #[test]
    fn people_taken_over_were_always_known() {
        let record = PersonRecord { numbered_at: None, ..record() };
        assert!(as_of(&record, date(2026, 1, 1), Some(Timestamp::MIN)).is_some());
    }

    proptest! {
        /// However a record changed, at every time and for every day after birth exactly one version is said.
        #[test]
        fn there_is_always_exactly_one_version(steps in prop::collection::vec((any::<bool>(), 0_i64..2000), 0..8), day in 0_i64..3000, known in 100_i64..1000) {
            let mut record = record();
            for (step, (moves, days)) in (0..).zip(&steps) {
                let now = 200 + 100 * step;
                let day = date(2020, 1, 1).saturating_add(jiff::Span::new().days(*days));
                let day = current_valid_from(&record).map_or(day, |since| since.max(day));
                record = if *moves { moved(record, step, day, now) } else { renamed(record, "Lê Bình", now) };
            }
            let day = date(2020, 1, 1).saturating_add(jiff::Span::new().days(day));
            let (valid, known_period) = current_version(&record);
            let earlier = record.earlier.iter().map(|earlier| (earlier.version.valid, earlier.version.known));
            let said = std::iter::once((valid, known_period)).chain(earlier).filter(|(valid, period)| valid.holds(day) && period.holds(at(known)));
            prop_assert_eq!(said.count(), 1);
            prop_assert!(as_of(&record, day, Some(at(known))).is_some());
        }
    }
}
