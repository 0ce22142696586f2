//! The birth certificate (*Giấy khai sinh*): Law 60/2014/QH13 articles 4(6) and 14, on the form of the Ministry of
//! Justice.

use crate::{
    model::{Entry, EntryVersion, EventKind, Official, UnitNames},
    rules,
};
use calendar::text::day_month_year;
use contracts::{
    FieldProblem, PersonalNumber,
    civil_status::{BirthApplication, BirthForm, Declarant, Parent},
    person::Address,
};
use jiff::{Timestamp, civil::Date};
use press::{
    Block, Document, Emphasis, Field, Letterhead, Paragraph, PlaceAndDate, PressError, QrCode,
    SYNTHETIC_DATA_NOTICE, Signatory, SignatureBlock, SignatureDetails, SignatureField,
};
use sha2::{Digest, Sha256};
use signature::Seal;
use uuid::Uuid;

/// The result's code at the one-door: *Giấy khai sinh*.
pub const CERTIFICATE_COMPONENT: &str = "GKS";

/// What a certificate is made of.
#[derive(Debug, Clone)]
pub struct Particulars<'a> {
    /// The entry, numbered and with the child's number.
    pub entry: &'a Entry,
    /// Its number in the book.
    pub number: i64,
    /// The child's personal number.
    pub child: PersonalNumber,
    /// The version that the certificate shows.
    pub version: &'a EntryVersion,
    /// Code that verifies it.
    pub code: &'a str,
    /// Where the code leads.
    pub address: String,
    /// When it is made.
    pub at: Timestamp,
    /// All of it is synthetic.
    pub sandbox: bool,
}

/// A certificate as a signed PDF.
#[derive(Debug)]
pub struct SignedCertificate {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// Presses and signs a certificate.
///
/// # Errors
/// When a text can't be printed, or the key holder does not sign.
pub async fn press_and_sign(
    particulars: &Particulars<'_>,
    seal: &Seal,
) -> Result<SignedCertificate, PressError> {
    let pressed = press::press(&document(particulars))?;
    let commune = short_name(unit_name(&particulars.version.units, &particulars.entry.commune));
    let field = match pressed.signature_fields.first() {
        Some(name) => SignatureField::Prepared {
            name: name.clone(),
            lines: vec![format!("Ủy ban nhân dân {commune}"), signing_time(particulars.at)],
            signatory: Signatory::Agency,
        },
        None => SignatureField::Invisible,
    };
    let details = SignatureDetails {
        field,
        signed_at: particulars.at,
        name: Some(particulars.entry.registrar.name.clone()),
        reason: Some("Cấp Giấy khai sinh (Luật số 60/2014/QH13, Điều 16)".into()),
        location: Some(commune.to_owned()),
    };
    let signed = press::sign(&pressed.pdf, seal, &details).await?;
    if let Some(error) = signed.shortfall {
        tracing::warn!(%error, level = ?signed.level, "a certificate was signed without all that makes it last");
    }
    let pdf = signed.document;
    let sha256 = Sha256::digest(&pdf).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(SignedCertificate { pdf, sha256 })
}

/// What of an application could not be printed on its certificate. It is asked before a birth is registered, because
/// afterwards nobody could change it.
pub fn printing_faults(
    application: &BirthApplication,
    units: &UnitNames,
    at: Timestamp,
) -> Vec<FieldProblem> {
    let registered_on = system::clock::day_in_vietnam(at);
    let entry = Entry {
        registration: Uuid::nil(),
        application: Uuid::nil(),
        dossier: application.dossier.clone(),
        received_by: application.received_by.clone(),
        commune: application.commune.clone(),
        year: registered_on.year(),
        number: None,
        registered_on,
        registrar: Official { account: String::new(), name: String::new() },
        child: None,
    };
    let version = EntryVersion {
        version: 1,
        form: application.form.clone(),
        units: units.clone(),
        valid_from: application.form.child.birth_date,
        known_from: at,
        known_until: None,
        amendment: None,
        sealed: false,
    };
    let proof_print = Particulars {
        entry: &entry,
        number: 1,
        child: application.form.declarant_number,
        version: &version,
        code: "",
        address: "-".into(),
        at,
        sandbox: true,
    };
    match press::press(&document(&proof_print)) {
        Ok(_) => Vec::new(),
        Err(PressError::UnprintableCharacter { code_point, .. }) => {
            unprintable(&application.form, code_point)
        }
        Err(error) => {
            tracing::warn!(%error, "a certificate can't be printed");
            vec![unprintable_fault("form", "")]
        }
    }
}

/// The fields that hold a character which can't be printed, also as a capital.
fn unprintable(form: &BirthForm, code_point: u32) -> Vec<FieldProblem> {
    let character = char::from_u32(code_point);
    let holds = |text: &str| text.chars().chain(text.to_uppercase().chars()).any(|c| Some(c) == character);
    let mut fields = vec![
        ("form.child.name", form.child.name.full()),
        ("form.child.birth_place.detail", form.child.birth_place.detail.clone()),
        ("form.child.hometown.detail", form.child.hometown.detail.clone()),
    ];
    for (name, residence, parent) in [
        ("form.mother.name", "form.mother.residence.detail", &form.mother),
        ("form.father.name", "form.father.residence.detail", &form.father),
    ] {
        if let Some(parent) = parent {
            fields.push((name, parent.name.full()));
            fields.push((residence, parent.residence.detail.clone()));
        }
    }
    let shown = format!(" (U+{code_point:04X})");
    let named: Vec<_> = fields.iter().filter(|(_, text)| holds(text)).map(|(field, _)| *field).collect();
    let named = if named.is_empty() { vec!["form"] } else { named };
    named.into_iter().map(|field| unprintable_fault(field, &shown)).collect()
}

fn unprintable_fault(field: &str, shown: &str) -> FieldProblem {
    FieldProblem {
        field: field.into(),
        code: "unprintable".into(),
        vi: format!("Có ký tự không in được trên Giấy khai sinh{shown}. Hãy gõ lại bằng chữ thông thường."),
        en: format!(
            "A character can't be printed on the certificate{shown}. Type it again in ordinary letters."
        ),
    }
}

/// When a document was signed, as Decree 30/2020/ND-CP appendix I has it shown.
fn signing_time(at: Timestamp) -> String {
    let clock = calendar::vietnam_clock(at);
    let time = format!("{:02}:{:02}:{:02} +07:00", clock.hour(), clock.minute(), clock.second());
    format!("Thời gian ký: {} {time}", day_month_year(clock.date()))
}

/// The certificate as the form lays it out.
pub fn document(particulars: &Particulars<'_>) -> Document {
    let Particulars { entry, version, .. } = particulars;
    let commune = unit_name(&version.units, &entry.commune);
    let mut document = Document::vietnamese("Giấy khai sinh", particulars.at);
    document.notice = particulars.sandbox.then(|| SYNTHETIC_DATA_NOTICE.to_owned());
    document.blocks.push(Block::Letterhead(Letterhead {
        issuing_body: format!("Ủy ban nhân dân {}", short_name(commune)),
        number: Some(format!("Số: {}", rules::number_in_book(particulars.number, entry.year))),
        ..Letterhead::default()
    }));
    document.blocks.push(Block::Title { text: "Giấy khai sinh".into(), subtitle: None });
    document.blocks.extend(child_fields(particulars));
    document.blocks.extend(parent_fields("mẹ", version.form.mother.as_ref(), &version.units));
    document.blocks.extend(parent_fields("cha", version.form.father.as_ref(), &version.units));
    document.blocks.extend(registration_fields(particulars, commune));
    document.blocks.extend(amendment_note(version));
    document.blocks.push(Block::PlaceAndDate(PlaceAndDate {
        place: short_name(commune).to_owned(),
        date: system::clock::day_in_vietnam(particulars.at),
    }));
    document.blocks.push(Block::Signatures(vec![SignatureBlock {
        position: "Người ký Giấy khai sinh".into(),
        instruction: Some("(Chữ ký số của cơ quan đăng ký hộ tịch)".into()),
        name: entry.registrar.name.clone(),
        ..SignatureBlock::default()
    }]));
    document.blocks.push(Block::QrCode(QrCode {
        content: particulars.address.clone(),
        caption: format!(
            "Kiểm tra Giấy khai sinh tại {}\nMã kiểm tra: {}",
            particulars.address, particulars.code
        ),
        description: format!("Mã QR dẫn đến {}", particulars.address),
    }));
    document
}

fn row(label: &str, value: impl Into<String>) -> Block {
    Block::Fields(vec![Field::new(label, value)])
}

fn child_fields(particulars: &Particulars<'_>) -> Vec<Block> {
    let version = particulars.version;
    let child = &version.form.child;
    vec![
        Block::Fields(vec![Field::new("Họ, chữ đệm, tên:", child.name.full().to_uppercase()).bold()]),
        row("Ngày, tháng, năm sinh:", day_month_year(child.birth_date)),
        row("Ghi bằng chữ:", date_in_words(child.birth_date)),
        Block::Fields(vec![
            Field::new("Giới tính:", child.sex.vi()),
            Field::new("Dân tộc:", ethnicity(&child.ethnicity)),
            Field::new("Quốc tịch:", nationality(&child.nationality)),
        ]),
        row("Nơi sinh:", place(&version.units, &child.birth_place)),
        row("Quê quán:", place(&version.units, &child.hometown)),
        row("Số định danh cá nhân:", particulars.child.to_string()),
    ]
}

fn parent_fields(role: &str, parent: Option<&Parent>, units: &UnitNames) -> Vec<Block> {
    let label = format!("Họ, chữ đệm, tên người {role}:");
    let text = |of: fn(&Parent) -> String| parent.map(of).unwrap_or_default();
    vec![
        Block::Fields(vec![Field::new(label, text(|parent| parent.name.full().to_uppercase())).bold()]),
        Block::Fields(vec![
            Field::new("Năm sinh:", text(|parent| parent.birth_date.year().to_string())),
            Field::new("Dân tộc:", text(|parent| ethnicity(&parent.ethnicity))),
            Field::new("Quốc tịch:", text(|parent| nationality(&parent.nationality))),
        ]),
        row("Nơi cư trú:", parent.map(|parent| place(units, &parent.residence)).unwrap_or_default()),
    ]
}

fn registration_fields(particulars: &Particulars<'_>, commune: &str) -> Vec<Block> {
    let Particulars { entry, version, .. } = particulars;
    let form = &version.form;
    let declarant = match form.declarant {
        Declarant::Mother => form.mother.as_ref().map(|mother| mother.name.full()),
        Declarant::Father => form.father.as_ref().map(|father| father.name.full()),
        Declarant::Grandparent | Declarant::OtherRelative | Declarant::Carer => None,
    };
    let relation = match form.declarant {
        Declarant::Mother => "mẹ",
        Declarant::Father => "cha",
        Declarant::Grandparent => "ông hoặc bà",
        Declarant::OtherRelative => "người thân thích khác",
        Declarant::Carer => "người hoặc tổ chức đang nuôi dưỡng trẻ em",
    };
    let who = declarant.map_or_else(|| relation.to_owned(), |name| format!("{name} ({relation})"));
    vec![
        row("Họ, chữ đệm, tên người đi khai sinh:", who),
        row("Giấy tờ tùy thân:", format!("Số định danh cá nhân {}", form.declarant_number)),
        row("Nơi đăng ký khai sinh:", format!("Ủy ban nhân dân {commune}")),
        Block::Fields(vec![
            Field::new("Ngày, tháng, năm đăng ký:", day_month_year(entry.registered_on)).weighing(3),
            Field::new("Quyển số:", rules::book_symbol(EventKind::Birth, entry.year)).weighing(2),
        ]),
    ]
}

/// What is changed or corrected is written on the certificate (Law 60/2014/QH13 article 28(2)).
fn amendment_note(version: &EntryVersion) -> Option<Block> {
    use crate::model::AmendmentKind;
    let amendment = version.amendment.as_ref()?;
    let what = match amendment.kind {
        AmendmentKind::Correction => "cải chính",
        AmendmentKind::Change => "thay đổi",
    };
    let number =
        amendment.number.map_or_else(String::new, |number| rules::number_in_book(number, amendment.year));
    let day = day_month_year(system::clock::day_in_vietnam(version.known_from));
    Some(Block::Paragraph(Paragraph {
        text: format!(
            "Ghi chú: nội dung đã được {what} ngày {day}, số {number}, quyển số {}. Giấy khai sinh này thay cho bản đã \
             cấp trước đó.",
            rules::book_symbol(EventKind::Change, amendment.year)
        ),
        alignment: press::Alignment::default(),
        emphasis: Emphasis::Italic,
    }))
}

/// A unit without those above it, as a letterhead and the line of place and date have it (Decree 30/2020/ND-CP).
fn short_name(full_name: &str) -> &str {
    full_name.split(',').next().unwrap_or(full_name)
}

fn place(units: &UnitNames, address: &Address) -> String {
    let commune = unit_name(units, &address.commune);
    if address.detail.is_empty() { commune.to_owned() } else { format!("{}, {commune}", address.detail) }
}

/// The name of a unit, or its code where the name was not kept.
pub(crate) fn unit_name<'a>(units: &'a UnitNames, code: &'a str) -> &'a str {
    units.get(code).map_or(code, String::as_str)
}

fn ethnicity(code: &str) -> String {
    rules::ethnicity_name(code).unwrap_or(code).to_owned()
}

/// The nationality as documents write it; other countries by their ISO 3166 code.
pub(crate) fn nationality(code: &str) -> String {
    if code == "VN" { "Việt Nam".to_owned() } else { code.to_owned() }
}

const DIGITS: [&str; 10] = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];

/// A date in words: `Ngày mười một tháng mười một năm hai nghìn không trăm hai mươi sáu`.
fn date_in_words(date: Date) -> String {
    let month = match date.month() {
        4 => "tư".to_owned(),
        month => below_hundred(month.unsigned_abs().into()),
    };
    format!(
        "Ngày {} tháng {month} năm {}",
        below_hundred(date.day().unsigned_abs().into()),
        year_in_words(date.year())
    )
}

fn below_hundred(number: usize) -> String {
    let (tens, ones) = (number / 10 % 10, number % 10);
    let ten = match tens {
        0 => return DIGITS[ones].to_owned(),
        1 => "mười".to_owned(),
        tens => format!("{} mươi", DIGITS[tens]),
    };
    match (tens, ones) {
        (_, 0) => ten,
        (2.., 1) => format!("{ten} mốt"),
        (_, 5) => format!("{ten} lăm"),
        (2.., 4) => format!("{ten} tư"),
        (_, ones) => format!("{ten} {}", DIGITS[ones]),
    }
}

fn year_in_words(year: i16) -> String {
    let year = usize::from(year.unsigned_abs());
    let (thousands, hundreds, rest) = (year / 1000 % 10, year / 100 % 10, year % 100);
    let head = format!("{} nghìn {} trăm", DIGITS[thousands], DIGITS[hundreds]);
    match rest {
        0 => head,
        1..10 => format!("{head} linh {}", DIGITS[rest]),
        rest => format!("{head} {}", below_hundred(rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn what_cannot_be_printed_is_named_by_its_field() {
        let at: Timestamp = "2026-11-21T03:00:00Z".parse().unwrap();
        let faults = |change: fn(&mut BirthForm)| {
            let mut application = crate::samples::application("H26-1");
            change(&mut application.form);
            let faults = printing_faults(&application, &UnitNames::new(), at);
            faults.into_iter().map(|fault| fault.field).collect::<Vec<_>>()
        };
        assert_eq!(faults(|_| ()), Vec::<String>::new());
        assert_eq!(faults(|f| f.child.name.given = "Ƀă".into()), Vec::<String>::new());
        assert_eq!(
            faults(|f| f.child.birth_place.detail = "Nhà 😀".into()),
            ["form.child.birth_place.detail"]
        );
        assert_eq!(
            faults(|f| f.mother.as_mut().unwrap().residence.detail = "阮".into()),
            ["form.mother.residence.detail"]
        );
    }

    #[test]
    fn dates_are_written_out() {
        for (day, words) in [
            (date(2026, 11, 11), "Ngày mười một tháng mười một năm hai nghìn không trăm hai mươi sáu"),
            (date(1999, 4, 24), "Ngày hai mươi tư tháng tư năm một nghìn chín trăm chín mươi chín"),
            (date(2005, 1, 31), "Ngày ba mươi mốt tháng một năm hai nghìn không trăm linh năm"),
            (date(2015, 5, 15), "Ngày mười lăm tháng năm năm hai nghìn không trăm mười lăm"),
            (date(2000, 12, 10), "Ngày mười tháng mười hai năm hai nghìn không trăm"),
            (date(2021, 7, 4), "Ngày bốn tháng bảy năm hai nghìn không trăm hai mươi mốt"),
        ] {
            assert_eq!(date_in_words(day), words);
        }
    }
}
