//! Where the account is signed in.

use super::{Person, ROOT, moment_in, officials::sending, store_failed};
use crate::{
    Identity,
    model::Session,
    records::{self, SESSIONS_SHOWN},
    rules, texts,
};
use askama::Template;
use axum::extract::State;
use std::sync::Arc;
use web::{
    Csrf, Form, Html, Language, Page, Problem, Redirect, Visit,
    components::{Button, SummaryList, SummaryRow},
};

struct Shown {
    id: String,
    facts: SummaryList,
    is_this: bool,
}

#[derive(Template)]
#[template(path = "sessions.html")]
struct Sessions {
    t: Language,
    csrf: Csrf,
    sessions: Vec<Shown>,
    more: Option<String>,
    end: Button,
    browsers: String,
    forget: Button,
}

/// The open sessions.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
) -> Result<Page, Problem> {
    let t = visit.language;
    let mut all = records::sessions(&system.room.store, person.account.id).await.map_err(store_failed)?;
    let more = (all.len() > SESSIONS_SHOWN).then(|| texts::MORE_SESSIONS.fill(t, &[&SESSIONS_SHOWN]));
    all.truncate(SESSIONS_SHOWN);
    let known = records::count_browsers(&system.room.store, person.account.id).await.map_err(store_failed)?;
    let now = system.now();
    let open = all.into_iter().filter(|session| rules::is_open(session, now));
    let shown = open.map(|session| Shown {
        id: session.id.to_string(),
        facts: SummaryList::new(facts(&session, t)),
        is_this: session.id == person.session.id,
    });
    let body = Sessions {
        t,
        csrf: visit.csrf(),
        sessions: shown.collect(),
        more,
        end: Button::warning(texts::END.get(t)),
        browsers: texts::KNOWN_BROWSERS.fill(t, &[&known]),
        forget: sending("forget", Button::secondary(texts::FORGET_BROWSERS.get(t))),
    };
    Ok(visit.page(texts::OVERVIEW_SESSIONS.get(t), Html::of(&body)).with_back(ROOT))
}

fn facts(session: &Session, t: Language) -> Vec<SummaryRow> {
    let methods: Vec<&str> = session.methods.iter().map(|method| texts::method(*method).get(t)).collect();
    vec![
        SummaryRow::new(texts::DEVICE.get(t), session.device.as_str()),
        SummaryRow::new(texts::TIME.get(t), moment_in(t, session.opened_at)),
        SummaryRow::new(texts::LAST_SEEN.get(t), moment_in(t, session.seen_at)),
        SummaryRow::new(texts::METHODS.get(t), methods.join(", ")),
        SummaryRow::new(texts::LEVEL.get(t), texts::level(session.level).get(t)),
    ]
}

/// Ends one of them, or has every browser forgotten.
pub(super) async fn end(
    State(system): State<Arc<Identity>>,
    person: Person,
    form: Form,
) -> Result<Redirect, Problem> {
    let device = &person.visitor.device;
    if form.value("act") == "forget" {
        system.forget_browsers(person.account.id, device).await.map_err(store_failed)?;
    } else {
        let session = form.value("session").parse().map_err(|_| Problem::not_found())?;
        system.end_session(person.account.id, session, device).await.map_err(store_failed)?;
    }
    Ok(Redirect::to(format!("{ROOT}/sessions")))
}
