//! Which commune a code named on a day, and which commune of today it was joined to: asked of the register of agencies, and
//! kept with the figures.

use crate::{
    FACTS, Reporting,
    model::{Commune, Place},
    records, rules,
};
use contracts::{
    Context, Operation, Problem,
    agencies::{ReadUnit, SucceedUnit, SuccessorsOf, Unit, UnitLevel, UnitOn},
};
use jiff::civil::Date;
use store::{Batch, StoreError};
use system::CallError;

/// The most levels between a commune and its province.
const LEVELS_LIMIT: usize = 3;

impl Reporting {
    /// The commune that a code named on a day, as it is known today.
    ///
    /// # Errors
    /// `invalid` when the code named no commune on that day; `unavailable` when nobody can say.
    pub(crate) async fn place_on(&self, code: &str, day: Date) -> Result<Place, Problem> {
        let known = records::place_on(&self.room.store, code, day).await.map_err(store_problem)?;
        let holds = |place: &Place| day <= place.as_of && place.until.is_none_or(|until| day < until);
        match known.filter(holds) {
            Some(place) => Ok(place),
            None => self.look_up_place(code, day).await,
        }
    }

    /// Looks up again what became of the communes that were last looked up on another day.
    pub(crate) async fn refresh_places(&self) -> Result<(), Problem> {
        let today = self.room.clock.today();
        let stale = records::places_before(&self.room.store, today).await.map_err(store_problem)?;
        for place in stale {
            // A day on which the unit stood: what is not known since when stood before it ended.
            let day = match place.until {
                Some(until) if place.from == Date::ZERO => until.yesterday().unwrap_or(until),
                _ if place.from == Date::ZERO => place.as_of,
                _ => place.from,
            };
            let fresh = self.look_up_place(&place.then.code, day).await?;
            let mut batch = Batch::new();
            records::keep_place(&mut batch, &fresh);
            self.room.store.write(batch).await.map_err(store_problem)?;
        }
        Ok(())
    }

    /// The unit that a code names on a day.
    pub(crate) async fn unit(&self, code: &str, day: Date) -> Result<Option<Unit>, Problem> {
        self.ask::<ReadUnit>(&UnitOn { code: code.into(), on: Some(day) }).await
    }

    async fn look_up_place(&self, code: &str, day: Date) -> Result<Place, Problem> {
        let today = self.room.clock.today();
        let unknown = || Problem::invalid(vec![rules::no_unit("commune")]);
        let unit = self.unit(code, day).await?.ok_or_else(unknown)?;
        if unit.level != UnitLevel::Commune {
            return Err(unknown());
        }
        let asked = SuccessorsOf { code: code.into(), from: day, on: Some(today) };
        let succession = self.ask::<SucceedUnit>(&asked).await?.ok_or_else(unknown)?;
        let heir = succession.units.iter().find(|related| related.main).or_else(|| succession.units.first());
        let heir = heir.ok_or_else(unknown)?;
        Ok(Place {
            from: unit.from.unwrap_or(Date::ZERO),
            until: unit.until,
            then: self.with_province(&unit, day).await?,
            now: self.with_province(&heir.unit, today).await?,
            split: heir.part,
            as_of: today,
        })
    }

    async fn with_province(&self, commune: &Unit, day: Date) -> Result<Commune, Problem> {
        let mut above = commune.clone();
        for _ in 0..LEVELS_LIMIT {
            let Some(parent) = above.parent.clone() else { break };
            let unit = self.unit(&parent, day).await?;
            above =
                unit.ok_or_else(|| Problem::unavailable("a commune belongs to a unit that is unknown"))?;
        }
        Ok(Commune {
            code: commune.code.clone(),
            name: commune.name.clone(),
            province: above.code,
            province_name: above.name,
        })
    }

    /// Asks the register of agencies; nothing when it knows of none.
    async fn ask<O: Operation>(&self, asked: &O::Request) -> Result<Option<O::Answer>, Problem> {
        match self.room.exchange.call::<O>(asked, &Context::public()).await {
            Ok(found) => Ok(Some(found.answer)),
            Err(CallError::Refused(problem)) if matches!(problem.status, 400 | 404 | 410 | 422) => Ok(None),
            Err(error) => {
                tracing::warn!(system = FACTS.code, %error, "a unit can't be looked up");
                Err(Problem::unavailable("the register of administrative units can't be asked"))
            }
        }
    }
}

/// What a caller is told when the store fails; the cause goes to the log.
pub(crate) fn store_problem(error: StoreError) -> Problem {
    tracing::error!(system = FACTS.code, %error, "the store failed");
    Problem::unavailable("the figures can't be read or written just now")
}
