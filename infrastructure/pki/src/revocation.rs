//! Which certificates are revoked: the sandbox's authority lists them (RFC 5280, 5). Nodes do not ask for the list - to them
//! the directory says who is withdrawn -, but a document must be provable without it.

use std::fmt::{self, Display};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use rcgen::{CertificateRevocationListParams, KeyIdMethod, RevokedCertParams, SerialNumber, date_time_ymd};
use rustls::pki_types::CertificateDer;

use crate::authority::Authority;
use crate::certificate::parse;
use crate::error::PkiError;
use crate::files;

/// Largest file that names revoked certificates, in bytes.
pub const REVOKED_LIMIT_BYTES: u64 = 1024 * 1024;

/// A certificate that is not to be believed from a moment on. As text: its serial number in hexadecimal, a space, and the
/// moment, `4f2a09 2026-03-05T07:00:00Z`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// Its serial number, big-endian.
    pub serial: Vec<u8>,
    /// From when on.
    pub at: Timestamp,
}

impl Revoked {
    /// A certificate, revoked at a moment.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn certificate(certificate: &CertificateDer<'_>, at: Timestamp) -> Result<Self, PkiError> {
        let serial = parse(certificate)?.tbs_certificate().serial_number().as_bytes().to_vec();
        Ok(Self { serial, at })
    }

    /// Those that a file names, one a line; none if there is no file. Lines that begin with `#` are for people.
    ///
    /// # Errors
    /// When the file can't be read, is too large, or a line is not of the form.
    pub fn load(path: &Path) -> Result<Vec<Self>, PkiError> {
        if !path.exists() {
            return Ok(Vec::new());
        }
        let text = files::read_public(path)?;
        if text.len() as u64 > REVOKED_LIMIT_BYTES {
            return Err(PkiError::Certificate("the list of revoked certificates is too large".into()));
        }
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(str::parse).collect()
    }
}

impl FromStr for Revoked {
    type Err = PkiError;

    fn from_str(line: &str) -> Result<Self, PkiError> {
        let wrong = || {
            PkiError::Certificate(
                "a revoked certificate is written as its serial number in hexadecimal and a time, 4f2a 2026-03-05T07:00:00Z"
                    .into(),
            )
        };
        let (serial, at) = line.split_once(' ').ok_or_else(wrong)?;
        if serial.is_empty() || serial.len() % 2 != 0 || serial.len() > 40 {
            return Err(wrong());
        }
        let byte = |at: usize| u8::from_str_radix(serial.get(at..at + 2)?, 16).ok();
        let serial: Option<Vec<u8>> = (0..serial.len()).step_by(2).map(byte).collect();
        Ok(Self { serial: serial.ok_or_else(wrong)?, at: at.trim().parse().map_err(|_| wrong())? })
    }
}

impl Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serial.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, " {}", self.at)
    }
}

impl Authority {
    /// A list of what it has revoked, DER, in force from one moment to another. Its number is the first moment's, so it grows.
    ///
    /// # Errors
    /// When the second moment is not after the first, or the key cannot sign.
    pub fn revocation_list(
        &self,
        revoked: &[Revoked],
        this_update: Timestamp,
        next_update: Timestamp,
    ) -> Result<Vec<u8>, PkiError> {
        let moment = |at: Timestamp| {
            date_time_ymd(1970, 1, 1) + Duration::from_secs(at.as_second().max(0).unsigned_abs())
        };
        let revoked_certs = revoked.iter().map(|revoked| RevokedCertParams {
            serial_number: SerialNumber::from_slice(&revoked.serial),
            revocation_time: moment(revoked.at),
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: moment(this_update),
            next_update: moment(next_update),
            crl_number: SerialNumber::from(this_update.as_microsecond().max(0).unsigned_abs()),
            issuing_distribution_point: None,
            revoked_certs: revoked_certs.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.issuer).map_err(|error| PkiError::Certificate(error.to_string()))?;
        Ok(list.der().to_vec())
    }
}
