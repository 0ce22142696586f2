//! Signing in as somebody of the sandbox. There are no passwords here, because there are no secrets. What comes of it is a
//! session at the identity system like any other, and the site learns from that one who is there.

use super::{SigningIn, Somebody};
use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::get,
};
use identity::sandbox::SANDBOX_PASSWORD;
use openid::pages::Asked;
use std::sync::Arc;
use system::{Clock, Random};
use web::{Assurance, Csrf, Form, Html, Language, Problem, Redirect, Visit};

/// Where somebody signs in with their account.
const WITH_ACCOUNT: &str = "/sign-in/account";

mod texts {
    web::translations! {
        TITLE: "Bạn muốn là ai?", "Who do you want to be?";
        LEAD: "Đây là quốc gia thử nghiệm: chọn một người để đăng nhập, không cần mật khẩu.",
            "This is a sandbox: choose someone to sign in as; no password is needed.";
        SIGN_IN_AS: "Đăng nhập", "Sign in";
        AS: "với vai", "as";
        LEVEL_2: "Việc này cần tài khoản mức độ 2: cán bộ trong danh sách có tài khoản như vậy.",
            "This needs an account of level 2: the officials of the list have one.";
        WITH_ACCOUNT: "Tài khoản định danh", "Identification accounts";
        WITH_ACCOUNT_LEAD: "Chọn một người là mở phiên tài khoản định danh của người đó. Cũng có thể đăng nhập như họ vẫn làm: bằng số định danh cá nhân và mật khẩu “{0}”. Mã gửi đến điện thoại nằm trong thư mục g01/post/sms của dữ liệu.",
            "Choosing someone opens a session of their identification account. You can also sign in as they would: with their personal number and the password “{0}”. Codes sent to their phones are in the folder g01/post/sms of the data.";
        SIGN_IN_WITH_ACCOUNT: "Đăng nhập bằng tài khoản định danh", "Sign in with an identification account";
    }
}

#[derive(Template)]
#[template(path = "site/sign_in.html")]
struct SignIn<'a> {
    t: Language,
    csrf: Csrf,
    people: &'a [Somebody],
    back: &'a str,
    level: &'static str,
    within: String,
    with_account: String,
    account: String,
}

/// Choosing whom to be.
pub(super) struct Choosing {
    /// Where the site is reached.
    pub(super) url: String,
    pub(super) signing_in: SigningIn,
    pub(super) clock: Clock,
    pub(super) random: Random,
}

pub(super) fn routes(choosing: Choosing) -> Router {
    let with_account = openid::pages::sign_in(choosing.signing_in.party.clone(), WITH_ACCOUNT);
    Router::new()
        .route("/sign-in", get(show).post(sign_in))
        .with_state(Arc::new(choosing))
        .merge(with_account)
}

async fn show(
    State(choosing): State<Arc<Choosing>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    visit: Visit,
) -> Response {
    // The identity system sends everybody back to one address of the site; a browser that began at another would not be known there.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if choosing.url.split_once("://").is_some_and(|(_, known)| known != host) {
        return Redirect::away(format!("{}{}", choosing.url, asked.at("/sign-in"))).into_response();
    }
    let (t, demand) = (visit.language, asked.demand());
    let body = SignIn {
        t,
        csrf: visit.csrf(),
        people: &choosing.signing_in.people,
        back: asked.path(),
        level: if demand.assurance == Assurance::Two { "2" } else { "" },
        within: demand.within_minutes.map(|minutes| minutes.to_string()).unwrap_or_default(),
        with_account: texts::WITH_ACCOUNT_LEAD.fill(t, &[&SANDBOX_PASSWORD]),
        account: asked.at(WITH_ACCOUNT),
    };
    visit.page(texts::TITLE.get(visit.language), Html::of(&body)).into_response()
}

async fn sign_in(
    State(choosing): State<Arc<Choosing>>,
    visit: Visit,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let Choosing { signing_in, clock, random, .. } = &*choosing;
    let somebody = signing_in.people.iter().find(|somebody| somebody.key == form.value("key"));
    let person = somebody.ok_or_else(Problem::not_found)?.person.number;
    let opened =
        identity::sandbox::sign_in(&signing_in.accounts, person, &headers, random, clock.now()).await;
    let cookies = opened.map_err(Problem::unavailable)?.ok_or_else(Problem::not_found)?;
    let asked = Asked::of(form.value("return"), form.value("level"), form.value("within"));
    let begun = openid::pages::begin(&signing_in.party, &visit, asked.path(), asked.demand()).await?;
    let mut response = begun.into_response();
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
