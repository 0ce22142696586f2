//! The sandbox's certification authority: one root that issues to nodes, systems and signers.

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rcgen::string::{Ia5String, PrintableString};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
    date_time_ymd,
};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::certificate::{parse, subject_common_name};
use crate::document::{DocumentIdentity, DocumentSigner};
use crate::error::PkiError;
use crate::holder::{Holder, NODE_URN_PREFIX, Role};
use crate::identity::Identity;
use crate::{files, pem};

const COUNTRY: &str = "VN";
/// The X.520 attribute serialNumber.
const SERIAL_NUMBER_OID: [u64; 4] = [2, 5, 4, 5];
const EXTENDED_KEY_USAGE_OID: [u64; 4] = [2, 5, 29, 37];
/// A SEQUENCE of the one purpose timeStamping, in DER.
const TIME_STAMPING_ONLY: [u8; 12] = [0x30, 10, 0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8];
/// Certificates begin this long before they are made, since clocks of a country's nodes never quite agree.
const BACKDATED: SignedDuration = SignedDuration::from_mins(10);
const MAX_VALIDITY_DAYS: u32 = 100 * 366;

/// From when to when a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Validity {
    /// Valid for a number of days from now, and for ten minutes before, to allow for clocks that disagree.
    ///
    /// # Errors
    /// When the days are none, or more than a century, or reach beyond 1970 to 9999.
    pub fn days(now: Timestamp, days: u32) -> Result<Self, PkiError> {
        let refused = PkiError::BadValidity { from: now, days, limit_days: MAX_VALIDITY_DAYS };
        if !(1..=MAX_VALIDITY_DAYS).contains(&days) || now < Timestamp::UNIX_EPOCH + BACKDATED {
            return Err(refused);
        }
        match now.checked_add(SignedDuration::from_hours(24 * i64::from(days))) {
            Ok(not_after) => Ok(Self { not_before: now - BACKDATED, not_after }),
            Err(_) => Err(refused),
        }
    }

    fn write_into(self, params: &mut CertificateParams) {
        // The smallest of these is 1970, by construction; certificates count whole seconds.
        let since_1970 = |moment: Timestamp| Duration::from_secs(moment.as_second().unsigned_abs());
        params.not_before = date_time_ymd(1970, 1, 1) + since_1970(self.not_before);
        params.not_after = date_time_ymd(1970, 1, 1) + since_1970(self.not_after);
    }
}

/// A certification authority: a self-signed P-256 root certificate and its key.
pub struct Authority {
    certificate: CertificateDer<'static>,
    pub(crate) issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A new authority with a key of its own.
    ///
    /// # Errors
    /// When a key cannot be made.
    pub fn create(name: &str, validity: Validity) -> Result<Self, PkiError> {
        let mut params = authority_params(name);
        validity.write_into(&mut params);
        let key = new_key()?;
        let certificate = params.self_signed(&key).map_err(cannot_issue)?.der().clone();
        Ok(Self { certificate, issuer: Issuer::new(params, key) })
    }

    /// An authority kept by [`save`](Self::save).
    ///
    /// # Errors
    /// When the file cannot be read or is open to other users, or is not an authority made by [`create`](Self::create).
    pub fn load(path: &Path) -> Result<Self, PkiError> {
        let text = files::read_private(path)?;
        let certificate = pem::certificates(&text)?.swap_remove(0);
        let key =
            KeyPair::try_from(&pem::private_key(&text)?).map_err(|error| PkiError::Key(error.to_string()))?;
        let stored = parse(&certificate)?;
        let params = authority_params(&subject_common_name(&stored).unwrap_or_default());
        // Certificates issued must name their issuer to the byte, so what would be made again is compared with what is.
        let again = params.self_signed(&key).map_err(cannot_issue)?;
        let again = parse(again.der())?;
        let (stored, again) = (stored.tbs_certificate(), again.tbs_certificate());
        if stored.subject_public_key_info() != again.subject_public_key_info() {
            return Err(PkiError::KeyMismatch);
        }
        if (stored.subject(), stored.extensions()) != (again.subject(), again.extensions()) {
            return Err(PkiError::NotAnAuthority(stored.subject().to_string()));
        }
        Ok(Self { certificate, issuer: Issuer::new(params, key) })
    }

    /// Keeps the authority, key and certificate in one file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), PkiError> {
        files::write_private(path, &(self.issuer.key().serialize_pem() + &self.certificate_pem()))
    }

    /// The root certificate.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The root certificate as PEM text.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        pem::write_chain(std::slice::from_ref(&self.certificate))
    }

    /// The root certificate as the only one trusted.
    #[must_use]
    pub fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("the authority's own certificate was read before");
        roots
    }

    /// A new key and certificate for a node or a system; renewing is issuing again to the same holder.
    ///
    /// # Errors
    /// When a key cannot be made.
    pub fn issue(&self, holder: &Holder, validity: Validity) -> Result<Identity, PkiError> {
        let mut params = holder_params(holder)?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        validity.write_into(&mut params);
        let (chain, key) = self.sign(&params)?;
        Identity::new(chain, PrivateKeyDer::from(key))
    }

    /// A new key and certificate for signing documents: keyUsage digitalSignature and nonRepudiation.
    ///
    /// # Errors
    /// When a key cannot be made.
    pub fn issue_signer(
        &self,
        signer: &DocumentSigner,
        validity: Validity,
    ) -> Result<DocumentIdentity, PkiError> {
        let mut params = leaf_params(signer_subject(signer), validity);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
        let (mut chain, key) = self.sign(&params)?;
        // A document must be provable from itself, so its chain goes up to the root.
        chain.push(self.certificate.clone());
        DocumentIdentity::new(chain, key)
    }

    /// A new key and certificate for stamping time, and for nothing else (RFC 3161, 2.3).
    ///
    /// # Errors
    /// When a key cannot be made.
    pub fn issue_time_stamper(
        &self,
        stamper: &DocumentSigner,
        validity: Validity,
    ) -> Result<DocumentIdentity, PkiError> {
        let mut params = leaf_params(signer_subject(stamper), validity);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        // The extension must be critical, which the ordinary one is not.
        let mut usage =
            CustomExtension::from_oid_content(&EXTENDED_KEY_USAGE_OID, TIME_STAMPING_ONLY.to_vec());
        usage.set_criticality(true);
        params.custom_extensions = vec![usage];
        let (mut chain, key) = self.sign(&params)?;
        chain.push(self.certificate.clone());
        DocumentIdentity::new(chain, key)
    }

    fn sign(&self, params: &CertificateParams) -> Result<(Vec<CertificateDer<'static>>, KeyPair), PkiError> {
        let key = new_key()?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(cannot_issue)?;
        Ok((vec![certificate.der().clone()], key))
    }
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, COUNTRY);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn leaf_params(subject: DistinguishedName, validity: Validity) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = subject;
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    validity.write_into(&mut params);
    params
}

/// What a certificate says of its holder, whoever issues it.
pub(crate) fn holder_params(holder: &Holder) -> Result<CertificateParams, PkiError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = holder_subject(holder)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    if holder.role() == Role::Node {
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        params.subject_alt_names = vec![
            SanType::DnsName(ascii(holder.dns_name())?),
            SanType::URI(ascii(format!("{NODE_URN_PREFIX}{}", holder.id()))?),
        ];
    }
    Ok(params)
}

fn holder_subject(holder: &Holder) -> Result<DistinguishedName, PkiError> {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CountryName, COUNTRY);
    subject.push(DnType::CommonName, holder.id());
    if holder.role() == Role::System {
        let id = PrintableString::try_from(holder.id()).map_err(cannot_issue)?;
        subject.push(DnType::CustomDnType(SERIAL_NUMBER_OID.to_vec()), DnValue::PrintableString(id));
    }
    Ok(subject)
}

pub(crate) fn signer_subject(signer: &DocumentSigner) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CountryName, COUNTRY);
    subject.push(DnType::OrganizationName, signer.organization.as_str());
    subject.push(DnType::CommonName, signer.common_name.as_str());
    subject
}

fn ascii(text: String) -> Result<Ia5String, PkiError> {
    Ia5String::try_from(text).map_err(cannot_issue)
}

fn new_key() -> Result<KeyPair, PkiError> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|error| PkiError::Key(error.to_string()))
}

fn cannot_issue(error: rcgen::Error) -> PkiError {
    PkiError::Certificate(error.to_string())
}
