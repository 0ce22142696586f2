//! What an entry counts as in the reports on civil status (Circular 03/2019/TT-BTP).

use super::is_late;
use crate::model::Entry;
use contracts::civil_status::{BirthCounted, BirthForm};

/// Code of the Kinh group.
const KINH: &str = "01";

/// What an entry that says this counts as. Amendments count up the version, and so does an annulment.
pub fn counted(entry: &Entry, form: &BirthForm, version: i64) -> BirthCounted {
    BirthCounted {
        registration: entry.registration,
        version,
        commune: entry.commune.clone(),
        registered_on: entry.registered_on,
        sex: form.child.sex,
        kinh: form.child.ethnicity == KINH,
        on_time: !is_late(form.child.birth_date, entry.registered_on),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Official, samples};
    use jiff::civil::date;
    use uuid::Uuid;

    #[test]
    fn an_entry_counts_by_group_and_by_the_day_of_registration() {
        let born = date(2026, 11, 11);
        for (registered_on, ethnicity, expected) in [
            (date(2026, 11, 21), "01", (true, true)),
            (date(2027, 1, 10), "02", (false, true)),
            (date(2027, 1, 11), "01", (true, false)),
        ] {
            let mut form = samples::application("H26-1").form;
            form.child.birth_date = born;
            form.child.ethnicity = ethnicity.into();
            let entry = Entry {
                registration: Uuid::from_u128(1),
                application: Uuid::from_u128(2),
                dossier: "H26-1".into(),
                received_by: "VN/GOV/H26".into(),
                commune: "00004".into(),
                year: registered_on.year(),
                number: Some(1),
                registered_on,
                registrar: Official { account: "001190000077".into(), name: "Lê Thị Hộ Tịch".into() },
                child: None,
            };
            let counted = counted(&entry, &form, 3);
            assert_eq!((counted.kinh, counted.on_time), expected, "{registered_on} {ethnicity}");
            assert_eq!((counted.version, counted.commune.as_str()), (3, "00004"));
        }
    }
}
