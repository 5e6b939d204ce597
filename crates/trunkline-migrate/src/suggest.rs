//! "Did you mean": names that look like one that does not exist.

use tokio_postgres::Client;

use crate::error::StatementFailure;

/// The candidates that look like `name`, best first.
pub(crate) fn similar<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Vec<&'c str> {
    let mut scored: Vec<_> = candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= (name.chars().count() / 3).max(1))
        .collect();
    scored.sort_unstable();
    scored.into_iter().map(|(_, candidate)| candidate).take(3).collect()
}

/// Adds to the failure the table or column that its author may have meant.
pub(crate) async fn advise(client: &Client, failure: &mut StatementFailure) {
    let query = match failure.code.as_str() {
        "42P01" => {
            "SELECT DISTINCT relname::text FROM pg_class c \
             JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname NOT LIKE 'pg\\_%' \
               AND nspname <> 'information_schema'"
        }
        "42703" => {
            "SELECT DISTINCT attname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
             JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE attnum > 0 AND NOT attisdropped AND nspname NOT LIKE 'pg\\_%' \
               AND nspname <> 'information_schema'"
        }
        _ => return,
    };
    let quoted = failure.message.split('"').nth(1).unwrap_or_default();
    let name = quoted.rsplit('.').next().unwrap_or_default();
    // A suggestion is a courtesy: without it the failure is told all the same.
    let Ok(rows) = client.query_typed(query, &[]).await else { return };
    let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    // What has that very name was not looked for there, or came back with the transaction's end.
    let others = names.iter().map(String::as_str).filter(|other| *other != name);
    if let Some(best) = similar(name, others).first() {
        failure.advice = Some(format!("did you mean `{best}`?"));
    }
}
