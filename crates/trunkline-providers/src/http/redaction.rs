use secrecy::{ExposeSecret, SecretString};

/// What stands where a secret stood.
const MASK: &str = "[secret]";

/// The secrets of one call, in every spelling that an answer or an error may repeat them in.
#[derive(Default, Clone)]
pub(crate) struct Secrets(Vec<SecretString>);

impl Secrets {
    pub(crate) fn note(&mut self, secret: &str) {
        if secret.is_empty() {
            return;
        }
        self.0.push(secret.into());
        let quoted = serde_json::Value::from(secret).to_string();
        let escaped = quoted.trim_matches('"');
        let of_url: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        // Meta's JSON escapes slashes.
        for spelling in [escaped, &escaped.replace('/', "\\/"), &of_url] {
            if spelling != secret && !spelling.is_empty() {
                self.0.push(spelling.into());
            }
        }
        // A secret that contains another goes first, or its rest would stay.
        self.0.sort_by_key(|secret| std::cmp::Reverse(secret.expose_secret().len()));
    }

    /// Each spelling.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(SecretString::expose_secret)
    }

    /// The text without them.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.0
            .iter()
            .fold(text.to_owned(), |text, secret| text.replace(secret.expose_secret(), MASK))
    }
}
