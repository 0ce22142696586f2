//! Phone numbers and e-mail addresses.

use crate::model::{Contact, ContactKind};

/// Longest e-mail address, in bytes (RFC 5321, section 4.5.3.1.3, without the brackets).
const EMAIL_LIMIT_BYTES: usize = 254;
/// Digits of a Vietnamese subscriber number after the leading zero.
const SUBSCRIBER_DIGITS: usize = 9;

/// A phone number of Vietnam, `0912 345 678` or `+84912345678`, or an e-mail address. `None` for anything else.
pub fn parse(text: &str) -> Option<Contact> {
    if text.contains('@') { email(text) } else { phone(text) }
}

fn phone(text: &str) -> Option<Contact> {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '.' | '-')).collect();
    let subscriber = digits.strip_prefix("+84").or_else(|| digits.strip_prefix('0'))?;
    let is_number = subscriber.len() == SUBSCRIBER_DIGITS
        && subscriber.bytes().all(|byte| byte.is_ascii_digit())
        && !subscriber.starts_with('0');
    is_number.then(|| Contact { kind: ContactKind::Phone, address: format!("+84{subscriber}") })
}

/// Case matters in no mailbox that people use; the address is kept in small letters so that it is found again.
fn email(text: &str) -> Option<Contact> {
    let (local, domain) = text.rsplit_once('@')?;
    let is_local = !local.is_empty()
        && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b))
        && !local.starts_with('.');
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_domain = domain.contains('.') && domain.split('.').all(is_label);
    (is_local && is_domain && text.len() <= EMAIL_LIMIT_BYTES)
        .then(|| Contact { kind: ContactKind::Email, address: text.to_ascii_lowercase() })
}

/// The contact with most of it hidden, to say where a code went without telling who asks what it is.
pub fn masked(contact: &Contact) -> String {
    match contact.kind {
        ContactKind::Phone => {
            let kept = contact.address.len().saturating_sub(3);
            format!("*** *** {}", contact.address.get(kept..).unwrap_or_default())
        }
        ContactKind::Email => {
            let (local, domain) = contact.address.rsplit_once('@').unwrap_or_default();
            format!("{}***@{domain}", local.get(..1).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn contacts_are_read_and_masked() {
        for (text, address, hidden) in [
            ("0912345678", "+84912345678", "*** *** 678"),
            ("0912 345 678", "+84912345678", "*** *** 678"),
            ("+84 91-234.5678", "+84912345678", "*** *** 678"),
            ("An.Nguyen@Example.VN", "an.nguyen@example.vn", "a***@example.vn"),
            ("a+b@x.co", "a+b@x.co", "a***@x.co"),
        ] {
            let contact = parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((contact.address.as_str(), masked(&contact).as_str()), (address, hidden));
        }
    }

    #[test]
    fn what_is_no_contact_is_refused() {
        for text in [
            "",
            "0",
            "091234567",
            "09123456789",
            "0012345678",
            "+1912345678",
            "٠٩١٢٣٤٥٦٧٨",
            "@",
            "a@",
            "@b.vn",
            "a@b",
            "a@-b.vn",
            "a b@c.vn",
            "a@b..vn",
            ".a@b.vn",
            "a@b.vn\r\nBcc: c@d.vn",
            "a@b@c.vn",
            "ă@b.vn",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
        assert_eq!(parse(&format!("{}@b.vn", "a".repeat(250))), None);
    }

    proptest! {
        #[test]
        fn nothing_typed_makes_a_header_or_a_path(text in ".{0,80}") {
            if let Some(contact) = parse(&text) {
                prop_assert!(contact.address.bytes().all(|b| b.is_ascii_graphic() && !b"/\\<>\"".contains(&b)));
                prop_assert_eq!(parse(&contact.address), Some(contact));
            }
        }
    }
}
