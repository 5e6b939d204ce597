use trunkline_core::{ChannelStatus, Provider, Role};
use trunkline_store::channels::Channel;

use crate::auth::Administrator;

/// Something that an operator can do to a channel at its provider, as its page offers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    RequestCode,
    VerifyCode,
    Register,
    Deregister,
    RotateApiKey,
    SubscribeWebhooks,
}

impl Step {
    const ALL: [Self; 6] = [
        Self::RequestCode,
        Self::VerifyCode,
        Self::Register,
        Self::RotateApiKey,
        Self::SubscribeWebhooks,
        Self::Deregister,
    ];

    /// The last part of its address, as in the API.
    pub(super) const fn slug(self) -> &'static str {
        match self {
            Self::RequestCode => "request-code",
            Self::VerifyCode => "verify-code",
            Self::Register => "register",
            Self::Deregister => "deregister",
            Self::RotateApiKey => "rotate-api-key",
            Self::SubscribeWebhooks => "subscribe-webhooks",
        }
    }

    pub(super) fn find(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.slug() == slug)
    }

    /// What its button says.
    pub(super) const fn verb(self) -> &'static str {
        match self {
            Self::RequestCode => "Request a code",
            Self::VerifyCode => "Enter the code",
            Self::Register => "Register",
            Self::Deregister => "Deregister",
            Self::RotateApiKey => "Make a new API key",
            Self::SubscribeWebhooks => "Subscribe webhooks",
        }
    }

    /// Whether something ends by it.
    const fn is_harm(self) -> bool {
        matches!(self, Self::Deregister | Self::RotateApiKey)
    }

    /// How its button looks among the others.
    pub(super) const fn kind(self) -> &'static str {
        if self.is_harm() { "danger" } else { "" }
    }

    /// How the button looks by which it is done.
    pub(super) const fn final_kind(self) -> &'static str {
        if self.is_harm() { "danger" } else { "primary" }
    }

    /// What is asked before it is done.
    pub(super) fn question(self, channel: &str) -> String {
        match self {
            Self::RequestCode => format!("Send a code to {channel}?"),
            Self::VerifyCode => format!("The code of {channel}"),
            Self::Register => format!("Register {channel}?"),
            Self::Deregister => format!("Deregister {channel}?"),
            Self::RotateApiKey => format!("Make a new API key for {channel}?"),
            Self::SubscribeWebhooks => format!("Subscribe to the webhooks of {channel}?"),
        }
    }

    /// What will happen.
    pub(super) const fn words(self, provider: Provider) -> &'static str {
        match (self, provider) {
            (Self::RequestCode, _) => {
                "Meta sends it to the number itself, to show that the company holds it."
            }
            (Self::VerifyCode, _) => "It came to the number itself, by text or by a call.",
            (Self::Register, _) => {
                "From then on the number can send. Meta allows ten registrations and deregistrations in 72 hours, so a wrong PIN costs one."
            }
            (Self::Deregister, _) => {
                "The number can send and receive no more until it is registered again, for which its PIN is needed. Meta allows ten registrations and deregistrations in 72 hours."
            }
            (Self::RotateApiKey, _) => {
                "Every earlier key of the channel ends at once: whoever sends with one of them sends no more. The new one is kept sealed, and what is passed on by Trunkline uses it."
            }
            (Self::SubscribeWebhooks, Provider::Meta) => {
                "Meta sends what the numbers of its WhatsApp Business Account receive to our app. An address of the account's own ends by it."
            }
            (Self::SubscribeWebhooks, _) => {
                "Messages and their statuses come to Trunkline. An address that is set there now is replaced."
            }
        }
    }

    /// What its toast says.
    pub(super) const fn done(self) -> &'static str {
        match self {
            Self::RequestCode => "The code is on its way",
            Self::VerifyCode => "The code is right",
            Self::Register => "The number is registered",
            Self::Deregister => "The number is deregistered",
            Self::RotateApiKey => "The new key is kept, and the earlier ones have ended",
            Self::SubscribeWebhooks => "What the number receives comes here",
        }
    }

    /// Whether it fits a channel, as far as we know how it stands.
    fn fits(self, provider: Provider, status: ChannelStatus) -> bool {
        use ChannelStatus as Status;
        if matches!(status, Status::Deleted | Status::Migrated | Status::Banned) {
            return false;
        }
        let is_live = matches!(status, Status::Running | Status::Flagged | Status::Restricted);
        match (self, provider) {
            (Self::RequestCode, Provider::Meta)
            | (Self::VerifyCode, Provider::Meta | Provider::Twilio) => !is_live,
            (Self::Deregister, Provider::Meta) => is_live,
            // A name that was approved is registered once more.
            (Self::Register, Provider::Meta)
            | (Self::RotateApiKey, Provider::Dialog360)
            | (Self::SubscribeWebhooks, _) => true,
            _ => false,
        }
    }

    /// Those that this person can take at this channel.
    pub(super) fn offered(administrator: &Administrator, channel: &Channel) -> Vec<Self> {
        if administrator.require(Role::Operator).is_err() {
            return Vec::new();
        }
        let fits = |step: &Self| step.fits(channel.id.provider, channel.status);
        Self::ALL.into_iter().filter(fits).collect()
    }
}
