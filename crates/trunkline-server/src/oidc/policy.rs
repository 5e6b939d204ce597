use std::collections::BTreeMap;

use trunkline_core::Role;
use trunkline_core::configuration::Oidc as Settings;
use trunkline_providers::oidc::Claims;

use crate::people::parse_email;

/// Whom the issuer lets in, as what.
#[derive(Debug)]
pub(crate) struct Policy {
    role_claim: Option<String>,
    roles: BTreeMap<String, Role>,
    default_role: Option<Role>,
    email_domains: Vec<String>,
    pub(super) create_users: bool,
    pub(super) link_by_email: bool,
}

impl Policy {
    pub(super) fn new(settings: &Settings) -> Self {
        let domain = |domain: &String| domain.trim_start_matches('@').to_lowercase();
        Self {
            role_claim: settings.role_claim.clone(),
            roles: settings.roles.clone(),
            default_role: settings.default_role,
            email_domains: settings.email_domains.iter().map(domain).collect(),
            create_users: settings.create_users,
            link_by_email: settings.link_by_email,
        }
    }

    /// Whether the issuer decides roles, rather than whoever administers users here.
    pub(super) fn decides_roles(&self) -> bool {
        self.role_claim.is_some()
    }

    /// The role of somebody; `None`: they have none.
    pub(super) fn role(&self, claims: &Claims) -> Option<Role> {
        let words = self.role_claim.as_ref().map(|claim| claims.words(claim)).unwrap_or_default();
        let given = words.iter().filter_map(|word| self.roles.get(*word).copied()).max();
        given.or(self.default_role)
    }

    /// Whether the domain of their address is let in.
    pub(super) fn admits_domain(&self, claims: &Claims) -> bool {
        let domain = verified_email(claims)
            .and_then(|email| Some(email.rsplit_once('@')?.1.to_owned()))
            .unwrap_or_default();
        self.email_domains.is_empty() || self.email_domains.contains(&domain)
    }
}

/// The address, if the issuer has made sure of it.
pub(super) fn verified_email(claims: &Claims) -> Option<String> {
    let email = claims.email.as_deref().filter(|_| claims.email_verified)?;
    parse_email(email).ok()
}
