//! Electronic identification and authentication (*định danh và xác thực điện tử*, Decree 69/2024/ND-CP), run by the
//! Ministry of Public Security.

use crate::person::PersonalNumber;
use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

crate::operations! { "identity":
    /// Says whether a person has an account in use, and of which level.
    LookUpAccount = "accounts" POST "/look-up" Reads (AccountOf) -> AccountFound;
    /// Registers, or registers anew, a client of the OpenID Connect provider for the system that calls.
    RegisterClient = "clients" POST "/registrations" Writes (ClientRegistration) -> ClientRegistered;
    /// Notes that a person acts for another or for an organisation, as the register says that decides it.
    RegisterMandate = "mandates" POST "/registrations" Writes (MandateRegistration) -> MandateNoted;
    /// Ends a mandate of the system that calls.
    EndMandate = "mandates" POST "/ends" Writes (MandateEnd) -> MandateNoted;
    /// Says which posts a person holds today in the system that calls.
    LookUpPosts = "posts" POST "/look-up" Reads (PostsOf) -> PostsHeld;
    /// Asks for a person's signature, by passkey, over a submission that the system that calls hands in for them.
    AskSubmissionSignature = "submissions" POST "/signature-requests" Writes (SubmissionToSign) -> SignatureAsked;
    /// Gives the signature that the system that calls asked for, once the person has signed.
    FetchSubmissionSignature = "submissions" POST "/signatures" Reads (SignatureTicket) -> SignatureFound;
    /// Says whether a person has signed a submission, when, and with what key.
    VerifySubmission = "submissions" POST "/verifications" Reads (SubmissionToVerify) -> SubmissionVerified;
}

/// How sure it is who somebody is: the levels of an identification account (*mức độ tài khoản định danh điện tử*, Decree
/// 69/2024/ND-CP).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Level 1: a phone number or e-mail address was confirmed, and the particulars match the population register.
    One,
    /// Level 2: the person was checked at an office, and signs in with a key that was bound there.
    Two,
}

impl Level {
    /// The value of `acr` in an ID token (OpenID Connect Core 1.0, section 2).
    pub fn acr(self) -> &'static str {
        match self {
            Level::One => "urn:lienthong:assurance:1",
            Level::Two => "urn:lienthong:assurance:2",
        }
    }

    /// The level of such a value.
    pub fn from_acr(acr: &str) -> Option<Self> {
        [Level::One, Level::Two].into_iter().find(|level| level.acr() == acr)
    }

    /// Its number in the decree, 1 or 2.
    pub fn number(self) -> i64 {
        match self {
            Level::One => 1,
            Level::Two => 2,
        }
    }

    /// The level of such a number.
    pub fn from_number(number: i64) -> Option<Self> {
        [Level::One, Level::Two].into_iter().find(|level| level.number() == number)
    }
}

/// Whose account is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountOf {
    /// The person.
    pub number: PersonalNumber,
}

/// Whether there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountFound {
    /// The level of the account; absent where the person has none in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
}

/// What a client may be told of a person who consents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimField {
    /// The name.
    Name,
    /// The date of birth.
    Birthdate,
    /// The sex.
    Gender,
    /// The personal number.
    PersonalNumber,
    /// The confirmed phone number.
    PhoneNumber,
    /// The confirmed e-mail address.
    Email,
    /// For whom the person acts.
    Represents,
    /// The posts the person holds today in the systems that the client belongs to.
    Posts,
}

/// How a client shows that it is the client (RFC 7591, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// It can't: it runs at the reader's. It has PKCE and nothing else.
    None,
    /// It signs an assertion with its key (RFC 7523).
    PrivateKeyJwt,
    /// It shows the certificate of its system (RFC 8705, section 2.1).
    TlsClientAuth,
}

/// What ID tokens are signed with (RFC 7518 and RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub enum SigningAlgorithm {
    /// ECDSA on P-256 with SHA-256.
    #[default]
    #[serde(rename = "ES256")]
    Es256,
    /// EdDSA on Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// A client as its system registers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientRegistration {
    /// Its name within the system: lower-case letters, digits and `-`.
    pub code: String,
    /// What people see, in Vietnamese.
    pub name_vi: String,
    /// The same in English.
    pub name_en: String,
    /// Where people are sent back to; compared character by character.
    pub redirect_uris: Vec<String>,
    /// Where people may be sent to after they have signed out.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Where the client hears that a session has ended (OpenID Connect Back-Channel Logout 1.0).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// How it authenticates.
    pub authentication: ClientAuthentication,
    /// Its public keys, as a JSON Web Key Set (RFC 7517).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<serde_json::Value>,
    /// What its ID tokens are signed with.
    #[serde(default)]
    pub id_token_signed_response_alg: SigningAlgorithm,
    /// Its access tokens are good only with the certificate they were asked for with (RFC 8705, section 3). So are all of
    /// a client that authenticates by certificate.
    #[serde(default)]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// The client acts for its system without a person (RFC 6749, section 4.4).
    #[serde(default)]
    pub client_credentials: bool,
    /// What people's data is for, in Vietnamese, as they are asked to consent to.
    pub purpose_vi: String,
    /// The same in English.
    pub purpose_en: String,
    /// What it may ask for at most.
    pub fields: Vec<ClaimField>,
}

/// What the identifier of a system begins with where a URI is asked for: as the audience of a token (RFC 8707).
pub const SYSTEM_URN_PREFIX: &str = "urn:lienthong:system:";

/// The client that was registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientRegistered {
    /// Its identifier: the system's identifier on the exchange and the code, `VN/GOV/G22/portal/web`.
    pub client_id: String,
    /// The issuer, from which the client discovers everything else (OpenID Connect Discovery 1.0).
    pub issuer: String,
}

/// For whom somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MandateKind {
    /// For their child, as the population register says.
    Child,
    /// For a person they represent (guardianship, authorisation).
    Represented,
    /// For an organisation.
    Organisation,
}

/// A mandate as the register that decides it notes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MandateRegistration {
    /// Its identifier, chosen by the register; noting it twice notes it once.
    pub mandate: Uuid,
    /// Who acts.
    pub holder: PersonalNumber,
    /// For whom: a person represented, or an organisation.
    pub kind: MandateKind,
    /// The personal number of that person, or the tax code of that organisation.
    pub subject: String,
    /// Their name.
    pub subject_name: String,
    /// The decision, certificate or contract it rests on.
    pub basis: String,
    /// From which day.
    pub from: Date,
    /// The first day it no longer holds; absent while no end is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// A mandate to be ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MandateEnd {
    /// Its identifier.
    pub mandate: Uuid,
    /// The first day it no longer holds.
    pub on: Date,
}

/// The mandate as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MandateNoted {
    /// Its identifier.
    pub mandate: Uuid,
    /// The first day it no longer holds, if an end is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// A post that somebody holds in an agency, and the system it gives access to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostHeld {
    /// Electronic identification code of the agency, down to level 4 (Decision 20/2020/QD-TTg).
    pub agency: String,
    /// Code of the system.
    pub system: String,
    /// The post, such as `registrar`.
    pub post: String,
    /// Code of the administrative unit it is held in, where it is held in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// From which day.
    pub from: Date,
    /// The first day it is no longer held; absent while no end is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Whose post it is, where it is held for somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated_by: Option<PersonalNumber>,
}

impl PostHeld {
    /// It is held on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

/// Whose posts are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostsOf {
    /// The person.
    pub number: PersonalNumber,
}

/// The posts they hold today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostsHeld {
    /// The posts.
    pub posts: Vec<PostHeld>,
}

/// A submission that a person is to sign with their passkey. What it says stays with the system that asks: a digest of it is
/// signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubmissionToSign {
    /// Who is to sign.
    pub person: PersonalNumber,
    /// SHA-256 of the submission as it will be sent, in hexadecimal.
    pub digest: String,
    /// What it is, as the person is told: the name of the procedure, in Vietnamese.
    pub name_vi: String,
    /// The same in English.
    pub name_en: String,
    /// For whom it is, as the person is told.
    pub concerns: String,
    /// Where the person comes back to: an address at a site of the State, or at a site of the client named below.
    pub return_to: String,
    /// Code of a client that the system that calls has registered; absent for a site of the State.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

/// The person may be sent to sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignatureAsked {
    /// Names what was asked for.
    pub ticket: String,
    /// Where the person signs.
    pub address: String,
    /// Until when.
    pub until: Timestamp,
}

/// The signature that is fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignatureTicket {
    /// Who was to sign.
    pub person: PersonalNumber,
    /// What [`SignatureAsked`] named.
    pub ticket: String,
}

/// Whether there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignatureFound {
    /// The signature; absent where the person has not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<SubmissionSigned>,
}

/// What a person has signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubmissionSigned {
    /// SHA-256 of the submission, in hexadecimal.
    pub digest: String,
    /// The evidence, as JSON of the form `lienthong-submission/v1`.
    pub evidence: String,
    /// When it was signed, and with what key.
    #[serde(flatten)]
    pub proof: SubmissionProof,
}

/// When a person signed, and how sure it is that the key was theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubmissionProof {
    /// When.
    pub at: Timestamp,
    /// The level at which the passkey was bound to their account.
    pub level: Level,
}

/// Evidence to be checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubmissionToVerify {
    /// Who is said to have signed.
    pub person: PersonalNumber,
    /// SHA-256 of the submission, in hexadecimal.
    pub digest: String,
    /// The evidence.
    pub evidence: String,
}

/// What is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubmissionVerified {
    /// The proof; absent where the evidence does not hold, or this person has signed no such submission with this key. A key
    /// that was removed since proves what was signed before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<SubmissionProof>,
}
