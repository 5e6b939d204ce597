use jiff::Timestamp;
use trunkline_core::{ChannelStatus, Provider, QualityRating, Scope};

use super::Channel;
use crate::listed::{
    Document, ListKey, QualifiedId, Span, Statement, Unsupported, includes, storable,
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
    /// Of clients that belong to this partner account.
    pub partner_account_id: Option<i32>,
    /// With this number, as it is stored.
    pub phone_number: Option<&'a str>,
    /// With a number that begins so.
    pub phone_number_prefix: Option<&'a str>,
    /// Changed then or later.
    pub updated_since: Option<Timestamp>,
    /// With this limit; 0: none is known, or there is none.
    pub messaging_limit: Option<i32>,
    /// With these words in number, name or id at the provider, each by how it begins; or with this id of ours.
    pub search: Option<&'a str>,
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

/// The number in the order of its characters; without one it is empty.
const NUMBER: &str = "(coalesce(phone_number, '') COLLATE \"C\")";

/// The words of a channel, as the index of migration 031 has them.
const WORDS: &str = "trunkline.channel_words(phone_number, display_name, provider_id)";

impl ChannelField {
    /// As the indexes of migration 023 have it.
    const fn key(self) -> &'static str {
        match self {
            Self::UpdatedAt => "updated_at",
            Self::CreatedAt => "created_at",
            Self::PhoneNumber => NUMBER,
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
        self.company_id.is_some()
            || self.client_id.is_some()
            || self.phone_number.is_some()
            || self.search.is_some()
    }

    /// Refuses what no index gives in this order: it would read a whole table.
    pub fn check(&self, order: ChannelField) -> Result<(), Unsupported> {
        if self.is_narrow() {
            return Ok(());
        }
        let refuse = |filter: &'static str, order: Option<&'static str>| {
            Err(Unsupported { filter, order, narrow: "company_id, client_id, phone_number or q" })
        };
        let (by_number, by_change) = (ChannelField::PhoneNumber, ChannelField::UpdatedAt);
        let given = [
            (self.phone_number_prefix.is_some(), "phone_number_prefix", by_number),
            (self.status.is_some(), "status", by_change),
            (self.quality_rating.is_some(), "quality_rating", by_change),
            (self.messaging_limit.is_some(), "messaging_limit", by_change),
            (self.partner_account_id.is_some(), "partner_account_id", by_change),
            (self.updated_since.is_some(), "updated_since", by_change),
        ];
        if let Some((_, filter, wanted)) =
            given.iter().find(|(is_given, _, wanted)| *is_given && order != *wanted)
        {
            return refuse(filter, Some(wanted.as_str()));
        }
        // No index has one of these behind the account.
        let beside =
            given[1..4].iter().find(|(is_given, ..)| *is_given).map(|(_, filter, _)| *filter);
        match beside.or(self.provider.map(|_| "provider")) {
            Some(filter) if self.partner_account_id.is_some() => refuse(filter, None),
            _ => Ok(()),
        }
    }

    fn span(&self, order: ChannelField) -> Span {
        match order {
            ChannelField::UpdatedAt => Span::times(self.updated_since.map(storable)),
            ChannelField::CreatedAt => Span::default(),
            ChannelField::PhoneNumber => Span::texts(self.phone_number_prefix),
        }
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
) -> Result<Vec<Document<Channel>>, StoreError> {
    let statement = statement(filter, sort, window.after.as_ref());
    statement.documents(executor, "list channels", window.rows(), Document::from_row).await
}

pub(super) fn statement(
    filter: &ChannelFilter<'_>,
    sort: Sort<ChannelField>,
    after: Option<&ListKey>,
) -> Statement {
    let order = sort.field;
    let key = order.key();
    let mut statement = Statement::new("trunkline.listed_channels", key, sort.descending);
    find(&mut statement, filter, order);
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
    if let Some(quality) = filter.quality_rating {
        let quality = statement.bind("TEXT", quality.as_str());
        statement.when(format!("quality_rating = {quality}"));
    }
    if let Some(limit) = filter.messaging_limit {
        let limit = statement.bind("INTEGER", limit);
        statement.when(format!("coalesce(messaging_limit, 0) = {limit}"));
    }
    if let Some(prefix) = filter.phone_number_prefix.filter(|_| order != ChannelField::PhoneNumber)
    {
        let prefix = statement.bind("TEXT", prefix.to_owned());
        statement.when(format!("starts_with(phone_number, {prefix})"));
    }
    if let Some(since) = filter.updated_since.filter(|_| order != ChannelField::UpdatedAt) {
        let since = statement.bind("TIMESTAMPTZ", storable(since));
        statement.when(format!("updated_at >= {since}"));
    }
    statement.when_within(filter.span(order), after);
    statement
}

/// The conditions that leave few channels, by which they are found.
fn find(statement: &mut Statement, filter: &ChannelFilter<'_>, order: ChannelField) {
    if let Some(number) = filter.phone_number {
        let number = statement.bind("TEXT", number.to_owned());
        statement.when_few(format!("{NUMBER} = {number}"));
    }
    match filter.search.map(|text| (text, text.trim().parse::<QualifiedId>())) {
        Some((_, Ok(QualifiedId { provider, number }))) => {
            let id = statement.bind("INTEGER", number);
            statement.when_few(format!("provider = '{provider}' AND id = {id}"));
        }
        Some((text, Err(_))) => {
            let text = statement.bind("TEXT", text.to_owned());
            statement.when_some(format!("{WORDS} @@ trunkline.words_query({text})"));
        }
        None => {}
    }
    let mut owners = Vec::new();
    if let Some(company) = filter.company_id {
        let company = statement.bind("INTEGER", company);
        owners.push(format!("company_id = {company}"));
    }
    if let Some(QualifiedId { provider, number }) = filter.client_id {
        let client = statement.bind("INTEGER", number);
        // Channels are found by their company: there is one index for both.
        let company = format!(
            "(SELECT company_id FROM trunkline.listed_clients WHERE provider = '{provider}' AND id = {client})"
        );
        owners.push(format!(
            "company_id = {company} AND provider = '{provider}' AND client_id = {client}"
        ));
    }
    // The index on the company goes on in the order of change.
    let is_found = filter.phone_number.is_some() || filter.search.is_some();
    let is_in_order = order == ChannelField::UpdatedAt && !is_found;
    for owner in owners {
        if is_in_order { statement.when(owner) } else { statement.when_few(owner) }
    }
}
