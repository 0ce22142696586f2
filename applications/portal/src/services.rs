//! What the portal answers on the exchange: one-doors report where dossiers stand.

use crate::{FACTS, Portal, authority::may_report, model::Document, records, rules};
use base64::{Engine, engine::general_purpose::STANDARD};
use contracts::{
    FieldProblem, Problem,
    one_door::Attachment,
    portal::{DossierStanding, SynchroniseDossier, Synchronised},
};
use std::sync::Arc;
use store::{Batch, StoreError};
use system::{Incoming, Service};

/// Most facts in one report.
const FACTS_LIMIT: usize = 20;
/// Longest code or text of a fact, in characters.
const FACT_LIMIT_CHARACTERS: usize = 100;
/// Most documents in one report.
const DOCUMENTS_LIMIT: usize = 100;
/// Largest document, in bytes.
const DOCUMENT_LIMIT_BYTES: usize = 10 * 1024 * 1024;
/// Longest file name, code of a component, or media type, in characters.
const NAME_LIMIT_CHARACTERS: usize = 200;
/// Longest note, in characters.
const NOTE_LIMIT_CHARACTERS: usize = 4_000;
/// Longest code of a dossier, in characters.
const DOSSIER_CODE_LIMIT_CHARACTERS: usize = 64;
/// How often a report is decided on again when another one of the same dossier comes at the same time.
const DECISIONS_MAXIMUM: usize = 5;

/// Every operation with the code that answers it.
pub(crate) fn all(system: &Arc<Portal>) -> Vec<Service> {
    vec![Service::of::<SynchroniseDossier, _, _, _>(system, Portal::synchronise)]
}

impl Portal {
    /// An older report is kept for the time line and changes nothing else; the same one twice changes nothing.
    async fn synchronise(
        self: Arc<Self>,
        incoming: Incoming,
        reported: DossierStanding,
    ) -> Result<Synchronised, Problem> {
        let store = &self.room.store;
        for _ in 0..DECISIONS_MAXIMUM {
            let dossier = records::dossier(store, reported.submission).await.map_err(store_problem)?;
            let dossier = dossier.filter(|dossier| may_report(&incoming, dossier));
            let dossier = dossier.ok_or_else(Problem::not_found)?;
            let documents = checked(&reported)?;
            let mut batch = Batch::new();
            records::add_report(&mut batch, &reported);
            if rules::is_newer(reported.revision, &dossier) {
                records::bring_up_to_date(&mut batch, &reported);
                for document in &documents {
                    let id = self.room.random.id(incoming.at);
                    records::keep_document(
                        &mut batch,
                        id,
                        reported.submission,
                        document,
                        self.room.clock.now(),
                    );
                }
            }
            match store.write(batch).await {
                Ok(()) => return Ok(Synchronised { submission: reported.submission }),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(store_problem(error)),
            }
        }
        Err(Problem::changed_meanwhile())
    }
}

/// The documents of a report, once everything in it is within its limits.
fn checked(reported: &DossierStanding) -> Result<Vec<Document>, Problem> {
    let mut faults = Vec::new();
    let too_long =
        |text: &Option<String>, limit| text.as_ref().is_some_and(|text| text.chars().count() > limit);
    if too_long(&reported.note, NOTE_LIMIT_CHARACTERS) {
        faults.push(over("note", NOTE_LIMIT_CHARACTERS));
    }
    if too_long(&reported.dossier, DOSSIER_CODE_LIMIT_CHARACTERS) {
        faults.push(over("dossier", DOSSIER_CODE_LIMIT_CHARACTERS));
    }
    let is_long = |text: &String| text.chars().count() > FACT_LIMIT_CHARACTERS;
    if reported.facts.len() > FACTS_LIMIT {
        faults.push(over("facts", FACTS_LIMIT));
    } else if reported.facts.iter().any(|fact| is_long(&fact.code) || is_long(&fact.value)) {
        faults.push(over("facts", FACT_LIMIT_CHARACTERS));
    }
    if reported.documents.len() > DOCUMENTS_LIMIT {
        faults.push(over("documents", DOCUMENTS_LIMIT));
    }
    let mut documents = Vec::new();
    for (place, attachment) in reported.documents.iter().take(DOCUMENTS_LIMIT).enumerate() {
        match document(attachment) {
            Some(document) => documents.push(document),
            None => faults.push(unreadable(place)),
        }
    }
    if faults.is_empty() { Ok(documents) } else { Err(Problem::invalid(faults)) }
}

fn document(attachment: &Attachment) -> Option<Document> {
    let named = [&attachment.component, &attachment.name, &attachment.media_type]
        .into_iter()
        .all(|text| !text.is_empty() && text.chars().count() <= NAME_LIMIT_CHARACTERS);
    let content = STANDARD.decode(&attachment.content_base64).ok()?;
    (named && content.len() <= DOCUMENT_LIMIT_BYTES).then(|| Document {
        component: attachment.component.clone(),
        name: attachment.name.clone(),
        media_type: attachment.media_type.clone(),
        content,
    })
}

fn over(field: &str, limit: usize) -> FieldProblem {
    FieldProblem {
        field: field.into(),
        code: "too-long".into(),
        vi: format!("Vượt quá giới hạn {limit}. Hãy gửi ít hơn."),
        en: format!("This is over the limit of {limit}. Send less."),
    }
}

fn unreadable(place: usize) -> FieldProblem {
    FieldProblem {
        field: format!("documents.{place}"),
        code: "unreadable-document".into(),
        vi: format!(
            "Tài liệu phải có mã, tên, kiểu (mỗi mục tối đa {NAME_LIMIT_CHARACTERS} ký tự) và nội dung base64 tối đa {DOCUMENT_LIMIT_BYTES} byte."
        ),
        en: format!(
            "A document needs a component, name and media type (at most {NAME_LIMIT_CHARACTERS} characters each) and at most {DOCUMENT_LIMIT_BYTES} bytes in base64."
        ),
    }
}

/// What a caller is told when the store fails; the cause goes to the log.
fn store_problem(error: StoreError) -> Problem {
    tracing::error!(system = FACTS.code, %error, "the store failed");
    Problem::unavailable("the portal's store can't be used just now")
}
