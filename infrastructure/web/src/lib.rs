//! What people see and how they speak back: the page shell, accessible components, forms, sessions,
//! protection against forged requests, security headers, problems and the two languages.
//!
//! Pages work without script. A room builds its router, and [`layer`] puts it behind everything above:
//!
//! ```
//! use web::{Html, Page, Problem, Visit};
//!
//! web::translations! { HELLO: "Xin chào {0}", "Hello {0}"; }
//!
//! async fn hello(visit: Visit) -> Result<Page, Problem> {
//!     let greeting = HELLO.fill(visit.language, &[&"An"]);
//!     Ok(visit.page(greeting.clone(), Html::escaped(&greeting)))
//! }
//!
//! # fn router(web: web::Web) -> axum::Router {
//! let room = axum::Router::new().route("/hello", axum::routing::get(hello));
//! web::layer(room.merge(web::shell_routes()), web)
//! # }
//! ```
//!
//! # A form
//!
//! The same template shows the form for the first time and again with what is wrong with it. What was typed
//! stays, each error stands beside its field and at the top of the page, and `{{ csrf }}` makes the form ours.
//!
//! ```
//! use askama::Template;
//! use axum::response::{IntoResponse, Response};
//! use web::components::{Button, DateInput, Input};
//! use web::{Csrf, FieldErrors, Fields, Form, Html, Language, Page, Redirect, Visit};
//!
//! mod texts {
//!     web::translations! {
//!         TITLE: "Đăng ký khai sinh", "Birth registration";
//!         FULL_NAME: "Họ, chữ đệm, tên của trẻ", "Full name of the child";
//!         ENTER_NAME: "Nhập họ, chữ đệm, tên của trẻ", "Enter the full name of the child";
//!         BORN: "Ngày sinh", "Date of birth";
//!         CONTINUE: "Tiếp tục", "Continue";
//!     }
//! }
//!
//! #[derive(Template)]
//! #[template(ext = "html", source = r#"
//! <h1 class="govuk-heading-l">{{ texts::TITLE.get(t) }}</h1>
//! <form method="post" novalidate>{{ csrf }}{{ full_name }}{{ born }}{{ send }}</form>"#)]
//! struct Child {
//!     t: Language,
//!     csrf: Csrf,
//!     full_name: Input,
//!     born: DateInput,
//!     send: Button,
//! }
//!
//! async fn show(visit: Visit) -> Page {
//!     page(&visit, &Form::default(), &FieldErrors::new())
//! }
//!
//! async fn send(visit: Visit, form: Form) -> Response {
//!     let mut errors = FieldErrors::new();
//!     let full_name = form.required("full-name", texts::ENTER_NAME, &mut errors);
//!     let born = form.required_date("born", texts::BORN, &mut errors);
//!     match born {
//!         Some(_born) if errors.is_empty() => Redirect::to("/khai-sinh/2").into_response(),
//!         _ => page(&visit, &form, &errors).into_response(),
//!     }
//! }
//!
//! fn page(visit: &Visit, form: &Form, errors: &FieldErrors) -> Page {
//!     let t = visit.language;
//!     let fields = Fields { form, errors, language: t };
//!     let body = Child {
//!         t,
//!         csrf: visit.csrf(),
//!         full_name: Input { autocomplete: "off".into(), ..fields.input("full-name", texts::FULL_NAME) },
//!         born: fields.date("born", texts::BORN),
//!         send: Button::new(texts::CONTINUE.get(t)),
//!     };
//!     visit.page(texts::TITLE.get(t), Html::of(&body)).with_back("/").with_errors(errors)
//! }
//!
//! fn main() {
//!     let _room: axum::Router = axum::Router::new().route("/khai-sinh/1", axum::routing::get(show).post(send));
//! }
//! ```
//!
//! A page handler takes a [`Visit`] (language, reader, path), a [`Form`] or [`Upload`], and gives a [`Page`]
//! or a [`Problem`]. Both become full documents in the reader's language when they leave through the layer.

pub mod assets;
pub mod components;
mod confirmation;
mod cookies;
mod csrf;
mod date;
mod field_errors;
mod fields;
mod form;
#[cfg(feature = "testing")]
pub mod fuzzing;
mod headers;
mod html;
mod language;
mod layer;
mod page;
mod problem;
mod sessions;
mod upload;
mod user;
mod visit;

pub use assets::shell_routes;
pub use confirmation::Confirmation;
pub use csrf::{BODY_SECONDS_MAXIMUM, CSRF_FIELD, CSRF_HEADER, Csrf};
pub use date::{DateError, DateParts};
pub use field_errors::{FieldError, FieldErrors};
pub use fields::Fields;
pub use form::{FORM_FIELDS_MAXIMUM, FORM_LIMIT_BYTES, Form, FormError};
pub use headers::CONTENT_SECURITY_POLICY;
pub use html::{Attributes, Content, Html};
pub use language::{Language, Message, Text};
pub use layer::{
    CSRF_KEY_BYTES, Clock, Keeper, Random, Settings, Standing, UPLOADS_AT_A_TIME_MAXIMUM, Web, layer,
};
pub use page::{Flash, NavigationLink, Page};
pub use problem::{Problem, ProblemKind};
pub use sessions::{
    LOOK_AGAIN_SECONDS, Origin, SESSION_ABSOLUTE_HOURS, SESSION_IDLE_MINUTES, SESSIONS_MAXIMUM, SessionId,
    Sessions, SessionsFull,
};
pub use upload::{FILE_LIMIT_BYTES, FILES_MAXIMUM, UPLOAD_LIMIT_BYTES, Upload, UploadedFile};
pub use user::{Assurance, CurrentUser, Demand, Role, SignedIn};
pub use visit::{Redirect, Visit, local_path};
