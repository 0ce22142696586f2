//! A synthetic population: as many people as wanted, as they live in Vietnam, from one seed.
//!
//! [`generate`] makes the country part by part, each from its own stream of randomness, and gives it out household by
//! household; it holds one part in memory, however many people are wanted. [`load`] takes them into the register.

mod ages;
mod chunk;
mod dice;
mod families;
mod intake;
mod names;
mod numbers;
mod personas;
mod places;
mod weights;

pub use intake::{Loaded, load, loaded};
pub use names::Names;
pub use personas::{Persona, Personas, personas};
pub use weights::{CommuneToday, estimated_weights};

use crate::model::{Dwelling, HouseholdKey, Person};
use chunk::Chunk;
use jiff::civil::Date;
use numbers::Numbering;
use std::collections::VecDeque;
use thiserror::Error;

/// Most people that can be made.
pub const PEOPLE_LIMIT: u64 = 150_000_000;
/// How many people are made together; those who belong to each other are found among them.
const PART_PEOPLE: u64 = 4_000;
/// The largest share that the people of one sex and year of birth have of the whole, in ten-thousandths.
const HEAVIEST_COHORT_PER_10_000: u64 = 110;

/// Why a population can't be made.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SeedError {
    /// The names are not usable.
    #[error("the names can't be used: {0}")]
    Names(String),
    /// There is nowhere to live.
    #[error("no commune with a weight above 0 was given")]
    NoCommunes,
    /// A commune is described wrongly.
    #[error(
        "commune {0:?} can't be used; its code must have five digits, its place code three, and all weights must add up to a 64-bit number"
    )]
    Commune(String),
    /// More people than numbers.
    #[error(
        "{people} people are too many: the numbers of a place, sex and year of birth are 1,000,000, and at most {most} fit"
    )]
    TooMany {
        /// How many were wanted.
        people: u64,
        /// How many can be made with these communes.
        most: u64,
    },
}

/// A commune and how many live there, against the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommuneWeight {
    /// Five-digit code.
    pub code: String,
    /// Two-digit code of its province.
    pub province: String,
    /// What the personal numbers of those born there begin with.
    pub place_code: u16,
    /// A ward rather than a rural commune.
    pub urban: bool,
    /// How many live there, in any unit.
    pub weight: u64,
}

/// What population is wanted. The same options make the same people, on every machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedOptions {
    /// How many people.
    pub people: u64,
    /// What the randomness grows from.
    pub seed: u64,
    /// The day it is; the youngest are born on it. Whoever loads a population keeps this day beside it: another day
    /// makes other people, also in [`personas`] and when a load goes on.
    pub today: Date,
    /// Where they live. People are made in this order, so that those of one province come together.
    pub communes: Vec<CommuneWeight>,
}

/// A household and everyone in it, the head first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeededHousehold {
    /// The household.
    pub dwelling: Dwelling,
    /// Its members.
    pub members: Vec<Person>,
}

/// What everyone of a population is made from.
pub(crate) struct Plan<'a> {
    people: u64,
    seed: u64,
    today: Date,
    ages: ages::Ages,
    places: places::Places,
    names: &'a Names,
}

impl<'a> Plan<'a> {
    fn new(options: &SeedOptions, names: &'a Names) -> Result<Self, SeedError> {
        let places = places::Places::new(&options.communes)?;
        let share = (places.heaviest_place_millionths() * HEAVIEST_COHORT_PER_10_000).max(1);
        let most = (1_000_000 * 1_000_000 * 10_000 / share).min(PEOPLE_LIMIT);
        if options.people > most {
            return Err(SeedError::TooMany { people: options.people, most });
        }
        let ages = ages::Ages::on(options.today);
        Ok(Self { people: options.people, seed: options.seed, today: options.today, ages, places, names })
    }

    fn parts(&self) -> u64 {
        self.people.div_ceil(PART_PEOPLE)
    }

    /// How many people one part has: all parts have the same number, give or take one.
    fn people_of_part(&self, part: u64) -> usize {
        let parts = self.parts();
        let before = |part: u64| u128::from(self.people) * u128::from(part) / u128::from(parts);
        usize::try_from(before(part + 1) - before(part)).unwrap_or_default()
    }
}

/// Makes a population. Nothing is made before it is asked for.
///
/// # Errors
/// [`SeedError::NoCommunes`], [`SeedError::Commune`], [`SeedError::TooMany`].
pub fn generate<'a>(options: &SeedOptions, names: &'a Names) -> Result<Households<'a>, SeedError> {
    let plan = Plan::new(options, names)?;
    let numbering = Numbering::new(options.seed);
    Ok(Households { plan, numbering, part: 0, households: 0, ready: VecDeque::new() })
}

/// The households of a population, one after the other.
pub struct Households<'a> {
    plan: Plan<'a>,
    numbering: Numbering,
    part: u64,
    households: i64,
    ready: VecDeque<SeededHousehold>,
}

impl Iterator for Households<'_> {
    type Item = SeededHousehold;

    fn next(&mut self) -> Option<SeededHousehold> {
        while self.ready.is_empty() && self.part < self.plan.parts() {
            let chunk = Chunk::make(&self.plan, self.part);
            let first = self.households + 1;
            let keys = (first..).map(HouseholdKey);
            self.ready.extend(chunk.into_households(&self.plan, &mut self.numbering, keys));
            self.households += i64::try_from(self.ready.len()).unwrap_or_default();
            self.part += 1;
        }
        self.ready.pop_front()
    }
}
