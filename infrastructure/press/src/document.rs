//! The document model: what stands on an official form, without how it is drawn.
//!
//! Names and order follow Decree 30/2020/NĐ-CP (clerical work), Article 8 and Appendix I, and the forms of
//! civil status. Texts are Unicode; they are normalised to NFC before they are printed.

use jiff::Timestamp;
use jiff::civil::Date;

/// The line that marks documents made from synthetic data, so that no one takes a sample for the real thing.
pub const SYNTHETIC_DATA_NOTICE: &str = "MẪU - DỮ LIỆU TỔNG HỢP / sample - synthetic data";

/// An official document on A4 portrait pages.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The title shown by viewers and read by screen readers. Must not be empty.
    pub title: String,
    /// Language of the text as a BCP 47 tag; Vietnamese documents use [`Document::VIETNAMESE`].
    pub language: String,
    /// When the document was made; written to the metadata. The same document and time give the same bytes.
    pub created: Timestamp,
    /// A notice printed at the top of every page, such as [`SYNTHETIC_DATA_NOTICE`].
    pub notice: Option<String>,
    /// The content, top to bottom.
    pub blocks: Vec<Block>,
}

impl Document {
    /// Vietnamese as written in Viet Nam.
    pub const VIETNAMESE: &'static str = "vi-VN";

    /// An empty document in Vietnamese.
    pub fn vietnamese(title: impl Into<String>, created: Timestamp) -> Self {
        Self {
            title: title.into(),
            language: Self::VIETNAMESE.to_owned(),
            created,
            notice: None,
            blocks: Vec::new(),
        }
    }
}

/// One part of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// The head of the first page: issuing body at the left, national motto at the right.
    Letterhead(Letterhead),
    /// The name of the document, such as `Giấy khai sinh`, centred capitals.
    Title {
        /// The name; printed in capitals.
        text: String,
        /// A line under it, such as `(Bản sao)` or what the document is about.
        subtitle: Option<String>,
    },
    /// A heading inside the document.
    Heading(String),
    /// Running text; a line feed in it starts a new line.
    Paragraph(Paragraph),
    /// One to four labelled fields side by side.
    Fields(Vec<Field>),
    /// A table with a header row.
    Table(Table),
    /// Place and date on a line of their own, above the signatures.
    PlaceAndDate(PlaceAndDate),
    /// One signature block in the right half, or two side by side.
    Signatures(Vec<SignatureBlock>),
    /// A QR code with a caption beside it.
    QrCode(QrCode),
    /// Small print such as how to check the document.
    Note(String),
    /// Vertical space.
    Space {
        /// Height in millimetres.
        millimetres: u16,
    },
}

/// Issuing body and number beside Quốc hiệu (the State's name) and Tiêu ngữ (the national motto).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Letterhead {
    /// The body directly above the issuing body, if it is to be named.
    pub superior_body: Option<String>,
    /// The issuing body; printed in bold capitals.
    pub issuing_body: String,
    /// The document's number, such as `Số: 25/2026`.
    pub number: Option<String>,
    /// Place and date under the motto.
    pub place_and_date: Option<PlaceAndDate>,
}

/// Where and when a document was issued.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceAndDate {
    /// The place, such as `Phường Hoàn Kiếm`.
    pub place: String,
    /// The date of issue.
    pub date: Date,
}

impl PlaceAndDate {
    /// The line as Decree 30/2020 Appendix I writes it: days below 10 and the months 1 and 2 get a leading zero.
    pub fn line(&self) -> String {
        format!("{}, {}", self.place, date_line(self.date))
    }
}

/// A date written out for a document: `ngày 05 tháng 3 năm 2026`.
///
/// Decree 30/2020 Appendix I gives days below 10 and the months 1 and 2 a leading zero, so that no digit can be
/// added before them.
pub fn date_line(date: Date) -> String {
    let month = if date.month() <= 2 { format!("{:02}", date.month()) } else { date.month().to_string() };
    format!("ngày {:02} tháng {month} năm {}", date.day(), date.year())
}

/// Running text.
#[derive(Debug, Clone, PartialEq)]
pub struct Paragraph {
    /// The text.
    pub text: String,
    /// How lines sit between the margins.
    pub alignment: Alignment,
    /// The cut of the type.
    pub emphasis: Emphasis,
}

/// How lines sit between the margins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Alignment {
    /// Flush left.
    Left,
    /// Centred.
    Centre,
    /// Flush right.
    Right,
    /// Flush on both sides, the last line flush left.
    #[default]
    Justified,
}

/// The cut of the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Emphasis {
    /// Upright.
    #[default]
    Regular,
    /// Bold.
    Bold,
    /// Italic.
    Italic,
}

/// A label and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The label with its punctuation, such as `Họ, chữ đệm, tên:`.
    pub label: String,
    /// The value; empty leaves the place to be filled by hand.
    pub value: String,
    /// What runs under the value to the end of the line.
    pub leader: Leader,
    /// The cut of the value's type.
    pub emphasis: Emphasis,
    /// Share of the row's width relative to the other fields of the row.
    pub weight: u8,
}

impl Field {
    /// A field with a dotted leader and an upright value.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            value: value.into(),
            leader: Leader::Dotted,
            emphasis: Emphasis::Regular,
            weight: 1,
        }
    }

    /// The same field with a bold value.
    pub fn bold(self) -> Self {
        Self { emphasis: Emphasis::Bold, ..self }
    }

    /// The same field without a leader.
    pub fn plain(self) -> Self {
        Self { leader: Leader::None, ..self }
    }

    /// The same field with another share of the row's width.
    pub fn weighing(self, weight: u8) -> Self {
        Self { weight, ..self }
    }
}

/// What runs under a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Leader {
    /// A dotted line, as on printed forms.
    #[default]
    Dotted,
    /// Nothing.
    None,
}

/// A table with a header row; the header is repeated on every page the table reaches.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The columns, left to right.
    pub columns: Vec<Column>,
    /// The rows, each with one text for each column.
    pub rows: Vec<Vec<String>>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The heading.
    pub heading: String,
    /// Share of the table's width relative to the other columns.
    pub weight: u8,
    /// How the cells under the heading are aligned.
    pub alignment: Alignment,
}

/// Where one person or body signs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SignatureBlock {
    /// On whose behalf, such as `TM. Ủy ban nhân dân`; printed in bold capitals.
    pub competence: Option<String>,
    /// The signatory's position, such as `Chủ tịch`; printed in bold capitals.
    pub position: String,
    /// What to do here, such as `(Ký, ghi rõ họ tên)`.
    pub instruction: Option<String>,
    /// The signatory's name; empty if it is to be written by hand.
    pub name: String,
    /// Whether the issuing body signs as well, in place of its seal, at the left of the signatory.
    pub sealed: bool,
}

/// A QR code.
#[derive(Debug, Clone, PartialEq)]
pub struct QrCode {
    /// What the code holds, such as the address where the document can be checked.
    pub content: String,
    /// The text beside the code.
    pub caption: String,
    /// What a screen reader says in place of the code.
    pub description: String,
}
