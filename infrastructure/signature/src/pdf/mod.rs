//! Just enough of PDF (ISO 32000-1) to find what a signature is about and to extend a file with an incremental update:
//! objects, cross-reference tables and streams, object streams, no content. Encrypted files, generations above 0 and keys
//! that stand twice in a dictionary are refused.

pub mod file;
mod filter;
pub mod object;
pub mod update;
