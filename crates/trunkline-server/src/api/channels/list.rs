use axum::extract::State as Extract;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de};
use trunkline_core::{ChannelStatus, Provider, QualityRating, Role};
use trunkline_store::channels::{self, ChannelField, ChannelFilter, is_searchable};
use trunkline_store::{QualifiedId, Sort, Window};
use utoipa::IntoParams;

use super::Channel;
use super::phone_number::PhoneNumber;
use crate::State;
use crate::api::{Documents, Limit, Order, Page, Pager, Query, schema, unsupported};
use crate::auth::Caller;
use crate::problem::{FieldProblem, Problem};

/// Which channels, and in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filters {
    /// So many at most.
    #[param(inline, required = false)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// The order; `updated_at` unless told, with `phone_number_prefix` `phone_number`.
    #[param(schema_with = schema::order::<ChannelField>, required = false)]
    sort: Option<Order<ChannelField>>,
    /// At one provider alone.
    #[param(schema_with = schema::provider, required = false)]
    provider: Option<Provider>,
    /// In one status alone. Sorted by `updated_at`.
    #[param(schema_with = schema::channel_status, required = false)]
    status: Option<ChannelStatus>,
    /// Of one quality alone. Sorted by `updated_at`.
    #[param(schema_with = schema::quality_rating, required = false)]
    quality_rating: Option<QualityRating>,
    /// Of one company alone.
    company_id: Option<i32>,
    /// Of one client alone.
    #[param(value_type = Option<String>, example = "meta-3")]
    #[serde(default, deserialize_with = "qualified")]
    client_id: Option<QualifiedId>,
    /// Of clients that belong to one partner account alone. Sorted by `updated_at`, and not beside `provider`, `status`,
    /// `quality_rating` and `messaging_limit`.
    partner_account_id: Option<i32>,
    /// With this number.
    #[param(value_type = Option<String>, example = "+4915112345678")]
    phone_number: Option<PhoneNumber>,
    /// With a number that begins so. Sorted by `phone_number`.
    #[param(value_type = Option<String>, example = "+49")]
    phone_number_prefix: Option<PhoneNumber>,
    /// Changed then or later. Sorted by `updated_at`.
    #[param(schema_with = schema::timestamp, required = false)]
    #[serde(default, deserialize_with = "crate::api::instant::optional")]
    updated_since: Option<Timestamp>,
    /// With this messaging limit; 0: none is known, or there is none. Sorted by `updated_at`.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_u32, example = 1000)]
    messaging_limit: Option<u32>,
    /// With these words in the number, the name or the id at the provider, each by how it begins; one has
    /// three characters at least. Or with this id, as `meta-7`. Of more than 1,000 channels that fit, some
    /// are given.
    #[param(min_length = 3, max_length = 100, example = "bakery")]
    q: Option<String>,
}

fn qualified<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<QualifiedId>, D::Error> {
    let text = String::deserialize(reader)?;
    text.parse().map(Some).map_err(de::Error::custom)
}

impl Filters {
    fn filter(&self) -> ChannelFilter<'_> {
        ChannelFilter {
            provider: self.provider,
            status: self.status,
            quality_rating: self.quality_rating,
            company_id: self.company_id,
            client_id: self.client_id,
            partner_account_id: self.partner_account_id,
            phone_number: self.phone_number.as_ref().map(|number| number.0.as_str()),
            phone_number_prefix: self.phone_number_prefix.as_ref().map(|number| number.0.as_str()),
            updated_since: self.updated_since,
            messaging_limit: self
                .messaging_limit
                .map(|limit| i32::try_from(limit).unwrap_or(i32::MAX)),
            search: self.q.as_deref(),
        }
    }

    fn order(&self) -> Order<ChannelField> {
        let by_number = self.phone_number_prefix.is_some();
        let usual = if by_number { ChannelField::PhoneNumber } else { ChannelField::UpdatedAt };
        self.sort.unwrap_or(Order(Sort { field: usual, descending: false }))
    }
}

/// Refuses what too much begins with.
fn check_search(text: Option<&str>) -> Result<(), Problem> {
    let Some(text) = text.filter(|text| !is_searchable(text)) else { return Ok(()) };
    let what = if text.chars().count() > 100 { "it is too long" } else { "it is too short" };
    let message =
        format!("{what}: words, one of at least three letters or digits, 100 characters at most");
    Err(Problem::invalid(vec![FieldProblem { field: "q".to_owned(), message }]))
}

/// List the channels of all providers.
///
/// Some filters need one order, as they say. With `company_id`, `client_id`, `phone_number` or `q`, and for a
/// key of one company, every filter goes with every order.
#[utoipa::path(
    get,
    path = "/api/v1/channels",
    tag = "Channels",
    params(Filters),
    responses((status = 200, description = "A page of channels", body = Page<Channel>,
        headers(("Link" = Option<String>, description = "The next page, rel=next")))),
)]
pub(super) async fn list_channels(
    caller: Caller,
    pager: Pager,
    Extract(state): Extract<State>,
    Query(filters): Query<Filters>,
) -> Result<Documents<channels::Channel>, Problem> {
    caller.require(Role::Viewer)?;
    let Some(filter) = filters.filter().within(caller.scope) else { return Ok(Documents::empty()) };
    let order = filters.order();
    let sort = order.0;
    filter.check(sort.field).map_err(unsupported)?;
    check_search(filters.q.as_deref())?;
    let after = pager.after(filters.cursor.as_deref(), &order)?;
    let window = Window { after, limit: filters.limit.get() };
    let connection = state.store.connection().await?;
    let rows = channels::list_channels(connection.executor(), &filter, sort, &window).await?;
    pager.documents(rows, filters.limit, &order, |channel| channel.key(sort.field))
}
