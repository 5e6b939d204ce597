use std::fmt::Write;

use trunkline_migrate::StatementFailure;

/// The failure with its line of the file shown, PostgreSQL's words, and what it left behind.
pub(super) fn render(failure: &StatementFailure) -> String {
    let mut text = format!("{} (SQLSTATE {})\n", failure.message, failure.code);
    let number = failure.position.line.to_string();
    let margin = " ".repeat(number.len());
    let before: String = failure
        .line
        .chars()
        .take(failure.position.column - 1)
        .map(|c| if c == '\t' { '\t' } else { ' ' })
        .collect();
    let marks = "^".repeat(failure.width.max(1));
    let _ = writeln!(
        text,
        "{margin}--> {}:{}, statement {} of {}",
        failure.file, failure.position, failure.statement, failure.of
    );
    let _ = writeln!(text, "{margin} |");
    let _ = writeln!(text, "{number} | {}", failure.line);
    let _ = writeln!(text, "{margin} | {before}{marks}");
    let said =
        [("detail", &failure.detail), ("hint", &failure.hint), ("context", &failure.context)];
    for (name, value) in said {
        if let Some(value) = value {
            let _ = writeln!(text, "PostgreSQL's {name}: {value}");
        }
    }
    text.push_str(failure.left);
    text
}
