use proptest::prelude::*;
use trunkline_core::secrets::{Key, KeyRing, OpenError, Place, Secret, is_sealed};

use crate::generator::Bytes;

const PLACE: Place<'static> =
    Place { schema: "public", table: "partner_configurations", column: "access_token", row: "1" };

fn generator(seed: u8) -> Bytes {
    Bytes((0..=250).map(|byte: u8| byte.wrapping_mul(7) ^ seed).collect())
}

fn ring(seeds: &[u8]) -> KeyRing {
    let keys: Vec<String> = seeds
        .iter()
        .map(|seed| Key::generate(&mut generator(*seed)).to_text().as_str().to_owned())
        .collect();
    KeyRing::parse(&keys.join("\n")).unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

#[test]
fn it_opens_at_no_other_place() {
    let ring = ring(&[1]);
    let sealed = ring.seal(&PLACE, &secret("fake"), &mut generator(9));
    let moved = [
        Place { row: "2", ..PLACE },
        Place { row: "01", ..PLACE },
        Place { column: "partner_secret", ..PLACE },
        Place { table: "dialog_360_channels", ..PLACE },
        Place { schema: "archive", ..PLACE },
    ];
    for place in moved {
        assert_eq!(ring.open(&place, &sealed).unwrap_err(), OpenError::Refused, "{place}");
    }
    assert_eq!(ring.open(&PLACE, &sealed).unwrap().expose(), "fake");
}

#[test]
fn a_key_that_is_missing_is_named() {
    let before = ring(&[1]);
    let sealed = before.seal(&PLACE, &secret("fake"), &mut generator(9));
    let error = ring(&[2]).open(&PLACE, &sealed).unwrap_err();
    assert_eq!(error, OpenError::UnknownKey(before.active()));
    assert!(error.to_string().contains(&before.active().to_string()));
}

#[test]
fn an_older_key_opens_and_asks_for_rotation() {
    let before = ring(&[1]);
    let sealed = before.seal(&PLACE, &secret("fake"), &mut generator(9));
    assert!(!before.needs_rotation(&sealed));
    let after = ring(&[2, 1]);
    assert!(after.needs_rotation(&sealed));
    assert_eq!(after.open(&PLACE, &sealed).unwrap().expose(), "fake");
    assert!(!after.needs_rotation("plain text"));
}

#[test]
fn a_key_under_another_s_name_opens_nothing() {
    let ring = ring(&[1, 2]);
    let sealed = ring.seal(&PLACE, &secret("fake"), &mut generator(9));
    let [first, second] =
        ring.ids().map(|id| id.to_string()).collect::<Vec<_>>().try_into().unwrap();
    let renamed = sealed.replacen(&first, &second, 1);
    assert_eq!(ring.open(&PLACE, &renamed).unwrap_err(), OpenError::Refused);
}

#[test]
fn fingerprints_compare_under_one_key() {
    let (before, after) = (ring(&[1]), ring(&[2, 1]));
    let was = before.fingerprint(&secret("fake"));
    assert_ne!(after.fingerprint(&secret("fake")), was);
    assert_eq!(after.fingerprint_under(was.key(), &secret("fake")), Some(was));
    assert_ne!(after.fingerprint_under(was.key(), &secret("other")), Some(was));
    assert_eq!(ring(&[2]).fingerprint_under(was.key(), &secret("fake")), None);
}

proptest! {
    #[test]
    fn what_is_sealed_opens(text in any::<String>(), seed in any::<u8>(), row in any::<i64>()) {
        let ring = ring(&[3]);
        let row = row.to_string();
        let place = Place { row: &row, ..PLACE };
        let sealed = ring.seal(&place, &secret(&text), &mut generator(seed));
        prop_assert!(is_sealed(&sealed));
        prop_assert!(!sealed.contains(&text) || text.len() < 4);
        let opened = ring.open(&place, &sealed).unwrap();
        prop_assert_eq!(opened.expose(), text);
    }

    #[test]
    fn no_changed_character_is_accepted(
        text in "[a-z]{0,40}",
        at in any::<prop::sample::Index>(),
        with in "[A-Za-z0-9_.=-]",
    ) {
        let ring = ring(&[3]);
        let sealed = ring.seal(&PLACE, &secret(&text), &mut generator(5));
        let mut altered: Vec<char> = sealed.chars().collect();
        let at = at.index(altered.len());
        prop_assume!(!with.starts_with(altered[at]));
        altered.splice(at..=at, with.chars());
        prop_assert!(ring.open(&PLACE, &altered.into_iter().collect::<String>()).is_err());
    }

    #[test]
    fn no_text_makes_it_fall_over(text in "(tlk1\\.)?([0-9a-f]{8}\\.)?\\PC{0,60}") {
        prop_assert!(ring(&[3]).open(&PLACE, &text).is_err());
    }
}
