//! Signing in by OpenID Connect, against an issuer on a real socket.

mod failures;
mod issuer;
mod people;

use confique::{Config as _, Layer as _};
use issuer::{CLIENT_ID, Issuer, SECRET};
use trunkline_core::Role;
use trunkline_core::configuration::{Configuration, SignIn};
use trunkline_core::secrets::Secret;

use crate::support::{Answer, Service};

/// A service with an owner, Ada, and an issuer that knows her too.
struct Place {
    service: Service,
    issuer: Issuer,
}

impl Place {
    /// The settings are those of an issuer that is trusted with everything, changed by `change`.
    async fn new(change: impl FnOnce(&mut SignIn)) -> Self {
        let mut service = Service::with_owner().await;
        let issuer = Issuer::start(&service.clock).await;
        let mut sign_in = settings(&issuer.url);
        change(&mut sign_in);
        service.oidc(&sign_in, Some(Secret::new(SECRET.to_owned())));
        Self { service, issuer }
    }

    /// Presses the button: where the browser is sent, and the cookie that it keeps.
    async fn begin(&self, then: &str) -> (String, String) {
        let answer = self.service.page(&format!("/admin/sign-in/oidc?then={then}"), "").await;
        let answer = answer.expect(303);
        let cookies = answer.cookies();
        let cookie = cookies.iter().find(|cookie| cookie.starts_with("trunkline_oidc="));
        let cookie = cookie.unwrap().split(';').next().unwrap().to_owned();
        (answer.header("location").to_owned(), cookie)
    }

    /// Goes to the issuer and back, as a browser does.
    async fn walk(&self) -> Answer {
        let (address, cookie) = self.begin("/admin/users").await;
        self.service.page(&self.issuer.lets_in(&address), &cookie).await
    }
}

fn settings(issuer: &str) -> SignIn {
    let defaults = <Configuration as confique::Config>::Layer::default_values();
    let mut sign_in = Configuration::from_layer(defaults).unwrap().sign_in;
    sign_in.oidc.issuer = Some(issuer.to_owned());
    sign_in.oidc.client_id = Some(CLIENT_ID.to_owned());
    "Example ID".clone_into(&mut sign_in.oidc.label);
    sign_in.oidc.default_role = Some(Role::Viewer);
    sign_in.oidc.create_users = true;
    sign_in.oidc.link_by_email = true;
    sign_in.oidc.allow_private_address = true;
    sign_in
}
