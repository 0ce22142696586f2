//! Who may call what, and how that is asked and answered.

pub(crate) mod asking;
mod grants;
mod rates;
