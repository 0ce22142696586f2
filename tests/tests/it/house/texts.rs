//! Rule 9: two languages. `translations!` does not compile without both wordings; here it is seen to that pages use it.

use super::{Source, assert_none, sources, words};
use std::collections::{BTreeMap, BTreeSet};

/// Longest word that a template may hold outside its texts, in letters: units and abbreviations.
const WORD_LIMIT_LETTERS: usize = 3;
/// Words that a template may hold all the same: each stands in the branch of its own language.
const IN_ITS_LANGUAGE: [(&str, &str); 1] =
    [("infrastructure/web/src/components/pagination_title.html", "page")];

/// What a reader sees of a template that does not come from its code: no tags, no expressions, no comments.
fn bare_text(template: &str) -> String {
    let mut bare = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['<', '{']) {
        bare.push_str(&rest[..at]);
        bare.push(' ');
        rest = &rest[at..];
        let ends = [("{{", "}}"), ("{%", "%}"), ("{#", "#}"), ("<!--", "-->")];
        let after = match ends.iter().find(|(start, _)| rest.starts_with(start)) {
            Some((_, end)) => rest.find(end).map(|at| at + end.len()),
            None if rest.starts_with('<') => tag_end(rest),
            None => Some(1),
        };
        rest = after.map_or("", |after| &rest[after..]);
    }
    bare.push_str(rest);
    bare
}

/// Length of the tag at the start, whose attributes may hold expressions.
fn tag_end(tag: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut previous = ' ';
    for (at, c) in tag.char_indices() {
        match (previous, c) {
            ('{', '{' | '%' | '#') => depth += 1,
            ('}' | '%' | '#', '}') => depth = depth.saturating_sub(1),
            (_, '>') if depth == 0 => return Some(at + 1),
            _ => {}
        }
        previous = c;
    }
    None
}

#[test]
fn templates_hold_no_sentences_of_their_own() {
    let mut found = Vec::new();
    for template in sources().iter().filter(|source| source.is("html") && source.path.contains("/src/")) {
        let bare = bare_text(&template.text);
        // Entities such as `&nbsp;` are marks, not words.
        let plain = bare
            .split('&')
            .enumerate()
            .map(|(n, part)| if n == 0 { part } else { part.split_once(';').map_or(part, |(_, rest)| rest) });
        for word in plain.flat_map(|part| part.split(|c: char| !c.is_alphabetic())) {
            if word.chars().count() > WORD_LIMIT_LETTERS
                && !IN_ITS_LANGUAGE.contains(&(template.path.as_str(), word))
            {
                found.push(format!("{}: {word}", template.path));
            }
        }
    }
    assert_none(&found, "words of a page stand in texts, in both languages");
}

/// The names that `translations!` blocks of a source declare.
fn declared(source: &Source) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut inside = false;
    for (_, line) in source.code_lines() {
        let line = line.trim();
        if line.ends_with("translations! {") {
            inside = true;
        } else if line == "}" {
            inside = false;
        } else if inside && let Some((name, _)) = line.split_once(':') {
            let is_name = !name.is_empty()
                && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
            if is_name {
                names.insert(name);
            }
        }
    }
    names
}

/// The crate a source belongs to.
fn crate_of(source: &Source) -> &str {
    source.path.split("/src/").next().unwrap_or_default()
}

#[test]
fn every_text_is_used() {
    let of_crates = || {
        sources()
            .iter()
            .filter(|source| source.path.contains("/src/") && (source.is("rs") || source.is("html")))
    };
    // How often each word stands in a crate's code and templates.
    let mut used: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for source in of_crates() {
        for (_, line) in source.code_lines() {
            for word in words(line) {
                *used.entry((crate_of(source), word)).or_default() += 1;
            }
        }
    }
    let mut texts = 0;
    let mut unused = Vec::new();
    for source in of_crates().filter(|source| source.is("rs")) {
        for name in declared(source) {
            texts += 1;
            // Its declaration is one of them.
            if used.get(&(crate_of(source), name)).is_none_or(|count| *count < 2) {
                unused.push(format!("{}: {name}", source.path));
            }
        }
    }
    assert!(texts > 100, "the texts are found: {texts}");
    assert_none(&unused, "nobody reads these texts");
}

#[test]
fn bare_text_is_what_readers_see() {
    for (template, bare) in [
        ("<p class=\"a > b\">Xin chào</p>", "Xin chào"),
        ("<p {% if a > b %}id=\"x\"{% endif %}>{{ texts::A.get(t) }}</p>", ""),
        ("{# a comment #}<!-- another --> x", "x"),
        ("<a href=\"{{ a }}\">{% for x in y %}có{% endfor %}</a>", "có"),
    ] {
        let seen = bare_text(template);
        let seen = seen.trim();
        assert!(seen.ends_with(bare), "{template}: {seen:?}");
        assert_eq!(seen.is_empty(), bare.is_empty(), "{template}: {seen:?}");
    }
}
