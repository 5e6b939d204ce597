//! Connections that come from elsewhere than the platform's own table.

use super::LegacyRow;
use crate::secrets::Secret;

/// A connection as it was given, with an id of its own.
#[derive(Debug, Clone)]
pub struct GivenRow {
    /// Its id among those that were given together; the rows are in its order.
    pub id: i64,
    /// As in [`LegacyRow`].
    pub channel_type: String,
    /// As in [`LegacyRow`].
    pub account_id: String,
    /// As in [`LegacyRow`].
    pub account_name: String,
    /// As in [`LegacyRow`].
    pub access_token: Option<Secret>,
    /// As in [`LegacyRow`].
    pub status: Option<String>,
    /// As in [`LegacyRow`]; tokens may stand in it.
    pub data: Option<Secret>,
    /// As in [`LegacyRow`].
    pub company_id: Option<i32>,
    /// When it was made, in seconds of the Unix epoch; 0 where that is not known.
    pub created_at: i64,
    /// When it was changed last, in milliseconds; 0 where that is not known.
    pub changed_at: i64,
}

impl GivenRow {
    /// The row as those of the platform are read; whether its company exists it does not say.
    pub fn as_legacy(&self) -> LegacyRow<'_> {
        LegacyRow {
            channel_type: &self.channel_type,
            account_id: &self.account_id,
            account_name: &self.account_name,
            access_token: self.access_token.as_ref().map(Secret::expose),
            status: self.status.as_deref(),
            data: self.data.as_ref().map(Secret::expose),
            company_id: self.company_id,
            ..LegacyRow::default()
        }
    }
}
