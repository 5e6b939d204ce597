/// Where to go after signing in: the path that was asked for, if it is one of this service.
///
/// What a browser may take for another host is refused: it reads `//host` and `/\host` as one, and
/// leaves tabs and line ends out before it looks.
pub(crate) fn local_path(asked: &str) -> &str {
    let mut bytes = asked.bytes();
    let is_local = bytes.next() == Some(b'/')
        && bytes.next() != Some(b'/')
        && asked.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_local { asked } else { "/admin" }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_paths_of_this_service_are_followed() {
        for path in ["/", "/admin", "/admin/users?role=owner&q=%2F%2Fevil", "/docs#x", "/a//b"] {
            assert_eq!(local_path(path), path);
        }
        for path in [
            "",
            "admin",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "\t//evil.example",
            "/\r\nSet-Cookie: a=b",
            "https:evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\u{2215}evil",
        ] {
            assert_eq!(local_path(path), "/admin", "{path:?}");
        }
    }
}
