use jiff::Timestamp;
use reqwest::Method;
use serde_json::Value;

use crate::{
    api::{Fields, Reading, Repeat},
    call,
    dialog360::{
        Api,
        api::{PARTNER, read},
        errors::DIALECT,
    },
    error::ProviderError,
};

/// The documented 5 requests in 30 seconds of the clients' balances.
const CLIENT_BALANCE: &str = "client_balance";

/// What the partner has in one currency.
#[derive(Debug, Clone, PartialEq)]
pub struct Balance {
    /// As `usd`.
    pub currency: Box<str>,
    /// How much.
    pub total: Option<f64>,
}

/// What a client has and used (`https://docs.360dialog.com/partner/partner-api/api-reference/client-management`).
#[derive(Debug, Clone, PartialEq)]
pub struct ClientBalance {
    /// Means something only for clients that pay 360dialog themselves.
    pub balance: Option<f64>,
    /// As `EUR`.
    pub currency: Option<Box<str>>,
    /// The answer as it came, with the usage by period.
    pub raw: Value,
}

impl Reading for ClientBalance {
    fn read(raw: Value) -> Option<Self> {
        let fields = Fields(&raw);
        raw.as_object()?;
        Some(Self { balance: fields.number("/balance"), currency: fields.text("/currency"), raw })
    }
}

impl Api {
    /// `GET /partners/{id}/balance`.
    pub async fn balance(&self) -> Result<Vec<Balance>, ProviderError> {
        const CALL: &str = "provider.360dialog.balance";
        let url = self.url(CALL, &["balance"])?;
        let make = || call!("provider.360dialog.balance", Method::GET, url.clone());
        self.send(Repeat::Safe, make).await?.read_by(&DIALECT, CALL, |answer| {
            let entries = answer.as_array()?.iter().map(Fields);
            let read = |fields: Fields<'_>| {
                let currency = fields.text("/currency")?;
                Some(Balance { currency, total: fields.number("/total") })
            };
            Some(entries.filter_map(read).collect())
        })
    }

    /// `GET /partners/{id}/clients/{client}/info/balance`, of the days between two moments or of the usual months.
    pub async fn client_balance(
        &self,
        client: &str,
        between: Option<(Timestamp, Timestamp)>,
    ) -> Result<ClientBalance, ProviderError> {
        const CALL: &str = "provider.360dialog.client_balance";
        let url = self.url(CALL, &["clients", client, "info", "balance"])?;
        let make = || {
            let call = call!("provider.360dialog.client_balance", Method::GET, url.clone());
            match between {
                Some((start, end)) => call
                    .query("start_date", &start.as_second().to_string())
                    .query("end_date", &end.as_second().to_string())
                    .query("granularity", "DAY"),
                None => call,
            }
        };
        read(self.send_within(&[PARTNER, CLIENT_BALANCE], Repeat::Safe, make).await?, CALL)
    }
}
