use trunkline_core::Provider;
use utoipa::openapi::schema::{AdditionalProperties, Discriminator, OneOfBuilder, SchemaType};
use utoipa::openapi::{Object, ObjectBuilder, Ref, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::PublicProfile;
use super::document::{AccountDocument, CheckState, LogoState, SecretState};
use super::fields::{FieldSpec, fields_of};
use super::webhooks::Webhook;

/// A new account: the fields of its provider.
pub(crate) struct NewPartnerAccount;

/// What is to change in an account: the fields of its provider, each a text, or null to clear it.
pub(crate) struct PartnerAccountEdit;

impl PartialSchema for NewPartnerAccount {
    fn schema() -> RefOr<Schema> {
        one_of(|provider| {
            let mut object = ObjectBuilder::new().required("provider").property(
                "is_active",
                boolean("Whether it is in use; true unless said otherwise."),
            );
            for field in fields_of(provider) {
                object = object.property(field.name, text(field, true));
                if field.is_required {
                    object = object.required(field.name);
                }
            }
            object.property("public_profile", PublicProfile::schema()).into()
        })
    }
}

impl ToSchema for NewPartnerAccount {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        PublicProfile::schemas(schemas);
    }
}

impl PartialSchema for PartnerAccountEdit {
    fn schema() -> RefOr<Schema> {
        let mut object = ObjectBuilder::new();
        let mut seen = std::collections::BTreeSet::new();
        for provider in Provider::ALL {
            for field in fields_of(*provider).filter(|field| seen.insert(field.name)) {
                object = object.property(field.name, text(field, true));
            }
        }
        let says = "Fields that the account's provider has not are refused. What is left out stays; null \
                    clears. public_profile is replaced as a whole.";
        object
            .property("public_profile", PublicProfile::schema())
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .description(Some(says))
            .into()
    }
}

impl ToSchema for PartnerAccountEdit {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        PublicProfile::schemas(schemas);
    }
}

/// A new secret: `{"value": …}`.
pub(crate) struct NewSecret;

impl PartialSchema for NewSecret {
    fn schema() -> RefOr<Schema> {
        let value = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("The secret; it is stored encrypted, and never answered."))
            .min_length(Some(8))
            .max_length(Some(4096))
            .write_only(true);
        ObjectBuilder::new()
            .property("value", value)
            .required("value")
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .into()
    }
}

impl ToSchema for NewSecret {}

impl PartialSchema for AccountDocument {
    fn schema() -> RefOr<Schema> {
        one_of(|provider| {
            let mut secrets = ObjectBuilder::new();
            let mut object = common();
            for field in fields_of(provider) {
                if field.is_secret {
                    let state = Ref::from_schema_name(SecretState::name());
                    secrets = secrets.property(field.name, state).required(field.name);
                } else {
                    object = object.property(field.name, text(field, false)).required(field.name);
                }
            }
            object.property("secrets", secrets).required("secrets").into()
        })
    }
}

impl ToSchema for AccountDocument {
    fn name() -> std::borrow::Cow<'static, str> {
        "PartnerAccount".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        for (name, schema) in [
            (PublicProfile::name(), PublicProfile::schema()),
            (SecretState::name(), SecretState::schema()),
            (LogoState::name(), LogoState::schema()),
            (CheckState::name(), CheckState::schema()),
            (Webhook::name(), Webhook::schema()),
        ] {
            schemas.push((name.into_owned(), schema));
        }
    }
}

/// What every account has, as it is answered.
fn common() -> ObjectBuilder {
    let nullable = |name: &str| {
        let null = ObjectBuilder::new().schema_type(Type::Null);
        OneOfBuilder::new().item(null).item(Ref::from_schema_name(name))
    };
    let moment = || {
        let format = utoipa::openapi::KnownFormat::DateTime;
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(format)))
    };
    let webhook = Ref::from_schema_name(Webhook::name());
    let webhooks = utoipa::openapi::ArrayBuilder::new().items(webhook);
    let id = ObjectBuilder::new().schema_type(Type::Integer);
    let mut object = ObjectBuilder::new()
        .property("id", id)
        .property("is_active", boolean("Whether it is in use."))
        .property("is_default", boolean("Whether new companies are onboarded with it."))
        .property("public_profile", Ref::from_schema_name(PublicProfile::name()))
        .property("logo", nullable(&LogoState::name()))
        .property("webhooks", webhooks)
        .property("check", nullable(&CheckState::name()))
        .property("created_at", moment())
        .property("updated_at", moment());
    for name in [
        "provider",
        "id",
        "is_active",
        "is_default",
        "public_profile",
        "logo",
        "webhooks",
        "check",
        "created_at",
        "updated_at",
    ] {
        object = object.required(name);
    }
    object
}

/// One object for each provider, told apart by `provider`.
fn one_of(of: impl Fn(Provider) -> Object) -> RefOr<Schema> {
    let objects = Provider::ALL.iter().map(|provider| {
        let mut object = of(*provider);
        let word = ObjectBuilder::new().schema_type(Type::String);
        let word = word.enum_values(Some([provider.as_str()])).build();
        object.properties.insert("provider".to_owned(), word.into());
        object.title = Some(provider.name().to_owned());
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        object
    });
    let one_of = objects.fold(OneOfBuilder::new(), OneOfBuilder::item);
    one_of.discriminator(Some(Discriminator::new("provider"))).into()
}

/// A field, as it is given or answered.
fn text(field: &FieldSpec, is_given: bool) -> Object {
    let types = if is_given && field.is_required {
        SchemaType::Type(Type::String)
    } else {
        SchemaType::from_iter([Type::String, Type::Null])
    };
    let mut text = ObjectBuilder::new()
        .schema_type(types)
        .title(Some(field.label))
        .description(Some(field.help));
    if is_given {
        text = text.max_length(Some(field.shape.longest())).pattern(Some(field.shape.pattern()));
        text = if field.is_secret { text.write_only(true) } else { text };
    }
    text.build()
}

fn boolean(says: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Boolean).description(Some(says))
}
