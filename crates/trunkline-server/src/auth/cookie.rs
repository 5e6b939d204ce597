use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use crate::Settings;

/// The cookie of a session. With HTTPS its prefix makes browsers take it from this host alone, over
/// HTTPS alone (RFC 6265bis, 4.1.3.2).
pub(crate) fn session_cookie_name(settings: &Settings) -> &'static str {
    if settings.is_https() { "__Host-trunkline_session" } else { "trunkline_session" }
}

/// Makes the browser keep the token of a session until it ends, or forget it (`None`).
pub(crate) fn set_session_cookie(
    response: &mut Response,
    settings: &Settings,
    token: Option<&str>,
) {
    let name = session_cookie_name(settings);
    let secure = if settings.is_https() { "; Secure" } else { "" };
    let (token, end) = token.map_or(("", "; Max-Age=0"), |token| (token, ""));
    let cookie = format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax{secure}{end}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// The value of a cookie.
pub(crate) fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(known, value)| (known == name).then_some(value))
}
