//! Words and numbers as pages show them.

/// A word of a vocabulary as a title: `not_verified` is "Not verified".
pub(crate) fn title(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first
        .into_iter()
        .chain(letters)
        .map(|letter| if letter == '_' { ' ' } else { letter })
        .collect()
}

/// What the API says in the middle of a line, as a sentence.
pub(crate) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

/// The words of a vocabulary as the choices of a filter.
pub(crate) fn choices<T: Copy>(
    all: &[T],
    word: impl Fn(T) -> &'static str,
) -> Vec<(&'static str, String)> {
    all.iter().map(|one| (word(*one), title(word(*one)))).collect()
}

/// A number with its thousands apart: 1,000.
pub(crate) fn grouped(number: impl Into<i64>) -> String {
    let digits = number.into().to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.char_indices() {
        let rest = digits.len() - index;
        if index > 0 && rest.is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::{grouped, title};

    #[test]
    fn words_and_numbers_are_written_for_people() {
        assert_eq!((title("running").as_str(), title("").as_str()), ("Running", ""));
        assert_eq!(title("not_verified"), "Not verified");
        let said = [0, 999, 1000, 100_000, 1_234_567, -1000].map(grouped);
        assert_eq!(said, ["0", "999", "1,000", "100,000", "1,234,567", "-1,000"]);
    }
}
