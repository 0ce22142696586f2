//! The health card of who is signed in.

use crate::{
    Insurance,
    authority::{self, AUTHORITY, CARD},
    records,
    services::health_card,
};
use askama::Template;
use axum::extract::State;
use calendar::text::{day_month_year, english_date};
use contracts::{PersonalNumber, insurance::HealthCard};
use jiff::civil::Date;
use std::sync::Arc;
use web::{
    CurrentUser, Html, Language, Page, Problem, Visit,
    components::{SummaryList, SummaryRow, Tag},
};

mod texts {
    web::translations! {
        HEALTH_CARD: "Thẻ bảo hiểm y tế", "Health insurance card";
        NO_CARD: "Chưa có thẻ bảo hiểm y tế nào cấp cho bạn ở đây.", "No health insurance card has been issued to you here.";
        CARD_NUMBER: "Mã thẻ", "Card number";
        NAME: "Họ và tên", "Name";
        VALID_FROM: "Giá trị từ", "Valid from";
        VALID_TO: "Đến hết ngày", "Valid to";
        FACILITY: "Nơi đăng ký khám bệnh, chữa bệnh ban đầu", "Where first treatment is registered";
        VALID: "Còn giá trị", "Valid";
        EXPIRED: "Hết giá trị", "Expired";
        STATE: "Tình trạng", "State";
    }
}

#[derive(Template)]
#[template(path = "card.html")]
struct CardPage {
    t: Language,
    card: Option<SummaryList>,
}

/// The page.
pub(super) async fn show(
    State(system): State<Arc<Insurance>>,
    visit: Visit,
    user: CurrentUser,
) -> Result<Page, Problem> {
    let t = visit.language;
    let person: Option<PersonalNumber> = user.person_number.as_deref().and_then(|number| number.parse().ok());
    let today = system.room.clock.today();
    let member = match person.and_then(|person| AUTHORITY.own(&authority::myself(person, today), CARD)) {
        Some(own) => records::member(&system.room.store, own.person()).await.map_err(Problem::unavailable)?,
        None => None,
    };
    let card = member.map(|member| facts(&health_card(&member), &member.name.full(), today, t));
    Ok(visit.page(texts::HEALTH_CARD.get(t), Html::of(&CardPage { t, card })))
}

fn facts(card: &HealthCard, name: &str, today: Date, t: Language) -> SummaryList {
    let state = if today <= card.valid_to {
        Tag::coloured(texts::VALID.get(t), "green")
    } else {
        Tag::coloured(texts::EXPIRED.get(t), "red")
    };
    SummaryList::new(vec![
        SummaryRow::new(texts::CARD_NUMBER.get(t), card.card.as_str()),
        SummaryRow::new(texts::NAME.get(t), name),
        SummaryRow::new(texts::VALID_FROM.get(t), date_in(t, card.valid_from)),
        SummaryRow::new(texts::VALID_TO.get(t), date_in(t, card.valid_to)),
        SummaryRow::new(texts::FACILITY.get(t), card.facility.as_str()),
        SummaryRow::new(texts::STATE.get(t), state),
    ])
}

fn date_in(t: Language, date: Date) -> String {
    match t {
        Language::Vi => day_month_year(date),
        Language::En => english_date(date),
    }
}
