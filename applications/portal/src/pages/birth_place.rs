//! Where the child was born: a commune that is searched for and chosen, and the place below it.

use super::{
    Applicant, Stop,
    draft::{self, Questions},
    unanswered,
};
use crate::{
    Portal, family,
    model::{Draft, Place, Step},
    rules::{self, ADDRESS_LIMIT_CHARACTERS, SEARCH_LIMIT_CHARACTERS},
    texts,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use contracts::{
    Context,
    agencies::{FindUnits, UnitLevel, UnitSearch},
    person::Address,
};
use std::sync::Arc;
use web::{
    FieldErrors, Fields, Form, Page, Problem, Visit,
    components::{Button, Choice, Hint, Input, Radios},
};

/// How many communes that were found are offered.
const COMMUNES_OFFERED: usize = 20;

/// Communes to choose from.
#[derive(Default)]
struct Offered {
    /// Code and full name.
    communes: Vec<(String, String)>,
    /// There are more than these.
    more: bool,
}

impl Offered {
    fn add(&mut self, code: &str, name: &str) {
        if self.communes.iter().all(|(known, _)| known != code) {
            self.communes.push((code.to_owned(), name.to_owned()));
        }
    }
}

/// The questions, with the answers so far.
pub(super) async fn show(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    applicant: Applicant,
    Path(subject): Path<String>,
) -> Result<Page, Stop> {
    let draft = draft::open(&system, &applicant, &subject).await?;
    let place = draft.content.answers.birth_place.as_ref();
    let address = place.map(|place| &place.address);
    let form: Form = [
        ("facility", address.map_or("", |address| &address.detail)),
        ("commune", address.map_or("", |address| &address.commune)),
    ]
    .into_iter()
    .collect();
    let errors = draft::faults_of(&draft, Step::BirthPlace);
    Ok(draft::shown(page(&visit, &draft, &form, &errors, &known(&draft))))
}

/// Searches, or takes the answers.
pub(super) async fn answer(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    applicant: Applicant,
    Path(subject): Path<String>,
    form: Form,
) -> Result<Response, Stop> {
    let mut draft = draft::open_for(&system, &applicant, &subject, &form).await?;
    let mut errors = FieldErrors::new();
    let is_search = form.value("action") == "find";
    let offered = offered(&system, &draft, &form, is_search, &mut errors).await?;
    if is_search {
        return Ok(page(&visit, &draft, &form, &errors, &offered).into_response());
    }
    match read(&system, &form, &mut errors).await? {
        Some(place) if errors.is_empty() => {
            draft.content.answers.birth_place = Some(place);
            draft::save(&system, draft, Step::BirthPlace).await
        }
        _ => Ok(page(&visit, &draft, &form, &errors, &offered).into_response()),
    }
}

async fn read(system: &Portal, form: &Form, errors: &mut FieldErrors) -> Result<Option<Place>, Problem> {
    let facility = form.value("facility");
    let fault = rules::check_line(facility, true, ADDRESS_LIMIT_CHARACTERS);
    draft::note_fault(errors, "facility", fault, texts::ENTER_FACILITY, ADDRESS_LIMIT_CHARACTERS);
    let code = form.value("commune");
    let is_code = code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit());
    let found = if is_code { family::commune(&system.room.exchange, code).await? } else { None };
    let Some((name, province)) = found else {
        errors.add("commune", texts::CHOOSE_COMMUNE);
        return Ok(None);
    };
    let address = Address { commune: code.to_owned(), detail: facility.to_owned() };
    Ok(Some(Place { address, name, province }))
}

/// What can be chosen without a search: where the parents live, and what was chosen before.
fn known(draft: &Draft) -> Offered {
    let mut offered = Offered::default();
    let chosen = draft.content.answers.birth_place.iter();
    let homes = draft.content.family.parents().map(|(_, known)| &known.residence);
    for place in chosen.chain(homes) {
        offered.add(&place.address.commune, &place.name);
    }
    offered
}

/// What can be chosen, with what the search finds.
async fn offered(
    system: &Portal,
    draft: &Draft,
    form: &Form,
    is_search: bool,
    errors: &mut FieldErrors,
) -> Result<Offered, Problem> {
    let mut offered = known(draft);
    let text = form.value("search");
    if text.is_empty() && !is_search {
        return Ok(offered);
    }
    let fault = rules::check_line(text, is_search, SEARCH_LIMIT_CHARACTERS);
    draft::note_fault(errors, "search", fault, texts::ENTER_COMMUNE, SEARCH_LIMIT_CHARACTERS);
    if fault.is_some() {
        return Ok(offered);
    }
    let asked =
        UnitSearch { text: text.to_owned(), province: None, level: Some(UnitLevel::Commune), on: None };
    let found =
        system.room.exchange.call::<FindUnits>(&asked, &Context::public()).await.map_err(unanswered)?;
    let found = found.answer;
    if found.units.is_empty() && is_search {
        errors.add("search", texts::NO_COMMUNE);
    }
    offered.more = found.more || found.units.len() > COMMUNES_OFFERED;
    for unit in found.units.iter().take(COMMUNES_OFFERED) {
        offered.add(&unit.code, &unit.full_name);
    }
    Ok(offered)
}

fn page(visit: &Visit, draft: &Draft, form: &Form, errors: &FieldErrors, offered: &Offered) -> Page {
    let t = visit.language;
    let fields = Fields { form, errors, language: t };
    let facility = Input {
        hint: Some(Hint::new(texts::FACILITY_HINT.get(t))),
        classes: "govuk-input--width-30".into(),
        autocomplete: "off".into(),
        ..fields.input("facility", texts::FACILITY)
    };
    let search = Input {
        hint: Some(Hint::new(texts::FIND_COMMUNE_HINT.get(t))),
        classes: "govuk-input--width-20".into(),
        autocomplete: "off".into(),
        ..fields.input("search", texts::FIND_COMMUNE)
    };
    let find =
        Button { name: "action".into(), value: "find".into(), ..Button::secondary(texts::SEARCH.get(t)) };
    let items = offered.communes.iter().map(|(code, name)| Choice::new(code, name.as_str()).into());
    let communes = Radios {
        items: items.collect(),
        hint: offered.more.then(|| Hint::new(texts::MORE_COMMUNES.get(t))),
        ..fields.radios("commune", texts::COMMUNE_OF_BIRTH, &[])
    };
    let questions = Questions {
        heading: texts::BIRTH_PLACE.get(t).into(),
        fields: vec![
            facility.render(),
            search.render(),
            find.render(),
            communes.render(),
            draft::continue_button(visit),
        ],
        ..Questions::default()
    };
    draft::page(visit, draft, Step::BirthPlace, questions, errors)
}
