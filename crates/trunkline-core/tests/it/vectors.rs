//! Fixed vectors, computed by another implementation (Python's `cryptography` and `hmac`).

use trunkline_core::secrets::{KeyRing, Place, Secret};

use crate::generator::Bytes;

struct Vector {
    key: &'static str,
    id: &'static str,
    place: Place<'static>,
    nonce: fn() -> Vec<u8>,
    secret: &'static str,
    envelope: &'static str,
    fingerprint: &'static str,
}

const VECTORS: [Vector; 3] = [
    Vector {
        key: "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        id: "e2aa328c",
        place: Place {
            schema: "public",
            table: "partner_configurations",
            column: "access_token",
            row: "42",
        },
        nonce: || (0..12).collect(),
        secret: "fake-system-user-token",
        envelope: "tlk1.e2aa328c.AAECAwQFBgcICQoLc0-XIWfa_RZOeptTDaeDYEK9iOZ225ZcWfSAViLFLROQyAmSGTk",
        fingerprint: "e2aa328c:4da53180e99f",
    },
    Vector {
        key: "tlkey1___________________________________________8",
        id: "c4a2529a",
        place: Place {
            schema: "public",
            table: "meta_whatsapp_phone_numbers",
            column: "access_token",
            row: "9223372036854775807",
        },
        nonce: || vec![0xa5; 12],
        secret: "ключ 🔑",
        envelope: "tlk1.c4a2529a.paWlpaWlpaWlpaWlsruPdUDu6IcXuJQq-jW31ORxtW07Rlsd3IpEVEc",
        fingerprint: "c4a2529a:654997ae1ffe",
    },
    Vector {
        key: "tlkey1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        id: "e2aa328c",
        place: Place {
            schema: "public",
            table: "dialog_360_channels",
            column: "api_key",
            row: "1",
        },
        nonce: || vec![0; 12],
        secret: "",
        envelope: "tlk1.e2aa328c.AAAAAAAAAAAAAAAAe2W4qEYieBtCn5-28RzGOA",
        fingerprint: "e2aa328c:725ac281ab0f",
    },
];

#[test]
fn the_vectors_hold() {
    for vector in &VECTORS {
        let ring = KeyRing::parse(vector.key).unwrap();
        assert_eq!(ring.active().to_string(), vector.id);
        let secret = Secret::new(vector.secret.to_owned());
        let sealed = ring.seal(&vector.place, &secret, &mut Bytes((vector.nonce)()));
        assert_eq!(sealed, vector.envelope);
        assert_eq!(ring.open(&vector.place, vector.envelope).unwrap().expose(), vector.secret);
        assert_eq!(ring.fingerprint(&secret).to_string(), vector.fingerprint);
    }
}

#[test]
fn the_documentation_has_them() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/secrets.md");
    let page = std::fs::read_to_string(path).unwrap();
    for vector in &VECTORS {
        for text in [vector.key, vector.id, vector.secret, vector.envelope, vector.fingerprint] {
            assert!(page.contains(text), "docs/secrets.md lacks {text}");
        }
    }
}
