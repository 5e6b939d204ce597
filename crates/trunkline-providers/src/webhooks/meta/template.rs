//! Templates of an account. They are the platform's own texts, so the whole value is kept.

use std::borrow::Cow;

use serde::Deserialize;
use trunkline_core::events::{Change, Event, EventKind};

use super::super::loose::{Loose, part_or_nothing};
use super::Told;

#[derive(Default, Deserialize)]
struct Value<'a> {
    #[serde(default, borrow)]
    event: Loose<'a>,
    #[serde(default, borrow)]
    new_quality_score: Loose<'a>,
    #[serde(default, borrow)]
    new_category: Loose<'a>,
}

/// One of the four fields; Meta's own example of a quality has the field of a status.
pub(super) fn read(told: &Told<'_>) -> Event {
    let value: Value<'_> = part_or_nothing(Some(told.value));
    let (kind, word) = match told.field {
        _ if value.new_quality_score.get().is_some() => {
            (EventKind::TemplateQualityChanged, &value.new_quality_score)
        }
        "template_category_update" => (EventKind::TemplateCategoryChanged, &value.new_category),
        "message_template_quality_update" => {
            (EventKind::TemplateQualityChanged, &value.new_quality_score)
        }
        "message_template_components_update" => (EventKind::TemplateEdited, &value.event),
        _ => (EventKind::TemplateStatusChanged, &value.event),
    };
    let mut event = told.event(kind, told.client(), Change::Nothing);
    if let Some(word) = word.text() {
        event.provider_kind = Cow::Owned(format!("{} {word}", told.field));
    }
    event
}
