//! The identity system in its room, behind the web layer, with a stand-in country around it.

mod engines;
mod faults;
mod keys;
mod mandates;
mod office;
mod officials;
mod provider;
mod refusals;
mod relying_parties;
mod sign_in;
mod sign_up;
mod signatures;
mod site;
