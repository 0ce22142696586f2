//! Taking a whole population into the register.

use super::SeededHousehold;
use crate::records;
use store::{Store, StoreError};

/// How many people are taken in together: enough to load fast, few enough to hold in memory.
const PART_PEOPLE: usize = 20_000;

/// How much was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loaded {
    /// People.
    pub people: u64,
    /// Households.
    pub households: u64,
}

/// Loads households into the store, part by part, and calls `progress` with the number of people in it so far. Memory
/// holds one part. A load that was interrupted is made again from its beginning: parts that are in the store already are
/// passed over, so the same households must come in the same order.
///
/// # Errors
/// As [`Store::load`].
pub async fn load(
    store: &Store,
    households: impl Iterator<Item = SeededHousehold>,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Loaded, StoreError> {
    let there = records::intake_parts(store).await?;
    let (mut total, mut part) = (Loaded::default(), 0);
    let mut households = households.peekable();
    while households.peek().is_some() {
        let (taken, people) = next_part(&mut households);
        if part >= there {
            records::take_in(store, part, &taken).await?;
        }
        total.people += people;
        total.households += taken.len() as u64;
        part += 1;
        progress(total.people);
    }
    Ok(total)
}

/// How much has been taken in so far.
///
/// # Errors
/// As [`Store::read`].
pub async fn loaded(store: &Store) -> Result<Loaded, StoreError> {
    records::taken_in(store).await
}

fn next_part(households: &mut impl Iterator<Item = SeededHousehold>) -> (Vec<SeededHousehold>, u64) {
    let (mut part, mut people) = (Vec::new(), 0);
    while people < PART_PEOPLE
        && let Some(household) = households.next()
    {
        people += household.members.len();
        part.push(household);
    }
    (part, people as u64)
}
