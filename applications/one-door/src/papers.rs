//! The papers that an applicant gets: forms 01 to 04 of Circular 01/2018/TT-VPCP article 9, and the results that agencies
//! give as data. All are signed by the agency (article 10(1)(d)).

use crate::{
    model::{Dossier, HandedIn, PaperKind},
    rules::{self, DossierCode},
};
use calendar::text::{day_month_year, vietnamese_moment};
use contracts::{
    PersonalNumber, Sex, insurance::HealthCard, population::ResidenceRegistered, procedures::TimeLimit,
};
use jiff::{Timestamp, civil::Date};
use press::{
    Alignment, Block, Column, Document, Emphasis, Field, Letterhead, Paragraph, PlaceAndDate, PressError,
    QrCode, SYNTHETIC_DATA_NOTICE, Signatory, SignatureBlock, SignatureDetails, SignatureField, Table,
};
use system::{Room, TaskFailure, clock::day_in_vietnam};

/// What a form is made of.
#[derive(Debug, Clone)]
pub(crate) struct PaperParticulars<'a> {
    /// Which form.
    pub(crate) kind: PaperKind,
    /// The dossier.
    pub(crate) dossier: &'a Dossier,
    /// Its code, once received.
    pub(crate) code: Option<DossierCode>,
    /// Number in the commune's series of the year.
    pub(crate) number: i64,
    /// The list of what is missing, or the reason.
    pub(crate) reason: &'a str,
    /// Who decided.
    pub(crate) official_name: &'a str,
    /// What was handed in.
    pub(crate) handed_in: &'a [HandedIn],
    /// When it was decided.
    pub(crate) at: Timestamp,
    /// All of it is synthetic.
    pub(crate) sandbox: bool,
}

/// What a confirmation of residence is made of.
#[derive(Debug, Clone)]
pub(crate) struct ResidenceParticulars {
    /// Code of the dossier.
    pub(crate) dossier: String,
    /// Name of the person.
    pub(crate) name: String,
    /// Their number.
    pub(crate) number: PersonalNumber,
    /// Full name of the commune they live in.
    pub(crate) commune: String,
    /// What was registered.
    pub(crate) residence: ResidenceRegistered,
    /// When.
    pub(crate) at: Timestamp,
}

/// What a health card is made of.
#[derive(Debug, Clone)]
pub(crate) struct HealthCardParticulars {
    /// Name of the child.
    pub(crate) name: String,
    /// Sex.
    pub(crate) sex: Sex,
    /// Date of birth.
    pub(crate) birth_date: Date,
    /// The card that was issued.
    pub(crate) card: HealthCard,
    /// When.
    pub(crate) at: Timestamp,
}

/// A form as a signed PDF.
pub(crate) async fn paper(room: &Room, particulars: &PaperParticulars<'_>) -> Result<Vec<u8>, TaskFailure> {
    signed(room, &document(particulars), particulars.at).await
}

/// A confirmation of residence as a signed PDF.
pub(crate) async fn residence(
    room: &Room,
    particulars: &ResidenceParticulars,
) -> Result<Vec<u8>, TaskFailure> {
    signed(room, &residence_document(particulars, room.sandbox), particulars.at).await
}

/// A health card as a signed PDF.
pub(crate) async fn health_card(
    room: &Room,
    particulars: &HealthCardParticulars,
) -> Result<Vec<u8>, TaskFailure> {
    signed(room, &health_card_document(particulars, room.sandbox), particulars.at).await
}

async fn signed(room: &Room, document: &Document, at: Timestamp) -> Result<Vec<u8>, TaskFailure> {
    let seal = room.documents.as_ref().ok_or_else(|| {
        TaskFailure::passing("the agency has no key for signing documents; give the room a document identity")
    })?;
    let fault = |error: PressError| TaskFailure::fatal(format!("a paper can't be made: {error}"));
    let pressed = press::press(document).map_err(fault)?;
    let invisible =
        SignatureDetails { reason: Some(document.title.clone()), ..SignatureDetails::invisible(at) };
    let details = match pressed.signature_fields.into_iter().next() {
        None => invisible,
        Some(name) => {
            let lines = vec![format!("Ký số: {}", vietnamese_moment(at))];
            let field = SignatureField::Prepared { name, lines, signatory: Signatory::Agency };
            SignatureDetails { field, ..invisible }
        }
    };
    let signed = press::sign(&pressed.pdf, seal, &details).await.map_err(fault)?;
    if let Some(error) = signed.shortfall {
        tracing::warn!(%error, level = ?signed.level, "a paper was signed without all that makes it last");
    }
    Ok(signed.document)
}

fn begin(title: &str, at: Timestamp, sandbox: bool, head: Letterhead) -> Document {
    let mut document = Document::vietnamese(title, at);
    document.notice = sandbox.then(|| SYNTHETIC_DATA_NOTICE.to_owned());
    document.blocks.push(Block::Letterhead(head));
    document.blocks.push(Block::Title { text: title.to_owned(), subtitle: None });
    document
}

fn row(label: &str, value: impl Into<String>) -> Block {
    Block::Fields(vec![Field::new(label, value)])
}

fn paragraph(text: &str) -> Block {
    Block::Paragraph(Paragraph {
        text: text.to_owned(),
        alignment: Alignment::Left,
        emphasis: Emphasis::Regular,
    })
}

/// A form as the circular lays it out.
fn document(particulars: &PaperParticulars<'_>) -> Document {
    let PaperParticulars { kind, dossier, at, .. } = particulars;
    let year = day_in_vietnam(*at).year();
    let head = Letterhead {
        superior_body: Some(format!("Ủy ban nhân dân {}", dossier.commune_name)),
        issuing_body: "Bộ phận Tiếp nhận và Trả kết quả".into(),
        number: Some(format!("Số: {:02}/{year}", particulars.number)),
        ..Letterhead::default()
    };
    let mut document = begin(kind.title(), *at, particulars.sandbox, head);
    if let Some(code) = &particulars.code {
        document.blocks.push(Block::Fields(vec![Field::new("Mã hồ sơ:", code.to_string()).bold()]));
    }
    document.blocks.push(row("Hồ sơ của:", dossier.applicant_name.clone()));
    document.blocks.push(row("Số định danh cá nhân:", dossier.applicant.to_string()));
    document.blocks.push(row("Nội dung yêu cầu giải quyết:", dossier.procedure.name.vi.clone()));
    match kind {
        PaperKind::ReceiptSlip => document.blocks.extend(appointment(particulars)),
        PaperKind::SupplementNotice => {
            document.blocks.push(paragraph("Đề nghị ông/bà bổ sung, hoàn thiện các nội dung sau:"));
            document.blocks.push(paragraph(&rules::printable(particulars.reason)));
            document.blocks.push(paragraph(
                "Thời hạn giải quyết được tính lại từ đầu kể từ khi nhận đủ hồ sơ (Nghị định số 61/2018/NĐ-CP).",
            ));
        }
        PaperKind::Apology => {
            let due = |moment: Option<Timestamp>| moment.map(vietnamese_moment).unwrap_or_default();
            document.blocks.push(row("Ngày hẹn trả kết quả:", due(dossier.due_at)));
            document
                .blocks
                .push(paragraph("Hồ sơ chưa được giải quyết đúng hạn. Chúng tôi xin lỗi ông/bà. Lý do:"));
            document.blocks.push(paragraph(&rules::printable(particulars.reason)));
            let again = due(dossier.rescheduled_to);
            document.blocks.push(Block::Fields(vec![Field::new("Hẹn lại vào:", again).bold()]));
        }
        PaperKind::RefusalNotice => {
            document.blocks.push(paragraph("Không tiếp nhận, giải quyết hồ sơ này với lý do:"));
            document.blocks.push(paragraph(&rules::printable(particulars.reason)));
        }
    }
    document.blocks.extend(end(particulars));
    document
}

/// What was received, and when the result is due.
fn appointment(particulars: &PaperParticulars<'_>) -> Vec<Block> {
    let dossier = particulars.dossier;
    let column =
        |heading: &str, weight| Column { heading: heading.to_owned(), weight, alignment: Alignment::Left };
    let handed_in = |code: &str| particulars.handed_in.iter().any(|file| file.component == code);
    let components = dossier.procedure.components.iter().enumerate().map(|(at, component)| {
        let how = match (&component.held_by, handed_in(&component.code)) {
            (_, true) => "Bản điện tử",
            (Some(_), false) => "Khai thác từ cơ sở dữ liệu",
            (None, false) => "Theo tờ khai điện tử",
        };
        vec![(at + 1).to_string(), component.name.vi.clone(), how.to_owned()]
    });
    let due = dossier.due_at.map(vietnamese_moment).unwrap_or_default();
    vec![
        paragraph("Thành phần hồ sơ nộp gồm:"),
        Block::Table(Table {
            columns: vec![column("TT", 1), column("Thành phần", 6), column("Hình thức", 3)],
            rows: components.collect(),
        }),
        row("Thời gian giải quyết theo quy định:", time_limit(&dossier.procedure.time_limit)),
        row("Thời gian nhận hồ sơ:", vietnamese_moment(particulars.at)),
        Block::Fields(vec![Field::new("Thời gian trả kết quả:", due).bold()]),
        row("Nhận kết quả tại:", "Cổng Dịch vụ công quốc gia"),
    ]
}

fn time_limit(limit: &TimeLimit) -> String {
    match limit {
        TimeLimit::SameDay => "trong ngày làm việc".to_owned(),
        TimeLimit::WorkingDays(days) => format!("{days} ngày làm việc"),
        TimeLimit::WorkingHours(hours) => format!("{hours} giờ làm việc"),
        TimeLimit::CalendarDays(days) => format!("{days} ngày"),
        TimeLimit::Months(months) => format!("{months} tháng"),
    }
}

/// Who hands out the paper, and the code by which it is found (Circular 01/2018/TT-VPCP article 19(2)).
fn end(particulars: &PaperParticulars<'_>) -> Vec<Block> {
    let mut blocks = vec![
        Block::PlaceAndDate(PlaceAndDate {
            place: particulars.dossier.commune_name.clone(),
            date: day_in_vietnam(particulars.at),
        }),
        Block::Signatures(vec![SignatureBlock {
            position: "Người tiếp nhận hồ sơ".into(),
            instruction: Some("(Chữ ký số của cơ quan)".into()),
            name: particulars.official_name.to_owned(),
            ..SignatureBlock::default()
        }]),
    ];
    if let Some(code) = &particulars.code {
        blocks.push(Block::QrCode(QrCode {
            content: code.to_string(),
            caption: format!("Tra cứu hồ sơ trên Cổng Dịch vụ công quốc gia bằng mã {code}"),
            description: format!("Mã QR của mã hồ sơ {code}"),
        }));
    }
    blocks
}

fn residence_document(particulars: &ResidenceParticulars, sandbox: bool) -> Document {
    let head = Letterhead { issuing_body: "Cơ quan đăng ký cư trú".into(), ..Letterhead::default() };
    let title = "Thông báo kết quả đăng ký cư trú";
    let mut document = begin(title, particulars.at, sandbox, head);
    let address = &particulars.residence.address;
    let place = match address.detail.as_str() {
        "" => particulars.commune.clone(),
        detail => format!("{detail}, {}", particulars.commune),
    };
    document.blocks.extend([
        Block::Fields(vec![Field::new("Họ, chữ đệm, tên:", particulars.name.to_uppercase()).bold()]),
        row("Số định danh cá nhân:", particulars.number.to_string()),
        row("Nơi thường trú:", place),
        row("Đăng ký thường trú từ ngày:", day_month_year(particulars.residence.from)),
        row("Mã hồ sơ:", particulars.dossier.clone()),
        paragraph(
            "Bản thể hiện do Hệ thống một cửa lập từ Cơ sở dữ liệu quốc gia về dân cư (Luật Cư trú 68/2020/QH14).",
        ),
    ]);
    document
}

fn health_card_document(particulars: &HealthCardParticulars, sandbox: bool) -> Document {
    let head =
        Letterhead { issuing_body: "Bảo hiểm xã hội Việt Nam".into(), ..Letterhead::default() };
    let mut document = begin("Thẻ bảo hiểm y tế", particulars.at, sandbox, head);
    let card = &particulars.card;
    document.blocks.extend([
        Block::Fields(vec![Field::new("Mã số:", card.card.clone()).bold()]),
        Block::Fields(vec![Field::new("Họ và tên:", particulars.name.to_uppercase()).bold()]),
        Block::Fields(vec![
            Field::new("Ngày sinh:", day_month_year(particulars.birth_date)),
            Field::new("Giới tính:", particulars.sex.vi()),
        ]),
        row("Số định danh cá nhân:", card.number.to_string()),
        Block::Fields(vec![
            Field::new("Giá trị sử dụng: từ", day_month_year(card.valid_from)),
            Field::new("đến", day_month_year(card.valid_to)),
        ]),
        row("Nơi đăng ký khám chữa bệnh ban đầu:", card.facility.clone()),
        paragraph("Bản thể hiện do Hệ thống một cửa lập từ dữ liệu thẻ điện tử của cơ quan bảo hiểm xã hội (Luật Bảo hiểm y tế 25/2008/QH12)."),
    ]);
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_called_printable_can_be_printed() {
        let letters: String = (' '..='\u{1eff}').chain('\u{2010}'..='\u{2030}').collect();
        let mut document = Document::vietnamese("Phiếu", Timestamp::UNIX_EPOCH);
        document.blocks.push(paragraph(&rules::printable(&letters)));
        let pressed = press::press(&document).expect("every character has a glyph");
        assert_eq!(pressed.page_count, 1);
    }
}
