use reqwest::{Method, Url};
use secrecy::SecretString;
use serde_json::Value;

use trunkline_core::Clock;

use crate::{
    call,
    error::{Kind, Provider, ProviderError},
    exchange::{Reply, exchange},
    http::Http,
    report::{Field, Finding, Report, endpoint, given},
    twilio::{
        Account, BASE_URL, MESSAGING_URL,
        credentials::{examine, is_sid},
        errors::{DIALECT, INACTIVE},
    },
};

/// Asks Twilio whether the account works: with the auth token, and with the API key, each by itself.
///
/// At most three requests; none after one that nobody answered.
pub async fn check(http: &Http, account: &Account, clock: &Clock) -> Report {
    let started = clock.now();
    let mut findings = examine(account);
    if is_sid(&account.account_sid, "AC") {
        findings.extend(ask(&Twilio { http, account, clock }).await);
    }
    Report::new(Provider::Twilio, started, findings)
}

struct Twilio<'a> {
    http: &'a Http,
    account: &'a Account,
    clock: &'a Clock,
}

async fn ask(twilio: &Twilio<'_>) -> Vec<Finding> {
    let account = twilio.account;
    let mut findings = Vec::new();
    let mut described = false;
    if let Some(token) = given(account.auth_token.as_ref()) {
        match twilio.read_account(&account.account_sid, token).await {
            Ok(answer) => {
                described = true;
                let accepted = Finding::ok("auth_token_accepted", "Twilio accepts the auth token.");
                findings.push(accepted.about(Field::AccessToken));
                findings.extend(describe(&answer, &account.account_sid));
            }
            Err(error) if error.is_trouble() => return vec![Finding::trouble(error)],
            Err(error) => findings.push(token_refused(error, &account.account_sid)),
        }
    }
    if let Some((sid, secret)) = key(account) {
        match twilio.read_account(sid, secret).await {
            Ok(answer) => {
                let accepted = Finding::ok(
                    "api_key_accepted",
                    "Twilio accepts the API key, for accounts too.",
                );
                findings.push(accepted.about(Field::PartnerApiKey));
                if !described {
                    findings.extend(describe(&answer, &account.account_sid));
                }
            }
            Err(error) if error.is_trouble() => findings.push(Finding::trouble(error)),
            Err(error) => findings.push(twilio.standard_key(sid, secret, error).await),
        }
    }
    findings
}

fn key(account: &Account) -> Option<(&str, &SecretString)> {
    let sid = account.api_key_sid.as_deref().filter(|sid| is_sid(sid, "SK"))?;
    Some((sid, given(account.api_key_secret.as_ref())?))
}

impl Twilio<'_> {
    async fn read_account(
        &self,
        user: &str,
        password: &SecretString,
    ) -> Result<Value, ProviderError> {
        let file = format!("{}.json", self.account.account_sid);
        let url =
            endpoint(self.account.base_url.as_ref(), BASE_URL, &["2010-04-01", "Accounts", &file]);
        let call = call!("provider.twilio.account", Method::GET, url).basic(user, password);
        exchange(self.http, self.clock, &DIALECT, call).await.map(Reply::scrubbed)
    }

    /// A Standard key may not read accounts and works for all else: whether it is one, the senders tell.
    async fn standard_key(
        &self,
        sid: &str,
        secret: &SecretString,
        first: ProviderError,
    ) -> Finding {
        let call = call!("provider.twilio.senders", Method::GET, self.senders_url())
            .query("Channel", "whatsapp")
            .query("PageSize", "1")
            .basic(sid, secret);
        match exchange(self.http, self.clock, &DIALECT, call).await {
            Ok(_) => Finding::warning(
                "api_key_standard",
                "The API key reads senders and not this account: it is a Standard or Restricted key, or a key of another account.",
                "Make sure in the Twilio Console that the key is of this account. A Main key could also make subaccounts; with the auth token entered, that is not needed.",
            )
            .about(Field::PartnerApiKey)
            .because(first),
            Err(error) if error.is_trouble() => Finding::trouble(error),
            Err(error) => Finding::error(
                "api_key_rejected",
                "Twilio accepts the API key neither for this account nor for its senders.",
                "Make a new API key in the Twilio Console, API keys & tokens, of this account, and enter its SID and secret.",
            )
            .about(Field::PartnerSecret)
            .because(error),
        }
    }

    fn senders_url(&self) -> Url {
        let base = self.account.messaging_url.as_ref().or(self.account.base_url.as_ref());
        endpoint(base, MESSAGING_URL, &["v2", "Channels", "Senders"])
    }
}

fn token_refused(error: ProviderError, sid: &str) -> Finding {
    let finding = match error.kind {
        Kind::Authentication => Finding::error(
            "auth_token_rejected",
            format!("Twilio does not accept the auth token for account {sid}."),
            "Copy the auth token of this very account from the Twilio Console; a subaccount has its own.",
        )
        .about(Field::AccessToken),
        Kind::Permission if error.code.as_deref().is_some_and(|code| INACTIVE.contains(&code)) => Finding::error(
            "account_not_active",
            format!("Account {sid} is not active: suspended, closed, or without funds."),
            "Look at balance and notices in the Twilio Console; a suspended parent suspends its subaccounts too.",
        )
        .about(Field::PartnerId),
        Kind::Permission => Finding::error(
            "account_forbidden",
            format!("Twilio does not let this auth token read account {sid}: the account is not active, or not the token's."),
            "Look at the account's state in the Twilio Console, then compare SID and token.",
        )
        .about(Field::PartnerId),
        Kind::NotFound => Finding::error(
            "account_unknown",
            format!("Twilio has no account {sid}."),
            "Copy the account SID from the Twilio Console, Account info.",
        )
        .about(Field::PartnerId),
        _ => return Finding::trouble(error),
    };
    finding.because(error)
}

/// The account object (`https://www.twilio.com/docs/iam/api/account`).
fn describe(answer: &Value, expected: &str) -> Vec<Finding> {
    let word = |name: &str| answer.get(name).and_then(Value::as_str);
    if word("sid") != Some(expected) {
        return vec![
            Finding::error(
                "answer_unexpected",
                format!("What answers at the base URL does not describe account {expected}."),
                "Check the base URL and the account SID.",
            )
            .about(Field::BaseUrl),
        ];
    }
    let mut findings = vec![
        state(word("status"))
            .about(Field::PartnerId)
            .showing(word("friendly_name").unwrap_or_default()),
    ];
    if word("type").is_some_and(|kind| kind.eq_ignore_ascii_case("trial")) {
        let advice =
            "Upgrade the account in the Twilio Console, Billing, before you onboard companies.";
        findings.push(
            Finding::warning(
                "account_trial",
                "This is a trial account, which may have one subaccount only.",
                advice,
            )
            .about(Field::PartnerId),
        );
    }
    if let Some(owner) = word("owner_account_sid").filter(|owner| *owner != expected) {
        findings.push(
            Finding::warning(
                "account_is_subaccount",
                "This is a subaccount, which cannot have subaccounts of its own.",
                "Enter the SID and token of the parent account shown.",
            )
            .about(Field::PartnerId)
            .showing(owner),
        );
    }
    findings
}

fn state(status: Option<&str>) -> Finding {
    match status {
        Some("active") => Finding::ok("account_active", "The account is active."),
        Some("suspended") => Finding::error(
            "account_suspended",
            "Twilio has suspended the account, and with it all subaccounts.",
            "Look at balance and notices in the Twilio Console.",
        ),
        Some("closed") => Finding::error(
            "account_closed",
            "The account is closed; Twilio deletes it after 30 days.",
            "Enter another account, or reopen this one with Twilio's support.",
        ),
        other => {
            let word = other.unwrap_or("no state");
            Finding::warning(
                "account_state_unknown",
                format!("Twilio names a state of the account that is not known here: {word}."),
                "Look at the account in the Twilio Console.",
            )
        }
    }
}
