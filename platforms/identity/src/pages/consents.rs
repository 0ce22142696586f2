//! What the person agreed to, and taking it back.

use super::{Person, ROOT, authorize, moment_in, store_failed};
use crate::{Identity, records, texts};
use askama::Template;
use axum::extract::State;
use std::sync::Arc;
use web::{
    Csrf, Form, Html, Language, Page, Problem, Redirect, Visit,
    components::{Button, SummaryList, SummaryRow},
};

struct Shown {
    client: String,
    facts: SummaryList,
}

#[derive(Template)]
#[template(path = "consents.html")]
struct Consents {
    t: Language,
    csrf: Csrf,
    consents: Vec<Shown>,
    more: bool,
    withdraw: Button,
    /// Names of the sites that the law lets know who their people are.
    sites: Vec<String>,
}

/// All consents.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
) -> Result<Page, Problem> {
    let t = visit.language;
    let mut given = records::consents(&system.room.store, person.account.id).await.map_err(store_failed)?;
    let more = given.len() > records::CONSENTS_SHOWN;
    given.truncate(records::CONSENTS_SHOWN);
    let mut consents = Vec::new();
    for consent in given {
        let name = authorize::name_of(&system, &consent.client, t).await.map_err(store_failed)?;
        let fields: Vec<&str> = consent.given.iter().map(|field| texts::field(*field).get(t)).collect();
        let facts = vec![
            SummaryRow::new(texts::SERVICE.get(t), name),
            SummaryRow::new(texts::FIELDS.get(t), fields.join(", ")),
            SummaryRow::new(texts::TIME.get(t), moment_in(t, consent.at)),
        ];
        consents.push(Shown { client: consent.client, facts: SummaryList::new(facts) });
    }
    let sites = records::sites(&system.room.store).await.map_err(store_failed)?;
    let sites = sites.iter().map(|(_, site)| authorize::client_name(site, t).to_owned()).collect();
    let withdraw = Button::warning(texts::WITHDRAW.get(t));
    let body = Consents { t, csrf: visit.csrf(), consents, more, withdraw, sites };
    Ok(visit.page(texts::OVERVIEW_CONSENTS.get(t), Html::of(&body)).with_back(ROOT))
}

/// Takes one back.
pub(super) async fn withdraw(
    State(system): State<Arc<Identity>>,
    person: Person,
    form: Form,
) -> Result<Redirect, Problem> {
    let device = &person.visitor.device;
    system.withdraw(&person.account, form.value("client"), device).await.map_err(store_failed)?;
    Ok(Redirect::to(format!("{ROOT}/consents")))
}
