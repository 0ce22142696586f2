//! What the system answers on the exchange.

use crate::{
    FACTS, Identity,
    authority::{ACCOUNT, CLIENT, EVIDENCE, MANDATE, POST, SIGNATURE, permit},
    model::{Account, Mandate, SignedSubmission},
    records, rules,
    secret::Secret,
};
use contracts::{
    PersonalNumber, Problem,
    identity::{
        AccountFound, AccountOf, AskSubmissionSignature, ClientRegistered, ClientRegistration, EndMandate,
        FetchSubmissionSignature, LookUpAccount, LookUpPosts, MandateEnd, MandateNoted, MandateRegistration,
        PostsHeld, PostsOf, RegisterClient, RegisterMandate, SignatureAsked, SignatureFound, SignatureTicket,
        SubmissionProof, SubmissionSigned, SubmissionToSign, SubmissionToVerify, SubmissionVerified,
        VerifySubmission,
    },
};
use std::sync::Arc;
use store::{Batch, StoreError, params};
use system::{Access, Incoming, Service};

/// Every operation with the code that answers it.
pub(crate) fn all(system: &Arc<Identity>) -> Vec<Service> {
    vec![
        Service::of::<LookUpAccount, _, _, _>(system, Identity::look_up_account),
        Service::of::<RegisterClient, _, _, _>(system, Identity::register_client),
        Service::of::<RegisterMandate, _, _, _>(system, Identity::register_mandate),
        Service::of::<EndMandate, _, _, _>(system, Identity::end_mandate),
        Service::of::<LookUpPosts, _, _, _>(system, Identity::look_up_posts),
        Service::of::<AskSubmissionSignature, _, _, _>(system, Identity::ask_submission_signature),
        Service::of::<FetchSubmissionSignature, _, _, _>(system, Identity::fetch_submission_signature),
        Service::of::<VerifySubmission, _, _, _>(system, Identity::answer_verify_submission),
    ]
}

impl Identity {
    async fn look_up_account(
        self: Arc<Self>,
        incoming: Incoming,
        request: AccountOf,
    ) -> Result<AccountFound, Problem> {
        permit(&incoming, Access::Read, ACCOUNT, Some(request.number))?;
        let account = records::account_of(&self.room.store, request.number).await.map_err(store_problem)?;
        Ok(AccountFound { level: account.map(|account| account.level) })
    }

    /// A client belongs to the system that registers it: its identifier begins with that system's.
    async fn register_client(
        self: Arc<Self>,
        incoming: Incoming,
        request: ClientRegistration,
    ) -> Result<ClientRegistered, Problem> {
        permit(&incoming, Access::Change, CLIENT, None)?;
        let faults = rules::client::check(&request);
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let client_id = format!("{}/{}", incoming.client, request.code);
        let mut batch = Batch::new();
        records::register_client(&mut batch, &client_id, &request, self.now());
        self.room.store.write(batch).await.map_err(store_problem)?;
        Ok(ClientRegistered { client_id, issuer: self.issuer() })
    }

    /// Which registers may note mandates is decided by the grants of the exchange.
    async fn register_mandate(
        self: Arc<Self>,
        incoming: Incoming,
        request: MandateRegistration,
    ) -> Result<MandateNoted, Problem> {
        permit(&incoming, Access::Change, MANDATE, Some(request.holder))?;
        let faults = rules::mandate::check(&request);
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let mandate = Mandate {
            id: request.mandate,
            holder: request.holder,
            kind: request.kind,
            subject: request.subject,
            subject_name: request.subject_name,
            basis: request.basis,
            from: request.from,
            until: request.until,
            registered_by: incoming.client.to_string(),
            organisation: None,
        };
        let mut batch = Batch::new();
        records::note_mandate(&mut batch, &mandate, self.now());
        self.room.store.write(batch).await.map_err(store_problem)?;
        self.noted(mandate.id, &mandate.registered_by).await
    }

    async fn end_mandate(
        self: Arc<Self>,
        incoming: Incoming,
        request: MandateEnd,
    ) -> Result<MandateNoted, Problem> {
        permit(&incoming, Access::Change, MANDATE, None)?;
        let by = incoming.client.to_string();
        self.noted(request.mandate, &by).await?;
        let mut batch = Batch::new();
        // One that ends earlier anyway stays as it is.
        batch.change(&records::END_MANDATE, params![request.mandate, request.on, &by]);
        self.room.store.write(batch).await.map_err(store_problem)?;
        self.noted(request.mandate, &by).await
    }

    /// A system learns which posts somebody holds in it, and nothing of their posts elsewhere.
    async fn look_up_posts(
        self: Arc<Self>,
        incoming: Incoming,
        request: PostsOf,
    ) -> Result<PostsHeld, Problem> {
        permit(&incoming, Access::Read, POST, Some(request.number))?;
        let today = self.room.clock.today();
        let held = records::posts_of(&self.room.store, request.number, today).await.map_err(store_problem)?;
        let posts = held.into_iter().map(|held| held.new.post);
        let here = posts.filter(|post| post.system == incoming.client.system && post.holds_on(today));
        Ok(PostsHeld { posts: here.collect() })
    }

    async fn ask_submission_signature(
        self: Arc<Self>,
        incoming: Incoming,
        request: SubmissionToSign,
    ) -> Result<SignatureAsked, Problem> {
        permit(&incoming, Access::Change, SIGNATURE, Some(request.person))?;
        let mut faults = rules::submission::check(&request);
        let system = incoming.client.to_string();
        let may_return = self.may_return(&system, request.client.as_deref(), &request.return_to).await;
        if !may_return.map_err(store_problem)? {
            faults.push(rules::submission::not_registered());
        }
        let digest = rules::submission::digest(&request.digest).filter(|_| faults.is_empty());
        let digest = digest.ok_or_else(|| Problem::invalid(faults))?;
        let account = self.account_in_use(request.person).await?.ok_or_else(|| {
            Problem::new(
                409,
                "no-account",
                "Người này chưa có tài khoản định danh nên không ký được. Hãy gửi mà không ký.",
                "This person has no identification account and can't sign. Hand in without a signature.",
            )
        })?;
        let asked = self.ask_signature(&account, &request, digest, &system).await;
        let (ticket, until) = asked.map_err(store_problem)?;
        let ticket = ticket.text();
        let address = format!("{}/submissions/{ticket}", self.issuer());
        Ok(SignatureAsked { ticket, address, until })
    }

    async fn fetch_submission_signature(
        self: Arc<Self>,
        incoming: Incoming,
        request: SignatureTicket,
    ) -> Result<SignatureFound, Problem> {
        permit(&incoming, Access::Read, SIGNATURE, Some(request.person))?;
        let account = self.account_in_use(request.person).await?;
        let (Some(account), Some(ticket)) = (account, Secret::parse(&request.ticket)) else {
            return Ok(SignatureFound { signed: None });
        };
        let found = self.fetch_signature(&account, &ticket, &incoming.client.to_string()).await;
        let signed = found.map_err(store_problem)?.map(|signed| SubmissionSigned {
            digest: rules::submission::written(&signed.digest),
            proof: proof_of(&signed),
            evidence: signed.evidence,
        });
        Ok(SignatureFound { signed })
    }

    async fn answer_verify_submission(
        self: Arc<Self>,
        incoming: Incoming,
        request: SubmissionToVerify,
    ) -> Result<SubmissionVerified, Problem> {
        permit(&incoming, Access::Read, EVIDENCE, Some(request.person))?;
        let account = self.account_in_use(request.person).await?;
        let (Some(account), Some(digest)) = (account, rules::submission::digest(&request.digest)) else {
            return Ok(SubmissionVerified { proof: None });
        };
        let found = self.verify_submission(&account, digest, &request.evidence).await;
        Ok(SubmissionVerified { proof: found.map_err(store_problem)?.as_ref().map(proof_of) })
    }

    async fn account_in_use(&self, person: PersonalNumber) -> Result<Option<Account>, Problem> {
        records::account_of(&self.room.store, person).await.map_err(store_problem)
    }

    /// A mandate of the system that calls; those of others are not there.
    async fn noted(&self, mandate: uuid::Uuid, by: &str) -> Result<MandateNoted, Problem> {
        let held = records::mandate(&self.room.store, mandate).await.map_err(store_problem)?;
        let held = held.filter(|held| held.registered_by == by).ok_or_else(Problem::not_found)?;
        Ok(MandateNoted { mandate, until: held.until })
    }
}

fn proof_of(signed: &SignedSubmission) -> SubmissionProof {
    SubmissionProof { at: signed.signed_at, level: signed.level }
}

fn store_problem(error: StoreError) -> Problem {
    tracing::error!(system = FACTS.code, %error, "the store failed");
    Problem::unavailable("the store of the identity system can't be used just now")
}
