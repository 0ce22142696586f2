//! What the store promises, on both engines.

mod concurrency;
mod contract;
mod crash;
mod full_disk;
mod migrations;
mod model;
mod places;
mod records;
mod tasks;
