use axum::Form;
use axum::http::header::{LOCATION, REFERER, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use serde::Deserialize;

/// The choice of the menu.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    theme: Theme,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Theme {
    Auto,
    Light,
    Dark,
}

/// Keeps the choice in a cookie for a year and leads back to the page.
pub(crate) async fn choose(headers: HeaderMap, Form(choice): Form<Choice>) -> impl IntoResponse {
    let theme = match choice.theme {
        Theme::Auto => "auto",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    let cookie =
        format!("{THEME_COOKIE}={theme}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
    // Only the path: where it leads is on this service, whatever the header says.
    let referer = headers.get(REFERER).and_then(|value| value.to_str().ok()?.parse::<Uri>().ok());
    let back = referer.and_then(|uri| uri.path_and_query().map(ToString::to_string));
    let back =
        back.filter(|path| path.starts_with("/admin")).unwrap_or_else(|| "/admin".to_owned());
    (StatusCode::SEE_OTHER, [(SET_COOKIE, cookie), (LOCATION, back)])
}

/// Holds `light`, `dark` or `auto`.
pub(crate) const THEME_COOKIE: &str = "trunkline_theme";
