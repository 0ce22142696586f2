//! The relying party: what a site does to learn from its identity provider who somebody is (OpenID Connect Core 1.0 with
//! RFC 7636, 7523, 9126 and 9207; Back-Channel Logout 1.0).

use crate::{
    claims::{ClaimFault, Expected, Identified, Told},
    flow::{self, DRAW_BYTES, Secrets, Wish},
    jose::SigningKey,
    outgoing::OutgoingCalls,
    provider::{Provider, ProviderError, is_safe, read},
};
use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use thiserror::Error;
use web::{Assurance, Keeper, Origin, SignedIn, Standing, Visit};

/// Where the provider sends people back to, on every site.
pub const RETURN_PATH: &str = "/sign-in/return";
/// Where the provider tells that a session has ended, on every site.
pub const ENDED_PATH: &str = "/sign-in/ended";

/// How long an assertion of the site is good, in seconds.
const ASSERTION_SECONDS: i64 = 60;
/// What an assertion says it is (RFC 7523, section 2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// What is asked for. A site gets of it what it is registered for.
const SCOPE: &str = "openid profile personal_number posts";
/// The most logout tokens that are remembered until they expire.
const TOLD_MAXIMUM: usize = 100_000;

/// How a site stands with its identity provider.
pub struct Site {
    /// The provider, by its issuer.
    pub issuer: String,
    /// The site, by its name there.
    pub client: String,
    /// Scheme, host and port of the site, as browsers see them.
    pub url: String,
    /// What the site shows that it is the site with.
    pub key: SigningKey,
    /// The time.
    pub clock: web::Clock,
    /// Randomness.
    pub random: web::Random,
}

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub(crate) enum NotSignedIn {
    /// What came back was not begun in this browser, or too long ago.
    #[error("the answer belongs to another browser, or to a page that is too old")]
    NotBegunHere,
    /// Another provider answered, or none that says who it is (RFC 9207).
    #[error("the answer does not come from this site's identity system")]
    OtherProvider,
    /// The provider refused, or the person.
    #[error("the identity system answered {0:?}")]
    Refused(String),
    /// What it says is not taken.
    #[error(transparent)]
    Claim(#[from] ClaimFault),
    /// It can't be used just now.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// A key can't sign.
    #[error("the site's key can't sign")]
    Key,
}

/// A site as a relying party.
pub struct RelyingParty {
    site: Site,
    provider: Provider,
    /// Logout tokens that were taken, with the second in which they expire.
    told: Mutex<HashMap<String, i64>>,
}

/// An answer of the provider that came with a browser.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Answered {
    #[serde(default)]
    state: String,
    iss: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    id_token: String,
}

#[derive(Deserialize)]
struct Fault {
    error: String,
}

/// Somebody who has come back from the provider.
pub(crate) struct Arrived {
    pub(crate) user: SignedIn,
    pub(crate) origin: Origin,
    pub(crate) path: String,
}

impl RelyingParty {
    /// The relying party of a site. Nothing is asked of the provider yet, which may not be there.
    pub fn new(site: Site, calls: OutgoingCalls) -> Self {
        Self { provider: Provider::new(site.issuer.clone(), calls), site, told: Mutex::default() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.site.clock)()
    }

    /// Scheme, host and port of the provider.
    pub fn provider_origin(&self) -> Option<String> {
        let uri: http::Uri = self.site.issuer.parse().ok()?;
        Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
    }

    /// Looks whether the provider can be used.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn look_at_provider(&self) -> Result<(), ProviderError> {
        if !is_safe(&self.site.issuer) {
            return Err(ProviderError::Address(self.site.issuer.clone()));
        }
        self.provider.addresses(self.now()).await.map(drop)
    }

    /// Pushes a request; where to send the browser.
    pub(crate) async fn begin(&self, visit: &Visit, wish: &Wish) -> Result<String, NotSignedIn> {
        let addresses = self.provider.addresses(self.now()).await?;
        let mut draw = [0; DRAW_BYTES];
        (self.site.random)(&mut draw);
        let bound = |purpose: &str, of: &[u8]| visit.bound(purpose, of);
        let secrets = flow::secrets_of(&draw, &bound);
        let mut form = vec![
            ("response_type", "code".to_owned()),
            ("redirect_uri", self.redirect_uri()),
            ("scope", SCOPE.to_owned()),
            ("state", flow::state_of(wish, draw, &bound)),
            ("code_challenge", secrets.challenge()),
            ("code_challenge_method", "S256".to_owned()),
            ("nonce", secrets.nonce),
            ("ui_locales", visit.language.tag().to_owned()),
        ];
        if wish.demand.assurance == Assurance::Two {
            form.push(("acr_values", contracts::identity::Level::Two.acr().to_owned()));
        }
        if let Some(minutes) = wish.demand.within_minutes {
            form.push(("max_age", (i64::from(minutes) * 60).to_string()));
        }
        let pushed: Pushed = self.post(&addresses.pushed, form, StatusCode::CREATED).await?;
        let query = [("client_id", self.site.client.as_str()), ("request_uri", &pushed.request_uri)];
        Ok(with_query(&addresses.authorization, &query))
    }

    /// Takes what the provider sent back with the browser.
    pub(crate) async fn arrive(&self, visit: &Visit, answer: &Answered) -> Result<Arrived, NotSignedIn> {
        let bound = |purpose: &str, of: &[u8]| visit.bound(purpose, of);
        let (wish, secrets) = flow::read_state(&answer.state, &bound).ok_or(NotSignedIn::NotBegunHere)?;
        if answer.iss.as_deref() != Some(&self.site.issuer) {
            return Err(NotSignedIn::OtherProvider);
        }
        let code = match (&answer.code, &answer.error) {
            (Some(code), None) => code,
            (_, error) => {
                let error = error.as_deref().unwrap_or("nothing");
                return Err(NotSignedIn::Refused(error.chars().take(40).collect()));
            }
        };
        let (identified, token) = self.redeem(code, &secrets, &wish).await?;
        let told = self.told_with(&token).await?.ok_or(ClaimFault::Subject)?;
        if told.sub != identified.subject {
            return Err(ClaimFault::Subject.into());
        }
        let Identified { subject, session, assurance, shown_at } = identified;
        Ok(Arrived {
            user: told.signed_in(assurance, shown_at),
            origin: Origin { session, subject, token },
            path: wish.path,
        })
    }

    async fn redeem(
        &self,
        code: &str,
        secrets: &Secrets,
        wish: &Wish,
    ) -> Result<(Identified, String), NotSignedIn> {
        let addresses = self.provider.addresses(self.now()).await?;
        let form = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("redirect_uri", self.redirect_uri()),
            ("code_verifier", secrets.verifier.clone()),
        ];
        let tokens: Tokens = self.post(&addresses.token, form, StatusCode::OK).await?;
        let claims = self.provider.verify(&tokens.id_token, &["JWT", ""], self.now()).await?;
        let identified = self.expected().id_token(&claims, &secrets.nonce, wish.demand)?;
        Ok((identified, tokens.access_token))
    }

    /// What the provider tells of the person of a token; `None` where the token is good no longer.
    async fn told_with(&self, token: &str) -> Result<Option<Told>, ProviderError> {
        let addresses = self.provider.addresses(self.now()).await?;
        let address = &addresses.user_info;
        let answer = self.provider.calls.get(address, Some(token)).await;
        let answer = answer.map_err(|error| ProviderError::Call(address.clone(), error))?;
        match answer.status {
            StatusCode::UNAUTHORIZED => Ok(None),
            _ => read(address, &answer, StatusCode::OK).map(Some),
        }
    }

    /// Takes a logout token: which sessions are over. A token is taken once.
    pub(crate) async fn take_logout(&self, token: &str) -> Result<impl Fn(&Origin) -> bool, NotSignedIn> {
        let claims = self.provider.verify(token, &["logout+jwt"], self.now()).await?;
        let ended = self.expected().logout_token(&claims)?;
        let now = self.now().as_second();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let remembered = now - crate::claims::CLOCK_LEEWAY_SECONDS;
        told.retain(|_, expires| *expires >= remembered);
        if told.len() >= TOLD_MAXIMUM || told.insert(ended.token.clone(), ended.expires).is_some() {
            return Err(ClaimFault::Event.into());
        }
        // With a session, that one alone is over; without, all of the person.
        Ok(move |origin: &Origin| match &ended.session {
            Some(session) => origin.session == *session,
            None => ended.subject.as_ref() == Some(&origin.subject),
        })
    }

    /// Where somebody goes who has signed out here, to sign out at the provider as well (OpenID Connect RP-Initiated Logout
    /// 1.0). Nothing where that can't be done.
    pub(crate) async fn after_sign_out(&self) -> Option<String> {
        let addresses = self.provider.addresses(self.now()).await;
        let addresses =
            addresses.inspect_err(|error| tracing::warn!(%error, "nobody is signed out elsewhere")).ok()?;
        let back = format!("{}/", self.site.url);
        let query = [("client_id", self.site.client.as_str()), ("post_logout_redirect_uri", &back)];
        addresses.end_session.as_ref().map(|address| with_query(address, &query))
    }

    fn expected(&self) -> Expected<'_> {
        Expected { issuer: &self.site.issuer, client: &self.site.client, now: self.now() }
    }

    fn redirect_uri(&self) -> String {
        format!("{}{RETURN_PATH}", self.site.url)
    }

    /// Posts a form in the name of the site.
    async fn post<T: DeserializeOwned>(
        &self,
        address: &str,
        mut form: Vec<(&str, String)>,
        status: StatusCode,
    ) -> Result<T, NotSignedIn> {
        form.push(("client_id", self.site.client.clone()));
        form.push(("client_assertion_type", ASSERTION_TYPE.to_owned()));
        form.push(("client_assertion", self.assertion().ok_or(NotSignedIn::Key)?));
        let form =
            serde_urlencoded::to_string(form).map_err(|_| ProviderError::Answer(address.to_owned()))?;
        let answer = self.provider.calls.send_form(address, form).await;
        let answer = answer.map_err(|error| ProviderError::Call(address.to_owned(), error))?;
        if answer.status.is_client_error()
            && let Ok(Fault { error }) = serde_json::from_slice(&answer.body)
        {
            return Err(NotSignedIn::Refused(error));
        }
        Ok(read(address, &answer, status)?)
    }

    /// The site shows that it is the site (RFC 7523, section 3).
    fn assertion(&self) -> Option<String> {
        let (now, mut name) = (self.now().as_second(), [0; 16]);
        (self.site.random)(&mut name);
        self.site.key.sign(
            "JWT",
            &json!({
                "iss": self.site.client,
                "sub": self.site.client,
                "aud": self.site.issuer,
                "jti": URL_SAFE_NO_PAD.encode(name),
                "iat": now,
                "exp": now + ASSERTION_SECONDS,
            }),
        )
    }
}

/// What a site is told of a person may change while they are signed in, and their session may end; a site that was not told
/// so asks.
#[async_trait]
impl Keeper for RelyingParty {
    async fn look(&self, origin: &Origin, user: &SignedIn) -> Standing {
        match self.told_with(&origin.token).await {
            Ok(Some(told)) if told.sub == origin.subject => {
                Standing::Holds(told.signed_in(user.assurance, user.shown_at))
            }
            Ok(_) => Standing::Over,
            Err(error) => {
                tracing::warn!(%error, "it can't be looked whether a session still stands; it goes on");
                Standing::Unknown
            }
        }
    }
}

/// An address with a query behind it.
fn with_query(address: &str, query: &[(&str, &str)]) -> String {
    let query = serde_urlencoded::to_string(query).unwrap_or_default();
    format!("{address}{}{query}", if address.contains('?') { '&' } else { '?' })
}
