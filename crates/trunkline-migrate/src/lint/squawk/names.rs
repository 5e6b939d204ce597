use std::collections::BTreeSet;

use squawk_syntax::ast::{self, AstNode, HasPathRef};

use super::RelationName;
use crate::sql::{Word, words};

/// The relation that `node` names.
pub(super) fn named(node: &impl HasPathRef) -> Option<RelationName> {
    path(&node.path_ref()?)
}

pub(super) fn path(path: &ast::PathRef) -> Option<RelationName> {
    let name = path.segment()?.text();
    let schema = path.qualifier().and_then(|it| it.segment()).map(|it| it.text());
    (!name.is_empty()).then_some(RelationName { schema, name })
}

/// The name that a definition gives to a new relation.
pub(super) fn defined(path: &ast::Path) -> Option<RelationName> {
    let name = path.segment()?.text();
    let schema = path.qualifier().and_then(|it| it.segment()).map(|it| it.text());
    Some(RelationName { schema, name })
}

/// Where the first token of `node` stands that is not white space or a comment.
pub(super) fn offset(node: &impl AstNode) -> usize {
    let node = node.syntax();
    let first = node
        .descendants_with_tokens()
        .filter_map(squawk_syntax::SyntaxElement::into_token)
        .find(|token| !token.kind().is_trivia());
    first.map_or(node.text_range(), |token| token.text_range()).start().into()
}

/// The text of `node` with single spaces and without comments.
pub(super) fn text(node: &impl AstNode) -> String {
    let written = node.syntax().text().to_string();
    words(&written).fold(String::new(), |mut text, word| {
        let joined = matches!(word.text, "(" | ")" | "," | "." | "[" | "]")
            || text.ends_with(['(', '.', '[', ',']);
        if !joined && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&word.text.to_lowercase());
        text
    })
}

/// The name that a word stands for: quotes taken off, or folded to lower case.
pub(super) fn fold(word: &Word<'_>) -> Option<String> {
    if let Some(quoted) = word.text.strip_prefix('"') {
        return Some(quoted.strip_suffix('"')?.replace("\"\"", "\""));
    }
    word.bare.then(|| word.text.to_ascii_lowercase())
}

/// The functions that an expression calls, by their last name.
pub(super) fn calls(expression: &impl AstNode) -> Vec<String> {
    let all = expression.syntax().descendants().filter_map(ast::CallExpr::cast);
    let mut names: BTreeSet<String> = BTreeSet::new();
    for call in all {
        let callee = call.syntax().first_child().map(|node| node.text().to_string());
        let last = callee.as_deref().and_then(|text| words(text).filter_map(|w| fold(&w)).last());
        names.extend(last);
    }
    names.into_iter().collect()
}

/// Every word of a DO block that may be the name of a table; nothing for another statement.
pub(super) fn mentions(sql: &str) -> Option<Vec<RelationName>> {
    if !words(sql).next()?.is("do") {
        return None;
    }
    let body = words(sql).find(|it| !it.bare && it.text.starts_with(['$', '\'']))?;
    let delimiter = match body.text.strip_prefix('$') {
        Some(rest) => rest.find('$').map_or(0, |end| end + 2),
        None => 1,
    };
    let inner = body.text.get(delimiter..body.text.len().saturating_sub(delimiter))?;
    let mut found = BTreeSet::new();
    collect(inner, &mut found);
    Some(found.into_iter().map(|name| RelationName { schema: None, name }).collect())
}

/// Also looks into strings: a DO block often holds the names it executes as text.
fn collect(text: &str, found: &mut BTreeSet<String>) {
    for word in words(text) {
        if let Some(name) = fold(&word) {
            found.insert(name);
        } else if let Some(inner) =
            word.text.strip_prefix('\'').and_then(|it| it.strip_suffix('\''))
        {
            collect(inner, found);
        }
    }
}
