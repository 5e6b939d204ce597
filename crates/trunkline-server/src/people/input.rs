/// Characters.
const LONGEST_NAME: usize = 100;
/// Bytes, RFC 5321, 4.5.3.1.3.
const LONGEST_EMAIL: usize = 254;

/// A name without space around it, or what it may be.
pub(crate) fn parse_name(given: &str) -> Result<String, String> {
    let name = given.trim();
    if name.is_empty() {
        return Err("Write a name.".to_owned());
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(format!("Write a name of at most {LONGEST_NAME} characters."));
    }
    if name.chars().any(char::is_control) {
        return Err("Write a name without line ends and other control characters.".to_owned());
    }
    Ok(name.to_owned())
}

/// An e-mail address in lower case, or what it may be.
///
/// It only has to look like one: it is a name to sign in with, and nothing is sent to it.
pub(crate) fn parse_email(given: &str) -> Result<String, String> {
    let email = given.trim().to_lowercase();
    let is_part = |part: &str| !part.is_empty() && !part.contains('@');
    let parts = email.rsplit_once('@');
    let is_address = email.len() <= LONGEST_EMAIL
        && !email.chars().any(|character| character.is_control() || character.is_whitespace())
        && parts.is_some_and(|(local, domain)| is_part(local) && is_part(domain));
    if is_address { Ok(email) } else { Err("Write an e-mail address, as ada@example.com.".into()) }
}

#[cfg(test)]
mod tests {
    use super::{parse_email, parse_name};

    #[test]
    fn names_and_addresses_are_tidied_or_refused() {
        assert_eq!(parse_name("  Ada Lovelace ").unwrap(), "Ada Lovelace");
        for name in ["", "  ", "Ada\nLovelace", "a\0", &"x".repeat(101)] {
            assert!(parse_name(name).is_err(), "{name:?}");
        }
        assert_eq!(parse_email(" Ada@Example.COM ").unwrap(), "ada@example.com");
        for email in ["", "ada", "@a", "a@", "a b@c", "a@b@c", "a\0@b", &"x@".repeat(200)] {
            assert!(parse_email(email).is_err(), "{email:?}");
        }
    }
}
