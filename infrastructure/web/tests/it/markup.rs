//! Compares markup by what browsers make of it: attribute order, class order, entities and the space between
//! blocks do not count; everything else does, space within a line of text included.

use std::collections::BTreeMap;

/// A piece of markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// An opening tag and its attributes.
    Open(String, BTreeMap<String, String>),
    /// A closing tag.
    Close(String),
    /// Text, entities decoded and runs of space made one.
    Text(String),
}

/// Elements that stand within a line: the space beside their tags is part of the text.
const INLINE: [&str; 8] = ["a", "b", "br", "button", "code", "em", "span", "strong"];

/// Elements whose space is kept as it is.
const PREFORMATTED: [&str; 2] = ["textarea", "pre"];

/// The pieces of markup, in a form that compares equal when browsers show the same.
pub(crate) fn normalised(markup: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = markup.trim();
    let mut preformatted = false;
    while !rest.is_empty() {
        if rest.starts_with('<') && !rest.starts_with("< ") {
            let end = end_of_tag(rest);
            let piece = tag(&rest[1..end]);
            preformatted = matches!(&piece, Piece::Open(name, _) if PREFORMATTED.contains(&name.as_str()));
            pieces.push(piece);
            rest = &rest[end + 1..];
        } else {
            let end = rest.char_indices().skip(1).find(|(_, c)| *c == '<').map_or(rest.len(), |(at, _)| at);
            let text = decoded(&rest[..end]);
            pieces.push(Piece::Text(if preformatted { text } else { one_spaced(&text) }));
            rest = &rest[end..];
        }
    }
    without_space_between_blocks(pieces)
}

/// Where the tag at the start of `rest` ends; a `>` within quotes does not end it.
fn end_of_tag(rest: &str) -> usize {
    let mut quoted = false;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return at,
            _ => {}
        }
    }
    panic!("an unclosed tag: {rest}");
}

fn tag(inside: &str) -> Piece {
    if let Some(name) = inside.strip_prefix('/') {
        return Piece::Close(name.trim().to_owned());
    }
    let inside = inside.trim_end_matches('/');
    let (name, mut rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Piece::Open(name.to_owned(), attributes);
        }
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let attribute = rest[..end].to_owned();
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let end = quoted.find('"').expect("a closing quote");
            value = decoded(&quoted[..end]);
            rest = &quoted[end + 1..];
        }
        if attribute == "class" {
            let mut names: Vec<_> = value.split_whitespace().collect();
            names.sort_unstable();
            value = names.join(" ");
        }
        let twice = attributes.insert(attribute.clone(), value);
        assert_eq!(twice, None, "{attribute} stands twice in <{inside}>");
    }
}

/// Text with its entities decoded; an unknown one stays.
fn decoded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').unwrap_or(0);
        let character = match rest.get(1..end).unwrap_or_default() {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "ctdot" => Some('⋯'),
            number => number.strip_prefix('#').and_then(|n| n.parse().ok()).and_then(char::from_u32),
        };
        out.push(character.unwrap_or('&'));
        rest = &rest[if character.is_some() { end + 1 } else { 1 }..];
    }
    out + rest
}

fn one_spaced(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        if !character.is_ascii_whitespace() {
            out.push(character);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out
}

/// Drops the space where a text meets a block, and texts of nothing else.
fn without_space_between_blocks(pieces: Vec<Piece>) -> Vec<Piece> {
    let inline = |piece: Option<&Piece>| match piece {
        Some(Piece::Open(name, _) | Piece::Close(name)) => INLINE.contains(&name.as_str()),
        Some(Piece::Text(_)) => true,
        None => false,
    };
    let kept = pieces.iter().enumerate().filter_map(|(at, piece)| {
        let Piece::Text(text) = piece else { return Some(piece.clone()) };
        let previous = at.checked_sub(1).and_then(|at| pieces.get(at));
        if matches!(previous, Some(Piece::Open(name, _)) if PREFORMATTED.contains(&name.as_str())) {
            return Some(piece.clone());
        }
        let text = if inline(previous) { text } else { text.trim_start() };
        let text = if inline(pieces.get(at + 1)) { text } else { text.trim_end() };
        (!text.is_empty()).then(|| Piece::Text(text.to_owned()))
    });
    kept.collect()
}

#[test]
fn only_what_does_not_count_is_ignored() {
    let same = [
        ("<p id=\"a\" class=\"x y\"> b\n c </p>", "<p class=\"y x\" id=\"a\">b c</p>"),
        ("<p>&quot;&#39;&amp;</p>", "<p>&#34;'&#38;</p>"),
        ("<ul>\n<li>a</li>\n</ul>", "<ul><li>a</li></ul>"),
    ];
    for (one, other) in same {
        assert_eq!(normalised(one), normalised(other));
    }
    let different = [
        ("<a>b<span> c</span></a>", "<a>b<span>c</span></a>"),
        ("<p id=\"a\"></p>", "<p id=\"b\"></p>"),
        ("<p>a</p>", "<p>A</p>"),
        ("<p disabled></p>", "<p></p>"),
        ("<textarea>a\n</textarea>", "<textarea>a</textarea>"),
        ("<p>a&#60;b</p>", "<p>a<b></p>"),
    ];
    for (one, other) in different {
        assert_ne!(normalised(one), normalised(other));
    }
}
