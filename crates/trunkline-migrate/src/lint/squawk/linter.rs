use std::ops::Range;

use squawk_linter::{Linter, Rule, ignore};
use squawk_syntax::{SourceFile, SyntaxElement, SyntaxToken};

/// What decides squawk's rules.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// The runner opens a transaction around the file.
    pub in_transaction: bool,
    /// Only whether the text can be parsed.
    pub syntax_only: bool,
}

/// One finding of squawk.
#[derive(Debug, Clone)]
pub(crate) struct Linted {
    /// Its name with squawk, or nothing for a syntax error.
    pub rule: Option<String>,
    pub message: String,
    pub help: Option<String>,
    /// Bytes of the file.
    pub range: Range<usize>,
}

/// The comments `-- squawk-ignore rule, …` of a file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ignored {
    /// Names and the offset of the comment; nothing for the whole file.
    names: Vec<(String, Option<usize>)>,
    all: bool,
}

impl Ignored {
    /// Whether a comment for one of `rules` covers the whole file or stands at an offset that
    /// `covers` accepts.
    pub(crate) fn any(&self, rules: &[&str], covers: impl Fn(usize) -> bool) -> bool {
        self.all
            || self
                .names
                .iter()
                .any(|(name, at)| rules.contains(&name.as_str()) && at.is_none_or(&covers))
    }
}

/// Parses `text` once and runs squawk's default rules over it.
pub(crate) fn lint(text: &str, options: Options) -> (Vec<Linted>, Ignored) {
    let parse = SourceFile::parse(text);
    let mut linted: Vec<Linted> = parse
        .errors()
        .iter()
        .map(|error| Linted {
            rule: None,
            message: error.message().to_owned(),
            help: None,
            range: error.range().into(),
        })
        .collect();
    if !options.syntax_only {
        let mut linter = Linter::with_default_rules();
        linter.settings.assume_in_transaction = options.in_transaction;
        linted.extend(linter.lint(&parse, text).into_iter().map(|violation| Linted {
            rule: Some(violation.code.to_string()),
            message: violation.message,
            help: violation.help,
            range: violation.text_range.into(),
        }));
    }
    let tokens = parse.syntax_node().descendants_with_tokens();
    (linted, ignored(tokens.filter_map(SyntaxElement::into_token)))
}

fn ignored(tokens: impl Iterator<Item = SyntaxToken>) -> Ignored {
    let mut ignored = Ignored::default();
    for token in tokens {
        let Some((names, range, kind)) = ignore::ignore_rule_info(&token) else { continue };
        let whole_file = matches!(kind, ignore::IgnoreKind::File);
        ignored.all |= whole_file && names.trim().is_empty();
        let at = (!whole_file).then(|| usize::from(range.start()));
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            // squawk knows some rules by two names, and some names stand for several rules.
            let rule = Rule::try_from(name);
            let expanded = rule.iter().flat_map(Rule::expands_to).map(|it| (it.to_string(), at));
            ignored.names.extend(expanded);
            ignored.names.push((rule.map_or_else(|_| name.to_owned(), |it| it.to_string()), at));
        }
    }
    ignored
}
