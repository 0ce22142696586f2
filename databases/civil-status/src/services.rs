//! What the register answers on the exchange.

use crate::{
    CivilStatus, FACTS,
    authority::AUTHORITY,
    certificate::printing_faults,
    model::{Application, ApplicationState, DecisionKind, Entry, EventKind, IssuedCertificate, UnitNames},
    records::{self, Filing},
    rules,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use contracts::{
    Context, FieldProblem, MemberId, Problem,
    agencies::{ReadUnit, UnitLevel, UnitOn},
    civil_status::{
        BirthApplication, BirthProgress, BirthStanding, Certificate, CertificateCode, CertificateOf,
        CertificateStanding, FetchCertificate, FileBirth, Filed, ProgressOf, Registration, VerifyCertificate,
    },
};
use std::sync::Arc;
use store::{Store, StoreError};
use system::{Access, CallError, Exchange, Incoming, Record, Service};

/// Every operation with the code that answers it.
pub(crate) fn all(system: &Arc<CivilStatus>) -> Vec<Service> {
    vec![
        Service::of::<FileBirth, _, _, _>(system, CivilStatus::file_birth),
        Service::of::<BirthProgress, _, _, _>(system, CivilStatus::birth_progress),
        Service::of::<FetchCertificate, _, _, _>(system, CivilStatus::fetch_certificate),
        Service::of::<VerifyCertificate, _, _, _>(system, CivilStatus::verify_certificate),
    ]
}

impl CivilStatus {
    async fn file_birth(
        self: Arc<Self>,
        incoming: Incoming,
        mut request: BirthApplication,
    ) -> Result<Filed, Problem> {
        request.received_by = sender(&incoming, &request.received_by)?;
        let faults = rules::check_application(&request, self.room.clock.now());
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let store = &self.room.store;
        let before = records::application_of_dossier(store, &request.dossier).await.map_err(store_problem)?;
        if let Some(before) = &before
            && let Some(answer) = filed_before(before, &request)
        {
            return answer;
        }
        refuse_known_child(store, &request).await?;
        let units = unit_names(&self.room.exchange, &request).await?;
        let unprintable = printing_faults(&request, &units, self.room.clock.now());
        if !unprintable.is_empty() {
            return Err(Problem::invalid(unprintable));
        }
        self.write_filing(before.as_ref(), &request, &units).await
    }

    /// Files for the first time, or again what `before` was sent back as.
    async fn write_filing(
        &self,
        before: Option<&Application>,
        request: &BirthApplication,
        units: &UnitNames,
    ) -> Result<Filed, Problem> {
        let now = self.room.clock.now();
        let received_on = system::clock::day_in_vietnam(request.received_at);
        let filing = Filing {
            application: before.map_or_else(|| self.room.random.id(now), |before| before.application),
            content: request,
            units,
            late: rules::is_late(request.form.child.birth_date, received_on),
            child_key: rules::child_key(&request.form),
            at: now,
        };
        let batch = match before {
            Some(before) => records::file_again(&filing, before.version),
            None => records::file(&filing),
        };
        match self.room.store.write(batch).await {
            Ok(()) => Ok(Filed { application: filing.application }),
            Err(StoreError::Duplicate { .. } | StoreError::Conflict { .. }) => {
                self.filed_meanwhile(request).await
            }
            Err(error) => Err(store_problem(error)),
        }
    }

    /// The answer when another message has filed the same dossier or the same child in the meantime.
    async fn filed_meanwhile(&self, request: &BirthApplication) -> Result<Filed, Problem> {
        let store = &self.room.store;
        let now_there =
            records::application_of_dossier(store, &request.dossier).await.map_err(store_problem)?;
        if let Some(answer) = now_there.and_then(|there| filed_before(&there, request)) {
            return answer;
        }
        refuse_known_child(store, request).await?;
        Err(Problem::changed_meanwhile())
    }

    async fn birth_progress(
        self: Arc<Self>,
        incoming: Incoming,
        request: ProgressOf,
    ) -> Result<BirthStanding, Problem> {
        let store = &self.room.store;
        if !rules::is_dossier_code(&request.dossier) {
            return Err(Problem::not_found());
        }
        let application =
            records::application_of_dossier(store, &request.dossier).await.map_err(store_problem)?;
        let application = application
            .filter(|application| may_read(&incoming, application))
            .ok_or_else(Problem::not_found)?;
        match application.state {
            ApplicationState::Waiting | ApplicationState::Registering => Ok(BirthStanding::Waiting),
            ApplicationState::Registered => registration_of(store, &application)
                .await
                .map(|found| found.map_or(BirthStanding::Waiting, BirthStanding::Registered)),
            ApplicationState::Returned | ApplicationState::Refused => {
                let decision =
                    records::last_decision(store, application.application).await.map_err(store_problem)?;
                let decision = decision.ok_or_else(|| Problem::unavailable("the decision can't be read"))?;
                let reason = decision.reason;
                Ok(match decision.kind {
                    DecisionKind::Return => BirthStanding::Returned { reason },
                    DecisionKind::Refuse => BirthStanding::Refused { reason },
                    DecisionKind::Register => BirthStanding::Waiting,
                })
            }
        }
    }

    async fn fetch_certificate(
        self: Arc<Self>,
        incoming: Incoming,
        request: CertificateOf,
    ) -> Result<Certificate, Problem> {
        let store = &self.room.store;
        let entry = records::entry(store, request.registration).await.map_err(store_problem)?;
        entry.filter(|entry| may_read(&incoming, entry)).ok_or_else(Problem::not_found)?;
        let issued =
            records::certificate_of_entry(store, request.registration).await.map_err(store_problem)?;
        let issued = issued.ok_or_else(|| Problem::unavailable("the certificate is being made"))?;
        Ok(Certificate { pdf_base64: STANDARD.encode(&issued.pdf), proof: issued.proof })
    }

    async fn verify_certificate(
        self: Arc<Self>,
        _: Incoming,
        request: CertificateCode,
    ) -> Result<CertificateStanding, Problem> {
        let found = standing(&self.room.store, &request.code).await.map_err(store_problem)?;
        found.map(|(standing, _)| standing).ok_or_else(Problem::not_found)
    }
}

/// What the register says of the certificate with a code, without naming anyone, and the name of the commune.
pub(crate) async fn standing(
    store: &Store,
    typed: &str,
) -> Result<Option<(CertificateStanding, String)>, StoreError> {
    let Some(code) = rules::normalise_certificate_code(typed) else { return Ok(None) };
    let Some(issued) = records::certificate_with_code(store, &code).await? else { return Ok(None) };
    let Some((entry, number)) = numbered_entry(store, &issued).await? else { return Ok(None) };
    let versions = records::versions(store, entry.registration).await?;
    let shown = versions.iter().find(|version| version.version == issued.version);
    let commune_name =
        shown.map_or(entry.commune.as_str(), |v| crate::certificate::unit_name(&v.units, &entry.commune));
    let standing = CertificateStanding {
        number: rules::number_in_book(number, entry.year),
        registered_on: entry.registered_on,
        commune: entry.commune.clone(),
        corrected: issued.superseded_at.is_some(),
        sha256: issued.sha256,
        proof: issued.proof,
    };
    Ok(Some((standing, commune_name.to_owned())))
}

async fn numbered_entry(
    store: &Store,
    issued: &IssuedCertificate,
) -> Result<Option<(Entry, i64)>, StoreError> {
    let entry = records::entry(store, issued.registration).await?;
    Ok(entry.and_then(|entry| entry.number.map(|number| (entry, number))))
}

/// The entry of a registered application, once its certificate is there.
async fn registration_of(store: &Store, application: &Application) -> Result<Option<Registration>, Problem> {
    let entry = records::entry_of_application(store, application.application).await.map_err(store_problem)?;
    let Some(entry) = entry else { return Ok(None) };
    let issued = records::certificate_of_entry(store, entry.registration).await.map_err(store_problem)?;
    let (Some(issued), Some(number), Some(child)) = (issued, entry.number, entry.child) else {
        return Ok(None);
    };
    Ok(Some(Registration {
        registration: entry.registration,
        number: rules::number_in_book(number, entry.year),
        book: rules::book_symbol(EventKind::Birth, entry.year),
        registered_on: entry.registered_on,
        child,
        certificate_code: issued.code,
    }))
}

/// The member that hands in, as a whole identifier. It may name itself by its code, and nobody else.
fn sender(incoming: &Incoming, received_by: &str) -> Result<String, Problem> {
    let member: &MemberId = &incoming.client.member;
    if received_by == member.code || received_by == member.to_string() {
        return Ok(member.to_string());
    }
    Err(Problem::invalid(vec![FieldProblem {
        field: "received_by".into(),
        code: "not-the-sender".into(),
        vi: "Đơn vị tiếp nhận phải là thành viên gửi yêu cầu này. Hãy ghi mã của chính mình.".into(),
        en: "The member that received the dossier must be the one that sends this. Write your own code."
            .into(),
    }]))
}

/// Only the member that handed a dossier in may follow it.
fn may_read(incoming: &Incoming, record: &impl Record) -> bool {
    AUTHORITY.any_may(&[incoming.claim()], Access::Read, record)
}

/// The answer when this dossier was filed before: the same application for the same content, a conflict for another;
/// nothing when it was sent back and is now supplied.
fn filed_before(before: &Application, request: &BirthApplication) -> Option<Result<Filed, Problem>> {
    if before.content == *request {
        return Some(Ok(Filed { application: before.application }));
    }
    // Another member's dossier of the same code is answered alike, so that nothing is learnt from the difference.
    let may_supply =
        before.state == ApplicationState::Returned && before.content.received_by == request.received_by;
    (!may_supply).then(|| {
        Err(Problem::new(
            409,
            "filed-with-other-content",
            "Hồ sơ này đã được gửi với nội dung khác. Hãy gửi lại đúng nội dung cũ, hoặc dùng mã hồ sơ mới.",
            "This dossier was sent with other content. Send the same content again, or use a new dossier code.",
        ))
    })
}

async fn refuse_known_child(store: &Store, request: &BirthApplication) -> Result<(), Problem> {
    let Some(child_key) = rules::child_key(&request.form) else { return Ok(()) };
    match records::dossier_of_child(store, &child_key).await.map_err(store_problem)? {
        Some(dossier) if dossier != request.dossier => Err(Problem::new(
            409,
            "already-registered",
            "Trẻ này đã được đăng ký khai sinh hoặc đang chờ đăng ký trong hồ sơ khác. Hãy hỏi cơ quan đăng ký hộ tịch nơi \
             đã nộp.",
            "This child's birth is already registered, or waits to be in another dossier. Ask the registrar where it was \
             handed in.",
        )),
        _ => Ok(()),
    }
}

/// The names of all units that an application mentions.
async fn unit_names(exchange: &Exchange, request: &BirthApplication) -> Result<UnitNames, Problem> {
    let (mut names, mut faults) = (UnitNames::new(), Vec::new());
    for (code, field) in rules::unit_codes(request) {
        let found = commune_name(exchange, &code, &request.dossier).await.map_err(|error| {
            tracing::warn!(system = FACTS.code, %error, "a unit can't be looked up");
            Problem::unavailable("the register of administrative units can't be asked")
        })?;
        match found {
            Some(name) => {
                names.insert(code, name);
            }
            None => faults.push(unknown_unit(field)),
        }
    }
    if faults.is_empty() { Ok(names) } else { Err(Problem::invalid(faults)) }
}

/// The full name of a commune of today, asked of the register of agencies; `None` when there is none with this code.
pub(crate) async fn commune_name(
    exchange: &Exchange,
    code: &str,
    dossier: &str,
) -> Result<Option<String>, CallError> {
    let asked = UnitOn { code: code.to_owned(), on: None };
    match exchange.call::<ReadUnit>(&asked, &Context::public().in_case(dossier)).await {
        Ok(found) => Ok((found.answer.level == UnitLevel::Commune).then_some(found.answer.full_name)),
        Err(CallError::Refused(problem)) if matches!(problem.status, 404 | 410 | 422) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn unknown_unit(field: &str) -> FieldProblem {
    FieldProblem {
        field: field.into(),
        code: "unknown-unit".into(),
        vi: "Không có xã, phường, đặc khu với mã này, hoặc đơn vị đã thay đổi. Hãy chọn lại theo địa giới hiện nay.".into(),
        en: "There is no commune with this code, or it has changed. Choose again by today's units.".into(),
    }
}

/// What a caller is told when the store fails; the cause goes to the log.
pub(crate) fn store_problem(error: StoreError) -> Problem {
    match error {
        StoreError::Conflict { .. } => Problem::changed_meanwhile(),
        error => {
            tracing::error!(system = FACTS.code, %error, "the store failed");
            Problem::unavailable("the register's store can't be used just now")
        }
    }
}
