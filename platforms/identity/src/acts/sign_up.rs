//! Opening an account of level 1 (Decree 69/2024/ND-CP): a contact is confirmed, and then the particulars are compared with
//! the population register. In this order, so that nobody can compare particulars of others without leaving a contact.

use super::{ActError, Cookies, Visitor};
use crate::{
    Identity,
    model::{Account, Act, Applicant, Contact, Factors, Method, Step},
    records, rules,
    secret::{Secret, written_key, written_key_tag},
    texts,
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use contracts::{
    Context, PersonalNumber, Purpose,
    identity::Level,
    population::{Verification, VerifyPerson},
};
use jiff::{SignedDuration, civil::Date};
use store::{Batch, StoreError, params};

/// The provision that allows the comparison.
const LEGAL_BASIS: &str = "69/2024/NĐ-CP:7";

/// What came of an answer.
#[derive(Debug)]
pub(crate) enum SignUp {
    /// The code is wrong.
    Wrong,
    /// The step took too long or too many answers; begin again.
    Over,
    /// No account is opened with these particulars: they don't match, or there is one. Nobody is told which.
    Refused,
    /// The account is open. The recovery key is shown once.
    Open { cookies: Cookies, recovery_key: String },
}

/// Who asks for an account, with the password as typed.
pub(crate) struct Application<'a> {
    pub(crate) person: PersonalNumber,
    pub(crate) name: &'a str,
    pub(crate) birth_date: Date,
    pub(crate) contact: Contact,
    pub(crate) password: &'a str,
}

impl Identity {
    /// Sends a code to the contact. The wait, where too many were sent there already.
    pub(crate) async fn begin_sign_up(
        &self,
        application: Application<'_>,
    ) -> Result<Result<Secret, SignedDuration>, ActError> {
        let lane = format!("sign-up {}", application.contact.address);
        if let Some(wait) = self.count_guess(&lane).await? {
            return Ok(Err(wait));
        }
        let password = self.hashing.hash(application.password).await?;
        let secret = Secret::new(&self.room.random);
        let mut batch = Batch::new();
        let code = self.send_code(&mut batch, &application.contact, &secret);
        let applicant = Applicant {
            person: application.person,
            name: application.name.to_owned(),
            birth_date: application.birth_date,
            contact: application.contact,
            password,
        };
        self.begin_step(&mut batch, &secret, Step::SignUp { applicant, code })?;
        self.write(batch).await?;
        Ok(Ok(secret))
    }

    /// Opens the account, if the code is right and the particulars match.
    pub(crate) async fn finish_sign_up(
        &self,
        secret: &Secret,
        typed: Option<u32>,
        visitor: &Visitor,
    ) -> Result<SignUp, ActError> {
        let Some(waiting) = self.answered(secret).await? else { return Ok(SignUp::Over) };
        let Step::SignUp { applicant, code } = waiting.step else { return Ok(SignUp::Over) };
        let right = typed.is_some_and(|typed| verify_slices_are_equal(&code, &secret.tag(typed)).is_ok());
        if !right {
            return Ok(SignUp::Wrong);
        }
        let matches = self.is_in_register(&applicant).await?;
        let existing = records::account_of(&self.room.store, applicant.person).await?;
        let of_age = rules::may_have_account(applicant.birth_date, self.room.clock.today());
        if !matches || !of_age || existing.is_some() {
            let mut batch = Batch::new();
            batch.change_one(&records::END_STEP, params![secret.hash()]);
            if let Some(owner) = existing.filter(|_| matches) {
                self.send(&mut batch, &owner.contact, texts::tried_message());
            }
            return match self.write(batch).await {
                Ok(()) => Ok(SignUp::Refused),
                Err(StoreError::Conflict { .. }) => Ok(SignUp::Over),
                Err(error) => Err(error.into()),
            };
        }
        self.open_account(secret, applicant, visitor).await
    }

    async fn is_in_register(&self, applicant: &Applicant) -> Result<bool, ActError> {
        let asked = Verification {
            number: applicant.person,
            name: applicant.name.clone(),
            birth_date: applicant.birth_date,
        };
        let number = applicant.person.to_string();
        let context = Context::new(Purpose::IDENTIFICATION, LEGAL_BASIS).by(&number);
        Ok(self.room.exchange.call::<VerifyPerson>(&asked, &context).await?.answer.matches)
    }

    async fn open_account(
        &self,
        secret: &Secret,
        applicant: Applicant,
        visitor: &Visitor,
    ) -> Result<SignUp, ActError> {
        let now = self.now();
        let account = Account {
            id: self.room.random.id(now),
            person: applicant.person,
            name: applicant.name,
            birth_date: applicant.birth_date,
            level: Level::One,
            contact: applicant.contact,
            factors: Factors { totp: false },
        };
        let recovery_key = written_key(&self.room.random);
        let mut batch = Batch::new();
        batch.change_one(&records::END_STEP, params![secret.hash()]);
        let tag = written_key_tag(&recovery_key);
        records::open_account(&mut batch, &account, &applicant.password, tag, now);
        let cookies =
            self.open(&mut batch, &account, vec![Method::Password, Method::SentCode], None, visitor).await?;
        self.note(&mut batch, account.id, Act::Opened, &visitor.device);
        match self.write(batch).await {
            Ok(()) => Ok(SignUp::Open { cookies, recovery_key }),
            // The same person, or the same step, was faster elsewhere.
            Err(StoreError::Duplicate { .. } | StoreError::Conflict { .. }) => Ok(SignUp::Refused),
            Err(error) => Err(error.into()),
        }
    }
}
