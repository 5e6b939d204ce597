use super::facts::ADDRESS;
use super::fields::Fields;
use super::number::phone_number;
use super::{Account, Conflict, LegacyRow, Note, token};

const ACCOUNT_SID: [&str; 2] = ["accountSid", "account_sid"];
const SENDER_SID: [&str; 2] = ["senderSid", "sender_sid"];
const PHONE_NUMBER: [&str; 5] =
    ["phoneNumber", "phone_number", "whatsappNumber", "whatsapp_number", "from"];
const AUTH_TOKEN: [&str; 2] = ["authToken", "auth_token"];
const API_SECRET: [&str; 2] = ["apiSecret", "api_secret"];
const WEBHOOK_URL: [&str; 2] = ["webhookUrl", "webhook_url"];

/// Twilio: a sender of an account. Rows know a sender by its number; its SID is asked of Twilio later, and until then
/// its address stands in its place (<https://www.twilio.com/docs/whatsapp/api/senders>: `sender_id`).
pub(super) fn read(row: &LegacyRow<'_>, fields: &mut Fields) -> Result<Account, Conflict> {
    let number = fields.text(&PHONE_NUMBER);
    let phone_number =
        number.as_deref().and_then(phone_number).or_else(|| phone_number(row.account_id));
    let channel_id = match (fields.text(&SENDER_SID), &phone_number) {
        (Some(sid), _) => sid,
        (None, Some(number)) => {
            fields.note(Note::SenderSidUnknown);
            format!("{ADDRESS}{number}")
        }
        (None, None) => return Err(Conflict::ChannelIdMissing),
    };
    let client_id = fields.text(&ACCOUNT_SID).ok_or(Conflict::ClientIdMissing)?;
    let secret = token::read(row, fields, &AUTH_TOKEN)?;
    if secret.is_none() {
        let key = fields.secret(&API_SECRET)?.ok_or(Conflict::TokenMissing)?;
        token::checked(key)?;
        fields.note(Note::ApiKeyNotTaken);
    }
    let webhook_url = fields.text(&WEBHOOK_URL);
    Ok(Account { client_id, channel_id, phone_number, webhook_url, app_id: None, secret })
}
