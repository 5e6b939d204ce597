//! Colour, which only a terminal gets.

use crate::place::Place;

const ESCAPE: char = '\u{1b}';

#[tokio::test]
async fn colour_is_for_terminals_that_want_it() {
    let place = Place::migrated().await;
    for line in ["migrate status", "migrate verify", "migrate --source nowhere status"] {
        let piped = place.run(line).await;
        assert!(!format!("{}{}", piped.stdout, piped.stderr).contains(ESCAPE), "{piped}");
        let terminal = place.command(line).on_terminal("").await;
        assert!(terminal.stdout.contains(ESCAPE), "{terminal}");
        let plain = place.command(line).env("NO_COLOR", "1").on_terminal("").await;
        assert!(!plain.stdout.contains(ESCAPE), "{plain}");
    }
}

#[tokio::test]
async fn json_has_no_colour_on_a_terminal_either() {
    let place = Place::migrated().await;
    let outcome = place.command("--format json migrate status").on_terminal("").await.expect(0);
    assert_eq!(outcome.json()["source"], "trunkline");
}
