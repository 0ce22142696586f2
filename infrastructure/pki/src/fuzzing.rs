//! Fuzz targets: what must hold of this crate's parsers, whatever bytes come.

use crate::{
    Authority, CertificateFacts, DocumentSigner, Holder, Identity, TimeStampAuthority, Validity, inspect,
    needs_renewal, pem, time_stamp, tls::parse_roots,
};
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use std::sync::OnceLock;

/// Keys come from the system's generator, so the samples are made once a run.
fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| Authority::create("Fuzzing root", validity()).expect("an authority can be made"))
}

/// Any day will do.
fn now() -> Timestamp {
    Timestamp::from_second(1_763_000_000).expect("it is within the calendar")
}

fn validity() -> Validity {
    Validity::days(now(), 30).expect("thirty days are a validity")
}

fn identity(holder: &Holder) -> Identity {
    authority().issue(holder, validity()).expect("a certificate can be issued")
}

/// A certificate in DER, as a peer shows it.
pub fn certificate(data: &[u8]) {
    let der = CertificateDer::from(data);
    let (facts, holder) = (CertificateFacts::of(&der), Holder::of_certificate(&der));
    let _ = needs_renewal(&der, now());
    if let (Ok(facts), Ok(holder)) = (facts, holder) {
        assert_eq!(facts.holder.as_ref(), Some(&holder));
        let _ = holder.server_name();
    }
}

/// Valid certificates.
pub fn certificates() -> Vec<Vec<u8>> {
    let holders = [Holder::node("VN/GOV/G12.BHXH"), Holder::system("VN/GOV/G12/insurance")];
    let of = |holder: Result<Holder, _>| identity(&holder.expect("it is a holder")).certificate().to_vec();
    let mut all: Vec<_> = holders.into_iter().map(of).collect();
    all.push(authority().certificate().to_vec());
    all
}

/// A chain and a key in PEM, as an operator brings them: what is taken is written back the same.
pub fn pem_text(data: &[u8]) {
    let text = std::str::from_utf8(data).unwrap_or_default();
    let _ = (inspect(text), parse_roots(text));
    if let Ok(identity) = Identity::from_pem(text, text) {
        let again = pem::certificates(&identity.chain_pem()).expect("what was written is read");
        assert_eq!(again, identity.chain());
    }
}

/// Valid PEM.
pub fn pem_texts() -> Vec<Vec<u8>> {
    let identity = identity(&Holder::node("VN/GOV/G01").expect("it is a holder"));
    vec![pem::write_identity(identity.chain(), identity.key()).into(), authority().certificate_pem().into()]
}

/// The identifier of a node or a system.
pub fn holder(data: &[u8]) {
    let text = std::str::from_utf8(data).unwrap_or_default();
    for holder in [Holder::node(text), Holder::system(text)].into_iter().flatten() {
        assert_eq!(holder.id(), text);
        let _ = holder.server_name();
    }
}

/// Valid identifiers.
pub fn holders() -> Vec<Vec<u8>> {
    vec![b"VN/GOV/G12.BHXH".to_vec(), b"VN/COM/0100233488/ke-toan".to_vec()]
}

/// What is stamped.
const STAMPED: [u8; 32] = [3; 32];
const NONCE: [u8; time_stamp::NONCE_BYTES] = [4; time_stamp::NONCE_BYTES];

/// An authority, and what it answers.
struct Stamped {
    authority: TimeStampAuthority,
    query: Vec<u8>,
    reply: Vec<u8>,
    token: Vec<u8>,
}

fn stamped() -> &'static Stamped {
    static STAMPED_ONCE: OnceLock<Stamped> = OnceLock::new();
    STAMPED_ONCE.get_or_init(|| {
        let stamper =
            DocumentSigner { common_name: "Fuzzing time stamps".into(), organization: "Fuzzing".into() };
        let identity = self::authority().issue_time_stamper(&stamper, validity());
        let authority = TimeStampAuthority::new(identity.expect("a certificate can be issued"));
        let query = time_stamp::query(&STAMPED, &NONCE).expect("a query can be written");
        let reply = authority.answer(&query, now(), [1; 16]).expect("it is answered");
        let read = time_stamp::read_reply(&reply, &STAMPED, &NONCE, &self::authority().roots());
        Stamped { authority, query, token: read.expect("the sample is good").0, reply }
    })
}

/// A time stamp in DER (RFC 3161), alone or in an authority's reply: one that is taken is of the time that the authority said.
pub fn time_stamp_token(data: &[u8]) {
    let roots = authority().roots();
    let read = time_stamp::read_reply(data, &STAMPED, &NONCE, &roots).map(|(_, stamp)| stamp);
    for stamp in [time_stamp::verify(data, &STAMPED, &roots), read].into_iter().flatten() {
        assert_eq!(stamp.at, now(), "a forgery");
    }
}

/// Valid time stamps.
pub fn time_stamp_tokens() -> Vec<Vec<u8>> {
    vec![stamped().token.clone(), stamped().reply.clone()]
}

/// A request for a time stamp: whatever comes has an answer.
pub fn time_stamp_request(data: &[u8]) {
    let answer = stamped().authority.answer(data, now(), [1; 16]).expect("every request has an answer");
    let _ = time_stamp::read_reply(&answer, &STAMPED, &NONCE, &authority().roots());
}

/// Valid requests.
pub fn time_stamp_requests() -> Vec<Vec<u8>> {
    vec![stamped().query.clone()]
}
