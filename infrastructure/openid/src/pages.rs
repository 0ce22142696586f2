//! The ways in and out of a site: to the provider, back from it, out, and what the provider tells.

use crate::{
    claims::ClaimFault,
    flow::Wish,
    party::{Answered, ENDED_PATH, NotSignedIn, RETURN_PATH, RelyingParty},
};
use askama::Template;
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Query, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use web::{Assurance, Demand, Html, Page, Problem, Redirect, Visit, Web, components::Button, local_path};

/// Largest message of the provider, in bytes.
const TOLD_LIMIT_BYTES: usize = 32 * 1024;

mod texts {
    web::translations! {
        TITLE: "Chưa đăng nhập được", "You are not signed in";
        NOT_BEGUN_HERE: "Lần đăng nhập này được bắt đầu ở trình duyệt khác, hoặc đã quá lâu. Hãy đăng nhập lại.",
            "This sign-in was begun in another browser, or too long ago. Sign in again.";
        NOT_BELIEVED: "Không tin được câu trả lời nhận được, nên chưa ai được đăng nhập. Hãy đăng nhập lại.",
            "What came back can't be believed, so nobody was signed in. Sign in again.";
        REFUSED: "Hệ thống định danh không xác nhận, hoặc bạn đã từ chối. Bạn có thể đăng nhập lại.",
            "The identity system did not confirm who you are, or you said no. You can sign in again.";
        NOT_SURE_ENOUGH: "Việc này cần tài khoản mức độ 2, hoặc cần bạn chứng minh lại mình là ai. Hãy đăng nhập lại bằng khóa truy cập được gắn tại cơ quan.",
            "This needs an account of level 2, or that you show again who you are. Sign in again with the passkey that was bound at an office.";
        AGAIN: "Đăng nhập lại", "Sign in again";
        NOBODY: "Không đăng nhập được tại đây", "Nobody can sign in here";
        NOBODY_LEAD: "Trang này chưa được nối với hệ thống định danh, nên chỉ xem được những gì công khai. Người vận hành nối bằng mục sign-in trong tệp cấu hình của nút.",
            "These pages are not joined to an identity system, so only what is public can be seen. Their operator joins them with the section sign-in of the node's configuration.";
    }
}

/// Where to go, and what must be shown for it, as the address of the page for signing in says.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(rename = "return")]
    path: Option<String>,
    level: Option<String>,
    within: Option<u16>,
}

impl Asked {
    /// Where to go afterwards: a path of this site.
    pub fn path(&self) -> &str {
        self.path.as_deref().and_then(local_path).unwrap_or("/")
    }

    /// What a form says, or an address that was read already.
    pub fn of(path: &str, level: &str, within: &str) -> Self {
        Self { path: Some(path.to_owned()), level: Some(level.to_owned()), within: within.parse().ok() }
    }

    /// The same at another page.
    pub fn at(&self, page: &str) -> String {
        let demand = self.demand();
        let mut query = vec![("return", self.path().to_owned())];
        if demand.assurance == Assurance::Two {
            query.push(("level", "2".to_owned()));
        }
        query.extend(demand.within_minutes.map(|minutes| ("within", minutes.to_string())));
        format!("{page}?{}", serde_urlencoded::to_string(query).unwrap_or_default())
    }

    /// What must be shown.
    pub fn demand(&self) -> Demand {
        let assurance = if self.level.as_deref() == Some("2") { Assurance::Two } else { Assurance::One };
        Demand { assurance, within_minutes: self.within }
    }
}

/// The pages of a site, beside [`begin`], which is put where the site wants it.
pub fn routes(party: Arc<RelyingParty>) -> Router {
    Router::new().route(RETURN_PATH, get(arrive)).route("/sign-out", post(sign_out)).with_state(party)
}

/// The page that sends a browser to the provider.
pub fn sign_in(party: Arc<RelyingParty>, path: &str) -> Router {
    Router::new().route(path, get(show)).with_state(party)
}

/// What the provider tells a site, beside its pages: no cookie counts there.
pub fn endpoints(party: Arc<RelyingParty>, web: Web) -> Router {
    Router::new()
        .route(ENDED_PATH, post(ended))
        .layer(DefaultBodyLimit::max(TOLD_LIMIT_BYTES))
        .with_state((party, web))
}

/// The page for signing in of a site where nobody can.
pub fn nobody() -> Router {
    Router::new().route("/sign-in", get(show_nobody)).route("/sign-out", post(leave))
}

/// Sends a browser to the provider.
///
/// # Errors
/// When that can't be used just now.
pub async fn begin(
    party: &RelyingParty,
    visit: &Visit,
    path: &str,
    demand: Demand,
) -> Result<Redirect, Problem> {
    let wish = Wish { path: path.to_owned(), demand };
    match party.begin(visit, &wish).await {
        Ok(address) => Ok(Redirect::away(address)),
        Err(error) => {
            tracing::error!(%error, "nobody can be sent to sign in");
            Err(Problem::unavailable(error))
        }
    }
}

async fn show(
    State(party): State<Arc<RelyingParty>>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Redirect, Problem> {
    begin(&party, &visit, asked.path(), asked.demand()).await
}

async fn arrive(
    State(party): State<Arc<RelyingParty>>,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    // A parameter that comes twice is refused by reading it.
    let answer: Answered = serde_urlencoded::from_str(&query.unwrap_or_default()).unwrap_or_default();
    match party.arrive(&visit, &answer).await {
        Ok(arrived) => {
            let redirect = visit.sign_in_following(arrived.user, Some(arrived.origin), &arrived.path).await?;
            Ok(redirect.into_response())
        }
        Err(NotSignedIn::Provider(error)) if !matches!(error, crate::ProviderError::Token(_)) => {
            Err(Problem::unavailable(error))
        }
        Err(error) => {
            tracing::info!(%error, "nobody was signed in");
            Ok(told(&visit, &error).into_response())
        }
    }
}

#[derive(Template)]
#[template(path = "not_signed_in.html")]
struct NotIn {
    heading: &'static str,
    lead: &'static str,
    again: Option<Button>,
}

/// The page that says why nobody was signed in.
fn told(visit: &Visit, error: &NotSignedIn) -> Page {
    let t = visit.language;
    let lead = match error {
        NotSignedIn::NotBegunHere => texts::NOT_BEGUN_HERE,
        NotSignedIn::Refused(_) => texts::REFUSED,
        NotSignedIn::Claim(ClaimFault::Assurance | ClaimFault::Age) => texts::NOT_SURE_ENOUGH,
        _ => texts::NOT_BELIEVED,
    };
    let again = Button { href: "/sign-in".into(), ..Button::new(texts::AGAIN.get(t)) };
    let body = NotIn { heading: texts::TITLE.get(t), lead: lead.get(t), again: Some(again) };
    let mut page = visit.page(texts::TITLE.get(t), Html::of(&body));
    page.status = StatusCode::FORBIDDEN;
    page
}

async fn show_nobody(visit: Visit) -> Page {
    let t = visit.language;
    let body = NotIn { heading: texts::NOBODY.get(t), lead: texts::NOBODY_LEAD.get(t), again: None };
    visit.page(texts::NOBODY.get(t), Html::of(&body))
}

async fn leave(visit: Visit) -> Redirect {
    visit.sign_out("/").await
}

async fn sign_out(State(party): State<Arc<RelyingParty>>, visit: Visit) -> Redirect {
    let followed = visit.origin().is_some();
    let redirect = visit.sign_out("/").await;
    match if followed { party.after_sign_out().await } else { None } {
        Some(address) => redirect.then_away(address),
        None => redirect,
    }
}

#[derive(Deserialize)]
struct Told {
    logout_token: String,
}

/// Takes a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.5).
async fn ended(
    State((party, web)): State<(Arc<RelyingParty>, Web)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_form = kind.split(';').next().unwrap_or_default().trim() == "application/x-www-form-urlencoded";
    let told: Option<Told> = if is_form { serde_urlencoded::from_bytes(&body).ok() } else { None };
    let status = match told {
        None => StatusCode::BAD_REQUEST,
        Some(Told { logout_token }) => match party.take_logout(&logout_token).await {
            Ok(is_over) => {
                let count = web.sessions().close_following(is_over);
                tracing::info!(count, "sessions ended, because those that they followed had");
                StatusCode::OK
            }
            // The provider tells again.
            Err(NotSignedIn::Provider(error)) if !matches!(error, crate::ProviderError::Token(_)) => {
                tracing::warn!(%error, "a logout token can't be checked just now");
                StatusCode::SERVICE_UNAVAILABLE
            }
            Err(error) => {
                tracing::warn!(%error, "a logout token was not taken");
                StatusCode::BAD_REQUEST
            }
        },
    };
    let kept = [(header::CACHE_CONTROL, "no-store")];
    match status {
        StatusCode::OK => (status, kept).into_response(),
        status => (status, kept, axum::Json(json!({ "error": "invalid_request" }))).into_response(),
    }
}
