//! Long lists, a page at a time.
//!
//! A page names the next one by a cursor: the sort key of its last row, signed, so that whatever
//! comes back is a place in this list and in this order. An operation goes like this:
//!
//! ```text
//! #[derive(Debug, Deserialize, IntoParams)]
//! #[serde(deny_unknown_fields)]
//! #[into_params(parameter_in = Query)]
//! struct Filters {
//!     #[param(inline, required = false)]
//!     #[serde(default)]
//!     limit: Limit,
//!     cursor: Option<String>,
//!     #[param(schema_with = schema::order::<ChannelField>, required = false)]
//!     #[serde(default)]
//!     sort: Order<ChannelField>,
//!     company_id: Option<i32>,
//! }
//!
//! async fn list_channels(caller: Caller, pager: Pager, Extract(state): Extract<State>,
//!     Query(filters): Query<Filters>) -> Result<Listing<Channel>, Problem> {
//!     let after = pager.after(filters.cursor.as_deref(), &filters.sort)?;
//!     let window = Window { after, limit: filters.limit.get() };
//!     let rows = store::list_channels(connection.executor(), &filter, filters.sort.0, &window).await?;
//!     Ok(pager.listing(rows, filters.limit, &filters.sort, |row| (row.name.clone(), row.id)))
//! }
//! ```

use std::fmt::Display;
use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::header::LINK;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use form_urlencoded::Serializer;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};
use trunkline_core::secrets::KeyRing;
use trunkline_store::{Document, Sort, SortField};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::Documents;
use crate::State;
use crate::problem::{FieldProblem, Problem};

const SIGNATURE: usize = 16;

/// How many items a page has at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit(u16);

impl Limit {
    const MOST: u16 = 200;

    /// The number.
    pub(crate) fn get(self) -> u16 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let wrong = || D::Error::custom(format!("a page has 1 to {} items", Self::MOST));
        let number = u16::deserialize(reader).map_err(|_| wrong())?;
        (1..=Self::MOST).contains(&number).then_some(Self(number)).ok_or_else(wrong)
    }
}

impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer);
        number.minimum(Some(1)).maximum(Some(Self::MOST)).default(Some(50.into())).into()
    }
}

impl ToSchema for Limit {}

/// `sort=`: a field, or `-` and a field for descending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order<F>(pub Sort<F>);

impl<F: SortField> Default for Order<F> {
    fn default() -> Self {
        Self(Sort::default())
    }
}

impl<F: SortField> Display for Order<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de, F: SortField> Deserialize<'de> for Order<F> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let word = String::deserialize(reader)?;
        word.parse().map(Self).map_err(D::Error::custom)
    }
}

/// Reads and writes the cursors of the list that is asked for.
#[derive(Debug)]
pub(crate) struct Pager {
    keys: Arc<KeyRing>,
    uri: Uri,
}

impl FromRequestParts<State> for Pager {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Self::Rejection> {
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |uri| &uri.0).clone();
        Ok(Self { keys: Arc::clone(&state.keys), uri })
    }
}

impl Pager {
    /// The key of the row after which the page begins; `None`: at the beginning.
    pub(crate) fn after<K: DeserializeOwned>(
        &self,
        cursor: Option<&str>,
        order: &impl Display,
    ) -> Result<Option<K>, Problem> {
        let Some(cursor) = cursor else { return Ok(None) };
        let key = self.open(cursor, order).map(Some);
        key.ok_or_else(|| {
            let message = "it is none of this list in this order: begin again without one";
            let (field, message) = ("cursor".to_owned(), message.to_owned());
            Problem::invalid(vec![FieldProblem { field, message }])
        })
    }

    fn open<K: DeserializeOwned>(&self, cursor: &str, order: &impl Display) -> Option<K> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (signature, key) = bytes.split_first_chunk::<SIGNATURE>()?;
        self.keys.is_signed(&self.purpose(order), key, signature).then_some(())?;
        serde_json::from_slice(key).ok()
    }

    fn purpose(&self, order: &impl Display) -> String {
        format!("cursor {} {order}", self.uri.path())
    }

    /// The cursor of the page after the row with this key.
    fn cursor<K: Serialize>(&self, key: &K, order: &impl Display) -> Option<String> {
        let key = serde_json::to_vec(key).ok()?;
        let signature = self.keys.sign(&self.purpose(order), &key);
        Some(URL_SAFE_NO_PAD.encode([signature.as_slice(), &key].concat()))
    }

    /// The page of the rows that a query with `Window::rows` gave; `key` is what they are sorted by.
    pub(crate) fn listing<R, T: From<R>, K: Serialize>(
        &self,
        mut rows: Vec<R>,
        limit: Limit,
        order: &impl Display,
        key: impl Fn(&R) -> K,
    ) -> Listing<T> {
        let last = last_of_more(&mut rows, limit);
        let next_cursor = last.and_then(|row| self.cursor(&key(row), order));
        let next = next_cursor.as_deref().map(|cursor| self.at(cursor));
        let items = rows.into_iter().map(T::from).collect();
        Listing { page: Page { items, next_cursor }, next }
    }

    /// The same of rows that are JSON already.
    pub(crate) fn documents<T: DeserializeOwned, K: Serialize>(
        &self,
        mut rows: Vec<Document<T>>,
        limit: Limit,
        order: &impl Display,
        key: impl Fn(&T) -> K,
    ) -> Result<Documents<T>, Problem> {
        let last = last_of_more(&mut rows, limit).map(Document::read).transpose()?;
        let next_cursor = last.and_then(|row| self.cursor(&key(&row), order));
        let next = next_cursor.as_deref().map(|cursor| self.at(cursor));
        Ok(Documents::new(rows, next_cursor, next))
    }

    /// The address of the page at a cursor, with the same filters.
    fn at(&self, cursor: &str) -> String {
        let query = self.uri.query().unwrap_or_default();
        let others = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "cursor");
        let mut writer = Serializer::new(String::new());
        writer.extend_pairs(others).append_pair("cursor", cursor);
        format!("{}?{}", self.uri.path(), writer.finish())
    }
}

/// Leaves so many rows; the last of them, if there were more.
fn last_of_more<R>(rows: &mut Vec<R>, limit: Limit) -> Option<&R> {
    let limit = usize::from(limit.get());
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    rows.last().filter(|_| has_more)
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// `cursor` of the next page; null: this is the last one. Opaque, and good for this list in this
    /// order alone.
    pub next_cursor: Option<String>,
}

/// A page as an answer, with a `Link` to the next one.
#[derive(Debug)]
pub(crate) struct Listing<T> {
    /// The body.
    pub page: Page<T>,
    /// The address of the next page.
    pub next: Option<String>,
}

impl<T> Listing<T> {
    /// Nothing.
    pub(crate) fn empty() -> Self {
        Self { page: Page { items: Vec::new(), next_cursor: None }, next: None }
    }
}

impl<T: Serialize> IntoResponse for Listing<T> {
    fn into_response(self) -> Response {
        with_next(Json(self.page).into_response(), self.next.as_deref())
    }
}

/// Adds the `Link` to the next page.
pub(super) fn with_next(mut response: Response, next: Option<&str>) -> Response {
    let link = next.map(|next| HeaderValue::from_str(&format!("<{next}>; rel=\"next\"")));
    if let Some(Ok(link)) = link {
        response.headers_mut().insert(LINK, link);
    }
    response
}
