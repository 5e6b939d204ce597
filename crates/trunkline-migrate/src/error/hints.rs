use super::Error;
use crate::event::Blocker;
use crate::plan::PlanError;
use crate::platform::WRITING;
use crate::source::Name;

impl Error {
    /// What to do about it, with the very command where there is one.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Source(error) | Self::Plan(PlanError::Source(error)) => error.hint(),
            Self::Catalog(error) => return error.hint(),
            Self::Target(_) => {
                "the form is postgres://user:password@host:5432/database?sslmode=require".into()
            }
            Self::Unreachable { target, reason, code } => {
                unreachable(target, reason, code.as_deref())
            }
            Self::ConnectionLost { .. } => {
                "what was committed stands, the rest was rolled back by the server; \
                 run the same command again, it goes on where the ledger says"
                    .into()
            }
            Self::Preflight(problems) => {
                let hints: Vec<_> = problems.iter().map(|problem| problem.hint.as_str()).collect();
                hints.join("\n")
            }
            Self::Statement(failure) => return failure.advice.clone(),
            Self::Denied { doing: WRITING, login, .. } => format!(
                "as the owner: GRANT SELECT, INSERT, UPDATE, DELETE ON public.migrations TO {login}; \
                 GRANT USAGE ON SEQUENCE public.migrations_id_seq TO {login}; \
                 or leave that ledger alone: --platform-ledger off"
            ),
            Self::Denied { doing, login, .. } if doing.contains("platform") => format!(
                "give the login the right: GRANT SELECT ON public.migrations TO {login}; or leave \
                 the platform's ledger out of it: --platform-ledger off"
            ),
            Self::Denied { login, .. } => format!(
                "this login lacks a right: run as the owner of the tables; for reading alone: \
                 GRANT USAGE ON SCHEMA trunkline TO {login}; \
                 GRANT SELECT ON ALL TABLES IN SCHEMA trunkline TO {login}"
            ),
            Self::Query { code, .. } => query(code)?.into(),
            Self::PlatformLedger { .. } => "leave it alone with --platform-ledger off; it takes `auto` (public.migrations, where it is one), `off`, or SCHEMA.TABLE \
                 with the columns filename, checksum and success"
                .into(),
            Self::Changed(names) => format!(
                "`trunkline migrate status` shows the difference; put the file back, or accept it: \
                 trunkline migrate repair {}",
                super::join(names)
            ),
            Self::ChangedHalfWay { migration, .. } => format!(
                "put what is done back as it was (`trunkline migrate status` shows the difference; what follows it may be \
                 mended), and run `up` again; or, where the file can be run from its beginning again: \
                 trunkline migrate repair --forget {migration}"
            ),
            Self::NoLongerStepwise(name) => format!(
                "put the line back, and run `up` again, which goes on where it stopped; or, where the file can be run from \
                 its beginning again: trunkline migrate repair --forget {name}"
            ),
            Self::NameTaken { names, of } => name_taken(names, of),
            Self::Ahead { migrations, .. } => format!(
                "if they belong to another folder of the same name, tell the two apart: --label NAME; otherwise \
                 start the newer binary again, or go back to what this one knows, where the ledger \
                 keeps the down SQL (`trunkline migrate status`): trunkline migrate down --steps {}",
                migrations.len()
            ),
            Self::Pending(_) => "apply them: trunkline migrate up".into(),
            Self::Locked { runner, .. } => format!(
                "wait for it, or, if it hangs, end it: SELECT pg_terminate_backend({})",
                runner.pid
            ),
            Self::Busy { migration, blockers, stepwise, .. } => {
                busy(migration, blockers.first(), *stepwise)
            }
            Self::MissingDown(names) => format!(
                "write {0}.down.sql beside {0}.sql (a set without that file is older than the database: \
                 use the newer one), or revert by hand and then: trunkline migrate repair --forget {0}",
                names[0]
            ),
            Self::WouldDestroy(_) => {
                "take a backup; then, if the data may go: trunkline migrate down --drop-data".into()
            }
            Self::UnknownMigration { similar, .. } => match similar.first() {
                Some(name) => format!("did you mean `{name}`?"),
                None => "`trunkline migrate status` lists them".into(),
            },
            Self::AmbiguousName { .. } => "give the whole name".into(),
            Self::NotAtomic(name) => {
                format!(
                    "apply all up to it first: trunkline migrate up --to {name}; or leave out --atomic"
                )
            }
            Self::Pooler(_) => {
                "use the direct address of PostgreSQL (usually port 5432, not the pooler's) \
                 in --database-url for migrations"
                    .into()
            }
            Self::NotAdopted(_) => {
                "`trunkline migrate verify` prints the SQL that would mend each difference".into()
            }
            Self::ArchiveBlocked { command, .. } => command.clone(),
            Self::OtherSet { archive, of, .. } => other_set(archive, of),
            Self::Archive(_) => "`trunkline migrate restore` lists the archives".into(),
            Self::Interrupted { .. } => "run the same command again to go on".into(),
            Self::NotWritten(_) | Self::Plan(PlanError::Database(_)) => return None,
        })
    }
}

fn name_taken(names: &[Name], of: &str) -> String {
    format!(
        "if they are different migrations, give the files other names; if a folder was renamed: --label {of}; if this \
         is a later state of the same migration, take it over: trunkline migrate repair {}",
        super::join(names)
    )
}

fn busy(migration: &Name, blocker: Option<&Blocker>, stepwise: bool) -> String {
    let left = if stepwise {
        format!("what was done of {migration} before stays done")
    } else {
        format!("nothing of {migration} was changed")
    };
    match blocker {
        Some(blocker) => format!(
            "{left}; try again when it is done, or end it: SELECT pg_terminate_backend({})",
            blocker.pid
        ),
        None => format!("{left}; try again, or allow more: --lock-budget 300s"),
    }
}

fn other_set(archive: &str, of: &str) -> String {
    format!(
        "give the folder of that set: trunkline migrate --source {of} restore {archive}, with \
         --label {of} where the folder has another name; or leave out --source, if it is the set \
         that the binary carries"
    )
}

fn unreachable(target: &str, reason: &str, code: Option<&str>) -> String {
    if reason.contains("server does not support TLS") {
        return "turn TLS on at the server (ssl = on in postgresql.conf), or, on a network that you \
                trust, write sslmode=disable in DATABASE_URL"
            .to_owned();
    }
    let hint = match code {
        Some("28P01" | "28000") => {
            "check user and password in DATABASE_URL, and that pg_hba.conf lets this user in"
        }
        Some("3D000") => "check the database's name, or create it: createdb NAME",
        Some("53300") => {
            "the server has no connection left; two are needed: raise max_connections, or stop a client"
        }
        Some("57P03") => "the server is starting up or shutting down; try again in a moment",
        Some(_) => "the server refused; its log says more",
        None => return unanswered(target),
    };
    hint.to_owned()
}

fn unanswered(target: &str) -> String {
    let address = target.rsplit_once('/').and_then(|(address, _)| address.rsplit_once(':'));
    // A socket's path is in the words of the target already.
    let ask = match address {
        Some((host, port)) => format!(": pg_isready -h {host} -p {port}"),
        None => String::new(),
    };
    format!(
        "check that PostgreSQL runs there and that host and port in DATABASE_URL are right{ask}"
    )
}

fn query(code: &str) -> Option<&'static str> {
    Some(match code {
        "25006" => {
            "the server is read-only (a standby, or default_transaction_read_only); use the primary's address"
        }
        "53100" => "the server's disk is full: free space there, then run the same command again",
        "53200" => {
            "the server is out of memory: lower maintenance_work_mem or free memory, then run it again"
        }
        "53300" => "the server has no connection left; two are needed",
        "2BP01" => "drop or move aside first what depends on it, and run the same command again",
        "23503" | "23505" | "23514" | "23502" | "23P01" => {
            "nothing of this transaction stands; mend the rows that it names, or the migration, and run it again"
        }
        _ => return None,
    })
}
