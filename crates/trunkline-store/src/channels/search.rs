use crate::listed::QualifiedId;

/// One word must have so many letters or digits: with fewer too much begins.
const SHORTEST: usize = 3;

/// The longest text that is looked for, in characters.
const LONGEST: usize = 100;

/// Whether channels can be looked for by this text: it is an id of ours, or has a word of which not too much begins.
pub fn is_searchable(text: &str) -> bool {
    let is_short_enough = text.chars().count() <= LONGEST && !text.contains('\0');
    let is_id = text.trim().parse::<QualifiedId>().is_ok();
    let mut words = text.split(|character: char| !character.is_alphanumeric());
    is_short_enough && (is_id || words.any(|word| word.chars().count() >= SHORTEST))
}

#[cfg(test)]
mod tests {
    use super::is_searchable;

    #[test]
    fn a_word_of_three_characters_or_an_id_can_be_looked_for() {
        for text in ["bakery", "al pha", "+49 151", " meta-7 ", "日本語"] {
            assert!(is_searchable(text), "{text}");
        }
        for text in ["", "a b", "+49", "--", "me-7", "abc\0", &"a".repeat(101)] {
            assert!(!is_searchable(text), "{text:?}");
        }
    }
}
