//! A family and its procedure for the tests of this crate.

use base64::{Engine, engine::general_purpose::STANDARD};
use contracts::{
    PersonName, Sex,
    agencies::UnitLevel,
    civil_status::{BirthForm, Child, Declarant, Parent},
    one_door::{Attachment, Form, Submission},
    person::Address,
    procedures::{Bilingual, Component, Procedure, ProcedureResult, Step, TimeLimit},
};
use jiff::civil::date;
use uuid::Uuid;

/// A dossier for a girl born on 11 November 2026, handed in by her mother on 20 November.
pub(crate) fn submission() -> Submission {
    Submission {
        submission: Uuid::from_u128(1),
        from: "G22".into(),
        procedure: "3.000722".into(),
        commune: "00004".into(),
        applicant: "001195000001".parse().expect("a number"),
        applicant_name: "Trần Thị Hoa".into(),
        submitted_at: "2026-11-20T01:59:00Z".parse().expect("a time"),
        form: Form::Birth(Box::new(birth_form())),
        attachments: vec![notice_file()],
        signature: None,
    }
}

/// A scanned birth notice.
pub(crate) fn notice_file() -> Attachment {
    Attachment {
        component: "birth-notice".into(),
        name: "giấy chứng sinh.pdf".into(),
        media_type: "application/pdf".into(),
        content_base64: STANDARD.encode(b"%PDF-1.7 a scan"),
    }
}

/// Registration of a birth, joined with residence and health card.
pub(crate) fn joined_procedure() -> Procedure {
    let component = |code: &str, required, held_by: Option<&str>| Component {
        code: code.into(),
        name: words("Giấy chứng sinh", "Birth notice"),
        required,
        held_by: held_by.map(str::to_owned),
    };
    let result = |code: &str, vi: &str, en: &str| ProcedureResult { code: code.into(), name: words(vi, en) };
    Procedure {
        code: "3.000722".into(),
        name: words(
            "Liên thông đăng ký khai sinh, đăng ký thường trú, cấp thẻ bảo hiểm y tế cho trẻ em dưới 6 tuổi",
            "Registration of birth and permanent residence, and health insurance card, for a child under six",
        ),
        sector: words("Liên thông", "Joined procedures"),
        from: date(2026, 7, 1),
        until: None,
        authority: UnitLevel::Commune,
        form: Some("birth".into()),
        components: vec![
            component("birth-notice", true, None),
            component("identity", true, Some("population")),
        ],
        fees: Vec::new(),
        time_limit: TimeLimit::WorkingDays(4),
        steps: vec![
            step("civil-status", "VN/GOV/G15", crate::rules::FILE_BIRTH, &[], TimeLimit::SameDay),
            step(
                "residence",
                "VN/GOV/G01",
                crate::rules::READ_RESIDENCE,
                &["civil-status"],
                TimeLimit::WorkingDays(2),
            ),
            step(
                "health-card",
                "VN/GOV/G12.BHXH",
                crate::rules::LOOK_UP_CARD,
                &["civil-status"],
                TimeLimit::WorkingDays(2),
            ),
        ],
        results: vec![
            result("GKS", "Giấy khai sinh", "Birth certificate"),
            result("TB-CT", "Thông báo kết quả đăng ký cư trú", "Confirmation of residence"),
            result("BHYT", "Thẻ bảo hiểm y tế", "Health insurance card"),
        ],
        citation: "Nghị định 63/2024/NĐ-CP".into(),
    }
}

fn step(code: &str, member: &str, operation: &str, after: &[&str], time_limit: TimeLimit) -> Step {
    Step {
        code: code.into(),
        name: words(code, code),
        member: member.into(),
        operation: operation.into(),
        after: after.iter().map(|code| (*code).to_owned()).collect(),
        time_limit,
        citation: "Luật 60/2014/QH13".into(),
    }
}

fn words(vi: &str, en: &str) -> Bilingual {
    Bilingual { vi: vi.into(), en: en.into() }
}

fn birth_form() -> BirthForm {
    BirthForm {
        declarant: Declarant::Mother,
        declarant_number: "001195000001".parse().expect("a number"),
        child: Child {
            name: name("Nguyễn Thị Minh An"),
            sex: Sex::Female,
            birth_date: date(2026, 11, 11),
            birth_place: address("Bệnh viện Phụ sản Hà Nội"),
            hometown: address(""),
            ethnicity: "01".into(),
            nationality: "VN".into(),
        },
        mother: Some(parent("Trần Thị Hoa", "001195000001", date(1995, 5, 6))),
        father: Some(parent("Nguyễn Văn Bình", "001093000002", date(1993, 3, 4))),
        birth_notice: Some("123/2026".into()),
    }
}

fn name(full: &str) -> PersonName {
    PersonName::split(full).expect("two words at least")
}

fn address(detail: &str) -> Address {
    Address { commune: "00004".into(), detail: detail.into() }
}

fn parent(full: &str, number: &str, birth_date: jiff::civil::Date) -> Parent {
    Parent {
        number: Some(number.parse().expect("a number")),
        name: name(full),
        birth_date,
        ethnicity: "01".into(),
        nationality: "VN".into(),
        residence: address("Số 1 phố Đội Cấn"),
    }
}
