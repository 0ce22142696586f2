//! Who holds a certificate: a node of the exchange, or a system outside the process.

use std::fmt::{self, Display};

use rustls::pki_types::{CertificateDer, ServerName};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::certificate::{parse, subject_serial_number};
use crate::error::PkiError;

/// What comes before a node's identifier in its SAN URI.
pub(crate) const NODE_URN_PREFIX: &str = "urn:lienthong:node:";
/// The private-use domain under which nodes have names; they are never looked up, only compared.
const NODE_DOMAIN: &str = "lienthong.internal";
/// X.520 gives a subject's serialNumber no more than this.
const MAX_IDENTIFIER_BYTES: usize = 64;
/// RFC 1035, section 2.3.4.
const MAX_DOMAIN_LABEL_BYTES: usize = 63;

/// The two kinds of holders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A node of the exchange: it calls other nodes and is called by them.
    Node,
    /// A system outside the process: it only calls its node.
    System,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::System => "system",
        }
    }
}

/// Who holds a certificate. The identifier is that of the exchange: `VN/GOV/G01` for a node, `VN/GOV/G01/dancu` for a
/// system.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Holder {
    role: Role,
    id: String,
}

impl Holder {
    /// A node.
    ///
    /// # Errors
    /// When the identifier is longer than 64 bytes, or its parts between slashes are not capital letters and digits with
    /// single `.` or `-` between them.
    pub fn node(id: &str) -> Result<Self, PkiError> {
        // Domain names ignore case, so two nodes must not differ by case alone.
        if id.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return Err(bad_identifier(id, "a node's letters are capitals"));
        }
        Self::checked(Role::Node, id)
    }

    /// A system.
    ///
    /// # Errors
    /// As for [`node`](Self::node), except that small letters are allowed.
    pub fn system(id: &str) -> Result<Self, PkiError> {
        Self::checked(Role::System, id)
    }

    fn checked(role: Role, id: &str) -> Result<Self, PkiError> {
        if id.len() > MAX_IDENTIFIER_BYTES {
            Err(bad_identifier(id, "it is longer than 64 bytes"))
        } else if !id.split('/').all(is_identifier_part) {
            Err(bad_identifier(
                id,
                "each part between slashes needs letters and digits, with single . or - between them",
            ))
        } else {
            Ok(Self { role, id: id.to_owned() })
        }
    }

    /// Who a certificate names.
    ///
    /// # Errors
    /// When the certificate cannot be read, or names neither a node nor a system.
    pub fn of_certificate(certificate: &CertificateDer<'_>) -> Result<Self, PkiError> {
        let certificate = parse(certificate)?;
        let names = certificate
            .tbs_certificate()
            .get_extension::<SubjectAltName>()
            .map_err(|error| PkiError::Certificate(error.to_string()))?;
        let names = names.map(|(_, names)| names.0).unwrap_or_default();
        let mut node_ids = names.iter().filter_map(|name| match name {
            GeneralName::UniformResourceIdentifier(uri) => uri.as_str().strip_prefix(NODE_URN_PREFIX),
            _ => None,
        });
        match (node_ids.next(), node_ids.next()) {
            (Some(id), None) => Self::node(id),
            (Some(_), Some(_)) => Err(PkiError::Certificate("it names more than one node".into())),
            (None, _) => Self::system(&subject_serial_number(&certificate).ok_or(PkiError::NoHolder)?),
        }
    }

    /// Node or system.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// The identifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The DNS-like name in a node's certificate: `g01.gov.vn.lienthong.internal` for `VN/GOV/G01`. No two nodes share
    /// one: a dot inside a part becomes `--`, which no identifier has.
    #[must_use]
    pub fn dns_name(&self) -> String {
        let labels: Vec<String> = self.id.split('/').rev().map(domain_label).collect();
        format!("{}.{NODE_DOMAIN}", labels.join("."))
    }

    /// The name to call a node by in a TLS handshake.
    #[must_use]
    pub fn server_name(&self) -> ServerName<'static> {
        ServerName::try_from(self.dns_name()).expect("identifiers are made of domain labels")
    }
}

impl Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.role.name(), self.id)
    }
}

fn bad_identifier(id: &str, problem: &'static str) -> PkiError {
    PkiError::BadIdentifier { id: id.chars().take(MAX_IDENTIFIER_BYTES).collect(), problem }
}

fn domain_label(part: &str) -> String {
    part.replace('.', "--").to_ascii_lowercase()
}

fn is_identifier_part(part: &str) -> bool {
    let words_between_marks = part.split(['.', '-']).all(|word| {
        let mut bytes = word.bytes();
        !word.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric())
    });
    words_between_marks && domain_label(part).len() <= MAX_DOMAIN_LABEL_BYTES
}
