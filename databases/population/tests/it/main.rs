//! The population register as its neighbours meet it.

mod births;
mod country;
mod pages;
mod refusals;
mod residence;
mod seeding;
mod services;
mod statements;
