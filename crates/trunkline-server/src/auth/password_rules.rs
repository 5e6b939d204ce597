//! Which passwords may be chosen: the rules of NIST SP 800-63B, 3.1.1.2. Length counts; what it is
//! composed of does not.

/// Characters.
const SHORTEST: usize = 12;
/// Characters; it only bounds the work.
const LONGEST: usize = 256;

/// Those of the most common passwords that are long enough, and those that this service invites.
const COMMON: &str = include_str!("common_passwords.txt");

/// What every form says about a new password.
pub(crate) const ADVICE: &str = "At least 12 characters. A sentence is fine.";

/// Why this password may not be chosen, in words for the form.
pub(crate) fn refuse_password(password: &str, email: &str) -> Option<String> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Some(format!("Choose a password of at least {SHORTEST} characters."));
    }
    if length > LONGEST {
        return Some(format!("Choose a password of at most {LONGEST} characters."));
    }
    let lower = password.to_lowercase();
    if lower == email || email.split_once('@').is_some_and(|(local, _)| lower == local) {
        return Some("Choose a password that is not your e-mail address.".to_owned());
    }
    let is_one_character = lower.chars().all(|character| lower.starts_with(character));
    if is_one_character || COMMON.lines().any(|common| lower == common) {
        return Some("This password is among the first that are tried; choose another.".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{COMMON, SHORTEST, refuse_password};

    #[test]
    fn length_counts_and_composition_does_not() {
        let refused = |password: &str| refuse_password(password, "ada.lovelace@example.com");
        assert_eq!(refused("all lower case words"), None);
        assert_eq!(refused("пароль из слов"), None);
        assert_eq!(refused("elf chars..").unwrap(), "Choose a password of at least 12 characters.");
        assert!(refused(&"ab".repeat(129)).unwrap().contains("at most 256"));
        assert_eq!(refused(&"ab".repeat(128)), None);
        assert!(refused("Ada.Lovelace@Example.com").unwrap().contains("e-mail"));
        assert!(refused("ADA.LOVELACE").unwrap().contains("e-mail"));
        assert!(refused("Password1234").unwrap().contains("first that are tried"));
        assert!(refused("aaaaaaaaaaaaaa").unwrap().contains("first that are tried"));
    }

    #[test]
    fn the_list_holds_what_the_other_rules_let_through() {
        for line in COMMON.lines() {
            assert!(line.chars().count() >= SHORTEST, "{line}");
            assert_eq!(line, line.to_lowercase());
        }
    }
}
