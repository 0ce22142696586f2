//! Who may do what with which record of the register (Law 60/2014/QH13 articles 7 and 12).

use crate::model::{Application, Book, Entry, EntryVersion};
use contracts::{PersonalNumber, Purpose, civil_status::BirthForm};
use system::{Access, Authority, Marks, PostGrant, Reach, Record, Whom};

/// The post of who registers (*công chức tư pháp - hộ tịch*).
pub(crate) const REGISTRAR_POST: &str = "registrar";
/// An application.
pub(crate) const APPLICATION: &str = "application";
/// An entry, with its versions and certificates.
pub(crate) const ENTRY: &str = "entry";
/// A book.
pub(crate) const BOOK: &str = "book";

/// What posts give, and calls of systems that handed a dossier in.
pub(crate) static AUTHORITY: Authority = Authority {
    system: contracts::civil_status::SYSTEM,
    grants: &[
        PostGrant {
            whom: Whom::Post(REGISTRAR_POST),
            kinds: &[APPLICATION, ENTRY, BOOK],
            acts: &[Access::Read, Access::Change],
            purposes: &[Purpose::CIVIL_STATUS],
            laws: &["60/2014/QH13"],
            reach: Reach::Unit,
        },
        PostGrant {
            whom: Whom::System,
            kinds: &[APPLICATION, ENTRY],
            acts: &[Access::Read],
            purposes: &[Purpose::CIVIL_STATUS, Purpose::PROCEDURE],
            laws: &[],
            reach: Reach::HandedIn,
        },
    ],
};

impl Record for Application {
    fn marks(&self) -> Marks<'_> {
        Marks {
            kind: APPLICATION,
            unit: &self.content.commune,
            handed_in_by: &self.content.received_by,
            case: &self.content.dossier,
            concerns: named_in(&self.content.form).collect(),
            ..Marks::default()
        }
    }
}

impl Record for Entry {
    fn marks(&self) -> Marks<'_> {
        Marks {
            kind: ENTRY,
            unit: &self.commune,
            handed_in_by: &self.received_by,
            case: &self.dossier,
            concerns: self.child.into_iter().collect(),
            ..Marks::default()
        }
    }
}

/// An entry with all it says.
pub(crate) struct WholeEntry<'a> {
    /// The entry.
    pub(crate) entry: &'a Entry,
    /// Its versions.
    pub(crate) versions: &'a [EntryVersion],
}

impl Record for WholeEntry<'_> {
    fn marks(&self) -> Marks<'_> {
        let mut marks = self.entry.marks();
        marks.concerns.extend(self.versions.iter().flat_map(|version| named_in(&version.form)));
        marks
    }
}

impl Record for Book {
    fn marks(&self) -> Marks<'_> {
        Marks { kind: BOOK, unit: &self.commune, ..Marks::default() }
    }
}

fn named_in(form: &BirthForm) -> impl Iterator<Item = PersonalNumber> {
    let parents = [&form.mother, &form.father].into_iter().flatten().filter_map(|parent| parent.number);
    parents.chain([form.declarant_number])
}
