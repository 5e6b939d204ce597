use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::simulator::{
    dialog360::Hub, issue::Issue, media::Media, meta::Graph, twilio::Cloud, webhooks::Quirks,
};

/// Everything that the three providers hold; as JSON it is the seed, and what `GET /_control/state` answers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct World {
    /// Meta.
    pub meta: Graph,
    /// 360dialog.
    pub dialog360: Hub,
    /// Twilio.
    pub twilio: Cloud,
    /// Files of numbers at Meta and at 360dialog and of messages at Twilio, by their id.
    pub media: BTreeMap<String, Media>,
    /// What goes wrong with webhooks.
    pub webhooks: Quirks,
    #[serde(skip)]
    pub(crate) issue: Issue,
}
