//! Where the connections come from: the platform's own table, a CSV file, or a Chatwoot database.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use trunkline_core::legacy::{CsvError, read_companies, read_csv};
use trunkline_migrate::Target;
use trunkline_store::Executor;
use trunkline_store::import::{Platform, read_chatwoot};

use super::store;
use crate::failure::Failure;

#[derive(Args)]
pub(super) struct Source {
    /// Take connections from elsewhere: `csv FILE`, or `chatwoot URL` (`env:NAME` for a variable that holds the URL)
    #[arg(long, global = true, num_args = 2, value_names = ["KIND", "PLACE"])]
    from: Vec<String>,
    /// For Chatwoot: a CSV file with the columns `account_id` and `company_id`
    #[arg(long, global = true, value_name = "FILE", requires = "from")]
    companies: Option<PathBuf>,
}

impl Source {
    /// Whether it is the platform's own table.
    pub(super) fn is_platform(&self) -> bool {
        self.from.is_empty()
    }

    /// The options as they were given, each behind a space; an address stays out, as it may hold a password.
    pub(super) fn options(&self) -> String {
        let mut options = String::new();
        if let [kind, place] = self.from.as_slice() {
            let is_shown = kind != "chatwoot" || place.starts_with("env:");
            options = format!(" --from {kind} {}", if is_shown { place } else { "URL" });
        }
        if let Some(companies) = &self.companies {
            options = format!("{options} --companies {}", companies.display());
        }
        options
    }

    /// Reads what is not the platform's, or looks at the platform's tables. To take an import back its name is enough, so
    /// that a file of tokens need not be kept.
    pub(super) async fn open(
        &self,
        executor: Executor<'_>,
        by_name: bool,
    ) -> Result<Platform, Failure> {
        let opened = match self.from.as_slice() {
            [] => Platform::inspect(executor).await,
            [kind, file] if kind == "csv" => {
                let path = Path::new(file);
                let rows = if by_name {
                    Vec::new()
                } else {
                    read_csv(&text(path)?).map_err(|error| unreadable(path, &error))?
                };
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                Platform::given(executor, &format!("csv:{name}"), rows).await
            }
            [kind, address] if kind == "chatwoot" => {
                let target = Target::parse(&address_of(address)?)?;
                let rows = if by_name {
                    Vec::new()
                } else {
                    let client = target.client_of("trunkline import").await?;
                    let rows = read_chatwoot(&client, &self.companies()?).await;
                    rows.map_err(|error| store(&error))?
                };
                let name = format!("chatwoot:{}", target.database());
                Platform::given(executor, &name, rows).await
            }
            _ => {
                return Err(Failure::usage(
                    "--from takes a kind and a place",
                    "--from csv FILE, or --from chatwoot URL",
                ));
            }
        };
        opened.map_err(|error| store(&error))
    }

    fn companies(&self) -> Result<BTreeMap<i64, i32>, Failure> {
        let Some(path) = &self.companies else {
            return Err(Failure::usage(
                "Chatwoot's accounts are not the platform's companies",
                "--companies FILE says which is which: a CSV with the columns account_id and company_id",
            ));
        };
        read_companies(&text(path)?).map_err(|error| unreadable(path, &error))
    }
}

/// An address on the command line is seen by every user of the machine, one in a variable is not.
fn address_of(place: &str) -> Result<String, Failure> {
    let Some(name) = place.strip_prefix("env:") else { return Ok(place.to_owned()) };
    std::env::var(name).map_err(|_| {
        Failure::usage(
            format!("there is no variable {name}"),
            "set it to the address of the database",
        )
    })
}

fn text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| {
        Failure::failed(
            format!("cannot read {}: {error}", path.display()),
            "give a file of UTF-8 text that you may read",
        )
    })
}

fn unreadable(path: &Path, error: &CsvError) -> Failure {
    Failure::failed(
        format!("{}: {error}", path.display()),
        "docs/import.md has the columns; nothing was changed",
    )
}
