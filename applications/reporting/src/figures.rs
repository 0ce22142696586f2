//! Reading of figures.

use crate::{
    Reporting,
    model::{Line, Scope, Sheet, Value},
    places::store_problem,
    records::{self, Part},
    rules::{self, Level},
};
use contracts::{Problem, agencies::UnitLevel, reporting::CountedBy};

impl Reporting {
    /// The figures of a unit and of the units directly under it.
    ///
    /// # Errors
    /// `invalid` for a period or a unit that is none; `not-found` for a unit that did not stand; `unavailable` when the
    /// figures or the units can't be read.
    pub(crate) async fn sheet(&self, scope: &Scope) -> Result<Sheet, Problem> {
        let no_period = || Problem::invalid(vec![rules::no_period()]);
        let (from, to) = rules::window(scope.period).ok_or_else(no_period)?;
        let months = rules::months(scope.period).ok_or_else(no_period)?;
        let level = scope
            .unit
            .as_deref()
            .map(|unit| rules::level_of(unit).ok_or_else(|| Problem::invalid(vec![rules::no_unit("unit")])));
        let level = level.transpose()?;
        if scope.counted_by == CountedBy::UnitsOfToday {
            self.refresh_places().await?;
        }
        let name = match (&scope.unit, level) {
            (Some(unit), Some(level)) => Some(self.name_of(unit, level, scope, to).await?),
            _ => None,
        };
        let parts = records::parts(&self.room.store, scope, level, months).await.map_err(store_problem)?;
        let parts = lines(parts);
        let mut whole = Line { unit: scope.unit.clone(), name, ..Line::default() };
        for part in &parts {
            for (indicator, value) in &part.values {
                let sum = whole.values.entry(*indicator).or_default();
                sum.all += value.all;
                sum.of_split_units += value.of_split_units;
            }
        }
        Ok(Sheet { from, to, whole, parts })
    }

    /// The name that a unit has today, or had at the end of the period.
    async fn name_of(
        &self,
        unit: &str,
        level: Level,
        scope: &Scope,
        end: jiff::civil::Date,
    ) -> Result<String, Problem> {
        let today = self.room.clock.today();
        let day = match scope.counted_by {
            CountedBy::UnitsOfToday => today,
            CountedBy::UnitsOfThatDay => end.min(today),
        };
        let found = self.unit(unit, day).await?;
        let expected = match level {
            Level::Province => UnitLevel::Province,
            Level::Commune => UnitLevel::Commune,
        };
        found.filter(|found| found.level == expected).map(|found| found.name).ok_or_else(Problem::not_found)
    }
}

/// Puts the figures of each unit on a line.
fn lines(parts: Vec<Part>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for part in parts {
        let Part { unit, name, from, indicator, all, of_split_units } = part;
        let same = |line: &Line| line.unit.as_deref() == Some(&unit) && line.from == from;
        if !lines.last().is_some_and(same) {
            let line = Line { unit: Some(unit.clone()), name: Some(name), from, ..Line::default() };
            lines.push(line);
        }
        if let Some(line) = lines.last_mut() {
            line.values.insert(indicator, Value { all, of_split_units });
        }
    }
    lines.retain(|line| line.values.values().any(|value| value.all != 0));
    lines
}
