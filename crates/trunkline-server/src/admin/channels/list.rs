use askama::Template;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use trunkline_core::{ChannelStatus, Provider, QualityRating};
use trunkline_store::channels::{
    Channel, ChannelField, ChannelFilter, is_searchable, list_channels,
};
use trunkline_store::{Document, QualifiedId, Sort, Window};

use super::super::companies::{Names, read_all};
use super::super::{Frame, Page, PageProblem, Section, filter, words};
use super::{ChannelRow, LIST};
use crate::State;
use crate::api::{Limit, Order, Pager, Query};
use crate::auth::Administrator;
use crate::problem::Problem;

/// What the filters say; empty: all.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    #[serde(deserialize_with = "filter::word")]
    provider: Option<Provider>,
    #[serde(deserialize_with = "filter::word")]
    status: Option<ChannelStatus>,
    #[serde(deserialize_with = "filter::word")]
    quality: Option<QualityRating>,
    #[serde(deserialize_with = "filter::parsed")]
    company: Option<i32>,
    #[serde(deserialize_with = "filter::parsed")]
    client: Option<QualifiedId>,
    #[serde(deserialize_with = "filter::parsed")]
    account: Option<i32>,
    /// A limit; 0: none is known, or there is none.
    #[serde(deserialize_with = "filter::parsed")]
    limit: Option<i32>,
    /// How a number begins, written as people do.
    number: String,
    /// Words of a number, a name or an id.
    q: String,
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "channels/list.html")]
struct ListPage {
    frame: Frame,
    channels: Vec<ChannelRow>,
    count: String,
    providers: Vec<(&'static str, String)>,
    statuses: Vec<(&'static str, String)>,
    qualities: Vec<(&'static str, String)>,
    provider: &'static str,
    status: &'static str,
    quality: &'static str,
    company: String,
    client: String,
    account: String,
    limit: String,
    limits: Vec<(String, String)>,
    number: String,
    q: String,
    is_filtered: bool,
    /// What cannot be asked for at once.
    refusal: String,
    first: String,
    next: String,
}

/// The limits that Meta gives, and 0 for none.
const LIMITS: [i32; 7] = [0, 50, 250, 1000, 2000, 10_000, 100_000];

fn limit_word(limit: i32) -> String {
    if limit == 0 { "Not known, or none".to_owned() } else { words::grouped(limit) }
}

/// The channels, those that changed last first; by number where a number is looked for.
pub(super) async fn show(
    administrator: Administrator,
    headers: HeaderMap,
    pager: Pager,
    Extract(state): Extract<State>,
    filters: Result<Query<Filters>, Problem>,
) -> Result<Response, PageProblem> {
    let Query(filters) = filters?;
    let prefix = filters.prefix();
    let wanted = ChannelFilter {
        provider: filters.provider,
        status: filters.status,
        quality_rating: filters.quality,
        company_id: filters.company,
        client_id: filters.client,
        partner_account_id: filters.account,
        phone_number_prefix: prefix.as_deref(),
        messaging_limit: filters.limit,
        search: filters.search(),
        ..ChannelFilter::default()
    };
    let sort = match prefix {
        Some(_) => Sort { field: ChannelField::PhoneNumber, descending: false },
        None => Sort { field: ChannelField::UpdatedAt, descending: true },
    };
    let frame = administrator.frame(&headers, Section::Channels);
    if let Some(refusal) = refusal(&wanted, sort.field) {
        let page = ListPage {
            refusal: refusal.to_owned(),
            ..ListPage::new(frame, Vec::new(), &filters, String::new())
        };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    }
    let (limit, order) = (Limit::default(), Order(sort));
    let after = pager.after(filters.cursor.as_deref(), &order)?;
    let window = Window { after, limit: limit.get() };
    let connection = state.store.connection().await?;
    let executor = connection.executor();
    let rows = list_channels(executor, &wanted, sort, &window).await?;
    let rows: Vec<Channel> = read_all(&rows, Document::read)?;
    let listing = pager.listing::<_, Channel, _>(rows, limit, &order, |row| row.key(sort.field));
    let channels = listing.page.items;
    let names = Names::find(executor, channels.iter().map(|channel| channel.company_id)).await?;
    let rows = channels.into_iter().map(|channel| ChannelRow::new(channel, &names)).collect();
    let page = ListPage::new(frame, rows, &filters, listing.next.unwrap_or_default());
    Ok(Page(page).into_response())
}

impl Filters {
    /// What is looked for; `None`: nothing.
    fn search(&self) -> Option<&str> {
        Some(self.q.trim()).filter(|text| !text.is_empty())
    }

    /// The number as it is stored; `None`: none is asked for.
    fn prefix(&self) -> Option<String> {
        let digits: String = self.number.chars().filter(char::is_ascii_digit).take(15).collect();
        (!digits.is_empty()).then(|| format!("+{digits}"))
    }
}

impl ListPage {
    fn new(frame: Frame, channels: Vec<ChannelRow>, filters: &Filters, next: String) -> Self {
        let provider = filters.provider.map_or("", Provider::as_str);
        let status = filters.status.map_or("", ChannelStatus::as_str);
        let quality = filters.quality.map_or("", QualityRating::as_str);
        let company = filters.company.map(|id| id.to_string()).unwrap_or_default();
        let client = filters.client.map(|id| id.to_string()).unwrap_or_default();
        let account = filters.account.map(|id| id.to_string()).unwrap_or_default();
        let limit = filters.limit.map(|limit| limit.to_string()).unwrap_or_default();
        let mut limits: Vec<i32> = LIMITS.into_iter().chain(filters.limit).collect();
        limits.sort_unstable();
        limits.dedup();
        let set = [
            ("provider", provider.to_owned()),
            ("status", status.to_owned()),
            ("quality", quality.to_owned()),
            ("company", company.clone()),
            ("client", client.clone()),
            ("account", account.clone()),
            ("limit", limit.clone()),
            ("number", filters.number.clone()),
            ("q", filters.q.clone()),
        ];
        let first = filters.cursor.as_ref().map(|_| filter::address(LIST, &set));
        let first = first.unwrap_or_default();
        let is_part = !next.is_empty() || !first.is_empty();
        let providers = Provider::ALL.iter().map(|one| (one.as_str(), one.name().to_owned()));
        Self {
            frame,
            count: filter::counted(channels.len(), "channel", "channels", is_part),
            channels,
            providers: providers.collect(),
            statuses: words::choices(ChannelStatus::ALL, ChannelStatus::as_str),
            qualities: words::choices(QualityRating::ALL, QualityRating::as_str),
            provider,
            status,
            quality,
            company,
            client,
            account,
            limit,
            limits: limits
                .into_iter()
                .map(|limit| (limit.to_string(), limit_word(limit)))
                .collect(),
            number: filters.number.clone(),
            q: filters.q.clone(),
            is_filtered: set.iter().any(|(_, value)| !value.is_empty()),
            refusal: String::new(),
            first,
            next,
        }
    }
}

/// Why this cannot be asked for, if it cannot.
fn refusal(wanted: &ChannelFilter<'_>, order: ChannelField) -> Option<&'static str> {
    if wanted.search.is_some_and(|text| !is_searchable(text)) {
        return Some("Look for words, one of at least three letters or digits.");
    }
    let message = match wanted.partner_account_id {
        Some(_) => {
            "The channels of a partner account go with other filters only within one company."
        }
        None => "A number goes with a status, a quality or a limit only within one company.",
    };
    wanted.check(order).is_err().then_some(message)
}
