//! What a birth counts as, and what a figure moves by when something else is said of it.

use super::month_of;
use crate::model::{Birth, PlaceKey};
use contracts::reporting::IndicatorCode;
use std::collections::BTreeMap;

/// One figure of one commune in one reporting month.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// The reporting month.
    pub month: i64,
    /// The commune.
    pub place: PlaceKey,
    /// What is counted.
    pub indicator: IndicatorCode,
}

/// What a birth counts as.
pub fn indicators_of(birth: &Birth) -> [IndicatorCode; 4] {
    [
        IndicatorCode::Births,
        if birth.male { IndicatorCode::BirthsMale } else { IndicatorCode::BirthsFemale },
        if birth.kinh { IndicatorCode::BirthsKinh } else { IndicatorCode::BirthsOtherGroups },
        if birth.on_time { IndicatorCode::BirthsOnTime } else { IndicatorCode::BirthsLate },
    ]
}

/// By how much which figures move when a birth of which nothing, or `before`, was known is now said to be `after`.
pub fn moved(before: Option<&Birth>, after: &Birth) -> Vec<(Cell, i64)> {
    let mut cells: BTreeMap<Cell, i64> = BTreeMap::new();
    for (birth, by) in before.map(|before| (before, -1)).into_iter().chain([(after, 1)]) {
        let counted = indicators_of(birth).into_iter().filter(|_| !birth.annulled);
        for indicator in counted {
            let cell = Cell { month: month_of(birth.registered_on), place: birth.place.clone(), indicator };
            *cells.entry(cell).or_default() += by;
        }
    }
    cells.into_iter().filter(|(_, by)| *by != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use uuid::Uuid;

    #[test]
    fn figures_move_by_what_is_said_anew() {
        use IndicatorCode as I;
        let birth = Birth {
            registration: Uuid::from_u128(1),
            version: 1,
            place: PlaceKey { commune: "00004".into(), from: date(2025, 7, 1) },
            registered_on: date(2026, 11, 21),
            male: false,
            kinh: true,
            on_time: true,
            annulled: false,
        };
        let other_group = Birth { kinh: false, version: 2, ..birth.clone() };
        let annulled = Birth { annulled: true, version: 3, ..other_group.clone() };
        for (case, before, after, expected) in [
            (
                "registered",
                None,
                &birth,
                vec![(I::Births, 1), (I::BirthsFemale, 1), (I::BirthsKinh, 1), (I::BirthsOnTime, 1)],
            ),
            ("amended", Some(&birth), &other_group, vec![(I::BirthsKinh, -1), (I::BirthsOtherGroups, 1)]),
            ("amended where nothing counts", Some(&birth), &Birth { version: 2, ..birth.clone() }, vec![]),
            (
                "annulled",
                Some(&other_group),
                &annulled,
                vec![
                    (I::Births, -1),
                    (I::BirthsFemale, -1),
                    (I::BirthsOtherGroups, -1),
                    (I::BirthsOnTime, -1),
                ],
            ),
            ("annulled before it was told of", None, &annulled, vec![]),
        ] {
            let found: Vec<_> =
                moved(before, after).into_iter().map(|(cell, by)| (cell.indicator, by)).collect();
            assert_eq!(found, expected, "{case}");
        }
        let elsewhere =
            Birth { place: PlaceKey { commune: "00008".into(), from: date(2025, 7, 1) }, ..birth.clone() };
        let sum: i64 = moved(Some(&birth), &elsewhere).iter().map(|(_, by)| by).sum();
        assert_eq!((sum, moved(Some(&birth), &elsewhere).len()), (0, 8));
    }
}
