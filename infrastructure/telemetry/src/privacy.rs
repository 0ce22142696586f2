//! Keeping personal data out of logs.
//!
//! Two guards. A value wrapped by [`personal`] prints a mask wherever it is printed. And a log line carries only the
//! fields listed in [`FIELDS`]: the value of any other field is dropped before it is written, whoever logged it. Messages
//! are constant text; what varies goes into a field.

use std::fmt::{self, Debug, Display};

/// What is printed instead of a personal value.
pub const MASK: &str = "[personal]";

/// The fields a log line may carry, and what each means. None may hold a person's name, number, address, date of birth
/// or any other data about a person: to add a field is to say that it never does.
pub const FIELDS: &[(&str, &str)] = &[
    ("address", "a network address a node listens on or connects to; never a citizen's"),
    ("agency", "code of an agency, as G01"),
    ("attempt", "which attempt this is, counted from 1"),
    ("bytes", "size in bytes"),
    ("client", "identifier of the calling system, as VN/GOV/G22/portal"),
    ("code", "name of an error, as Server.ServerProxy.AccessDenied"),
    ("component", "name of a part of the program"),
    ("count", "how many"),
    ("deadline", "a moment by which something is due"),
    ("dossier", "code of a dossier"),
    ("duration_us", "how long something took, in microseconds"),
    ("engine", "name of a store's engine"),
    ("error", "message of an error; errors never repeat personal data"),
    ("event", "name of an event"),
    ("file", "path of a file"),
    ("fingerprint", "SHA-256 of a certificate or key"),
    ("from", "beginning of a range"),
    ("index", "place in a ledger or queue"),
    ("kind", "kind of a thing"),
    ("limit", "a limit that was met"),
    ("message_id", "identifier of an exchanged message"),
    ("method", "HTTP method"),
    ("node", "identifier of a node, as VN/GOV/G01"),
    ("operation", "name of an operation"),
    ("outcome", "how something ended"),
    ("peer", "identifier of the node or system at the other end"),
    ("procedure", "code of a procedure"),
    ("purpose", "code of the purpose of a reading"),
    ("reason", "why, in constant words"),
    ("remaining", "how many are left"),
    ("route", "template of a path, with placeholders for identifiers"),
    ("seed", "seed of a synthetic population"),
    ("service", "identifier of a service"),
    ("size", "number of entries of a ledger or table"),
    ("status", "status code of an answer or of a dossier"),
    ("system", "code of a system"),
    ("table", "name of a table"),
    ("target_node", "identifier of the node called"),
    ("to", "end of a range"),
    ("version", "version of a program, directory or schema"),
];

/// Whether a field may be written.
#[must_use]
pub fn is_allowed(field: &str) -> bool {
    FIELDS.binary_search_by_key(&field, |(name, _)| *name).is_ok()
}

/// Wraps personal data, so that printing it, or anything that holds it, prints a mask.
pub fn personal<T>(value: T) -> Redacted<T> {
    Redacted(value)
}

/// A value that prints as a mask.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// The value, for the code that may use it.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The value, unwrapped.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<T> Display for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_without_doubles_and_explained() {
        assert!(FIELDS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(FIELDS.iter().all(|(_, meaning)| !meaning.is_empty()));
        let written_by_the_line_itself = ["time", "level", "target", "message", "spans", "dropped_fields"];
        assert!(written_by_the_line_itself.iter().all(|name| !is_allowed(name)));
        assert!(is_allowed("node") && !is_allowed("full_name") && !is_allowed(""));
    }

    #[test]
    fn personal_values_print_a_mask_wherever_they_are() {
        #[derive(Debug)]
        struct Person {
            _id: Redacted<&'static str>,
            _names: Redacted<Vec<String>>,
        }
        let person =
            Person { _id: personal("001099012345"), _names: personal(vec!["Nguyễn Văn A".into()]) };
        assert_eq!(format!("{person:?}"), "Person { _id: [personal], _names: [personal] }");
        assert_eq!(format!("{:>20}|{:#?}", personal(1985), personal(1985)), "[personal]|[personal]");
        assert_eq!(personal("A").expose(), &"A");
        assert_eq!(personal("A").into_exposed(), "A");
    }
}
