use trunkline_postgres::sample::{self, SampleError, SampleOptions};

use crate::connection::Connection;
use crate::failure::Failure;

/// A private PostgreSQL that is new has no platform: its tables are made, empty, so that there is
/// something to stand beside. A database that was given is left as it is.
pub(super) async fn prepare(connection: &Connection) -> Result<(), Failure> {
    if connection.cluster.is_none() {
        return Ok(());
    }
    let client = connection.target.client().await?;
    let options = SampleOptions { companies: 0, ..SampleOptions::default() };
    match sample::create(&client, &options, |_| {}).await {
        Ok(_) => {
            tracing::info!(
                "made the tables of a platform without companies, in the private PostgreSQL"
            );
            Ok(())
        }
        Err(SampleError::Occupied { .. }) => Ok(()),
        Err(error) => Err(Failure::failed(
            format!("cannot prepare the private PostgreSQL: {error}"),
            "`trunkline database reset` makes it anew",
        )),
    }
}
