//! What a submission, a supplement and a delivery must hold.

use super::{CODE_LIMIT_BYTES, fault};
use crate::model::{Dossier, File, PaperKind};
use base64::{Engine, engine::general_purpose::STANDARD};
use contracts::{
    FieldProblem, PersonalNumber,
    one_door::{Attachment, Form, Outcome, Submission},
    procedures::Procedure,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// The most files handed in at once.
pub const ATTACHMENTS_MAXIMUM: usize = 10;
/// The most bytes of one file.
pub const ATTACHMENT_LIMIT_BYTES: usize = 10 * 1024 * 1024;
/// The most bytes of a filled form, as JSON.
pub const FORM_LIMIT_BYTES: usize = 64 * 1024;
/// The most characters of a name of a person or a file.
pub const NAME_LIMIT_CHARACTERS: usize = 120;
/// Digits of a commune's code (Decision 19/2025/QD-TTg).
const COMMUNE_CODE_DIGITS: usize = 5;
/// The fewest characters of a reason: one word helps nobody.
pub const REASON_MIN_CHARACTERS: usize = 10;
/// The most characters of a reason.
pub const REASON_LIMIT_CHARACTERS: usize = 4_000;
/// The most bytes of a text that is signed, and of the evidence.
pub const SIGNED_LIMIT_BYTES: usize = 1024 * 1024;
/// How far the clocks of two members may differ, in seconds.
const CLOCK_DIFFERENCE_SECONDS: i64 = 300;

/// Media types that a file may have, each with what such a file begins with.
const MEDIA_TYPES: [(&str, &[u8]); 3] =
    [("application/pdf", b"%PDF-"), ("image/jpeg", &[0xff, 0xd8, 0xff]), ("image/png", b"\x89PNG\r\n\x1a\n")];

/// The operations that this one-door knows how to ask of agencies.
pub const FILE_BIRTH: &str = "civil-status/births/applications";
/// See [`FILE_BIRTH`]. The population database registers the child once it hears of the entry in the book and that the parents
/// ask for it.
pub const READ_RESIDENCE: &str = "population/residence/outcome";
/// See [`FILE_BIRTH`]. The insurer issues the card by itself once it hears of the child's number.
pub const LOOK_UP_CARD: &str = "insurance/members/look-up";

/// What is wrong with a submission, whatever its procedure.
pub fn check_submission(submission: &Submission, now: Timestamp) -> Vec<FieldProblem> {
    let mut faults = check_form(&submission.form, submission.applicant);
    if !is_name(&submission.applicant_name) {
        faults.push(fault(
            "applicant_name",
            "not-a-name",
            "Họ tên chỉ gồm chữ cái, khoảng trắng, dấu nháy và gạch nối, tối đa 120 ký tự.",
            "A name has letters, spaces, apostrophes and hyphens only, at most 120 characters.",
        ));
    }
    if !is_code(&submission.procedure) {
        faults.push(unknown_procedure());
    }
    if submission.commune.len() != COMMUNE_CODE_DIGITS
        || !submission.commune.bytes().all(|b| b.is_ascii_digit())
    {
        faults.push(unknown_commune());
    }
    let latest =
        now.checked_add(SignedDuration::from_secs(CLOCK_DIFFERENCE_SECONDS)).unwrap_or(Timestamp::MAX);
    if submission.submitted_at > latest {
        faults.push(fault(
            "submitted_at",
            "in-the-future",
            "Thời điểm nộp ở tương lai. Hãy kiểm tra đồng hồ của hệ thống gửi.",
            "The time of submission is in the future. Check the clock of the system that sends.",
        ));
    }
    faults
}

/// What is wrong with the signature of a submission, of which the identity system knows nothing: what was signed must be what
/// is sent.
pub fn check_signature(submission: &Submission) -> Vec<FieldProblem> {
    let Some(signature) = &submission.signature else { return Vec::new() };
    if signature.text.len() > SIGNED_LIMIT_BYTES || signature.evidence.len() > SIGNED_LIMIT_BYTES {
        return vec![fault(
            "signature",
            "too-large",
            "Nội dung đã ký quá lớn. Hãy gửi mà không kèm chữ ký.",
            "What was signed is too large. Send without the signature.",
        )];
    }
    let signed: Option<Submission> = serde_json::from_str(&signature.text).ok();
    if signed.is_some_and(|signed| signed == Submission { signature: None, ..submission.clone() }) {
        return Vec::new();
    }
    vec![fault(
        "signature",
        "signed-other",
        "Nội dung đã ký không phải là nội dung được gửi. Hãy ký lại nội dung gửi, hoặc gửi mà không kèm chữ ký.",
        "What was signed is not what is sent. Have what is sent signed, or send without a signature.",
    )]
}

/// What is wrong with a filled form.
pub fn check_form(form: &Form, applicant: PersonalNumber) -> Vec<FieldProblem> {
    let Form::Birth(birth) = form;
    let mut faults = Vec::new();
    if birth.declarant_number != applicant {
        faults.push(fault(
            "form.declarant_number",
            "not-the-applicant",
            "Người đi khai sinh phải là người nộp hồ sơ. Hãy khai bằng chính tài khoản của người đi khai sinh.",
            "Who declares must be who hands in the dossier. Sign in as the one who declares.",
        ));
    }
    if serde_json::to_vec(form).map_or(usize::MAX, |json| json.len()) > FORM_LIMIT_BYTES {
        faults.push(fault(
            "form",
            "too-large",
            "Tờ khai quá dài. Hãy viết ngắn lại.",
            "The form is too long. Write less.",
        ));
    }
    faults
}

/// What may stand in the code of a procedure, e.g. `1.001193.000.00.00.H26`.
fn is_code(text: &str) -> bool {
    (1..=CODE_LIMIT_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

/// The fault of an event that is about no person.
pub fn no_person() -> FieldProblem {
    fault(
        "subject",
        "no-person",
        "Sự kiện phải nêu số định danh cá nhân của người được cấp thẻ.",
        "The event's subject is the personal number of the person it is about.",
    )
}

/// No procedure in force has the code of a submission.
pub fn unknown_procedure() -> FieldProblem {
    fault(
        "procedure",
        "unknown-procedure",
        "Không có thủ tục đang áp dụng với mã này. Hãy chọn lại thủ tục.",
        "No procedure in force has this code. Choose the procedure again.",
    )
}

/// No commune of today has the code of a submission.
pub fn unknown_commune() -> FieldProblem {
    fault(
        "commune",
        "unknown-unit",
        "Không có xã, phường, đặc khu với mã này, hoặc đơn vị đã thay đổi. Hãy chọn lại theo địa giới hiện nay.",
        "There is no commune with this code, or it has changed. Choose again by today's units.",
    )
}

/// The commune of a submission is not of the province that runs this one-door.
pub fn commune_of_other_province() -> FieldProblem {
    fault(
        "commune",
        "other-province",
        "Xã, phường này không thuộc tỉnh, thành phố tiếp nhận. Hãy nộp tại một cửa của tỉnh, thành phố đó.",
        "The commune belongs to another province. Hand the dossier in at that province's one-door.",
    )
}

/// Composed Latin letters and what stands between the words of a name.
fn is_name(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
        && text.chars().count() <= NAME_LIMIT_CHARACTERS
        && text.chars().all(|c| is_latin_letter(c) || matches!(c, ' ' | '-' | '\'' | '.'))
}

fn is_latin_letter(c: char) -> bool {
    c.is_alphabetic() && (c <= '\u{24f}' || ('\u{1ea0}'..='\u{1ef9}').contains(&c))
}

/// A text without the characters that no paper can show, such as pictographs. A tab is a space.
pub fn printable(text: &str) -> String {
    let is_printable = |c: &char| {
        is_latin_letter(*c)
            || c.is_ascii_graphic()
            || matches!(c, ' ' | '\n' | '–' | '—' | '‘' | '’' | '“' | '”' | '…' | '•')
    };
    text.replace('\t', " ").chars().filter(is_printable).collect()
}

/// A procedure joins this operation of an agency.
pub fn joins(procedure: &Procedure, operation: &str) -> bool {
    procedure.steps.iter().any(|step| step.operation == operation)
}

/// What is wrong with a procedure: it must take this form, and all its steps must be known here.
pub fn check_procedure(procedure: &Procedure, form: &Form) -> Vec<FieldProblem> {
    let Form::Birth(_) = form;
    let known = |operation: &str| [FILE_BIRTH, READ_RESIDENCE, LOOK_UP_CARD].contains(&operation);
    let takes_form = procedure.form.as_deref() == Some("birth");
    if takes_form
        && super::can_be_run(&procedure.steps)
        && procedure.steps.iter().all(|step| known(&step.operation))
    {
        return Vec::new();
    }
    vec![fault(
        "procedure",
        "not-online",
        "Thủ tục này chưa nhận hồ sơ trực tuyến với tờ khai đã gửi. Hãy nộp tại Bộ phận Một cửa của xã, phường.",
        "This procedure does not take the form online. Hand it in at the one-door of the commune.",
    )]
}

/// The files of a submission or supplement, or what is wrong with them.
///
/// # Errors
/// Everything that is wrong with them.
pub fn read_files<'a>(
    attachments: &'a [Attachment],
    procedure: &Procedure,
) -> Result<Vec<File<'a>>, Vec<FieldProblem>> {
    let known = |component: &str| procedure.components.iter().any(|known| known.code == component);
    read_each("attachments", attachments, |attachment| {
        (!known(&attachment.component)).then_some((
            "unknown-component",
            "Thủ tục không có thành phần hồ sơ này.",
            "The procedure has no such component.",
        ))
    })
}

/// The results of a delivery, or what is wrong with them.
///
/// # Errors
/// Everything that is wrong with them.
pub fn read_results(results: &[Attachment]) -> Result<Vec<File<'_>>, Vec<FieldProblem>> {
    let mut codes = BTreeSet::new();
    read_each("results", results, |result| {
        let code = &result.component;
        let taken = PaperKind::of_document(code).is_some() || !codes.insert(code.clone());
        (!is_code(code) || taken).then_some((
            "not-a-result-code",
            "Mã kết quả không hợp lệ hoặc trùng với kết quả khác.",
            "The result's code is not one, or is that of another result.",
        ))
    })
}

type Fault = (&'static str, &'static str, &'static str);

fn read_each<'a>(
    field: &str,
    attachments: &'a [Attachment],
    mut component_fault: impl FnMut(&Attachment) -> Option<Fault>,
) -> Result<Vec<File<'a>>, Vec<FieldProblem>> {
    if attachments.len() > ATTACHMENTS_MAXIMUM {
        return Err(vec![fault(
            field,
            "too-many",
            "Có quá 10 tệp. Hãy gộp lại rồi gửi.",
            "There are more than 10 files. Join some and send again.",
        )]);
    }
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for (place, attachment) in attachments.iter().enumerate() {
        let at = |part: &str| format!("{field}[{place}].{part}");
        if let Some((code, vi, en)) = component_fault(attachment) {
            faults.push(fault(at("component"), code, vi, en));
        }
        if !is_file_name(&attachment.name) {
            faults.push(fault(
                at("name"),
                "not-a-file-name",
                "Tên tệp dài quá 120 ký tự hoặc có ký tự không được dùng.",
                "The file's name is longer than 120 characters or has characters that may not be used.",
            ));
        }
        match read_content(attachment) {
            Ok(content) => files.push(File { attachment, content }),
            Err((part, (code, vi, en))) => faults.push(fault(at(part), code, vi, en)),
        }
    }
    if faults.is_empty() { Ok(files) } else { Err(faults) }
}

fn is_file_name(name: &str) -> bool {
    let forbidden =
        |c: char| c.is_control() || matches!(c, '/' | '\\' | '"') || ('\u{202a}'..='\u{202e}').contains(&c);
    !name.trim().is_empty() && name.chars().count() <= NAME_LIMIT_CHARACTERS && !name.chars().any(forbidden)
}

/// The content of a file that is what it says it is.
fn read_content(attachment: &Attachment) -> Result<Vec<u8>, (&'static str, Fault)> {
    let begins = MEDIA_TYPES.iter().find(|(media_type, _)| *media_type == attachment.media_type);
    let Some((_, begins)) = begins else {
        let words =
            ("media-type", "Chỉ nhận tệp PDF, JPEG hoặc PNG.", "Only PDF, JPEG and PNG files are taken.");
        return Err(("media_type", words));
    };
    let too_large = (
        "too-large",
        "Tệp lớn hơn 10 MB. Hãy gửi tệp nhỏ hơn.",
        "The file is larger than 10 MB. Send a smaller one.",
    );
    if attachment.content_base64.len() > ATTACHMENT_LIMIT_BYTES.div_ceil(3) * 4 {
        return Err(("content_base64", too_large));
    }
    match STANDARD.decode(&attachment.content_base64) {
        Ok(content) if content.len() > ATTACHMENT_LIMIT_BYTES => Err(("content_base64", too_large)),
        Ok(content) if content.starts_with(begins) => Ok(content),
        _ => {
            let words = (
                "damaged",
                "Tệp bị hỏng hoặc không đúng loại đã ghi. Hãy gửi lại tệp gốc.",
                "The file is damaged or not of the type it says. Send the original again.",
            );
            Err(("content_base64", words))
        }
    }
}

/// What is wrong with a decision that an agency delivers about a step.
pub fn check_outcome(dossier: &Dossier, step: &str, outcome: &Outcome) -> Vec<FieldProblem> {
    let followed = dossier.procedure.steps.iter().any(|other| other.after.iter().any(|code| code == step));
    match outcome {
        Outcome::Done { person, .. } if followed && person.is_none() && dossier.person.is_none() => {
            vec![fault(
                "person",
                "missing",
                "Bước sau cần số định danh cá nhân. Hãy gửi kèm số đã cấp.",
                "The steps that follow need the personal number. Send the one that was given.",
            )]
        }
        Outcome::Supplement { reason } | Outcome::Refused { reason } if !is_reason(reason) => {
            vec![fault(
                "reason",
                "length",
                "Lý do phải có từ 10 đến 4000 ký tự.",
                "A reason has 10 to 4000 characters.",
            )]
        }
        _ => Vec::new(),
    }
}

/// A reason of a useful length.
pub fn is_reason(text: &str) -> bool {
    (REASON_MIN_CHARACTERS..=REASON_LIMIT_CHARACTERS).contains(&text.trim().chars().count())
}

/// What tells that two dossiers speak of the same child: the folded name, the birth date, and the mother's number or, when
/// there is none, that of who declares.
pub fn child_key(form: &Form) -> String {
    let Form::Birth(birth) = form;
    let mother = birth.mother.as_ref().and_then(|mother| mother.number).unwrap_or(birth.declarant_number);
    let name = birth.child.name.full();
    let words: Vec<&str> = name.split_whitespace().collect();
    format!("{}|{}|{mother}", store::fold(&words.join(" ")), birth.child.birth_date)
}

/// Problems of fields as one list for the applicant, in Vietnamese.
pub fn list_of(problems: &[FieldProblem]) -> String {
    let lines = problems.iter().enumerate().map(|(at, problem)| format!("{}. {}", at + 1, problem.vi));
    let list: String = lines.collect::<Vec<_>>().join("\n");
    list.chars().take(REASON_LIMIT_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use contracts::PersonName;

    const NOW: &str = "2026-11-20T02:00:00Z";

    fn codes(faults: Vec<FieldProblem>) -> Vec<(String, String)> {
        faults.into_iter().map(|fault| (fault.field, fault.code)).collect()
    }

    #[test]
    fn a_submission_is_checked() {
        type Spoil = fn(&mut Submission);
        let cases: [(Spoil, &[(&str, &str)]); 9] = [
            (|_| {}, &[]),
            (|s| s.procedure = "x".repeat(81), &[("procedure", "unknown-procedure")]),
            (|s| s.procedure = "1.001193&on=1".into(), &[("procedure", "unknown-procedure")]),
            (|s| s.commune = "0000４".into(), &[("commune", "unknown-unit")]),
            (
                |s| s.applicant = "001093000002".parse().unwrap(),
                &[("form.declarant_number", "not-the-applicant")],
            ),
            (|s| s.applicant_name = "Trần <b>".into(), &[("applicant_name", "not-a-name")]),
            (|s| s.applicant_name = "x".repeat(121), &[("applicant_name", "not-a-name")]),
            (
                |s| s.submitted_at = "2026-11-20T02:05:01Z".parse().unwrap(),
                &[("submitted_at", "in-the-future")],
            ),
            (
                |s| {
                    let Form::Birth(birth) = &mut s.form;
                    birth.child.name.middle = "x".repeat(FORM_LIMIT_BYTES);
                },
                &[("form", "too-large")],
            ),
        ];
        for (spoil, expected) in cases {
            let mut submission = samples::submission();
            spoil(&mut submission);
            let expected: Vec<_> = expected.iter().map(|(f, c)| ((*f).to_owned(), (*c).to_owned())).collect();
            assert_eq!(codes(check_submission(&submission, NOW.parse().unwrap())), expected);
        }
    }

    #[test]
    fn only_procedures_that_can_be_done_here_are_online() {
        type Spoil = fn(&mut Procedure);
        let cases: [(Spoil, bool); 5] = [
            (|_| {}, true),
            (|p| p.form = None, false),
            (|p| p.form = Some("marriage".into()), false),
            (|p| p.steps.clear(), false),
            (|p| p.steps[0].operation = "land/parcels/transfers".into(), false),
        ];
        for (spoil, online) in cases {
            let mut procedure = samples::joined_procedure();
            spoil(&mut procedure);
            assert_eq!(check_procedure(&procedure, &samples::submission().form).is_empty(), online);
        }
    }

    #[test]
    fn files_are_what_they_say() {
        type Spoil = fn(&mut Attachment);
        let cases: [(Spoil, Option<(&str, &str)>); 9] = [
            (|_| {}, None),
            (|a| a.component = "passport".into(), Some(("attachments[0].component", "unknown-component"))),
            (|a| a.name = "../x.pdf".into(), Some(("attachments[0].name", "not-a-file-name"))),
            (|a| a.name = " ".into(), Some(("attachments[0].name", "not-a-file-name"))),
            (|a| a.media_type = "text/html".into(), Some(("attachments[0].media_type", "media-type"))),
            (|a| a.media_type = "image/png".into(), Some(("attachments[0].content_base64", "damaged"))),
            (|a| a.content_base64 = "!".into(), Some(("attachments[0].content_base64", "damaged"))),
            (|a| a.content_base64.clear(), Some(("attachments[0].content_base64", "damaged"))),
            (
                |a| a.content_base64 = "A".repeat(ATTACHMENT_LIMIT_BYTES.div_ceil(3) * 4 + 4),
                Some(("attachments[0].content_base64", "too-large")),
            ),
        ];
        for (spoil, expected) in cases {
            let mut attachment = samples::notice_file();
            spoil(&mut attachment);
            let found = read_files(std::slice::from_ref(&attachment), &samples::joined_procedure());
            let found = found.err().map(codes).unwrap_or_default();
            let expected: Vec<_> = expected.iter().map(|(f, c)| ((*f).to_owned(), (*c).to_owned())).collect();
            assert_eq!(found, expected);
        }
        let many = vec![samples::notice_file(); ATTACHMENTS_MAXIMUM + 1];
        assert_eq!(read_files(&many, &samples::joined_procedure()).unwrap_err()[0].code, "too-many");
    }

    #[test]
    fn results_have_codes_of_their_own() {
        let result = |code: &str| Attachment { component: code.into(), ..samples::notice_file() };
        for (given, taken) in [
            (vec![result("GKS")], true),
            (vec![], true),
            (vec![result("GKS"), result("KQ.G07.000122")], true),
            (vec![result("GKS"), result("GKS")], false),
            (vec![result("form-01")], false),
            (vec![result("../GKS")], false),
            (vec![result("")], false),
        ] {
            assert_eq!(read_results(&given).is_ok(), taken, "{given:?}");
        }
    }

    #[test]
    fn one_child_has_one_key_however_it_is_written() {
        let form = samples::submission().form;
        let same = |change: fn(&mut contracts::civil_status::BirthForm)| {
            let Form::Birth(mut birth) = form.clone();
            change(&mut birth);
            child_key(&Form::Birth(birth)) == child_key(&form)
        };
        assert!(same(|birth| birth.child.name = PersonName::split("NGUYEN THI MINH AN").unwrap()));
        assert!(same(|birth| birth.father = None));
        assert!(!same(|birth| birth.child.name = PersonName::split("Nguyễn Thị Minh Ân Xá").unwrap()));
        assert!(!same(|birth| birth.child.birth_date = jiff::civil::date(2026, 11, 12)));
        assert!(!same(|birth| birth.mother.as_mut().unwrap().number = "001195000009".parse().ok()));
    }

    #[test]
    fn what_no_paper_can_show_is_left_out() {
        for (text, printed) in [
            ("Thiếu “giấy chứng sinh”: 1 bản…\nĐ", "Thiếu “giấy chứng sinh”: 1 bản…\nĐ"),
            ("a\tb\u{7}c\u{1f4a9}\u{202e}漢", "a bc"),
        ] {
            assert_eq!(printable(text), printed);
        }
    }

    #[test]
    fn a_list_numbers_its_lines() {
        let problems = [fault("a", "x", "Một.", "One."), fault("b", "y", "Hai.", "Two.")];
        assert_eq!(list_of(&problems), "1. Một.\n2. Hai.");
    }
}
