//! Markup that is safe to put in a page, told apart from text by its type.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

use askama::filters::{self, Escaper, HtmlSafe};

/// Markup: what it holds is written to a page as it is. Made by rendering a template or a component, or by
/// escaping text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// Markup the program itself wrote. Never give it anything a person typed: that is [`Html::escaped`].
    pub fn trusted(markup: impl Into<String>) -> Self {
        Self(markup.into())
    }

    /// Text as markup.
    pub fn escaped(text: impl Display) -> Self {
        Self(Escaped(text).to_string())
    }

    /// A rendered template.
    ///
    /// # Panics
    /// When the template fails to render, which our templates cannot: they do no fallible work.
    pub fn of(template: &impl askama::Template) -> Self {
        Self(template.render().expect("a template that does no fallible work renders"))
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Display for Html {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

impl From<Html> for String {
    fn from(html: Html) -> Self {
        html.0
    }
}

/// The inside of an element: text, which is escaped, or markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text, escaped where it is written.
    Text(String),
    /// Markup, written as it is.
    Html(Html),
}

impl Content {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Html(html) => html.is_empty(),
        }
    }

    /// Whether it is markup.
    pub(crate) fn is_markup(&self) -> bool {
        matches!(self, Self::Html(_))
    }
}

impl Default for Content {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Display for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => Escaped(text).fmt(formatter),
            Self::Html(html) => formatter.write_str(html.0.trim()),
        }
    }
}

impl HtmlSafe for Content {}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Html> for Content {
    fn from(html: Html) -> Self {
        Self::Html(html)
    }
}

/// Attributes beyond those a component has fields for, such as `data-...`. Values are escaped; names are the
/// program's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes(Vec<(Cow<'static, str>, String)>);

impl Attributes {
    /// No attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// The attributes with one more.
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }
}

impl Display for Attributes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.0 {
            write!(formatter, " {}=\"{}\"", Escaped(name), Escaped(value))?;
        }
        Ok(())
    }
}

impl HtmlSafe for Attributes {}

/// One attribute ` name="value"`, or nothing when the value is empty.
pub(crate) struct Optional<'a>(pub(crate) &'static str, pub(crate) &'a str);

impl Display for Optional<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            "" => Ok(()),
            value => write!(formatter, " {}=\"{}\"", self.0, Escaped(value)),
        }
    }
}

impl HtmlSafe for Optional<'_> {}

/// Displays text with the characters that mean something in markup escaped.
struct Escaped<T>(T);

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(EscapingWriter(formatter), "{}", self.0)
    }
}

/// Escapes what passes through it.
struct EscapingWriter<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for EscapingWriter<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        filters::Html.write_escaped_str(&mut *self.0, text)
    }
}

/// A class name, and more behind it if there are any.
pub(crate) fn joined(base: &str, more: &str) -> String {
    classes(&[base, more])
}

/// Class names joined by spaces, the empty ones left out.
pub(crate) fn classes(names: &[&str]) -> String {
    let mut joined = String::new();
    for name in names.iter().filter(|name| !name.is_empty()) {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(name);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_markup_is_not() {
        assert_eq!(Content::from("<b>").to_string(), "&#60;b&#62;");
        assert_eq!(Content::from(Html::trusted("<b>")).to_string(), "<b>");
        assert_eq!(Html::escaped("\"&'").as_str(), "&#34;&#38;&#39;");
    }

    #[test]
    fn attribute_values_cannot_leave_their_quotes() {
        let attributes = Attributes::new().with("data-x", "\" onclick=\"x");
        assert_eq!(attributes.to_string(), " data-x=\"&#34; onclick=&#34;x\"");
        assert_eq!(Optional("id", "").to_string(), "");
    }
}
