//! Where a key is in a token: a `pkcs11:` URI (RFC 7512).

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use thiserror::Error;

/// The scheme, with its colon.
pub const SCHEME: &str = "pkcs11:";
/// Longest URI, in bytes.
pub const URI_LIMIT_BYTES: usize = 2_048;
/// What need not be encoded in a value (RFC 7512, 2.3), as far as we write it.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Why a text names no key in a token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UriError {
    /// Not a URI of this scheme.
    #[error(
        "{0:?} is no key in a token; write pkcs11:token=NAME;object=NAME?module-path=/FILE&pin-source=/FILE"
    )]
    Form(String),
    /// A part is missing.
    #[error("the key's URI lacks {0}")]
    Missing(&'static str),
    /// A part comes twice.
    #[error("the key's URI has {0} twice")]
    Twice(String),
    /// A part is not known, so what it asks for would not be done.
    #[error(
        "the key's URI has {0:?}, which is not used here; use token, serial, object, id, type, module-path, pin-source"
    )]
    Unknown(String),
    /// A part has a value that can't be.
    #[error("the key's URI has {part} {problem}")]
    Value {
        /// The part.
        part: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A PIN in the URI.
    #[error(
        "the key's URI holds its PIN; put the PIN into a file for the node's user alone and name that with pin-source"
    )]
    Pin,
}

/// A private key in a token. It holds no secret: the PIN stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUri {
    /// Label of the token.
    pub token: String,
    /// Serial number of the token, when labels don't tell tokens apart.
    pub serial: Option<String>,
    /// Label of the key.
    pub object: String,
    /// Identifier of the key, when labels don't tell keys apart.
    pub id: Option<Vec<u8>>,
    /// The library that speaks to the token.
    pub module: PathBuf,
    /// The file with the PIN; the token asks for it itself when absent.
    pub pin: Option<PathBuf>,
}

impl FromStr for KeyUri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        let form = || UriError::Form(text.chars().take(60).collect());
        let rest = text.strip_prefix(SCHEME).filter(|_| text.len() <= URI_LIMIT_BYTES).ok_or_else(form)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut parts = Parts::default();
        for part in path.split(';').chain(query.split('&')).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(form)?;
            parts.take(name, percent_decode_str(value).collect())?;
        }
        parts.uri()
    }
}

/// The parts as they come.
#[derive(Default)]
struct Parts {
    token: Option<Vec<u8>>,
    serial: Option<Vec<u8>>,
    object: Option<Vec<u8>>,
    id: Option<Vec<u8>>,
    kind: Option<Vec<u8>>,
    module: Option<Vec<u8>>,
    pin: Option<Vec<u8>>,
}

impl Parts {
    fn take(&mut self, name: &str, value: Vec<u8>) -> Result<(), UriError> {
        let part = match name {
            "token" => &mut self.token,
            "serial" => &mut self.serial,
            "object" => &mut self.object,
            "id" => &mut self.id,
            "type" => &mut self.kind,
            "module-path" => &mut self.module,
            "pin-source" => &mut self.pin,
            "pin-value" => return Err(UriError::Pin),
            _ => return Err(UriError::Unknown(name.chars().take(40).collect())),
        };
        if part.replace(value).is_some() { Err(UriError::Twice(name.into())) } else { Ok(()) }
    }

    fn uri(self) -> Result<KeyUri, UriError> {
        if self.kind.is_some_and(|kind| kind != b"private") {
            return Err(UriError::Value { part: "type", problem: "other than private" });
        }
        let module = file("module-path", self.module.ok_or(UriError::Missing("module-path"))?)?;
        Ok(KeyUri {
            token: name("token", self.token.ok_or(UriError::Missing("token"))?)?,
            serial: self.serial.map(|serial| name("serial", serial)).transpose()?,
            object: name("object", self.object.ok_or(UriError::Missing("object"))?)?,
            id: self.id.filter(|id| !id.is_empty()),
            module,
            pin: self.pin.map(|pin| file("pin-source", pin)).transpose()?,
        })
    }
}

fn name(part: &'static str, value: Vec<u8>) -> Result<String, UriError> {
    let text =
        String::from_utf8(value).map_err(|_| UriError::Value { part, problem: "that is not UTF-8" })?;
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(UriError::Value { part, problem: "that is empty or has control characters" });
    }
    Ok(text)
}

/// A path from the root, also as a `file:` URI.
fn file(part: &'static str, value: Vec<u8>) -> Result<PathBuf, UriError> {
    let text = name(part, value)?;
    let path = text.strip_prefix("file://").or(text.strip_prefix("file:")).unwrap_or(&text);
    if Path::new(path).is_absolute() {
        Ok(path.into())
    } else {
        Err(UriError::Value { part, problem: "that is no path from the root (/...)" })
    }
}

impl fmt::Display for KeyUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
        write!(f, "{SCHEME}token={}", encoded(&self.token))?;
        if let Some(serial) = &self.serial {
            write!(f, ";serial={}", encoded(serial))?;
        }
        write!(f, ";object={}", encoded(&self.object))?;
        if let Some(id) = &self.id {
            f.write_str(";id=")?;
            id.iter().try_for_each(|byte| write!(f, "%{byte:02X}"))?;
        }
        write!(f, "?module-path={}", encoded(&self.module.to_string_lossy()))?;
        if let Some(pin) = &self.pin {
            write!(f, "&pin-source={}", encoded(&pin.to_string_lossy()))?;
        }
        Ok(())
    }
}
