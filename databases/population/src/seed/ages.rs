//! How many men and women there are of each age: the pyramid of the census of 1 April 2019, aged to today.

use super::dice::Dice;
use contracts::Sex;
use jiff::{ToSpan, civil::Date};

/// Nobody is made older than this, in years.
pub(crate) const OLDEST_AGE_YEARS: usize = 100;

/// Share of each five years of age on 1 April 2019 in a thousandth of the population (census of 2019, rounded); the last
/// is 80 and over.
const PYRAMID_2019_PERMILLE: [u64; 17] = [83, 86, 74, 68, 72, 85, 89, 80, 70, 64, 59, 51, 42, 29, 16, 12, 20];
const CENSUS_YEAR: i64 = 2019;
/// The whole population of 2019, in units fine enough for whole numbers.
const WHOLE_2019: u64 = 1_000_000_000;
/// Births a year after the census, in a ten-thousandth of the population of 2019: 16.3 per thousand then, fewer each
/// year, as the General Statistics Office reports of the fertility since.
const BIRTHS_2019_PER_10_000: i64 = 163;
const FEWER_BIRTHS_A_YEAR_PER_10_000: i64 = 4;
const FEWEST_BIRTHS_PER_10_000: i64 = 110;

/// Survivors of 100,000 newborns at ages 0, 5, 10 ... 100: approximate life tables with the life expectancies of the
/// census, 71.0 years for men and 76.3 for women.
const SURVIVORS_MEN: [u64; 21] = [
    100_000, 98_050, 97_850, 97_650, 97_100, 96_300, 95_400, 94_300, 92_900, 91_000, 88_400, 84_800, 79_900,
    73_300, 64_600, 53_600, 40_600, 26_500, 13_500, 4_700, 900,
];
const SURVIVORS_WOMEN: [u64; 21] = [
    100_000, 98_400, 98_250, 98_100, 97_900, 97_650, 97_350, 97_000, 96_550, 95_950, 95_100, 93_850, 91_900,
    88_800, 83_900, 76_200, 64_500, 47_500, 28_000, 11_500, 2_800,
];

/// Boys born for a thousand girls: the natural ratio until 2000, then rising to 1115 (census of 2019: 111.5).
fn boys_for_1000_girls(birth_year: i64) -> u64 {
    match birth_year {
        ..=2000 => 1055,
        2001..=2009 => 1055 + (birth_year.unsigned_abs() - 2000) * 6,
        _ => 1115,
    }
}

fn survivors(table: &[u64; 21], age: usize) -> u64 {
    let (group, years) = ((age / 5).min(20), (age % 5) as u64);
    let next = table[(group + 1).min(20)];
    (table[group] * (5 - years) + next * years) / 5
}

/// Draws ages and sexes, and birth dates that agree with them.
pub(crate) struct Ages {
    /// Cells in the order of age, men before women, each with the end of its stretch of the whole.
    cells: Vec<(usize, Sex, u64)>,
    /// Day number of the last day of birth of each age, from today back.
    last_birth_day: Vec<i64>,
}

impl Ages {
    /// The population as it is `today`.
    pub(crate) fn on(today: Date) -> Self {
        let year = i64::from(today.year());
        let mut end = 0;
        let mut cells = Vec::with_capacity(2 * OLDEST_AGE_YEARS + 2);
        for age in 0..=OLDEST_AGE_YEARS {
            let birth_year = year - age as i64;
            let (men, women) = (survivors(&SURVIVORS_MEN, age), survivors(&SURVIVORS_WOMEN, age));
            let boys = boys_for_1000_girls(birth_year);
            let (male, female) = (boys * men, 1000 * women);
            let people = people_of_cohort(age, birth_year, year);
            for (sex, share) in [(Sex::Male, male), (Sex::Female, female)] {
                end += people * share / (male + female);
                cells.push((age, sex, end));
            }
        }
        let first = |age: usize| today.checked_sub((age as i64).years()).unwrap_or(Date::MIN);
        let last_birth_day =
            (0..=OLDEST_AGE_YEARS + 1).map(|age| crate::model::day_number(first(age))).collect();
        Self { cells, last_birth_day }
    }

    /// Sex and day of birth of `count` people, the youngest first. They are drawn at even steps through the pyramid, so
    /// that each part of the country has its shape.
    pub(crate) fn draw(&self, count: usize, dice: &mut Dice) -> Vec<(Sex, i64)> {
        let total = self.cells.last().map_or(0, |cell| cell.2);
        let mut cell = 0;
        let people = (0..count as u64).map(|n| {
            let step = |k: u64| {
                u64::try_from(u128::from(total) * u128::from(k) / count.max(1) as u128).unwrap_or(total)
            };
            let at = step(n) + dice.below_u64(step(n + 1) - step(n));
            while self.cells[cell].2 <= at && cell + 1 < self.cells.len() {
                cell += 1;
            }
            let (age, sex, _) = self.cells[cell];
            (sex, self.birth_day(age, dice))
        });
        people.collect()
    }

    fn birth_day(&self, age: usize, dice: &mut Dice) -> i64 {
        let (last, before) = (self.last_birth_day[age], self.last_birth_day[age + 1]);
        last - i64::from(dice.below(u32::try_from(last - before).unwrap_or(365)))
    }
}

/// How many people of one year of birth live now, in the units of [`WHOLE_2019`].
fn people_of_cohort(age: usize, birth_year: i64, year: i64) -> u64 {
    let both = |age| survivors(&SURVIVORS_MEN, age) + survivors(&SURVIVORS_WOMEN, age);
    if birth_year >= CENSUS_YEAR {
        let births = BIRTHS_2019_PER_10_000 - FEWER_BIRTHS_A_YEAR_PER_10_000 * (birth_year - CENSUS_YEAR);
        let born = births.max(FEWEST_BIRTHS_PER_10_000).unsigned_abs() * WHOLE_2019 / 10_000;
        return born * both(age) / both(0);
    }
    let age_2019 = usize::try_from(CENSUS_YEAR - birth_year).unwrap_or_default();
    let years_since = usize::try_from(year - CENSUS_YEAR).unwrap_or_default();
    people_2019(age_2019) * both(age) / both(age.saturating_sub(years_since)).max(1)
}

/// People of one year of age in 2019: a fifth of their group of the census, drawn towards the neighbouring group at its
/// edges, so that the pyramid has no steps; the oldest thin out as the life table says.
fn people_2019(age: usize) -> u64 {
    let group = |group: usize| PYRAMID_2019_PERMILLE[group] * WHOLE_2019 / 1000;
    if age >= 80 {
        let all: u64 = (80..=OLDEST_AGE_YEARS).map(|age| survivors(&SURVIVORS_WOMEN, age)).sum();
        return group(16) * survivors(&SURVIVORS_WOMEN, age.min(OLDEST_AGE_YEARS)) / all;
    }
    let (own, at) = (age / 5, age % 5);
    let neighbour = match at {
        0 | 1 if own > 0 => own - 1,
        3 | 4 if own < 15 => own + 1,
        _ => own,
    };
    let pull = [4, 2, 0, 2, 4][at];
    (group(own) * (10 - pull) + group(neighbour) * pull) / 10 / 5
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_pyramid_is_that_of_the_census_on_its_day() {
        let ages = Ages::on(date(2019, 4, 1));
        let people = ages.draw(100_000, &mut Dice::of_part(1, 0));
        let mut groups = [0_u64; 17];
        for (_, born) in &people {
            let days = crate::model::day_number(date(2019, 4, 1)) - born;
            groups[usize::try_from(days * 4 / 1461 / 5).unwrap().min(16)] += 1;
        }
        // The youngest group is made from births, not from the census, and the shares are rounded.
        let total: u64 = PYRAMID_2019_PERMILLE.iter().sum();
        for (group, (found, census)) in groups.iter().zip(PYRAMID_2019_PERMILLE).enumerate() {
            let expected = census * 100_000 / total;
            assert!(found.abs_diff(expected) < 800, "group {group}: {found} instead of {expected}");
        }
    }

    #[test]
    fn there_are_more_boys_and_fewer_old_men() {
        let today = date(2026, 11, 21);
        let people = Ages::on(today).draw(200_000, &mut Dice::of_part(1, 0));
        let ratio = |from: i64, until: i64| {
            let age = |born: &i64| (crate::model::day_number(today) - born) * 4 / 1461;
            let of = |sex| {
                people.iter().filter(|(s, born)| *s == sex && (from..until).contains(&age(born))).count()
            };
            1000 * of(Sex::Male) / of(Sex::Female)
        };
        assert!((1090..1140).contains(&ratio(0, 10)), "{}", ratio(0, 10));
        assert!((960..1030).contains(&ratio(0, 200)), "{}", ratio(0, 200));
        assert!(ratio(75, 200) < 800, "{}", ratio(75, 200));
    }
}
