//! Turns people of given ages into families that make sense: couples, parents and children, three generations, people
//! alone. Ages are fixed by the pyramid; who belongs to whom is found among them.

use super::dice::Dice;
use contracts::{
    Sex,
    population::{MaritalStatus, Relation},
};

/// Average number of people in a household, in tenths (census of 2019).
pub(crate) const HOUSEHOLD_SIZE_TENTHS: usize = 36;

/// Lengths of time in days; a year is counted so that no age is reached too early.
const YEAR: i64 = 366;
const MOTHER_YOUNGEST: i64 = 18 * YEAR;
const MOTHER_OLDEST: i64 = 45 * 365;
const FATHER_YOUNGEST: i64 = 19 * YEAR;
const FATHER_OLDEST: i64 = 60 * 365;
const WOMEN_MARRY: i64 = 18 * YEAR;
const MEN_MARRY: i64 = 20 * YEAR;
const MAJORITY: i64 = 18 * YEAR;
const BETWEEN_BIRTHS: i64 = 300;
/// Most children a mother is given at home.
const CHILDREN_LIMIT: usize = 6;
/// Most people besides a family, or together where there is none, that a household takes.
const SHARED_MOST: usize = 4;
/// Of those alone who can't be left so, how many of a thousand live with others of about their age rather than with a
/// family; among how many of these they look, and how many families they ask.
const SHARED_PERMILLE: u32 = 600;
const MATES_LOOKED_AT: usize = 40;
const HOSTS_ASKED: usize = 16;
/// Elders of this age live with their children rather than as heads.
const ELDER_STEPS_BACK: i64 = 72 * 365;
/// Share of elders alone, and of elder couples, who live with a child's family where one is found.
const WIDOWED_WITH_CHILD_PERMILLE: u32 = 800;
const COUPLES_WITH_CHILD_PERMILLE: u32 = 450;

/// A person under way: whom they belong to, by position in the part of the country made together.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) sex: Sex,
    /// Day number of the birth.
    pub(crate) born: i64,
    pub(crate) status: MaritalStatus,
    pub(crate) spouse: Option<usize>,
    pub(crate) mother: Option<usize>,
    pub(crate) father: Option<usize>,
}

/// People who live together, the head first.
pub(crate) type Members = Vec<(usize, Relation)>;

/// Makes families of people who are given the youngest first.
pub(crate) fn settle(people: &[(Sex, i64)], today: i64, dice: &mut Dice) -> (Vec<Draft>, Vec<Members>) {
    let drafts = people.iter().map(|(sex, born)| Draft {
        sex: *sex,
        born: *born,
        status: MaritalStatus::Single,
        spouse: None,
        mother: None,
        father: None,
    });
    let mut town = Town { people: drafts.collect(), today };
    town.marry(dice);
    let at_home = town.give_children(dice);
    let mut units = town.units(&at_home, dice);
    let wanted = (town.people.len() * 10).div_ceil(HOUSEHOLD_SIZE_TENTHS).max(1);
    town.join_generations(&mut units, wanted, dice);
    town.share_homes(&mut units, wanted, dice);
    let households = units.iter().map(|unit| town.household(unit, dice)).collect();
    (town.people, households)
}

/// Married, widowed and divorced women and men of a thousand, by age from 15 in steps of five years; the last is 80 and
/// over (after the census of 2019, rounded).
const WOMEN_STATUS: [[u32; 3]; 14] = [
    [110, 0, 2],
    [400, 1, 8],
    [730, 3, 15],
    [860, 6, 22],
    [885, 12, 28],
    [880, 25, 32],
    [855, 50, 35],
    [815, 90, 35],
    [755, 150, 33],
    [680, 225, 30],
    [580, 330, 25],
    [460, 455, 20],
    [340, 585, 15],
    [180, 755, 10],
];
const MEN_STATUS: [[u32; 3]; 14] = [
    [0, 0, 0],
    [190, 0, 3],
    [550, 1, 10],
    [800, 2, 18],
    [890, 4, 22],
    [915, 7, 25],
    [925, 11, 25],
    [930, 18, 23],
    [925, 30, 20],
    [910, 50, 17],
    [885, 80, 14],
    [845, 125, 10],
    [780, 195, 8],
    [620, 360, 5],
];
/// Never-married adults of a thousand who live with their parents, by age from 18 in steps of five years.
const AT_HOME_PERMILLE: [u32; 5] = [820, 680, 450, 250, 120];
/// How many children a woman has at most, in hundredths of women: most have two.
const CHILDREN_MOST: [(u32, usize); 4] = [(58, 2), (25, 3), (10, 4), (7, 1)];

struct Town {
    people: Vec<Draft>,
    today: i64,
}

/// People who live together, before it is decided who is the head.
#[derive(Debug, Clone)]
struct Unit {
    adult: usize,
    partner: Option<usize>,
    children: Vec<usize>,
    /// The parents of `adult` or `partner`, with their children at home, and which of the two is their child.
    elders: Option<(Box<Unit>, usize)>,
    others: Vec<usize>,
}

impl Unit {
    fn of(adult: usize, partner: Option<usize>, children: Vec<usize>) -> Self {
        Self { adult, partner, children, elders: None, others: Vec::new() }
    }

    fn is_alone(&self) -> bool {
        self.partner.is_none() && self.children.is_empty() && self.elders.is_none() && self.others.is_empty()
    }
}

impl Town {
    fn age(&self, person: usize) -> i64 {
        self.today - self.people[person].born
    }

    fn status_row(&self, person: usize) -> Option<[u32; 3]> {
        let (age, sex) = (self.age(person), self.people[person].sex);
        let marriageable = if sex == Sex::Male { MEN_MARRY } else { WOMEN_MARRY };
        let group = usize::try_from(age / 365 / 5 - 3).ok()?.min(13);
        (age >= marriageable).then(|| if sex == Sex::Male { MEN_STATUS[group] } else { WOMEN_STATUS[group] })
    }

    /// Finds husbands for the women who are to be married; whoever stays without gets another status of their age.
    fn marry(&mut self, dice: &mut Dice) {
        let mut wives = Vec::new();
        let mut husbands = Vec::new();
        for person in 0..self.people.len() {
            let Some([married, ..]) = self.status_row(person) else { continue };
            if dice.chance(married) {
                let list = if self.people[person].sex == Sex::Male { &mut husbands } else { &mut wives };
                list.push((self.people[person].born, person));
            }
        }
        husbands.sort_unstable();
        for (born, wife) in wives {
            let gap = dice.days_around(-4 * 365, 11 * 365);
            let free = |husband: usize| self.people[husband].spouse.is_none();
            if let Some(husband) = nearest(&husbands, born - gap, 4 * 365, free) {
                self.people[wife].spouse = Some(husband);
                self.people[husband].spouse = Some(wife);
            }
        }
        for person in 0..self.people.len() {
            self.people[person].status = self.status(person, dice);
        }
    }

    fn status(&self, person: usize, dice: &mut Dice) -> MaritalStatus {
        if self.people[person].spouse.is_some() {
            return MaritalStatus::Married;
        }
        let Some([married, widowed, divorced]) = self.status_row(person) else {
            return MaritalStatus::Single;
        };
        match dice.below((1000 - married).max(widowed + divorced + 1)) {
            drawn if drawn < widowed => MaritalStatus::Widowed,
            drawn if drawn < widowed + divorced => MaritalStatus::Divorced,
            _ => MaritalStatus::Single,
        }
    }

    /// Gives a mother to every child, and to the grown ones who stay at home. Says who lives with their mother.
    fn give_children(&mut self, dice: &mut Dice) -> Vec<bool> {
        let mut mothers: Vec<(i64, usize)> = Vec::new();
        let mut most = vec![0; self.people.len()];
        for (person, draft) in self.people.iter().enumerate() {
            let can_be = match draft.status {
                MaritalStatus::Single => self.age(person) > 25 * 365 && dice.chance(40),
                _ => true,
            };
            if draft.sex == Sex::Female && self.age(person) >= MOTHER_YOUNGEST && can_be {
                mothers.push((draft.born, person));
                most[person] = children_most(dice);
            }
        }
        mothers.sort_unstable();
        let mut born: Vec<Vec<i64>> = vec![Vec::new(); self.people.len()];
        let mut at_home = vec![false; self.people.len()];
        for (child, lives_at_home) in at_home.iter_mut().enumerate() {
            // Children come before their mothers, so who is a mother is known: she has a home of her own.
            if !born[child].is_empty() || !self.stays_at_home(child, dice) {
                continue;
            }
            let birth = self.people[child].born;
            let wanted = birth - dice.days_around(MOTHER_YOUNGEST, 37 * 365);
            let has_room = |mother: usize, least: usize| {
                born[mother].len() < most[mother].max(least)
                    && born[mother].iter().all(|other| other.abs_diff(birth) >= BETWEEN_BIRTHS.unsigned_abs())
                    && self.could_be_parents(mother, birth)
            };
            // A child that finds no home within the usual number of children is one more where there is room at all.
            let found = nearest(&mothers, wanted, 10 * 365, |mother| has_room(mother, 0))
                .or_else(|| nearest(&mothers, wanted, 30 * 365, |mother| has_room(mother, CHILDREN_LIMIT)));
            if let Some(mother) = found {
                born[mother].push(birth);
                *lives_at_home = true;
                self.people[child].mother = Some(mother);
                self.people[child].father = self.people[mother].spouse;
            }
        }
        at_home
    }

    fn stays_at_home(&self, person: usize, dice: &mut Dice) -> bool {
        let age = self.age(person);
        let group = usize::try_from((age - MAJORITY).max(0) / 365 / 5).unwrap_or(usize::MAX);
        age < MAJORITY
            || self.people[person].status == MaritalStatus::Single
                && AT_HOME_PERMILLE.get(group).is_some_and(|permille| dice.chance(*permille))
    }

    fn could_be_parents(&self, mother: usize, birth: i64) -> bool {
        let father = self.people[mother].spouse;
        is_mother_at(birth - self.people[mother].born)
            && father.is_none_or(|father| is_father_at(birth - self.people[father].born))
    }

    /// Couples with their children, single parents with theirs, and everyone else alone; children without any family
    /// go to one of strangers.
    fn units(&self, at_home: &[bool], dice: &mut Dice) -> Vec<Unit> {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); self.people.len()];
        for (child, draft) in self.people.iter().enumerate().rev() {
            if let (true, Some(mother)) = (at_home[child], draft.mother) {
                children[mother].push(child);
            }
        }
        let mut units = Vec::new();
        let mut orphans = Vec::new();
        for (person, draft) in self.people.iter().enumerate() {
            match (draft.sex, draft.spouse) {
                _ if at_home[person] => {}
                (Sex::Male, Some(wife)) => {
                    units.push(Unit::of(person, Some(wife), std::mem::take(&mut children[wife])))
                }
                (Sex::Female, Some(_)) => {}
                _ if self.age(person) < MAJORITY => orphans.push(person),
                _ => units.push(Unit::of(person, None, std::mem::take(&mut children[person]))),
            }
        }
        for orphan in orphans {
            if units.is_empty() {
                units.push(Unit::of(orphan, None, Vec::new()));
            } else {
                let at = dice.index(units.len());
                units[at].others.push(orphan);
            }
        }
        units
    }

    /// Brings elders together with the family of a grown child, until there are as many households as wanted.
    fn join_generations(&mut self, units: &mut Vec<Unit>, wanted: usize, dice: &mut Dice) {
        let mut gone = vec![false; units.len()];
        let mut left = units.len().saturating_sub(wanted);
        // Elders alone first, then couples: the first are seldom left to themselves.
        for couples in [false, true] {
            let heirs = self.heirs(units, &gone);
            let permille = if couples { COUPLES_WITH_CHILD_PERMILLE } else { WIDOWED_WITH_CHILD_PERMILLE };
            for at in 0..units.len() {
                let unit = &units[at];
                let is_elder =
                    self.age(unit.adult) >= 55 * 365 && unit.elders.is_none() && unit.others.is_empty();
                if left == 0
                    || gone[at]
                    || !is_elder
                    || unit.partner.is_some() != couples
                    || !dice.chance(permille)
                {
                    continue;
                }
                let wanted = self.people[unit.adult].born + dice.days_around(20 * 365, 38 * 365);
                let fits = |heir: usize| self.fits_as_child(&units[at], &units[heir], heir, at, &gone);
                if let Some(heir) = nearest(&heirs, wanted, 12 * 365, fits) {
                    let elders = units[at].clone();
                    self.join(&mut units[heir], elders);
                    gone[at] = true;
                    left -= 1;
                }
            }
        }
        let mut gone = gone.into_iter();
        units.retain(|_| !gone.next().unwrap_or(false));
    }

    /// The husbands of families, who may have parents to live with.
    fn heirs(&self, units: &[Unit], gone: &[bool]) -> Vec<(i64, usize)> {
        let families = units.iter().enumerate().filter(|(at, unit)| !gone[*at] && unit.partner.is_some());
        let mut heirs: Vec<_> = families.map(|(at, unit)| (self.people[unit.adult].born, at)).collect();
        heirs.sort_unstable();
        heirs
    }

    fn fits_as_child(&self, elders: &Unit, family: &Unit, heir: usize, own: usize, gone: &[bool]) -> bool {
        let child = family.adult;
        let birth = self.people[child].born;
        let parent_fits = |parent: usize| match self.people[parent].sex {
            Sex::Female => is_mother_at(birth - self.people[parent].born),
            Sex::Male => is_father_at(birth - self.people[parent].born),
        };
        let siblings =
            |other: &usize| self.people[*other].born.abs_diff(birth) >= BETWEEN_BIRTHS.unsigned_abs();
        heir != own
            && !gone[heir]
            && family.elders.is_none()
            && self.people[child].mother.is_none()
            && self.people[child].father.is_none()
            && parent_fits(elders.adult)
            && elders.partner.is_none_or(parent_fits)
            && elders.children.iter().all(siblings)
    }

    fn join(&mut self, family: &mut Unit, elders: Unit) {
        let child = family.adult;
        for parent in std::iter::once(elders.adult).chain(elders.partner) {
            match self.people[parent].sex {
                Sex::Female => self.people[child].mother = Some(parent),
                Sex::Male => self.people[child].father = Some(parent),
            }
        }
        family.elders = Some((Box::new(elders), child));
    }

    /// Lets people who are alone share a home or live with a family, until there are as many households as wanted.
    fn share_homes(&self, units: &mut Vec<Unit>, wanted: usize, dice: &mut Dice) {
        let mut left = units.len().saturating_sub(wanted);
        let mut alone: Vec<usize> = (0..units.len()).filter(|at| units[*at].is_alone()).collect();
        // The young go first: they rent together, or stay with relatives while they study and work.
        alone.sort_by_key(|at| self.age(units[*at].adult));
        let mut gone = vec![false; units.len()];
        for (n, at) in alone.iter().copied().enumerate() {
            if left == 0 || !units[at].is_alone() {
                continue;
            }
            let has_room =
                |host: &usize| *host != at && !gone[*host] && units[*host].others.len() + 1 < SHARED_MOST;
            let mate = Some(n + 1 + dice.index(MATES_LOOKED_AT))
                .and_then(|n| alone.get(n).copied())
                .filter(has_room);
            let host = match mate {
                Some(mate) if dice.chance(SHARED_PERMILLE) => Some(mate),
                _ => (0..HOSTS_ASKED).map(|_| dice.index(units.len())).find(has_room),
            };
            if let Some(host) = host {
                let newcomer = units[at].adult;
                units[host].others.push(newcomer);
                gone[at] = true;
                left -= 1;
            }
        }
        let mut gone = gone.into_iter();
        units.retain(|_| !gone.next().unwrap_or(false));
    }

    /// Decides who is the head and what everyone is to them.
    fn household(&self, unit: &Unit, dice: &mut Dice) -> Members {
        let others = unit.others.iter().map(|person| (*person, Relation::Other));
        let mut members = match &unit.elders {
            Some((elders, child)) if self.age(elders.adult) < ELDER_STEPS_BACK => {
                let mut members = self.nuclear(elders, dice);
                let in_law = if unit.adult == *child { unit.partner } else { Some(unit.adult) };
                members.push((*child, Relation::Child));
                members.extend(in_law.map(|person| (person, Relation::Other)));
                members.extend(unit.children.iter().map(|person| (*person, Relation::Grandchild)));
                members
            }
            Some((elders, _)) => {
                let mut members = vec![(unit.adult, Relation::Head)];
                members.extend(unit.partner.map(|person| (person, Relation::Spouse)));
                members.extend(unit.children.iter().map(|person| (*person, Relation::Child)));
                members.extend(
                    std::iter::once(elders.adult)
                        .chain(elders.partner)
                        .map(|person| (person, Relation::Parent)),
                );
                members.extend(elders.children.iter().map(|person| (*person, Relation::Other)));
                members
            }
            None => self.nuclear(unit, dice),
        };
        members.extend(others);
        members
    }

    /// A family of two generations: the husband is the head more often than the wife.
    fn nuclear(&self, unit: &Unit, dice: &mut Dice) -> Members {
        let (head, spouse) = match unit.partner {
            Some(partner) if dice.chance(220) => (partner, Some(unit.adult)),
            partner => (unit.adult, partner),
        };
        let mut members = vec![(head, Relation::Head)];
        members.extend(spouse.map(|person| (person, Relation::Spouse)));
        members.extend(unit.children.iter().map(|person| (*person, Relation::Child)));
        members
    }
}

fn is_mother_at(age: i64) -> bool {
    (MOTHER_YOUNGEST..=MOTHER_OLDEST).contains(&age)
}

fn is_father_at(age: i64) -> bool {
    (FATHER_YOUNGEST..=FATHER_OLDEST).contains(&age)
}

fn children_most(dice: &mut Dice) -> usize {
    let mut drawn = dice.below(100);
    for (hundredths, children) in CHILDREN_MOST {
        if drawn < hundredths {
            return children;
        }
        drawn -= hundredths;
    }
    0
}

/// The accepted entry of a sorted list whose key is nearest to `target`, no further away than `slack`.
fn nearest(list: &[(i64, usize)], target: i64, slack: i64, accept: impl Fn(usize) -> bool) -> Option<usize> {
    let mut right = list.partition_point(|(key, _)| *key < target);
    let mut left = right;
    loop {
        let below = left.checked_sub(1).map(|at| (target - list[at].0, at));
        let above = list.get(right).map(|(key, _)| (key - target, right));
        let (distance, at) = match (below, above) {
            (Some(below), Some(above)) => below.min(above),
            (one, other) => one.or(other)?,
        };
        if distance > slack {
            return None;
        }
        if accept(list[at].1) {
            return Some(list[at].1);
        }
        if at == right { right += 1 } else { left = at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_that_is_accepted_is_found() {
        let list = [(10, 0), (20, 1), (30, 2), (30, 3), (50, 4)];
        for (target, slack, refused, found) in [
            (30, 0, vec![], Some(2)),
            (30, 0, vec![2], Some(3)),
            (26, 100, vec![], Some(2)),
            (24, 100, vec![], Some(1)),
            (24, 100, vec![1, 2, 3], Some(0)),
            (24, 10, vec![1, 2, 3], None),
            (100, 100, vec![], Some(4)),
            (0, 5, vec![], None),
        ] {
            assert_eq!(
                nearest(&list, target, slack, |at| !refused.contains(&at)),
                found,
                "{target} {slack} {refused:?}"
            );
        }
        assert_eq!(nearest(&[], 0, 10, |_| true), None);
    }
}
