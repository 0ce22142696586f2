//! The web sites of the State whose people sign in here. Their operators and ours agree on them; the law on electronic
//! identification, and not the person's consent, lets them know who their people are and which posts these hold. So they are
//! registered by whoever runs this system, and not over the exchange, where any system may register clients that people are
//! asked for.

use crate::{jose, records, rules};
use contracts::{
    MemberId,
    identity::{ClaimField, ClientAuthentication, ClientRegistration, SigningAlgorithm},
};
use jiff::Timestamp;
use openid::{ENDED_PATH, RETURN_PATH};
use store::{Batch, Store, StoreError};
use thiserror::Error;

/// What a site is told.
const FIELDS: [ClaimField; 3] = [ClaimField::Name, ClaimField::PersonalNumber, ClaimField::Posts];

/// A web site of the State.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its name as a client: the agency's identifier on the exchange and `pages`, or `pages-` and letters where the agency has
    /// several: `VN/GOV/H26/pages`.
    pub client: String,
    /// What people see, in Vietnamese.
    pub name_vi: String,
    /// The same in English.
    pub name_en: String,
    /// Scheme, host and port, as browsers see them.
    pub url: String,
    /// Public half of its Ed25519 key, in base64url.
    pub public_key: String,
    /// Codes of the systems whose pages it has: whoever holds a post in them, the site is told.
    pub systems: Vec<String>,
}

/// Why a site was not registered.
#[derive(Debug, Error)]
pub enum SiteError {
    /// Its name is none.
    #[error("{0:?} is no name of a site; it is the agency's identifier and `pages`, as in VN/GOV/H26/pages")]
    Client(String),
    /// Something of it can't be taken.
    #[error("the site {0} can't be registered: {1}")]
    Wrong(String, String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Registers these sites, and withdraws all others, with the sessions that people have there.
///
/// # Errors
/// [`SiteError`]; then nothing has changed.
pub async fn register(store: &Store, sites: &[Site], now: Timestamp) -> Result<(), SiteError> {
    let mut batch = Batch::new();
    for (known, _) in records::sites(store).await? {
        if !sites.iter().any(|site| site.client == known) {
            records::withdraw_site(&mut batch, &known, now);
        }
    }
    for site in sites {
        records::register_site(&mut batch, &site.client, &registration(site)?, &site.systems, now);
    }
    if batch.is_empty() {
        return Ok(());
    }
    Ok(store.write(batch).await?)
}

/// Checks a site, and makes its registration.
///
/// # Errors
/// [`SiteError`].
pub fn registration(site: &Site) -> Result<ClientRegistration, SiteError> {
    let Some((agency, code)) = site.client.rsplit_once('/') else {
        return Err(SiteError::Client(site.client.clone()));
    };
    let is_name = code == "pages" || code.strip_prefix("pages-").is_some_and(|rest| !rest.is_empty());
    if agency.parse::<MemberId>().is_err() || !is_name {
        return Err(SiteError::Client(site.client.clone()));
    }
    let url = site.url.trim_end_matches('/');
    let registration = ClientRegistration {
        code: code.to_owned(),
        name_vi: site.name_vi.clone(),
        name_en: site.name_en.clone(),
        redirect_uris: vec![format!("{url}{RETURN_PATH}")],
        post_logout_redirect_uris: vec![format!("{url}/")],
        backchannel_logout_uri: Some(format!("{url}{ENDED_PATH}")),
        authentication: ClientAuthentication::PrivateKeyJwt,
        jwks: Some(jose::set_of_ed25519(&site.public_key)),
        id_token_signed_response_alg: SigningAlgorithm::EdDsa,
        tls_client_certificate_bound_access_tokens: false,
        client_credentials: false,
        purpose_vi: "Đăng nhập trang của cơ quan nhà nước".into(),
        purpose_en: "Signing in to a site of the State".into(),
        fields: FIELDS.to_vec(),
    };
    let faults = rules::client::check(&registration);
    let is_code = |code: &String| {
        !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    let wrong = |what: String| SiteError::Wrong(site.client.clone(), what);
    if !faults.is_empty() {
        let told: Vec<String> =
            faults.into_iter().map(|fault| format!("{}: {}", fault.field, fault.en)).collect();
        return Err(wrong(told.join(" ")));
    }
    if !site.systems.iter().all(is_code) {
        return Err(wrong("systems: they are codes, as in one-door".to_owned()));
    }
    Ok(registration)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Site {
        Site {
            client: "VN/GOV/H26/pages".into(),
            name_vi: "Một cửa Hà Nội".into(),
            name_en: "One-door of Hanoi".into(),
            url: "https://motcua.example".into(),
            public_key: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".into(),
            systems: vec!["one-door".into(), "exchange".into()],
        }
    }

    #[test]
    fn sites_are_checked() {
        type Change = fn(&mut Site);
        let cases: [(Change, Option<&str>); 11] = [
            (|_| (), None),
            (|site| site.client = "VN/GOV/H26/pages-2".into(), None),
            (|site| site.url = "http://127.0.0.1:8080/".into(), None),
            (|site| site.client = "VN/GOV/G22/portal/pages".into(), Some("no name of a site")),
            (|site| site.client = "VN/GOV/H26/web".into(), Some("no name of a site")),
            (|site| site.client = "pages".into(), Some("no name of a site")),
            (|site| site.url = "http://motcua.example".into(), Some("redirect_uris")),
            (|site| site.url = "motcua.example".into(), Some("redirect_uris")),
            (|site| site.public_key = "AAAA".into(), Some("jwks")),
            (|site| site.name_vi = String::new(), Some("name_vi")),
            (|site| site.systems = vec!["one door".into()], Some("systems")),
        ];
        for (number, (change, expected)) in cases.into_iter().enumerate() {
            let mut site = good();
            change(&mut site);
            let found = registration(&site).map_err(|error| error.to_string());
            match expected {
                None => assert!(found.is_ok(), "case {number}: {found:?}"),
                Some(words) => assert!(found.unwrap_err().contains(words), "case {number}"),
            }
        }
        let registration = registration(&good()).unwrap();
        assert_eq!(registration.redirect_uris, ["https://motcua.example/sign-in/return"]);
    }
}
