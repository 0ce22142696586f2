//! agencies.
