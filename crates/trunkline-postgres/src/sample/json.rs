/// A JSON object of text values, keys in the order given.
pub(super) fn object(pairs: &[(&str, &str)]) -> String {
    let mut json = String::from("{");
    for (position, (key, value)) in pairs.iter().enumerate() {
        if position > 0 {
            json.push(',');
        }
        json.push_str(&string(key));
        json.push(':');
        json.push_str(&string(value));
    }
    json.push('}');
    json
}

/// A JSON string. The sample's texts hold no control characters.
pub(super) fn string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::object;

    #[test]
    fn quotes_what_json_needs_quoted() {
        assert_eq!(object(&[("a", r#"x"y\z"#), ("b", "ü")]), r#"{"a":"x\"y\\z","b":"ü"}"#);
    }
}
