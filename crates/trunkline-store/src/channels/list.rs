use jiff::Timestamp;
use trunkline_core::{ChannelStatus, Provider, QualityRating, Scope};

use super::tables::Table;
use super::{Channel, words};
use crate::merged::{
    Bounds, ListKey, QualifiedId, Span, Statement, Unsupported, includes, storable, written_limit,
};

use crate::{Executor, Sort, SortField, StoreError, Window};

/// Which channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChannelFilter<'a> {
    /// At this provider.
    pub provider: Option<Provider>,
    /// In this status.
    pub status: Option<ChannelStatus>,
    /// Of this quality.
    pub quality_rating: Option<QualityRating>,
    /// Of this company.
    pub company_id: Option<i32>,
    /// Of this client.
    pub client_id: Option<QualifiedId>,
    /// With this number, as it is stored.
    pub phone_number: Option<&'a str>,
    /// With a number that begins so.
    pub phone_number_prefix: Option<&'a str>,
    /// Changed then or later.
    pub updated_since: Option<Timestamp>,
}

/// What channels are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelField {
    /// When anything changed.
    UpdatedAt,
    /// When it was first written down.
    CreatedAt,
    /// The number, by its characters; first those without one.
    PhoneNumber,
}

impl SortField for ChannelField {
    const ALL: &'static [Self] = &[Self::UpdatedAt, Self::CreatedAt, Self::PhoneNumber];

    fn as_str(self) -> &'static str {
        match self {
            Self::UpdatedAt => "updated_at",
            Self::CreatedAt => "created_at",
            Self::PhoneNumber => "phone_number",
        }
    }
}

impl ChannelField {
    /// As the indexes of migration 019 have it.
    const fn key(self) -> &'static str {
        match self {
            Self::UpdatedAt => "channel.updated_at",
            Self::CreatedAt => "channel.created_at",
            Self::PhoneNumber => "(coalesce(channel.phone_number, '') COLLATE \"C\")",
        }
    }
}

impl ChannelFilter<'_> {
    /// What the scope leaves of it; `None`: nothing, as it asks for another company.
    pub fn within(self, scope: Scope) -> Option<Self> {
        let company_id = scope.company().or(self.company_id);
        includes(scope, self.company_id).then_some(Self { company_id, ..self })
    }

    /// Whether it leaves so few channels that they can be read whole and sorted.
    fn is_narrow(&self) -> bool {
        self.company_id.is_some() || self.client_id.is_some() || self.phone_number.is_some()
    }

    /// Refuses what no index gives in this order: it would read a whole table.
    pub fn check(&self, order: ChannelField) -> Result<(), Unsupported> {
        if self.is_narrow() {
            return Ok(());
        }
        let needs = |is_given: bool, filter: &'static str, wanted: ChannelField| {
            if is_given && order != wanted {
                return Err(Unsupported {
                    filter,
                    order: wanted.as_str(),
                    narrow: "company_id, client_id or phone_number",
                });
            }
            Ok(())
        };
        needs(
            self.phone_number_prefix.is_some(),
            "phone_number_prefix",
            ChannelField::PhoneNumber,
        )?;
        needs(self.status.is_some(), "status", ChannelField::UpdatedAt)?;
        needs(self.quality_rating.is_some(), "quality_rating", ChannelField::UpdatedAt)?;
        needs(self.updated_since.is_some(), "updated_since", ChannelField::UpdatedAt)
    }

    fn span(&self, order: ChannelField) -> Span {
        match order {
            ChannelField::UpdatedAt => Span::times(self.updated_since.map(storable)),
            ChannelField::CreatedAt => Span::times(None),
            ChannelField::PhoneNumber => Span::texts(self.phone_number_prefix.unwrap_or_default()),
        }
    }

    /// The providers that can have such a channel.
    fn providers(&self) -> Vec<Provider> {
        let fits = |provider: &Provider| {
            self.provider.is_none_or(|wanted| wanted == *provider)
                && self.client_id.is_none_or(|client| client.provider == *provider)
                && self.status.is_none_or(|status| words::stored(status, *provider).is_some())
        };
        Provider::ALL.iter().copied().filter(fits).collect()
    }
}

/// A page of channels, and more where there is a next page.
///
/// The filter must be one that [`ChannelFilter::check`] lets through.
pub async fn list_channels(
    executor: Executor<'_>,
    filter: &ChannelFilter<'_>,
    sort: Sort<ChannelField>,
    window: &Window<ListKey>,
) -> Result<Vec<Channel>, StoreError> {
    let Some(statement) = statement(filter, sort, window) else { return Ok(Vec::new()) };
    let rows = statement.rows(executor, "list channels").await?;
    rows.iter().map(Channel::read).collect()
}

/// `None`: there is no such channel.
pub(super) fn statement(
    filter: &ChannelFilter<'_>,
    sort: Sort<ChannelField>,
    window: &Window<ListKey>,
) -> Option<Statement> {
    let providers = filter.providers();
    if providers.is_empty() {
        return None;
    }
    let bounds = Bounds::new(filter.span(sort.field), sort.descending, window.after.as_ref());
    let mut statement = Statement::default();
    if filter.is_narrow() {
        narrow(&mut statement, filter, sort, bounds, &providers, window.rows());
    } else {
        wide(&mut statement, filter, sort, bounds, &providers, window.rows());
    }
    Some(statement)
}

/// Every branch from an index in the order of the list.
fn wide(
    statement: &mut Statement,
    filter: &ChannelFilter<'_>,
    sort: Sort<ChannelField>,
    bounds: Bounds,
    providers: &[Provider],
    rows: i64,
) {
    let limit = written_limit(rows);
    let bounds = statement.bind_bounds(bounds, providers, sort.descending);
    // The index on the status goes on with the quality: a status alone is every quality, merged.
    let qualities = match (filter.status, filter.quality_rating) {
        (Some(_), None) => QualityRating::ALL.to_vec(),
        (_, quality) => quality.into_iter().collect(),
    };
    let qualities: Vec<String> =
        qualities.into_iter().map(|word| statement.bind("TEXT", word.as_str())).collect();
    let mut branches = Vec::new();
    for provider in providers {
        let table = Table::of(*provider);
        let (channels, clients, key) = (table.channels, table.clients, sort.field.key());
        let columns = table.columns(&format!(
            "(SELECT client.company_id FROM {clients} AS client WHERE client.id = channel.client_id)"
        ));
        let mut conditions = vec![bounds.condition("channel", key, *provider)];
        if let Some(word) = filter.status.and_then(|status| words::stored(status, *provider)) {
            let word = statement.bind("TEXT", word);
            conditions.push(format!("channel.status = {word}"));
        }
        let every = conditions.join(" AND ");
        let conditions = match qualities.as_slice() {
            [] => vec![every],
            some => some
                .iter()
                .map(|word| format!("{every} AND channel.quality_rating = {word}"))
                .collect(),
        };
        let direction = bounds.direction();
        branches.extend(conditions.iter().map(|conditions| {
            format!(
                "(SELECT {columns}, {key} AS key
                FROM {channels} AS channel
                WHERE {conditions}
                ORDER BY {key}{direction}, channel.id{direction}
                LIMIT {limit})"
            )
        }));
    }
    statement.merge(&branches, sort.descending, limit);
}

/// Every branch whole, for a filter that leaves few channels: one condition finds them, and the others
/// look at what it found. Behind OFFSET 0 neither they nor the order can choose another way.
fn narrow(
    statement: &mut Statement,
    filter: &ChannelFilter<'_>,
    sort: Sort<ChannelField>,
    bounds: Bounds,
    providers: &[Provider],
    rows: i64,
) {
    let limit = written_limit(rows);
    let bounds = statement.bind_bounds(bounds, providers, sort.descending);
    let (finding, found) = match *filter {
        ChannelFilter { phone_number: Some(number), .. } => {
            ("channel.phone_number", statement.bind("TEXT", number.to_owned()))
        }
        ChannelFilter { client_id: Some(client), .. } => {
            ("channel.client_id", statement.bind("INTEGER", client.number))
        }
        _ => ("client.company_id", statement.bind("INTEGER", filter.company_id)),
    };
    let also = also(statement, filter);
    let mut branches = Vec::new();
    for provider in providers {
        let table = Table::of(*provider);
        let (channels, clients, key) = (table.channels, table.clients, sort.field.key());
        let columns = table.columns("client.company_id");
        let word = filter.status.and_then(|status| words::stored(status, *provider));
        let word = statement.bind("TEXT", word);
        let bounds = bounds.condition("channel", key, *provider);
        branches.push(format!(
            "(SELECT channel.*, {key} AS key
            FROM (
                SELECT {columns}
                FROM {clients} AS client
                JOIN {channels} AS channel ON channel.client_id = client.id
                WHERE {finding} = {found}
                OFFSET 0
            ) AS channel
            WHERE {bounds} AND {also} AND ({word} IS NULL OR channel.status = {word}))"
        ));
    }
    statement.merge(&branches, sort.descending, limit);
}

/// The conditions of the other filters, each of which may be NULL: which there are does not change the
/// text.
fn also(statement: &mut Statement, filter: &ChannelFilter<'_>) -> String {
    let company = statement.bind("INTEGER", filter.company_id);
    let client = statement.bind("INTEGER", filter.client_id.map(|client| client.number));
    let quality = statement.bind("TEXT", filter.quality_rating.map(QualityRating::as_str));
    let prefix = statement.bind("TEXT", filter.phone_number_prefix.map(str::to_owned));
    let since = statement.bind("TIMESTAMPTZ", filter.updated_since.map(storable));
    [
        format!("({company} IS NULL OR channel.company_id = {company})"),
        format!("({client} IS NULL OR channel.client_id = {client})"),
        format!("({quality} IS NULL OR channel.quality_rating = {quality})"),
        format!("({prefix} IS NULL OR starts_with(channel.phone_number, {prefix}))"),
        format!("({since} IS NULL OR channel.updated_at >= {since})"),
    ]
    .join(" AND ")
}
