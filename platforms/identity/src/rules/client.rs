//! What a client may register.

use crate::jose::keys_of;
use contracts::{
    FieldProblem,
    identity::{ClientAuthentication, ClientRegistration},
};

/// The most addresses of each kind.
const ADDRESSES_MAXIMUM: usize = 20;
/// Longest address, in bytes.
const ADDRESS_LIMIT_BYTES: usize = 512;
/// Longest name and purpose, in characters.
const NAME_LIMIT_CHARACTERS: usize = 100;
const PURPOSE_LIMIT_CHARACTERS: usize = 300;
/// Longest code, in bytes.
const CODE_LIMIT_BYTES: usize = 40;

/// What of a registration can't be taken.
pub fn check(registration: &ClientRegistration) -> Vec<FieldProblem> {
    let mut faults = Vec::new();
    let mut fault = |is_wrong: bool, field: &str, code: &str, vi: &str, en: &str| {
        if is_wrong {
            faults.push(FieldProblem {
                field: field.into(),
                code: code.into(),
                vi: vi.into(),
                en: en.into(),
            });
        }
    };
    let is_code = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let code = registration.code.as_bytes();
    fault(
        code.is_empty() || code.len() > CODE_LIMIT_BYTES || !code.iter().all(|byte| is_code(*byte)),
        "code",
        "malformed",
        "Mã gồm chữ thường, chữ số và dấu gạch nối, tối đa 40 ký tự.",
        "A code is lower-case letters, digits and hyphens, at most 40.",
    );
    for (field, text, limit) in [
        ("name_vi", &registration.name_vi, NAME_LIMIT_CHARACTERS),
        ("name_en", &registration.name_en, NAME_LIMIT_CHARACTERS),
        ("purpose_vi", &registration.purpose_vi, PURPOSE_LIMIT_CHARACTERS),
        ("purpose_en", &registration.purpose_en, PURPOSE_LIMIT_CHARACTERS),
    ] {
        let is_wrong =
            text.trim().is_empty() || text.chars().count() > limit || text.chars().any(char::is_control);
        fault(is_wrong, field, "text", "Hãy ghi bằng chữ, ngắn gọn.", "Write it in letters, and briefly.");
    }
    let logout: Vec<String> = registration.backchannel_logout_uri.iter().cloned().collect();
    for (field, addresses, least) in [
        ("redirect_uris", &registration.redirect_uris, usize::from(!registration.client_credentials)),
        ("post_logout_redirect_uris", &registration.post_logout_redirect_uris, 0),
        ("backchannel_logout_uri", &logout, 0),
    ] {
        let count = addresses.len();
        let is_wrong = count < least || count > ADDRESSES_MAXIMUM || !addresses.iter().all(|a| is_address(a));
        fault(
            is_wrong,
            field,
            "address",
            "Địa chỉ phải là https (hoặc http trên máy này), không có phần sau dấu #.",
            "An address is https (or http on this machine), without a fragment.",
        );
    }
    let keys = registration.jwks.as_ref().map(keys_of);
    let is_keyed = registration.authentication == ClientAuthentication::PrivateKeyJwt;
    fault(
        is_keyed != matches!(keys, Some(Ok(_))) || (!is_keyed && registration.jwks.is_some()),
        "jwks",
        "keys",
        "private_key_jwt cần các khóa công khai ES256 hoặc EdDSA; cách khác thì không có khóa.",
        "private_key_jwt needs public ES256 or EdDSA keys; anything else has none.",
    );
    let is_authenticated = registration.authentication != ClientAuthentication::None;
    fault(
        registration.client_credentials && !is_authenticated,
        "client_credentials",
        "not-authenticated",
        "Chỉ hệ thống có khóa hoặc chứng thư mới được dùng client_credentials.",
        "Only a system with a key or a certificate may use client_credentials.",
    );
    fault(
        registration.tls_client_certificate_bound_access_tokens && !is_authenticated,
        "tls_client_certificate_bound_access_tokens",
        "not-authenticated",
        "Chỉ hệ thống có khóa hoặc chứng thư mới gắn mã truy cập với chứng thư.",
        "Only a system with a key or a certificate binds its tokens to a certificate.",
    );
    faults
}

/// Where browsers and calls may be sent: over TLS, or to the machine itself.
fn is_address(address: &str) -> bool {
    let is_plain = address.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\\\"'<>".contains(&byte));
    let Ok(uri) = address.parse::<http::Uri>() else { return false };
    let is_ours = matches!(uri.host(), Some("127.0.0.1" | "localhost" | "[::1]"));
    let is_safe = uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && is_ours);
    let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    is_plain
        && is_safe
        && !has_user
        && uri.host().is_some_and(|host| !host.is_empty())
        && address.len() <= ADDRESS_LIMIT_BYTES
}

/// Scheme, host and port of an address, as a policy for content names it.
pub fn origin(address: &str) -> Option<String> {
    let uri: http::Uri = address.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::identity::{ClaimField, SigningAlgorithm};

    fn good() -> ClientRegistration {
        ClientRegistration {
            code: "web".into(),
            name_vi: "Cổng".into(),
            name_en: "Portal".into(),
            redirect_uris: vec!["https://rp.example/cb?x=1".into()],
            post_logout_redirect_uris: vec![],
            backchannel_logout_uri: None,
            authentication: ClientAuthentication::None,
            jwks: None,
            id_token_signed_response_alg: SigningAlgorithm::Es256,
            tls_client_certificate_bound_access_tokens: false,
            client_credentials: false,
            purpose_vi: "Nộp hồ sơ".into(),
            purpose_en: "Applications".into(),
            fields: vec![ClaimField::Name],
        }
    }

    fn by_certificate(registration: &mut ClientRegistration) {
        registration.authentication = ClientAuthentication::TlsClientAuth;
        registration.client_credentials = true;
        registration.redirect_uris.clear();
    }

    #[test]
    fn registrations_are_checked() {
        type Change = fn(&mut ClientRegistration);
        let cases: [(Change, &[&str]); 19] = [
            (|_| (), &[]),
            (|r| r.redirect_uris.push("http://127.0.0.1:9/cb".into()), &[]),
            (|r| r.redirect_uris.push("http://localhost/cb".into()), &[]),
            (|r| r.redirect_uris.push("http://rp.example/cb".into()), &["redirect_uris"]),
            (|r| r.redirect_uris.push("https://rp.example/cb#x".into()), &["redirect_uris"]),
            (|r| r.redirect_uris.push("https://a@rp.example/cb".into()), &["redirect_uris"]),
            (|r| r.redirect_uris.push("javascript:alert(1)".into()), &["redirect_uris"]),
            (|r| r.redirect_uris.push("/cb".into()), &["redirect_uris"]),
            (|r| r.redirect_uris.clear(), &["redirect_uris"]),
            (|r| r.backchannel_logout_uri = Some("http://10.0.0.1/".into()), &["backchannel_logout_uri"]),
            (|r| r.code = "Web".into(), &["code"]),
            (|r| r.code = "a/b".into(), &["code"]),
            (|r| r.name_vi = " ".into(), &["name_vi"]),
            (|r| r.purpose_en = "x".repeat(301), &["purpose_en"]),
            (|r| r.authentication = ClientAuthentication::PrivateKeyJwt, &["jwks"]),
            (|r| r.client_credentials = true, &["client_credentials"]),
            (by_certificate, &[]),
            (
                |r| {
                    by_certificate(r);
                    r.jwks = Some(serde_json::json!({ "keys": [] }));
                },
                &["jwks"],
            ),
            (
                |r| r.tls_client_certificate_bound_access_tokens = true,
                &["tls_client_certificate_bound_access_tokens"],
            ),
        ];
        for (number, (change, expected)) in cases.into_iter().enumerate() {
            let mut registration = good();
            change(&mut registration);
            let found: Vec<String> = check(&registration).into_iter().map(|fault| fault.field).collect();
            assert_eq!(found, expected, "case {number}");
        }
    }

    #[test]
    fn an_origin_is_what_browsers_compare() {
        assert_eq!(origin("https://rp.example:8443/cb?x=1").as_deref(), Some("https://rp.example:8443"));
        assert_eq!(origin("/cb"), None);
    }
}
