//! Who read my data: each reading with its time, agency, purpose, legal basis, fields and the message that proves it.

use super::problem;
use crate::{
    Population,
    rules::access::{self, AUTHORITY, READING},
    texts,
};
use askama::Template;
use axum::extract::{Query, State};
use contracts::{
    Context, PersonalNumber, SystemId,
    agencies::{AgencyOn, ReadAgency},
    population::{Access, Accesses},
};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use std::{collections::BTreeMap, sync::Arc};
use web::{
    CurrentUser, Html, Language, Page, Problem, Visit,
    components::{Breadcrumb, Table, TableCell, WideTable},
};

/// Which page of the list.
#[derive(Deserialize)]
pub(super) struct Place {
    /// Only readings before this time, in microseconds since 1970.
    before: Option<i64>,
}

#[derive(Template)]
#[template(path = "accesses.html")]
struct Body {
    t: Language,
    readings: Option<WideTable>,
    is_first: bool,
    next: Option<i64>,
}

/// `GET /population/accesses`
pub(super) async fn show(
    visit: Visit,
    user: CurrentUser,
    State(population): State<Arc<Population>>,
    Query(place): Query<Place>,
) -> Result<Page, Problem> {
    let own = population.own_view(user.person_number.as_deref()).await.map_err(problem)?;
    let before =
        place.before.map(Timestamp::from_microsecond).transpose().map_err(|_| Problem::not_found())?;
    let accesses = readings(&population, own.number, before).await?;
    let agencies = population.agencies_of(&accesses.accesses).await;
    let t = visit.language;
    let body = Body {
        t,
        readings: (!accesses.accesses.is_empty()).then(|| table(&accesses.accesses, &agencies, t)),
        is_first: before.is_none(),
        next: accesses.accesses.last().filter(|_| accesses.more).map(|last| last.at.as_microsecond()),
    };
    let above = Breadcrumb {
        content: texts::MY_DATA.get(t).into(),
        href: "/population".into(),
        ..Breadcrumb::default()
    };
    Ok(visit.page(texts::WHO_READ.get(t), Html::of(&body)).with_breadcrumbs(vec![above]))
}

async fn readings(
    population: &Population,
    person: PersonalNumber,
    before: Option<Timestamp>,
) -> Result<Accesses, Problem> {
    let claim = access::myself(person, population.room.clock.today());
    let own = AUTHORITY.own(&claim, READING).ok_or_else(Problem::forbidden)?;
    population.readings_of(&own, before).await.map_err(problem)
}

fn table(accesses: &[Access], agencies: &BTreeMap<String, String>, t: Language) -> WideTable {
    let heads =
        [texts::TIME, texts::AGENCY, texts::PURPOSE, texts::LEGAL_BASIS, texts::FIELDS, texts::MESSAGE];
    WideTable(Table {
        caption: texts::WHO_READ.get(t).into(),
        caption_classes: "govuk-visually-hidden".into(),
        head: heads.iter().map(|head| TableCell::new(head.get(t))).collect(),
        rows: accesses.iter().map(|access| row(access, agencies, t)).collect(),
        classes: "govuk-table--small-text-until-tablet".into(),
        ..Table::default()
    })
}

fn row(access: &Access, agencies: &BTreeMap<String, String>, t: Language) -> Vec<TableCell> {
    let time = match t {
        Language::Vi => calendar::text::vietnamese_moment(access.at),
        Language::En => calendar::text::english_moment(access.at),
    };
    let purpose = texts::purpose(&access.purpose).map_or(access.purpose.as_str(), |purpose| purpose.get(t));
    let fields: Vec<&str> = access.fields.iter().map(|field| texts::field(*field).get(t)).collect();
    let fields = if fields.is_empty() { texts::NO_FIELDS.get(t).to_owned() } else { fields.join(", ") };
    let message = MessageLink {
        href: format!("/exchange/messages/{}", utf8_percent_encode(&access.message, NON_ALPHANUMERIC)),
        message: &access.message,
    };
    vec![
        TableCell::new(time),
        TableCell::new(agencies.get(&access.client).unwrap_or(&access.client).as_str()),
        TableCell::new(purpose),
        TableCell::new(access.legal_basis.as_str()),
        TableCell::new(fields),
        TableCell::new(Html::of(&message)),
    ]
}

/// The link to the proof of a reading.
#[derive(Template)]
#[template(source = r#"<a class="govuk-link" href="{{ href }}">{{ message }}</a>"#, ext = "html")]
struct MessageLink<'a> {
    href: String,
    message: &'a str,
}

impl Population {
    /// What the systems that read are called: their agency by name, where the register of agencies can say it, and the
    /// system's code.
    async fn agencies_of(&self, accesses: &[Access]) -> BTreeMap<String, String> {
        let mut names = BTreeMap::new();
        for access in accesses {
            if names.contains_key(&access.client) {
                continue;
            }
            let Ok(client) = access.client.parse::<SystemId>() else { continue };
            let asked = AgencyOn { code: client.member.code.clone(), on: None };
            let agency = match self.room.exchange.call::<ReadAgency>(&asked, &Context::public()).await {
                Ok(delivered) => delivered.answer.name,
                Err(_) => client.member.code.clone(),
            };
            names.insert(access.client.clone(), format!("{agency} ({})", client.system));
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::population::PersonField;

    #[test]
    fn each_reading_leads_to_its_proof_in_both_languages() {
        let access = Access {
            at: "2026-11-21T03:00:00Z".parse().unwrap(),
            client: "VN/GOV/H26/one-door".into(),
            purpose: "procedure".into(),
            legal_basis: "118/2025/ND-CP:12".into(),
            fields: vec![PersonField::Name, PersonField::Residence],
            message: "018f-\"><script>".into(),
        };
        let agencies = BTreeMap::from([(
            "VN/GOV/H26/one-door".to_owned(),
            "UBND thành phố Hà Nội (one-door)".to_owned(),
        )]);
        for (t, words) in [
            (
                Language::Vi,
                [
                    "Giải quyết thủ tục hành chính",
                    "Họ, chữ đệm và tên, Nơi thường trú",
                    "UBND thành phố Hà Nội",
                ],
            ),
            (Language::En, ["An administrative procedure", "Name, Permanent residence", "118/2025/ND-CP:12"]),
        ] {
            let readings = Some(table(std::slice::from_ref(&access), &agencies, t));
            let body = Body { t, readings, is_first: true, next: Some(5) }.render().unwrap();
            for word in words.into_iter().chain(["/exchange/messages/018f%2D%22%3E%3Cscript%3E", "?before=5"])
            {
                assert!(body.contains(word), "{word} in {body}");
            }
            assert!(!body.contains("<script>"));
            let empty = Body { t, readings: None, is_first: true, next: None }.render().unwrap();
            assert!(empty.contains(texts::NOBODY_READ.get(t)) && !empty.contains("before="));
        }
    }
}
