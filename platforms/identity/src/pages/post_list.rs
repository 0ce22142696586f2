//! The posts that an administrator administers: searched, and shown a page at a time.

use super::{
    officials::{Administrator, OFFICIALS, Shown, post_options, sending, shown_post},
    store_failed,
};
use crate::{Identity, records::PostSearch, texts};
use askama::Template;
use axum::extract::State;
use std::sync::Arc;
use web::{
    Csrf, FieldErrors, Fields, Form, Html, Language, Page, Problem, Visit,
    components::{Button, Pagination, PaginationLink, SelectOption},
};

/// Where the list is.
const POSTS: &str = "/identity/officials/posts";

#[derive(Template)]
#[template(path = "post_list.html")]
struct PostList {
    t: Language,
    csrf: Csrf,
    fields: Vec<Html>,
    search: Button,
    posts: Vec<Shown>,
    end: Button,
    leave: Button,
    pagination: Option<Pagination>,
}

/// Who holds what.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    Administrator(own): Administrator,
    form: Form,
) -> Result<Page, Problem> {
    let t = visit.language;
    let after = match form.value("after") {
        "" => None,
        post => Some(post.parse().map_err(|_| Problem::not_found())?),
    };
    let (in_system, post) = form.value("post").split_once('/').unwrap_or_default();
    let typed = |name: &str| form.value(name).trim().to_owned();
    let search =
        PostSearch { name: typed("name"), unit: typed("unit"), system: in_system.into(), post: post.into() };
    let found = system.posts_administered(&own, &search, after).await.map_err(store_failed)?;
    let found = found.ok_or_else(Problem::not_found)?;
    let errors = FieldErrors::new();
    let fields = Fields { form: &form, errors: &errors, language: t };
    let any = SelectOption::new("", texts::ANY_POST.get(t));
    let body = PostList {
        t,
        csrf: visit.csrf(),
        fields: vec![
            fields.input("name", texts::HOLDERS_NAME).render(),
            fields.input("unit", texts::UNIT).render(),
            fields.select("post", texts::POST, [any].into_iter().chain(post_options(t)).collect()).render(),
        ],
        search: Button::secondary(texts::SEARCH.get(t)),
        posts: found.posts.iter().map(|(held, name)| shown_post(held, name.as_deref(), t)).collect(),
        end: sending("end", Button::secondary(texts::END_POST.get(t))),
        leave: sending("leave", Button::warning(texts::LEAVE.get(t))),
        pagination: found.next.map(|next| Pagination {
            next: Some(PaginationLink { href: page_behind(&form, next), ..PaginationLink::default() }),
            language: t,
            ..Pagination::default()
        }),
    };
    Ok(visit.page(texts::POSTS_HELD.get(t), Html::of(&body)).with_back(OFFICIALS))
}

/// The address of the page behind a post, of the same search.
fn page_behind(form: &Form, post: uuid::Uuid) -> String {
    let asked = ["name", "unit", "post"].map(|name| (name, form.value(name)));
    let asked = asked.into_iter().filter(|(_, value)| !value.is_empty());
    let after = post.to_string();
    let query: Vec<_> = asked.chain([("after", after.as_str())]).collect();
    format!("{POSTS}?{}", serde_urlencoded::to_string(query).unwrap_or_default())
}
