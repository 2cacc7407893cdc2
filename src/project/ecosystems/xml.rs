//! XML as manifests use it: elements by their local names, whatever the namespace.

use roxmltree::{Document, Node};

use super::{Unreadable, text};
use crate::project::Project;
use crate::project::paths::at;

/// The text of a file, to be parsed by [`parse`].
pub(super) fn read(project: &Project, path: &str) -> Result<String, Unreadable> {
    text(project, path)
}

/// The document of a file's text.
pub(super) fn parse<'t>(path: &str, text: &'t str) -> Result<Document<'t>, Unreadable> {
    Document::parse(text)
        .map_err(|error| Unreadable::new(at(path, error.pos().row as usize), "is no XML that can be read"))
}

/// The elements of a name right below a node.
pub(super) fn children<'a, 't>(node: Node<'a, 't>, name: &'static str) -> impl Iterator<Item = Node<'a, 't>> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

/// The first element of a name right below a node.
pub(super) fn child<'a, 't>(node: Node<'a, 't>, name: &'static str) -> Option<Node<'a, 't>> {
    children(node, name).next()
}

/// The elements of a name at any depth.
pub(super) fn all<'a, 't>(node: Node<'a, 't>, name: &'static str) -> impl Iterator<Item = Node<'a, 't>> {
    node.descendants().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

/// An element's text without blanks around it.
pub(super) fn content<'a>(node: Node<'a, '_>) -> &'a str {
    node.text().unwrap_or_default().trim()
}

/// Where an element stands.
pub(super) fn place(path: &str, node: Node<'_, '_>) -> String {
    at(path, node.document().text_pos_at(node.range().start).row as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_nesting_neither_overflows_nor_hangs() {
        let text = format!("{}{}", "<a>".repeat(50_000), "</a>".repeat(50_000));
        if let Ok(document) = parse("x", &text) {
            assert!(all(document.root_element(), "a").count() > 1);
        }
        assert!(parse("x", &"<a>".repeat(50_000)).is_err());
    }
}
