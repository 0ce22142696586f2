//! One part of the country: a few thousand people, made together from one stream of randomness.

use super::{
    Plan, SeededHousehold,
    dice::Dice,
    families::{self, Draft, Members},
    numbers::Numbering,
};
use crate::model::{Dwelling, Home, HouseholdKey, Kin, Person, VIETNAM, date_of, day_number};
use contracts::{PersonName, PersonalNumber, Sex, person::Address, population::MaritalStatus};
use jiff::civil::Date;

/// The commune of the example family, in the middle of Hà Nội: Phường Ba Đình.
pub(crate) const EXAMPLE_COMMUNE: &str = "00004";
/// Age of the example wife in years: at least, at most, and as near as can be to.
pub(crate) const EXAMPLE_WIFE_YEARS: std::ops::RangeInclusive<i64> = 22..=35;
pub(crate) const EXAMPLE_WIFE_BEST_YEARS: i64 = 28;
/// The example family could have another child: its youngest is at least this old.
pub(crate) const EXAMPLE_YOUNGEST_CHILD_YEARS: i64 = 2;
/// Couples of a thousand in which the younger is of the older's ethnic group by descent or choice of partner.
const SAME_GROUP_PERMILLE: u32 = 900;

/// A part of the country, before its people have numbers.
pub(crate) struct Chunk {
    people: Vec<Draft>,
    particulars: Vec<Particulars>,
    houses: Vec<House>,
}

/// A household of a part.
struct House {
    members: Members,
    commune: usize,
    address: Address,
}

/// What is said of a person besides whom they belong to.
#[derive(Clone)]
struct Particulars {
    name: PersonName,
    birth_date: Date,
    ethnicity: u8,
    birth_commune: usize,
    hometown: usize,
    /// A father without a number: he died, or left.
    named_father: Option<PersonName>,
}

impl Chunk {
    /// Makes a part.
    pub(crate) fn make(plan: &Plan, part: u64) -> Self {
        let mut dice = Dice::of_part(plan.seed, part);
        let drawn = plan.ages.draw(plan.people_of_part(part), &mut dice);
        let today = day_number(plan.today);
        let (people, members) = families::settle(&drawn, today, &mut dice);
        let communes = communes(plan, part, &people, &members, &mut dice);
        let mut houses = Vec::with_capacity(members.len());
        for (members, commune) in members.into_iter().zip(communes) {
            houses.push(House { members, commune, address: plan.places.address(commune, &mut dice) });
        }
        let particulars = Naming { plan, people: &people, dice: &mut dice }.name_everyone(&houses);
        Self { people, particulars, houses }
    }

    /// The households with everyone numbered.
    pub(crate) fn into_households(
        self,
        plan: &Plan,
        numbering: &mut Numbering,
        keys: impl Iterator<Item = HouseholdKey>,
    ) -> Vec<SeededHousehold> {
        let numbers: Vec<PersonalNumber> = self
            .people
            .iter()
            .zip(&self.particulars)
            .map(|(draft, said)| {
                numbering.next(
                    plan.places.commune(said.birth_commune).place_code,
                    draft.sex,
                    said.birth_date.year(),
                )
            })
            .collect();
        let mut particulars: Vec<Option<Particulars>> = self.particulars.into_iter().map(Some).collect();
        let kin = |person: Option<usize>| person.map(|person| Kin::Numbered(numbers[person]));
        let mut households = Vec::with_capacity(self.houses.len());
        for (house, household) in self.houses.into_iter().zip(keys) {
            let members = house.members.iter().filter_map(|(person, relation)| {
                let (draft, said) = (&self.people[*person], particulars[*person].take()?);
                Some(Person {
                    number: numbers[*person],
                    name: said.name,
                    birth_date: said.birth_date,
                    sex: draft.sex,
                    ethnicity: said.ethnicity,
                    nationality: VIETNAM.into(),
                    birth_place: plan.places.plain(said.birth_commune),
                    hometown: plan.places.plain(said.hometown),
                    marital_status: draft.status,
                    mother: kin(draft.mother),
                    father: kin(draft.father).or(said.named_father.map(Kin::Named)),
                    spouse: kin(draft.spouse),
                    home: Some(Home { household, relation: *relation }),
                    death_date: None,
                })
            });
            let members = members.collect();
            households
                .push(SeededHousehold { dwelling: Dwelling { household, address: house.address }, members });
        }
        households
    }
}

/// Where each household lives; in the first part, one that suits as the example family lives in the example commune.
fn communes(plan: &Plan, part: u64, people: &[Draft], households: &[Members], dice: &mut Dice) -> Vec<usize> {
    let mut communes: Vec<usize> =
        households.iter().map(|_| plan.places.within((part, plan.parts()), dice)).collect();
    if part == 0 {
        let example = plan.places.position(EXAMPLE_COMMUNE).unwrap_or(0);
        let today = day_number(plan.today);
        let wives = households.iter().map(|members| example_wife_years(people, members, today));
        let best = wives
            .enumerate()
            .filter_map(|(at, years)| Some((years?.abs_diff(EXAMPLE_WIFE_BEST_YEARS), at)))
            .min();
        if let Some((_, at)) = best {
            communes[at] = example;
        }
    }
    communes
}

/// The age of the wife of a couple who could be the example: of an age to give birth, without a baby, and living with
/// nobody but their children.
fn example_wife_years(people: &[Draft], members: &Members, today: i64) -> Option<i64> {
    let (couple, others): (Vec<usize>, Vec<usize>) =
        members.iter().map(|(person, _)| *person).partition(|person| people[*person].spouse.is_some());
    // A year is counted long for who must be old enough and short for who must be young enough.
    let at_least = |person: usize| (today - people[person].born) / 366;
    let at_most = |person: usize| (today - people[person].born) / 365;
    let wife = couple.iter().copied().find(|person| people[*person].sex == Sex::Female)?;
    let is_family = couple.len() == 2
        && others.iter().all(|child| {
            people[*child].mother == Some(wife) && at_least(*child) >= EXAMPLE_YOUNGEST_CHILD_YEARS
        });
    let fits = EXAMPLE_WIFE_YEARS.contains(&at_least(wife)) && EXAMPLE_WIFE_YEARS.contains(&at_most(wife));
    (is_family && fits).then(|| at_least(wife))
}

/// Gives names, ethnic groups, places of birth and ancestral homes, the oldest first, because children take theirs from
/// their parents.
struct Naming<'a, 'p> {
    plan: &'a Plan<'p>,
    people: &'a [Draft],
    dice: &'a mut Dice,
}

impl Naming<'_, '_> {
    fn name_everyone(mut self, houses: &[House]) -> Vec<Particulars> {
        let mut commune_of = vec![0; self.people.len()];
        for house in houses {
            for (person, _) in &house.members {
                commune_of[*person] = house.commune;
            }
        }
        let mut done: Vec<Option<Particulars>> = vec![None; self.people.len()];
        let mut absent_fathers: Vec<Option<PersonName>> = vec![None; self.people.len()];
        // The youngest come first in a part, so that parents stand behind their children.
        for person in (0..self.people.len()).rev() {
            done[person] = Some(self.name(person, commune_of[person], &done, &mut absent_fathers));
        }
        done.into_iter().flatten().collect()
    }

    fn name(
        &mut self,
        person: usize,
        commune: usize,
        done: &[Option<Particulars>],
        absent_fathers: &mut [Option<PersonName>],
    ) -> Particulars {
        let draft = &self.people[person];
        let said_of = |other: Option<usize>| other.and_then(|other| done[other].as_ref());
        let (mother, father) = (said_of(draft.mother), said_of(draft.father));
        let birth_date = date_of(draft.born).unwrap_or(self.plan.today);
        let ethnicity = match father.or(mother) {
            Some(parent) => parent.ethnicity,
            None => self.ethnic_group(said_of(draft.spouse), commune),
        };
        let birth_commune = self.birth_commune(birth_date, commune);
        let hometown = match father.or(mother) {
            Some(parent) => parent.hometown,
            None if self.dice.chance(600) => birth_commune,
            None => self.plan.places.nearby(birth_commune, self.dice),
        };
        let named_father = match (draft.mother, father) {
            (Some(mother), None) if self.people[mother].status != MaritalStatus::Single => {
                if absent_fathers[mother].is_none() {
                    absent_fathers[mother] = Some(self.absent_father(mother, ethnicity, hometown));
                }
                absent_fathers[mother].clone()
            }
            _ => None,
        };
        let parent_family = father.map(|father| &father.name.family);
        let parent_family = parent_family.or(named_father.as_ref().map(|father| &father.family));
        let name = match parent_family.or(mother.map(|mother| &mother.name.family)) {
            Some(family) => self.plan.names.name(family, draft.sex, birth_date.year(), self.dice),
            None => {
                let family = self.plan.names.family(ethnicity, self.plan.places.region(hometown), self.dice);
                self.plan.names.name(family, draft.sex, birth_date.year(), self.dice)
            }
        };
        Particulars { name, birth_date, ethnicity, birth_commune, hometown, named_father }
    }

    fn ethnic_group(&mut self, spouse: Option<&Particulars>, commune: usize) -> u8 {
        match spouse {
            Some(spouse) if self.dice.chance(SAME_GROUP_PERMILLE) => spouse.ethnicity,
            _ => self.plan.places.ethnic_group(commune, self.dice),
        }
    }

    /// Children are born where they live; many of the grown have moved.
    fn birth_commune(&mut self, birth_date: Date, commune: usize) -> usize {
        let is_young = self.plan.today.year() - birth_date.year() < 18;
        let (here, nearby) = if is_young { (850, 950) } else { (550, 850) };
        match self.dice.below(1000) {
            drawn if drawn < here => commune,
            drawn if drawn < nearby => self.plan.places.nearby(commune, self.dice),
            _ => self.plan.places.anywhere(self.dice),
        }
    }

    fn absent_father(&mut self, mother: usize, ethnicity: u8, hometown: usize) -> PersonName {
        let year = date_of(self.people[mother].born).map_or(1980, Date::year);
        let family = self.plan.names.family(ethnicity, self.plan.places.region(hometown), self.dice);
        self.plan.names.name(family, Sex::Male, year, self.dice)
    }
}
