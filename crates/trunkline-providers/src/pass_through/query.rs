use trunkline_core::Provider;

/// The longest value, in bytes.
const LONGEST: usize = 512;

/// Parameters that choose and page. Anything else might name another object, another method or another token:
/// `ids`, `batch`, `method`, `access_token`.
const META: [&str; 12] = [
    "after",
    "before",
    "category",
    "content",
    "fields",
    "hsm_id",
    "language",
    "limit",
    "name",
    "name_or_content",
    "quality_score",
    "status",
];
const DIALOG360: [&str; 5] = ["fields", "filters", "limit", "offset", "sort"];
const TWILIO: [&str; 3] = ["Page", "PageSize", "PageToken"];

/// The parameters of a request that is passed on, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

/// A parameter that is not passed on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryRefused {
    /// It is not among those that are.
    #[error("the parameter `{name}` is not passed on; those that are: {known}")]
    Unknown {
        /// Its name.
        name: String,
        /// Those that are.
        known: String,
    },
    /// Readers differ in which of the two counts.
    #[error("the parameter `{0}` stands twice")]
    Twice(String),
    /// Fields of fields lead to other objects.
    #[error("`fields` are names, divided by commas, without fields of their own")]
    Fields,
    /// Nothing that is so long chooses or pages.
    #[error("the value of `{0}` is longer than {LONGEST} bytes")]
    Long(String),
}

impl Query {
    /// Reads what stands behind the question mark.
    pub fn parse(provider: Provider, raw: &str) -> Result<Self, QueryRefused> {
        let known: &[&str] = match provider {
            Provider::Meta => &META,
            Provider::Dialog360 => &DIALOG360,
            Provider::Twilio => &TWILIO,
        };
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            if !known.contains(&&*name) {
                let known = known.join(", ");
                return Err(QueryRefused::Unknown { name: name.into_owned(), known });
            }
            if pairs.iter().any(|(other, _)| *other == name) {
                return Err(QueryRefused::Twice(name.into_owned()));
            }
            if value.len() > LONGEST {
                return Err(QueryRefused::Long(name.into_owned()));
            }
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b',');
            if name == "fields" && !value.bytes().all(is_name) {
                return Err(QueryRefused::Fields);
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(pairs))
    }

    /// Names and values.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}
