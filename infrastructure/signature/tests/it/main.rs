//! Signing and verifying XML, beside xmlsec1; remote services; parsers. What is done to PDF is tested in `press`, which makes
//! some.

mod fuzzing;
mod remote;
mod xml;
