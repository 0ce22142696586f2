//! Signing in as somebody of the sandbox. There are no passwords here, because there are no secrets.

use super::Somebody;
use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use identity::sandbox::SANDBOX_PASSWORD;
use serde::Deserialize;
use std::sync::Arc;
use web::{Csrf, Form, Html, Language, Page, Problem, Redirect, Visit};

mod texts {
    web::translations! {
        TITLE: "Bạn muốn là ai?", "Who do you want to be?";
        LEAD: "Đây là quốc gia thử nghiệm: chọn một người để đăng nhập, không cần mật khẩu.",
            "This is a sandbox: choose someone to sign in as; no password is needed.";
        SIGN_IN_AS: "Đăng nhập", "Sign in";
        AS: "với vai", "as";
        WITH_ACCOUNT: "Tài khoản định danh", "Identification accounts";
        WITH_ACCOUNT_LEAD: "Người mẹ, người cha và hai cán bộ cũng có tài khoản định danh: số định danh cá nhân của họ, mật khẩu “{0}”. Mã gửi đến điện thoại nằm trong thư mục g01/post/sms của dữ liệu.",
            "The mother, the father and two of the officials have identification accounts too: their personal number, and the password “{0}”. Codes sent to their phones are in the folder g01/post/sms of the data.";
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
    with_account: String,
}

#[derive(Deserialize)]
struct Return {
    #[serde(rename = "return")]
    path: Option<String>,
}

pub(super) fn routes(people: Arc<[Somebody]>) -> Router {
    Router::new()
        .route("/sign-in", get(show).post(sign_in))
        .route("/sign-out", post(sign_out))
        .with_state(people)
}

async fn show(
    State(people): State<Arc<[Somebody]>>,
    Query(back): Query<Return>,
    visit: Visit,
) -> Result<Page, Problem> {
    let back = back.path.as_deref().and_then(web::local_path).unwrap_or("/");
    let t = visit.language;
    let with_account = texts::WITH_ACCOUNT_LEAD.fill(t, &[&SANDBOX_PASSWORD]);
    let body = SignIn { t, csrf: visit.csrf(), people: &people, back, with_account };
    Ok(visit.page(texts::TITLE.get(visit.language), Html::of(&body)))
}

async fn sign_in(
    State(people): State<Arc<[Somebody]>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Problem> {
    let somebody =
        people.iter().find(|somebody| somebody.key == form.value("key")).ok_or_else(Problem::not_found)?;
    let redirect = visit.sign_in(somebody.signed_in.clone(), form.value("return")).await?;
    Ok(redirect.into_response())
}

async fn sign_out(visit: Visit) -> Redirect {
    visit.sign_out("/").await
}
