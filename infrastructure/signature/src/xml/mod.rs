//! XML (1.0, with namespaces) as a tree that keeps what canonical forms need. There is no document type declaration, so there
//! are no entities but the five, nothing is fetched, and nothing grows.

pub(crate) mod canonical;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeSet;

use crate::error::SignatureError;

/// How deep elements may nest.
const DEPTH_LIMIT: usize = 100;
/// The most nodes of a document.
const NODES_LIMIT: usize = 500_000;
/// The most attributes of an element.
const ATTRIBUTES_LIMIT: usize = 256;
/// The namespace of the prefix `xml`.
pub(crate) const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// A node, by its place in the document.
pub(crate) type NodeId = usize;

/// A document.
#[derive(Debug)]
pub(crate) struct Document {
    nodes: Vec<Node>,
    /// Everything at the top: the root, and instructions and comments around it.
    pub(crate) top: Vec<NodeId>,
    pub(crate) root: NodeId,
    /// Where the root's end tag, or the `/>` of an empty root, begins in the text, in bytes.
    pub(crate) root_end: usize,
}

#[derive(Debug)]
pub(crate) enum Node {
    Element(Element),
    Text(String),
    Comment(String),
    Instruction { target: String, data: String },
}

/// An element.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) prefix: String,
    pub(crate) local: String,
    pub(crate) namespace: String,
    pub(crate) attributes: Vec<Attribute>,
    /// Prefixes declared here, and their namespaces.
    pub(crate) declarations: Vec<(String, String)>,
    pub(crate) children: Vec<NodeId>,
    pub(crate) parent: Option<NodeId>,
}

/// An attribute; its value is normalised.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) prefix: String,
    pub(crate) local: String,
    pub(crate) namespace: String,
    pub(crate) value: String,
}

/// The text with every line ending a line feed (XML 1.0, 2.11), as all further positions count.
pub(crate) fn normalised(document: &[u8]) -> Result<String, SignatureError> {
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    let text = std::str::from_utf8(document)
        .map_err(|error| wrong("it is not UTF-8", error.valid_up_to() as u64))?;
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

fn wrong(reason: &'static str, position: u64) -> SignatureError {
    SignatureError::UnsupportedXml { reason, position }
}

impl Document {
    /// Reads a text as [`normalised`] gives it.
    pub(crate) fn read(text: &str) -> Result<Self, SignatureError> {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.check_comments = true;
        config.check_end_names = true;
        config.allow_unmatched_ends = false;
        let mut builder = Builder::default();
        loop {
            let position = reader.buffer_position();
            let event = reader.read_event().map_err(|_| wrong("it is not well-formed", position))?;
            if matches!(event, Event::Eof) {
                return builder.finish(position);
            }
            builder.take(event, position).map_err(|reason| wrong(reason, position))?;
            if builder.nodes.len() > NODES_LIMIT {
                return Err(wrong("it has too many nodes", position));
            }
        }
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id]
    }

    /// An element; whoever has its number has it from here.
    pub(crate) fn element(&self, id: NodeId) -> &Element {
        match &self.nodes[id] {
            Node::Element(element) => element,
            _ => unreachable!("only elements are asked for by number"),
        }
    }

    /// Child elements, in order.
    pub(crate) fn elements(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        self.element(id)
            .children
            .iter()
            .copied()
            .filter(|child| matches!(self.nodes[*child], Node::Element(_)))
    }

    pub(crate) fn is(&self, id: NodeId, namespace: &str, local: &str) -> bool {
        let element = self.element(id);
        element.namespace == namespace && element.local == local
    }

    /// Child elements of a name.
    pub(crate) fn children(&self, id: NodeId, namespace: &str, local: &str) -> Vec<NodeId> {
        self.elements(id).filter(|child| self.is(*child, namespace, local)).collect()
    }

    /// The only child element of a name.
    pub(crate) fn only(&self, id: NodeId, namespace: &str, local: &str) -> Option<NodeId> {
        match self.children(id, namespace, local)[..] {
            [child] => Some(child),
            _ => None,
        }
    }

    /// The only element at the end of a path of names.
    pub(crate) fn at(&self, id: NodeId, path: &[(&str, &str)]) -> Option<NodeId> {
        path.iter().try_fold(id, |id, (namespace, local)| self.only(id, namespace, local))
    }

    /// The text directly in an element.
    pub(crate) fn text(&self, id: NodeId) -> String {
        let parts = self.element(id).children.iter().filter_map(|child| match &self.nodes[*child] {
            Node::Text(text) => Some(text.as_str()),
            _ => None,
        });
        parts.collect()
    }

    /// The value of an attribute without namespace.
    pub(crate) fn attribute(&self, id: NodeId, local: &str) -> Option<&str> {
        let found = self.element(id).attributes.iter();
        found
            .filter(|one| one.namespace.is_empty() && one.local == local)
            .map(|one| one.value.as_str())
            .next()
    }

    /// All elements, in order.
    pub(crate) fn all_elements(&self) -> impl Iterator<Item = NodeId> {
        (0..self.nodes.len()).filter(|id| matches!(self.nodes[*id], Node::Element(_)))
    }

    /// The identifiers of an element: what is usual as one, for without a schema nobody can say more.
    pub(crate) fn identifiers(&self, id: NodeId) -> impl Iterator<Item = &str> {
        let is_identifier = |attribute: &&Attribute| {
            (attribute.namespace.is_empty() && matches!(attribute.local.as_str(), "Id" | "ID" | "id"))
                || (attribute.namespace == XML_NAMESPACE && attribute.local == "id")
        };
        self.element(id).attributes.iter().filter(is_identifier).map(|attribute| attribute.value.as_str())
    }

    /// Whether no identifier stands twice; otherwise a reference could mean one thing here and another elsewhere.
    pub(crate) fn has_unique_identifiers(&self) -> bool {
        let mut seen = BTreeSet::new();
        self.all_elements().all(|id| {
            let own: BTreeSet<&str> = self.identifiers(id).collect();
            own.into_iter().all(|identifier| seen.insert(identifier.to_owned()))
        })
    }
}

#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    top: Vec<NodeId>,
    open: Vec<NodeId>,
    /// Prefixes and namespaces in scope, newest last, with the depth they were declared at.
    scope: Vec<(usize, String, String)>,
    root: Option<NodeId>,
    root_end: usize,
    has_begun: bool,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, position: u64) -> Result<(), &'static str> {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        match event {
            Event::Start(start) => {
                let id = self.element(&start)?;
                self.open.push(id);
                if self.open.len() > DEPTH_LIMIT { Err("elements are nested too deeply") } else { Ok(()) }
            }
            Event::Empty(start) => {
                let id = self.element(&start)?;
                if self.open.is_empty() {
                    // The tag ends with `/>`; the position is where it begins.
                    self.root_end = usize::try_from(position).unwrap_or(0) + start.len() + 1;
                }
                self.leave(self.open.len());
                debug_assert!(matches!(self.nodes[id], Node::Element(_)));
                Ok(())
            }
            Event::End(_) => {
                self.open.pop();
                if self.open.is_empty() {
                    self.root_end = usize::try_from(position).unwrap_or(0);
                }
                self.leave(self.open.len());
                Ok(())
            }
            Event::Text(text) => {
                let text = text.xml10_content();
                if text.contains("]]>") { Err("]]> stands in a text") } else { self.text(&text) }
            }
            Event::CData(data) => self.text(&data.xml10_content()),
            Event::GeneralRef(reference) => {
                let character = character_of(&reference.into_inner())?;
                self.text(character.encode_utf8(&mut [0; 4]))
            }
            Event::Comment(comment) => {
                let comment = comment.xml10_content().into_owned();
                characters(&comment)?;
                self.add(Node::Comment(comment));
                Ok(())
            }
            Event::PI(instruction) => {
                let target = instruction.target().to_owned();
                name(&target)?;
                if target.eq_ignore_ascii_case("xml") || target.contains(':') {
                    return Err("an instruction has a name that is reserved");
                }
                let data = instruction.content().trim_start().to_owned();
                characters(&data)?;
                self.add(Node::Instruction { target, data });
                Ok(())
            }
            Event::Decl(declaration) => {
                let version = declaration.version().map_err(|_| "its declaration is damaged")?;
                let is_utf8 = match declaration.encoding() {
                    Some(Ok(encoding)) => encoding.eq_ignore_ascii_case("utf-8"),
                    Some(Err(_)) => false,
                    None => true,
                };
                if !is_first || version != "1.0" || !is_utf8 {
                    return Err("only XML 1.0 in UTF-8 is taken");
                }
                Ok(())
            }
            Event::DocType(_) => Err("document type declarations are not taken"),
            Event::Eof => Ok(()),
        }
    }

    fn finish(self, position: u64) -> Result<Document, SignatureError> {
        match (self.root, self.open.is_empty()) {
            (Some(root), true) => {
                Ok(Document { nodes: self.nodes, top: self.top, root, root_end: self.root_end })
            }
            _ => Err(wrong("it ends early", position)),
        }
    }

    fn leave(&mut self, depth: usize) {
        while self.scope.last().is_some_and(|(declared, ..)| *declared > depth) {
            self.scope.pop();
        }
    }

    fn add(&mut self, node: Node) -> NodeId {
        let id = self.nodes.len();
        self.nodes.push(node);
        match self.open.last() {
            Some(parent) => match &mut self.nodes[*parent] {
                Node::Element(parent) => parent.children.push(id),
                _ => unreachable!("only elements are open"),
            },
            None => self.top.push(id),
        }
        id
    }

    /// Text that stands together is one node.
    fn text(&mut self, text: &str) -> Result<(), &'static str> {
        characters(text)?;
        let Some(parent) = self.open.last() else {
            let is_blank = text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n'));
            return if is_blank { Ok(()) } else { Err("text stands outside the root") };
        };
        let last = match &self.nodes[*parent] {
            Node::Element(parent) => parent.children.last().copied(),
            _ => None,
        };
        if let Some(Node::Text(before)) = last.map(|last| &mut self.nodes[last]) {
            before.push_str(text);
        } else if !text.is_empty() {
            self.add(Node::Text(text.to_owned()));
        }
        Ok(())
    }

    fn element(&mut self, start: &BytesStart<'_>) -> Result<NodeId, &'static str> {
        let depth = self.open.len() + 1;
        let (mut plain, mut declarations) = (Vec::new(), Vec::new());
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| "an attribute is damaged or stands twice")?;
            if attribute.value.contains('<') {
                return Err("< stands in an attribute");
            }
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|_| "an attribute has an unknown entity")?;
            characters(&value)?;
            let key: &str = attribute.key.0;
            match key.strip_prefix("xmlns:").or((key == "xmlns").then_some("")) {
                Some(prefix) => declarations.push(declaration(prefix, &value)?),
                None => plain.push((key.to_owned(), value.into_owned())),
            }
            if plain.len() + declarations.len() > ATTRIBUTES_LIMIT {
                return Err("an element has too many attributes");
            }
        }
        for (prefix, namespace) in &declarations {
            self.scope.push((depth, prefix.clone(), namespace.clone()));
        }
        let (prefix, local) = parts(start.name().0)?;
        let namespace = self.namespace(&prefix)?;
        let mut attributes: Vec<Attribute> = Vec::new();
        for (key, value) in plain {
            let (prefix, local) = parts(&key)?;
            let namespace = if prefix.is_empty() { String::new() } else { self.namespace(&prefix)? };
            if attributes.iter().any(|one| one.namespace == namespace && one.local == local) {
                return Err("an attribute stands twice");
            }
            attributes.push(Attribute { prefix, local, namespace, value });
        }
        let parent = self.open.last().copied();
        if parent.is_none() && self.root.is_some() {
            return Err("it has two roots");
        }
        let children = Vec::new();
        let element = Element { prefix, local, namespace, attributes, declarations, children, parent };
        let id = self.add(Node::Element(element));
        self.root.get_or_insert(id);
        Ok(id)
    }

    fn namespace(&self, prefix: &str) -> Result<String, &'static str> {
        if prefix == "xml" {
            return Ok(XML_NAMESPACE.to_owned());
        }
        let declared = self.scope.iter().rev().find(|(_, known, _)| known == prefix);
        match declared {
            Some((_, _, namespace)) => Ok(namespace.clone()),
            None if prefix.is_empty() => Ok(String::new()),
            None => Err("a prefix is not declared"),
        }
    }
}

/// A namespace declaration, if it may be made (Namespaces in XML 1.0, 3).
fn declaration(prefix: &str, namespace: &str) -> Result<(String, String), &'static str> {
    let is_reserved = prefix == "xmlns"
        || namespace == XMLNS_NAMESPACE
        || (prefix == "xml") != (namespace == XML_NAMESPACE);
    if is_reserved || (!prefix.is_empty() && namespace.is_empty()) {
        return Err("a prefix is declared that may not be");
    }
    if !prefix.is_empty() {
        name(prefix)?;
    }
    Ok((prefix.to_owned(), namespace.to_owned()))
}

/// Prefix and local part of a qualified name.
fn parts(qualified: &str) -> Result<(String, String), &'static str> {
    let (prefix, local) = qualified.split_once(':').unwrap_or(("", qualified));
    if qualified.starts_with(':') || local.contains(':') || prefix == "xmlns" {
        return Err("a name has a colon where none may stand");
    }
    if !prefix.is_empty() {
        name(prefix)?;
    }
    name(local)?;
    Ok((prefix.to_owned(), local.to_owned()))
}

/// The characters of a name. What of them may begin one in which script is left to the letters of Unicode.
fn name(name: &str) -> Result<(), &'static str> {
    let goes_on = |one: char| {
        one.is_alphanumeric() || matches!(one, '_' | '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}')
    };
    let begins = name.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_');
    if begins && name.chars().all(goes_on) {
        Ok(())
    } else {
        Err("a name has a character that names do not have")
    }
}

/// XML 1.0, 2.2.
fn characters(text: &str) -> Result<(), &'static str> {
    let may = |one: char| matches!(one, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    if text.chars().all(may) { Ok(()) } else { Err("it has a character that XML does not have") }
}

/// The character of a reference: one of the five entities, or a number.
fn character_of(reference: &str) -> Result<char, &'static str> {
    const UNKNOWN: &str = "it has an unknown entity";
    let character = match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        number => {
            let digits = number.strip_prefix('#').ok_or(UNKNOWN)?;
            let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |digits| (digits, 16));
            let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
            is_number.then(|| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32)).flatten()
        }
    };
    character.ok_or(UNKNOWN)
}
