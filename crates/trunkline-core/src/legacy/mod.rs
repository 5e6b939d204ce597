//! What a row of the platform's `channel_connections` means in the partner tables.
//!
//! The platform wrote these rows for years, by several versions of its code, so one fact stands under several keys, and
//! some rows cannot be told what they mean. [`read`] turns each into a channel of ours, or names why not; it reads
//! nothing else, and no input panics. What only shows when rows are compared is [`Census`] and [`Contention`].

mod chatwoot;
mod conflict;
mod contention;
mod csv;
mod dialog360;
mod facts;
mod fields;
mod given;
mod number;
mod official;
mod token;
mod twilio;

pub use chatwoot::ChatwootChannel;
pub use conflict::{Choice, Conflict, Note};
pub use contention::{Census, Contention, Contest, Contests, Suspects};
pub use csv::{CsvError, read_companies, read_csv};
pub use facts::{ADDRESS, Checksum, Facts};
pub use given::GivenRow;
pub use number::phone_number;

use crate::Provider;
use crate::secrets::Secret;
use fields::Fields;

/// The values of `channel_type` that are taken over; all others are left alone.
pub const CHANNEL_TYPES: [&str; 3] = ["whatsapp_official", "whatsapp_360dialog", "whatsapp_twilio"];

/// The one key of `connection_data` that is ours; it says nothing about the platform's connection.
pub const LINK_KEY: &str = "trunkline";

/// A row of `channel_connections`, with what other tables say about its company.
#[derive(Debug, Clone, Copy, Default)]
pub struct LegacyRow<'a> {
    /// `channel_type`.
    pub channel_type: &'a str,
    /// `account_id`: the number's id at the provider, or the number itself.
    pub account_id: &'a str,
    /// `account_name`: what the company calls the connection.
    pub account_name: &'a str,
    /// The column `access_token`.
    pub access_token: Option<&'a str>,
    /// `status`; `active` is the only word that is understood.
    pub status: Option<&'a str>,
    /// `connection_data` as JSON text.
    pub data: Option<&'a str>,
    /// `company_id`.
    pub company_id: Option<i32>,
    /// The company of the user `user_id`.
    pub user_company_id: Option<i32>,
    /// Whether the company of the row, else of its user, has a row in `companies`.
    pub company_exists: bool,
}

/// What else must be known to read a row.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Meta's business portfolio ids of our partner accounts, which some rows hold in place of a WABA id.
    pub portfolios: Vec<String>,
}

/// What a row means.
#[derive(Debug)]
pub enum Reading {
    /// A channel of ours.
    Channel(Box<LegacyChannel>),
    /// It cannot be taken over as it is.
    Conflict(Conflict),
    /// Its type is none of [`CHANNEL_TYPES`].
    Skipped,
}

/// A channel as a row tells it.
#[derive(Debug)]
pub struct LegacyChannel {
    /// What goes into the partner tables beside the secret.
    pub facts: Facts,
    /// The platform calls the connection active.
    pub is_active: bool,
    /// API key or token of the channel, where the row has one.
    pub secret: Option<Secret>,
    /// Meta's app whose connection it is, where the row names one.
    pub app_id: Option<String>,
    /// What a person should know of how it was read.
    pub notes: Vec<Note>,
}

/// What one provider's rows say; the company is the same question for all.
struct Account {
    client_id: String,
    channel_id: String,
    phone_number: Option<String>,
    webhook_url: Option<String>,
    app_id: Option<String>,
    secret: Option<Secret>,
}

/// Reads a row.
pub fn read(row: &LegacyRow<'_>, known: &Known) -> Reading {
    let provider = match row.channel_type {
        "whatsapp_official" => Provider::Meta,
        "whatsapp_360dialog" => Provider::Dialog360,
        "whatsapp_twilio" => Provider::Twilio,
        _ => return Reading::Skipped,
    };
    match read_channel(row, known, provider) {
        Ok(channel) => Reading::Channel(Box::new(channel)),
        Err(conflict) => Reading::Conflict(conflict),
    }
}

fn read_channel(
    row: &LegacyRow<'_>,
    known: &Known,
    provider: Provider,
) -> Result<LegacyChannel, Conflict> {
    let mut fields = Fields::read(row.data)?;
    let company_id = company(row, &mut fields.notes)?;
    let account = match provider {
        Provider::Meta => official::read(row, &mut fields, known)?,
        Provider::Dialog360 => dialog360::read(row, &mut fields)?,
        Provider::Twilio => twilio::read(row, &mut fields)?,
    };
    let facts = Facts {
        provider,
        company_id,
        client_id: account.client_id,
        channel_id: account.channel_id,
        phone_number: account.phone_number,
        display_name: some_text(row.account_name),
        webhook_url: account.webhook_url,
    };
    if !facts.has_ids() {
        return Err(Conflict::InvalidId);
    }
    if !facts.can_be_stored() {
        return Err(Conflict::InvalidData);
    }
    let is_active = row.status.is_some_and(|status| status.trim().eq_ignore_ascii_case("active"));
    let Account { secret, app_id, .. } = account;
    Ok(LegacyChannel { facts, is_active, secret, app_id, notes: fields.notes })
}

fn company(row: &LegacyRow<'_>, notes: &mut Vec<Note>) -> Result<i32, Conflict> {
    let company = match (row.company_id, row.user_company_id) {
        (Some(given), _) => given,
        (None, Some(of_user)) => {
            notes.push(Note::CompanyOfUser);
            of_user
        }
        (None, None) => return Err(Conflict::CompanyUnknown),
    };
    if row.company_exists { Ok(company) } else { Err(Conflict::CompanyMissing) }
}

/// The text without spaces around it, unless nothing is left.
fn some_text(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
