//! Where the sandbox's people live.

use agencies::{model::UnitKind, units::Units};
use jiff::civil::Date;
use population::seed::CommuneWeight;
use std::collections::HashMap;

/// People of each region by the census of 1 April 2019, in thousands, and the provinces of today that lie in it. A
/// province that was put together from two regions is counted in the one where more of its people live.
const REGIONS: [(u64, &[&str]); 6] = [
    // Red River delta.
    (22_500, &["01", "22", "24", "31", "33", "37"]),
    // Northern midlands and mountains.
    (12_500, &["04", "08", "11", "12", "14", "15", "19", "20", "25"]),
    // North and south central coast.
    (20_200, &["38", "40", "42", "44", "46", "48", "51", "56"]),
    // Central highlands.
    (5_800, &["52", "66", "68"]),
    // South-east.
    (17_800, &["75", "79", "80"]),
    // Mekong delta.
    (17_300, &["82", "86", "91", "92", "96"]),
];
/// How many more people a ward has than a rural commune, in tenths.
const WARD_TENTHS: u64 = 15;
const COMMUNE_TENTHS: u64 = 10;

/// The communes of a day, with how many people each should have against the others: those of its region, shared among
/// the region's communes, a ward taking half as much again as a rural commune.
pub fn communes(day: Date) -> Vec<CommuneWeight> {
    let units = Units::vietnam();
    let mut communes = Vec::new();
    let mut shares: HashMap<usize, u64> = HashMap::new();
    for unit in units.communes_on(day) {
        let Some(province) = unit.parent else { continue };
        let Some(region) = REGIONS.iter().position(|(_, provinces)| provinces.contains(&province)) else { continue };
        let Some(place_code) = units.personal_id_place(province).and_then(|code| code.parse().ok()) else { continue };
        let urban = unit.kind == UnitKind::Ward;
        let share = if urban { WARD_TENTHS } else { COMMUNE_TENTHS };
        *shares.entry(region).or_default() += share;
        let commune = CommuneWeight { code: unit.code.into(), province: province.into(), place_code, urban, weight: share };
        communes.push((region, commune));
    }
    communes
        .into_iter()
        .map(|(region, commune)| {
            let people = REGIONS[region].0 * 1_000;
            CommuneWeight { weight: people * commune.weight / shares[&region], ..commune }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_commune_has_people_and_all_together_make_the_census() {
        let day = "2026-11-21".parse().unwrap();
        let communes = communes(day);
        assert_eq!(communes.len(), Units::vietnam().communes_on(day).count());
        assert!(communes.iter().all(|commune| commune.weight > 0));
        let people: u64 = communes.iter().map(|commune| commune.weight).sum();
        assert!((96_000_000..=96_100_000).contains(&people), "{people}");
    }
}
