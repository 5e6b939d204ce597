use super::fields::Fields;
use super::number::{is_phone_number, phone_number};
use super::{Account, Conflict, LegacyRow, Note, some_text, token};

const CLIENT_ID: [&str; 2] = ["clientId", "client_id"];
const CHANNEL_ID: [&str; 2] = ["channelId", "channel_id"];
const PHONE_NUMBER: [&str; 2] = ["phoneNumber", "phone_number"];
const API_KEY: [&str; 4] = ["apiKey", "api_key", "d360ApiKey", "d360_api_key"];
const WEBHOOK_URL: [&str; 2] = ["webhookUrl", "webhook_url"];

/// 360dialog: each channel of a client has an API key, which partner onboarding leaves at the provider.
pub(super) fn read(row: &LegacyRow<'_>, fields: &mut Fields) -> Result<Account, Conflict> {
    let phone_number = fields.text(&PHONE_NUMBER).as_deref().and_then(phone_number);
    let channel_id = fields
        .text(&CHANNEL_ID)
        .or_else(|| some_text(row.account_id))
        .ok_or(Conflict::ChannelIdMissing)?;
    if is_phone_number(&channel_id, phone_number.as_deref()) {
        return Err(Conflict::PhoneNumberAsId);
    }
    let client_id = fields.text(&CLIENT_ID).ok_or(Conflict::ClientIdMissing)?;
    let secret = token::read(row, fields, &API_KEY)?;
    if secret.is_none() {
        fields.note(Note::WithoutKey);
    }
    let webhook_url = fields.text(&WEBHOOK_URL);
    Ok(Account { client_id, channel_id, phone_number, webhook_url, app_id: None, secret })
}
