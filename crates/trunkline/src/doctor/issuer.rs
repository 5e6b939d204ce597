use super::Finding;
use crate::config::Config;

/// Whether people can sign in by OpenID Connect; nothing is said where that is not configured.
pub(super) async fn look(config: &Config) -> Option<Finding> {
    const WHAT: &str = "issuer";
    let oidc = match config.oidc() {
        Ok(oidc) => oidc?,
        Err(failure) => return Some(Finding::of(WHAT, &failure)),
    };
    let registration = oidc.client.registration();
    Some(match oidc.client.look().await {
        Ok(()) => {
            let (issuer, back) = (&registration.issuer, &registration.redirect_uri);
            Finding::ok(WHAT, format!("{issuer} answers; it must allow the redirect URI {back}"))
        }
        Err(error) => Finding::failed(
            WHAT,
            error.to_string(),
            "look at sign_in.oidc in trunkline.toml, and whether this machine reaches the issuer",
        ),
    })
}
