//! What the one-door answers on the exchange.

use crate::{
    FACTS, OneDoor,
    authority::{AUTHORITY, Kept},
    model::{Actor, Dossier, StepProgress, StepState},
    progress::{self, Decision},
    records::{self, Download},
    rules::{self, Act, DossierCode, LOOK_UP_CARD, READ_RESIDENCE},
    tasks,
};
use contracts::{
    Context, FieldProblem, MemberId, Operation, Problem,
    agencies::{AgencyOn, ReadAgency, ReadUnit, Unit, UnitLevel, UnitOn},
    events::{CloudEvent, Taken},
    insurance::CardIssued,
    one_door::{
        DeliverResult, Delivered, Delivery, Outcome, Submission, SubmitDossier, Submitted, Supplement,
        SupplyMore, TakeCardIssued, TakeResidenceDecided, WithdrawDossier, Withdrawal,
    },
    population::ResidenceDecided,
    portal::DossierState,
    procedures::{Procedure, ProcedureOn, ReadProcedure},
};
use std::sync::Arc;
use store::{Batch, StoreError};
use system::{Access, CallError, Incoming, Service};
use uuid::Uuid;

/// How often a change is decided again when another came first.
const DECISIONS_MAXIMUM: usize = 5;

/// Every operation with the code that answers it.
pub(crate) fn all(system: &Arc<OneDoor>) -> Vec<Service> {
    vec![
        Service::of::<SubmitDossier, _, _, _>(system, OneDoor::submit_dossier),
        Service::of::<SupplyMore, _, _, _>(system, OneDoor::supply_more),
        Service::of::<WithdrawDossier, _, _, _>(system, OneDoor::withdraw_dossier),
        Service::of::<DeliverResult, _, _, _>(system, OneDoor::deliver_result),
        Service::of::<TakeCardIssued, _, _, _>(system, OneDoor::take_card_issued),
        Service::of::<TakeResidenceDecided, _, _, _>(system, OneDoor::take_residence_decided),
    ]
}

impl OneDoor {
    async fn submit_dossier(
        self: Arc<Self>,
        incoming: Incoming,
        mut request: Submission,
    ) -> Result<Submitted, Problem> {
        let signature_faults = rules::check_signature(&request);
        request.from = sender(&incoming, &request.from)?;
        let digest = digest(&request);
        if let Some(answer) = self.submitted_before(&request, &digest).await? {
            return answer;
        }
        let mut faults = rules::check_submission(&request, self.room.clock.now());
        faults.extend(signature_faults);
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let procedure = self.procedure_today(&request).await?;
        let faults = rules::check_procedure(&procedure, &request.form);
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let files = rules::read_files(&request.attachments, &procedure).map_err(Problem::invalid)?;
        let commune = self.own_commune(&request).await?;
        let dossier = new_dossier(&request, digest, procedure, commune, self.room.clock.now());
        self.refuse_known_child(&dossier).await?;
        let mut batch = Batch::new();
        records::add(&mut batch, &dossier);
        records::add_attachments(&mut batch, dossier.submission, 0, &files);
        if let Some(signature) = &request.signature {
            records::add_signature(&mut batch, dossier.submission, signature);
            batch.enqueue(tasks::verification(&self.room, dossier.submission));
        }
        match self.room.store.write(batch).await {
            Ok(()) => {
                self.room.tasks.notify_one();
                Ok(Submitted { submission: request.submission })
            }
            Err(StoreError::Duplicate { .. }) => {
                if let Some(answer) = self.submitted_before(&request, &dossier.digest).await? {
                    return answer;
                }
                self.refuse_known_child(&dossier).await?;
                Err(Problem::changed_meanwhile())
            }
            Err(error) => Err(store_problem(error)),
        }
    }

    /// The answer when this submission came before: the same for the same content, a conflict for another.
    async fn submitted_before(
        &self,
        request: &Submission,
        digest: &str,
    ) -> Result<Option<Result<Submitted, Problem>>, Problem> {
        let before = self.dossier(request.submission).await.map_err(store_problem)?;
        Ok(before.map(|before| match before.digest == digest {
            true => Ok(Submitted { submission: request.submission }),
            false => Err(Problem::new(
                409,
                "submitted-with-other-content",
                "Hồ sơ này đã được gửi với nội dung khác. Hãy gửi lại đúng nội dung cũ, hoặc nộp hồ sơ mới.",
                "This dossier was sent with other content. Send the same content again, or hand in a new dossier.",
            )),
        }))
    }

    async fn procedure_today(&self, request: &Submission) -> Result<Procedure, Problem> {
        let asked = ProcedureOn { code: request.procedure.clone(), on: Some(self.room.clock.today()) };
        self.look_up::<ReadProcedure>(request, &asked)
            .await?
            .ok_or_else(|| Problem::invalid(vec![rules::unknown_procedure()]))
    }

    /// The commune, which must exist today and belong to the province that runs this one-door.
    async fn own_commune(&self, request: &Submission) -> Result<Unit, Problem> {
        let asked = AgencyOn { code: self.room.member.code.clone(), on: None };
        let agency = self.look_up::<ReadAgency>(request, &asked).await?;
        let province = agency.and_then(|agency| agency.province).ok_or_else(|| {
            Problem::unavailable(
                "the register of agencies names no province for the member that runs this one-door",
            )
        })?;
        let asked = UnitOn { code: request.commune.clone(), on: None };
        let unit = self.look_up::<ReadUnit>(request, &asked).await?;
        let today = self.room.clock.today();
        let fault = match unit {
            Some(unit)
                if unit.level != UnitLevel::Commune || unit.until.is_some_and(|until| until <= today) =>
            {
                rules::unknown_commune()
            }
            Some(unit) if unit.parent.as_ref() == Some(&province) => return Ok(unit),
            Some(_) => rules::commune_of_other_province(),
            None => rules::unknown_commune(),
        };
        Err(Problem::invalid(vec![fault]))
    }

    /// Public information that a submission needs; nothing when the provider knows of none.
    async fn look_up<O: Operation>(
        &self,
        request: &Submission,
        asked: &O::Request,
    ) -> Result<Option<O::Answer>, Problem> {
        let context =
            Context::public().by(&request.applicant.to_string()).in_case(&request.submission.to_string());
        match self.room.exchange.call::<O>(asked, &context).await {
            Ok(found) => Ok(Some(found.answer)),
            Err(CallError::Refused(problem)) if matches!(problem.status, 400 | 404 | 422) => Ok(None),
            Err(error) => {
                tracing::warn!(system = FACTS.code, %error, "a submission can't be checked");
                Err(Problem::unavailable("a register that a submission is checked with can't be asked"))
            }
        }
    }

    async fn refuse_known_child(&self, dossier: &Dossier) -> Result<(), Problem> {
        let store = &self.room.store;
        let known = records::dossier_of_child(store, &dossier.procedure.code, &dossier.child_key).await;
        match known.map_err(store_problem)? {
            Some(other) if other != dossier.submission => Err(Problem::new(
                409,
                "already-submitted",
                "Đã có hồ sơ của thủ tục này cho cùng trẻ em. Hãy theo dõi hồ sơ đã nộp, hoặc rút hồ sơ đó rồi nộp lại.",
                "There is a dossier of this procedure for the same child. Follow that one, or withdraw it and hand in again.",
            )),
            _ => Ok(()),
        }
    }

    async fn supply_more(
        self: Arc<Self>,
        incoming: Incoming,
        request: Supplement,
    ) -> Result<Submitted, Problem> {
        for _ in 0..DECISIONS_MAXIMUM {
            let before = self.dossier_of_sender(&incoming, request.submission).await?;
            let is_known = request.notice >= 1 && request.notice <= before.answered;
            if is_known || self.written(self.supplied(&before, &request).await?).await? {
                return Ok(Submitted { submission: request.submission });
            }
        }
        Err(Problem::changed_meanwhile())
    }

    /// The batch of a supplement; the clock restarts from zero (Decree 61/2018/ND-CP article 19).
    async fn supplied(&self, before: &Dossier, request: &Supplement) -> Result<Batch, Problem> {
        let state = rules::after(before.state, Act::Supply, &before.steps)
            .filter(|_| request.notice == before.notices)
            .ok_or_else(|| {
                Problem::new(
                    409,
                    "no-supplement-awaited",
                    "Hồ sơ không chờ bổ sung theo phiếu này. Hãy xem lại tình trạng và phiếu yêu cầu mới nhất.",
                    "The dossier waits for no supplement to this notice. Look at its state and its latest notice.",
                )
            })?;
        let faults = rules::check_form(&request.form, before.applicant);
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let files = rules::read_files(&request.attachments, &before.procedure).map_err(Problem::invalid)?;
        let mut after = Dossier {
            state,
            form: request.form.clone(),
            child_key: rules::child_key(&request.form),
            answered: request.notice,
            note: None,
            ..before.clone()
        };
        self.refuse_known_child(&after).await?;
        if before.reception.is_some() {
            let now = self.room.clock.now();
            after.clock_from = Some(now);
            let due = rules::due(&before.procedure.time_limit, now);
            after.due_at = Some(due.map_err(|error| Problem::unavailable(&error.to_string()))?);
        }
        for step in after.steps.iter_mut().filter(|step| step.state == StepState::Returned) {
            step.state = StepState::Running;
        }
        let mut batch = progress::change(&self.room, before, &mut after, &before.applicant_actor());
        records::add_attachments(&mut batch, before.submission, request.notice, &files);
        Ok(batch)
    }

    async fn withdraw_dossier(
        self: Arc<Self>,
        incoming: Incoming,
        request: Withdrawal,
    ) -> Result<Submitted, Problem> {
        for _ in 0..DECISIONS_MAXIMUM {
            let before = self.dossier_of_sender(&incoming, request.submission).await?;
            if before.state == DossierState::Withdrawn {
                return Ok(Submitted { submission: request.submission });
            }
            let state = rules::after(before.state, Act::Withdraw, &before.steps).ok_or_else(|| {
                Problem::new(
                    409,
                    "already-decided",
                    "Hồ sơ đã được giải quyết nên không rút được nữa. Hãy liên hệ cơ quan đã giải quyết.",
                    "The dossier is decided and can't be withdrawn any more. Ask the agency that decided.",
                )
            })?;
            let mut after =
                Dossier { state, note: None, due_at: None, rescheduled_to: None, ..before.clone() };
            let batch = progress::change(&self.room, &before, &mut after, &before.applicant_actor());
            if self.written(batch).await? {
                return Ok(Submitted { submission: request.submission });
            }
        }
        Err(Problem::changed_meanwhile())
    }

    async fn deliver_result(
        self: Arc<Self>,
        incoming: Incoming,
        request: Delivery,
    ) -> Result<Delivered, Problem> {
        for _ in 0..DECISIONS_MAXIMUM {
            let (before, progress) = self.step_of_sender(&incoming, &request).await?;
            if progress.deliveries.iter().any(|message| *message == *incoming.message) {
                return Ok(Delivered { dossier: request.dossier });
            }
            match (progress.state, &request.outcome) {
                (StepState::Running | StepState::Asked, _) => {}
                (StepState::Done, Outcome::Done { .. }) | (StepState::Refused, Outcome::Refused { .. }) => {
                    return Ok(Delivered { dossier: request.dossier });
                }
                _ => {
                    return Err(Problem::new(
                        409,
                        "not-awaited",
                        "Bước này đã có kết quả hoặc đang chờ người nộp bổ sung. Hãy kiểm tra lại hồ sơ.",
                        "This step is decided, or waits for the applicant's supplement. Check the dossier.",
                    ));
                }
            }
            let faults = rules::check_outcome(&before, &request.step, &request.outcome);
            if !faults.is_empty() {
                return Err(Problem::invalid(faults));
            }
            let decision = decision(&request.outcome)?;
            let by = Actor {
                account: incoming.context.user.clone().unwrap_or_else(|| incoming.client.to_string()),
                name: incoming.client.to_string(),
            };
            let batch = progress::decide_step(
                &self.room,
                &before,
                &request.step,
                decision,
                &by,
                Some(&incoming.message),
            );
            if self.written(batch).await? {
                return Ok(Delivered { dossier: request.dossier });
            }
        }
        Err(Problem::changed_meanwhile())
    }

    /// Goes on with the steps that wait for a person's card. A card that nobody waits for here is somebody else's.
    async fn take_card_issued(
        self: Arc<Self>,
        incoming: Incoming,
        event: CloudEvent<CardIssued>,
    ) -> Result<Taken, Problem> {
        if !event.is_told_by(&incoming.client, contracts::insurance::SYSTEM) {
            return Err(Problem::forbidden());
        }
        let number = event.person().ok_or_else(|| Problem::invalid(vec![rules::no_person()]))?;
        let dossiers = records::dossiers_of_person(&self.room.store, number).await.map_err(store_problem)?;
        self.go_on(&incoming, &dossiers, LOOK_UP_CARD).await
    }

    /// Goes on with the dossier that asked for a residence. One of another one-door is nobody's here.
    async fn take_residence_decided(
        self: Arc<Self>,
        incoming: Incoming,
        event: CloudEvent<ResidenceDecided>,
    ) -> Result<Taken, Problem> {
        if !event.is_told_by(&incoming.client, contracts::population::SYSTEM) {
            return Err(Problem::forbidden());
        }
        let code: Option<DossierCode> = event.data.dossier.parse().ok();
        let Some(code) = code.filter(|code| code.agency == self.room.member.code) else {
            return Ok(Taken {});
        };
        let found = records::dossier_with_serial(&self.room.store, code.day, code.serial).await;
        let dossier = found.map_err(store_problem)?.filter(|dossier| !rules::is_ended(dossier.state));
        self.go_on(&incoming, dossier.as_slice(), READ_RESIDENCE).await
    }

    /// Runs again the steps of dossiers that wait for the outcome of an operation.
    async fn go_on(
        &self,
        incoming: &Incoming,
        dossiers: &[Dossier],
        operation: &str,
    ) -> Result<Taken, Problem> {
        for before in dossiers {
            let Some(step) = before.procedure.steps.iter().find(|step| step.operation == operation) else {
                continue;
            };
            match before.step(&step.code).map(|(_, progress)| progress.state) {
                // It is being asked for just now, and may just have missed the outcome.
                Some(StepState::Running) => {
                    return Err(Problem::unavailable("the outcome is being asked for"));
                }
                Some(StepState::Asked) => {}
                _ => continue,
            }
            let mut after = before.clone();
            after.set_step(&step.code, StepState::Running);
            let by = Actor { account: incoming.client.to_string(), name: incoming.client.to_string() };
            let batch = progress::change(&self.room, before, &mut after, &by);
            if !self.written(batch).await? {
                return Err(Problem::changed_meanwhile());
            }
        }
        Ok(Taken {})
    }

    /// A dossier that the caller handed in. Nobody else learns that it exists.
    async fn dossier_of_sender(&self, incoming: &Incoming, submission: Uuid) -> Result<Dossier, Problem> {
        let dossier = self.dossier(submission).await.map_err(store_problem)?;
        dossier
            .filter(|dossier| {
                let kept = Kept::by(&self.room.member, dossier);
                AUTHORITY.any_may(&[incoming.claim()], Access::Change, &kept)
            })
            .ok_or_else(Problem::not_found)
    }

    /// A step that the calling system was asked to do. Nobody else learns that the dossier exists.
    async fn step_of_sender(
        &self,
        incoming: &Incoming,
        request: &Delivery,
    ) -> Result<(Dossier, StepProgress), Problem> {
        let code: DossierCode = request.dossier.parse().map_err(|_| Problem::not_found())?;
        if code.agency != self.room.member.code {
            return Err(Problem::not_found());
        }
        let found = records::dossier_with_serial(&self.room.store, code.day, code.serial).await;
        let dossier = found.map_err(store_problem)?.ok_or_else(Problem::not_found)?;
        let (definition, progress) = dossier.step(&request.step).ok_or_else(Problem::not_found)?;
        let system = definition.operation.split('/').next().unwrap_or_default();
        let is_asked = definition.member == incoming.client.member.to_string()
            && system == incoming.client.system
            && progress.state != StepState::Waiting;
        if !is_asked {
            return Err(Problem::not_found());
        }
        let progress = progress.clone();
        Ok((dossier, progress))
    }

    /// Writes a batch; false when something else was written first and must be decided on again.
    async fn written(&self, batch: Batch) -> Result<bool, Problem> {
        match self.room.store.write(batch).await {
            Ok(()) => {
                self.room.tasks.notify_one();
                Ok(true)
            }
            Err(StoreError::Conflict { .. } | StoreError::Duplicate { .. }) => Ok(false),
            Err(error) => Err(store_problem(error)),
        }
    }
}

fn new_dossier(
    request: &Submission,
    digest: String,
    procedure: Procedure,
    commune: Unit,
    now: jiff::Timestamp,
) -> Dossier {
    Dossier {
        submission: request.submission,
        revision: 0,
        state: DossierState::New,
        handed_in_by: request.from.clone(),
        digest,
        steps: procedure.steps.iter().map(|step| StepProgress::waiting(&step.code)).collect(),
        procedure,
        commune: commune.code,
        commune_name: commune.full_name,
        applicant: request.applicant,
        applicant_name: request.applicant_name.clone(),
        submitted_at: request.submitted_at,
        form: request.form.clone(),
        child_key: rules::child_key(&request.form),
        reception: None,
        clock_from: None,
        due_at: None,
        rescheduled_to: None,
        note: None,
        notices: 0,
        answered: 0,
        person: None,
        health_card: None,
        late: false,
        changed_at: now,
        synchronised: 0,
    }
}

/// What an agency decided, with its files read.
fn decision(outcome: &Outcome) -> Result<Decision, Problem> {
    Ok(match outcome {
        Outcome::Done { results, person } => {
            let files = rules::read_results(results).map_err(Problem::invalid)?;
            let result = |file: crate::model::File<'_>| {
                let attachment = file.attachment;
                let download = Download {
                    name: attachment.name.clone(),
                    media_type: attachment.media_type.clone(),
                    content: file.content,
                };
                (attachment.component.clone(), download)
            };
            let results = files.into_iter().map(result).collect();
            Decision::Done { results, person: *person, health_card: None }
        }
        Outcome::Supplement { reason } => Decision::Supplement { reason: reason.clone() },
        Outcome::Refused { reason } => Decision::Refused { reason: reason.clone() },
    })
}

/// SHA-256 of a submission, in hexadecimal.
fn digest(request: &Submission) -> String {
    rules::sha256(&records::to_json(request))
}

/// The member that hands in, as a whole identifier. It may name itself by its code, and nobody else.
fn sender(incoming: &Incoming, from: &str) -> Result<String, Problem> {
    let member: &MemberId = &incoming.client.member;
    if from == member.code || from == member.to_string() {
        return Ok(member.to_string());
    }
    Err(Problem::invalid(vec![FieldProblem {
        field: "from".into(),
        code: "not-the-sender".into(),
        vi: "Đơn vị gửi phải là thành viên gửi yêu cầu này. Hãy ghi mã của chính mình.".into(),
        en: "The member that hands in must be the one that sends this. Write your own code.".into(),
    }]))
}

/// What a caller is told when the store fails; the cause goes to the log.
fn store_problem(error: StoreError) -> Problem {
    tracing::error!(system = FACTS.code, %error, "the store failed");
    Problem::unavailable("the one-door's store can't be used just now")
}
