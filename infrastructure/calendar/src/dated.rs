//! Values with dates of effect: the law as data.
//!
//! A value holds from the day it takes effect up to, and not including, the day it ceases: `[from, to)`. Each carries
//! the citation that gives it force, so an answer can always name its source.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use jiff::civil::Date;
use thiserror::Error;

/// A table whose rows contradict each other or themselves.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DatedError {
    /// A period that ends on or before the day it begins.
    #[error("a value in force {period} ends before it begins; correct its dates of effect")]
    EmptyPeriod {
        /// The period as written.
        period: Period,
    },
    /// Two values in force on the same day.
    #[error("two values are in force at once, {first} and {second}; end the first where the second begins")]
    Overlap {
        /// The earlier period.
        first: Period,
        /// The later period.
        second: Period,
    },
    /// The error of one key of a [`DatedTable`].
    #[error("{key}: {error}")]
    Key {
        /// The key, as text.
        key: String,
        /// What is wrong with its history.
        error: Box<DatedError>,
    },
}

/// The days a value is in force: from `effective_from`, up to and not including `effective_to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    /// The first day in force.
    pub effective_from: Date,
    /// The first day no longer in force; none while the value still holds.
    pub effective_to: Option<Date>,
}

impl Period {
    /// In force from a day on, without an end.
    #[must_use]
    pub fn since(effective_from: Date) -> Self {
        Self { effective_from, effective_to: None }
    }

    /// In force from `effective_from` up to and not including `effective_to`.
    #[must_use]
    pub fn between(effective_from: Date, effective_to: Date) -> Self {
        Self { effective_from, effective_to: Some(effective_to) }
    }

    /// Whether the day lies in the period.
    #[must_use]
    pub fn contains(&self, date: Date) -> bool {
        self.effective_from <= date && self.effective_to.is_none_or(|end| date < end)
    }

    fn is_empty(&self) -> bool {
        self.effective_to.is_some_and(|end| end <= self.effective_from)
    }
}

impl Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.effective_to {
            Some(end) => write!(f, "from {} until before {end}", self.effective_from),
            None => write!(f, "from {} on", self.effective_from),
        }
    }
}

/// One value of a dated table, the days it holds, and the text that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<T> {
    /// What holds.
    pub value: T,
    /// When it holds.
    pub period: Period,
    /// The law, decree or decision it comes from.
    pub citation: String,
}

/// The history of one thing: at most one value on any day, in order of time. Days without a value are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated<T> {
    entries: Vec<Entry<T>>,
}

impl<T> Dated<T> {
    /// A history from rows in any order.
    ///
    /// # Errors
    /// When a period is empty, or two periods share a day.
    pub fn from_rows(rows: impl IntoIterator<Item = Entry<T>>) -> Result<Self, DatedError> {
        let mut entries: Vec<Entry<T>> = rows.into_iter().collect();
        if let Some(entry) = entries.iter().find(|entry| entry.period.is_empty()) {
            return Err(DatedError::EmptyPeriod { period: entry.period });
        }
        entries.sort_by_key(|entry| entry.period.effective_from);
        let clash = entries.windows(2).find(|pair| pair[0].period.contains(pair[1].period.effective_from));
        match clash {
            Some(pair) => Err(DatedError::Overlap { first: pair[0].period, second: pair[1].period }),
            None => Ok(Self { entries }),
        }
    }

    /// The value in force on a day.
    #[must_use]
    pub fn at(&self, date: Date) -> Option<&T> {
        self.entry_at(date).map(|entry| &entry.value)
    }

    /// The value in force on a day, with its period and citation.
    #[must_use]
    pub fn entry_at(&self, date: Date) -> Option<&Entry<T>> {
        let begun = self.entries.partition_point(|entry| entry.period.effective_from <= date);
        let entry = self.entries[..begun].last()?;
        entry.period.contains(date).then_some(entry)
    }

    /// Every value, earliest first.
    #[must_use]
    pub fn history(&self) -> &[Entry<T>] {
        &self.entries
    }
}

/// Many histories under one roof, each found by its key: a code, a number, a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedTable<K, T> {
    histories: BTreeMap<K, Dated<T>>,
}

impl<K: Ord + Display, T> DatedTable<K, T> {
    /// A table from parsed rows in any order.
    ///
    /// # Errors
    /// When the rows of one key have an empty period or share a day; the error names the key.
    pub fn from_rows(rows: impl IntoIterator<Item = (K, Entry<T>)>) -> Result<Self, DatedError> {
        let mut rows_by_key: BTreeMap<K, Vec<Entry<T>>> = BTreeMap::new();
        for (key, entry) in rows {
            rows_by_key.entry(key).or_default().push(entry);
        }
        let mut histories = BTreeMap::new();
        for (key, entries) in rows_by_key {
            let history = Dated::from_rows(entries)
                .map_err(|error| DatedError::Key { key: key.to_string(), error: Box::new(error) })?;
            histories.insert(key, history);
        }
        Ok(Self { histories })
    }

    /// The value a key has on a day.
    #[must_use]
    pub fn at(&self, key: &K, date: Date) -> Option<&T> {
        self.histories.get(key)?.at(date)
    }

    /// The whole history of a key.
    #[must_use]
    pub fn history(&self, key: &K) -> Option<&Dated<T>> {
        self.histories.get(key)
    }

    /// Every key with a value on a day, in order of key.
    pub fn in_force(&self, date: Date) -> impl Iterator<Item = (&K, &Entry<T>)> {
        self.histories.iter().filter_map(move |(key, history)| Some((key, history.entry_at(date)?)))
    }

    /// Every key, in order, whether in force or not.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.histories.keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn row(value: &'static str, from: Date, to: Option<Date>) -> Entry<&'static str> {
        let period = Period { effective_from: from, effective_to: to };
        Entry { value, period, citation: "Nghị quyết 202/2025/QH15".into() }
    }

    #[test]
    fn the_value_in_force_is_found_by_day() {
        let merger = date(2025, 7, 1);
        let closed = date(2030, 1, 1);
        let names = Dated::from_rows([
            row("Bắc Ninh (mới)", merger, Some(closed)),
            row("Bắc Giang", date(1997, 1, 1), Some(merger)),
        ])
        .unwrap();
        for (day, expected) in [
            (date(1996, 12, 31), None),
            (date(1997, 1, 1), Some("Bắc Giang")),
            (date(2025, 6, 30), Some("Bắc Giang")),
            (merger, Some("Bắc Ninh (mới)")),
            (date(2029, 12, 31), Some("Bắc Ninh (mới)")),
            (closed, None),
        ] {
            assert_eq!(names.at(day).copied(), expected, "{day}");
        }
        let order: Vec<_> = names.history().iter().map(|entry| entry.value).collect();
        assert_eq!(order, ["Bắc Giang", "Bắc Ninh (mới)"]);
        assert_eq!(names.entry_at(merger).unwrap().citation, "Nghị quyết 202/2025/QH15");
    }

    #[test]
    fn contradicting_rows_are_refused() {
        let (early, middle, late) = (date(2020, 1, 1), date(2022, 1, 1), date(2024, 1, 1));
        let endless_then_new = [row("a", early, None), row("b", middle, None)];
        let sharing_days = [row("a", early, Some(late)), row("b", middle, None)];
        let same_start = [row("a", early, Some(middle)), row("b", early, Some(late))];
        for rows in [endless_then_new, sharing_days, same_start] {
            assert!(matches!(Dated::from_rows(rows), Err(DatedError::Overlap { .. })));
        }
        for end in [early, date(2019, 12, 31)] {
            let backwards = Dated::from_rows([row("a", early, Some(end))]);
            assert!(matches!(backwards, Err(DatedError::EmptyPeriod { .. })));
        }
    }

    #[test]
    fn a_table_names_the_key_that_is_wrong() {
        let (early, late) = (date(2020, 1, 1), date(2024, 1, 1));
        let good = [
            ("G01", row("a", early, Some(late))),
            ("G01", row("b", late, None)),
            ("G15", row("c", late, None)),
        ];
        let table = DatedTable::from_rows(good).unwrap();
        assert_eq!(table.at(&"G01", early), Some(&"a"));
        assert_eq!(table.at(&"G02", early), None);
        let in_force: Vec<_> = table.in_force(early).map(|(key, _)| *key).collect();
        assert_eq!(in_force, ["G01"]);
        assert_eq!(table.keys().count(), 2);
        assert_eq!(table.history(&"G01").unwrap().history().len(), 2);

        let bad = [("G15", row("a", early, None)), ("G15", row("b", late, None))];
        let error = DatedTable::from_rows(bad).unwrap_err();
        assert_eq!(
            error.to_string(),
            "G15: two values are in force at once, from 2020-01-01 on and from 2024-01-01 on; \
             end the first where the second begins"
        );
    }
}
