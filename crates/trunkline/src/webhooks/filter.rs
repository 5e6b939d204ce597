use clap::Args;
use jiff::Timestamp;
use trunkline_core::events::Source;
use trunkline_store::QualifiedId;
use trunkline_store::webhooks::{WebhookFilter, WebhookState};

/// Which webhooks.
#[derive(Args, Default)]
pub(super) struct Filter {
    /// That stand so: waiting, retrying, dead, quarantined or done
    #[arg(long, value_name = "STATE")]
    pub state: Option<WebhookState>,
    /// Of one stream: `meta`, `360dialog_events`, `360dialog_numbers`, `twilio_messages` or `twilio_status`
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<Source>,
    /// Of the partner account with this id
    #[arg(long, value_name = "ID")]
    pub account: Option<i32>,
    /// That came at this instant or later, as 2026-01-02T03:04:05Z
    #[arg(long, value_name = "INSTANT")]
    pub since: Option<Timestamp>,
    /// That came before this instant
    #[arg(long, value_name = "INSTANT")]
    pub until: Option<Timestamp>,
    /// In whose body this text stands; without --since every body is looked into
    #[arg(long, value_name = "TEXT")]
    pub contains: Option<String>,
    /// That told something of the message with this id, as far as they were worked on
    #[arg(long, value_name = "ID")]
    pub message: Option<String>,
    /// That told something of this channel, as meta-7, as far as they were worked on
    #[arg(long, value_name = "ID")]
    pub channel: Option<QualifiedId>,
}

impl Filter {
    /// Whether it may leave everything that ever came.
    pub(super) fn is_wide(&self) -> bool {
        let is_narrow = self.message.is_some() || self.channel.is_some();
        self.state.is_none() && self.since.is_none() && !is_narrow
    }

    pub(super) fn wanted(&self) -> WebhookFilter<'_> {
        WebhookFilter {
            account_id: self.account,
            source: self.source,
            state: self.state,
            since: self.since,
            until: self.until,
            contains: self.contains.as_deref(),
            message_id: self.message.as_deref(),
            channel: self.channel,
        }
    }
}
