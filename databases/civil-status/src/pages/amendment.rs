//! Correction and change of an entry.

use super::{
    Registrar,
    application::place,
    entry::{own_entry, path},
    fact,
};
use crate::{
    ActError, CivilStatus,
    model::{AmendmentKind, Entry, EntryVersion},
    rules::{self, AmendmentRequest, Change},
    texts,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use contracts::{FieldProblem, PersonName, civil_status::Child, person::Address};
use std::sync::Arc;
use system::Access;
use web::{
    Confirmation, Csrf, FieldErrors, Fields, Form, Html, Language, Page, Problem, Redirect, Text, Visit,
    components::{Button, Checkboxes, Hint, Input, Radios, Select, SelectOption, SummaryRow, Textarea},
};

/// The fields of the form, each with the field of the rules it stands for.
const FIELDS: [(&str, &str); 7] = [
    ("family", "form.child.name.family"),
    ("middle", "form.child.name.middle"),
    ("given", "form.child.name.given"),
    ("birth-commune", "form.child.birth_place.commune"),
    ("birth-detail", "form.child.birth_place.detail"),
    ("home-commune", "form.child.hometown.commune"),
    ("home-detail", "form.child.hometown.detail"),
];
/// What is sent on from the form to its confirmation.
const ANSWERS: [&str; 13] = [
    "kind",
    "family",
    "middle",
    "given",
    "birth-commune",
    "birth-detail",
    "home-commune",
    "home-detail",
    "ethnicity",
    "reason",
    "legal-basis",
    "consent",
    "version",
];

#[derive(Template)]
#[template(path = "amendment.html")]
struct AmendmentPage {
    t: Language,
    csrf: Csrf,
    version: i64,
    kind: Radios,
    lines: Vec<Input>,
    ethnicity: Select,
    reason: Textarea,
    legal_basis: Input,
    consent: Checkboxes,
    send: Button,
}

/// The form, filled with what the entry says.
pub(super) async fn ask(
    State(system): State<Arc<CivilStatus>>,
    visit: Visit,
    registrar: Registrar,
    Path(registration): Path<String>,
) -> Result<Page, Problem> {
    let (entry, versions) = own_entry(&system, &registrar, Access::Change, &registration).await?;
    let current = versions.last().ok_or_else(Problem::not_found)?;
    let child = &current.form.child;
    let filled: Form = [
        ("family", child.name.family.as_str()),
        ("middle", &child.name.middle),
        ("given", &child.name.given),
        ("birth-commune", &child.birth_place.commune),
        ("birth-detail", &child.birth_place.detail),
        ("home-commune", &child.hometown.commune),
        ("home-detail", &child.hometown.detail),
        ("ethnicity", &child.ethnicity),
    ]
    .into_iter()
    .collect();
    Ok(page(&visit, &entry, current.version, &filled, &FieldErrors::new()))
}

/// Amends: the first time shows before and after; confirmed, it is done.
pub(super) async fn amend(
    State(system): State<Arc<CivilStatus>>,
    visit: Visit,
    registrar: Registrar,
    Path(registration): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let (entry, versions) = own_entry(&system, &registrar, Access::Change, &registration).await?;
    let current = versions.last().ok_or_else(Problem::not_found)?;
    if form.value("version").parse() != Ok(current.version) {
        return Err(Problem::conflict());
    }
    let mut errors = FieldErrors::new();
    let Some(request) = request(&form, &mut errors) else {
        return Ok(page(&visit, &entry, current.version, &form, &errors).into_response());
    };
    let faults = system.amendment_faults(&entry, current, &request).await?;
    if !faults.is_empty() {
        add_faults(&faults, &mut errors);
        return Ok(page(&visit, &entry, current.version, &form, &errors).into_response());
    }
    if form.value("confirmed") != "yes" {
        return Ok(confirmation(&visit, &entry, current, &request, &form).into_response());
    }
    match system.amend(&entry, &versions, &request, registrar.official).await {
        Ok(()) => Ok(Redirect::to(format!("{}?done=amendment", path(entry.registration))).into_response()),
        Err(ActError::Invalid(faults)) => {
            add_faults(&faults, &mut errors);
            Ok(page(&visit, &entry, current.version, &form, &errors).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn request(form: &Form, errors: &mut FieldErrors) -> Option<AmendmentRequest> {
    let Some(kind) = AmendmentKind::of_word(form.value("kind")) else {
        errors.add("kind", texts::CHOOSE_KIND);
        return None;
    };
    let owned = |field: &str| form.value(field).to_owned();
    let address = |commune: &str, detail: &str| Address { commune: owned(commune), detail: owned(detail) };
    Some(AmendmentRequest {
        kind,
        change: Change {
            name: PersonName { family: owned("family"), middle: owned("middle"), given: owned("given") },
            birth_place: address("birth-commune", "birth-detail"),
            hometown: address("home-commune", "home-detail"),
            ethnicity: owned("ethnicity"),
        },
        reason: owned("reason"),
        legal_basis: owned("legal-basis"),
        consent: form.value("consent") == "yes",
    })
}

/// Puts what the rules say beside the fields of this form.
fn add_faults(faults: &[FieldProblem], errors: &mut FieldErrors) {
    for fault in faults {
        let own = FIELDS.iter().find(|(_, rule)| *rule == fault.field).map(|(field, _)| *field);
        let field = own.unwrap_or(match fault.field.as_str() {
            "legal_basis" => "legal-basis",
            "reason" => "reason",
            "consent" => "consent",
            "form.child.ethnicity" => "ethnicity",
            "form.child.name" => "given",
            _ => "family",
        });
        errors.add(field, web::Message::new(fault.vi.clone(), fault.en.clone()));
    }
}

/// A particular of the child and how it is written.
type Particular = (Text, fn(&Child, &EntryVersion) -> String);

fn confirmation(
    visit: &Visit,
    entry: &Entry,
    current: &EntryVersion,
    request: &AmendmentRequest,
    form: &Form,
) -> Page {
    let t = visit.language;
    let before = &current.form.child;
    let after = rules::amended(&current.form, &request.change).child;
    let shown: [Particular; 4] = [
        (texts::FULL_NAME, |child, _| child.name.full()),
        (texts::BIRTH_PLACE, |child, version| place(&child.birth_place, &version.units)),
        (texts::HOMETOWN, |child, version| place(&child.hometown, &version.units)),
        (texts::ETHNICITY, |child, _| {
            rules::ethnicity_name(&child.ethnicity).unwrap_or(&child.ethnicity).to_owned()
        }),
    ];
    let mut facts: Vec<SummaryRow> = Vec::new();
    for (particular, of) in shown {
        let (old, new) = (of(before, current), of(&after, current));
        if old != new {
            let change = format!("{}: {old}. {}: {new}.", texts::BEFORE.get(t), texts::AFTER.get(t));
            facts.push(fact(t, particular, change));
        }
    }
    facts.push(fact(t, texts::REASON, request.reason.clone()));
    facts.push(fact(t, texts::LEGAL_BASIS, request.legal_basis.clone()));
    let answers = ANSWERS.iter().map(|name| (*name, form.value(name).to_owned())).collect();
    let heading = texts::CONFIRM_AMENDMENT.get(t).to_owned();
    let follows = texts::AMENDMENT_FOLLOWS.get(t).to_owned();
    Confirmation { heading, facts, follows, answers, cancel: path(entry.registration) }.page(visit)
}

fn page(visit: &Visit, entry: &Entry, version: i64, form: &Form, errors: &FieldErrors) -> Page {
    let t = visit.language;
    let fields = Fields { form, errors, language: t };
    let labels = [
        texts::FAMILY_NAME,
        texts::MIDDLE_NAME,
        texts::GIVEN_NAME,
        texts::BIRTH_COMMUNE,
        texts::BIRTH_DETAIL,
        texts::HOME_COMMUNE,
        texts::HOME_DETAIL,
    ];
    let kinds = [
        (AmendmentKind::Correction.word(), texts::CORRECTION_LONG),
        (AmendmentKind::Change.word(), texts::CHANGE_LONG),
    ];
    let groups = rules::ethnicities().iter().map(|(code, name)| SelectOption::new(*code, *name)).collect();
    let body = AmendmentPage {
        t,
        csrf: visit.csrf(),
        version,
        kind: fields.radios("kind", texts::AMENDMENT_KIND, &kinds),
        lines: FIELDS.iter().zip(labels).map(|((field, _), label)| fields.input(field, label)).collect(),
        ethnicity: fields.select("ethnicity", texts::ETHNICITY, groups),
        reason: fields.textarea("reason", texts::REASON),
        legal_basis: Input {
            hint: Some(Hint::new(texts::LEGAL_BASIS_HINT.get(t))),
            ..fields.input("legal-basis", texts::LEGAL_BASIS)
        },
        consent: fields.checkboxes("consent", texts::CONSENT, &[("yes", texts::CONSENT_GIVEN)]),
        send: Button::new(texts::CONTINUE.get(t)),
    };
    visit.page(texts::AMEND.get(t), Html::of(&body)).with_back(path(entry.registration)).with_errors(errors)
}
