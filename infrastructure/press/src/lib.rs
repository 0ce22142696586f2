//! Official documents as tagged, digitally signed PDF.
//!
//! [`press`] sets a [`Document`] on A4 pages after the rules of Decree 30/2020/NĐ-CP and writes it as PDF/A-2a and
//! PDF/UA-1: to be archived, and to be read by everyone. [`sign`] adds a PAdES baseline signature (ETSI EN
//! 319 142-1) behind what is there, seen or not, so a document can carry the signature of a person and that of
//! the agency. Keys and proofs are those of a [`signature::Seal`].
//!
//! ```
//! use press::{Block, Document, Field};
//!
//! let mut document = Document::vietnamese("Giấy khai sinh", "2026-03-05T07:00:00Z".parse().unwrap());
//! document.blocks.push(Block::Title { text: "Giấy khai sinh".to_owned(), subtitle: None });
//! document.blocks.push(Block::Fields(vec![Field::new("Họ, chữ đệm, tên:", "NGUYỄN THỊ MẪU").bold()]));
//! let pressed = press::press(&document).unwrap();
//! assert_eq!(pressed.page_count, 1);
//! ```

mod document;
mod error;
mod faces;
mod layout;
mod pages;
mod render;
mod signing;
mod text;

pub use document::{
    Alignment, Block, Column, Document, Emphasis, Field, Leader, Letterhead, Paragraph, PlaceAndDate, QrCode,
    SYNTHETIC_DATA_NOTICE, SignatureBlock, Table, date_line,
};
pub use error::PressError;
pub use layout::{
    MAX_BLOCKS, MAX_DOCUMENT_TEXT_BYTES, MAX_FIELDS_IN_ROW, MAX_QR_CONTENT_BYTES, MAX_TABLE_COLUMNS,
    MAX_TABLE_ROWS,
};
pub use pages::MAX_PAGES;
pub use render::press;
pub use signing::{Signatory, SignatureDetails, SignatureField, sign};
pub use text::MAX_TEXT_BYTES;

/// A document pressed into PDF.
#[derive(Debug, Clone, PartialEq)]
pub struct PressedDocument {
    /// The file.
    pub pdf: Vec<u8>,
    /// The number of pages.
    pub page_count: usize,
    /// The names of the empty signature fields, top to bottom: `signature-1` for the first signature block,
    /// `seal-1` for the issuing body beside it if the block is sealed, and so on.
    pub signature_fields: Vec<String>,
}
