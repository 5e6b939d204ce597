use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use form_urlencoded::Serializer;
use serde::Deserialize;

use super::{LIST, page_of};
use crate::Problem;
use crate::admin::PageProblem;
use crate::api::Query;
use crate::auth::Administrator;
use crate::partner_accounts::{AccountDocument, PublicProfile};

/// The onboarding page as companies will see it. What is half typed or not valid is left out.
pub(super) struct Preview {
    /// The address of its colours: the pages allow no inline style.
    pub colors: String,
    pub company: String,
    pub logo: String,
    pub provider: &'static str,
    pub languages: String,
    pub email: String,
    pub phone: String,
    pub links: Vec<(&'static str, String)>,
}

impl Preview {
    /// As it is stored.
    pub(super) fn of(account: &AccountDocument) -> Self {
        Self::new(account, &account.public_profile)
    }

    /// With another profile than the stored one.
    pub(super) fn new(account: &AccountDocument, profile: &PublicProfile) -> Self {
        let uploaded = account.logo.as_ref().map(|_| {
            let version = account.updated_at.as_microsecond();
            format!("{}/logo?version={version}", page_of(account.id))
        });
        let link = |url: &Option<String>| {
            url.clone().filter(|url| url.starts_with("https://")).unwrap_or_default()
        };
        let links = [
            ("Help", link(&profile.support.url)),
            ("Terms", link(&profile.terms_url)),
            ("Privacy", link(&profile.privacy_url)),
        ];
        let address = format!("{LIST}/colors.css?");
        let start = address.len();
        let mut colors = Serializer::for_suffix(address, start);
        for (name, color) in [
            ("primary", &profile.colors.primary),
            ("background", &profile.colors.background),
            ("text", &profile.colors.text),
        ] {
            if let Some(digits) = color.as_deref().and_then(digits) {
                colors.append_pair(name, digits);
            }
        }
        Self {
            colors: colors.finish(),
            company: profile.company_name.clone().unwrap_or_default(),
            logo: uploaded.unwrap_or_else(|| link(&profile.logo_url)),
            provider: account.provider.name(),
            languages: profile.languages.join(", "),
            email: profile.support.email.clone().unwrap_or_default(),
            phone: profile.support.phone.clone().unwrap_or_default(),
            links: links.into_iter().filter(|(_, url)| !url.is_empty()).collect(),
        }
    }
}

/// The six digits of a colour.
fn digits(color: &str) -> Option<&str> {
    let digits = color.strip_prefix('#')?;
    (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(digits)
}

/// Colours, each as six hexadecimal digits.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Colors {
    primary: Option<String>,
    background: Option<String>,
    text: Option<String>,
}

/// The style sheet of a preview.
pub(super) async fn colors(
    _: Administrator,
    colors: Result<Query<Colors>, Problem>,
) -> Result<Response, PageProblem> {
    let Query(colors) = colors?;
    let mut rules = String::new();
    for (name, color) in
        [("primary", &colors.primary), ("background", &colors.background), ("text", &colors.text)]
    {
        let color = color.as_deref().map(|color| format!("#{color}"));
        if let Some(digits) = color.as_deref().and_then(digits) {
            rules.extend(["--company-", name, ": #", digits, ";"]);
            if name == "primary" {
                rules.extend(["--company-on-primary: ", readable_on(digits), ";"]);
            }
        }
    }
    let style = format!(".company-page {{{rules}}}\n");
    Ok(([(CONTENT_TYPE, "text/css; charset=utf-8")], style).into_response())
}

/// Black or white, whichever contrasts more (WCAG 2.2, relative luminance).
fn readable_on(digits: &str) -> &'static str {
    let channel = |place: usize| {
        let byte = u8::from_str_radix(&digits[place..place + 2], 16).unwrap_or_default();
        let share = f64::from(byte) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = 0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4);
    if luminance > 0.179 { "#000000" } else { "#ffffff" }
}

#[cfg(test)]
mod tests {
    use super::{digits, readable_on};

    #[test]
    fn a_colour_is_six_digits_and_nothing_that_ends_a_rule() {
        assert_eq!(digits("#1a7F37"), Some("1a7F37"));
        for wrong in ["1a7f37", "#1a7f3", "#1a7f37;", "#}{:::;", "#ééé"] {
            assert_eq!(digits(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn writing_on_a_button_contrasts_with_it() {
        assert_eq!(readable_on("ffdd00"), "#000000");
        assert_eq!(readable_on("0b5a68"), "#ffffff");
    }
}
