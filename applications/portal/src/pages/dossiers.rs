//! The applicant's dossiers and drafts.

use super::{Applicant, dossier, dossier_path, draft, failed, in_language, moment_in};
use crate::{
    Portal,
    authority::{DOSSIER, DRAFT},
    model::{Dossier, Draft},
    records, texts,
};
use askama::Template;
use axum::extract::State;
use contracts::one_door::Form as DossierForm;
use std::sync::Arc;
use web::{
    Flash, Form, Html, Language, Page, Problem, Text, Visit,
    components::{Table, TableCell, WideTable},
};

#[derive(Template)]
#[template(path = "dossiers.html")]
struct Dossiers {
    t: Language,
    dossiers: Option<WideTable>,
    drafts: Option<WideTable>,
}

#[derive(Template)]
#[template(source = r#"<a class="govuk-link" href="{{ href }}">{{ name }}</a>"#, ext = "html")]
struct Link<'a> {
    href: String,
    name: &'a str,
}

/// The list.
pub(super) async fn show(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    applicant: Applicant,
    form: Form,
) -> Result<Page, Problem> {
    let t = visit.language;
    let store = &system.room.store;
    let dossiers = records::own_dossiers(store, &applicant.own(&system, DOSSIER)?).await.map_err(failed)?;
    let drafts = records::drafts(store, &applicant.own(&system, DRAFT)?).await.map_err(failed)?;
    let body = Dossiers {
        t,
        dossiers: (!dossiers.is_empty()).then(|| {
            let heads = [texts::PROCEDURE, texts::CHILD, texts::SUBMITTED_AT, texts::STATE];
            table(
                texts::HANDED_IN,
                &heads,
                dossiers.iter().map(|dossier| dossier_row(dossier, t)).collect(),
                t,
            )
        }),
        drafts: (!drafts.is_empty()).then(|| {
            let heads = [texts::PROCEDURE, texts::CHILD, texts::SAVED_AT];
            table(texts::DRAFTS, &heads, drafts.iter().map(|draft| draft_row(draft, t)).collect(), t)
        }),
    };
    let mut page = visit.page(texts::MY_DOSSIERS.get(t), Html::of(&body));
    if form.value("done") == "deleted" {
        page = page.with_flash(Flash::success(texts::DRAFT_DELETED.get(t)));
    }
    Ok(page)
}

fn table(caption: Text, heads: &[Text], rows: Vec<Vec<TableCell>>, t: Language) -> WideTable {
    WideTable(Table {
        caption: caption.get(t).into(),
        caption_classes: "govuk-table__caption--m".into(),
        head: heads.iter().map(|head| TableCell::new(head.get(t))).collect(),
        rows,
        first_cell_is_header: true,
        ..Table::default()
    })
}

fn dossier_row(of: &Dossier, t: Language) -> Vec<TableCell> {
    let link = Link { href: dossier_path(of), name: in_language(&of.procedure.name, t) };
    let DossierForm::Birth(birth) = &of.form;
    vec![
        TableCell::new(Html::of(&link)),
        TableCell::new(birth.child.name.full()),
        TableCell::new(moment_in(t, of.submitted_at)),
        TableCell::new(dossier::state_tag(of, t)),
    ]
}

fn draft_row(of: &Draft, t: Language) -> Vec<TableCell> {
    let link = Link { href: draft::path(&of.subject), name: in_language(&of.procedure.name, t) };
    let child = of.content.answers.child.as_ref().map(|child| child.name.full()).unwrap_or_default();
    vec![TableCell::new(Html::of(&link)), TableCell::new(child), TableCell::new(moment_in(t, of.saved_at))]
}
