//! The signature of a PDF: CMS `SignedData` (RFC 5652) as CAdES has it (ETSI EN 319 122-1).

pub(crate) mod read;
pub(crate) mod write;
