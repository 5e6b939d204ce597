use trunkline_core::secrets::{KeyRing, RingError};

const ONE: &str = "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const OTHER: &str = "tlkey1___________________________________________8";

#[test]
fn the_first_key_is_active() {
    let ring = KeyRing::parse(&format!(
        "# the keys of production\n\n{OTHER}   # made in spring\r\n\t{ONE}"
    ))
    .unwrap();
    assert_eq!(ring.active().to_string(), "c4a2529a");
    assert_eq!(ring.ids().map(|id| id.to_string()).collect::<Vec<_>>(), ["c4a2529a", "e2aa328c"]);
    assert!(ring.contains("e2aa328c".parse().unwrap()));
    assert!(!ring.contains("00000000".parse().unwrap()));
}

#[test]
fn commas_and_spaces_separate_as_well() {
    for text in [format!("{ONE},{OTHER}"), format!("{ONE} {OTHER}"), format!(" {ONE} ,\n{OTHER},")]
    {
        assert_eq!(KeyRing::parse(&text).unwrap().ids().count(), 2, "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_by_line_without_the_key() {
    let wrong = |text: &str| KeyRing::parse(text).unwrap_err();
    assert_eq!(wrong(""), RingError::Empty);
    assert_eq!(wrong("# nothing\n"), RingError::Empty);
    let cut = &ONE[..40];
    let error = wrong(&format!("# keys\n{OTHER}\n{cut}\n"));
    assert_eq!(error, RingError::NotAKey { line: 3 });
    assert!(!error.to_string().contains(cut) && !format!("{error:?}").contains(cut));
    let twice = wrong(&format!("{ONE}\n{OTHER}\n{ONE}"));
    assert_eq!(twice.to_string(), "line 3 holds key e2aa328c a second time");
}

#[test]
fn debug_shows_ids_alone() {
    let ring = KeyRing::parse(&format!("{ONE}\n{OTHER}")).unwrap();
    let shown = format!("{ring:?}");
    assert!(shown.contains("e2aa328c") && shown.contains("c4a2529a"), "{shown}");
    assert!(!shown.contains("AAECAw") && !shown.contains("____"), "{shown}");
}
