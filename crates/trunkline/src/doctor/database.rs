use jiff::{SignedDuration, Timestamp};
use trunkline_core::Clock;
use trunkline_migrate::{Migrator, Options};

use super::Finding;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::count;

/// Signatures and one-time codes are good for about this long.
const MOST_SKEW: SignedDuration = SignedDuration::from_secs(15);

/// Adds what is to be said of the database; returns whether its tables are there.
pub(super) async fn look(connection: &Connection, findings: &mut Vec<Finding>) -> bool {
    match server(connection).await {
        Ok(found) => findings.extend(found),
        Err(failure) => {
            findings.push(Finding::of("database", &failure));
            return false;
        }
    }
    let source = match trunkline_store::partner_migrations() {
        Ok(source) => source,
        Err(error) => {
            findings.push(Finding::of("migrations", &error.into()));
            return false;
        }
    };
    let migrator = Migrator::new(source, connection.target.clone(), Options::default());
    let is_current = match migrator.status().await {
        Ok(status) if status.is_current() => {
            let applied = count(status.migrations.len(), "migration");
            findings.push(Finding::ok("migrations", format!("{applied} applied")));
            true
        }
        Ok(_) => {
            findings.push(Finding::warning(
                "migrations",
                "the database is not as this release needs it",
                "see which are pending: trunkline migrate status; the service applies them when it starts",
            ));
            false
        }
        Err(error) => {
            findings.push(Finding::of("migrations", &error.into()));
            false
        }
    };
    if is_current {
        findings.push(verify(&migrator).await);
    }
    is_current
}

async fn server(connection: &Connection) -> Result<Vec<Finding>, Failure> {
    let client = connection.target.client().await?;
    let query = "
        SELECT current_setting('server_version'), current_user::TEXT, now(), pg_is_in_recovery()";
    let row = client.query_typed(query, &[]).await;
    let row = row.ok().and_then(|rows| rows.into_iter().next()).ok_or_else(|| {
        Failure::failed("the server does not answer a query", "its log says more")
    })?;
    let (version, user): (String, String) = (row.get(0), row.get(1));
    let now: Timestamp = row.get(2);
    if row.get(3) {
        let detail = format!("PostgreSQL {version} at {} only reads", connection.target);
        let hint = "it is a standby: give the address of the primary";
        return Ok(vec![Finding::failed("database", detail, hint)]);
    }
    let mut findings = vec![Finding::ok(
        "database",
        format!("PostgreSQL {version} at {}, as {user}", connection.target),
    )];
    let skew = Clock::system().now().duration_since(now).abs();
    if skew > MOST_SKEW {
        findings.push(Finding::warning(
            "clock",
            format!("{} s apart from the database's", skew.as_secs()),
            "run NTP on both machines: one-time codes and signatures depend on the time",
        ));
    }
    Ok(findings)
}

async fn verify(migrator: &Migrator) -> Finding {
    match migrator.verify(Some(trunkline_store::CATALOG)).await {
        Ok(checks) => match checks.iter().filter(|check| check.result.is_error()).count() {
            0 => Finding::ok("tables", format!("{} agree", count(checks.len(), "check"))),
            differences => Finding::failed(
                "tables",
                format!("{} from what the migrations make", count(differences, "difference")),
                "see them, and the SQL that mends them: trunkline migrate verify",
            ),
        },
        Err(error) => Finding::of("tables", &error.into()),
    }
}
