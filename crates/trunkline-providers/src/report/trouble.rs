//! The findings that every provider shares: the call did not get an answer that could be read.

use crate::{
    error::{Failure, Kind, ProviderError},
    report::{Field, Finding},
};

impl Finding {
    /// What a failed call means when it says nothing about one credential in particular.
    pub(crate) fn trouble(error: ProviderError) -> Self {
        let finding = match error.failure {
            Failure::Answered => answered(&error),
            failure => unanswered(failure, &error),
        };
        finding.because(error)
    }
}

impl ProviderError {
    /// Whether the next call would fail alike, so that it is not worth its time.
    pub(crate) fn is_trouble(&self) -> bool {
        self.failure != Failure::Answered
            || matches!(self.kind, Kind::Transient | Kind::Throttled { .. })
    }
}

fn answered(error: &ProviderError) -> Finding {
    let provider = error.provider;
    let status = error.status.unwrap_or_default();
    match error.kind {
        Kind::Throttled { until } => Finding::warning(
            "throttled",
            format!("{provider} takes no more requests of this account for the moment, so it could not be checked."),
            "Check again after the time shown.",
        )
        .at(until),
        Kind::Transient => Finding::warning(
            "provider_unavailable",
            format!("{provider} answered with status {status} (a fault on its side), so the account could not be checked."),
            format!("Check again in a few minutes; if it stays, look at {provider}'s status page."),
        ),
        _ => Finding::error(
            "provider_refused",
            format!("{provider} refused the request: {}", error.message),
            "Read the provider's words below; its error code leads to its own page.",
        ),
    }
}

fn unanswered(failure: Failure, error: &ProviderError) -> Finding {
    let provider = error.provider;
    let words = &error.message;
    let (code, message, advice) = match failure {
        Failure::Refused => (
            "address_refused",
            format!("The base URL of {provider} is not allowed: {words}"),
            "Give the provider's own https address, or leave the base URL empty for the default.",
        ),
        Failure::Credential => {
            return Finding::error(
                "credential_unsendable",
                format!("A credential cannot be sent to {provider}: {words}"),
                "Copy it from the provider once more, without line breaks or other invisible characters.",
            );
        }
        Failure::Name => (
            "name_not_resolved",
            format!("The host name of {provider} has no address: {words}"),
            "Look for a typing error in the base URL, then at this server's DNS.",
        ),
        Failure::Connection => (
            "unreachable",
            format!("No connection to {provider} could be made: {words}"),
            "Allow this server outgoing connections to the provider, and check the base URL.",
        ),
        Failure::Tls => (
            "tls_failed",
            format!("The encrypted connection to {provider} could not be trusted: {words}"),
            "Check the base URL and this server's clock and root certificates; a proxy that opens TLS must be trusted by this system.",
        ),
        Failure::Timeout => (
            "timeout",
            format!("{provider} did not answer in time."),
            "Check again; if it stays, look at the network between this server and the provider.",
        ),
        Failure::Interrupted => (
            "interrupted",
            format!("The answer of {provider} broke off: {words}"),
            "Check again; if it stays, look at proxies between this server and the provider.",
        ),
        Failure::TooLarge => (
            "answer_too_large",
            format!(
                "What answers at the base URL of {provider} sent more than it ever does: {words}"
            ),
            "Check the base URL: it does not seem to be the provider's API.",
        ),
        Failure::Redirected => (
            "redirected",
            format!("What answers at the base URL of {provider} sends us elsewhere: {words}"),
            "Give the address to which it leads as base URL, if that is the provider's.",
        ),
        Failure::Budget => {
            return Finding::warning(
                "throttled",
                format!("{provider} was not asked: {words}."),
                "Check again in a minute.",
            );
        }
        Failure::NotJson | Failure::Unexpected | Failure::Answered => (
            "not_json",
            format!(
                "What answers at the base URL of {provider} is not its API: status {}, and no JSON.",
                error.status.unwrap_or_default()
            ),
            "Check the base URL and proxies in between. If both are right, the provider has a fault: check again later.",
        ),
    };
    Finding::error(code, message, advice).about(Field::BaseUrl)
}
