//! A small browser without script: fetches pages, keeps cookies, fills in and sends the forms it finds.
//!
//! It speaks HTTP/1.1 without TLS, which is enough for a country on this computer.

use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use tokio::net::TcpStream;

/// Largest page that is read, in bytes.
const PAGE_LIMIT_BYTES: usize = 16 * 1024 * 1024;
/// How much of a page's errors is told.
const ERRORS_LIMIT_CHARACTERS: usize = 600;
/// Redirects that are followed.
const REDIRECTS_LIMIT: usize = 10;

/// Fetches one text.
pub async fn get_text(url: &str, limit_bytes: usize) -> Result<String> {
    let uri: Uri = url.parse().with_context(|| format!("{url:?} is not an address"))?;
    let request = Request::get(uri.path_and_query().map_or("/", |p| p.as_str())).body(Full::default())?;
    let (parts, body) = send(&uri, request, limit_bytes).await?.into_parts();
    ensure!(parts.status == StatusCode::OK, "{url} answered {}", parts.status);
    String::from_utf8(body.into()).with_context(|| format!("{url} did not answer with text"))
}

async fn send(uri: &Uri, mut request: Request<Full<Bytes>>, limit_bytes: usize) -> Result<Response<Bytes>> {
    ensure!(uri.scheme_str() == Some("http"), "{uri} does not begin with http://");
    let authority = uri.authority().with_context(|| format!("{uri} has no host"))?;
    let address = if authority.port().is_some() { authority.to_string() } else { format!("{authority}:80") };
    let stream = TcpStream::connect(&address).await.with_context(|| format!("{address} can't be reached"))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Its end shows in the request below.
    tokio::spawn(connection);
    request.headers_mut().insert(header::HOST, authority.as_str().parse()?);
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, limit_bytes).collect().await.map_err(anyhow::Error::from_boxed)?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}

/// One person's browser.
pub struct Browser {
    base: String,
    cookies: BTreeMap<String, String>,
}

/// A page that was fetched.
pub struct Document {
    /// Where it is, path and query.
    pub path: String,
    /// Its status.
    pub status: StatusCode,
    /// Its content.
    pub content: Bytes,
}

/// A form of a page, with the values it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageForm {
    /// Where it is sent.
    pub action: String,
    /// It is sent as a query.
    pub is_get: bool,
    /// Its fields and their values.
    pub fields: Vec<(String, String)>,
    /// All fields a person could fill, also those without a value, and the value of each answer that can be chosen.
    pub offered: Vec<Offered>,
}

/// A field that can be filled, or one of the answers that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// Name of the field.
    pub name: String,
    /// The value it gets when chosen; empty for a field to be filled.
    pub value: String,
    /// It is ticked rather than filled or chosen.
    pub is_checkbox: bool,
}

impl Browser {
    /// A browser with no cookies, for the site at `base`.
    pub fn new(base: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), cookies: BTreeMap::new() }
    }

    /// Fetches a page.
    pub async fn get(&mut self, path: &str) -> Result<Document> {
        self.follow(Method::GET, path, None, "text/html").await
    }

    /// Fetches something as JSON.
    pub async fn get_json(&mut self, path: &str) -> Result<serde_json::Value> {
        let document = self.follow(Method::GET, path, None, "application/json").await?;
        ensure!(document.status == StatusCode::OK, "{path} answered {}", document.status);
        Ok(serde_json::from_slice(&document.content)?)
    }

    /// Sends a form.
    pub async fn send(&mut self, form: &PageForm) -> Result<Document> {
        let encoded = serde_urlencoded::to_string(&form.fields)?;
        if form.is_get {
            return self.get(&format!("{}?{encoded}", form.action)).await;
        }
        self.follow(Method::POST, &form.action, Some(encoded), "text/html").await
    }

    async fn follow(
        &mut self,
        method: Method,
        path: &str,
        body: Option<String>,
        accept: &str,
    ) -> Result<Document> {
        let (mut method, mut path, mut body) = (method, path.to_owned(), body);
        for _ in 0..REDIRECTS_LIMIT {
            let response = self.once(&method, &path, body.take(), accept).await?;
            if !response.status().is_redirection() {
                return Ok(Document { path, status: response.status(), content: response.into_body() });
            }
            let location = response.headers().get(header::LOCATION).and_then(|l| l.to_str().ok());
            let location = location.context("a redirect leads nowhere")?;
            // A site may lead over to the name by which it is known, before it knows the browser.
            if let Some(base) = origin_of(location).filter(|_| self.cookies.is_empty()) {
                self.base = base;
            }
            path = location.trim_start_matches(&self.base).to_owned();
            method = Method::GET;
        }
        bail!("{path} redirects without end")
    }

    async fn once(
        &mut self,
        method: &Method,
        path: &str,
        body: Option<String>,
        accept: &str,
    ) -> Result<Response<Bytes>> {
        let address = format!("{}{path}", self.base);
        let uri: Uri = address.parse().with_context(|| format!("{address:?} is not an address"))?;
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().method(method).uri(path).header(header::ACCEPT, accept);
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if body.is_some() {
            request = request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::ORIGIN, &self.base);
        }
        let request = request.body(Full::from(body.unwrap_or_default()))?;
        let response = send(&uri, request, PAGE_LIMIT_BYTES).await?;
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.trim().into(), value.trim().into());
            }
        }
        Ok(response)
    }
}

/// Scheme, host and port of a whole address.
fn origin_of(location: &str) -> Option<String> {
    let uri: Uri = location.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}

impl Document {
    /// Its text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.content).into_owned()
    }

    /// The first form that is posted to `action`; the page's own path when a form names none.
    pub fn form(&self, action: &str) -> Result<PageForm> {
        let found = self.forms_to(action).into_iter().next();
        found.with_context(|| {
            let known: Vec<String> =
                forms(&self.text(), &self.path).into_iter().map(|form| form.action).collect();
            format!("{} ({}) has no form for {action:?}, only for {known:?}", self.path, self.status)
        })
    }

    /// All forms that are posted to `action`.
    pub fn forms_to(&self, action: &str) -> Vec<PageForm> {
        let goes_there = |form: &PageForm| !form.is_get && form.action.split('?').next() == Some(action);
        forms(&self.text(), &self.path).into_iter().filter(goes_there).collect()
    }

    /// What the page says is wrong: its error summary, or its first heading.
    pub fn errors(&self) -> String {
        let text = self.text();
        let part =
            text.split("govuk-error-summary").nth(1).or_else(|| text.split("<h1").nth(1)).unwrap_or_default();
        let part = part.split_once('>').map_or("", |(_, rest)| rest);
        let mut inside = false;
        let words = part.chars().filter(|c| {
            let is_text = !inside && *c != '<';
            inside = (inside || *c == '<') && *c != '>';
            is_text
        });
        words
            .take(ERRORS_LIMIT_CHARACTERS)
            .collect::<String>()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Addresses of all links.
    pub fn links(&self) -> Vec<String> {
        tags(&self.text()).filter(|tag| tag.name == "a").filter_map(|tag| tag.attribute("href")).collect()
    }
}

impl PageForm {
    /// The value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same form with this value in this field. A field that the form has not is an error.
    pub fn with(mut self, name: &str, value: &str) -> Result<Self> {
        let known: Vec<&str> = self.offered.iter().map(|offered| offered.name.as_str()).collect();
        ensure!(known.contains(&name), "the form for {} has no field {name:?}, only {known:?}", self.action);
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.into(), value.into()));
        Ok(self)
    }

    /// The same form with the first answer that can be chosen in this field.
    pub fn choosing_first(self, name: &str) -> Result<Self> {
        let first = self.offered.iter().find(|offered| offered.name == name && !offered.value.is_empty());
        let value = first
            .with_context(|| format!("the form for {} offers no answer for {name:?}", self.action))?
            .value
            .clone();
        self.with(name, &value)
    }

    /// The same form with every box ticked.
    pub fn ticking_all(mut self) -> Self {
        let boxes: Vec<_> = self.offered.iter().filter(|offered| offered.is_checkbox).cloned().collect();
        for Offered { name, value, .. } in boxes {
            if !self.fields.contains(&(name.clone(), value.clone())) {
                self.fields.push((name, value));
            }
        }
        self
    }
}

/// A start tag.
struct Tag<'a> {
    name: &'a str,
    attributes: &'a str,
    rest: &'a str,
}

impl Tag<'_> {
    fn attribute(&self, name: &str) -> Option<String> {
        let mut rest = self.attributes;
        while let Some(at) = rest.find(name) {
            let before = rest[..at].chars().next_back();
            let after = &rest[at + name.len()..];
            if before.is_none_or(char::is_whitespace)
                && let Some(quoted) = after.strip_prefix("=\"")
            {
                return quoted.split('"').next().map(unescape);
            }
            rest = after;
        }
        None
    }

    fn has(&self, name: &str) -> bool {
        self.attributes.split_whitespace().any(|word| word == name || word.starts_with(&format!("{name}=")))
    }
}

/// The start tags of a page of ours: well-formed, with attributes in double quotes.
fn tags(html: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find('<')?;
            rest = &rest[at + 1..];
            if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') {
                continue;
            }
            let end = tag_end(rest)?;
            let inside = &rest[..end];
            rest = &rest[end + 1..];
            let (name, attributes) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
            return Some(Tag { name, attributes, rest });
        }
    })
}

/// The end of a tag: the first `>` outside quotes.
fn tag_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == '>' && !quoted).then_some(at)
    })
}

fn forms(html: &str, path: &str) -> Vec<PageForm> {
    let mut forms: Vec<PageForm> = Vec::new();
    let (mut inside, mut select) = (false, None::<String>);
    for tag in tags(html) {
        match tag.name {
            "form" => {
                inside = true;
                let action = tag.attribute("action").filter(|a| !a.is_empty()).unwrap_or_else(|| path.into());
                let is_get = tag.attribute("method").is_none_or(|method| method.eq_ignore_ascii_case("get"));
                forms.push(PageForm { action, is_get, fields: Vec::new(), offered: Vec::new() });
            }
            "/form" => inside = false,
            "/select" => select = None,
            _ if !inside => {}
            name => {
                if let Some(form) = forms.last_mut() {
                    field(form, name, &tag, &mut select);
                }
            }
        }
    }
    forms
}

fn field(form: &mut PageForm, element: &str, tag: &Tag<'_>, select: &mut Option<String>) {
    let name = tag.attribute("name");
    let mut offer = |name: &str, value: &str, is_checkbox| {
        form.offered.push(Offered { name: name.into(), value: value.into(), is_checkbox });
    };
    match (element, name) {
        ("select", Some(name)) => {
            offer(&name, "", false);
            *select = Some(name);
        }
        ("option", _) => {
            if let Some(name) = select {
                let value = tag.attribute("value").unwrap_or_default();
                offer(name, &value, false);
                if tag.has("selected") {
                    form.fields.push((name.clone(), value));
                }
            }
        }
        ("textarea", Some(name)) => {
            let value = unescape(tag.rest.split("</textarea").next().unwrap_or_default());
            offer(&name, "", false);
            form.fields.push((name, value));
        }
        ("input", Some(name)) => {
            let kind = tag.attribute("type").unwrap_or_default();
            let value = tag.attribute("value").unwrap_or_default();
            let is_choice = matches!(kind.as_str(), "radio" | "checkbox");
            offer(&name, if is_choice { &value } else { "" }, kind == "checkbox");
            if kind != "file" && kind != "submit" && (!is_choice || tag.has("checked")) {
                form.fields.push((name, value));
            }
        }
        _ => {}
    }
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').unwrap_or(0);
        let character = match &rest[..end] {
            "&amp" => Some('&'),
            "&lt" => Some('<'),
            "&gt" => Some('>'),
            "&quot" => Some('"'),
            other => other.strip_prefix("&#").and_then(|digits| {
                let code = digits
                    .strip_prefix('x')
                    .map_or_else(|| digits.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok());
                code.and_then(char::from_u32)
            }),
        };
        match character {
            Some(character) => {
                plain.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<p>a < b</p><form method="post" action="/x?y=1" class="a>b"><input type="hidden" name="csrf" value="a&amp;b">
        <input name="name" value=""><input type="radio" name="sex" value="male"><input type="radio" name="sex" value="female" checked>
        <select name="place"><option value="1">a</option><option value="2" selected>b</option></select>
        <textarea name="note">x &lt; y</textarea><button type="submit" name="go">Go</button></form>
        <form><input name="q"></form><a class="l" href="/next?a=1&#38;b=2">n</a>"#;

    fn document() -> Document {
        Document {
            path: "/here".into(),
            status: StatusCode::OK,
            content: Bytes::from_static(PAGE.as_bytes()),
        }
    }

    #[test]
    fn forms_are_read_with_their_values() {
        let form = document().form("/x").unwrap();
        assert_eq!(form.value("note"), Some("x < y"));
        let pairs = [("csrf", "a&b"), ("name", ""), ("sex", "female"), ("place", "2"), ("note", "x < y")];
        assert_eq!(form.fields, pairs.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert!(!form.is_get);
        assert!(forms(PAGE, "/here")[1].is_get);
        assert_eq!(document().links(), ["/next?a=1&b=2"]);
    }

    #[test]
    fn only_fields_that_exist_are_filled() {
        let form = document().form("/x").unwrap().with("sex", "male").unwrap();
        assert!(form.fields.contains(&("sex".into(), "male".into())));
        assert!(form.clone().with("colour", "red").is_err());
        assert!(form.choosing_first("place").unwrap().fields.contains(&("place".into(), "1".into())));
        assert!(document().form("/none").is_err());
    }
}
