//! Every component on one page, in both languages, checked for what assistive technology relies on: labels that
//! belong to fields, descriptions that exist, ids that are unique, headings in order.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use web::components::{
    Affix, Breadcrumb, Button, Checkboxes, Choice, ChoiceItem, DateInput, Details, Fieldset, FileUpload,
    Hint, Input, InsetText, Label, NotificationBanner, Pagination, Panel, Radios, Select, SelectOption,
    SummaryCard, SummaryCell, SummaryList, SummaryRow, Table, TableCell, Tag, Task, TaskList, TaskStatus,
    Textarea, WarningText, WideTable,
};
use web::{Content, FieldErrors, Fields, Flash, Form, Html, Language, Page};

use crate::markup::{Piece, normalised};
use crate::site::{Browser, Site};

web::translations! {
    BORN: "Ngày sinh của trẻ", "Date of birth of the child";
    CHOOSE: "Chọn giới tính của trẻ", "Choose the sex of the child";
    DECLARATION: "Tôi cam đoan nội dung trên là đúng", "I declare that this is true";
    DECLARE: "Cam đoan", "Declaration";
    ENTER_NAME: "Nhập họ, chữ đệm, tên của trẻ", "Enter the full name of the child";
    FEMALE: "Nữ", "Female";
    FULL_NAME: "Họ, chữ đệm, tên", "Full name";
    MALE: "Nam", "Male";
    NOTE: "Ghi chú", "Note";
    PLACE: "Nơi sinh", "Place of birth";
    SEND: "Gửi hồ sơ", "Send";
    SEX: "Giới tính", "Sex";
    TITLE: "Đăng ký khai sinh", "Birth registration";
    WRITING: "Giấy chứng sinh", "Birth notification";
}

/// A page with every component, its form sent empty but for an impossible date.
fn gallery(site: &Site, t: Language) -> Page {
    let form: Form = [("born-day", "29"), ("born-month", "2"), ("born-year", "2023")].into_iter().collect();
    let mut errors = FieldErrors::new();
    form.required("full-name", ENTER_NAME, &mut errors);
    form.date("born", BORN, &mut errors);
    errors.add("sex", CHOOSE);
    let fields = Fields { form: &form, errors: &errors, language: t };
    let parts = [asking(fields), telling(t), listing(t)].map(String::from).concat();
    let body = format!("<h1 class=\"govuk-heading-l\">{}</h1>{parts}", TITLE.get(t));
    Page {
        title: TITLE.get(t).into(),
        language: t,
        path: "/khai-sinh".into(),
        user: None,
        csrf: None,
        agency: site.web.settings().agency,
        home: "/".into(),
        navigation: site.web.settings().navigation.clone(),
        breadcrumbs: vec![Breadcrumb::new("Hộ tịch", "/ho-tich"), Breadcrumb::new(TITLE.get(t), "")],
        back: None,
        flash: Some(Flash::notice("Hạn nộp: 60 ngày")),
        error_summary: None,
        body: Html::trusted(body),
        sandbox: true,
        status: http::StatusCode::OK,
    }
    .with_errors(&errors)
}

fn asking(fields: Fields<'_>) -> Html {
    let t = fields.language;
    let full_name = Input {
        hint: Some(Hint::new("Chữ in hoa, có dấu")),
        autocomplete: "name".into(),
        ..fields.input("full-name", FULL_NAME)
    };
    let weight = Input {
        suffix: Some(Affix::new("g")),
        classes: "govuk-input--width-4".into(),
        ..Input::new("w", "Cân nặng")
    };
    let born: DateInput = fields.date("born", BORN);
    let sex: Radios = fields.radios("sex", SEX, &[("male", MALE), ("female", FEMALE)]);
    let declaration: Checkboxes = fields.checkboxes("declared", DECLARE, &[("yes", DECLARATION)]);
    let options = vec![SelectOption::new("01", "Hà Nội"), SelectOption::new("79", "TP. Hồ Chí Minh")];
    let place: Select = fields.select("place", PLACE, options);
    let note: Textarea = fields.textarea("note", NOTE);
    let file = FileUpload { hint: Some(Hint::new("PDF, 10 MB")), ..fields.file("writing", WRITING) };
    let grouped =
        Fieldset { content: Input::new("inner", "Số nhà").render(), ..Fieldset::new("Nơi cư trú") };
    let conditional = Radios::new(
        "other",
        "Quan hệ",
        vec![
            Choice {
                conditional: Input::new("which", "Quan hệ nào").render(), ..Choice::new("x", "Khác")
            }
            .into(),
            ChoiceItem::Divider("hoặc".into()),
            Choice { hint: Some(Hint::new("Cha hoặc mẹ")), ..Choice::new("p", "Cha, mẹ") }.into(),
        ],
    );
    let buttons = [Button::new(SEND.get(t)), Button::secondary("Lưu"), Button::warning("Hủy")];
    let parts: [Html; 10] = [
        full_name.render(),
        weight.render(),
        born.render(),
        sex.render(),
        declaration.render(),
        place.render(),
        note.render(),
        file.render(),
        grouped.render(),
        conditional.render(),
    ];
    let buttons = buttons.map(|button| String::from(button.render())).concat();
    let label = Label { target: "w2".into(), ..Label::new("Chiều cao") }.render();
    let parts = parts.map(String::from).concat();
    Html::trusted(format!(
        "<form method=\"post\" novalidate>{parts}{label}<input class=\"govuk-input\" id=\"w2\">{buttons}</form>"
    ))
}

fn telling(t: Language) -> Html {
    let parts: [Html; 7] = [
        Panel { heading_level: 2, ..Panel::new("Đã nhận hồ sơ", "H26.15-251121-0001") }.render(),
        NotificationBanner { title_id: "second".into(), ..NotificationBanner::success("Đã lưu", t) }.render(),
        Tag::coloured("Đang xử lý", "blue").render(),
        InsetText::new("Điều 15 Luật Hộ tịch 2014").render(),
        WarningText::new("Khai sai sự thật bị xử phạt", t).render(),
        Details::new("Giấy tờ cần có", "Giấy chứng sinh").render(),
        Button::start("Bắt đầu", "/khai-sinh/1").render(),
    ];
    Html::trusted(parts.map(String::from).concat())
}

fn listing(t: Language) -> Html {
    let row = SummaryRow::new(FULL_NAME.get(t), "Nguyễn <An>").action("Sửa", "/sua", FULL_NAME.get(t));
    let card = SummaryCard { title: Some(SummaryCell::new("Trẻ em")), ..SummaryCard::default() };
    let table = Table {
        caption: "Lệ phí".into(),
        head: vec![TableCell::new("Việc"), TableCell::numeric("Đồng")],
        rows: vec![vec![TableCell::new("Khai sinh đúng hạn"), TableCell::numeric("0")]],
        first_cell_is_header: true,
        ..Table::default()
    };
    let tasks = TaskList {
        items: vec![
            Task {
                title: Content::from("Trẻ em"),
                href: "/tre".into(),
                hint: "4 câu hỏi".into(),
                ..Task::default()
            },
            Task {
                title: "Cha mẹ".into(),
                status: TaskStatus::Tag(Tag::coloured("Chưa xong", "grey")),
                ..Task::default()
            },
        ],
        ..TaskList::default()
    };
    let parts: [Html; 5] = [
        SummaryList { card: Some(card), ..SummaryList::new(vec![row]) }.render(),
        table.render(),
        WideTable(table).render(),
        tasks.render(),
        Pagination::around(5, 9, t, |page| format!("?trang={page}")).render(),
    ];
    Html::trusted(parts.map(String::from).concat())
}

/// Elements that have no closing tag.
const VOID: [&str; 7] = ["br", "hr", "img", "input", "link", "meta", "path"];

/// What is wrong with a document for those who do not see it.
fn complaints(document: &str) -> Vec<String> {
    let pieces = normalised(document);
    let opened: Vec<(&str, &BTreeMap<String, String>)> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Open(name, attributes) => Some((name.as_str(), attributes)),
            _ => None,
        })
        .collect();
    let mut complaints = unbalanced(&pieces);
    let mut ids = BTreeSet::new();
    for id in opened.iter().filter_map(|(_, attributes)| attributes.get("id")) {
        if !ids.insert(id.as_str()) {
            complaints.push(format!("the id {id} stands twice"));
        }
    }
    for (name, attributes) in &opened {
        let targets =
            ["for", "aria-describedby", "aria-labelledby"].map(|attribute| attributes.get(attribute));
        let link = attributes.get("href").and_then(|href| href.strip_prefix('#'));
        let targets = targets.into_iter().flatten().flat_map(|ids| ids.split(' ')).chain(link);
        complaints
            .extend(targets.filter(|id| !ids.contains(id)).map(|id| format!("<{name}> points to no {id}")));
    }
    complaints.extend(unlabelled(&opened));
    complaints.extend(headings(&opened));
    complaints
}

fn unbalanced(pieces: &[Piece]) -> Vec<String> {
    let mut open = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Open(name, _) if !VOID.contains(&name.as_str()) && name != "!doctype" => open.push(name),
            Piece::Close(name) if open.last() == Some(&name) => drop(open.pop()),
            Piece::Close(name) if !VOID.contains(&name.as_str()) => {
                return vec![format!("</{name}> closes {:?}", open.last())];
            }
            _ => {}
        }
    }
    open.iter().map(|name| format!("<{name}> is not closed")).collect()
}

fn unlabelled(opened: &[(&str, &BTreeMap<String, String>)]) -> Vec<String> {
    let labelled: BTreeSet<_> = opened
        .iter()
        .filter(|(name, _)| *name == "label")
        .filter_map(|(_, attributes)| attributes.get("for"))
        .collect();
    let fields = opened.iter().filter(|(name, _)| ["input", "select", "textarea"].contains(name));
    let shown = fields.filter(|(_, attributes)| attributes.get("type").is_none_or(|kind| kind != "hidden"));
    shown
        .filter(|(_, attributes)| attributes.get("id").is_none_or(|id| !labelled.contains(id)))
        .map(|(name, attributes)| format!("<{name}> {:?} has no label", attributes.get("id")))
        .collect()
}

fn headings(opened: &[(&str, &BTreeMap<String, String>)]) -> Vec<String> {
    let level = |name: &str| name.strip_prefix('h').and_then(|level| level.parse::<u8>().ok());
    let levels: Vec<u8> = opened.iter().filter_map(|(name, _)| level(name)).collect();
    match levels.iter().filter(|level| **level == 1).count() {
        1 => Vec::new(),
        count => vec![format!("{count} headings of level 1")],
    }
}

#[test]
fn every_component_renders_in_both_languages_and_is_usable_without_seeing() {
    let site = Site::new(false);
    for language in Language::ALL {
        let document = gallery(&site, language).render();
        assert_eq!(complaints(&document), Vec::<String>::new());
        assert!(document.contains(TITLE.get(language)) && document.contains(ENTER_NAME.get(language)));
        assert!(document.contains("Nguyễn &#60;An&#62;"));
    }
    let vietnamese = gallery(&site, Language::Vi).render();
    for english in
        ["Error", "Previous", "Next", "Page ", "Warning", "Success", "Important", "Day", "Breadcrumb"]
    {
        assert!(!vietnamese.contains(english), "{english} on a Vietnamese page");
    }
}

#[tokio::test]
async fn the_pages_of_the_shell_are_usable_without_seeing() {
    let (site, browser) = (Site::new(false), Browser::default());
    for path in ["/missing", "/failing"] {
        assert_eq!(complaints(&browser.get(&site, path).await.body), Vec::<String>::new(), "{path}");
    }
    browser.sign_in(&site).await;
    let request = browser.request("POST", "/change").body(Body::empty()).unwrap();
    assert_eq!(complaints(&site.send(request).await.body), Vec::<String>::new());
}

#[test]
fn what_is_wrong_with_a_document_is_found() {
    let cases = [
        ("<h1>a</h1><p id=\"a\"></p><p id=\"a\"></p>", "the id a stands twice"),
        ("<h1>a</h1><label for=\"b\">a</label>", "<label> points to no b"),
        ("<h1>a</h1><a href=\"#b\">a</a>", "<a> points to no b"),
        ("<h1>a</h1><input id=\"a\">", "<input> Some(\"a\") has no label"),
        ("<p>a</p>", "0 headings of level 1"),
        ("<h1>a</h1><div><p></div>", "</div> closes Some(\"p\")"),
        ("<h1>a</h1><div>", "<div> is not closed"),
    ];
    for (document, complaint) in cases {
        assert_eq!(complaints(document), [complaint]);
    }
}
