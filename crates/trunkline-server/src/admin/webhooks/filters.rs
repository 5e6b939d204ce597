use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use trunkline_core::Role;
use trunkline_core::events::Source;
use trunkline_store::QualifiedId;
use trunkline_store::webhooks::{WebhookFilter, WebhookState};

use super::filter;
use crate::State;
use crate::api::webhooks::check_search;
use crate::auth::Administrator;
use crate::problem::Problem;

/// Text is looked for so far back when no day is said.
const LOOKED_INTO: SignedDuration = SignedDuration::from_hours(24);

/// Which webhooks, as the address says; empty: all.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    #[serde(deserialize_with = "filter::word")]
    state: Option<WebhookState>,
    #[serde(deserialize_with = "filter::word")]
    source: Option<Source>,
    #[serde(deserialize_with = "filter::parsed")]
    account: Option<i32>,
    #[serde(deserialize_with = "filter::parsed")]
    from: Option<Date>,
    #[serde(deserialize_with = "filter::parsed")]
    until: Option<Date>,
    /// The id of a message.
    message: String,
    #[serde(deserialize_with = "filter::parsed")]
    channel: Option<QualifiedId>,
    /// What stands in the body.
    text: String,
    pub cursor: Option<String>,
    /// Of those that are worked on again: the last one that was.
    #[serde(deserialize_with = "filter::parsed")]
    pub after: Option<i64>,
}

/// The same as text, for the form.
#[derive(Debug, Default, Clone)]
pub(super) struct Typed {
    pub state: &'static str,
    pub source: &'static str,
    pub account: String,
    pub from: String,
    pub until: String,
    pub message: String,
    pub channel: String,
    pub text: String,
}

impl Filters {
    /// What is asked of the store. Bodies are looked into for administrators alone, and within two days.
    pub(super) fn wanted(
        &self,
        state: &State,
        administrator: &Administrator,
    ) -> Result<WebhookFilter<'_>, Problem> {
        let now = state.clock.now();
        let until = self.until.and_then(|day| midnight(day.tomorrow().ok()?));
        let text = Some(self.text.trim()).filter(|text| !text.is_empty());
        let recently = || text.and_then(|_| until.unwrap_or(now).checked_sub(LOOKED_INTO).ok());
        let wanted = WebhookFilter {
            account_id: self.account,
            source: self.source,
            state: self.state,
            since: self.from.and_then(midnight).or_else(recently),
            until,
            contains: text,
            message_id: Some(self.message.trim()).filter(|message| !message.is_empty()),
            channel: self.channel,
        };
        if text.is_some() {
            administrator.require(Role::Admin)?;
            check_search(state, &wanted)?;
        }
        Ok(wanted)
    }

    /// Whether they leave everything that ever came.
    pub(super) fn is_wide(&self) -> bool {
        let is_told = !self.message.trim().is_empty() || self.channel.is_some();
        self.state.is_none() && self.from.is_none() && self.text.trim().is_empty() && !is_told
    }

    /// The address of a page with these filters, ending in `?` or `&`.
    pub(super) fn address(&self, path: &str) -> String {
        let typed = self.typed();
        filter::address(
            path,
            &[
                ("state", typed.state.to_owned()),
                ("source", typed.source.to_owned()),
                ("account", typed.account),
                ("from", typed.from),
                ("until", typed.until),
                ("message", typed.message),
                ("channel", typed.channel),
                ("text", typed.text),
            ],
        )
    }

    pub(super) fn typed(&self) -> Typed {
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        Typed {
            state: self.state.map_or("", WebhookState::as_str),
            source: self.source.map_or("", Source::as_str),
            account: self.account.map(|id| id.to_string()).unwrap_or_default(),
            from: day(self.from),
            until: day(self.until),
            message: self.message.clone(),
            channel: self.channel.map(|id| id.to_string()).unwrap_or_default(),
            text: self.text.clone(),
        }
    }

    /// Whether any is set.
    pub(super) fn is_filtered(&self) -> bool {
        self.address("") != "?"
    }
}

/// The beginning of a day in UTC; nothing came before 1970.
fn midnight(day: Date) -> Option<Timestamp> {
    let midnight = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(midnight.max(Timestamp::UNIX_EPOCH))
}
