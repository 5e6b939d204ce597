//! Schemas of types that the document cannot read from the code.

use trunkline_core::{ChannelStatus, ClientStatus, Provider, QualityRating, Role};
use trunkline_store::{Sort, SortField};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};

/// An instant, as RFC 3339 writes it.
pub(crate) fn timestamp() -> Object {
    instant(Type::String.into())
}

/// An instant, or null.
pub(crate) fn optional_timestamp() -> Object {
    instant(SchemaType::from_iter([Type::String, Type::Null]))
}

fn instant(kind: SchemaType) -> Object {
    let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    let instant = ObjectBuilder::new().schema_type(kind).format(Some(format));
    instant.description(Some("An instant, as RFC 3339 writes it")).build()
}

/// The role of an API key, which is never `owner`.
pub(crate) fn key_role() -> Object {
    let roles = Role::ALL.iter().filter(|role| **role < Role::Owner);
    words(
        "What a key may do; each role may do what those before it may",
        roles.map(|role| role.as_str()),
    )
}

/// Any JSON object, or null.
pub(crate) fn optional_object() -> Object {
    let kind = SchemaType::from_iter([Type::Object, Type::Null]);
    ObjectBuilder::new().schema_type(kind).description(Some("Fields and values")).build()
}

/// The words of `sort=`.
pub(crate) fn order<F: SortField>() -> Object {
    words("The order; - for descending", Sort::<F>::words())
}

/// One word of a vocabulary.
pub(crate) fn words<T: Into<String>>(
    description: &str,
    words: impl IntoIterator<Item = T>,
) -> Object {
    let words = words.into_iter().map(Into::<String>::into).collect::<Vec<_>>();
    let word = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
    word.description(Some(description)).build()
}

/// A provider.
pub(crate) fn provider() -> Object {
    words("The provider", Provider::ALL.iter().map(|word| word.as_str()))
}

/// The status of a client.
pub(crate) fn client_status() -> Object {
    words("How the client stands", ClientStatus::ALL.iter().map(|word| word.as_str()))
}

/// The status of a channel.
pub(crate) fn channel_status() -> Object {
    words("What the channel can do", ChannelStatus::ALL.iter().map(|word| word.as_str()))
}

/// The quality of a channel.
pub(crate) fn quality_rating() -> Object {
    words("How recipients take what it sends", QualityRating::ALL.iter().map(|word| word.as_str()))
}
