//! civil-status.
