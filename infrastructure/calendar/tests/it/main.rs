//! The calendar against published dates, tables of cases and properties.

mod deadlines;
mod holidays;
mod lunar;
mod text;
mod working;
