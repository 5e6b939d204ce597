use squawk_lexer::{TokenKind, tokenize};

/// One token that matters: no white space, no comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    /// The token as it is written.
    pub text: &'a str,
    /// Byte offset in the text given.
    pub offset: usize,
    /// Whether it is a bare (unquoted) identifier or key word.
    pub bare: bool,
}

impl Word<'_> {
    /// The name that this identifier means: unquoted, folded to lower case unless it was quoted.
    pub(crate) fn identifier(&self) -> String {
        match self.text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => self.text.to_lowercase(),
        }
    }

    /// Whether this is the key word `keyword`, in any case.
    pub(crate) fn is(&self, keyword: &str) -> bool {
        self.bare && self.text.eq_ignore_ascii_case(keyword)
    }
}

/// The table that a CREATE TABLE makes, with its schema where that is written; none for a temporary one.
pub(crate) fn created_table(sql: &str) -> Option<(Option<String>, String)> {
    let mut words = words(sql).peekable();
    if !words.next()?.is("create") {
        return None;
    }
    let _ = words.next_if(|word| word.is("unlogged"));
    if !words.next()?.is("table") {
        return None;
    }
    while words.next_if(|w| w.is("if") || w.is("not") || w.is("exists")).is_some() {}
    let first = words.next()?.identifier();
    if words.next_if(|word| word.text == ".").is_none() {
        return Some((None, first));
    }
    Some((Some(first), words.next()?.identifier()))
}

/// The significant tokens of `text` in their order.
pub(crate) fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut offset = 0;
    tokenize(text).filter_map(move |token| {
        let start = offset;
        offset += token.len as usize;
        match token.kind {
            TokenKind::Whitespace
            | TokenKind::LineComment
            | TokenKind::BlockComment { .. }
            | TokenKind::Eof => None,
            kind => Some(Word {
                text: &text[start..offset],
                offset: start,
                bare: kind == TokenKind::Ident,
            }),
        }
    })
}
