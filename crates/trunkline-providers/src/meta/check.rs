use reqwest::Url;
use secrecy::SecretString;

use trunkline_core::Clock;

use crate::{
    error::{Provider, ProviderError},
    exchange::{Reply, exchange},
    http::{Call, Http},
    meta::{
        Account, BASE_URL, Version, app_token, application, business, errors::DIALECT, shape, token,
    },
    report::{Field, Finding, Report, endpoint, given},
};

/// Asks Meta whether the account works: app id and secret, token and its permissions, portfolio, version, webhook.
///
/// At most three requests; none after one that nobody answered.
pub async fn check(http: &Http, account: &Account, clock: &Clock) -> Report {
    let started = clock.now();
    let mut findings = shape::examine(account);
    match account.graph_version.parse::<Version>() {
        Err(malformed) => findings.push(
            Finding::error(
                "graph_version_malformed",
                format!("The Graph version cannot be read: {malformed}."),
                format!("Write it as {}.", super::DEFAULT_VERSION),
            )
            .about(Field::GraphVersion),
        ),
        Ok(version) => {
            if let Some(secret) = given(account.app_secret.as_ref())
                && shape::is_number(&account.app_id)
            {
                let graph = Graph { http, account, version, clock };
                findings.extend(ask(&graph, secret).await);
            }
        }
    }
    Report::new(Provider::Meta, started, findings)
}

/// Meta, as this account speaks to it.
pub(super) struct Graph<'a> {
    http: &'a Http,
    pub(super) account: &'a Account,
    pub(super) version: Version,
    pub(super) clock: &'a Clock,
}

impl Graph<'_> {
    pub(super) fn url(&self, segments: &[&str]) -> Url {
        let version = self.version.to_string();
        let mut path = vec![version.as_str()];
        path.extend(segments);
        endpoint(self.account.base_url.as_ref(), BASE_URL, &path)
    }

    pub(super) async fn ask(&self, call: Call) -> Result<Reply, ProviderError> {
        exchange(self.http, self.clock, &DIALECT, call).await
    }
}

/// What a question brought, and whether the next is worth asking.
pub(super) struct Outcome {
    pub(super) findings: Vec<Finding>,
    pub(super) go_on: bool,
}

impl Outcome {
    pub(super) fn stop(finding: Finding) -> Self {
        Self { findings: vec![finding], go_on: false }
    }

    pub(super) fn go_on(findings: Vec<Finding>) -> Self {
        Self { findings, go_on: true }
    }
}

async fn ask(graph: &Graph<'_>, secret: &SecretString) -> Vec<Finding> {
    let app_token = app_token(&graph.account.app_id, secret);
    let app = application::ask(graph, secret, &app_token).await;
    let mut findings = app.findings;
    let token = given(graph.account.system_user_token.as_ref());
    if let Some(token) = token.filter(|_| app.go_on) {
        let inspected = token::ask(graph, secret, &app_token, token).await;
        findings.extend(inspected.findings);
        if inspected.go_on && shape::is_number(&graph.account.business_id) {
            findings.extend(business::ask(graph, secret, token).await);
        }
    }
    findings
}
