use jiff::Timestamp;
use trunkline_core::{ClientStatus, Provider, Scope};

use super::{COLUMNS, Client, document};
use crate::listed::{Document, ListKey, Span, Statement, Unsupported, includes, storable};
use crate::{Executor, Sort, SortField, StoreError, Window};

/// Which clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientFilter {
    /// At this provider.
    pub provider: Option<Provider>,
    /// In this status.
    pub status: Option<ClientStatus>,
    /// Of this company.
    pub company_id: Option<i32>,
    /// That belong to this partner account.
    pub partner_account_id: Option<i32>,
    /// Changed then or later.
    pub updated_since: Option<Timestamp>,
}

/// What clients are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientField {
    /// When anything changed.
    UpdatedAt,
    /// When it was first written down.
    CreatedAt,
}

impl SortField for ClientField {
    const ALL: &'static [Self] = &[Self::UpdatedAt, Self::CreatedAt];

    fn as_str(self) -> &'static str {
        match self {
            Self::UpdatedAt => "updated_at",
            Self::CreatedAt => "created_at",
        }
    }
}

impl ClientField {
    const fn key(self) -> &'static str {
        match self {
            Self::UpdatedAt => "updated_at",
            Self::CreatedAt => "created_at",
        }
    }
}

impl ClientFilter {
    /// What the scope leaves of it; `None`: nothing, as it asks for another company.
    pub fn within(self, scope: Scope) -> Option<Self> {
        let company_id = scope.company().or(self.company_id);
        includes(scope, self.company_id).then_some(Self { company_id, ..self })
    }

    /// Refuses what no index gives in this order: it would read a whole table.
    pub fn check(&self, order: ClientField) -> Result<(), Unsupported> {
        if self.company_id.is_some() {
            return Ok(());
        }
        let is_of_account = self.partner_account_id.is_some();
        let by_change = ClientField::UpdatedAt;
        let filters = [
            (self.status.is_some(), "status", is_of_account),
            (self.updated_since.is_some(), "updated_since", false),
            (is_of_account, "partner_account_id", false),
            (self.provider.is_some() && is_of_account, "provider", true),
        ];
        let refused = filters
            .into_iter()
            .find(|(is_given, _, never)| *is_given && (*never || order != by_change));
        refused.map_or(Ok(()), |(_, filter, never)| {
            let order = (!never).then_some(by_change.as_str());
            Err(Unsupported { filter, order, narrow: "company_id" })
        })
    }
}

/// A page of clients, and more where there is a next page.
///
/// The filter must be one that [`ClientFilter::check`] lets through.
pub async fn list_clients(
    executor: Executor<'_>,
    filter: &ClientFilter,
    sort: Sort<ClientField>,
    window: &Window<ListKey>,
) -> Result<Vec<Document<Client>>, StoreError> {
    let statement = statement(filter, sort, window.after.as_ref());
    statement.documents(executor, "list clients", window.rows(), document).await
}

pub(super) fn statement(
    filter: &ClientFilter,
    sort: Sort<ClientField>,
    after: Option<&ListKey>,
) -> Statement {
    let is_by_change = sort.field == ClientField::UpdatedAt;
    let since = filter.updated_since.map(storable);
    let key = sort.field.key();
    let mut statement =
        Statement::new("trunkline.listed_clients", key, sort.descending).reading(COLUMNS);
    if let Some(company) = filter.company_id {
        let company = statement.bind("INTEGER", company);
        let owner = format!("company_id = {company}");
        // The index on the company goes on in the order of change.
        if is_by_change { statement.when(owner) } else { statement.when_few(owner) }
    }
    if let Some(provider) = filter.provider {
        statement.when_provider(provider);
    }
    if let Some(account) = filter.partner_account_id {
        let account = statement.bind("INTEGER", account);
        statement.when(format!("partner_account_id = {account}"));
    }
    if let Some(status) = filter.status {
        let status = statement.bind("TEXT", status.as_str());
        statement.when(format!("status = {status}"));
    }
    if let Some(since) = since.filter(|_| !is_by_change) {
        let since = statement.bind("TIMESTAMPTZ", since);
        statement.when(format!("updated_at >= {since}"));
    }
    statement.when_within(Span::times(since.filter(|_| is_by_change)), after);
    statement
}
