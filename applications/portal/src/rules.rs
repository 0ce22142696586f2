//! What may be handed in, and what may be done with what was: pure functions.

mod birth;
mod dossier;
mod input;
mod provinces;

pub use birth::{asks_for_residence, birth_form, check_child, faulty_field, first_open, registers_at};
pub use contracts::person::ethnicity_name;
pub use dossier::{
    DossierAct, content_disposition, file_name, is_newer, is_of_known_child, may, servable_media_type,
    shown_state, without_repetitions,
};
pub use input::{
    ADDRESS_LIMIT_CHARACTERS, BIRTH_NOTICE_LIMIT_CHARACTERS, NAME_PART_LIMIT_CHARACTERS,
    SEARCH_LIMIT_CHARACTERS, TextFault, check_line, check_name_part,
};
pub use provinces::committee_of;
