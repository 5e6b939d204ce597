use super::random::Random;

/// What a sample row of `channel_connections` looks like; each in a fixed share of all rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Variant {
    /// `whatsapp_official`, 16 %: `phoneNumberId`, `wabaId`, `accessToken`.
    OfficialWabaId,
    /// `whatsapp_official`, 8 %: `businessAccountId` instead of `wabaId`.
    OfficialBusinessAccountId,
    /// `whatsapp_official`, 6 %: `waba_id` and `access_token` in snake case.
    OfficialSnakeCase,
    /// `whatsapp_official`, 5 %: an app of the company's own, with `appId`, `appSecret`, `verifyToken`, `webhookUrl`.
    OfficialOwnApp,
    /// `whatsapp_official`, 2 %: the token in the column `access_token` alone.
    OfficialTokenInColumn,
    /// `whatsapp_official`, 1 %: a token nowhere.
    OfficialTokenMissing,
    /// `whatsapp_official`, 0.8 %: `phoneNumberId` and `account_id` are the phone number.
    OfficialNumberAsId,
    /// `whatsapp_official`, 0.6 %: `connection_data` is a JSON string that holds the object.
    OfficialEncodedTwice,
    /// `whatsapp_official`, 0.6 %: `connection_data` is NULL.
    OfficialWithoutData,
    /// `whatsapp_360dialog`, 13 %: `clientId`, `channelId`, `phoneNumber`, `apiKey`.
    Dialog360,
    /// `whatsapp_360dialog`, 4 %: by partner onboarding: no `apiKey`, but `lastConnectedAt`, `lastError`, `errorCode`.
    Dialog360Partner,
    /// `whatsapp_360dialog`, 2 %: the API key in the column `access_token` alone.
    Dialog360KeyInColumn,
    /// `whatsapp_360dialog`, 1 %: no `channelId`; `account_id` is the phone number.
    Dialog360NumberAsId,
    /// `whatsapp_360dialog`, 0.4 %: `connection_data` is an array.
    Dialog360Array,
    /// `whatsapp_twilio`, 6 %: `accountSid`, `authToken`, `phoneNumber`.
    Twilio,
    /// `whatsapp_twilio`, 3 %: with `messagingServiceSid`, the number as `whatsappNumber` (`whatsapp:+1…`).
    TwilioMessagingService,
    /// `whatsapp_twilio`, 1.6 %: `apiKey` and `apiSecret` instead of `authToken`.
    TwilioApiKey,
    /// `whatsapp_twilio`, 0.4 %: a token nowhere.
    TwilioTokenMissing,
    /// `messenger`, 11 %: not ours.
    Messenger,
    /// `instagram`, 8 %: not ours.
    Instagram,
    /// `email`, 6 %: not ours.
    Email,
    /// `telegram`, 3.6 %: not ours.
    Telegram,
}

impl Variant {
    /// Every variant with its share in thousandths.
    pub const SHARES: [(Self, u32); 22] = [
        (Self::OfficialWabaId, 160),
        (Self::OfficialBusinessAccountId, 80),
        (Self::OfficialSnakeCase, 60),
        (Self::OfficialOwnApp, 50),
        (Self::OfficialTokenInColumn, 20),
        (Self::OfficialTokenMissing, 10),
        (Self::OfficialNumberAsId, 8),
        (Self::OfficialEncodedTwice, 6),
        (Self::OfficialWithoutData, 6),
        (Self::Dialog360, 130),
        (Self::Dialog360Partner, 40),
        (Self::Dialog360KeyInColumn, 20),
        (Self::Dialog360NumberAsId, 10),
        (Self::Dialog360Array, 4),
        (Self::Twilio, 60),
        (Self::TwilioMessagingService, 30),
        (Self::TwilioApiKey, 16),
        (Self::TwilioTokenMissing, 4),
        (Self::Messenger, 110),
        (Self::Instagram, 80),
        (Self::Email, 60),
        (Self::Telegram, 36),
    ];

    /// The value of `channel_type`.
    pub fn channel_type(self) -> &'static str {
        match self {
            Self::OfficialWabaId
            | Self::OfficialBusinessAccountId
            | Self::OfficialSnakeCase
            | Self::OfficialOwnApp
            | Self::OfficialTokenInColumn
            | Self::OfficialTokenMissing
            | Self::OfficialNumberAsId
            | Self::OfficialEncodedTwice
            | Self::OfficialWithoutData => "whatsapp_official",
            Self::Dialog360
            | Self::Dialog360Partner
            | Self::Dialog360KeyInColumn
            | Self::Dialog360NumberAsId
            | Self::Dialog360Array => "whatsapp_360dialog",
            Self::Twilio
            | Self::TwilioMessagingService
            | Self::TwilioApiKey
            | Self::TwilioTokenMissing => "whatsapp_twilio",
            Self::Messenger => "messenger",
            Self::Instagram => "instagram",
            Self::Email => "email",
            Self::Telegram => "telegram",
        }
    }

    /// Whether Trunkline takes such a row over.
    pub fn is_whatsapp(self) -> bool {
        self.channel_type().starts_with("whatsapp_")
    }

    pub(super) fn draw(random: &mut Random) -> Self {
        let mut rest = random.below(1000);
        for (variant, share) in Self::SHARES {
            if rest < share {
                return variant;
            }
            rest -= share;
        }
        Self::Telegram
    }
}

/// What may be wrong with a sample row beside its [`Variant`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Flaw {
    /// 3 % of all rows: `company_id` is NULL, but the user has a company.
    CompanyOfUser,
    /// 0.2 % of all rows: `company_id` is NULL, and the user is the platform's administrator.
    CompanyUnknown,
    /// 1 % of companies, where the one before has a WhatsApp number: their first row repeats it.
    NumberOfOtherCompany,
}

#[cfg(test)]
mod tests {
    use super::Variant;

    #[test]
    fn shares_are_of_a_thousand() {
        assert_eq!(Variant::SHARES.iter().map(|(_, share)| share).sum::<u32>(), 1000);
    }
}
