//! HTTP as these journeys need it: one request a connection, cookies, forms.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// How long an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);
/// Redirects that are followed.
const REDIRECTS_LIMIT: usize = 8;

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The last header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.all(name).last()
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The value of an attribute behind `before`, such as the hidden field `name="csrf" value="`.
    pub(crate) fn value_after(&self, before: &str) -> Option<String> {
        self.text().split_once(before).and_then(|(_, rest)| rest.split('"').next().map(str::to_owned))
    }
}

/// Sends one request to `authority`. HTTP/1.0, so that an answer ends with its connection.
pub(crate) fn send(
    authority: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    let mut request = format!("{method} {target} HTTP/1.0\r\nHost: {authority}\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if method != "GET" {
        request.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    request.push_str("\r\n");
    stream.write_all(&[request.as_bytes(), body].concat())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    parse(&bytes)
        .ok_or_else(|| std::io::Error::other(format!("{authority}{target} did not answer with HTTP")))
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let (first, rest) = head.split_once("\r\n").unwrap_or((head, ""));
    let status = first.split(' ').nth(1)?.parse().ok()?;
    let headers = rest
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    Some(Answer { status, headers: headers.collect(), body: bytes[end + 4..].to_vec() })
}

/// One person's browser.
pub(crate) struct Browser {
    authority: String,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// A browser without cookies for the site at `http://<authority>`.
    pub(crate) fn new(authority: &str) -> Self {
        Self { authority: authority.into(), cookies: BTreeMap::new() }
    }

    /// Fetches a page, and whatever it leads to.
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.follow("GET", path, &[])
    }

    /// Sends a form, and fetches whatever it leads to.
    pub(crate) fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.follow("POST", path, form)
    }

    /// Fetches a page from a site that may go away.
    pub(crate) fn try_get(&mut self, path: &str) -> std::io::Result<Answer> {
        self.once("GET", path, "")
    }

    /// Signs in as one of the sandbox's people.
    pub(crate) fn sign_in(&mut self, key: &str) {
        let page = self.get("/sign-in");
        let csrf = page.value_after("name=\"csrf\" value=\"").expect("the form is protected");
        let answer = self.follow("POST", "/sign-in", &[("csrf", &csrf), ("return", "/"), ("key", key)]);
        assert_eq!(answer.status, 200, "{key} can sign in: {}", answer.text());
    }

    /// Fetches a page, and whatever it leads to at this site. An answer that leads to another one is the last.
    fn follow(&mut self, method: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let (mut method, mut path) = (method, path.to_owned());
        let mut body = form
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect::<Vec<_>>()
            .join("&");
        for _ in 0..REDIRECTS_LIMIT {
            let answer =
                self.once(method, &path, &body).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
            if !(300..400).contains(&answer.status) {
                return answer;
            }
            let location = answer.header("location").expect("a redirect leads somewhere");
            if location.starts_with("http") && !location.starts_with(&format!("http://{}/", self.authority)) {
                return answer;
            }
            path = location.trim_start_matches(&format!("http://{}", self.authority)).to_owned();
            (method, body) = ("GET", String::new());
        }
        panic!("{path} redirects without end");
    }

    fn once(&mut self, method: &str, path: &str, body: &str) -> std::io::Result<Answer> {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (cookies, origin) = (cookies.join("; "), format!("http://{}", self.authority));
        let mut headers =
            vec![("Cookie", cookies.as_str()), ("Accept", "text/html"), ("Accept-Language", "en")];
        if method == "POST" {
            headers
                .extend([("Origin", origin.as_str()), ("Content-Type", "application/x-www-form-urlencoded")]);
        }
        let answer = send(&self.authority, method, path, &headers, body.as_bytes())?;
        for cookie in answer.all("set-cookie") {
            if let Some((name, value)) = cookie.split(';').next().unwrap_or_default().split_once('=') {
                self.cookies.insert(name.trim().into(), value.trim().into());
            }
        }
        Ok(answer)
    }
}

/// A value of a form, percent-encoded.
fn encoded(value: &str) -> String {
    let bytes = value.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    bytes.collect()
}
