use axum::http::HeaderMap;
use trunkline_core::Role;

use super::assets;
use super::theme::THEME_COOKIE;
use crate::auth::cookie_value;

/// What stands around every page: who is signed in, where, and what was just done.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// Who is signed in.
    pub user: Option<FrameUser>,
    /// Which entry of the menu is the current one.
    pub section: Section,
    /// What was just done, shown once.
    pub toast: Option<String>,
    /// `light`, `dark`, or `auto`: as the system says.
    pub theme: &'static str,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct FrameUser {
    /// The email address.
    pub email: String,
    /// The name.
    pub name: String,
    /// What the user may do.
    pub role: Role,
}

/// An entry of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// None: sign-in, setup, problems.
    None,
    /// `/admin`
    Overview,
    /// `/admin/alerts`
    Alerts,
    /// `/admin/partner-accounts`
    PartnerAccounts,
    /// `/admin/webhooks`
    Webhooks,
    /// `/admin/syncs`
    Syncs,
    /// `/admin/providers`
    Providers,
    /// `/admin/companies`
    Companies,
    /// `/admin/clients`
    Clients,
    /// `/admin/channels`
    Channels,
    /// `/admin/import`
    Import,
    /// `/admin/migrations`
    Migrations,
    /// `/admin/audit-log`
    AuditLog,
    /// `/admin/users`
    Users,
    /// `/admin/api-keys`
    ApiKeys,
    /// `/admin/profile`
    Profile,
}

impl Frame {
    /// For a page that anybody may see.
    pub(crate) fn anonymous(headers: &HeaderMap) -> Self {
        let theme = match cookie_value(headers, THEME_COOKIE) {
            Some("light") => "light",
            Some("dark") => "dark",
            _ => "auto",
        };
        let toast = cookie_value(headers, TOAST_COOKIE).and_then(|text| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8()
                .ok()
                .map(std::borrow::Cow::into_owned)
        });
        Self { user: None, section: Section::None, toast, theme }
    }

    /// The address of an asset, for templates.
    #[expect(clippy::unused_self, reason = "templates reach it through the frame")]
    pub(crate) fn asset(&self, name: &str) -> String {
        assets::asset(name)
    }
}

/// Carries a toast over a redirect; the page that shows it takes it away.
pub(crate) const TOAST_COOKIE: &str = "trunkline_toast";
