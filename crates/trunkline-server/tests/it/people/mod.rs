//! People: how they come in, what they may do to each other, and what keeps others out.

mod profile;
mod second_factor;
mod setup;
mod sign_in;
mod users;

use jiff::SignedDuration;
use trunkline_core::Role;
use trunkline_server::people::{Newcomer, People};
use trunkline_store::audit_log::{Actor, ActorKind};

use crate::support::{Answer, Service};

pub(crate) use setup::main_of;

pub(crate) const PASSWORD: &str = "a long enough sentence";

/// The address of a path, without the host.
pub(crate) fn path(link: &str) -> String {
    link.strip_prefix("http://127.0.0.1:8640").unwrap().to_owned()
}

impl Answer {
    /// Everything that the browser is to keep.
    pub(crate) fn cookies(&self) -> Vec<&str> {
        let cookies = self.headers.get_all("set-cookie").iter();
        cookies.map(|value| value.to_str().unwrap()).collect()
    }

    /// The cookie of the session that this answer begins.
    #[track_caller]
    pub(crate) fn session(&self) -> String {
        let cookies = self.cookies();
        let session = cookies.iter().find(|cookie| cookie.starts_with("trunkline_session="));
        let session =
            session.unwrap_or_else(|| panic!("{}: {cookies:?} {}", self.status, self.body));
        session.split(';').next().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    /// A redirect to this path.
    #[track_caller]
    pub(crate) fn leads_to(self, path: &str) -> Self {
        let answer = self.expect(303);
        assert_eq!(answer.header("location"), path);
        answer
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.body.contains(text), "no `{text}` in: {}", self.body);
        self
    }
}

impl Service {
    pub(crate) fn people(&self) -> People<'_> {
        let name = "test".to_owned();
        let (id, address, request_id) = (None, None, None);
        self.state.people(Actor { kind: ActorKind::Command, id, name, address, request_id })
    }

    /// An owner, Ada, with a password.
    pub(crate) async fn with_owner() -> Self {
        let service = Self::new().await;
        let link = service.people().setup_link().await.unwrap().unwrap();
        let form = format!("name=Ada+Lovelace&email=Ada@example.com&password={PASSWORD}");
        let answer = service.submit(&path(&link), "", &form.replace(' ', "+")).await;
        answer.leads_to("/admin");
        service
    }

    pub(crate) async fn try_password(&self, email: &str, password: &str) -> Answer {
        let form = format!("email={email}&password={password}&then=/admin");
        self.submit("/admin/sign-in", "", &form.replace(' ', "+")).await
    }

    /// The cookie of somebody who has signed in with the usual password.
    pub(crate) async fn enter(&self, email: &str) -> String {
        self.try_password(email, PASSWORD).await.leads_to("/admin").session()
    }

    pub(crate) async fn is_signed_in(&self, cookie: &str) -> bool {
        self.page("/admin", cookie).await.status.as_u16() == 200
    }

    pub(crate) async fn number(&self, query: &str) -> i64 {
        self.client.query_one(query, &[]).await.unwrap().get(0)
    }

    pub(crate) async fn text(&self, query: &str) -> String {
        self.client.query_one(query, &[]).await.unwrap().get(0)
    }

    /// The actions of the audit log, the last one first.
    pub(crate) async fn actions(&self) -> Vec<String> {
        let query = "SELECT action FROM trunkline.audit_log ORDER BY id DESC";
        let rows = self.client.query(query, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Everything that the audit log says.
    pub(crate) async fn audit_log(&self) -> String {
        self.text("SELECT coalesce(string_agg(audit_log::TEXT, ' '), '') FROM trunkline.audit_log")
            .await
    }

    /// Somebody with the usual password, and their id.
    pub(crate) async fn add(&self, email: &str, role: Role) -> i32 {
        let newcomer = Newcomer { email, name: email.split('@').next().unwrap(), role };
        let invitation = self.people().invite(&newcomer).await.unwrap();
        let form = format!("password={PASSWORD}").replace(' ', "+");
        let answer = self.submit(&path(&invitation.link), "", &form).await;
        answer.leads_to("/admin/sign-in");
        invitation.user.id
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }
}
