//! The sets of migrations that are measured, as folders.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// A set of migrations.
pub(crate) struct Set {
    pub migrations: Vec<Migration>,
}

/// One migration, in no engine's layout.
pub(crate) struct Migration {
    pub number: usize,
    /// Without number and extension.
    pub name: String,
    pub up: String,
    pub down: String,
}

impl Set {
    /// So many migrations, each of which makes one small table.
    pub(crate) fn small(count: usize) -> Self {
        let migration = |number| Migration {
            number,
            name: "create_table".to_owned(),
            up: format!(
                "CREATE TABLE table_{number:04} (\n    id INTEGER PRIMARY KEY,\n    name TEXT NOT NULL\n);\n"
            ),
            down: format!("DROP TABLE table_{number:04};\n"),
        };
        Self { migrations: (1..=count).map(migration).collect() }
    }

    /// The Partner API set that the binary carries.
    pub(crate) fn partner() -> Result<Self> {
        let source = trunkline_store::partner_migrations()?;
        let migration = |(index, migration): (usize, &trunkline_migrate::source::Migration)| {
            let down = migration.down()?.map(|down| down.text.clone()).unwrap_or_default();
            let name = migration.name.as_str().to_owned();
            Ok(Migration { number: index + 1, name, up: migration.up.text.clone(), down })
        };
        let migrations = source.migrations().iter().enumerate().map(migration);
        Ok(Self { migrations: migrations.collect::<Result<_>>()? })
    }

    /// Trunkline's layout: `NAME.sql` and `NAME.down.sql`.
    pub(crate) fn write_pairs(&self, folder: &Path) -> Result<()> {
        self.write(folder, |migration| {
            let name = format!("{:04}-{}", migration.number, migration.name);
            vec![
                (format!("{name}.sql"), migration.up.clone()),
                (format!("{name}.down.sql"), migration.down.clone()),
            ]
        })
    }

    /// What psql is given: a driver with `BEGIN; \i FILE COMMIT;` for each file that may run in a transaction.
    pub(crate) fn write_driver(&self, folder: &Path) -> Result<PathBuf> {
        self.write_pairs(folder)?;
        let block = |Migration { number, name, up, .. }: &Migration| {
            let file = folder.join(format!("{number:04}-{name}.sql"));
            let run = format!("\\i {}\n", file.display());
            if up.contains("trunkline: no-transaction") {
                return run;
            }
            format!("BEGIN;\n{run}COMMIT;\n")
        };
        let text = self.migrations.iter().map(block).collect::<Vec<_>>().concat();
        let driver = folder.join("driver.psql");
        fs::write(&driver, text)?;
        Ok(driver)
    }

    /// Any other layout: the files of each migration, by name.
    pub(crate) fn write(
        &self,
        folder: &Path,
        files: impl Fn(&Migration) -> Vec<(String, String)>,
    ) -> Result<()> {
        fs::create_dir_all(folder)?;
        for (name, text) in self.migrations.iter().flat_map(files) {
            fs::write(folder.join(name), text)?;
        }
        Ok(())
    }
}
