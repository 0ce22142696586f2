//! `house`: the rules of the house, read from its sources. `journeys`: the real program, started as its users start it.
//! `faults`: real nodes in every kind of trouble.

mod faults;
mod house;
mod journeys;
