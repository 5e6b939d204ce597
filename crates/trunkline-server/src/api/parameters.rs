//! What the document says of the texts in a query, kept for every operation in one place: their length and pattern.
//!
//! Types, words and numbers are refused where they are read, since they are types of Rust's.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State as Extract};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use regex_lite::Regex;
use serde_json::Value;

use super::Checks;
use crate::problem::Problem;

/// The rules of each operation, by method and path.
#[derive(Debug)]
pub(crate) struct QueryRules(HashMap<(Method, String), Vec<Rule>>);

#[derive(Debug)]
struct Rule {
    name: String,
    shortest: usize,
    longest: usize,
    pattern: Option<Regex>,
}

impl QueryRules {
    pub(crate) fn of(document: &utoipa::openapi::OpenApi) -> Self {
        let document = serde_json::to_value(document).unwrap_or_default();
        let mut rules = HashMap::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                let found: Vec<Rule> = parameters.filter_map(Rule::of).collect();
                if !found.is_empty() {
                    rules.insert((method, path.clone()), found);
                }
            }
        }
        Self(rules)
    }

    fn check(&self, method: &Method, path: &str, query: &str) -> Result<(), Problem> {
        let rules = self.0.get(&(method.clone(), path.to_owned()));
        let mut checks = Checks::default();
        for rule in rules.into_iter().flatten() {
            let given = form_urlencoded::parse(query.as_bytes());
            for (_, text) in given.filter(|(name, _)| *name == rule.name) {
                rule.check(&text, &mut checks);
            }
        }
        checks.finish()
    }
}

impl Rule {
    fn of(parameter: &Value) -> Option<Self> {
        let schema = (parameter["in"] == "query").then_some(&parameter["schema"])?;
        let number = |name: &str| schema[name].as_u64().and_then(|number| number.try_into().ok());
        let rule = Self {
            name: parameter["name"].as_str()?.to_owned(),
            shortest: number("minLength").unwrap_or(0),
            longest: number("maxLength").unwrap_or(usize::MAX),
            pattern: schema["pattern"].as_str().and_then(|pattern| Regex::new(pattern).ok()),
        };
        let says = rule.shortest > 0 || rule.longest < usize::MAX || rule.pattern.is_some();
        says.then_some(rule)
    }

    fn check(&self, text: &str, checks: &mut Checks) {
        let length = text.chars().count();
        let (shortest, longest) = (self.shortest, self.longest);
        let short = format!("it has {length} characters; {shortest} at least");
        checks.demand(length >= shortest, &self.name, short);
        checks.demand(
            length <= longest,
            &self.name,
            format!("it has {length} characters; {longest} at most"),
        );
        if let Some(pattern) = &self.pattern {
            checks.demand(
                pattern.is_match(text),
                &self.name,
                format!("it does not match {pattern}"),
            );
        }
    }
}

/// Refuses a query whose texts the document does not allow.
pub(crate) async fn check_query(
    Extract(rules): Extract<Arc<QueryRules>>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let query = request.uri().query().unwrap_or_default();
    rules.check(request.method(), path.as_str(), query)?;
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use serde_json::json;

    use super::QueryRules;

    #[test]
    fn the_document_is_kept_to_the_letter() {
        let document = json!({
            "openapi": "3.1.0",
            "info": { "title": "", "version": "" },
            "paths": { "/things/{id}": { "get": { "responses": {}, "parameters": [
                { "name": "word", "in": "query", "required": false, "schema": { "type": "string", "minLength": 2, "maxLength": 3, "pattern": "^[a-zä]+$" } },
                { "name": "id", "in": "path", "required": true, "schema": { "type": "string", "maxLength": 1 } },
                { "name": "free", "in": "query", "required": false, "schema": { "type": ["string", "null"] } },
            ] } } },
        });
        let rules = QueryRules::of(&serde_json::from_value(document).unwrap());
        let check = |query| rules.check(&Method::GET, "/things/{id}", query);
        for query in ["", "word=ab", "word=%C3%A4%C3%A4%C3%A4", "free=anything+at+all&id=long"] {
            assert!(check(query).is_ok(), "{query}");
        }
        for query in ["word=a", "word=abcd", "word=", "word=AB", "word=ab&word=abcd", "w%6Frd=abcd"]
        {
            assert_eq!(check(query).unwrap_err().fields[0].field, "word", "{query}");
        }
        assert!(rules.check(&Method::POST, "/things/{id}", "word=abcd").is_ok());
    }
}
