use jiff::Timestamp;
use tokio_postgres::Row;

use super::{AlertRule, AlertSeverity};
use crate::database::Parameters;
use crate::row::{word, words};
use crate::{Executor, StoreError, Window};

words! {
    /// How somebody is told of alerts.
    DestinationKind {
        /// By a signed request to a URL.
        Webhook = "webhook",
        /// By e-mail.
        Email = "email",
    }
}

/// Who is told of alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Its id.
    pub id: i32,
    /// What the administrators call it.
    pub name: String,
    /// How it is told.
    pub kind: DestinationKind,
    /// Of a webhook: where to.
    pub url: Option<String>,
    /// Of a webhook: what signs. Ciphertext.
    pub secret: Option<String>,
    /// Of e-mail: to whom.
    pub addresses: Vec<String>,
    /// Of alerts that matter less it is not told.
    pub minimum_severity: AlertSeverity,
    /// Of these rules alone; empty: of every one.
    pub rules: Vec<AlertRule>,
    /// Whether it is told at all.
    pub is_active: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
}

/// Everything of a destination.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "
        SELECT id, name, kind, url, secret, addresses, minimum_severity, rules, is_active, created_at, updated_at
        FROM trunkline.alert_destinations",
            $rest
        )
    };
}

impl Destination {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let rules: Vec<String> = row.get("rules");
        Ok(Self {
            id: row.get("id"),
            name: row.get("name"),
            kind: word(row, "kind")?,
            url: row.get("url"),
            secret: row.get("secret"),
            addresses: row.get("addresses"),
            minimum_severity: word(row, "minimum_severity")?,
            // A rule of a newer release is nothing that this one could open.
            rules: rules.iter().filter_map(|rule| rule.parse().ok()).collect(),
            is_active: row.get("is_active"),
            created_at: row.get("created_at"),
            updated_at: row.get("updated_at"),
        })
    }

    fn rule_words(&self) -> Vec<&'static str> {
        self.rules.iter().map(|rule| rule.as_str()).collect()
    }
}

/// Adds a destination without its secret, which is sealed for the row, so that the row comes first. Gives its id.
pub async fn insert_destination(
    executor: Executor<'_>,
    new: &Destination,
    now: Timestamp,
) -> Result<i32, StoreError> {
    let query = "
        INSERT INTO trunkline.alert_destinations (name, kind, url, addresses, minimum_severity, rules, is_active,
            created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
        RETURNING id";
    let (kind, severity) = (new.kind.as_str(), new.minimum_severity.as_str());
    let rules = new.rule_words();
    let parameters: Parameters<'_> =
        &[&new.name, &kind, &new.url, &new.addresses, &severity, &rules, &new.is_active, &now];
    let doing = "add a destination of alerts";
    let row = executor.row(doing, query, parameters).await?;
    let reason = "the row was not added".to_owned();
    row.map(|row| row.get("id")).ok_or(StoreError::Query { doing, reason, code: None })
}

/// Writes everything of a destination that can be edited.
pub async fn update_destination(
    executor: Executor<'_>,
    destination: &Destination,
    now: Timestamp,
) -> Result<(), StoreError> {
    let query = "
        UPDATE trunkline.alert_destinations
        SET name = $2, url = $3, secret = $4, addresses = $5, minimum_severity = $6, rules = $7, is_active = $8,
            updated_at = $9
        WHERE id = $1";
    let severity = destination.minimum_severity.as_str();
    let rules = destination.rule_words();
    let parameters: Parameters<'_> = &[
        &destination.id,
        &destination.name,
        &destination.url,
        &destination.secret,
        &destination.addresses,
        &severity,
        &rules,
        &destination.is_active,
        &now,
    ];
    executor.execute("write a destination of alerts", query, parameters).await?;
    Ok(())
}

/// Deletes a destination with what was and would be said to it.
pub async fn delete_destination(executor: Executor<'_>, id: i32) -> Result<(), StoreError> {
    let query = "
        DELETE FROM trunkline.alert_destinations
        WHERE id = $1";
    executor.execute("delete a destination of alerts", query, &[&id]).await?;
    Ok(())
}

/// The destination with this id.
pub async fn find_destination(
    executor: Executor<'_>,
    id: i32,
) -> Result<Option<Destination>, StoreError> {
    let query = select!(
        "
        WHERE id = $1"
    );
    let row = executor.row("look for a destination of alerts", query, &[&id]).await?;
    row.as_ref().map(Destination::read).transpose()
}

/// The same, locked until the transaction ends.
pub async fn find_destination_for_update(
    executor: Executor<'_>,
    id: i32,
) -> Result<Option<Destination>, StoreError> {
    let query = select!(
        "
        WHERE id = $1
        FOR UPDATE"
    );
    let row = executor.row("lock a destination of alerts", query, &[&id]).await?;
    row.as_ref().map(Destination::read).transpose()
}

/// Destinations, in the order in which they were added; the window's place is the id.
pub async fn list_destinations(
    executor: Executor<'_>,
    window: &Window<i32>,
) -> Result<Vec<Destination>, StoreError> {
    let query = select!(
        "
        WHERE ($1::INTEGER IS NULL OR id > $1)
        ORDER BY id
        LIMIT $2"
    );
    let parameters: Parameters<'_> = &[&window.after, &window.rows()];
    let rows = executor.rows("list destinations of alerts", query, parameters).await?;
    rows.iter().map(Destination::read).collect()
}
