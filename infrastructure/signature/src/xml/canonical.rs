//! Canonical forms: Canonical XML 1.0 and 1.1, and Exclusive XML Canonicalization 1.0, of a document or of an element with
//! what is in it, with an element left out or not.

use std::collections::BTreeMap;

use super::{Document, Element, Node, NodeId, XML_NAMESPACE};

/// A canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Method {
    pub(crate) is_exclusive: bool,
    pub(crate) has_comments: bool,
    /// Whether attributes of the namespace xml come down from above the element: all of them in 1.0, but not `xml:id` in 1.1.
    inherits_identifier: bool,
    /// Prefixes that the exclusive form treats as the inclusive one does; the default namespace is `#default`.
    pub(crate) prefixes: Vec<String>,
}

/// The exclusive form without comments.
pub(crate) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

impl Method {
    /// By its address.
    pub(crate) fn of(algorithm: &str) -> Option<Self> {
        let (algorithm, has_comments) = match algorithm.strip_suffix("WithComments") {
            Some(rest) => (rest.strip_suffix('#').unwrap_or(rest), true),
            None => (algorithm, false),
        };
        let (is_exclusive, inherits_identifier) = match algorithm.trim_end_matches('#') {
            "http://www.w3.org/2001/10/xml-exc-c14n" => (true, false),
            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315" => (false, true),
            "http://www.w3.org/2006/12/xml-c14n11" => (false, false),
            _ => return None,
        };
        Some(Self { is_exclusive, has_comments, inherits_identifier, prefixes: Vec::new() })
    }

    /// The exclusive form without comments.
    pub(crate) fn exclusive() -> Self {
        Self { is_exclusive: true, has_comments: false, inherits_identifier: false, prefixes: Vec::new() }
    }
}

type Namespaces = BTreeMap<String, String>;

/// The canonical form of the whole document, with an element left out or not.
pub(crate) fn document(document: &Document, method: &Method, without: Option<NodeId>) -> Vec<u8> {
    let mut writer = Writer { document, method, without, out: String::new() };
    let mut is_before = true;
    for id in &document.top {
        match document.node(*id) {
            Node::Element(element) => {
                writer.element(*id, element, &Namespaces::new(), &Namespaces::new(), &[]);
                is_before = false;
            }
            Node::Comment(_) if !method.has_comments => {}
            node => {
                if !is_before {
                    writer.out.push('\n');
                }
                writer.other(node);
                if is_before {
                    writer.out.push('\n');
                }
            }
        }
    }
    writer.out.into_bytes()
}

/// The canonical form of an element with what is in it, with an element left out or not.
pub(crate) fn element(
    document: &Document,
    apex: NodeId,
    method: &Method,
    without: Option<NodeId>,
) -> Vec<u8> {
    let mut above = Vec::new();
    let mut next = document.element(apex).parent;
    while let Some(id) = next {
        above.push(id);
        next = document.element(id).parent;
    }
    let mut scope = Namespaces::new();
    for id in above.iter().rev() {
        scope.extend(document.element(*id).declarations.iter().cloned());
    }
    let inherited = if method.is_exclusive { Vec::new() } else { inherited(document, &above, method) };
    let mut writer = Writer { document, method, without, out: String::new() };
    writer.element(apex, document.element(apex), &scope, &Namespaces::new(), &inherited);
    writer.out.into_bytes()
}

/// Attributes of the namespace xml from above, the nearest of each.
fn inherited(document: &Document, above: &[NodeId], method: &Method) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for id in above {
        for attribute in &document.element(*id).attributes {
            let counts = attribute.namespace == XML_NAMESPACE
                && (attribute.local != "id" || method.inherits_identifier)
                && !found.iter().any(|(local, _)| *local == attribute.local);
            if counts {
                found.push((attribute.local.clone(), attribute.value.clone()));
            }
        }
    }
    found
}

struct Writer<'a> {
    document: &'a Document,
    method: &'a Method,
    without: Option<NodeId>,
    out: String,
}

impl Writer<'_> {
    /// `scope` is what is declared above, `rendered` what of it was written above.
    fn element(
        &mut self,
        id: NodeId,
        element: &Element,
        scope: &Namespaces,
        rendered: &Namespaces,
        inherited: &[(String, String)],
    ) {
        if self.without == Some(id) {
            return;
        }
        let mut scope = scope.clone();
        scope.extend(element.declarations.iter().cloned());
        let mut rendered = rendered.clone();
        let name = qualified(&element.prefix, &element.local);
        self.out.push('<');
        self.out.push_str(&name);
        for (prefix, namespace) in self.declared(element, &scope, &rendered) {
            self.out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            self.out.push_str(&prefix);
            self.value(&namespace);
            rendered.insert(prefix, namespace);
        }
        let own = element.attributes.iter().map(|one| {
            (
                (one.namespace.as_str(), one.local.as_str()),
                qualified(&one.prefix, &one.local),
                one.value.as_str(),
            )
        });
        let is_own = |local: &str| {
            element.attributes.iter().any(|one| one.namespace == XML_NAMESPACE && one.local == local)
        };
        let from_above = inherited
            .iter()
            .filter(|(local, _)| !is_own(local))
            .map(|(local, value)| ((XML_NAMESPACE, local.as_str()), qualified("xml", local), value.as_str()));
        let mut attributes: Vec<_> = own.chain(from_above).collect();
        attributes.sort();
        for (_, name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(&name);
            self.value(value);
        }
        self.out.push('>');
        for child in &element.children {
            match self.document.node(*child) {
                Node::Element(inner) => self.element(*child, inner, &scope, &rendered, &[]),
                node => self.other(node),
            }
        }
        self.out.push_str("</");
        self.out.push_str(&name);
        self.out.push('>');
    }

    /// The declarations to write, by prefix.
    fn declared(&self, element: &Element, scope: &Namespaces, rendered: &Namespaces) -> Namespaces {
        let is_wanted = |prefix: &str| {
            if !self.method.is_exclusive {
                return true;
            }
            let named = if prefix.is_empty() { "#default" } else { prefix };
            element.prefix == prefix
                || (!prefix.is_empty() && element.attributes.iter().any(|one| one.prefix == prefix))
                || self.method.prefixes.iter().any(|one| one == named)
        };
        let mut declared = Namespaces::new();
        for (prefix, namespace) in scope {
            let before = rendered.get(prefix).map(String::as_str);
            let is_known = before.unwrap_or("") == namespace && (before.is_some() || namespace.is_empty());
            if prefix != "xml" && is_wanted(prefix) && !is_known {
                declared.insert(prefix.clone(), namespace.clone());
            }
        }
        declared
    }

    fn value(&mut self, value: &str) {
        self.out.push_str("=\"");
        for character in value.chars() {
            match character {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '"' => self.out.push_str("&quot;"),
                '\t' => self.out.push_str("&#x9;"),
                '\n' => self.out.push_str("&#xA;"),
                '\r' => self.out.push_str("&#xD;"),
                other => self.out.push(other),
            }
        }
        self.out.push('"');
    }

    fn other(&mut self, node: &Node) {
        match node {
            Node::Text(text) => {
                for character in text.chars() {
                    match character {
                        '&' => self.out.push_str("&amp;"),
                        '<' => self.out.push_str("&lt;"),
                        '>' => self.out.push_str("&gt;"),
                        '\r' => self.out.push_str("&#xD;"),
                        other => self.out.push(other),
                    }
                }
            }
            Node::Comment(comment) if self.method.has_comments => {
                self.out.push_str("<!--");
                self.out.push_str(comment);
                self.out.push_str("-->");
            }
            Node::Instruction { target, data } => {
                self.out.push_str("<?");
                self.out.push_str(target);
                if !data.is_empty() {
                    self.out.push(' ');
                    self.out.push_str(data);
                }
                self.out.push_str("?>");
            }
            Node::Comment(_) | Node::Element(_) => {}
        }
    }
}

fn qualified(prefix: &str, local: &str) -> String {
    if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") }
}

#[cfg(test)]
mod tests {
    use super::super::normalised;
    use super::*;

    const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";

    fn canonical(text: &str, algorithm: &str) -> String {
        let text = normalised(text.as_bytes()).expect("UTF-8");
        let read = Document::read(&text).expect("XML");
        let method = Method::of(algorithm).expect("a method");
        String::from_utf8(document(&read, &method, None)).expect("UTF-8")
    }

    /// The examples of Canonical XML 1.0, 3, that need no document type declaration.
    #[test]
    fn the_examples_of_the_recommendation_hold() {
        let with_comments = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments";
        let first = "<?xml version=\"1.0\"?>\n\n<?xml-stylesheet   href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n\n<doc>Hello, world!<!-- Comment 1 --></doc>\n\n<?pi-without-data     ?>\n\n<!-- Comment 2 -->\n\n<!-- Comment 3 -->";
        assert_eq!(
            canonical(first, INCLUSIVE),
            "<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n<doc>Hello, world!</doc>\n<?pi-without-data?>"
        );
        assert_eq!(
            canonical(first, with_comments),
            "<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n<doc>Hello, world!<!-- Comment 1 --></doc>\n<?pi-without-data?>\n<!-- Comment 2 -->\n<!-- Comment 3 -->"
        );
        let third = "<doc>\n   <e1   />\n   <e2   ></e2>\n   <e3   name = \"elem3\"   id=\"elem3\"   />\n   <e5 a:attr=\"out\" b:attr=\"sorted\" attr2=\"all\" attr=\"I'm\"\n      xmlns:b=\"http://www.ietf.org\"\n      xmlns:a=\"http://www.w3.org\"\n      xmlns=\"http://example.org\"/>\n   <e6 xmlns=\"\" xmlns:a=\"http://www.w3.org\">\n      <e7 xmlns=\"http://www.ietf.org\">\n         <e8 xmlns=\"\" xmlns:a=\"http://www.w3.org\">\n            <e9 xmlns=\"\" xmlns:a=\"http://www.ietf.org\"/>\n         </e8>\n      </e7>\n   </e6>\n</doc>";
        assert_eq!(
            canonical(third, INCLUSIVE),
            "<doc>\n   <e1></e1>\n   <e2></e2>\n   <e3 id=\"elem3\" name=\"elem3\"></e3>\n   <e5 xmlns=\"http://example.org\" xmlns:a=\"http://www.w3.org\" xmlns:b=\"http://www.ietf.org\" attr=\"I'm\" attr2=\"all\" b:attr=\"sorted\" a:attr=\"out\"></e5>\n   <e6 xmlns:a=\"http://www.w3.org\">\n      <e7 xmlns=\"http://www.ietf.org\">\n         <e8 xmlns=\"\">\n            <e9 xmlns:a=\"http://www.ietf.org\"></e9>\n         </e8>\n      </e7>\n   </e6>\n</doc>"
        );
        let fourth = "<doc>\n   <text>First line&#x0d;&#10;Second line</text>\n   <value>&#x32;</value>\n   <compute><![CDATA[value>\"0\" && value<\"10\" ?\"valid\":\"error\"]]></compute>\n   <compute expr='value>\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"'>valid</compute>\n   <norm attr=' &apos;   &#x20;&#13;&#xa;&#9;   &apos; '/>\n</doc>";
        assert_eq!(
            canonical(fourth, INCLUSIVE),
            "<doc>\n   <text>First line&#xD;\nSecond line</text>\n   <value>2</value>\n   <compute>value&gt;\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"</compute>\n   <compute expr=\"value>&quot;0&quot; &amp;&amp; value&lt;&quot;10&quot; ?&quot;valid&quot;:&quot;error&quot;\">valid</compute>\n   <norm attr=\" '    &#xD;&#xA;&#x9;   ' \"></norm>\n</doc>"
        );
    }

    /// Exclusive XML Canonicalization 1.0, 2.2: an element is the same wherever it stands.
    #[test]
    fn the_exclusive_form_does_not_depend_on_what_is_around() {
        let inner = "<n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\"><n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff></n1:elem2>";
        let of = |around: &str, algorithm: &str| {
            let read = Document::read(around).expect("XML");
            let apex =
                read.all_elements().find(|id| read.element(*id).local == "elem2").expect("it is there");
            String::from_utf8(element(&read, apex, &Method::of(algorithm).unwrap(), None)).unwrap()
        };
        let one = format!("<n0:local xmlns:n0=\"foo:bar\" xmlns:n3=\"ftp://example.org\">{inner}</n0:local>");
        let two = format!(
            "<n2:pdu xmlns:n1=\"http://example.com\" xmlns:n2=\"http://foo.example\" xml:lang=\"fr\" xml:space=\"retain\">{inner}</n2:pdu>"
        );
        assert_eq!(of(&one, EXCLUSIVE), inner);
        assert_eq!(of(&two, EXCLUSIVE), inner);
        assert_eq!(
            of(&two, INCLUSIVE),
            "<n1:elem2 xmlns:n1=\"http://example.net\" xmlns:n2=\"http://foo.example\" xml:lang=\"en\" xml:space=\"retain\"><n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff></n1:elem2>"
        );
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        let deep = "<a>".repeat(101) + &"</a>".repeat(101);
        for text in [
            "",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "x<a/>",
            "<a/>x",
            "<p:a/>",
            "<a b='1' b='2'/>",
            "<a>&x;</a>",
            "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
            "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
            "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>",
            "<a xmlns:p=''/>",
            "<a xmlns:xml='u'/>",
            "<a>]]></a>",
            "<a b='<'/>",
            "<a>\u{1}</a>",
            "<a>&#0;</a>",
            "<a>&#xD800;</a>",
            "<1a/>",
            "<a:b:c xmlns:a='u'/>",
            "<?xml version='1.1'?><a/>",
            "<?xml version='1.0' encoding='latin1'?><a/>",
            "<a><?xml version='1.0'?></a>",
            "<a><!-- -- --></a>",
            "<a b=1/>",
            deep.as_str(),
        ] {
            assert!(Document::read(text).is_err(), "{text}");
        }
    }
}
