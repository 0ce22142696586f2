//! Where people live: communes by weight, who lives in which province, and how addresses are written.

use super::{
    CommuneWeight, SeedError,
    dice::{Dice, Weighted},
    names::Region,
};
use crate::rules::particulars::is_commune_code;
use contracts::person::Address;
use std::collections::BTreeMap;

/// The communes of the country, in the order they were given.
pub(crate) struct Places {
    communes: Vec<Commune>,
    /// Where each commune's stretch of the whole ends.
    ends: Vec<u64>,
    provinces: Vec<Province>,
}

/// A commune as people are placed in it.
pub(crate) struct Commune {
    pub(crate) code: String,
    pub(crate) place_code: u16,
    pub(crate) urban: bool,
    province: usize,
}

struct Province {
    region: Region,
    communes: Vec<usize>,
    groups: Weighted<u8>,
}

impl Places {
    pub(crate) fn new(weights: &[CommuneWeight]) -> Result<Self, SeedError> {
        let mut by_code = BTreeMap::new();
        let (mut communes, mut ends, mut provinces, mut end) =
            (Vec::new(), Vec::new(), Vec::<Province>::new(), 0_u64);
        for weight in weights.iter().filter(|weight| weight.weight > 0) {
            if !is_commune_code(&weight.code) || weight.place_code > 999 {
                return Err(SeedError::Commune(weight.code.clone()));
            }
            let province = *by_code.entry(weight.province.as_str()).or_insert_with(|| {
                provinces.push(Province {
                    region: Region::of_province(&weight.province),
                    communes: Vec::new(),
                    groups: groups_of(&weight.province),
                });
                provinces.len() - 1
            });
            provinces[province].communes.push(communes.len());
            end = end.checked_add(weight.weight).ok_or_else(|| SeedError::Commune(weight.code.clone()))?;
            ends.push(end);
            let (code, place_code, urban) = (weight.code.clone(), weight.place_code, weight.urban);
            communes.push(Commune { code, place_code, urban, province });
        }
        if communes.is_empty() { Err(SeedError::NoCommunes) } else { Ok(Self { communes, ends, provinces }) }
    }

    pub(crate) fn commune(&self, index: usize) -> &Commune {
        &self.communes[index]
    }

    /// Where the commune with this code stands.
    pub(crate) fn position(&self, code: &str) -> Option<usize> {
        self.communes.iter().position(|commune| commune.code == code)
    }

    pub(crate) fn region(&self, commune: usize) -> Region {
        self.provinces[self.communes[commune].province].region
    }

    /// The heaviest share that one place code has of the whole, in millionths.
    pub(crate) fn heaviest_place_millionths(&self) -> u64 {
        let mut weights = BTreeMap::<u16, u64>::new();
        let mut before = 0;
        for (commune, end) in self.communes.iter().zip(&self.ends) {
            *weights.entry(commune.place_code).or_default() += end - before;
            before = *end;
        }
        let total = u128::from(self.total().max(1));
        let heaviest = u128::from(weights.into_values().max().unwrap_or_default());
        u64::try_from(heaviest * 1_000_000 / total).unwrap_or(1_000_000)
    }

    fn total(&self) -> u64 {
        self.ends.last().copied().unwrap_or_default()
    }

    /// A commune of the whole country.
    pub(crate) fn anywhere(&self, dice: &mut Dice) -> usize {
        self.within((0, 1), dice)
    }

    /// A commune of one of `of` equal parts of the country, so that neighbours are made together.
    pub(crate) fn within(&self, (part, of): (u64, u64), dice: &mut Dice) -> usize {
        let total = u128::from(self.total());
        let bound = |part: u64| u64::try_from(total * u128::from(part) / u128::from(of)).unwrap_or_default();
        let at = bound(part) + dice.below_u64(bound(part + 1) - bound(part));
        self.ends.partition_point(|end| *end <= at).min(self.communes.len() - 1)
    }

    /// A commune of the same province.
    pub(crate) fn nearby(&self, commune: usize, dice: &mut Dice) -> usize {
        let neighbours = &self.provinces[self.communes[commune].province].communes;
        neighbours[dice.index(neighbours.len())]
    }

    /// An ethnic group of the province.
    pub(crate) fn ethnic_group(&self, commune: usize, dice: &mut Dice) -> u8 {
        let province = &self.provinces[self.communes[commune].province];
        // The towns of the mountains are mostly Kinh.
        if self.communes[commune].urban && dice.chance(500) { 1 } else { *province.groups.draw(dice) }
    }

    /// An address in the commune.
    pub(crate) fn address(&self, commune: usize, dice: &mut Dice) -> Address {
        let place = &self.communes[commune];
        let number = dice.below(199) + 1;
        let street = STREETS[dice.index(STREETS.len())];
        let detail = match (place.urban, self.region(commune)) {
            (true, Region::North) => format!("Số {number} phố {street}"),
            (true, _) => format!("{number} đường {street}"),
            (false, Region::South) => format!("Số {number}, ấp {}", number % 9 + 1),
            (false, _) => format!("Thôn {}", number % 14 + 1),
        };
        Address { commune: place.code.clone(), detail }
    }

    /// The commune by itself, as places of birth and ancestral homes are written.
    pub(crate) fn plain(&self, commune: usize) -> Address {
        Address { commune: self.communes[commune].code.clone(), detail: String::new() }
    }
}

const STREETS: [&str; 24] = [
    "Trần Hưng Đạo",
    "Lê Lợi",
    "Nguyễn Huệ",
    "Hai Bà Trưng",
    "Lý Thường Kiệt",
    "Quang Trung",
    "Phan Chu Trinh",
    "Phan Bội Châu",
    "Nguyễn Trãi",
    "Lê Duẩn",
    "Hùng Vương",
    "Ngô Quyền",
    "Bà Triệu",
    "Điện Biên Phủ",
    "Hoàng Diệu",
    "Lê Hồng Phong",
    "Nguyễn Du",
    "Trần Phú",
    "Võ Thị Sáu",
    "Nguyễn Thái Học",
    "Đinh Tiên Hoàng",
    "Lê Thánh Tông",
    "Phạm Ngũ Lão",
    "Nguyễn Đình Chiểu",
];

/// The ethnic groups of the provinces where they are many, in thousandths (after the census of 2019, rounded, merged
/// provinces together); the rest is Kinh.
const GROUPS_BY_PROVINCE: &[(&str, &[(u8, u32)])] = &[
    ("01", &[(6, 7), (2, 3)]),
    ("04", &[(2, 408), (7, 298), (8, 117), (9, 103), (43, 5)]),
    ("08", &[(2, 252), (8, 175), (9, 135), (7, 42), (15, 40), (38, 8)]),
    ("11", &[(8, 382), (3, 357), (29, 33), (9, 11), (35, 9)]),
    ("12", &[(3, 314), (8, 239), (9, 129), (35, 34), (25, 28)]),
    ("14", &[(3, 538), (8, 160), (6, 68), (34, 22), (29, 13)]),
    ("15", &[(2, 164), (8, 177), (9, 117), (3, 43), (25, 21), (7, 24)]),
    ("19", &[(2, 184), (7, 61), (9, 53), (15, 20), (18, 29), (8, 16)]),
    ("20", &[(7, 430), (2, 360), (9, 35)]),
    ("22", &[(9, 54), (2, 31), (18, 15), (15, 12)]),
    ("24", &[(7, 28), (2, 18), (15, 11), (18, 11)]),
    ("25", &[(6, 212), (9, 12), (15, 14), (2, 9), (3, 8)]),
    ("37", &[(6, 7)]),
    ("38", &[(6, 105), (3, 62), (8, 5), (24, 3)]),
    ("40", &[(3, 101), (24, 22), (29, 13), (8, 10)]),
    ("44", &[(23, 58), (31, 11)]),
    ("46", &[(31, 31), (26, 15)]),
    ("48", &[(26, 22), (14, 15), (27, 8)]),
    ("51", &[(19, 74), (14, 90), (13, 38), (30, 18), (27, 22), (10, 14)]),
    ("52", &[(10, 152), (13, 64), (2, 5), (7, 5)]),
    ("56", &[(17, 39), (21, 62)]),
    ("66", &[(12, 136), (7, 30), (2, 21), (8, 15), (20, 18), (17, 10)]),
    ("68", &[(16, 58), (20, 17), (28, 14), (7, 12), (2, 10), (17, 12), (36, 7)]),
    ("75", &[(4, 22), (22, 23), (2, 12), (7, 11), (32, 5)]),
    ("79", &[(4, 32), (5, 6), (17, 1)]),
    ("80", &[(5, 4), (17, 2)]),
    ("86", &[(5, 98)]),
    ("91", &[(5, 83), (4, 5), (17, 3)]),
    ("92", &[(5, 118), (4, 20)]),
    ("96", &[(5, 46), (4, 9)]),
];

fn groups_of(province: &str) -> Weighted<u8> {
    let known =
        GROUPS_BY_PROVINCE.iter().find(|(code, _)| *code == province).map_or(&[][..], |(_, groups)| groups);
    let kinh = 1000 - known.iter().map(|(_, share)| share).sum::<u32>();
    Weighted::new(known.iter().copied().chain([(1, kinh)]))
        .expect("the groups of a province are less than the whole")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_province_has_groups_that_fit_in_it() {
        for (province, groups) in GROUPS_BY_PROVINCE {
            assert!(groups.iter().map(|(_, share)| share).sum::<u32>() < 1000, "{province}");
            assert!(groups.iter().all(|(code, _)| (2..=54).contains(code)), "{province}");
        }
    }
}
