use std::path::{Path, PathBuf};
use std::time::Duration;

use trunkline_core::Clock;
use trunkline_migrate::{Error, Interrupt, Target};
use trunkline_postgres::{Options, Tools};
use trunkline_store::backup::{CONTRACT_TABLES, Contents, Extent, Server, Snapshot};

use super::dump::dump;
use super::folder::Partial;
use super::manifest::{Archive, FORMAT, FileEntry, MANIFEST, Manifest, SUMS};
use super::{Progress, refused, store};
use crate::connection::Steps;
use crate::failure::Failure;
use crate::output::Printer;

/// What a backup is made of and where.
pub(crate) struct Making<'a> {
    pub target: &'a Target,
    /// Where PostgreSQL's programs are looked for.
    pub options: &'a Options,
    pub directory: &'a Path,
    pub extent: Extent,
    pub lock_timeout: Duration,
    pub interrupt: &'a Interrupt,
    pub printer: &'a Printer,
}

/// A backup that is whole.
pub(crate) struct Made {
    pub folder: PathBuf,
    pub manifest: Manifest,
}

impl Making<'_> {
    /// Makes it, or leaves nothing behind; `None` where none of the tables is there.
    pub(crate) async fn run(&self) -> Result<Option<Made>, Failure> {
        tokio::select! {
            made = self.make() => made,
            () = self.interrupt.requested() => {
                Err(Error::Interrupted { migration: None, left: "no backup was made" }.into())
            }
        }
    }

    async fn make(&self) -> Result<Option<Made>, Failure> {
        let client = self.target.client_of("trunkline backup").await?;
        let server = Server::inspect(&client).await.map_err(|error| store(&error))?;
        let tools = Tools::find(self.options, server.major, &Steps).await?;
        let snapshot = match Snapshot::begin(&client, self.extent, self.lock_timeout).await {
            Ok(snapshot) => snapshot,
            Err(Ok(lacking)) => return Err(refused("the backup cannot be made", &lacking)),
            Err(Err(error)) => return Err(store(&error)),
        };
        if snapshot.tables.is_empty() {
            return Ok(None);
        }
        let now = Clock::system().now();
        let partial = Partial::create(self.directory, self.target.database(), now)?;
        let progress = Progress::new(self.printer);
        let (files, tables) = tokio::try_join!(
            self.write(&tools, &snapshot, partial.path(), &progress),
            read(&snapshot)
        )?;
        let keys = snapshot.keys().await.map_err(|error| store(&error))?;
        let manifest = Manifest {
            format: FORMAT,
            made_by: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: now,
            database: self.target.database().to_owned(),
            extent: self.extent,
            server_version: server.version,
            server_major: server.major,
            tools_version: tools.version(),
            tools_major: tools.major(),
            migrations: snapshot.migrations().await.map_err(|error| store(&error))?,
            key_ids: keys.ids,
            plaintext_secrets: keys.plaintext,
            grantees: snapshot.grantees().await.map_err(|error| store(&error))?,
            references: snapshot.references().await.map_err(|error| store(&error))?,
            tables,
            files,
        };
        snapshot.end().await.map_err(|error| store(&error))?;
        let text = manifest.text();
        partial.write(MANIFEST, &text)?;
        partial.write(SUMS, &manifest.sums(&text))?;
        Ok(Some(Made { folder: partial.finish()?, manifest }))
    }

    /// One archive after the other, all of the same moment.
    async fn write(
        &self,
        tools: &Tools,
        snapshot: &Snapshot<'_>,
        folder: &Path,
        progress: &Progress,
    ) -> Result<Vec<FileEntry>, Failure> {
        let mut files = Vec::new();
        for (archive, chosen) in self.archives(snapshot) {
            let mut command = tools.command("pg_dump");
            command.envs(self.target.libpq_environment(tools.major()));
            command.args(["--format=custom", "--no-password", "--no-subscriptions"]);
            command.arg(format!("--snapshot={}", snapshot.id));
            command.arg(format!("--lock-wait-timeout={}", self.lock_timeout.as_millis()));
            command.args(chosen);
            files.push(dump(command, &folder.join(archive.file()), progress).await?);
        }
        Ok(files)
    }

    /// The archives and what `pg_dump` is told to take into each.
    ///
    /// With `--table` it leaves schemas and functions out, with `--schema` it takes all of `public`: hence two.
    fn archives(&self, snapshot: &Snapshot<'_>) -> Vec<(Archive, Vec<String>)> {
        if self.extent == Extent::WholeDatabase {
            return vec![(Archive::Database, Vec::new())];
        }
        let is_there = |table: &str| {
            snapshot.tables.iter().any(|it| it.schema == "public" && it.table == table)
        };
        let tables: Vec<String> = CONTRACT_TABLES
            .iter()
            .filter(|table| is_there(table))
            .map(|table| format!("--table=public.{table}"))
            .collect();
        let mut archives = Vec::new();
        if !tables.is_empty() {
            archives.push((Archive::Partner, tables));
        }
        if snapshot.tables.iter().any(|table| table.schema != "public") {
            let schemas = ["--schema=trunkline", "--schema=trunkline_archive_*"];
            archives.push((Archive::Trunkline, schemas.map(str::to_owned).to_vec()));
        }
        archives
    }
}

async fn read(snapshot: &Snapshot<'_>) -> Result<Vec<Contents>, Failure> {
    let mut contents = Vec::with_capacity(snapshot.tables.len());
    for table in &snapshot.tables {
        contents.push(snapshot.contents(table).await.map_err(|error| store(&error))?);
    }
    Ok(contents)
}
