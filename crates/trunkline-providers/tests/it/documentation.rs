use std::{fs, path::Path};

/// The codes in a source file: the first text behind a constructor of findings, or at the head of a tuple.
fn codes(path: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes(&path, found);
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for start in ["Finding::ok(", "Finding::warning(", "Finding::error("] {
            for rest in source.split(start).skip(1) {
                if let Some(text) = rest.trim_start().strip_prefix('"') {
                    found.push(text.split('"').next().unwrap().to_owned());
                }
            }
        }
        if path.ends_with("trouble.rs")
            || path.ends_with("shape.rs")
            || path.ends_with("credentials.rs")
        {
            let words = source.split('"').filter(|word| word.contains('_'));
            let plain =
                |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            found.extend(words.filter(plain).map(str::to_owned));
        }
    }
}

#[test]
fn every_code_of_a_finding_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../../docs/providers.md")).unwrap();
    let mut found = Vec::new();
    codes(&root.join("src"), &mut found);
    assert!(found.len() > 60, "{found:?}");
    found.retain(|code| !page.contains(&format!("`{code}`")));
    assert!(found.is_empty(), "docs/providers.md does not name {found:?}");
}
