//! The front page: what this country is and where to begin.

use askama::Template;
use axum::{Router, routing::get};
use web::{Html, Language, Page, Problem, Redirect, Visit};

mod texts {
    web::translations! {
        TITLE: "Chính phủ điện tử trên một máy tính", "A whole e-Government on one computer";
        LEAD: "Đây là một quốc gia thử nghiệm: mỗi cơ quan có nút liên thông, khóa và sổ riêng; mọi người dân ở đây đều là dữ liệu tổng hợp, không có thật.",
            "This is a sandbox country: every agency has a node, keys and a ledger of its own, and every person in it is synthetic.";
        JOURNEY: "Đi theo một hồ sơ khai sinh", "Follow the registration of a birth";
        STEP_MOTHER: "Đăng nhập với vai người mẹ và nộp hồ sơ đăng ký khai sinh tại Cổng dịch vụ công.",
            "Sign in as the mother and apply on the public service portal.";
        STEP_OFFICER: "Đăng nhập với vai cán bộ một cửa và tiếp nhận hồ sơ.",
            "Sign in as the one-door officer and receive the dossier.";
        STEP_REGISTRAR: "Đăng nhập với vai công chức hộ tịch và đăng ký khai sinh.",
            "Sign in as the registrar and register the birth.";
        STEP_RESULT: "Trở lại với vai người mẹ: giấy khai sinh đã ký số, số định danh và thẻ bảo hiểm y tế đã có.",
            "Be the mother again: the signed certificate, the personal number and the health card are there.";
        STEP_OPERATOR: "Đăng nhập với vai người vận hành để xem từng thông điệp và bằng chứng của nó.",
            "Sign in as the operator to see every message and its proof.";
        SIGN_IN: "Đăng nhập", "Sign in";
        MORE: "Tra cứu", "Look up";
        PROCEDURES: "Thủ tục hành chính", "Administrative procedures";
        UNITS: "Đơn vị hành chính trước và sau 1/7/2025", "Administrative units before and after 1 July 2025";
        FIGURES: "Báo cáo thống kê hộ tịch", "Figures of civil status";
        EXCHANGE: "Trục liên thông", "The exchange";
    }
}

#[derive(Template)]
#[template(path = "site/front.html")]
struct Front {
    t: Language,
}

pub(super) fn routes() -> Router {
    Router::new().route("/", get(front))
}

/// The front of an agency's own site: what everybody may see of its node.
pub(super) fn of_agency() -> Router {
    Router::new().route("/", get(|| async { Redirect::to("/exchange") }))
}

async fn front(visit: Visit) -> Result<Page, Problem> {
    let body = Front { t: visit.language };
    Ok(visit.page(texts::TITLE.get(visit.language), Html::of(&body)))
}
