//! Logs and metrics as a process sees them. Setting up for the whole process is done once, in one test.

mod logs;
mod metrics;
