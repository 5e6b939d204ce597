use jiff::Timestamp;
use trunkline_core::{ClientStatus, Provider, Scope};

use super::Client;
use super::tables::Table;
use crate::merged::{
    Bounds, ListKey, Span, Statement, Unsupported, includes, storable, written_limit,
};

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
            Self::UpdatedAt => "client.updated_at",
            Self::CreatedAt => "client.created_at",
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
        let filters =
            [(self.status.is_some(), "status"), (self.updated_since.is_some(), "updated_since")];
        let is_served = self.company_id.is_some() || order == ClientField::UpdatedAt;
        match filters.into_iter().find(|(is_given, _)| *is_given && !is_served) {
            Some((_, filter)) => {
                let order = ClientField::UpdatedAt.as_str();
                Err(Unsupported { filter, order, narrow: "company_id" })
            }
            None => Ok(()),
        }
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
) -> Result<Vec<Client>, StoreError> {
    let rows = statement(filter, sort, window).rows(executor, "list clients").await?;
    rows.iter().map(Client::read).collect()
}

pub(super) fn statement(
    filter: &ClientFilter,
    sort: Sort<ClientField>,
    window: &Window<ListKey>,
) -> Statement {
    let providers: Vec<Provider> =
        filter.provider.map_or_else(|| Provider::ALL.to_vec(), |provider| vec![provider]);
    let since = filter.updated_since.map(storable);
    let is_by_change = sort.field == ClientField::UpdatedAt;
    let span = Span::times(since.filter(|_| is_by_change));
    let bounds = Bounds::new(span, sort.descending, window.after.as_ref());
    let mut statement = Statement::default();
    let limit = written_limit(window.rows());
    let bounds = statement.bind_bounds(bounds, &providers, sort.descending);
    let mut chosen = Vec::new();
    if let Some(company) = filter.company_id {
        let company = statement.bind("INTEGER", company);
        chosen.push(format!("client.company_id = {company}"));
    }
    if let Some(status) = filter.status {
        let status = statement.bind("TEXT", status.as_str());
        chosen.push(format!("client.status = {status}"));
    }
    if let Some(since) = since.filter(|_| !is_by_change) {
        let since = statement.bind("TIMESTAMPTZ", since);
        chosen.push(format!("client.updated_at >= {since}"));
    }
    let (key, direction) = (sort.field.key(), bounds.direction());
    // A company's clients are few: OFFSET 0 keeps the order outside from choosing how they are found.
    let end = if filter.company_id.is_some() {
        "OFFSET 0".to_owned()
    } else {
        format!("ORDER BY {key}{direction}, client.id{direction} LIMIT {limit}")
    };
    let branch = |provider: &Provider| {
        let table = Table::of(*provider);
        let (columns, clients) = (table.columns(), table.clients);
        let mut conditions = vec![bounds.condition("client", key, *provider)];
        conditions.extend(chosen.iter().cloned());
        let conditions = conditions.join(" AND ");
        format!(
            "(SELECT {columns}, {key} AS key
            FROM {clients} AS client
            WHERE {conditions}
            {end})"
        )
    };
    let branches: Vec<String> = providers.iter().map(branch).collect();
    statement.merge(&branches, sort.descending, limit);
    statement
}
