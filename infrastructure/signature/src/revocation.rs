//! Revocation lists (RFC 5280, 5) and status responses (OCSP, RFC 6960) as evidence: who was revoked, when, and how long that
//! was known.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use jiff::Timestamp;

use crate::algorithm::PublicKey;
use crate::cms::read::issuer_and_serial;
use crate::error::FormError;
use crate::tlv::{
    BIT_STRING, BOOLEAN, ENUMERATED, Element, Elements, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE,
    context, first,
};

/// Largest list or response that is read, in bytes.
const EVIDENCE_LIMIT_BYTES: usize = 16 * 1024 * 1024;
/// id-pkix-ocsp-basic, the content of its object identifier.
const OCSP_BASIC: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];
/// Extended key usage OCSPSigning, likewise.
const OCSP_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 9];

/// A certificate of a chain, and the key of who issued it.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) certificate: Vec<u8>,
    /// `SubjectPublicKeyInfo` of the issuer.
    pub(crate) issuer_key: Vec<u8>,
}

/// Lists and responses, DER.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence {
    pub(crate) lists: Vec<Vec<u8>>,
    pub(crate) responses: Vec<Vec<u8>>,
}

/// What the evidence says of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Not revoked, as known at a moment that is late enough.
    Good,
    /// Revoked at this moment.
    Revoked(Timestamp),
    /// There is evidence, but from before the moment asked for.
    Outdated,
    /// There is no evidence.
    Unknown,
}

/// One statement about one certificate.
struct Statement {
    revoked: Option<Timestamp>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
}

impl Evidence {
    /// What is known of the certificate at a moment. Being revoked counts whenever it is said; not being revoked counts if it
    /// was said at that moment or later, or was still in force then.
    pub(crate) fn status(&self, link: &Link, at: Timestamp) -> Status {
        let lists = self.lists.iter().filter_map(|list| read_list(list, link).ok().flatten());
        let responses =
            self.responses.iter().filter_map(|response| read_response(response, link).ok().flatten());
        let (mut status, mut earliest) = (Status::Unknown, None::<Timestamp>);
        for statement in lists.chain(responses) {
            let is_late = statement.this_update >= at || statement.next_update.is_some_and(|next| next >= at);
            match statement.revoked {
                Some(revoked) => earliest = Some(earliest.map_or(revoked, |known| known.min(revoked))),
                None if is_late => status = Status::Good,
                None if status == Status::Unknown => status = Status::Outdated,
                None => {}
            }
        }
        earliest.map_or(status, Status::Revoked)
    }
}

/// What a list says of a certificate, if it is of its issuer.
fn read_list(list: &[u8], link: &Link) -> Result<Option<Statement>, FormError> {
    if list.len() > EVIDENCE_LIMIT_BYTES {
        return Err(FormError("it is too large"));
    }
    let (issuer, serial) = issuer_and_serial(&link.certificate)?;
    let mut parts = first(list)?.inside();
    let (body, algorithm, signature) =
        (parts.expect(SEQUENCE)?, parts.expect(SEQUENCE)?, parts.expect(BIT_STRING)?);
    let mut fields = body.inside();
    fields.optional(INTEGER)?;
    let inner_algorithm = fields.expect(SEQUENCE)?;
    if fields.expect(SEQUENCE)?.whole != issuer || inner_algorithm.whole != algorithm.whole {
        return Ok(None);
    }
    let this_update = time(fields.next()?)?;
    let next_update = match fields.optional(0x17)?.or(fields.optional(0x18)?) {
        Some(next) => Some(time(next)?),
        None => None,
    };
    let revoked = fields.optional(SEQUENCE)?;
    if let Some(extensions) = fields.optional(context(0))? {
        refuse_critical(extensions)?;
    }
    let key = PublicKey::of(&link.issuer_key)?;
    if !key.has_signed_as(algorithm.content, body.whole, signature.bits()?) {
        return Ok(None);
    }
    let mut statement = Statement { revoked: None, this_update, next_update };
    let mut entries = revoked.map_or(Elements::of(&[]), Element::inside);
    while !entries.is_empty() {
        let mut entry = entries.expect(SEQUENCE)?.inside();
        if entry.expect(INTEGER)?.content == serial {
            statement.revoked = Some(time(entry.next()?)?);
            break;
        }
    }
    Ok(Some(statement))
}

/// A list with a critical extension says less than it seems to: it is partial, indirect or a difference.
fn refuse_critical(extensions: Element<'_>) -> Result<(), FormError> {
    for extension in extensions.inside().expect(SEQUENCE)?.inside().all()? {
        let mut parts = extension.inside();
        parts.expect(OBJECT_IDENTIFIER)?;
        if parts.optional(BOOLEAN)?.is_some_and(|critical| critical.content != [0]) {
            return Err(FormError("a revocation list has a critical extension"));
        }
    }
    Ok(())
}

/// What a response says of a certificate, if its issuer, or whom the issuer has let, has signed it.
fn read_response(response: &[u8], link: &Link) -> Result<Option<Statement>, FormError> {
    if response.len() > EVIDENCE_LIMIT_BYTES {
        return Err(FormError("it is too large"));
    }
    let mut outer = first(response)?.inside();
    if outer.expect(ENUMERATED)?.number()? != 0 {
        return Ok(None);
    }
    let mut bytes = outer.expect(context(0))?.inside().expect(SEQUENCE)?.inside();
    if bytes.expect(OBJECT_IDENTIFIER)?.content != OCSP_BASIC {
        return Ok(None);
    }
    let mut basic = first(bytes.expect(OCTET_STRING)?.content)?.inside();
    let (data, algorithm) = (basic.expect(SEQUENCE)?, basic.expect(SEQUENCE)?);
    let signature = basic.expect(BIT_STRING)?.bits()?;
    let certificates = match basic.optional(context(0))? {
        Some(certificates) => certificates.inside().expect(SEQUENCE)?.inside().all()?,
        None => Vec::new(),
    };
    let mut fields = data.inside();
    fields.optional(context(0))?;
    fields.next()?;
    let produced_at = time(fields.next()?)?;
    let issuer_key = PublicKey::of(&link.issuer_key)?;
    let delegates = certificates.iter().filter_map(|one| delegate(one.whole, &issuer_key, produced_at));
    let keys: Vec<Vec<u8>> = std::iter::once(link.issuer_key.clone()).chain(delegates).collect();
    let is_signed = keys.iter().any(|key| {
        PublicKey::of(key).is_ok_and(|key| key.has_signed_as(algorithm.content, data.whole, signature))
    });
    if !is_signed {
        return Ok(None);
    }
    for single in fields.expect(SEQUENCE)?.inside().all()? {
        if let Some(statement) = single_response(single, link)? {
            return Ok(Some(statement));
        }
    }
    Ok(None)
}

fn single_response(single: Element<'_>, link: &Link) -> Result<Option<Statement>, FormError> {
    let (issuer, serial) = issuer_and_serial(&link.certificate)?;
    let mut parts = single.inside();
    let mut identifier = parts.expect(SEQUENCE)?.inside();
    identifier.expect(SEQUENCE)?;
    let name_hash = identifier.expect(OCTET_STRING)?.content;
    identifier.expect(OCTET_STRING)?;
    let is_ours = identifier.expect(INTEGER)?.content == serial
        && [digest(&SHA1_FOR_LEGACY_USE_ONLY, issuer), digest(&aws_lc_rs::digest::SHA256, issuer)]
            .iter()
            .any(|hash| hash.as_ref() == name_hash);
    let status = parts.next()?;
    let this_update = time(parts.next()?)?;
    let next_update = match parts.optional(context(0))? {
        Some(next) => Some(time(next.inside().next()?)?),
        None => None,
    };
    match status.tag {
        _ if !is_ours => Ok(None),
        0x80 => Ok(Some(Statement { revoked: None, this_update, next_update })),
        0xa1 => {
            let revoked = Some(time(status.inside().next()?)?);
            Ok(Some(Statement { revoked, this_update, next_update }))
        }
        _ => Ok(None),
    }
}

/// The key of a certificate that its issuer has given for signing responses, valid at that moment.
fn delegate(certificate: &[u8], issuer: &PublicKey<'_>, at: Timestamp) -> Option<Vec<u8>> {
    use x509_cert::der::{Decode, Encode};
    use x509_cert::ext::pkix::ExtendedKeyUsage;
    let mut parts = first(certificate).ok()?.inside();
    let (body, algorithm) = (parts.expect(SEQUENCE).ok()?, parts.expect(SEQUENCE).ok()?);
    let signature = parts.expect(BIT_STRING).ok()?.bits().ok()?;
    let read = x509_cert::Certificate::from_der(certificate).ok()?;
    let facts = pki::CertificateFacts::of(&certificate.into()).ok()?;
    let (_, usage) = read.tbs_certificate().get_extension::<ExtendedKeyUsage>().ok()??;
    let may = usage.0.iter().any(|purpose| purpose.as_bytes() == OCSP_SIGNING);
    let holds =
        may && facts.is_valid_at(at) && issuer.has_signed_as(algorithm.content, body.whole, signature);
    if holds { read.tbs_certificate().subject_public_key_info().to_der().ok() } else { None }
}

/// `UTCTime` or `GeneralizedTime`, in UTC and whole seconds.
fn time(element: Element<'_>) -> Result<Timestamp, FormError> {
    const WRONG: FormError = FormError("a time is not of the form YYYYMMDDhhmmssZ");
    let text = std::str::from_utf8(element.content).ok().and_then(|text| text.strip_suffix('Z'));
    let text = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit())).ok_or(WRONG)?;
    let text = match (element.tag, text.len()) {
        (0x17, 12) if text < "50" => format!("20{text}"),
        (0x17, 12) => format!("19{text}"),
        (0x18, 14) => text.to_owned(),
        _ => return Err(WRONG),
    };
    let civil = jiff::fmt::strtime::parse("%Y%m%d%H%M%S", &text).and_then(|parsed| parsed.to_datetime());
    civil.and_then(|civil| jiff::tz::Offset::UTC.to_timestamp(civil)).map_err(|_| WRONG)
}
