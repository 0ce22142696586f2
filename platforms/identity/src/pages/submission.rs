//! What another system hands in for a person is signed with their passkey: what it is, and back to that system.

use super::{
    Person, ROOT,
    authorize::{away, naming},
    failed, moment_in,
    passkey::{Ceremony, assertion_of},
    store_failed,
};
use crate::{
    Identity,
    acts::SigningError,
    model::SignatureRequest,
    records,
    rules::submission::{SIGNING_MINUTES, written},
    secret::Secret,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use web::{
    Csrf, Form, Html, Language, Problem, Visit,
    components::{Button, SummaryList, SummaryRow},
};

web::translations! {
    SIGN_SUBMISSION: "Ký hồ sơ bằng khóa truy cập", "Sign a submission with your passkey";
    SIGN_LEAD: "Chữ ký này chỉ có giá trị cho đúng nội dung bạn vừa kiểm tra ở trang trước. Nếu bạn không định nộp hồ sơ nào, hãy chọn không ký.",
        "The signature is good for what you have just checked on the page before, and for nothing else. If you are not handing in anything, do not sign.";
    WHAT: "Hồ sơ", "What you sign";
    CONCERNS: "Cho ai", "For whom";
    SIGNS_AS: "Người ký", "Who signs";
    RETURNS_TO: "Sau đó quay lại", "Afterwards back to";
    DIGEST: "Giá trị băm SHA-256 của nội dung", "SHA-256 of what is signed";
    SIGN_BEFORE: "Ký trước", "Sign before";
    SIGN: "Ký bằng khóa truy cập", "Sign with the passkey";
    DECLINE: "Không ký, quay lại", "Do not sign, go back";
    SIGNING_FAILED: "Khóa truy cập chưa ký được. Hãy thử lại, hoặc quay lại và nộp hồ sơ mà không ký.",
        "The passkey has not signed. Try again, or go back and send without a signature.";
    NO_PASSKEY: "Tài khoản của bạn chưa có khóa truy cập nên chưa ký được. Hãy thêm khóa ở trang Mật khẩu, khóa truy cập, ứng dụng xác thực, hoặc quay lại và nộp hồ sơ mà không ký.",
        "Your account has no passkey yet, so you can't sign. Add one under Password, passkeys, authenticator app, or go back and send without a signature.";
    OVER: "Yêu cầu ký này đã hết hạn hoặc đã được trả lời. Hãy quay lại trang nộp hồ sơ và ký lại nếu cần.",
        "This request for a signature has run out or was answered. Go back to where you hand in, and sign anew if you need to.";
    NOT_THEIRS: "Yêu cầu ký này dành cho người khác. Hãy đăng nhập bằng tài khoản của người nộp hồ sơ.",
        "Somebody else is asked for this signature. Sign in with the account of who hands in.";
}

#[derive(Template)]
#[template(path = "submission.html")]
struct Signing {
    csrf: Csrf,
    action: String,
    /// Nothing where the account has no passkey to sign with.
    ceremony: Option<Html>,
    heading: &'static str,
    above: Html,
    no_passkey: &'static str,
    decline: Button,
}

#[derive(Template)]
#[template(path = "submission_facts.html")]
struct Facts {
    lead: &'static str,
    facts: SummaryList,
}

fn refused(error: &SigningError) -> Problem {
    match error {
        SigningError::NotTheirs => Problem::forbidden().with_detail(NOT_THEIRS),
        SigningError::Over | SigningError::Wrong => Problem::unprocessable(OVER),
    }
}

/// What is to be signed.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
    Path(ticket): Path<String>,
) -> Result<Response, Problem> {
    let ticket = Secret::parse(&ticket).ok_or_else(|| refused(&SigningError::Over))?;
    page(&system, &visit, &person, &ticket, false).await
}

/// It is signed, or not.
pub(super) async fn answer(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
    Path(ticket): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let ticket = Secret::parse(&ticket).ok_or_else(|| refused(&SigningError::Over))?;
    if form.value("answer") == "decline" {
        let declined = system.decline_signature(&person.account, &ticket).await.map_err(store_failed)?;
        return away(declined.map_err(|error| refused(&error))?);
    }
    let credential = URL_SAFE_NO_PAD.decode(form.value("credential")).unwrap_or_default();
    let parts = assertion_of(&form);
    let device = &person.visitor.device;
    let signed =
        system.sign_submission(&person.account, &ticket, &credential, &parts.assertion(), device).await;
    match signed.map_err(failed)? {
        Ok(to) => away(to),
        Err(SigningError::Wrong) => page(&system, &visit, &person, &ticket, true).await,
        Err(error) => Err(refused(&error)),
    }
}

async fn page(
    system: &Identity,
    visit: &Visit,
    person: &Person,
    ticket: &Secret,
    has_failed: bool,
) -> Result<Response, Problem> {
    let t = visit.language;
    let request = system.to_be_signed(&person.account, ticket).await.map_err(store_failed)?;
    let request = request.map_err(|error| refused(&error))?;
    let passkeys = records::passkeys(&system.room.store, person.account.id).await.map_err(store_failed)?;
    let allowed: Vec<String> =
        passkeys.iter().map(|passkey| URL_SAFE_NO_PAD.encode(&passkey.credential)).collect();
    let action = format!("{ROOT}/submissions/{}", ticket.text());
    let facts = Facts { lead: SIGN_LEAD.get(t), facts: facts(&request, &person.account.name, t) };
    let above = Html::of(&facts);
    let ceremony = Ceremony {
        t,
        heading: SIGN_SUBMISSION.get(t),
        above: above.clone(),
        failed: has_failed,
        failure: SIGNING_FAILED,
        csrf: visit.csrf(),
        action: &action,
        verb: "get",
        challenge: URL_SAFE_NO_PAD.encode(crate::submission::challenge(&request.digest)),
        party: &system.party.id,
        allowed: allowed.join(" "),
        user: String::new(),
        user_name: "",
        label: "",
        go: Button::new(SIGN.get(t)),
    };
    let body = Signing {
        csrf: visit.csrf(),
        ceremony: (!passkeys.is_empty()).then(|| Html::of(&ceremony)),
        action: action.clone(),
        heading: SIGN_SUBMISSION.get(t),
        above,
        no_passkey: NO_PASSKEY.get(t),
        decline: Button::secondary(DECLINE.get(t)),
    };
    let page = visit.page(SIGN_SUBMISSION.get(t), Html::of(&body));
    Ok(naming(system, Some(&request.return_to), page))
}

fn facts(request: &SignatureRequest, name: &str, t: Language) -> SummaryList {
    let what = match t {
        Language::Vi => &request.shown.name_vi,
        Language::En => &request.shown.name_en,
    };
    let site = crate::rules::client::origin(&request.return_to).unwrap_or_default();
    let until = request.issued_at.checked_add(SignedDuration::from_mins(SIGNING_MINUTES));
    SummaryList::new(vec![
        SummaryRow::new(WHAT.get(t), what.as_str()),
        SummaryRow::new(CONCERNS.get(t), request.shown.concerns.as_str()),
        SummaryRow::new(SIGNS_AS.get(t), name),
        SummaryRow::new(RETURNS_TO.get(t), site),
        SummaryRow::new(SIGN_BEFORE.get(t), moment_in(t, until.unwrap_or(Timestamp::MAX))),
        SummaryRow::new(DIGEST.get(t), written(&request.digest)),
    ])
}
