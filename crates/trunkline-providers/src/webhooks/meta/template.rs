//! Templates of an account. They are the platform's own texts, so the whole value is kept.

use std::borrow::Cow;

use trunkline_core::events::{Change, Event, EventKind};

use super::super::loose::{Loose, forms, part_or_nothing};
use super::Told;

forms! {
    struct Value {
        event: Loose,
        new_quality_score: Loose,
        new_category: Loose,
    }
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
