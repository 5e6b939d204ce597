use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use trunkline_migrate::{ExitStatus, Interrupt, Target};
use trunkline_postgres::Tools;
use trunkline_store::backup::{
    Aside, Contents, Extent, NO_TRANSACTION_TIMEOUT, comparison, forget_later_migrations,
};

use super::interrupted;
use super::psql::Psql;
use crate::backup::{Progress, Stored};
use crate::failure::Failure;
use crate::output::Printer;

/// How a line of the comparison begins.
const CONTENTS: &str = "trunkline-contents";

/// A backup on its way into a database.
pub(super) struct Restoration<'a> {
    pub tools: &'a Tools,
    pub target: &'a Target,
    pub stored: &'a Stored,
    /// What makes room first.
    pub aside: &'a [Aside],
    pub privileges: bool,
    pub lock_timeout: Duration,
    pub printer: &'a Printer,
}

impl Restoration<'_> {
    /// Everything in one transaction, which is committed when counts and checksums agree.
    pub(super) async fn run(&self, interrupt: &Interrupt) -> Result<(), Failure> {
        let mut psql = Psql::start(self.tools, self.target)?;
        let found = tokio::select! {
            found = self.fill(&mut psql) => Some(found),
            () = interrupt.requested() => None,
        };
        let Some(found) = found else {
            psql.cancel();
            psql.end().await;
            return Err(interrupted());
        };
        let differences = differences(&self.stored.manifest.tables, &found?);
        if !differences.is_empty() {
            psql.send("ROLLBACK;\n").await?;
            psql.end().await;
            return Err(differ(&differences));
        }
        psql.commit().await?;
        // What is there is there: the planner's statistics are a help, and no reason to fail.
        let mut analyze = "\\set ON_ERROR_STOP 0\n".to_owned();
        for contents in &self.stored.manifest.tables {
            let _ = writeln!(analyze, "ANALYZE {};", contents.table.quoted());
        }
        let _ = psql.send(&analyze).await;
        psql.end().await;
        Ok(())
    }

    /// Sends everything but the end of the transaction; returns what the tables then hold.
    async fn fill(&self, psql: &mut Psql) -> Result<Vec<String>, Failure> {
        let lock_timeout = self.lock_timeout.as_millis();
        let mut begin =
            format!("{NO_TRANSACTION_TIMEOUT}\nBEGIN;\nSET LOCAL lock_timeout = {lock_timeout};\n");
        if !self.aside.is_empty() {
            begin.push_str(&forget_later_migrations(&self.stored.manifest.migrations));
        }
        for aside in self.aside {
            begin.push_str(&aside.sql());
        }
        psql.send(&begin).await?;
        let progress = Progress::new(self.printer);
        let mut shown = Shown::new(&self.stored.manifest.tables);
        for (path, section) in self.passes() {
            let command = self.pg_restore(&path, section);
            psql.pipe(command, lock_timeout, |line| shown.hear(line, &progress)).await?;
        }
        progress.show("comparing counts and checksums");
        psql.send(&comparison(&self.stored.manifest.tables, CONTENTS)).await?;
        psql.lines_until("trunkline-compared").await
    }

    /// Which archives are read in which order: the tables and functions of all, then rows, then what checks them.
    fn passes(&self) -> Vec<(std::path::PathBuf, Option<&'static str>)> {
        let archives = self.stored.archives();
        if self.stored.manifest.extent == Extent::WholeDatabase {
            return archives.into_iter().map(|(_, path)| (path, None)).collect();
        }
        let sections = ["pre-data", "data", "post-data"];
        let passes = sections
            .iter()
            .flat_map(|section| archives.iter().map(|(_, path)| (path.clone(), Some(*section))));
        passes.collect()
    }

    fn pg_restore(&self, path: &Path, section: Option<&str>) -> Command {
        let mut command = self.tools.command("pg_restore");
        command.args(["--file=-", "--no-owner", "--no-tablespaces", "--verbose"]);
        if !self.privileges {
            command.arg("--no-privileges");
        }
        if let Some(section) = section {
            command.arg(format!("--section={section}"));
        }
        command.arg(path);
        command
    }
}

/// How far it is, by what `pg_restore` says.
struct Shown<'a> {
    rows: BTreeMap<String, i64>,
    tables: &'a [Contents],
    done: usize,
    done_rows: i64,
}

impl<'a> Shown<'a> {
    fn new(tables: &'a [Contents]) -> Self {
        let rows = tables.iter().map(|it| (it.table.to_string(), it.rows)).collect();
        Self { rows, tables, done: 0, done_rows: 0 }
    }

    fn hear(&mut self, line: &str, progress: &Progress) {
        let Some((_, table)) = line.split_once("processing data for table \"") else {
            if let Some((_, doing)) = line.split_once("pg_restore: creating ") {
                progress.show(format_args!("creating {doing}"));
            }
            return;
        };
        let all: i64 = self.rows.values().sum();
        let (table, done, done_rows) = (table.trim_end_matches('"'), self.done, self.done_rows);
        progress.show(format_args!(
            "{table}: {done} of {} tables, {done_rows} of {all} rows",
            self.tables.len()
        ));
        self.done += 1;
        self.done_rows += self.rows.get(table).copied().unwrap_or_default();
    }
}

/// The tables that do not hold what the manifest says.
fn differences(expected: &[Contents], lines: &[String]) -> Vec<String> {
    let mut found: BTreeMap<usize, (String, String)> = BTreeMap::new();
    for line in lines {
        let fields: Vec<&str> = line.split('|').collect();
        if let [CONTENTS, index, rows, checksum] = fields[..]
            && let Ok(index) = index.parse()
        {
            found.insert(index, (rows.to_owned(), checksum.to_owned()));
        }
    }
    let mut differences = Vec::new();
    for (index, contents) in expected.iter().enumerate() {
        let (table, rows) = (&contents.table, contents.rows);
        match found.get(&index) {
            None => differences.push(format!("{table} was not read")),
            Some((found, _)) if *found != rows.to_string() => {
                differences.push(format!("{table} has {found} rows, and {rows} were backed up"));
            }
            Some((_, checksum)) if *checksum != contents.checksum => {
                differences.push(format!("{table} has the {rows} rows, and other values in them"));
            }
            Some(_) => {}
        }
    }
    differences
}

fn differ(differences: &[String]) -> Failure {
    let lines: Vec<String> = differences.iter().map(|line| format!("- {line}")).collect();
    Failure::Other {
        message: format!(
            "what was restored is not what was backed up; everything was rolled back:\n{}",
            lines.join("\n")
        ),
        hint: Some(
            "a trigger or rule of the target may have changed rows; otherwise take another backup"
                .to_owned(),
        ),
        status: ExitStatus::Differences,
    }
}

#[cfg(test)]
mod tests {
    use trunkline_store::backup::{Contents, Table};

    use super::differences;

    #[test]
    fn every_table_is_held_against_the_manifest() {
        let contents = |table: &str| Contents {
            table: Table { schema: "public".to_owned(), table: table.to_owned() },
            rows: 3,
            checksum: "77".to_owned(),
        };
        let expected = ["same", "fewer", "other", "absent"].map(contents);
        let lines = [
            "",
            "trunkline-contents|0|3|77",
            "trunkline-contents|1|2|50",
            "12",
            "trunkline-contents|2|3|78",
        ];
        let found = differences(&expected, &lines.map(str::to_owned));
        let told = [
            "public.fewer has 2 rows, and 3 were backed up",
            "public.other has the 3 rows, and other values in them",
            "public.absent was not read",
        ];
        assert_eq!(found, told);
    }
}
