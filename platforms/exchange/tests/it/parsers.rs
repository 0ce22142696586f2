//! Whatever bytes come, parsers say yes or no and never panic; and what is written is read again as it was.

use bytes::Bytes;
use exchange::{
    Directory, Receipt,
    access::{self, glob_matches},
    body::Sha256,
    codec::{Decoder, Encoder},
    message::{Annex, AnswerHead, Entry, Event, RequestHead, Seal, SeenCheckpoints},
    rest::{self, Target},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use ledger::Hash;
use proptest::{collection::vec, prelude::*};
use uuid::Uuid;

fn headers() -> impl Strategy<Value = HeaderMap> {
    let name = "[a-z][a-z0-9-]{0,12}".prop_map(|name| name.parse::<HeaderName>().unwrap());
    let value = vec(prop_oneof![9 => 0x20..0x7fu8, 1 => 0x80..=0xffu8, 1 => Just(b'\t')], 0..30);
    let value = value.prop_map(|bytes| HeaderValue::from_bytes(&bytes).unwrap());
    vec((name, value), 0..8).prop_map(|pairs| {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        headers
    })
}

/// Globs by their definition, slowly.
fn defined(glob: &[char], path: &[char]) -> bool {
    match glob {
        [] => path.is_empty(),
        ['*', '*', rest @ ..] => (0..=path.len()).any(|skipped| defined(rest, &path[skipped..])),
        ['*', rest @ ..] => {
            let run = path.iter().take_while(|c| **c != '/').count();
            (0..=run).any(|skipped| defined(rest, &path[skipped..]))
        }
        ['\\', c, rest @ ..] | [c, rest @ ..] => path.first() == Some(c) && defined(rest, &path[1..]),
    }
}

proptest! {
    #[test]
    fn targets_are_read_again_as_written(parts in vec("[^/\\\\%;.\\x00-\\x1f\\x7f-\\x9f\u{200b}\u{feff}]{1,12}", 5), path in "(/[a-zA-Z0-9~_-]{0,8}){0,4}", query in proptest::option::of("[!-~&&[^#]]{0,20}")) {
        let text = format!("VN/{}/{}/{}/{}", parts[1], parts[2], parts[3], parts[4]);
        let service = text.parse().unwrap();
        let target = Target { service, path, query };
        let written = target.write();
        let (path, query) = written.split_once('?').map_or((written.as_str(), None), |(path, query)| (path, Some(query)));
        prop_assert_eq!(Target::parse(path, query).unwrap(), target);
    }

    #[test]
    fn no_target_is_fatal(path in "(/r1)?(/|[ -~]|\\PC|%[0-9a-fA-F]{2}|\\.\\.){0,40}", query in proptest::option::of(".{0,20}")) {
        if let Ok(target) = Target::parse(&path, query.as_deref()) {
            let _ = access::readings(&target.path);
            prop_assert!(!target.path.split('/').any(|segment| segment == ".."));
        }
    }

    #[test]
    fn heads_are_read_again_as_written(headers in headers()) {
        let target = Target::parse("/r1/VN/GOV/G01/population/people/x", Some("a=b")).unwrap();
        let head = RequestHead::write(&Method::PATCH, &target, headers.iter()).unwrap();
        prop_assert_eq!(RequestHead::parse(head).unwrap().headers, headers.clone());
        let head = AnswerHead::write(StatusCode::IM_A_TEAPOT, headers.iter());
        let read = AnswerHead::parse(head).unwrap();
        prop_assert_eq!((read.status, read.headers), (StatusCode::IM_A_TEAPOT, headers));
    }

    #[test]
    fn no_bytes_are_fatal(bytes in vec(any::<u8>(), 0..300), text in "(POST\r\n|200\r\n|/r1/VN/GOV/G01/a/b\r\n|[a-z]+:|\\PC|\r\n){0,20}") {
        let seen = SeenCheckpoints::new(ledger::NoteSigner::new("x", &[1; 32]).unwrap().verifier_key());
        for bytes in [Bytes::from(bytes), Bytes::from(text.clone())] {
            let _ = RequestHead::parse(bytes.clone()).map(|head| (head.request_id().ok(), rest::client(&head.headers).ok()));
            let _ = AnswerHead::parse(bytes.clone());
            let _ = Annex::decode(bytes.clone());
            prop_assert!(Seal::decode(bytes, &seen).is_err());
        }
        prop_assert!(Receipt::parse(&text).is_err());
        prop_assert!(text.parse::<Entry>().is_err());
        prop_assert!(Directory::open(&text, &ledger::NoteSigner::new("x", &[1; 32]).unwrap().verifier_key()).is_err());
    }

    #[test]
    fn annexes_are_read_again_as_written(salt in any::<[u8; 16]>(), at_micros in 0..i64::MAX, peer in "\\PC{0,30}", body in proptest::option::of(any::<u8>()), head in vec(any::<u8>(), 0..50), seal in vec(any::<u8>(), 0..50), cut in any::<prop::sample::Index>()) {
        let body: Option<Sha256> = body.map(|byte| [byte; 32]);
        let seal = Some(Bytes::from(seal)).filter(|seal| !seal.is_empty());
        let annex = Annex { salt, at_micros, peer, body, body_bytes: 7, head: head.into(), seal };
        let encoded = Bytes::from(annex.encode());
        prop_assert_eq!(format!("{:?}", Annex::decode(encoded.clone()).unwrap()), format!("{annex:?}"));
        prop_assert!(Annex::decode(encoded.slice(..cut.index(encoded.len()))).is_err());
    }

    #[test]
    fn fields_are_read_again_as_written(number in any::<u64>(), bytes in vec(any::<u8>(), 0..50), hashes in vec(any::<[u8; 32]>(), 0..64)) {
        let hashes: Vec<Hash> = hashes.into_iter().map(Hash::from).collect();
        let mut out = Encoder::default();
        out.u64(number).bytes(&bytes).hashes(&hashes);
        let mut input = Decoder::new(out.0.into());
        prop_assert_eq!(input.u64("number").unwrap(), number);
        prop_assert_eq!(input.bytes("bytes", 50).unwrap(), bytes);
        prop_assert_eq!(input.hashes("hashes").unwrap(), hashes);
        prop_assert!(input.end().is_ok());
    }

    #[test]
    fn entries_are_read_again_as_written(id in any::<u128>(), digest in any::<[u8; 32]>()) {
        for event in [Event::RequestSent, Event::RequestReceived, Event::AnswerSent, Event::AnswerReceived] {
            let entry = Entry { event, id: Uuid::from_u128(id), digest: digest.into() };
            prop_assert_eq!(entry.to_string().parse::<Entry>().unwrap(), entry);
        }
    }

    #[test]
    fn header_values_carry_any_text(text in "\\PC{0,40}") {
        let mut headers = HeaderMap::new();
        headers.insert(rest::ISSUE, rest::value(&text));
        prop_assert_eq!(rest::text(&headers, &rest::ISSUE).unwrap(), text);
    }

    #[test]
    fn globs_match_as_they_are_defined(glob in "(\\*|\\*\\*|/|a|b|\\\\\\*){0,8}", path in "(/|a|b|\\*){0,10}") {
        let (g, p): (Vec<char>, Vec<char>) = (glob.chars().collect(), path.chars().collect());
        prop_assert_eq!(glob_matches(&glob, &path), defined(&g, &p), "{} {}", glob, path);
    }

    #[test]
    fn cutting_shows_nothing_else(secret in "[a-z]{8}", depth in 0..4usize) {
        let mut inner = serde_json::json!({ "seen": 1, "hidden": secret });
        for _ in 0..depth {
            inner = serde_json::json!([{ "list": inner, "hidden": secret }]);
        }
        let path = format!("{}seen", "list.".repeat(depth));
        let cut = access::cut(inner.to_string().as_bytes(), &[path]).unwrap();
        let cut = String::from_utf8(cut).unwrap();
        prop_assert!(cut.contains("\"seen\":1") && !cut.contains(&secret), "{}", cut);
    }
}
