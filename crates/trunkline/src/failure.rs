use thiserror::Error;
use trunkline_migrate::ExitStatus;

/// Why a command ended, for the printer.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Migrate(#[from] trunkline_migrate::Error),
    #[error(transparent)]
    Postgres(#[from] trunkline_postgres::Error),
    #[error("{message}")]
    Other { message: String, hint: Option<String>, status: ExitStatus },
}

impl Failure {
    /// The command line asks for something that cannot be.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Other { message: message.into(), hint: Some(hint.into()), status: ExitStatus::Usage }
    }

    /// Something outside of us failed.
    pub(crate) fn failed(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Other { message: message.into(), hint: Some(hint.into()), status: ExitStatus::Failed }
    }

    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Migrate(error) => error.hint(),
            Self::Postgres(error) => error.hint(),
            Self::Other { hint, .. } => hint.clone(),
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Migrate(error) => error.kind(),
            Self::Postgres(_) => "private_postgresql",
            Self::Other { status: ExitStatus::Usage, .. } => "usage",
            Self::Other { status: ExitStatus::Preflight, .. } => "preflight",
            Self::Other { status: ExitStatus::Blocked, .. } => "busy",
            Self::Other { .. } => "failed",
        }
    }

    pub(crate) fn status(&self) -> ExitStatus {
        match self {
            Self::Migrate(error) => error.exit_status(),
            Self::Postgres(_) => ExitStatus::Failed,
            Self::Other { status, .. } => *status,
        }
    }
}

impl From<trunkline_migrate::source::SourceError> for Failure {
    fn from(error: trunkline_migrate::source::SourceError) -> Self {
        Self::Migrate(error.into())
    }
}

impl From<trunkline_migrate::TargetError> for Failure {
    fn from(error: trunkline_migrate::TargetError) -> Self {
        Self::Migrate(error.into())
    }
}
