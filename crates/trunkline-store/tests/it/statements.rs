//! Every statement in the sources is one for the migrated schema: PostgreSQL prepares it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use insta::assert_snapshot;
use proc_macro2::{TokenStream, TokenTree};
use trunkline_migrate::{Migrator, Options, Silent, Target, UpRequest};
use trunkline_postgres::sample::{self, SampleOptions};
use trunkline_postgres::testing::TestDatabase;
use trunkline_store::partner_migrations;

/// With what a statement begins that can be prepared.
const VERBS: [&str; 5] = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"];

/// The statements of a file: whole ones, and templates of `format!` and `concat!`, which are put together first.
#[derive(Default)]
struct Statements {
    whole: Vec<String>,
    templates: Vec<String>,
}

impl Statements {
    fn gather(&mut self, tokens: TokenStream, is_template: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => {
                    let called = index.checked_sub(2).map(|before| tokens[before].to_string());
                    let formats =
                        called.is_some_and(|name| ["concat", "format", "write"].contains(&&*name));
                    self.gather(group.stream(), is_template || formats);
                }
                TokenTree::Literal(literal) => {
                    let Some(text) = unquote(&literal.to_string()) else { continue };
                    let verb = text.split_whitespace().next().unwrap_or_default();
                    // A single word is no statement.
                    if VERBS.contains(&verb) && text.trim() != verb {
                        if is_template { &mut self.templates } else { &mut self.whole }.push(text);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The value of a string literal; `None` for any other.
fn unquote(literal: &str) -> Option<String> {
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut lines = inner.split("\\\n");
    let mut text = lines.next().unwrap_or_default().to_owned();
    lines.for_each(|line| text.push_str(line.trim_start()));
    Some(text.replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\"))
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension() == Some("rs".as_ref()) {
            files.push(path);
        }
    }
}

#[tokio::test]
async fn every_statement_of_the_sources_can_be_prepared() {
    let database = TestDatabase::empty().await.unwrap();
    let client = database.connect().await.unwrap();
    let platform = SampleOptions { companies: 0, ..SampleOptions::default() };
    sample::create(&client, &platform, |_| {}).await.unwrap();
    let target = Target::parse(&database.url()).unwrap();
    let migrator = Migrator::new(partner_migrations().unwrap(), target, Options::default());
    migrator.up(&UpRequest::default(), Arc::new(Silent)).await.unwrap();
    // Of a database of Chatwoot's, from which connections are imported.
    client
        .batch_execute(
            "CREATE TABLE public.channel_whatsapp (id BIGINT, account_id INTEGER, phone_number VARCHAR, provider VARCHAR,
                provider_config JSONB, created_at TIMESTAMP, updated_at TIMESTAMP);
            CREATE TABLE public.inboxes (name VARCHAR, channel_id INTEGER, channel_type VARCHAR)",
        )
        .await
        .unwrap();

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files.sort();
    let (mut refused, mut templates, mut prepared) = (Vec::new(), Vec::new(), 0);
    for file in files {
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        let mut statements = Statements::default();
        let tokens = std::fs::read_to_string(&file).unwrap().parse().unwrap();
        statements.gather(tokens, false);
        for text in statements.whole {
            match client.prepare(&text).await {
                Ok(_) => prepared += 1,
                Err(error) => {
                    let said = error.as_db_error().map_or(error.to_string(), ToString::to_string);
                    refused.push(format!("{name}: {said}\n{text}"));
                }
            }
        }
        for text in statements.templates {
            let words: Vec<&str> = text.split_whitespace().take(6).collect();
            templates.push(format!("{name}: {} …", words.join(" ")));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(prepared > 15, "only {prepared} were found");
    // What is put together is checked by the tests that run it; here is which.
    assert_snapshot!(templates.join("\n"));
}
