//! The identity system in its room, behind the web layer, with a stand-in country around it.

mod engines;
mod faults;
mod keys;
mod office;
mod refusals;
mod sign_in;
mod sign_up;
mod site;
