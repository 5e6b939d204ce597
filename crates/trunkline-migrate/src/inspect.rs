//! `plan`, `verify` and `adopt`: looking at the database before trusting it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalog::{self, Catalog, CatalogError, Check, CheckKind, Recording};
use crate::database::Session;
use crate::error::Error;
use crate::event::Observer;
use crate::lint;
use crate::migrator::Migrator;
use crate::plan::{self, Plan};
use crate::platform::PlatformTable;
use crate::preflight;
use crate::selection::{Selection, UpRequest, resolve};
use crate::source::{Migration, Name, Source, SourceError};
use crate::sql::words;

/// The file beside the migrations that says what they make.
pub const CATALOG_FILE: &str = "catalog.json";

/// What migrations make, and which migrations those were: the contents of a `catalog.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recorded {
    /// The migrations that were run, with the checksum that decides whether they changed.
    pub migrations: BTreeMap<String, String>,
    /// What they made.
    pub catalog: Catalog,
}

impl Recorded {
    /// The text of a `catalog.json`: sorted, indented, ending with a line end.
    pub fn to_json(&self) -> Result<String, Error> {
        let text = serde_json::to_string_pretty(self).map_err(CatalogError::from)?;
        Ok(text + "\n")
    }
}

/// What `adopt` recorded.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AdoptReport {
    /// Recorded as applied, without being run.
    pub adopted: Vec<Name>,
}

impl Migrator {
    /// What `up` would do with the same request; reads in a READ ONLY transaction and never writes.
    pub async fn plan(&self, request: &UpRequest) -> Result<Plan, Error> {
        let session = self.connect_read_only("plan").await?;
        let pending = self.pending_in(&session, request).await?;
        let mut plan = plan::explain(&session, self.source()?, &pending).await?;
        if !pending.is_empty() {
            plan.problems = match preflight::check(&session, &self.target, &pending).await {
                Ok(_) => Vec::new(),
                Err(Error::Preflight(problems)) => problems,
                Err(error) => return Err(error),
            };
        }
        Ok(plan)
    }

    /// The names of what `up` would apply with the same request, in order; reads in a READ ONLY transaction.
    pub async fn list_pending(&self, request: &UpRequest) -> Result<Vec<Name>, Error> {
        let session = self.connect_read_only("status").await?;
        let pending = self.pending_in(&session, request).await?;
        Ok(pending.iter().map(|migration| migration.name.clone()).collect())
    }

    async fn pending_in(
        &self,
        session: &Session,
        request: &UpRequest,
    ) -> Result<Vec<&Migration>, Error> {
        let applied =
            if self.has_ledger(session).await? { self.applied(session).await? } else { Vec::new() };
        let mut pending = Selection::decide(self.source()?, &applied, request)?.pending;
        let platform =
            PlatformTable::find(session, &self.target, &self.options.platform_ledger).await?;
        if let Some(platform) = platform.filter(|platform| platform.readable) {
            let adopted = platform.list_successes(session, &self.target).await?;
            pending.retain(|migration| adopted.iter().all(|row| row.name != migration.name));
        }
        Ok(pending)
    }

    /// Compares the database with what the migrations make, in a READ ONLY transaction.
    ///
    /// What they make is `recorded`, the text of a `catalog.json`, else that file in the set's folder,
    /// else what comes out when they run in a scratch database on the same server.
    pub async fn verify(&self, recorded: Option<&str>) -> Result<Vec<Check>, Error> {
        let session = self.connect_read_only("verify").await?;
        let expected = self.expected(recorded, &session).await?;
        Ok(catalog::verify(&session, &expected).await?)
    }

    /// What the migrations make, by running them in a scratch database on the same server.
    pub async fn record(&self) -> Result<Recorded, Error> {
        let live = self.connect_read_only("record").await?;
        let catalog = self.record_beside(&live).await?;
        Ok(Recorded { migrations: checksums(self.source()?), catalog })
    }

    async fn expected(&self, recorded: Option<&str>, session: &Session) -> Result<Catalog, Error> {
        let file = self.source()?.path().map(|folder| folder.join(CATALOG_FILE));
        let text = match (recorded, file.filter(|file| file.exists())) {
            (Some(text), _) => text.to_owned(),
            (None, Some(file)) => std::fs::read_to_string(&file).map_err(|cause| {
                SourceError::File { file: file.display().to_string(), cause: Arc::new(cause) }
            })?,
            (None, None) => return self.record_beside(session).await,
        };
        let recorded: Recorded = serde_json::from_str(&text).map_err(CatalogError::from)?;
        if recorded.migrations != checksums(self.source()?) {
            return Err(CatalogError::Stale.into());
        }
        Ok(recorded.catalog)
    }

    async fn record_beside(&self, live: &Session) -> Result<Catalog, Error> {
        let admin = self.target.client().await?;
        let recording = Recording {
            admin: &admin,
            source: self.source()?,
            live: Some(live),
            substitute: self.options.substitute,
        };
        let connect = async |database: &str| {
            self.target.with_database(database).client().await.map_err(Into::into)
        };
        Ok(recording.run(connect).await?)
    }

    /// Records migrations as applied without running them, if the database is what they make.
    ///
    /// `names` empty means all that are pending, and everything must agree. Of named ones that all create
    /// tables, what they speak of must; others may change anything, so everything must for them too.
    pub async fn adopt(
        &self,
        names: &[String],
        recorded: Option<&str>,
        observer: Arc<dyn Observer>,
    ) -> Result<AdoptReport, Error> {
        let chosen = self.to_adopt(names, &observer).await?;
        let Some(last) = chosen.last() else { return Ok(AdoptReport::default()) };
        let spoken_of = SpokenOf::read(names, &chosen)?;
        let differences: Vec<Check> = self
            .verify(recorded)
            .await?
            .into_iter()
            .filter(|check| check.result.is_error() && check.kind != CheckKind::Reference)
            .filter(|check| spoken_of.has(&check.relation))
            .collect();
        if let Some(first) = differences.first() {
            return Err(Error::NotAdopted(format!(
                "{} and those before it are not recorded: the database differs in {} {}, first {} {} is {}",
                last.name,
                differences.len(),
                if differences.len() == 1 { "place" } else { "places" },
                first.kind,
                first.object,
                first.result
            )));
        }
        let adopted: Vec<Name> = chosen.iter().map(|migration| migration.name.clone()).collect();
        self.record_adopted(&adopted, observer).await?;
        Ok(AdoptReport { adopted })
    }

    async fn to_adopt(
        &self,
        names: &[String],
        observer: &Arc<dyn Observer>,
    ) -> Result<Vec<&Migration>, Error> {
        let (_session, applied) = self.look("adopt", observer).await?;
        let source = self.source()?;
        let known = source.migrations().iter().map(|migration| &migration.name);
        let names: Vec<Name> =
            names.iter().map(|name| resolve(known.clone(), name)).collect::<Result<_, _>>()?;
        let selection = Selection::decide(source, &applied, &UpRequest::default())?;
        // What is half-way is not done, whatever the tables look like: `up` goes on with it.
        let is_begun = |name: &Name| applied.iter().any(|entry| entry.name() == name.as_str());
        let chosen = selection.pending.into_iter().filter(|it| !is_begun(&it.name));
        Ok(chosen.filter(|it| names.is_empty() || names.contains(&it.name)).collect())
    }
}

fn checksums(source: &Source) -> BTreeMap<String, String> {
    let checksum = |it: &Migration| (it.name.to_string(), it.up.checksum.normalised.to_string());
    source.migrations().iter().map(checksum).collect()
}

/// What the migrations that are to be adopted speak of.
enum SpokenOf {
    /// Anything, as far as can be told.
    Everything,
    /// The words of their statements, in lower case.
    Words(String),
}

impl SpokenOf {
    fn read(names: &[String], chosen: &[&Migration]) -> Result<Self, SourceError> {
        let mut text = String::new();
        for migration in chosen {
            if names.is_empty() || lint::created_by(migration)?.is_empty() {
                return Ok(Self::Everything);
            }
            for statement in migration.up.statements()? {
                for word in words(migration.up.sql(statement)) {
                    text.extend([&word.text.to_lowercase(), " "]);
                }
            }
        }
        Ok(Self::Words(text))
    }

    /// Whether the name of `relation` is among them, also within a DO block or a function.
    fn has(&self, relation: &str) -> bool {
        let Self::Words(text) = self else { return true };
        let name = relation.split('(').next().unwrap_or(relation);
        let name = name.rsplit('.').next().unwrap_or(name).trim_matches('"').to_lowercase();
        let in_word = |c: char| c.is_alphanumeric() || c == '_';
        text.match_indices(&name).any(|(at, _)| {
            !text[..at].ends_with(in_word) && !text[at + name.len()..].starts_with(in_word)
        })
    }
}
