//! What the register asks the agencies' register about communes, remembered for a day.

use contracts::{
    Context, FieldProblem, Problem,
    agencies::{ReadUnit, Unit, UnitLevel, UnitOn},
};
use jiff::civil::Date;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use system::{CallError, Exchange};

/// How many communes are remembered: more than the country has.
const REMEMBERED_LIMIT_COMMUNES: usize = 5_000;

/// A commune as it is today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commune {
    /// Full name with all units it belongs to.
    pub(crate) full_name: String,
    /// Two-digit code of its province.
    pub(crate) province: String,
}

/// The communes of today, asked for through the exchange.
pub(crate) struct Communes {
    exchange: Exchange,
    remembered: Mutex<(Date, HashMap<String, Commune>)>,
}

impl Communes {
    pub(crate) fn new(exchange: Exchange) -> Self {
        Self { exchange, remembered: Mutex::new((Date::MIN, HashMap::new())) }
    }

    /// The commune with this code as it is today; `None` when there is none today.
    ///
    /// # Errors
    /// `unavailable` (503) when the agencies' register can't be asked.
    pub(crate) async fn on(&self, today: Date, code: &str) -> Result<Option<Commune>, Problem> {
        if let Some(commune) = self.recall(today, code) {
            return Ok(Some(commune));
        }
        let request = UnitOn { code: code.into(), on: Some(today) };
        let commune = match self.exchange.call::<ReadUnit>(&request, &Context::public()).await {
            Ok(delivered) => commune_of(delivered.answer, today),
            Err(CallError::Refused(problem)) if matches!(problem.status, 404 | 422) => None,
            Err(error) => {
                tracing::warn!(%error, "a commune can't be looked up");
                return Err(Problem::unavailable("the register of administrative units can't be reached"));
            }
        };
        if let Some(commune) = &commune {
            self.remember(today, code, commune);
        }
        Ok(commune)
    }

    fn recall(&self, today: Date, code: &str) -> Option<Commune> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.0 == today { remembered.1.get(code).cloned() } else { None }
    }

    fn remember(&self, today: Date, code: &str, commune: &Commune) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.0 != today || remembered.1.len() >= REMEMBERED_LIMIT_COMMUNES {
            *remembered = (today, HashMap::new());
        }
        remembered.1.insert(code.into(), commune.clone());
    }
}

/// The unit, when it is a commune that still exists.
fn commune_of(unit: Unit, today: Date) -> Option<Commune> {
    let exists = unit.level == UnitLevel::Commune && unit.until.is_none_or(|until| today < until);
    let province = unit.parent.filter(|_| exists)?;
    Some(Commune { full_name: unit.full_name, province })
}

/// The refusal of a code that no commune of today has.
pub(crate) fn no_commune_of_today(field: &str) -> Problem {
    Problem::invalid(vec![FieldProblem {
        field: field.into(),
        code: "no-commune-of-today".into(),
        vi: "Mã này không phải của một xã, phường hiện có. Hãy dùng mã sau sắp xếp ngày 01/7/2025.".into(),
        en: "No commune of today has this code. Use the code since the reorganisation of 1 July 2025.".into(),
    }])
}
