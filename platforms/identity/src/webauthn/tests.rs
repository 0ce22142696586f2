use super::*;
use crate::testing::Authenticator;
use proptest::prelude::*;

const CHALLENGE: [u8; 32] = [7; 32];

fn party() -> RelyingParty {
    RelyingParty::of("https://dinhdanh.example:8443")
}

#[test]
fn a_site_is_its_host_and_its_origin() {
    for (url, id, origin) in [
        ("https://dinhdanh.example", "dinhdanh.example", "https://dinhdanh.example"),
        ("https://dinhdanh.example:8443", "dinhdanh.example", "https://dinhdanh.example:8443"),
        ("http://localhost:8080/x", "localhost", "http://localhost:8080"),
    ] {
        assert_eq!(RelyingParty::of(url), RelyingParty { id: id.into(), origin: origin.into() });
    }
}

#[test]
fn what_was_registered_signs_in() {
    for mut device in [Authenticator::es256(), Authenticator::eddsa()] {
        let (client, object) = device.register(&party(), &CHALLENGE);
        let registered = register(&party(), &CHALLENGE, &client, &object).unwrap();
        assert_eq!(registered.credential, device.credential);
        let (client, data, signature) = device.sign(&party(), &CHALLENGE);
        let assertion = Assertion { client_data: &client, authenticator_data: &data, signature: &signature };
        let counter = assert(&party(), &CHALLENGE, &registered.public_key, registered.counter, &assertion);
        assert_eq!(counter, Ok(1));
        // The same assertion again: the counter does not go up.
        let again = assert(&party(), &CHALLENGE, &registered.public_key, 1, &assertion);
        assert_eq!(again, Err(WebauthnError::Counter));
    }
}

#[test]
fn synchronised_passkeys_do_not_count() {
    let mut device = Authenticator::es256();
    device.counts = false;
    let (client, object) = device.register(&party(), &CHALLENGE);
    let registered = register(&party(), &CHALLENGE, &client, &object).unwrap();
    for _ in 0..2 {
        let (client, data, signature) = device.sign(&party(), &CHALLENGE);
        let assertion = Assertion { client_data: &client, authenticator_data: &data, signature: &signature };
        assert_eq!(assert(&party(), &CHALLENGE, &registered.public_key, 0, &assertion), Ok(0));
    }
}

#[test]
fn nothing_else_is_registered() {
    type Change = fn(&mut Authenticator, &mut RelyingParty, &mut [u8; 32]);
    let cases: [(&str, Change, WebauthnError); 5] = [
        ("another challenge", |_, _, challenge| challenge[0] ^= 1, WebauthnError::Challenge),
        ("another origin", |_, party, _| party.origin.push('x'), WebauthnError::Site),
        ("another domain", |_, party, _| party.id.push('x'), WebauthnError::Site),
        ("nobody verified", |device, _, _| device.flags &= !USER_VERIFIED, WebauthnError::NotVerified),
        ("nobody there", |device, _, _| device.flags &= !USER_PRESENT, WebauthnError::NotVerified),
    ];
    for (case, change, expected) in cases {
        let (mut device, mut made_for, mut challenge) = (Authenticator::es256(), party(), CHALLENGE);
        change(&mut device, &mut made_for, &mut challenge);
        let (client, object) = device.register(&made_for, &challenge);
        assert_eq!(register(&party(), &CHALLENGE, &client, &object), Err(expected), "{case}");
    }
}

#[test]
fn a_ceremony_is_not_mistaken_for_the_other() {
    let mut device = Authenticator::es256();
    let (_, object) = device.register(&party(), &CHALLENGE);
    let (client, _, _) = device.sign(&party(), &CHALLENGE);
    assert!(matches!(register(&party(), &CHALLENGE, &client, &object), Err(WebauthnError::Form(_))));
}

#[test]
fn a_frame_of_another_site_is_refused() {
    let mut device = Authenticator::es256();
    let (client, object) = device.register(&party(), &CHALLENGE);
    let framed = String::from_utf8(client).unwrap().replace("\"crossOrigin\":false", "\"crossOrigin\":true");
    assert_eq!(register(&party(), &CHALLENGE, framed.as_bytes(), &object), Err(WebauthnError::Site));
}

#[test]
fn no_byte_of_an_assertion_can_be_changed() {
    let mut device = Authenticator::eddsa();
    let (client, object) = device.register(&party(), &CHALLENGE);
    let key = register(&party(), &CHALLENGE, &client, &object).unwrap().public_key;
    let (client, data, signature) = device.sign(&party(), &CHALLENGE);
    for part in 0..3 {
        let length = [client.len(), data.len(), signature.len()][part];
        for at in 0..length {
            let mut parts = [client.clone(), data.clone(), signature.clone()];
            parts[part][at] ^= 1;
            let assertion =
                Assertion { client_data: &parts[0], authenticator_data: &parts[1], signature: &parts[2] };
            assert!(assert(&party(), &CHALLENGE, &key, 0, &assertion).is_err(), "part {part}, byte {at}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_bear_checking(client in prop::collection::vec(any::<u8>(), 0..200), object in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(register(&party(), &CHALLENGE, &client, &object).is_err());
        let _ = AuthenticatorData::parse(&object).map(|data| data.flags);
    }
}
