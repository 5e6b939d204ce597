use super::{copy::Moment, json, random::Random, variant::Variant};

/// One WhatsApp number (or other account) of the sample: everything a provider would call it by follows from these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) company: u32,
    /// Below 8.
    pub(super) slot: u32,
}

impl Number {
    fn index(self) -> u32 {
        self.company * 8 + self.slot
    }

    /// In E.164; the area code 555 is nobody's.
    fn phone(self) -> String {
        format!("+1555{:07}", self.index())
    }

    fn phone_number_id(self) -> String {
        format!("9{:014}", self.index())
    }

    fn business_account_id(self) -> String {
        format!("8{:014}", self.company)
    }
}

/// What differs between the variants of a connection. All secrets begin with `fake-`.
#[derive(Debug, Clone)]
pub(super) struct Credentials {
    pub(super) account_id: String,
    pub(super) access_token: Option<String>,
    /// JSON.
    pub(super) data: Option<String>,
}

impl Credentials {
    pub(super) fn new(
        variant: Variant,
        number: Number,
        created_at: Moment,
        random: &mut Random,
    ) -> Self {
        match variant.channel_type() {
            "whatsapp_official" => Self::official(variant, number, random),
            "whatsapp_360dialog" => Self::dialog360(variant, number, created_at, random),
            "whatsapp_twilio" => Self::twilio(variant, number, random),
            other => Self::other(other, number, random),
        }
    }

    fn official(variant: Variant, number: Number, random: &mut Random) -> Self {
        let token = secret("token", random);
        let id = match variant {
            Variant::OfficialNumberAsId => number.phone(),
            _ => number.phone_number_id(),
        };
        let waba = number.business_account_id();
        let phone = ("phoneNumberId", id.as_str());
        let data = match variant {
            Variant::OfficialBusinessAccountId => {
                json::object(&[phone, ("businessAccountId", &waba), ("accessToken", &token)])
            }
            Variant::OfficialSnakeCase => {
                json::object(&[phone, ("waba_id", &waba), ("access_token", &token)])
            }
            Variant::OfficialOwnApp => json::object(&[
                phone,
                ("wabaId", &waba),
                ("accessToken", &token),
                ("appId", &format!("7{:014}", number.company)),
                ("appSecret", &secret("app-secret", random)),
                ("verifyToken", &secret("verify-token", random)),
                ("webhookUrl", &format!("https://hooks.example/{}/whatsapp", number.company)),
            ]),
            Variant::OfficialTokenInColumn | Variant::OfficialTokenMissing => {
                json::object(&[phone, ("wabaId", &waba)])
            }
            _ => json::object(&[phone, ("wabaId", &waba), ("accessToken", &token)]),
        };
        Self {
            access_token: match variant {
                Variant::OfficialTokenInColumn | Variant::OfficialWithoutData => Some(token),
                // Older code wrote the token to both places, newer to the JSON only.
                Variant::OfficialWabaId if random.per_mille(300) => Some(token),
                _ => None,
            },
            data: match variant {
                Variant::OfficialWithoutData => None,
                Variant::OfficialEncodedTwice => Some(json::string(&data)),
                _ => Some(data),
            },
            account_id: id,
        }
    }

    fn dialog360(
        variant: Variant,
        number: Number,
        created_at: Moment,
        random: &mut Random,
    ) -> Self {
        let key = secret("d360-key", random);
        let client = format!("fake{:06}CL", number.company);
        let channel = format!("fake{:08}CH", number.index());
        let phone = number.phone();
        let ids = [
            ("clientId", client.as_str()),
            ("channelId", channel.as_str()),
            ("phoneNumber", phone.as_str()),
        ];
        let data = match variant {
            Variant::Dialog360Partner => {
                let connected = created_at.to_string();
                let failed = random.per_mille(200);
                let mut pairs = ids.to_vec();
                pairs.push(("lastConnectedAt", &connected));
                if failed {
                    pairs.extend([
                        ("lastError", "Channel \"paused\" by provider"),
                        ("errorCode", "CHANNEL_PAUSED"),
                    ]);
                }
                json::object(&pairs)
            }
            Variant::Dialog360KeyInColumn => json::object(&ids),
            Variant::Dialog360NumberAsId => json::object(&[ids[0], ids[2], ("apiKey", &key)]),
            Variant::Dialog360Array => {
                format!("[{}]", json::object(&[ids[0], ids[1], ids[2], ("apiKey", &key)]))
            }
            _ => json::object(&[ids[0], ids[1], ids[2], ("apiKey", &key)]),
        };
        Self {
            account_id: if variant == Variant::Dialog360NumberAsId { phone } else { channel },
            access_token: (variant == Variant::Dialog360KeyInColumn).then_some(key),
            data: Some(data),
        }
    }

    fn twilio(variant: Variant, number: Number, random: &mut Random) -> Self {
        let account = format!("ACfa4e{:028}", number.company);
        let token = secret("auth-token", random);
        let phone = number.phone();
        let sid = ("accountSid", account.as_str());
        let data = match variant {
            Variant::TwilioMessagingService => json::object(&[
                sid,
                ("authToken", &token),
                ("messagingServiceSid", &format!("MGfake{:028}", number.index())),
                ("whatsappNumber", &format!("whatsapp:{phone}")),
            ]),
            Variant::TwilioApiKey => json::object(&[
                sid,
                ("apiKey", &format!("SKfake{:028}", number.index())),
                ("apiSecret", &token),
                ("phoneNumber", &phone),
            ]),
            Variant::TwilioTokenMissing => json::object(&[sid, ("phoneNumber", &phone)]),
            _ => json::object(&[sid, ("authToken", &token), ("phoneNumber", &phone)]),
        };
        Self { account_id: phone, access_token: None, data: Some(data) }
    }

    fn other(channel_type: &str, number: Number, random: &mut Random) -> Self {
        let account_id = match channel_type {
            "email" => format!("desk{}@company-{}.example", number.slot, number.company),
            _ => format!("{channel_type}-{}", number.index()),
        };
        Self {
            data: Some(json::object(&[("accountId", &account_id)])),
            access_token: Some(secret("token", random)),
            account_id,
        }
    }
}

fn secret(kind: &str, random: &mut Random) -> String {
    format!("fake-{kind}-{}", random.hex(24))
}
