//! How many people live in each commune, where nobody has counted: the population of the province, shared out.

use super::{CommuneWeight, SeedError};
use crate::rules::birth::place_code;
use std::collections::BTreeMap;

/// A commune of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommuneToday<'a> {
    /// Five-digit code.
    pub code: &'a str,
    /// Two-digit code of its province.
    pub province: &'a str,
    /// A ward (*phường*) rather than a commune (*xã*).
    pub urban: bool,
}

/// People of each province of today in thousands: the census of 1 April 2019, the merged provinces added up.
const PEOPLE_THOUSANDS: [(&str, u64); 34] = [
    ("01", 8_054),
    ("04", 530),
    ("08", 1_640),
    ("11", 599),
    ("12", 460),
    ("14", 1_248),
    ("15", 1_551),
    ("19", 1_601),
    ("20", 782),
    ("22", 1_320),
    ("24", 3_173),
    ("25", 3_469),
    ("31", 3_921),
    ("33", 3_113),
    ("37", 3_615),
    ("38", 3_640),
    ("40", 3_328),
    ("42", 1_289),
    ("44", 1_528),
    ("46", 1_129),
    ("48", 2_630),
    ("51", 1_772),
    ("52", 3_001),
    ("56", 1_822),
    ("66", 2_741),
    ("68", 3_150),
    ("75", 4_092),
    ("79", 12_568),
    ("80", 2_857),
    ("82", 3_363),
    ("86", 3_320),
    ("91", 3_631),
    ("92", 3_168),
    ("96", 2_101),
];

/// People of a ward against those of a commune of the same province: with 34.4 % of all people in the 697 wards of 3,321
/// units, a ward has nearly twice as many.
const WARD_SHARE: u64 = 9;
const COMMUNE_SHARE: u64 = 5;

/// Weighs communes by the population of their provinces, in people.
///
/// # Errors
/// [`SeedError::Commune`] for a commune of a province that does not exist today.
pub fn estimated_weights(communes: &[CommuneToday<'_>]) -> Result<Vec<CommuneWeight>, SeedError> {
    let share = |commune: &CommuneToday<'_>| if commune.urban { WARD_SHARE } else { COMMUNE_SHARE };
    let mut shares: BTreeMap<&str, u64> = BTreeMap::new();
    for commune in communes {
        *shares.entry(commune.province).or_default() += share(commune);
    }
    let weigh = |commune: &CommuneToday<'_>| {
        let people = PEOPLE_THOUSANDS.iter().find(|(code, _)| *code == commune.province)?.1 * 1000;
        Some(CommuneWeight {
            code: commune.code.into(),
            province: commune.province.into(),
            place_code: place_code(commune.province)?,
            urban: commune.urban,
            weight: people * share(commune) / shares[commune.province],
        })
    };
    communes
        .iter()
        .map(|commune| weigh(commune).ok_or_else(|| SeedError::Commune(commune.code.into())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Communes of today in the table of units: five digits, a province above, and no end.
    fn country() -> Vec<CommuneToday<'static>> {
        let lines = include_str!("../../../../data/units.tsv").lines().skip(1);
        let columns = lines.map(|line| line.split('\t').collect::<Vec<_>>());
        columns
            .filter(|c| c[0].len() == 5 && c[1].len() == 2 && c.get(5).is_none_or(|until| until.is_empty()))
            .map(|c| CommuneToday { code: c[0], province: c[1], urban: c[2].starts_with("Phường") })
            .collect()
    }

    #[test]
    fn the_whole_country_weighs_what_the_census_counted() {
        let weights = estimated_weights(&country()).unwrap();
        assert_eq!(weights.len(), 3_321);
        let total: u64 = weights.iter().map(|commune| commune.weight).sum();
        assert!(total.abs_diff(96_208_984) < 20_000, "{total}");
        assert!(weights.iter().all(|commune| (1_000..200_000).contains(&commune.weight)));
        let urban: u64 = weights.iter().filter(|commune| commune.urban).map(|commune| commune.weight).sum();
        assert!((300..420).contains(&(1000 * urban / total)), "{urban}");
    }

    #[test]
    fn communes_of_no_province_are_refused() {
        let commune = CommuneToday { code: "00004", province: "02", urban: true };
        assert_eq!(estimated_weights(&[commune]), Err(SeedError::Commune("00004".into())));
    }
}
