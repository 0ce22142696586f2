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
//! A page handler takes a [`Visit`] (language, reader, path), a [`Form`] or [`Upload`], and gives a [`Page`]
//! or a [`Problem`]. Both become full documents in the reader's language when they leave through the layer.

pub mod assets;
pub mod components;
mod cookies;
mod csrf;
mod date;
mod field_errors;
mod fields;
mod form;
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
pub use csrf::{CSRF_FIELD, CSRF_HEADER, Csrf};
pub use date::{DateError, DateParts};
pub use field_errors::{FieldError, FieldErrors};
pub use fields::Fields;
pub use form::{FORM_FIELDS_MAXIMUM, FORM_LIMIT_BYTES, Form, FormError};
pub use headers::CONTENT_SECURITY_POLICY;
pub use html::{Attributes, Content, Html};
pub use language::{Language, Message, Text};
pub use layer::{Clock, Random, Settings, Web, layer};
pub use page::{Flash, NavigationLink, Page};
pub use problem::{Problem, ProblemKind};
pub use sessions::{
    SESSION_ABSOLUTE_HOURS, SESSION_IDLE_MINUTES, SESSIONS_MAXIMUM, SessionId, Sessions, SessionsFull,
};
pub use upload::{FILE_LIMIT_BYTES, FILES_MAXIMUM, UPLOAD_LIMIT_BYTES, Upload, UploadedFile};
pub use user::{CurrentUser, Role, SignedIn};
pub use visit::{Redirect, Visit, local_path};
