use std::path::PathBuf;

use clap::Args;

/// What every command takes.
#[derive(Args)]
pub(crate) struct Global {
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        hide_env_values = true,
        value_name = "URL",
        help = "The database, as postgres://user:password@host:5432/name?sslmode=…; without it \
                the private PostgreSQL is used"
    )]
    pub database_url: Option<String>,
    /// The configuration file; ./trunkline.toml where it exists
    #[arg(long, global = true, env = "TRUNKLINE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the private PostgreSQL keeps its data
    #[arg(long, global = true, env = "TRUNKLINE_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}
