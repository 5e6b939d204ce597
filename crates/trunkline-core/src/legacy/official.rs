use super::fields::Fields;
use super::number::{is_phone_number, phone_number};
use super::{Account, Conflict, Known, LegacyRow, Note, some_text, token};

const PHONE_NUMBER_ID: [&str; 3] = ["phoneNumberId", "phone_number_id", "phoneNumberID"];
/// A row that has several means the first: `businessAccountId` was once the portfolio's.
const WABA_ID: [&str; 6] = [
    "wabaId",
    "waba_id",
    "whatsappBusinessAccountId",
    "whatsapp_business_account_id",
    "businessAccountId",
    "business_account_id",
];
const PORTFOLIO_ID: [&str; 4] = ["businessId", "business_id", "portfolioId", "portfolio_id"];
const PHONE_NUMBER: [&str; 4] =
    ["phoneNumber", "phone_number", "displayPhoneNumber", "display_phone_number"];
const TOKEN: [&str; 2] = ["accessToken", "access_token"];
const APP_ID: [&str; 2] = ["appId", "app_id"];
const APP_SECRET: [&str; 2] = ["appSecret", "app_secret"];

/// Meta's Cloud API: the token may use the number, which belongs to a WhatsApp Business Account.
pub(super) fn read(
    row: &LegacyRow<'_>,
    fields: &mut Fields,
    known: &Known,
) -> Result<Account, Conflict> {
    let phone_number = fields.text(&PHONE_NUMBER).as_deref().and_then(phone_number);
    let channel_id = fields
        .text(&PHONE_NUMBER_ID)
        .or_else(|| some_text(row.account_id))
        .ok_or(Conflict::ChannelIdMissing)?;
    if is_phone_number(&channel_id, phone_number.as_deref()) {
        return Err(Conflict::PhoneNumberAsId);
    }
    let client_id = fields.text(&WABA_ID).ok_or(Conflict::ClientIdMissing)?;
    let is_portfolio = known.portfolios.contains(&client_id)
        || fields.text(&PORTFOLIO_ID).is_some_and(|portfolio| portfolio == client_id);
    if is_portfolio || client_id == channel_id || is_phone_number(&client_id, None) {
        return Err(Conflict::NotAClientId);
    }
    if fields.secret(&APP_SECRET).is_ok_and(|secret| secret.is_some()) {
        fields.note(Note::OwnApp);
    }
    let secret = token::read(row, fields, &TOKEN)?.ok_or(Conflict::TokenMissing)?;
    let app_id = fields.text(&APP_ID);
    let webhook_url = None;
    Ok(Account { client_id, channel_id, phone_number, webhook_url, app_id, secret: Some(secret) })
}
