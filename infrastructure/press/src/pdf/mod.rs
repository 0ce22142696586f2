//! Just enough of PDF (ISO 32000-1) to extend a file with an incremental update: objects without streams, classic
//! cross-reference tables, and what a signature has to change. Anything else is refused.

pub(crate) mod file;
pub(crate) mod object;
pub(crate) mod update;
