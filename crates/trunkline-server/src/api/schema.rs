//! Schemas of types that the document cannot read from the code.

use trunkline_core::Role;
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
    ObjectBuilder::new().schema_type(kind).format(Some(format)).build()
}

/// The role of an API key, which is never `owner`.
pub(crate) fn key_role() -> Object {
    let words = Role::ALL.iter().filter(|role| **role < Role::Owner).map(|role| role.as_str());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}

/// Any JSON object, or null.
pub(crate) fn optional_object() -> Object {
    ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::Object, Type::Null])).build()
}

/// The words of `sort=`.
pub(crate) fn order<F: SortField>() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Sort::<F>::words())).build()
}
