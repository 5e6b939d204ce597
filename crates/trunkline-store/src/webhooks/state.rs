use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use trunkline_core::UnknownWord;

/// How a webhook stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookState {
    /// It was not worked on yet.
    Waiting,
    /// It could not be worked on, and will be tried again.
    Retrying,
    /// It could not be worked on, and is not tried again by itself.
    Dead,
    /// It waits for a client or channel.
    Quarantined,
    /// It was worked on.
    Done,
}

impl WebhookState {
    /// Every one.
    pub const ALL: [Self; 5] =
        [Self::Waiting, Self::Retrying, Self::Dead, Self::Quarantined, Self::Done];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Retrying => "retrying",
            Self::Dead => "dead",
            Self::Quarantined => "quarantined",
            Self::Done => "done",
        }
    }

    /// Which rows `inbox` stand so.
    pub(super) fn condition(self) -> &'static str {
        match self {
            Self::Waiting => {
                "inbox.id IN (SELECT inbox_id FROM trunkline.webhook_queue WHERE attempts = 0)"
            }
            Self::Retrying => {
                "inbox.id IN (SELECT inbox_id FROM trunkline.webhook_queue WHERE attempts > 0)"
            }
            Self::Dead => "inbox.id IN (SELECT inbox_id FROM trunkline.webhook_dead_letters)",
            Self::Quarantined => "inbox.id IN (SELECT inbox_id FROM trunkline.webhook_quarantine)",
            Self::Done => {
                "NOT EXISTS (SELECT FROM trunkline.webhook_dead_letters AS dead WHERE dead.inbox_id = inbox.id)
                AND NOT EXISTS (SELECT FROM trunkline.webhook_quarantine AS waiting WHERE waiting.inbox_id = inbox.id)
                AND NOT EXISTS (
                    SELECT
                    FROM generate_series(0, length(inbox.lanes) - 1) AS place
                    JOIN trunkline.webhook_queue AS queue
                        ON queue.lane = get_byte(inbox.lanes, place) AND queue.inbox_id = inbox.id
                )"
            }
        }
    }
}

impl fmt::Display for WebhookState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for WebhookState {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|known| known.as_str() == word).ok_or_else(|| UnknownWord {
            word: word.to_owned(),
            vocabulary: Self::ALL.map(Self::as_str).join(", "),
        })
    }
}
