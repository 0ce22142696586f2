//! The names of the communes that a form has by their codes.

use crate::{FACTS, model::Dossier, rules};
use contracts::{
    Context,
    agencies::{ReadUnit, UnitOn},
};
use std::collections::BTreeMap;
use system::{CallError, Room};

/// The full name of a commune of today, asked of the register of agencies.
///
/// # Errors
/// When the register does not know it, or can't be asked.
pub(crate) async fn name(room: &Room, dossier: &Dossier, code: &str) -> Result<String, CallError> {
    if code == dossier.commune {
        return Ok(dossier.commune_name.clone());
    }
    let asked = UnitOn { code: code.to_owned(), on: None };
    let context = Context::public().in_case(&dossier.case(&room.member.code));
    Ok(room.exchange.call::<ReadUnit>(&asked, &context).await?.answer.full_name)
}

/// The full names of all communes of a dossier's form by their codes. One whose name can't be had is left out: the page
/// shows its code.
pub(crate) async fn names(room: &Room, dossier: &Dossier) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for code in rules::commune_codes(&dossier.form) {
        match name(room, dossier, code).await {
            Ok(name) => {
                names.insert(code.to_owned(), name);
            }
            Err(error) => tracing::warn!(system = FACTS.code, %error, "the name of a commune can't be had"),
        }
    }
    names
}
