use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Provider;
use crate::words::{UnknownWord, vocabulary};

vocabulary! {
    /// A stream of webhooks, each with its own form.
    Source {
        /// Meta's, of one app.
        Meta = "meta",
        /// 360dialog's about the partner's clients and channels.
        Dialog360Events = "360dialog_events",
        /// 360dialog's about messages, in Meta's shape.
        Dialog360Numbers = "360dialog_numbers",
        /// Twilio's messages that came in.
        TwilioMessages = "twilio_messages",
        /// Twilio's statuses of messages that went out.
        TwilioStatus = "twilio_status",
    }
}

impl Source {
    /// Whose it is.
    pub const fn provider(self) -> Provider {
        match self {
            Self::Meta => Provider::Meta,
            Self::Dialog360Events | Self::Dialog360Numbers => Provider::Dialog360,
            Self::TwilioMessages | Self::TwilioStatus => Provider::Twilio,
        }
    }
}

vocabulary! {
    /// What happened, the same word at every provider; `docs/events.md` says of each what it does.
    EventKind {
        /// A company's account came to us.
        ClientCreated = "client.created",
        /// An account was shared with us, or our app installed in it.
        ClientConnected = "client.connected",
        /// Our access was withdrawn.
        ClientDisconnected = "client.disconnected",
        /// Banned, about to be, or no longer.
        ClientBanChanged = "client.ban_changed",
        /// Deleted.
        ClientDeleted = "client.deleted",
        /// Something was forbidden for a time.
        ClientRestricted = "client.restricted",
        /// A policy was violated.
        ClientViolated = "client.violated",
        /// A review ended or began.
        ClientReviewChanged = "client.review_changed",
        /// The verification of the business went on.
        ClientVerificationChanged = "client.verification_changed",
        /// Anything else of an account: price, place, terms, advertising, payment.
        ClientUpdated = "client.updated",
        /// The provider warns, or gives news, of an account or a number.
        ClientAlerted = "client.alerted",
        /// A number came to us.
        ChannelCreated = "channel.created",
        /// A number stands otherwise.
        ChannelStatusChanged = "channel.status_changed",
        /// People take it otherwise.
        ChannelQualityChanged = "channel.quality_changed",
        /// It may begin more or fewer conversations.
        ChannelLimitChanged = "channel.limit_changed",
        /// A display name was judged.
        ChannelNameChanged = "channel.name_changed",
        /// Its two-step verification was touched.
        ChannelPinChanged = "channel.pin_changed",
        /// We may use its key, or no longer.
        ChannelPermissionChanged = "channel.permission_changed",
        /// It was asked to end, kept, or ended.
        ChannelCancellationChanged = "channel.cancellation_changed",
        /// Anything else of a number.
        ChannelUpdated = "channel.updated",
        /// The provider reports an error of a number, outside of any message.
        ChannelFailed = "channel.failed",
        /// A template was approved, rejected, paused.
        TemplateStatusChanged = "template.status_changed",
        /// People take it otherwise.
        TemplateQualityChanged = "template.quality_changed",
        /// It became, or will become, one of another category.
        TemplateCategoryChanged = "template.category_changed",
        /// Its text changed.
        TemplateEdited = "template.edited",
        /// Somebody wrote.
        MessageReceived = "message.received",
        /// A message that was sent went on.
        MessageStatus = "message.status",
        /// A message was written in the WhatsApp Business app.
        MessageEchoed = "message.echoed",
        /// Older messages of a number that is also used in the app.
        HistoryReceived = "history.received",
        /// The contacts of a number that is also used in the app.
        ContactsReceived = "contacts.received",
        /// Somebody wants marketing messages, or no more.
        PreferenceChanged = "preference.changed",
        /// Meta saw that a conversation led to something.
        ConversionSeen = "conversion.seen",
        /// A solution of several partners changed.
        SolutionChanged = "solution.changed",
        /// What this release does not know.
        Other = "other",
    }
}

impl EventKind {
    /// Whether it is of a person's messages: there are many of these, and nothing of them is kept but that they were.
    pub const fn is_of_message(self) -> bool {
        matches!(self, Self::MessageReceived | Self::MessageStatus | Self::MessageEchoed)
    }
}
