//! population.
pub mod model;
pub mod rules;
pub mod seed;
mod records;
