//! The shell around every page: header, navigation, languages, banner and footer.

use askama::Template;
use axum::response::{Html as HtmlResponse, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::components::{
    BackLink, Breadcrumb, Breadcrumbs, ErrorSummary, NotificationBanner, PhaseBanner, SkipLink,
};
use crate::{Content, Csrf, FieldErrors, Html, Language, SignedIn, Text, assets};

mod texts {
    crate::translations! {
        SERVICE: "liên thông", "liên thông";
        SKIP: "Đến nội dung chính", "Skip to main content";
        NAVIGATION: "Điều hướng chính", "Main navigation";
        LANGUAGES: "Ngôn ngữ", "Language";
        STEPS: "Các bước", "Steps";
        ACCOUNT: "Tài khoản", "Account";
        SIGN_IN: "Đăng nhập", "Sign in";
        SIGN_OUT: "Đăng xuất", "Sign out";
        PHASE: "Thử nghiệm", "Sandbox";
        PHASE_MEANING: "Đây là môi trường thử nghiệm. Mọi người và hồ sơ ở đây đều không có thật.",
            "This is a sandbox. No person or record here is real.";
        SYNTHETIC: "Dữ liệu về người là dữ liệu tổng hợp, do máy tạo ra. Không nhập thông tin của người có thật.",
            "All data about people is synthetic, made by a program. Do not enter details of real people.";
        ERROR_PREFIX: "Lỗi: {0}", "Error: {0}";
    }
}

/// A page in its shell. Handlers get one from [`Visit::page`](crate::Visit::page), set what it has beyond a
/// title and a body, and return it.
#[derive(Debug, Clone)]
pub struct Page {
    /// Title in the browser's tab. The body has its own `h1`.
    pub title: String,
    /// The reader's language.
    pub language: Language,
    /// Path and query of the page, which the language switch keeps.
    pub path: String,
    /// Who is signed in.
    pub user: Option<SignedIn>,
    /// Token of the form that signs out; needed where somebody is signed in.
    pub csrf: Option<Csrf>,
    /// The agency that runs the system.
    pub agency: Text,
    /// Where the service's name leads.
    pub home: String,
    /// Links below the header.
    pub navigation: Vec<NavigationLink>,
    /// Places above the page.
    pub breadcrumbs: Vec<Breadcrumb>,
    /// The way back, for a page that is a step of a journey; shown instead of breadcrumbs.
    pub back: Option<String>,
    /// What has just been done.
    pub flash: Option<Flash>,
    /// What is wrong with the form.
    pub error_summary: Option<ErrorSummary>,
    /// The page itself.
    pub body: Html,
    /// Says that nothing here is real.
    pub sandbox: bool,
    /// Status it is answered with.
    pub status: StatusCode,
}

/// A link below the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavigationLink {
    /// What it says.
    pub text: Text,
    /// Where it leads.
    pub href: String,
}

/// What has just been done, or must be known before going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flash {
    /// What it says.
    pub content: Content,
    /// Something was done as asked.
    pub success: bool,
}

impl Flash {
    /// Something was done as asked.
    pub fn success(content: impl Into<Content>) -> Self {
        Self { content: content.into(), success: true }
    }

    /// Something to know.
    pub fn notice(content: impl Into<Content>) -> Self {
        Self { content: content.into(), success: false }
    }
}

impl Page {
    /// The page with what is wrong with its form: the summary at the top, and status 422. Nothing changes when
    /// nothing is wrong.
    pub fn with_errors(mut self, errors: &FieldErrors) -> Self {
        self.error_summary = errors.summary(self.language);
        if self.error_summary.is_some() {
            self.status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        self
    }

    /// The page with places above it.
    pub fn with_breadcrumbs(mut self, breadcrumbs: Vec<Breadcrumb>) -> Self {
        self.breadcrumbs = breadcrumbs;
        self
    }

    /// The page with a way back.
    pub fn with_back(mut self, href: impl Into<String>) -> Self {
        self.back = Some(href.into());
        self
    }

    /// The page with news.
    pub fn with_flash(mut self, flash: Flash) -> Self {
        self.flash = Some(flash);
        self
    }

    /// The whole document.
    pub fn render(&self) -> String {
        Html::of(&Document { page: self, t: self.language }).into()
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = (self.status, HtmlResponse(self.render())).into_response();
        let language = HeaderValue::from_static(self.language.tag());
        response.headers_mut().insert(header::CONTENT_LANGUAGE, language);
        response
    }
}

/// The document around a page.
#[derive(Template)]
#[template(path = "page.html")]
struct Document<'a> {
    page: &'a Page,
    t: Language,
}

impl Document<'_> {
    /// The title with the service's name, and a word ahead when something is wrong with the form, because
    /// screen readers say the title first.
    fn title(&self) -> String {
        let title = format!("{} - {}", self.page.title, texts::SERVICE.get(self.t));
        if self.page.error_summary.is_some() { texts::ERROR_PREFIX.fill(self.t, &[&title]) } else { title }
    }

    fn skip_link(&self) -> SkipLink {
        SkipLink {
            content: texts::SKIP.get(self.t).into(),
            href: "#main-content".into(),
            ..SkipLink::default()
        }
    }

    fn phase(&self) -> PhaseBanner {
        PhaseBanner::new(texts::PHASE.get(self.t), texts::PHASE_MEANING.get(self.t))
    }

    fn back(&self) -> Option<BackLink> {
        self.page.back.as_ref().map(|href| BackLink::new(href, self.t))
    }

    fn breadcrumbs(&self) -> Option<Breadcrumbs> {
        (!self.page.breadcrumbs.is_empty()).then(|| Breadcrumbs {
            items: self.page.breadcrumbs.clone(),
            language: self.t,
            ..Breadcrumbs::default()
        })
    }

    fn flash(&self) -> Option<NotificationBanner> {
        self.page.flash.as_ref().map(|flash| NotificationBanner {
            success: flash.success,
            ..NotificationBanner::new(flash.content.clone(), self.t)
        })
    }

    /// This page in another language.
    fn switch(&self, language: &Language) -> String {
        let (path, query) = self.page.path.split_once('?').unwrap_or((&self.page.path, ""));
        let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang="));
        let query: Vec<_> = kept.map(str::to_owned).chain([format!("lang={language}")]).collect();
        format!("{path}?{}", query.join("&"))
    }

    /// Whether a link of the navigation leads to this page or to a place above it.
    fn is_here(&self, link: &NavigationLink) -> bool {
        let path = self.page.path.split('?').next().unwrap_or_default();
        path == link.href || (link.href.len() > 1 && path.starts_with(&format!("{}/", link.href)))
    }
}
