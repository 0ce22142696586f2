//! Tests over the whole country: that the house keeps its own rules, and that the program does what its documents say.
//!
//! Everything is in the one test binary `it`. Files that a test compares with what the code says - `docs/dependencies.txt`
//! and `docs/openapi/` - are written anew when it runs with `UPDATE=1`.
