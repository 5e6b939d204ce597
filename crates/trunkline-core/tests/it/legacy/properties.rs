use proptest::prelude::*;
use serde_json::Value;
use trunkline_core::legacy::{CHANNEL_TYPES, Known, LegacyRow, Reading, phone_number, read};

/// Keys that mean something, with values that may be anything.
fn data() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(
        &[
            "phoneNumberId",
            "phone_number_id",
            "wabaId",
            "waba_id",
            "businessAccountId",
            "accessToken",
            "access_token",
            "clientId",
            "channelId",
            "phoneNumber",
            "apiKey",
            "accountSid",
            "authToken",
            "apiSecret",
            "appSecret",
            "other",
        ][..],
    );
    let text = prop_oneof![
        "\\PC{0,20}",
        "[0-9+]{0,17}",
        "whatsapp:\\PC{0,8}",
        "fake-[a-z0-9]{1,20}",
        "tlk[0-9.]{0,4}\\PC{0,4}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::String),
    ];
    let nested = leaf.prop_recursive(4, 24, 4, move |inner| {
        let pairs = prop::collection::vec((key.clone(), inner.clone()), 0..6);
        let object = pairs.prop_map(|pairs| {
            pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
        });
        prop_oneof![
            4 => object,
            1 => prop::collection::vec(inner, 0..3).prop_map(Value::Array),
        ]
    });
    let wrapped = nested.prop_flat_map(|value| {
        let text = Value::String(value.to_string());
        prop_oneof![4 => Just(value), 1 => Just(text)]
    });
    wrapped.boxed()
}

proptest! {
    #[test]
    fn whatever_stands_there_is_read_or_named(
        channel_type in prop::sample::select(&CHANNEL_TYPES[..]),
        account_id in "\\PC{0,16}",
        account_name in "\\PC{0,16}",
        access_token in prop::option::of("\\PC{0,16}"),
        data in prop::option::of(prop_oneof![4 => data().prop_map(|value| value.to_string()), 1 => "\\PC{0,30}"]),
        company_id in prop::option::of(any::<i32>()),
    ) {
        let row = LegacyRow {
            channel_type,
            account_id: &account_id,
            account_name: &account_name,
            access_token: access_token.as_deref(),
            status: None,
            data: data.as_deref(),
            company_id,
            user_company_id: None,
            company_exists: true,
        };
        match read(&row, &Known::default()) {
            Reading::Skipped => prop_assert!(false, "its type is ours"),
            Reading::Conflict(conflict) => prop_assert!(!conflict.explanation().is_empty()),
            Reading::Channel(channel) => {
                let facts = &channel.facts;
                prop_assert_eq!(Some(facts.company_id), company_id);
                prop_assert!(!facts.client_id.trim().is_empty() && !facts.channel_id.trim().is_empty());
                if let Some(number) = &facts.phone_number {
                    let again = phone_number(number);
                    prop_assert_eq!(again.as_ref(), Some(number));
                }
                if let Some(secret) = &channel.secret {
                    prop_assert!(secret.expose().chars().all(|character| character.is_ascii_graphic()));
                    let shown = format!("{secret:?}");
                    prop_assert_eq!(shown, "Secret(…)");
                }
            }
        }
    }

    #[test]
    fn a_link_of_ours_changes_nothing(mut value in data(), link in data()) {
        let told = |value: &Value| {
            let data = value.to_string();
            super::told(&super::row("whatsapp_official", "900000000000012", Some(&data)))
        };
        let before = told(&value);
        if let Value::Object(object) = &mut value {
            object.insert("trunkline".to_owned(), link);
        }
        prop_assert_eq!(told(&value), before);
    }

    #[test]
    fn a_phone_number_is_read_or_not(text in "\\PC{0,20}|[0-9 +()-]{0,20}") {
        if let Some(number) = phone_number(&text) {
            prop_assert!((8..=16).contains(&number.len()) && number.starts_with('+'));
        }
    }
}
