//! one-door.
