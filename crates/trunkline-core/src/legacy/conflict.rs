use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::words::{UnknownWord, vocabulary};

vocabulary! {
    /// Why a row of `channel_connections` is not taken over.
    Conflict {
        /// `connection_data` is NULL, so nothing says which account the number belongs to.
        DataMissing = "data_missing",
        /// `connection_data` is no JSON object, nor one object within a string or an array; or a text holds a NUL, which no
        /// column can.
        InvalidData = "invalid_data",
        /// An id is none that the provider gives: Meta's are digits, others letters and digits, and none is longer than 500.
        InvalidId = "invalid_id",
        /// `company_id` is NULL, and so is the company of the user.
        CompanyUnknown = "company_unknown",
        /// `companies` has no such row.
        CompanyMissing = "company_missing",
        /// The client's id (WABA, 360dialog client, Twilio account) stands nowhere.
        ClientIdMissing = "client_id_missing",
        /// The channel's id (phone number id, 360dialog channel, Twilio number) stands nowhere.
        ChannelIdMissing = "channel_id_missing",
        /// The phone number stands where the provider's id should.
        PhoneNumberAsId = "phone_number_as_id",
        /// A business portfolio's id, or the phone number's, stands where the WABA's should.
        NotAClientId = "not_a_client_id",
        /// No token and no API key.
        TokenMissing = "token_missing",
        /// Something that cannot be a token: not text, masked, encrypted by somebody else, or with spaces.
        TokenUnreadable = "token_unreadable",
        /// Another row of the same company has the same channel id.
        DuplicateChannelId = "duplicate_channel_id",
        /// Another company has the same channel or phone number, in a row or in the partner tables.
        NumberInTwoCompanies = "number_in_two_companies",
        /// Another company has numbers in the same account (WABA), in a row or in the partner tables.
        ClientInTwoCompanies = "client_in_two_companies",
        /// It was imported, and now names another company, account or channel.
        SourceMoved = "source_moved",
        /// Both the row and the channel were changed since it was imported, or the channel was there with another token.
        ChangedHere = "changed_here",
        /// The provider was asked, and does not take the token.
        TokenRejected = "token_rejected",
        /// The provider was asked: the token works, and does not reach the number.
        TokenElsewhere = "token_elsewhere",
    }
}

impl Conflict {
    /// What is wrong, in a few words.
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::DataMissing => "connection_data is NULL",
            Self::InvalidData => "connection_data is no JSON object of texts that can be stored",
            Self::InvalidId => "an id is none that the provider gives",
            Self::CompanyUnknown => "neither the row nor its user has a company",
            Self::CompanyMissing => "its company does not exist",
            Self::ClientIdMissing => "no WABA, client or account id",
            Self::ChannelIdMissing => "no phone number id or channel id",
            Self::PhoneNumberAsId => "a phone number stands in place of the provider's id",
            Self::NotAClientId => "a portfolio's or number's id stands in place of the WABA id",
            Self::TokenMissing => "no token and no API key",
            Self::TokenUnreadable => "what stands in place of the token cannot be one",
            Self::DuplicateChannelId => "another row of the company has the same channel",
            Self::NumberInTwoCompanies => "another company has the same number",
            Self::ClientInTwoCompanies => "another company has numbers in the same account",
            Self::SourceMoved => "imported before, and now another company, account or channel",
            Self::ChangedHere => {
                "changed on both sides since it was imported, or there with another token"
            }
            Self::TokenRejected => "the provider does not take the token",
            Self::TokenElsewhere => "the token does not reach this number",
        }
    }

    /// What to do about it, for this row; `is_in_tables`: the other side stands in the partner tables, not in a row;
    /// `options`, each behind a space, are those of a command that speaks of the same rows.
    pub fn remedy(self, row: i64, is_in_tables: bool, options: &str) -> String {
        let remedy = match self {
            Self::SourceMoved => {
                let moved = if options.contains("--from csv") {
                    "if the file is another one, or lines changed places: another name, or a column id; else "
                } else {
                    ""
                };
                return format!(
                    "{moved}trunkline import undo --row {row}{options} (where that keeps the channel: --changed delete, or --changed forget if it is to stay as it is), then run again"
                );
            }
            Self::NumberInTwoCompanies | Self::ClientInTwoCompanies if is_in_tables => {
                "find out whose it is: what stands in the partner tables comes first, until it is deleted there, or disconnected where only the number is the same"
            }
            Self::DataMissing | Self::ClientIdMissing | Self::ChannelIdMissing => {
                "complete connection_data, or connect the number anew"
            }
            Self::InvalidData => "write connection_data as one JSON object, without NUL",
            Self::InvalidId => {
                "write the ids of account and number as the provider shows them: Meta's are digits, others letters and digits"
            }
            Self::CompanyUnknown | Self::CompanyMissing => "set company_id of the row",
            Self::PhoneNumberAsId => "write the provider's id; the provider's console shows it",
            Self::NotAClientId => "write the WABA id; Meta's Business Manager shows it",
            Self::TokenMissing | Self::TokenUnreadable | Self::TokenRejected => {
                "enter the token on the platform, or connect the number anew"
            }
            Self::TokenElsewhere => {
                "compare number, account and token of the row; connect the number anew"
            }
            Self::DuplicateChannelId => "delete the row that is out of use, or --conflict newest",
            Self::NumberInTwoCompanies | Self::ClientInTwoCompanies => {
                "find out whose it is and delete the other row, or --conflict newest"
            }
            Self::ChangedHere => "decide which is right, and change the other",
        };
        remedy.to_owned()
    }

    /// Whether only the provider tells: a run does not ask, and takes such a row unless somebody decided otherwise.
    pub const fn is_of_provider(self) -> bool {
        matches!(self, Self::TokenRejected | Self::TokenElsewhere)
    }

    /// What somebody may decide about it; `source_moved` and flaws of the data are mended on the platform.
    pub const fn choices(self) -> &'static [Choice] {
        match self {
            Self::DuplicateChannelId
            | Self::NumberInTwoCompanies
            | Self::ClientInTwoCompanies
            | Self::ChangedHere => &[Choice::LeaveOut, Choice::Take],
            Self::CompanyUnknown | Self::CompanyMissing => &[Choice::LeaveOut, Choice::Assign],
            _ => &[Choice::LeaveOut],
        }
    }

    /// What a choice about it would do.
    pub const fn effect(self, choice: Choice) -> &'static str {
        match (choice, self) {
            (Choice::LeaveOut, Self::ChangedHere) => "the channel stays as it is here",
            (Choice::LeaveOut, _) => "the row is left out, and no longer counts as a conflict",
            (Choice::Take, Self::ChangedHere) => "the channel becomes what the row says",
            (Choice::Take, _) => "this row is taken, and those that contend with it are not",
            (Choice::Assign, _) => "the row is taken over for the company that you name",
        }
    }

    /// Whether `newest` decides it: rows contend, and one of them can be taken.
    pub const fn is_contest(self) -> bool {
        matches!(
            self,
            Self::DuplicateChannelId | Self::NumberInTwoCompanies | Self::ClientInTwoCompanies
        )
    }
}

vocabulary! {
    /// What somebody decided about a row of a conflict.
    Choice {
        /// It is not taken over.
        LeaveOut = "leave_out",
        /// It is taken over.
        Take = "take",
        /// It is taken over for a company that was named.
        Assign = "assign",
    }
}

vocabulary! {
    /// What a person should know about a row that is taken over.
    Note {
        /// `company_id` is NULL; the company is the user's.
        CompanyOfUser = "company_of_user",
        /// `connection_data` is the object as text within a JSON string.
        EncodedTwice = "encoded_twice",
        /// `connection_data` is an array of one object.
        InArray = "in_array",
        /// The column `access_token` and `connection_data` have different tokens; the latter is taken.
        TokensDiffer = "tokens_differ",
        /// 360dialog: no API key; partner onboarding made the channel without one.
        WithoutKey = "without_key",
        /// Meta: the number's webhooks belong to an app of the company's own, whose secret is not taken over.
        OwnApp = "own_app",
        /// Twilio: an API key, which signs no webhooks, in place of the auth token; it is not taken over.
        ApiKeyNotTaken = "api_key_not_taken",
        /// Twilio: the sender's SID is not known, so its address (`whatsapp:+…`) stands in its place.
        SenderSidUnknown = "sender_sid_unknown",
        /// The provider was asked, and has another number under the channel's id.
        NumberDiffers = "number_differs",
        /// The provider was asked: Meta's token was made for another app than that of our partner account.
        OtherApp = "other_app",
        /// The provider was asked: the Twilio account is suspended or closed.
        AccountNotActive = "account_not_active",
        /// The provider could not be asked, or did not answer; nothing is known of the token.
        TokenNotAsked = "token_not_asked",
    }
}

impl Note {
    /// What it says, in a few words.
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::CompanyOfUser => "the company is the user's",
            Self::EncodedTwice => "connection_data is an object within a string",
            Self::InArray => "connection_data is an object within an array",
            Self::TokensDiffer => "two tokens, of which that of connection_data is taken",
            Self::WithoutKey => "no API key",
            Self::OwnApp => "the number's webhooks belong to an app of the company's own",
            Self::ApiKeyNotTaken => "an API key, which is not taken over",
            Self::SenderSidUnknown => "the sender's SID is not known",
            Self::NumberDiffers => "the provider has another number under this id",
            Self::OtherApp => "the token was made for another app than ours",
            Self::AccountNotActive => "the account is not active at the provider",
            Self::TokenNotAsked => "the provider was not asked, or did not answer",
        }
    }
}
