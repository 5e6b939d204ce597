//! `admin …`: people are added and let in again from the server's own command line.

use std::path::Path;

use insta::assert_snapshot;

use crate::outcome::Outcome;
use crate::place::{Place, Run};

/// The link that was printed, and the output without its token.
#[track_caller]
fn link(outcome: &Outcome) -> (String, String) {
    let from = outcome.stdout.find("http://").unwrap_or_else(|| panic!("{outcome}"));
    let link = outcome.stdout[from..].split(['"', '\n']).next().unwrap().to_owned();
    let token = link.rsplit('/').next().unwrap();
    assert_eq!(token.len(), 43, "{outcome}");
    (link.clone(), outcome.to_string().replace(token, "[token]"))
}

#[tokio::test]
async fn every_command_explains_itself() {
    for command in ["", " create-user", " reset-password", " setup-link"] {
        let line = format!("admin{command} --help");
        let help = Run::new(Path::new("/tmp"), &line).run().await.expect(0);
        assert_snapshot!(format!("help admin{command}").replace([' ', '-'], "_"), help);
    }
}

#[tokio::test]
async fn an_owner_is_added_and_gets_new_links() {
    let place = Place::migrated().await;
    let (first, shown) = link(&place.run("admin setup-link").await.expect(0));
    assert_snapshot!("setup_link", shown);
    let (second, shown) = link(&place.run("admin setup-link --format json").await.expect(0));
    assert_snapshot!("setup_link_json", shown);
    assert_ne!(first, second);

    let create = "admin create-user Ada@Example.com --name 'Ada Lovelace' --role owner";
    let (_, shown) = link(&place.run(create).await.expect(0));
    assert_snapshot!("create_user", shown);
    assert_snapshot!("create_user_again", place.run(create).await.expect(1));
    assert_snapshot!("setup_link_over", place.run("admin setup-link").await.expect(1));

    let (_, shown) = link(&place.run("admin reset-password ada@example.com").await.expect(0));
    assert_snapshot!("reset_password", shown);
    place.sql("UPDATE trunkline.users SET totp_secret = 'tlk1.00000000.x'").await;
    let reset = "admin reset-password ADA@example.com --without-second-factor --format json";
    let (_, shown) = link(&place.run(reset).await.expect(0));
    assert_snapshot!("reset_password_json", shown);
    let without = "SELECT count(*) FROM trunkline.users WHERE totp_secret IS NULL";
    assert_eq!(place.number(without).await, 1);
    let links = "SELECT count(*) FROM trunkline.one_time_links WHERE purpose = 'password'";
    assert_eq!(place.number(links).await, 1, "each link ends the one before");
    let written = "SELECT count(*) FROM trunkline.audit_log WHERE actor_kind = 'command'";
    assert_eq!(place.number(written).await, 5);
}

#[tokio::test]
async fn links_lead_to_where_browsers_reach_the_service() {
    let place = Place::migrated().await;
    let run = place.command("admin setup-link");
    let outcome = run.env("TRUNKLINE_PUBLIC_URL", "https://partners.example.com/").run().await;
    let outcome = outcome.expect(0);
    assert!(outcome.stdout.contains("https://partners.example.com/admin/setup/"), "{outcome}");
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_what_to_do() {
    let place = Place::migrated().await;
    let first = "admin create-user vera@example.com --name Vera --role viewer";
    assert_snapshot!("first_is_no_owner", place.run(first).await.expect(2));
    let address = "admin create-user vera --name Vera --role owner";
    assert_snapshot!("no_address", place.run(address).await.expect(2));
    let role = "admin create-user vera@example.com --name Vera --role king";
    assert_snapshot!("no_role", place.run(role).await.expect(2));
    let nobody = "admin reset-password nobody@example.com";
    assert_snapshot!("nobody", place.run(nobody).await.expect(1));
    let place = Place::empty().await;
    assert_snapshot!("admin_not_migrated", place.run("admin setup-link").await.expect(1));
}
