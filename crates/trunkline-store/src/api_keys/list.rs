use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_postgres::types::ToSql;
use trunkline_core::Role;

use super::{ApiKey, COLUMNS};
use crate::{Executor, Sort, SortField, StoreError, Window};

/// Which keys are listed.
#[derive(Debug, Clone, Default)]
pub struct ApiKeyFilter<'a> {
    /// Of this company alone.
    pub company_id: Option<i32>,
    /// Of this role alone.
    pub role: Option<Role>,
    /// In this state alone.
    pub state: Option<ApiKeyState>,
    /// With this in the name.
    pub search: Option<&'a str>,
}

/// Whether a key lets anything in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiKeyState {
    /// It does.
    Active,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

/// What keys can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKeyField {
    /// When they were made.
    CreatedAt,
    /// Their name.
    Name,
}

impl SortField for ApiKeyField {
    const ALL: &'static [Self] = &[Self::CreatedAt, Self::Name];
    const DESCENDING: bool = true;

    fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::Name => "name",
        }
    }
}

/// Where a key stands in a list: its name and its id. Ids are counted in the order of making.
pub type ApiKeyPlace = (String, i32);

/// Keys, usable or not.
pub async fn list_api_keys(
    executor: Executor<'_>,
    filter: &ApiKeyFilter<'_>,
    sort: Sort<ApiKeyField>,
    window: &Window<ApiKeyPlace>,
    now: Timestamp,
) -> Result<Vec<ApiKey>, StoreError> {
    let (after, direction) = sort.sql();
    let (place, order) = match sort.field {
        ApiKeyField::CreatedAt => (format!("id {after} $7"), format!("id {direction}")),
        ApiKeyField::Name => {
            let order = format!("name {direction}, id {direction}");
            (format!("(name, id) {after} ($6, $7)"), order)
        }
    };
    let query = format!(
        "SELECT {COLUMNS}
        FROM trunkline.api_keys
        WHERE ($1::INTEGER IS NULL OR company_id = $1)
            AND ($2::TEXT IS NULL OR role = $2)
            AND ($3::TEXT IS NULL OR strpos(lower(name), lower($3)) > 0)
            AND ($4::TEXT IS NULL OR $4 = CASE
                WHEN revoked_at IS NOT NULL THEN 'revoked'
                WHEN expires_at <= $5 THEN 'expired'
                ELSE 'active'
            END)
            AND (($6::TEXT IS NULL AND $7::INTEGER IS NULL) OR {place})
        ORDER BY {order}
        LIMIT $8"
    );
    let role = filter.role.map(Role::as_str);
    let state = filter.state.map(ApiKeyState::as_str);
    let (name, id) =
        window.after.as_ref().map_or((None, None), |(name, id)| (Some(name), Some(id)));
    let rows = window.rows();
    let parameters: [&(dyn ToSql + Sync); 8] =
        [&filter.company_id, &role, &filter.search, &state, &now, &name, &id, &rows];
    let rows = executor.rows("list API keys", &query, &parameters).await?;
    rows.iter().map(ApiKey::read).collect()
}

impl ApiKeyState {
    /// Every one.
    pub const ALL: &'static [Self] = &[Self::Active, Self::Expired, Self::Revoked];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl ApiKey {
    /// Whether it lets anything in, and if not, why.
    pub fn state(&self, now: Timestamp) -> ApiKeyState {
        match (self.revoked_at, self.expires_at) {
            (Some(_), _) => ApiKeyState::Revoked,
            (None, Some(end)) if end <= now => ApiKeyState::Expired,
            _ => ApiKeyState::Active,
        }
    }
}
