use trunkline_core::Provider;
use trunkline_store::partner_accounts::PartnerAccount;

use super::shape::Shape;

/// Where a field stands: a column of the account or of its details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    PartnerId,
    PartnerApiKey,
    PartnerSecret,
    WebhookVerifyToken,
    AccessToken,
    ConfigId,
    RedirectUrl,
    Label,
    GraphVersion,
    BaseUrl,
    WebhookHeader,
}

impl Column {
    /// Its name in the database.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::PartnerId => "partner_id",
            Self::PartnerApiKey => "partner_api_key",
            Self::PartnerSecret => "partner_secret",
            Self::WebhookVerifyToken => "webhook_verify_token",
            Self::AccessToken => "access_token",
            Self::ConfigId => "config_id",
            Self::RedirectUrl => "redirect_url",
            Self::Label => "label",
            Self::GraphVersion => "graph_version",
            Self::BaseUrl => "base_url",
            Self::WebhookHeader => "webhook_header",
        }
    }

    /// Whether it holds ciphertext.
    pub(crate) fn is_sealed(self) -> bool {
        matches!(
            self,
            Self::PartnerApiKey
                | Self::PartnerSecret
                | Self::WebhookVerifyToken
                | Self::AccessToken
        )
    }

    /// The stored text.
    pub(crate) fn get(self, account: &PartnerAccount) -> Option<&str> {
        match self {
            Self::PartnerId => Some(account.partner_id.as_str()),
            Self::PartnerApiKey => account.partner_api_key.as_deref(),
            Self::PartnerSecret => account.partner_secret.as_deref(),
            Self::WebhookVerifyToken => account.webhook_verify_token.as_deref(),
            Self::AccessToken => account.access_token.as_deref(),
            Self::ConfigId => account.config_id.as_deref(),
            Self::RedirectUrl => account.redirect_url.as_deref(),
            Self::Label => account.label.as_deref(),
            Self::GraphVersion => account.graph_version.as_deref(),
            Self::BaseUrl => account.base_url.as_deref(),
            Self::WebhookHeader => account.webhook_header.as_deref(),
        }
    }

    /// Stores a text; the provider's id of the account cannot be taken away.
    pub(crate) fn set(self, account: &mut PartnerAccount, text: Option<String>) {
        let place = match self {
            Self::PartnerId => {
                account.partner_id = text.unwrap_or_default();
                return;
            }
            Self::PartnerApiKey => &mut account.partner_api_key,
            Self::PartnerSecret => &mut account.partner_secret,
            Self::WebhookVerifyToken => &mut account.webhook_verify_token,
            Self::AccessToken => &mut account.access_token,
            Self::ConfigId => &mut account.config_id,
            Self::RedirectUrl => &mut account.redirect_url,
            Self::Label => &mut account.label,
            Self::GraphVersion => &mut account.graph_version,
            Self::BaseUrl => &mut account.base_url,
            Self::WebhookHeader => &mut account.webhook_header,
        };
        *place = text;
    }
}

/// A field of an account, in the words of its provider.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldSpec {
    /// In the API and in forms.
    pub name: &'static str,
    /// Where it stands.
    pub column: Column,
    /// What the provider calls it.
    pub label: &'static str,
    /// Where to find it, and what it is for.
    pub help: &'static str,
    /// Whether it goes in and never comes out.
    pub is_secret: bool,
    /// Whether an account cannot be without it.
    pub is_required: bool,
    /// What it looks like.
    pub shape: Shape,
}

const KEY: Shape = Shape::Pattern {
    pattern: "^[!-~]{8,4096}$",
    longest: 4096,
    says: "8 to 4096 printable ASCII characters without spaces",
};
const NUMBER: Shape =
    Shape::Pattern { pattern: "^[0-9]{1,32}$", longest: 32, says: "a number of 1 to 32 digits" };

const fn shown(
    name: &'static str,
    column: Column,
    label: &'static str,
    help: &'static str,
    shape: Shape,
) -> FieldSpec {
    FieldSpec { name, column, label, help, is_secret: false, is_required: false, shape }
}

const fn secret(
    name: &'static str,
    column: Column,
    label: &'static str,
    help: &'static str,
) -> FieldSpec {
    FieldSpec { name, column, label, help, is_secret: true, is_required: false, shape: KEY }
}

const fn required(field: FieldSpec) -> FieldSpec {
    FieldSpec { is_required: true, ..field }
}

static DIALOG360: [FieldSpec; 5] = [
    required(shown(
        "partner_id",
        Column::PartnerId,
        "Partner ID",
        "Shown in the Partner Hub; it ends in PA.",
        Shape::Pattern {
            pattern: "^[A-Za-z0-9]{1,62}PA$",
            longest: 64,
            says: "letters and digits, and PA at the end; CL is a client, CH a channel",
        },
    )),
    required(secret(
        "api_key",
        Column::PartnerApiKey,
        "Partner API key",
        "From the Partner Hub, section API Keys; 360dialog shows it once.",
    )),
    secret(
        "platform_secret",
        Column::PartnerSecret,
        "Platform secret",
        "Generated in the Partner Hub, page Integration. It signs partner webhooks and onboarding links; \
         without it no webhook can be verified.",
    ),
    shown(
        "webhook_header_name",
        Column::WebhookHeader,
        "Custom webhook header",
        "The name of a header that you set together with the webhook URL in the Partner Hub, as X-Partner-Auth.",
        Shape::Pattern {
            pattern: "^[A-Za-z0-9][A-Za-z0-9-]{0,63}$",
            longest: 64,
            says: "the name of a header: letters, digits and hyphens",
        },
    ),
    FieldSpec {
        name: "webhook_header_secret",
        column: Column::WebhookVerifyToken,
        label: "Custom webhook header secret",
        help: "The value of that header, by which a webhook proves where it comes from.",
        is_secret: true,
        is_required: false,
        shape: Shape::Pattern {
            pattern: "^[!-~][ -~]{6,1022}[!-~]$",
            longest: 1024,
            says: "8 to 1024 printable ASCII characters, the first and last no space",
        },
    },
];

static META: [FieldSpec; 7] = [
    required(shown(
        "business_portfolio_id",
        Column::PartnerId,
        "Business portfolio ID",
        "Business settings, Business info.",
        NUMBER,
    )),
    required(shown(
        "app_id",
        Column::PartnerApiKey,
        "App ID",
        "App Dashboard, App settings, Basic.",
        NUMBER,
    )),
    required(secret(
        "app_secret",
        Column::PartnerSecret,
        "App secret",
        "App Dashboard, App settings, Basic. It signs webhooks and proves calls.",
    )),
    secret(
        "system_user_token",
        Column::AccessToken,
        "System user access token",
        "Business settings, System users, Generate token, with business_management, \
         whatsapp_business_management and whatsapp_business_messaging. It reads the clients and their numbers.",
    ),
    secret(
        "webhook_verify_token",
        Column::WebhookVerifyToken,
        "Webhook verify token",
        "A word of your own that Meta repeats when it verifies the webhook URL; it can be generated here.",
    ),
    shown(
        "login_configuration_id",
        Column::ConfigId,
        "Login configuration ID",
        "App Dashboard, Facebook Login for Business, Configurations; Embedded Signup starts with it.",
        NUMBER,
    ),
    shown(
        "graph_version",
        Column::GraphVersion,
        "Graph API version",
        "The version of every call, as v25.0; without one, that of the configuration.",
        Shape::Pattern {
            pattern: r"^v[0-9]{1,3}\.[0-9]{1,2}$",
            longest: 7,
            says: "a version of the Graph API, as v25.0",
        },
    ),
];

static TWILIO: [FieldSpec; 6] = [
    required(shown(
        "account_sid",
        Column::PartnerId,
        "Account SID",
        "Twilio Console, Account info; AC and 32 hexadecimal digits.",
        Shape::Pattern {
            pattern: "^AC[0-9a-fA-F]{32}$",
            longest: 34,
            says: "AC and 32 hexadecimal digits",
        },
    )),
    secret(
        "auth_token",
        Column::AccessToken,
        "Auth token",
        "Twilio Console, Account info. It signs in and signs webhooks; without it no webhook can be verified.",
    ),
    shown(
        "api_key_sid",
        Column::PartnerApiKey,
        "API key SID",
        "Twilio Console, API keys & tokens; SK and 32 hexadecimal digits. A Main key: a Standard one cannot \
         read accounts.",
        Shape::Pattern {
            pattern: "^SK[0-9a-fA-F]{32}$",
            longest: 34,
            says: "SK and 32 hexadecimal digits",
        },
    ),
    secret(
        "api_key_secret",
        Column::PartnerSecret,
        "API key secret",
        "Belongs to the API key; Twilio shows it once.",
    ),
    shown(
        "shared_key_id",
        Column::ConfigId,
        "Shared key ID",
        "Where a rule at webhooks.twilio.com has webhooks signed by a shared key instead of the auth token.",
        Shape::Pattern {
            pattern: "^[A-Za-z0-9_-]{1,64}$",
            longest: 64,
            says: "1 to 64 letters, digits, hyphens and underscores",
        },
    ),
    secret(
        "shared_key_secret",
        Column::WebhookVerifyToken,
        "Shared key secret",
        "Belongs to the shared key; Twilio shows it once.",
    ),
];

static OF_ALL: [FieldSpec; 3] = [
    shown(
        "label",
        Column::Label,
        "Name",
        "What you call the account; companies do not see it.",
        Shape::Words(100),
    ),
    shown(
        "redirect_url",
        Column::RedirectUrl,
        "Redirect URL",
        "Where the provider sends the browser back after onboarding.",
        Shape::Url,
    ),
    shown(
        "base_url",
        Column::BaseUrl,
        "API address",
        "Where the provider's API is, if not at its own address: a proxy or a simulator. Owners alone set it: \
         the credentials are sent there.",
        Shape::Url,
    ),
];

/// The fields that an account of the provider has beside those of all.
fn own(provider: Provider) -> &'static [FieldSpec] {
    match provider {
        Provider::Dialog360 => &DIALOG360,
        Provider::Meta => &META,
        Provider::Twilio => &TWILIO,
    }
}

/// The fields of an account of the provider, in the order in which a form asks for them.
pub(crate) fn fields_of(provider: Provider) -> impl Iterator<Item = &'static FieldSpec> {
    OF_ALL[..1].iter().chain(own(provider)).chain(&OF_ALL[1..])
}

/// The field of this name.
pub(crate) fn find_field(provider: Provider, name: &str) -> Option<&'static FieldSpec> {
    fields_of(provider).find(|field| field.name == name)
}

/// The field that holds the provider's id of the account.
pub(crate) fn identity(provider: Provider) -> &'static FieldSpec {
    &own(provider)[0]
}

/// Fields that an account has both of or neither.
pub(crate) fn pairs(provider: Provider) -> &'static [[&'static str; 2]] {
    match provider {
        Provider::Dialog360 => &[["webhook_header_name", "webhook_header_secret"]],
        Provider::Meta => &[],
        Provider::Twilio => {
            &[["api_key_sid", "api_key_secret"], ["shared_key_id", "shared_key_secret"]]
        }
    }
}

/// Which other provider's accounts have a field of this name.
pub(crate) fn owner_of(name: &str) -> Option<Provider> {
    let has = |provider: &Provider| own(*provider).iter().any(|field| field.name == name);
    Provider::ALL.iter().copied().find(has)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use trunkline_core::Provider;

    use super::{Column, fields_of, identity};

    #[test]
    fn no_two_fields_of_a_provider_share_a_name_or_a_column() {
        for provider in Provider::ALL {
            let fields: Vec<_> = fields_of(*provider).collect();
            let names: HashSet<_> = fields.iter().map(|field| field.name).collect();
            let columns: HashSet<_> =
                fields.iter().map(|field| format!("{:?}", field.column)).collect();
            assert_eq!((names.len(), columns.len()), (fields.len(), fields.len()), "{provider}");
            assert_eq!(identity(*provider).column, Column::PartnerId);
        }
    }

    #[test]
    fn every_field_stands_on_the_page_about_partner_accounts() {
        let page = include_str!("../../../../docs/partner-accounts.md");
        for field in Provider::ALL.iter().flat_map(|provider| fields_of(*provider)) {
            assert!(page.contains(&format!("`{}`", field.name)), "{}", field.name);
        }
    }

    #[test]
    fn every_secret_stands_in_a_column_of_ciphertext() {
        for field in Provider::ALL.iter().flat_map(|provider| fields_of(*provider)) {
            assert!(!field.is_secret || field.column.is_sealed(), "{}", field.name);
        }
    }
}
