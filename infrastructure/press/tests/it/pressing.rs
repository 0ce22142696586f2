//! Pressed documents, read back by poppler.

use std::ffi::OsStr;

use jiff::civil::date;
use press::{
    Alignment, Block, Column, Document, Emphasis, Field, Letterhead, MAX_TEXT_BYTES, Paragraph, PressError,
    QrCode, SignatureBlock, Table, date_line, press,
};
use proptest::prelude::*;

use crate::samples::{birth_certificate, empty, extract, paragraph, receipt};
use crate::tools::{Scratch, about, poppler};

/// The 134 letters Vietnamese adds to the Latin alphabet: vowels with marks and tones, and đ, in both cases.
const ACCENTED_LETTERS: &str =
    "àáảãạ ăằắẳẵặ âầấẩẫậ èéẻẽẹ êềếểễệ ìíỉĩị òóỏõọ ôồốổỗộ ơờớởỡợ ùúủũụ ưừứửữự ỳýỷỹỵ đ";

fn pdf(document: &Document) -> Vec<u8> {
    press(document).expect("a pressed document").pdf
}

fn text_of(document: &Document) -> String {
    about("pdftotext", &["-q"], &pdf(document))
}

/// The text with every run of white space as one space.
fn flat_text_of(document: &Document) -> String {
    text_of(document).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn with_blocks(blocks: Vec<Block>) -> Document {
    Document { blocks, notice: None, ..empty("Mẫu") }
}

fn styled(text: &str, emphasis: Emphasis, alignment: Alignment) -> Block {
    Block::Paragraph(Paragraph { text: text.to_owned(), alignment, emphasis })
}

fn refusal(block: Block) -> PressError {
    press(&with_blocks(vec![block])).expect_err("a refusal")
}

#[test]
fn every_accented_letter_is_printed_in_every_cut() {
    let letters = format!("{ACCENTED_LETTERS} {}", ACCENTED_LETTERS.to_uppercase());
    assert_eq!(letters.chars().filter(|letter| *letter != ' ').count(), 134);
    for emphasis in [Emphasis::Regular, Emphasis::Bold, Emphasis::Italic] {
        let document = with_blocks(vec![styled(&letters, emphasis, Alignment::Left)]);
        assert_eq!(flat_text_of(&document), letters, "{emphasis:?}");
    }
}

#[test]
fn decomposed_letters_are_printed_composed() {
    let document = with_blocks(vec![paragraph("Nguye\u{302}\u{303}n Thi\u{323}")]);
    assert_eq!(flat_text_of(&document), "Nguyễn Thị");
}

#[test]
fn letters_of_minority_languages_are_printed() {
    let name = "H'Bĭa Êban Č ƀ Ŏ Ñ ê\u{306} ơ\u{306} ư\u{306}";
    assert_eq!(flat_text_of(&with_blocks(vec![paragraph(name)])), name);
}

#[test]
fn a_birth_certificate_holds_what_the_form_asks() {
    let text = flat_text_of(&birth_certificate("NGUYỄN THỊ MINH AN"));
    for part in [
        "MẪU - DỮ LIỆU TỔNG HỢP / sample - synthetic data",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "PHƯỜNG HOÀN KIẾM",
        "Số: 25/2026",
        "GIẤY KHAI SINH",
        "Họ, chữ đệm, tên: NGUYỄN THỊ MINH AN",
        "Giới tính: Nữ",
        "Số định danh cá nhân: 001326000018",
        "Nơi sinh: Bệnh viện Phụ sản Trung ương, phường Hoàn Kiếm, thành phố Hà Nội",
        "Lê Thị Thu Hà",
    ] {
        assert!(text.contains(part), "{part} in: {text}");
    }
}

#[test]
fn one_page_holds_a_birth_certificate() {
    for name in ["AN", "NGUYỄN THỊ MINH AN", &"HOÀNG PHỦ NGỌC ".repeat(6)] {
        assert_eq!(press(&birth_certificate(name)).expect("a pressed document").page_count, 1, "{name}");
    }
}

#[test]
fn documents_are_tagged_and_say_language_and_title() {
    let pdf = pdf(&birth_certificate("NGUYỄN THỊ MINH AN"));
    let information = about("pdfinfo", &[], &pdf);
    let lines: Vec<String> =
        information.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for expected in [
        "Tagged: yes",
        "Title: Giấy khai sinh",
        "CreationDate: Thu Mar 5 07:03:22 2026 UTC",
        "Pages: 1",
        "Page size: 595.276 x 841.89 pts (A4)",
        "Form: AcroForm",
        "JavaScript: no",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected} in: {information}");
    }
    let metadata = about("pdfinfo", &["-meta"], &pdf);
    for expected in [
        "<rdf:li>vi-VN</rdf:li>",
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>A</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
    ] {
        assert!(metadata.contains(expected), "{expected} in: {metadata}");
    }
    let catalog_language = b"/Lang (vi-VN)";
    assert!(pdf.windows(catalog_language.len()).any(|window| window == catalog_language));
}

#[test]
fn fonts_are_embedded_subsets() {
    let fonts = about("pdffonts", &[], &pdf(&birth_certificate("NGUYỄN THỊ MINH AN")));
    let rows: Vec<&str> = fonts.lines().skip(2).filter(|line| !line.is_empty()).collect();
    assert_eq!(rows.len(), 3, "{fonts}");
    for row in rows {
        let cells: Vec<&str> = row.split_whitespace().collect();
        assert!(cells[0].contains("+LiberationSerif"), "{row}");
        let [embedded, subset, unicode] = cells[cells.len() - 5..cells.len() - 2] else { unreachable!() };
        assert_eq!([embedded, subset, unicode], ["yes"; 3], "{row}");
    }
}

#[test]
fn screen_readers_find_headings_tables_figures_and_fields() {
    let structure = about("pdfinfo", &["-struct"], &pdf(&receipt(2)));
    for element in ["H1", "H2", "Table", "THead", "TH:", "TBody", "TD", "Form"] {
        assert!(structure.contains(element), "{element} in: {structure}");
    }
    let structure = about("pdfinfo", &["-struct"], &pdf(&birth_certificate("A")));
    assert!(structure.contains("Figure"), "{structure}");
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    assert_eq!(pdf(&receipt(60)), pdf(&receipt(60)));
}

#[test]
fn long_documents_turn_pages_and_number_them() {
    let pressed = press(&receipt(60)).expect("a pressed document");
    assert_eq!(pressed.page_count, 3);
    assert!(about("pdfinfo", &[], &pressed.pdf).contains("Pages:           3"));
    let page = |number: &str| about("pdftotext", &["-q", "-f", number, "-l", number], &pressed.pdf);
    let (first, second, third) = (page("1"), page("2"), page("3"));
    assert!(second.lines().any(|line| line == "2") && third.lines().any(|line| line == "3"));
    for (number, text) in [(1, &first), (2, &second), (3, &third)] {
        assert!(text.contains("sample - synthetic data"), "page {number}: {text}");
        assert!(text.contains("Tên giấy tờ"), "the header is repeated on page {number}: {text}");
    }
    let all = [first, second, third].concat();
    for number in 1..=60 {
        assert_eq!(all.matches(&format!("tờ số {number}\n")).count(), 1, "row {number}");
    }
}

#[test]
fn long_text_flows_over_pages_without_loss() {
    let words: Vec<String> = (0..3_000).map(|number| format!("từ{number}")).collect();
    let document = with_blocks(vec![paragraph(&words.join(" "))]);
    let page_count = press(&document).expect("a pressed document").page_count;
    let text = about("pdftotext", &["-q", "-raw"], &pdf(&document));
    let pages: Vec<String> = (2..=page_count).map(|number| number.to_string()).collect();
    let found: Vec<&str> =
        text.split_whitespace().filter(|word| !pages.iter().any(|page| page == word)).collect();
    assert_eq!(found, words);
}

#[test]
fn a_very_long_name_wraps_inside_the_margins() {
    let name = "NGUYỄN".repeat(200);
    let document = with_blocks(vec![Block::Fields(vec![Field::new("Họ, chữ đệm, tên:", &name).bold()])]);
    let boxes = about("pdftotext", &["-q", "-bbox"], &pdf(&document));
    let edges: Vec<f64> =
        boxes.split("xMax=\"").skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok()).collect();
    assert!(edges.len() > 10 && edges.iter().all(|edge| *edge <= 595.3 - 56.0), "{edges:?}");
    let printed: String = text_of(&document).split_whitespace().collect();
    assert_eq!(printed.matches("NGUYỄN").count(), 200);
}

#[test]
fn unprintable_characters_are_refused_by_place_and_code_point() {
    for (text, expected) in [
        ("An\u{0}", 0x0),
        ("An\u{7}", 0x7),
        ("An\u{1b}[0m", 0x1b),
        ("An\u{85}", 0x85),
        ("A\u{200b}n", 0x200b),
        ("\u{202e}nA", 0x202e),
        ("שלום", 0x5e9),
        ("سلام", 0x633),
        ("An 😀", 0x1f600),
        ("阮", 0x962e),
        ("\u{fffd}", 0xfffd),
        ("\u{e000}", 0xe000),
        (" \u{301}", 0x301),
        ("\u{301}", 0x301),
        ("z\u{316}\u{316}\u{316}\u{316}", 0x316),
    ] {
        let error = refusal(paragraph(text));
        let PressError::UnprintableCharacter { place, code_point } = &error else {
            panic!("{text:?}: {error}")
        };
        assert_eq!((place.as_str(), *code_point), ("block 1", expected), "{text:?}");
    }
}

#[test]
fn refusals_do_not_repeat_the_text() {
    let error = refusal(paragraph("NGUYỄN VĂN BÍ MẬT 😀")).to_string();
    assert_eq!(
        error,
        "block 1 holds U+1F600, which the document fonts cannot print faithfully; correct the text at its source"
    );
}

#[test]
fn incomplete_blocks_are_refused() {
    let column = || Column { heading: "Cột".to_owned(), weight: 1, alignment: Alignment::Left };
    let qr_code = |description: &str| {
        Block::QrCode(QrCode {
            content: "x".to_owned(),
            caption: String::new(),
            description: description.to_owned(),
        })
    };
    let signatory = || SignatureBlock { position: "Chủ tịch".to_owned(), ..SignatureBlock::default() };
    for block in [
        paragraph("  "),
        Block::Heading(String::new()),
        Block::Title { text: " ".to_owned(), subtitle: None },
        Block::Letterhead(Letterhead::default()),
        Block::Fields(Vec::new()),
        Block::Fields(vec![Field::new("", "giá trị")]),
        Block::Table(Table { columns: vec![column()], rows: Vec::new() }),
        Block::Table(Table { columns: Vec::new(), rows: vec![Vec::new()] }),
        Block::Table(Table { columns: vec![column()], rows: vec![vec![String::new(); 2]] }),
        Block::Signatures(Vec::new()),
        Block::Signatures(vec![signatory(), signatory(), signatory()]),
        Block::Signatures(vec![SignatureBlock { sealed: true, ..signatory() }, signatory()]),
        Block::Signatures(vec![SignatureBlock::default()]),
        Block::Space { millimetres: 300 },
        qr_code(""),
    ] {
        let error = refusal(block.clone());
        assert!(matches!(error, PressError::InvalidBlock { .. }), "{block:?}: {error}");
    }
    for document in [
        Document { title: String::new(), ..empty("") },
        Document { language: "vi VN".to_owned(), ..empty("Mẫu") },
        Document { language: String::new(), ..empty("Mẫu") },
        Document { notice: Some("mẫu ".repeat(100)), ..empty("Mẫu") },
    ] {
        let error = press(&document).expect_err("a refusal");
        assert!(matches!(error, PressError::InvalidBlock { .. }), "{error}");
    }
}

#[test]
fn limits_hold() {
    let long = "a".repeat(MAX_TEXT_BYTES + 1);
    let tall_cell = "dòng\n".repeat(100);
    for block in [
        paragraph(&long),
        Block::Fields(vec![Field::new("a", ""); 5]),
        Block::Fields(vec![Field::new("a", &tall_cell), Field::new("b", "")]),
        Block::QrCode(QrCode {
            content: "x".repeat(601),
            caption: "m".to_owned(),
            description: "m".to_owned(),
        }),
    ] {
        let error = refusal(block);
        assert!(matches!(error, PressError::LimitExceeded { .. }), "{error}");
    }
    let much = with_blocks(vec![paragraph(&"a ".repeat(MAX_TEXT_BYTES / 2)); 32]);
    assert!(matches!(press(&much), Err(PressError::LimitExceeded { limit: 1_000_000, .. })));
    let endless = with_blocks(vec![paragraph(&"a\n".repeat(10_000)); 5]);
    assert!(matches!(press(&endless), Err(PressError::LimitExceeded { .. })));
}

#[test]
fn dates_are_written_as_the_decree_says() {
    for (day, expected) in [
        (date(2026, 3, 5), "ngày 05 tháng 3 năm 2026"),
        (date(2026, 1, 31), "ngày 31 tháng 01 năm 2026"),
        (date(2026, 2, 10), "ngày 10 tháng 02 năm 2026"),
        (date(2026, 12, 9), "ngày 09 tháng 12 năm 2026"),
    ] {
        assert_eq!(date_line(day), expected);
    }
    let text = flat_text_of(&extract());
    assert!(text.contains("Hoàn Kiếm, ngày 31 tháng 01 năm 2026"), "{text}");
}

#[test]
fn a_printed_qr_code_has_its_modules_in_place() {
    let content = "https://lienthong.example/kiem-tra/25-2026";
    let document = with_blocks(vec![Block::QrCode(QrCode {
        content: content.to_owned(),
        caption: String::new(),
        description: "Mã QR".to_owned(),
    })]);
    let expected = qrcode::QrCode::with_error_correction_level(content, qrcode::EcLevel::M).expect("a code");
    let image = Greymap::of(&pdf(&document));
    let (left, top, right, bottom) = image.dark_box();
    let module = (right - left + 1) as f64 / expected.width() as f64;
    assert!(((bottom - top) as f64 - (right - left) as f64).abs() <= 2.0, "the code is square");
    for row in 0..expected.width() {
        for column in 0..expected.width() {
            let centre = |start: usize, index: usize| start + ((index as f64 + 0.5) * module) as usize;
            let dark = image.is_dark(centre(left, column), centre(top, row));
            assert_eq!(dark, expected[(column, row)] == qrcode::Color::Dark, "column {column}, row {row}");
        }
    }
}

/// A page as grey pixels.
struct Greymap {
    width: usize,
    pixels: Vec<u8>,
}

impl Greymap {
    fn of(pdf: &[u8]) -> Self {
        let scratch = Scratch::new();
        let path = scratch.file("document.pdf", pdf);
        let root = path.with_extension("");
        let options = ["-gray", "-r", "200", "-singlefile"].map(OsStr::new);
        let answer = poppler("pdftoppm", &[&options[..], &[path.as_os_str(), root.as_os_str()]].concat());
        assert!(answer.success, "{}", answer.text);
        let file = std::fs::read(root.with_extension("pgm")).expect("a picture");
        let header: Vec<&[u8]> = file.splitn(4, |byte| *byte == b'\n').collect();
        let [b"P5", size, b"255", pixels] = header[..] else { panic!("a binary greymap") };
        let width = std::str::from_utf8(size).expect("ASCII").split(' ').next().and_then(|w| w.parse().ok());
        Self { width: width.expect("a width"), pixels: pixels.to_vec() }
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        self.pixels[y * self.width + x] < 128
    }

    /// Left, top, right and bottom of all dark pixels.
    fn dark_box(&self) -> (usize, usize, usize, usize) {
        let dark = self.pixels.iter().enumerate().filter(|(_, pixel)| **pixel < 128);
        dark.map(|(index, _)| (index % self.width, index / self.width))
            .fold((usize::MAX, usize::MAX, 0, 0), |(left, top, right, bottom), (x, y)| {
                (left.min(x), top.min(y), right.max(x), bottom.max(y))
            })
    }
}

/// Vietnamese words of any letters.
fn printable_text(words: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let letters: String = ACCENTED_LETTERS.chars().filter(|letter| *letter != ' ').collect();
    let word = prop::string::string_regex(&format!("[a-zA-Z0-9{letters}]{{1,14}}")).expect("a pattern");
    prop::collection::vec(word, words).prop_map(|words| words.join(" "))
}

/// Text as a hostile or careless writer sends it.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        printable_text(0..60),
        "[A-Za-z\u{300}-\u{36f}\u{200b}-\u{202e}\u{590}-\u{6ff}]{0,40}",
    ]
}

fn any_block() -> impl Strategy<Value = Block> {
    let field = (any_text(), any_text(), any::<u8>())
        .prop_map(|(label, value, weight)| Field::new(label, value).weighing(weight));
    let alignment = prop_oneof![Just(Alignment::Left), Just(Alignment::Centre), Just(Alignment::Justified)];
    let table = (1_usize..14).prop_flat_map(|columns| {
        let column = (any_text(), any::<u8>(), Just(Alignment::Justified))
            .prop_map(|(heading, weight, alignment)| Column { heading, weight, alignment });
        let row = prop::collection::vec(any_text(), columns);
        (prop::collection::vec(column, columns), prop::collection::vec(row, 0..4))
            .prop_map(|(columns, rows)| Block::Table(Table { columns, rows }))
    });
    prop_oneof![
        (any_text(), alignment).prop_map(|(text, alignment)| styled(&text, Emphasis::Regular, alignment)),
        (any_text(), prop::option::of(any_text()))
            .prop_map(|(text, subtitle)| Block::Title { text, subtitle }),
        any_text().prop_map(Block::Heading),
        any_text().prop_map(Block::Note),
        prop::collection::vec(field, 0..6).prop_map(Block::Fields),
        table,
        (any_text(), any_text(), any_text()).prop_map(|(content, caption, description)| Block::QrCode(
            QrCode { content, caption, description }
        )),
        (any_text(), any_text(), any::<bool>()).prop_map(|(position, name, sealed)| {
            Block::Signatures(vec![SignatureBlock { position, name, sealed, ..SignatureBlock::default() }])
        }),
        (any_text(), prop::option::of(any_text())).prop_map(|(issuing_body, number)| {
            Block::Letterhead(Letterhead { issuing_body, number, ..Letterhead::default() })
        }),
        any::<u16>().prop_map(|millimetres| Block::Space { millimetres }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// A document is pressed or refused for a reason a writer can mend; it never fails inside the PDF writer.
    #[test]
    fn any_document_is_pressed_or_refused(title in any_text(), blocks in prop::collection::vec(any_block(), 0..5)) {
        let document = Document { blocks, ..empty(&title) };
        if let Err(error) = press(&document) {
            let ours = matches!(
                error,
                PressError::UnprintableCharacter { .. }
                    | PressError::InvalidBlock { .. }
                    | PressError::LimitExceeded { .. }
            );
            prop_assert!(ours, "{error}");
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn printable_text_comes_out_as_it_went_in(text in printable_text(1..60)) {
        let document = with_blocks(vec![paragraph(&text)]);
        let printed = about("pdftotext", &["-q", "-raw"], &pdf(&document));
        prop_assert!(printed.split_whitespace().eq(text.split_whitespace()), "{printed}");
    }
}
