use std::fmt::Write;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use trunkline_store::backup::{AppliedMigration, Contents, Extent, Reference};

/// The version of this format.
pub(super) const FORMAT: u32 = 1;

/// The manifest's file.
pub(super) const MANIFEST: &str = "manifest.json";

/// The checksums of all other files, as `sha256sum --check` reads them.
pub(super) const SUMS: &str = "SHA256SUMS";

/// What a backup holds and what it needs: docs/backups.md has each field.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub format: u32,
    pub made_by: String,
    pub made_at: Timestamp,
    pub database: String,
    pub extent: Extent,
    pub server_version: String,
    pub server_major: u32,
    pub tools_version: String,
    pub tools_major: u32,
    pub migrations: Vec<AppliedMigration>,
    pub key_ids: Vec<String>,
    pub plaintext_secrets: u64,
    pub grantees: Vec<String>,
    pub references: Vec<Reference>,
    pub tables: Vec<Contents>,
    pub files: Vec<FileEntry>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileEntry {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

/// What a backup can consist of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Archive {
    /// The contract tables, which stand in `public`.
    Partner,
    /// The schema `trunkline` and the archives of reverts.
    Trunkline,
    /// Everything.
    Database,
}

impl Archive {
    /// Its file.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Partner => "partner.dump",
            Self::Trunkline => "trunkline.dump",
            Self::Database => "database.dump",
        }
    }

    /// That of a file.
    pub(crate) fn of_file(name: &str) -> Option<Self> {
        [Self::Partner, Self::Trunkline, Self::Database].into_iter().find(|it| it.file() == name)
    }
}

impl Manifest {
    /// Every schema that has tables in it.
    pub(crate) fn schemas(&self) -> Vec<String> {
        let mut schemas: Vec<String> =
            self.tables.iter().map(|contents| contents.table.schema.clone()).collect();
        schemas.dedup();
        schemas
    }

    /// The file's text.
    pub(super) fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        text + "\n"
    }

    /// The checksums of the files, and of the manifest whose text this is.
    pub(super) fn sums(&self, text: &str) -> String {
        let mut sums = format!("{}  {MANIFEST}\n", hex(&Sha256::digest(text.as_bytes())));
        for file in &self.files {
            let _ = writeln!(sums, "{}  {}", file.sha256, file.name);
        }
        sums
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
