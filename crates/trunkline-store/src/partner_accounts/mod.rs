//! Partner accounts: rows of `public.partner_configurations`, each with its row of
//! `trunkline.partner_account_details`. Secrets go in and out as ciphertext.

mod default;
mod logo;
mod read;
mod write;

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use trunkline_core::Provider;

use crate::StoreError;
use crate::row::word;

pub use default::{clear_default, find_default, find_heir, lock_provider};
pub use logo::{Logo, find_logo, update_logo};
pub use read::{
    Filter, find_partner_account, get_partner_account_for_update, list_partner_accounts,
};
pub use write::{
    delete_partner_account, insert_partner_account, update_check, update_partner_account,
};

/// Refuses a second row of one provider and partner id.
pub const PARTNER_ID_KEY: &str = "partner_configurations_provider_partner_id_key";

/// A partner account. What each provider keeps in which column stands in the comments of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct PartnerAccount {
    /// Its id.
    pub id: i32,
    /// Whose partner the platform is by it.
    pub provider: Provider,
    /// The provider's id of the account.
    pub partner_id: String,
    /// Ciphertext.
    pub partner_api_key: Option<String>,
    /// Ciphertext.
    pub partner_secret: Option<String>,
    /// Ciphertext.
    pub webhook_verify_token: Option<String>,
    /// Ciphertext.
    pub access_token: Option<String>,
    /// Meta: the login configuration.
    pub config_id: Option<String>,
    /// Where the provider sends the account's webhooks.
    pub partner_webhook_url: Option<String>,
    /// Where the provider sends the browser after onboarding.
    pub redirect_url: Option<String>,
    /// What companies see.
    pub public_profile: Value,
    /// Whether it is in use.
    pub is_active: bool,
    /// Whether new companies are onboarded with it.
    pub is_default: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// The account in the path of its webhook URLs.
    pub slug: String,
    /// What the administrators call it.
    pub label: Option<String>,
    /// Meta: the version of the Graph API.
    pub graph_version: Option<String>,
    /// Where the provider's API is, when not where it usually is.
    pub base_url: Option<String>,
    /// 360dialog: the name of the custom webhook header.
    pub webhook_header: Option<String>,
    /// The type and length in bytes of an uploaded logo.
    pub logo: Option<(String, i32)>,
    /// When it was last checked at the provider.
    pub checked_at: Option<Timestamp>,
    /// What that check found: an array.
    pub check_findings: Option<Value>,
}

impl PartnerAccount {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let logo_type: Option<String> = row.get("logo_type");
        Ok(Self {
            id: row.get("id"),
            provider: word(row, "provider")?,
            partner_id: row.get("partner_id"),
            partner_api_key: row.get("partner_api_key"),
            partner_secret: row.get("partner_secret"),
            webhook_verify_token: row.get("webhook_verify_token"),
            access_token: row.get("access_token"),
            config_id: row.get("config_id"),
            partner_webhook_url: row.get("partner_webhook_url"),
            redirect_url: row.get("redirect_url"),
            public_profile: row.get("public_profile"),
            is_active: row.get("is_active"),
            is_default: row.get("is_default"),
            created_at: row.get("created_at"),
            updated_at: row.get("updated_at"),
            slug: row.get("slug"),
            label: row.get("label"),
            graph_version: row.get("graph_version"),
            base_url: row.get("base_url"),
            webhook_header: row.get("webhook_header"),
            logo: logo_type.zip(row.get("logo_length")),
            checked_at: row.get("checked_at"),
            check_findings: row.get("check_findings"),
        })
    }
}
