/// A phone number in E.164 with the plus sign, from the ways in which people and programs write one.
///
/// Seven to fifteen digits (ITU-T E.164), a `+`, `00` or nothing before them, spaces and punctuation between them, and
/// Twilio's `whatsapp:` in front. `None` for anything else.
pub fn phone_number(text: &str) -> Option<String> {
    let text = without_scheme(text.trim());
    let international = text.strip_prefix('+').or_else(|| text.strip_prefix("00")).unwrap_or(text);
    let mut number = String::from("+");
    for character in international.chars() {
        match character {
            '0'..='9' => number.push(character),
            ' ' | '\u{a0}' | '-' | '.' | '(' | ')' | '/' => {}
            _ => return None,
        }
    }
    let digits = number.len() - 1;
    ((7..=15).contains(&digits) && !number.starts_with("+0")).then_some(number)
}

/// Whether a text that should be a provider's id is a phone number.
///
/// Meta's ids are digits alone too, of 14 and more; E.164 allows 15, but no number in use has more than 13.
pub(super) fn is_phone_number(id: &str, number: Option<&str>) -> bool {
    let is_digits = id.bytes().all(|byte| byte.is_ascii_digit());
    match phone_number(id) {
        Some(read) => !is_digits || id.len() <= 13 || number == Some(&read),
        None => false,
    }
}

fn without_scheme(text: &str) -> &str {
    const SCHEME: &str = "whatsapp:";
    match text.get(..SCHEME.len()) {
        Some(head) if head.eq_ignore_ascii_case(SCHEME) => text[SCHEME.len()..].trim_start(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_phone_number, phone_number};

    #[test]
    fn one_number_is_read_however_it_is_written() {
        for text in [
            "+15550000012",
            "15550000012",
            "0015550000012",
            "whatsapp:+15550000012",
            "WhatsApp: +1 555 000-0012",
            " +1 (555) 000.0012 ",
        ] {
            assert_eq!(phone_number(text).as_deref(), Some("+15550000012"), "{text}");
        }
        for text in
            ["", "+", "whatsapp:", "123456", "1234567890123456", "+0123456789", "a1234567", "ü"]
        {
            assert_eq!(phone_number(text), None, "{text}");
        }
    }

    #[test]
    fn an_id_is_told_from_a_number() {
        for number in ["+15550000012", "15550000012", "+1 555 000 0012", "whatsapp:+15550000012"] {
            assert!(is_phone_number(number, None), "{number}");
        }
        for id in ["106540352242922", "9000000000012", "fake00000008CH", ""] {
            assert_eq!(is_phone_number(id, None), id.len() == 13, "{id}");
        }
        assert!(is_phone_number("123456789012345", Some("+123456789012345")));
    }
}
