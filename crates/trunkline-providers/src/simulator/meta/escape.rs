//! JSON as Meta writes it on the wire: ASCII alone, every other character as `\uXXXX`, and `/` as `\/`.

use std::fmt::Write;

use serde_json::Value;

pub(super) fn escaped(value: &Value) -> String {
    let text = value.to_string();
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            // Outside of strings JSON has no slash.
            '/' => escaped.push_str("\\/"),
            character if character.is_ascii() => escaped.push(character),
            character => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    // Writing to a string does not fail.
                    let _ = write!(escaped, "\\u{unit:04x}");
                }
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn only_ascii_is_left_with_lower_case_digits() {
        let value = json!({"body": "äöå 👍 https://a.b \"x\""});
        let text = r#"{"body":"\u00e4\u00f6\u00e5 \ud83d\udc4d https:\/\/a.b \"x\""}"#;
        assert_eq!(super::escaped(&value), text);
        assert_eq!(serde_json::from_str::<serde_json::Value>(text).unwrap(), value);
    }
}
