//! `docs/json.md` has every key of every document.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

fn collect<'v>(value: &'v Value, keys: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                keys.insert(key);
                collect(value, keys);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, keys)),
        _ => {}
    }
}

#[test]
fn every_key_in_a_snapshot_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("../../docs/json.md")).unwrap();
    let code = text.split('`').skip(1).step_by(2);
    let documented: BTreeSet<&str> =
        code.flat_map(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_')).collect();
    let mut looked_at = 0;
    for snapshot in std::fs::read_dir(root.join("tests/it/snapshots")).unwrap() {
        let text = std::fs::read_to_string(snapshot.unwrap().path()).unwrap();
        let Some((_, printed)) = text.split_once("--format json") else { continue };
        let Some((_, printed)) = printed.split_once("--- stdout\n") else { continue };
        let document: Value =
            serde_json::from_str(printed.split("\n--- ").next().unwrap()).unwrap();
        let mut keys = BTreeSet::new();
        collect(&document, &mut keys);
        let missing: Vec<_> = keys.difference(&documented).collect();
        assert!(missing.is_empty(), "docs/json.md lacks {missing:?}: {text}");
        looked_at += 1;
    }
    assert!(looked_at > 20);
}
