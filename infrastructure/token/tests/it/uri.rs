//! Where a key is.

use proptest::prelude::*;
use token::{KeyUri, UriError};

const GOOD: &str =
    "pkcs11:token=Trung%20t%C3%A2m;object=ledger?module-path=/usr/lib/p11.so&pin-source=file:/etc/pin";

#[test]
fn a_uri_names_a_key() {
    let uri: KeyUri = GOOD.parse().unwrap();
    assert_eq!((&*uri.token, &*uri.object), ("Trung tâm", "ledger"));
    assert_eq!(uri.pin.as_deref(), Some("/etc/pin".as_ref()));
    assert_eq!(uri.to_string(), GOOD.replace("file:", ""));
    let more = GOOD.replace(";object", ";serial=7;id=%00%FF;type=private;object");
    let uri: KeyUri = more.parse().unwrap();
    assert_eq!((uri.serial.as_deref(), uri.id.as_deref()), (Some("7"), Some(&[0, 255][..])));
    let without = GOOD.split('&').next().unwrap().parse::<KeyUri>().unwrap();
    assert_eq!(without.pin, None, "the token asks for it itself");
}

#[test]
fn what_names_none_is_refused() {
    for (case, from, to, expected) in [
        ("another scheme", "pkcs11:", "file:", "is no key in a token"),
        ("no token", "token=Trung%20t%C3%A2m;", "", "lacks token"),
        ("no key", ";object=ledger", "", "lacks object"),
        ("no library", "module-path=/usr/lib/p11.so&", "", "lacks module-path"),
        ("an empty name", "object=ledger", "object=", "is empty"),
        ("a control character", "object=ledger", "object=a%0Ab", "control characters"),
        ("not UTF-8", "object=ledger", "object=%FF", "not UTF-8"),
        ("a part twice", ";object", ";object=a;object", "object twice"),
        ("an unknown part", ";object", ";slot-id=3;object", "\"slot-id\""),
        ("another type", ";object", ";type=cert;object", "other than private"),
        ("a part without a value", ";object", ";x;object", "is no key in a token"),
        ("a relative library", "/usr/lib/p11.so", "p11.so", "no path from the root"),
        ("a relative PIN", "file:/etc/pin", "pin", "no path from the root"),
    ] {
        let error = GOOD.replacen(from, to, 1).parse::<KeyUri>().unwrap_err().to_string();
        assert!(error.contains(expected), "{case}: {error}");
    }
    let with_pin = GOOD.replace("pin-source=file:/etc/pin", "pin-value=1234");
    let error = with_pin.parse::<KeyUri>().unwrap_err();
    assert!(error == UriError::Pin && !error.to_string().contains("1234"), "{error}");
    assert!(format!("{GOOD}&x-{}=1", "y".repeat(3_000)).parse::<KeyUri>().is_err());
}

proptest! {
    #[test]
    fn what_is_read_is_written_so_that_it_is_read_again(
        token in "\\PC{1,20}", object in "\\PC{1,20}", id in proptest::option::of(proptest::collection::vec(any::<u8>(), 1..9)),
    ) {
        let good: KeyUri = GOOD.parse().unwrap();
        let uri = KeyUri { token, object, id, ..good };
        prop_assert_eq!(uri.to_string().parse::<KeyUri>(), Ok(uri));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "pkcs11:[a-z%;=?&/0-9-]{0,80}|\\PC{0,80}") {
        if let Ok(uri) = text.parse::<KeyUri>() {
            prop_assert_eq!(uri.to_string().parse::<KeyUri>(), Ok(uri));
        }
    }
}
