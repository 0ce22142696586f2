//! `house`: the rules of the house, read from its sources. `journeys`: the real program, started as its users start it.

mod house;
mod journeys;
