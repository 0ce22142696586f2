//! The identity system in its room, behind the web layer, with a stand-in country around it.

mod contact;
mod engines;
mod faults;
mod fuzzing;
mod keys;
mod mandates;
mod office;
mod officials;
mod organisations;
mod provider;
mod refusals;
mod relying_parties;
mod sealing;
mod sign_in;
mod sign_up;
mod signatures;
mod site;
mod sites;
mod submissions;
mod systems;
