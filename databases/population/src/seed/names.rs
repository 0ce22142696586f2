//! Names as Vietnamese people of each generation and region bear them.

use super::{
    SeedError,
    dice::{Dice, Weighted},
};
use contracts::{PersonName, Sex};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// Where family names differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Region {
    /// Miền Bắc.
    North,
    /// Miền Trung.
    Central,
    /// Miền Nam.
    South,
}

impl Region {
    /// The region of a province of today; the codes run from north to south.
    pub(crate) fn of_province(code: &str) -> Self {
        if code <= "37" {
            Self::North
        } else if code <= "68" {
            Self::Central
        } else {
            Self::South
        }
    }
}

/// The names to draw from.
#[derive(Debug, Clone)]
pub struct Names {
    families: [Weighted<String>; 3],
    families_of_groups: HashMap<u8, Vec<String>>,
    male: GivenNames,
    female: GivenNames,
}

/// Given and middle names of one sex, by generation.
#[derive(Debug, Clone)]
struct GivenNames {
    middle: [Weighted<String>; 4],
    given: [Weighted<String>; 4],
    /// Middle and given name together, as young parents choose them.
    pairs: Vec<(String, String)>,
}

/// The generations of the cohort model, by year of birth.
const COHORTS: [&str; 4] = ["before1975", "1975_1994", "1995_2009", "from2010"];

fn cohort(birth_year: i16) -> usize {
    match birth_year {
        ..=1974 => 0,
        1975..=1994 => 1,
        1995..=2009 => 2,
        _ => 3,
    }
}

/// In how many of a thousand the given name is chosen with its middle name, by generation.
const PAIRED_PERMILLE: [u32; 4] = [30, 80, 200, 350];

#[derive(Deserialize)]
struct File {
    surname_weights_by_region: BTreeMap<String, Vec<(String, f64)>>,
    ethnic_surnames: BTreeMap<String, Vec<String>>,
    given_names: GivenFile,
    author_model_from_memory: ModelFile,
}

#[derive(Deserialize)]
struct GivenFile {
    male_only: Vec<String>,
    female: Vec<String>,
}

#[derive(Deserialize)]
struct ModelFile {
    male: BTreeMap<String, String>,
    female: BTreeMap<String, String>,
    middle_male: BTreeMap<String, String>,
    middle_female: BTreeMap<String, String>,
}

/// The ethnic groups whose family names the file gives, by the code of the country's list.
const GROUPS: [(&str, u8); 8] = [
    ("tay", 2),
    ("thai", 3),
    ("khmer", 5),
    ("muong", 6),
    ("nung", 7),
    ("hmong", 8),
    ("dao", 9),
    ("cham", 17),
];

impl Names {
    /// The names that come with the program, `data/names_vi.json`.
    ///
    /// # Errors
    /// As [`Names::parse`]; a test shows that it doesn't happen.
    pub fn vietnamese() -> Result<Self, SeedError> {
        Self::parse(include_str!("../../../../data/names_vi.json"))
    }

    /// Reads names in the form of `data/names_vi.json`.
    ///
    /// # Errors
    /// [`SeedError::Names`] when it is not of that form or a list is empty.
    pub fn parse(json: &str) -> Result<Self, SeedError> {
        let file: File = serde_json::from_str(json).map_err(|error| SeedError::Names(error.to_string()))?;
        let families = |region| families(file.surname_weights_by_region.get(region), region);
        let model = &file.author_model_from_memory;
        Ok(Self {
            families: [families("north")?, families("central")?, families("south")?],
            families_of_groups: GROUPS
                .iter()
                .filter_map(|(name, code)| {
                    Some((*code, file.ethnic_surnames.get(*name).filter(|list| !list.is_empty())?.clone()))
                })
                .collect(),
            male: GivenNames::new(&model.middle_male, &model.male, &file.given_names.male_only)?,
            female: GivenNames::new(&model.middle_female, &model.female, &file.given_names.female)?,
        })
    }

    /// A family name of someone of an ethnic group whose family is from a region.
    pub(crate) fn family(&self, ethnicity: u8, region: Region, dice: &mut Dice) -> &str {
        match self.families_of_groups.get(&ethnicity) {
            Some(list) => &list[dice.index(list.len())],
            None => self.families[region as usize].draw(dice),
        }
    }

    /// A whole name with this family name.
    pub(crate) fn name(&self, family: &str, sex: Sex, birth_year: i16, dice: &mut Dice) -> PersonName {
        let names = if sex == Sex::Male { &self.male } else { &self.female };
        let cohort = cohort(birth_year);
        let (middle, given) = if !names.pairs.is_empty() && dice.chance(PAIRED_PERMILLE[cohort]) {
            names.pairs[dice.index(names.pairs.len())].clone()
        } else {
            names.single(cohort, dice)
        };
        PersonName { family: family.into(), middle, given }
    }
}

impl GivenNames {
    fn new(
        middle: &BTreeMap<String, String>,
        given: &BTreeMap<String, String>,
        pairs: &[String],
    ) -> Result<Self, SeedError> {
        Ok(Self {
            middle: by_cohort(middle)?,
            given: by_cohort(given)?,
            pairs: pairs
                .iter()
                .filter_map(|pair| pair.split_once(' '))
                .map(|(m, g)| (m.into(), g.into()))
                .collect(),
        })
    }

    /// A middle and a given name of the generation that are not the same word.
    fn single(&self, cohort: usize, dice: &mut Dice) -> (String, String) {
        let given = self.given[cohort].draw(dice).clone();
        let middle = self.middle[cohort].draw(dice);
        let middle = if *middle == given { String::new() } else { middle.clone() };
        (middle, given)
    }
}

/// Family names of one word. The few of two words can't be told apart from a middle name where a name is written whole.
fn families(list: Option<&Vec<(String, f64)>>, region: &str) -> Result<Weighted<String>, SeedError> {
    let pairs = list.into_iter().flatten().filter(|(name, _)| !name.contains(' '));
    Weighted::new(pairs.map(|(name, weight)| (name.clone(), hundredths(*weight))))
        .ok_or_else(|| SeedError::Names(format!("there are no family names of the region {region}")))
}

/// The four lists `Hùng 6|Dũng 5|...`.
fn by_cohort(lists: &BTreeMap<String, String>) -> Result<[Weighted<String>; 4], SeedError> {
    let list = |cohort: &str| {
        let words = lists.get(cohort).map_or("", String::as_str).split('|');
        let pairs = words.filter_map(|word| {
            let (name, weight) = word.trim().rsplit_once(' ')?;
            Some((name.to_owned(), hundredths(weight.parse().ok()?)))
        });
        Weighted::new(pairs)
            .ok_or_else(|| SeedError::Names(format!("there are no names of the generation {cohort}")))
    };
    Ok([list(COHORTS[0])?, list(COHORTS[1])?, list(COHORTS[2])?, list(COHORTS[3])?])
}

fn hundredths(weight: f64) -> u32 {
    // Weights are small and not negative, so the cast only drops what rounding left.
    (weight.clamp(0.0, 1000.0) * 100.0).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_their_generation_group_and_region() {
        let names = Names::vietnamese().unwrap();
        let mut dice = Dice::of_part(1, 0);
        let mut share = |sex, year, middle: &str| {
            (0..2000).filter(|_| names.name("Lê", sex, year, &mut dice).middle == middle).count()
        };
        assert!(share(Sex::Female, 1960, "Thị") > 1500);
        assert!(share(Sex::Female, 2020, "Thị") < 300);
        assert!(share(Sex::Male, 1960, "Văn") > 1000);
        let mut drawn = |group, region| {
            let mut list: Vec<&str> = (0..500).map(|_| names.family(group, region, &mut dice)).collect();
            list.sort_unstable();
            list
        };
        assert!(drawn(1, Region::South).contains(&"Huỳnh") && !drawn(1, Region::North).contains(&"Huỳnh"));
        assert!(drawn(8, Region::North).contains(&"Giàng") && !drawn(8, Region::North).contains(&"Nguyễn"));
        assert!(drawn(20, Region::Central).contains(&"Nguyễn"));
    }

    #[test]
    fn files_of_another_form_are_refused() {
        for json in ["", "{}", "[]", r#"{"surname_weights_by_region":{}}"#] {
            assert!(matches!(Names::parse(json), Err(SeedError::Names(_))), "{json}");
        }
    }

    #[test]
    fn provinces_lie_in_their_regions() {
        for (code, region) in [
            ("01", Region::North),
            ("37", Region::North),
            ("38", Region::Central),
            ("68", Region::Central),
            ("75", Region::South),
            ("96", Region::South),
        ] {
            assert_eq!(Region::of_province(code), region);
        }
    }
}
