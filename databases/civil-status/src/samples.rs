//! A family for the tests of this crate.

use contracts::{
    PersonName, Sex,
    civil_status::{BirthApplication, BirthForm, Child, Declarant, Parent},
    person::Address,
};
use jiff::civil::date;

/// An application to register a girl born on 11 November 2026, received at the one-door on 21 November.
pub(crate) fn application(dossier: &str) -> BirthApplication {
    BirthApplication {
        dossier: dossier.into(),
        received_by: "VN/GOV/H26".into(),
        commune: "00004".into(),
        received_at: "2026-11-21T02:00:00Z".parse().expect("a time"),
        due_at: "2026-11-21T10:00:00Z".parse().expect("a time"),
        residence_asked: false,
        form: BirthForm {
            declarant: Declarant::Mother,
            declarant_number: "001195000001".parse().expect("a number"),
            child: Child {
                name: name("Nguyễn Thị Minh An"),
                sex: Sex::Female,
                birth_date: date(2026, 11, 11),
                birth_place: address("00004", "Bệnh viện Phụ sản Hà Nội"),
                hometown: address("00004", ""),
                ethnicity: "01".into(),
                nationality: "VN".into(),
            },
            mother: Some(parent("Trần Thị Hoa", "001195000001", date(1995, 5, 6))),
            father: Some(parent("Nguyễn Văn Bình", "001093000002", date(1993, 3, 4))),
            birth_notice: Some("123/2026".into()),
        },
    }
}

fn name(full: &str) -> PersonName {
    PersonName::split(full).expect("two words at least")
}

fn address(commune: &str, detail: &str) -> Address {
    Address { commune: commune.into(), detail: detail.into() }
}

fn parent(full: &str, number: &str, birth_date: jiff::civil::Date) -> Parent {
    Parent {
        number: Some(number.parse().expect("a number")),
        name: name(full),
        birth_date,
        ethnicity: "01".into(),
        nationality: "VN".into(),
        residence: address("00004", "Số 1 phố Đội Cấn"),
    }
}
