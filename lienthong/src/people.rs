//! Where the sandbox's people live.

use agencies::{model::UnitKind, units::Units};
use anyhow::Result;
use jiff::civil::Date;
use population::seed::{CommuneToday, CommuneWeight, estimated_weights};

/// The communes of a day, with how many people each should have against the others.
pub fn communes(day: Date) -> Result<Vec<CommuneWeight>> {
    let communes: Vec<CommuneToday<'_>> = Units::vietnam()
        .communes_on(day)
        .filter_map(|unit| {
            let province = unit.parent?;
            Some(CommuneToday { code: unit.code, province, urban: unit.kind == UnitKind::Ward })
        })
        .collect();
    Ok(estimated_weights(&communes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_commune_has_people() {
        let day = "2026-11-21".parse().unwrap();
        let communes = communes(day).unwrap();
        assert_eq!(communes.len(), Units::vietnam().communes_on(day).count());
        assert!(communes.iter().all(|commune| commune.weight > 0));
    }
}
