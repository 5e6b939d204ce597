//! Who runs a migration, for the history and for whoever waits.

use std::sync::LazyLock;

/// The host's name.
pub(crate) fn host() -> &'static str {
    static HOST: LazyLock<String> =
        LazyLock::new(|| rustix::system::uname().nodename().to_string_lossy().into_owned());
    &HOST
}

/// The account of the operating system, as far as the environment says.
pub fn user() -> &'static str {
    static USER: LazyLock<String> = LazyLock::new(|| {
        ["USER", "LOGNAME"]
            .iter()
            .find_map(|name| std::env::var(name).ok())
            .unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()))
    });
    &USER
}
