//! Documents as an agency would issue them, with synthetic people.

use jiff::civil::date;
use press::{
    Alignment, Block, Column, Document, Emphasis, Field, Leader, Letterhead, Paragraph, PlaceAndDate, QrCode,
    SYNTHETIC_DATA_NOTICE, SignatureBlock, Table,
};

/// When the samples are made: 14:03:22 on 5 March 2026 in Viet Nam.
pub(crate) const CREATED: &str = "2026-03-05T07:03:22Z";

/// An empty document marked as a sample.
pub(crate) fn empty(title: &str) -> Document {
    let mut document = Document::vietnamese(title, CREATED.parse().expect("a timestamp"));
    document.notice = Some(SYNTHETIC_DATA_NOTICE.to_owned());
    document
}

/// A paragraph with the usual alignment.
pub(crate) fn paragraph(text: &str) -> Block {
    Block::Paragraph(Paragraph {
        text: text.to_owned(),
        alignment: Alignment::Justified,
        emphasis: Emphasis::Regular,
    })
}

fn letterhead(number: &str) -> Block {
    Block::Letterhead(Letterhead {
        superior_body: None,
        issuing_body: "Ủy ban nhân dân phường Hoàn Kiếm".to_owned(),
        number: Some(number.to_owned()),
        place_and_date: None,
    })
}

fn row<const N: usize>(fields: [Field; N]) -> Block {
    Block::Fields(fields.into())
}

/// A birth certificate with the fields of the form in force (Circular 04/2020/TT-BTP), for the person named.
pub(crate) fn birth_certificate(name: &str) -> Document {
    let mut document = empty("Giấy khai sinh");
    document.blocks = vec![
        letterhead("Số: 25/2026"),
        Block::Title { text: "Giấy khai sinh".to_owned(), subtitle: None },
        row([Field::new("Họ, chữ đệm, tên:", name).bold()]),
        row([Field::new("Ngày, tháng, năm sinh:", "01/03/2026")]),
        row([Field::new("Ghi bằng chữ:", "Ngày một, tháng ba, năm hai nghìn không trăm hai mươi sáu")]),
        row([
            Field::new("Giới tính:", "Nữ"),
            Field::new("Dân tộc:", "Kinh"),
            Field::new("Quốc tịch:", "Việt Nam").weighing(2),
        ]),
        row([Field::new("Nơi sinh:", "Bệnh viện Phụ sản Trung ương, phường Hoàn Kiếm, thành phố Hà Nội")]),
        row([Field::new("Quê quán:", "Xã Đường Lâm, thành phố Hà Nội")]),
        row([Field::new("Số định danh cá nhân:", "001326000018")]),
        Block::Space { millimetres: 3 },
        row([Field::new("Họ, chữ đệm, tên người mẹ:", "TRẦN THỊ NGUYỆT ÁNH").bold()]),
        row([
            Field::new("Năm sinh:", "1998"),
            Field::new("Dân tộc:", "Kinh"),
            Field::new("Quốc tịch:", "Việt Nam").weighing(2),
        ]),
        row([Field::new("Nơi cư trú:", "Số 12, phố Hàng Bạc, phường Hoàn Kiếm, thành phố Hà Nội")]),
        Block::Space { millimetres: 3 },
        row([Field::new("Họ, chữ đệm, tên người cha:", "NGUYỄN VĂN MẪU").bold()]),
        row([
            Field::new("Năm sinh:", "1996"),
            Field::new("Dân tộc:", "Kinh"),
            Field::new("Quốc tịch:", "Việt Nam").weighing(2),
        ]),
        row([Field::new("Nơi cư trú:", "Số 12, phố Hàng Bạc, phường Hoàn Kiếm, thành phố Hà Nội")]),
        Block::Space { millimetres: 3 },
        row([Field::new("Họ, chữ đệm, tên người đi khai sinh:", "NGUYỄN VĂN MẪU").bold()]),
        row([Field::new("Giấy tờ tùy thân:", "Căn cước số 001096000017, cấp ngày 12/5/2024")]),
        row([Field::new("Nơi đăng ký khai sinh:", "Ủy ban nhân dân phường Hoàn Kiếm, thành phố Hà Nội")]),
        row([Field::new("Ngày, tháng, năm đăng ký:", "05/03/2026")]),
        Block::Signatures(vec![SignatureBlock {
            competence: None,
            position: "Người ký giấy khai sinh".to_owned(),
            instruction: Some("Chủ tịch".to_owned()),
            name: "Lê Thị Thu Hà".to_owned(),
            sealed: true,
        }]),
        Block::QrCode(QrCode {
            content: "https://lienthong.example/kiem-tra/0197a2c4-0000-7000-8000-000000000001".to_owned(),
            caption: "Quét mã để kiểm tra giấy tờ trên Cổng dịch vụ công.\nScan to check this document."
                .to_owned(),
            description: "Mã QR dẫn đến trang kiểm tra giấy khai sinh số 25/2026".to_owned(),
        }),
    ];
    document
}

/// A receipt of a one-door department: dossier received, result promised, papers handed in.
pub(crate) fn receipt(papers: usize) -> Document {
    let mut document = empty("Giấy tiếp nhận hồ sơ và hẹn trả kết quả");
    let papers = (1..=papers).map(|number| {
        vec![number.to_string(), format!("Giấy chứng sinh bản chính, tờ số {number}"), "01".to_owned()]
    });
    document.blocks = vec![
        Block::Letterhead(Letterhead {
            superior_body: Some("Ủy ban nhân dân phường Hoàn Kiếm".to_owned()),
            issuing_body: "Trung tâm Phục vụ hành chính công".to_owned(),
            number: Some("Số: 000.00.01.H26-260305-0001".to_owned()),
            place_and_date: Some(PlaceAndDate { place: "Hoàn Kiếm".to_owned(), date: date(2026, 3, 5) }),
        }),
        Block::Title { text: document.title.clone(), subtitle: None },
        row([Field {
            leader: Leader::None, ..Field::new("Tiếp nhận hồ sơ của:", "NGUYỄN VĂN MẪU").bold()
        }]),
        paragraph(
            "Nội dung yêu cầu giải quyết: Liên thông thủ tục hành chính về đăng ký khai sinh, đăng ký thường trú, \
             cấp thẻ bảo hiểm y tế cho trẻ em dưới 6 tuổi.",
        ),
        Block::Heading("1. Thành phần hồ sơ nộp gồm:".to_owned()),
        Block::Table(Table {
            columns: vec![
                Column { heading: "STT".to_owned(), weight: 1, alignment: Alignment::Centre },
                Column { heading: "Tên giấy tờ".to_owned(), weight: 7, alignment: Alignment::Left },
                Column { heading: "Số lượng".to_owned(), weight: 2, alignment: Alignment::Centre },
            ],
            rows: papers.collect(),
        }),
        Block::Heading("2. Thời gian".to_owned()),
        row([
            Field::new("Nhận hồ sơ:", "14 giờ 03 phút, ngày 05/03/2026").plain(),
            Field::new("Trả kết quả:", "17 giờ 00 phút, ngày 09/03/2026").plain(),
        ]),
        Block::Signatures(vec![
            SignatureBlock {
                position: "Người nộp hồ sơ".to_owned(),
                instruction: Some("(Ký và ghi rõ họ tên)".to_owned()),
                name: "Nguyễn Văn Mẫu".to_owned(),
                ..SignatureBlock::default()
            },
            SignatureBlock {
                position: "Người tiếp nhận hồ sơ".to_owned(),
                instruction: Some("(Ký và ghi rõ họ tên)".to_owned()),
                name: "Phạm Thị Lan".to_owned(),
                ..SignatureBlock::default()
            },
        ]),
        Block::Note("Hồ sơ được theo dõi bằng mã số trên Cổng Dịch vụ công quốc gia.".to_owned()),
    ];
    document
}

/// An extract of a decision, with competence and position over the signature.
pub(crate) fn extract() -> Document {
    let mut document = empty("Trích lục khai sinh");
    document.blocks = vec![
        Block::Letterhead(Letterhead {
            superior_body: None,
            issuing_body: "Ủy ban nhân dân phường Hoàn Kiếm".to_owned(),
            number: Some("Số: 118/TLKS-BS".to_owned()),
            place_and_date: Some(PlaceAndDate { place: "Hoàn Kiếm".to_owned(), date: date(2026, 11, 9) }),
        }),
        Block::Title { text: "Trích lục khai sinh".to_owned(), subtitle: Some("(Bản sao)".to_owned()) },
        row([Field::new("Họ, chữ đệm, tên:", "H'BĬA ÊBAN Ê̆ Ƀ").bold()]),
        row([Field::new("Dân tộc:", "Ê Đê"), Field::new("Ghi chú:", "")]),
        Block::Space { millimetres: 5 },
        Block::PlaceAndDate(PlaceAndDate { place: "Hoàn Kiếm".to_owned(), date: date(2026, 1, 31) }),
        Block::Signatures(vec![SignatureBlock {
            competence: Some("TM. Ủy ban nhân dân".to_owned()),
            position: "Chủ tịch".to_owned(),
            instruction: None,
            name: "Lê Thị Thu Hà".to_owned(),
            sealed: true,
        }]),
    ];
    document
}
