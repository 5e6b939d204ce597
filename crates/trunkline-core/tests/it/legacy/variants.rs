use trunkline_core::legacy::LegacyRow;

use super::{row, told};

const NUMBER: &str = "900000000000012";

#[track_caller]
fn each(channel_type: &str, account_id: &str, cases: &[(&str, &str)]) {
    for (data, expected) in cases {
        let told = told(&row(channel_type, account_id, Some(data)));
        assert_eq!(told, *expected, "{data}");
    }
}

#[test]
fn every_way_in_which_meta_rows_were_written_is_read() {
    let read = "7 800000000000001 900000000000012 - fake-t1";
    let own_app = format!("{read} own_app");
    let twice = format!("{read} encoded_twice");
    let array = format!("{read} in_array");
    let number = read.replace(" - ", " +15550000012 ");
    let cases = [
        (
            r#"{"phoneNumberId":"900000000000012","wabaId":"800000000000001","accessToken":"fake-t1"}"#,
            read,
        ),
        (
            r#"{"phoneNumberId":"900000000000012","businessAccountId":"800000000000001","accessToken":"fake-t1"}"#,
            read,
        ),
        (
            r#"{"phone_number_id":"900000000000012","waba_id":"800000000000001","access_token":"fake-t1"}"#,
            read,
        ),
        (
            r#"{"phoneNumberId":900000000000012,"wabaId":800000000000001,"accessToken":" fake-t1 "}"#,
            read,
        ),
        (
            r#"{"phoneNumberId":null,"wabaId":"","waba_id":"800000000000001","accessToken":"","access_token":"fake-t1"}"#,
            read,
        ),
        (
            r#"{"wabaId":"800000000000001","businessAccountId":"400000000000001","accessToken":"fake-t1"}"#,
            read,
        ),
        (r#"{"wabaId":"800000000000001","accessToken":"fake-t1","trunkline":{"client":1}}"#, read),
        (
            r#"{"wabaId":"800000000000001","accessToken":"fake-t1","displayPhoneNumber":"+1 555 000-0012"}"#,
            &number,
        ),
        (
            r#"{"wabaId":"800000000000001","accessToken":"fake-t1","appId":"1","appSecret":"fake-s","verifyToken":"v","webhookUrl":"u"}"#,
            &own_app,
        ),
        (r#""{\"wabaId\":\"800000000000001\",\"accessToken\":\"fake-t1\"}""#, &twice),
        (r#"[{"wabaId":"800000000000001","accessToken":"fake-t1"}]"#, &array),
    ];
    each("whatsapp_official", NUMBER, &cases);
}

#[test]
fn meta_rows_that_cannot_be_taken_over_are_named() {
    let cases = [
        (
            r#"{"phoneNumberId":"+15550000012","wabaId":"800000000000001","accessToken":"fake-t1"}"#,
            "phone_number_as_id",
        ),
        (
            r#"{"phoneNumberId":"15550000012","wabaId":"800000000000001","accessToken":"fake-t1"}"#,
            "phone_number_as_id",
        ),
        (r#"{"accessToken":"fake-t1"}"#, "client_id_missing"),
        (r#"{"wabaId":["800000000000001"],"accessToken":"fake-t1"}"#, "client_id_missing"),
        (r#"{"businessAccountId":"400000000000001","accessToken":"fake-t1"}"#, "not_a_client_id"),
        (
            r#"{"wabaId":"500000000000001","businessId":"500000000000001","accessToken":"fake-t1"}"#,
            "not_a_client_id",
        ),
        (r#"{"wabaId":"900000000000012","accessToken":"fake-t1"}"#, "not_a_client_id"),
        (r#"{"wabaId":"800000000000001"}"#, "token_missing"),
        (r#"{"wabaId":"800000000000001","accessToken":null}"#, "token_missing"),
        (
            r#"{"wabaId":"800000000000001","accessToken":{"iv":"00","content":"ff"}}"#,
            "token_unreadable",
        ),
        (r#"{"wabaId":"800000000000001","accessToken":"********"}"#, "token_unreadable"),
        (r#"{"wabaId":"800000000000001","accessToken":"[object Object]"}"#, "token_unreadable"),
        (r#"{"wabaId":"800000000000001","accessToken":"two words"}"#, "token_unreadable"),
        (r#"{"wabaId":"800000000000001","accessToken":"tlk1.e2aa328c.AAAA"}"#, "token_unreadable"),
        ("null", "data_missing"),
        ("{", "invalid_data"),
        ("[]", "invalid_data"),
        (r#"[{"wabaId":"1"},{"wabaId":"2"}]"#, "invalid_data"),
        (r#""not json""#, "invalid_data"),
        ("7", "invalid_data"),
    ];
    each("whatsapp_official", NUMBER, &cases);
    assert_eq!(told(&row("whatsapp_official", NUMBER, None)), "data_missing");
    let nowhere = row("whatsapp_official", " ", Some(r#"{"wabaId":"8"}"#));
    assert_eq!(told(&nowhere), "channel_id_missing");
}

#[test]
fn what_was_masked_or_encrypted_by_somebody_else_is_no_token() {
    for (token, expected) in [
        ("EAAG****abcd", "token_unreadable"),
        ("EAAGabcd...", "token_unreadable"),
        ("enc:v1:fake", "token_unreadable"),
        ("00112233445566778899aabbccddeeff:8899aabb", "token_unreadable"),
        ("U2FsdGVkX19mYWtlZmFrZQ==", "token_unreadable"),
        ("eyJpdiI6ImZha2UifQ==", "token_unreadable"),
        ("gAAAAABmYWtlZmFrZQ==", "token_unreadable"),
        ("EAAGfake-1|2_3.x==", "7 800000000000001 900000000000012 - EAAGfake-1|2_3.x=="),
    ] {
        let data = format!(r#"{{"wabaId":"800000000000001","accessToken":"{token}"}}"#);
        assert_eq!(told(&row("whatsapp_official", NUMBER, Some(&data))), expected, "{token}");
    }
}

#[test]
fn every_way_in_which_360dialog_rows_were_written_is_read() {
    let read = "7 fake1CL fake2CH +15550000012 fake-k1";
    let array = format!("{read} in_array");
    let cases = [
        (
            r#"{"clientId":"fake1CL","channelId":"fake2CH","phoneNumber":"+15550000012","apiKey":"fake-k1"}"#,
            read,
        ),
        (
            r#"{"client_id":"fake1CL","channel_id":"fake2CH","phone_number":"15550000012","api_key":"fake-k1"}"#,
            read,
        ),
        (
            r#"[{"clientId":"fake1CL","channelId":"fake2CH","phoneNumber":"+15550000012","apiKey":"fake-k1"}]"#,
            &array,
        ),
        (
            r#"{"clientId":"fake1CL","channelId":"fake2CH","phoneNumber":"n/a","lastError":"x","errorCode":"Y"}"#,
            "7 fake1CL fake2CH - - without_key",
        ),
        (r#"{"channelId":"fake2CH","apiKey":"fake-k1"}"#, "client_id_missing"),
        (
            r#"{"clientId":"fake1CL","phoneNumber":"+15550000012","apiKey":"fake-k1"}"#,
            "phone_number_as_id",
        ),
    ];
    each("whatsapp_360dialog", "+15550000012", &cases);
    let data = Some(r#"{"clientId":"fake1CL","apiKey":"fake-k1"}"#);
    assert_eq!(told(&row("whatsapp_360dialog", "fake2CH", data)), "7 fake1CL fake2CH - fake-k1");
}

#[test]
fn every_way_in_which_twilio_rows_were_written_is_read() {
    let read = "7 ACfake whatsapp:+15550000012 +15550000012 fake-t1 sender_sid_unknown";
    let cases = [
        (r#"{"accountSid":"ACfake","authToken":"fake-t1","phoneNumber":"+15550000012"}"#, read),
        (r#"{"account_sid":"ACfake","auth_token":"fake-t1"}"#, read),
        (
            r#"{"accountSid":"ACfake","authToken":"fake-t1","messagingServiceSid":"MG1","whatsappNumber":"whatsapp:+15550000012"}"#,
            read,
        ),
        (
            r#"{"accountSid":"ACfake","authToken":"fake-t1","senderSid":"XEfake"}"#,
            "7 ACfake XEfake +15550000012 fake-t1",
        ),
        (
            r#"{"accountSid":"ACfake","apiKey":"SKfake","apiSecret":"fake-s1"}"#,
            "7 ACfake whatsapp:+15550000012 +15550000012 - sender_sid_unknown,api_key_not_taken",
        ),
        (r#"{"accountSid":"ACfake"}"#, "token_missing"),
        (r#"{"authToken":"fake-t1"}"#, "client_id_missing"),
    ];
    each("whatsapp_twilio", "+15550000012", &cases);
    let data = Some(r#"{"accountSid":"ACfake","authToken":"fake-t1"}"#);
    assert_eq!(told(&row("whatsapp_twilio", "support", data)), "channel_id_missing");
}

#[test]
fn the_token_of_the_column_is_taken_where_the_data_has_none() {
    let data = r#"{"wabaId":"800000000000001"}"#;
    let column = LegacyRow {
        access_token: Some("fake-column"),
        ..row("whatsapp_official", NUMBER, Some(data))
    };
    assert!(told(&column).ends_with("- fake-column"));
    let data = r#"{"wabaId":"800000000000001","accessToken":"fake-data"}"#;
    let both = LegacyRow { data: Some(data), ..column };
    assert!(told(&both).ends_with("- fake-data tokens_differ"));
    let same = LegacyRow { access_token: Some("fake-data"), ..both };
    assert!(told(&same).ends_with("- fake-data"));
}

#[test]
fn the_company_is_the_row_s_else_the_user_s() {
    let data = Some(r#"{"wabaId":"800000000000001","accessToken":"fake-t1"}"#);
    let both = LegacyRow { user_company_id: Some(9), ..row("whatsapp_official", NUMBER, data) };
    assert!(told(&both).starts_with("7 "));
    let of_user = LegacyRow { company_id: None, ..both };
    assert_eq!(told(&of_user), "9 800000000000001 900000000000012 - fake-t1 company_of_user");
    let missing = LegacyRow { company_exists: false, ..both };
    assert_eq!(told(&missing), "company_missing");
    let unknown = LegacyRow { user_company_id: None, ..of_user };
    assert_eq!(told(&unknown), "company_unknown");
}

#[test]
fn other_types_are_left_alone() {
    for channel_type in ["messenger", "whatsapp", "WHATSAPP_OFFICIAL", "whatsapp_unofficial", ""] {
        assert_eq!(told(&row(channel_type, NUMBER, Some("{}"))), "skipped", "{channel_type}");
    }
}
