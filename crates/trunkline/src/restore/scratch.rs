//! A backup restored where it harms nobody.

use std::time::Duration;

use trunkline_migrate::{Interrupt, Target};
use trunkline_postgres::{Options, Tools};
use trunkline_store::backup::{Lacking, Server, create_scratch, drop_scratch, fill_references};

use super::older_server;
use super::script::Restoration;
use crate::backup::{Stored, refused, store};
use crate::connection::Steps;
use crate::failure::Failure;
use crate::output::Printer;

/// Restores into a scratch database on the same server and compares counts and checksums; it is dropped on every path.
pub(crate) async fn verify(
    target: &Target,
    options: &Options,
    stored: &Stored,
    interrupt: &Interrupt,
    printer: &Printer,
) -> Result<(), Failure> {
    let client = target.client_of("trunkline restore").await?;
    let server = Server::inspect(&client).await.map_err(|error| store(&error))?;
    refuse(&server)?;
    if let Some(lacking) = older_server(&stored.manifest, &server) {
        return Err(refused("there can be no scratch database", &[lacking]));
    }
    let tools = Tools::find(options, stored.manifest.tools_major.max(server.major), &Steps).await?;
    let name = create_scratch(&client).await.map_err(|error| store(&error))?;
    let scratch = target.with_database(&name);
    let restored = async {
        let inside = scratch.client_of("trunkline restore").await?;
        let filled = fill_references(&inside, &stored.manifest.references).await;
        filled.map_err(|error| store(&error))?;
        let restoration = Restoration {
            tools: &tools,
            target: &scratch,
            stored,
            aside: &[],
            privileges: false,
            lock_timeout: Duration::from_mins(1),
            printer,
        };
        restoration.run(interrupt).await
    };
    let restored = restored.await;
    let dropped = drop_scratch(&client, &name).await;
    restored?;
    dropped.map_err(|error| store(&error))
}

/// There can be no scratch database on a standby, nor by a login that may not make one.
pub(crate) fn refuse(server: &Server) -> Result<(), Failure> {
    let (what, hint) = if server.is_standby {
        (
            "the server is a standby, which takes no writes",
            "try the backup on another server: trunkline restore FOLDER --scratch, with the address of the primary"
                .to_owned(),
        )
    } else if !server.makes_databases {
        (
            "the login may not make databases",
            format!(
                "as a superuser: ALTER ROLE {} CREATEDB; or try the backup on another server of yours: trunkline restore FOLDER --scratch, with its address",
                server.login
            ),
        )
    } else {
        return Ok(());
    };
    let lacking = Lacking { what: what.to_owned(), hint };
    Err(refused("there can be no scratch database", &[lacking]))
}
