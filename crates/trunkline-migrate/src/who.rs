//! Who runs a migration, for the history and for whoever waits.

use std::sync::LazyLock;

/// The host's name.
pub(crate) fn host() -> &'static str {
    static HOST: LazyLock<String> =
        LazyLock::new(|| rustix::system::uname().nodename().to_string_lossy().into_owned());
    &HOST
}

/// The account of the operating system: whom the driver logs in as where an address names nobody.
pub fn user() -> &'static str {
    static USER: LazyLock<String> = LazyLock::new(|| {
        let number = |_| format!("uid {}", rustix::process::geteuid().as_raw());
        whoami::username().unwrap_or_else(number)
    });
    &USER
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_account_has_its_name_whatever_the_environment_says() {
        let output = std::process::Command::new("id").arg("-un").output().unwrap();
        assert_eq!(super::user(), String::from_utf8(output.stdout).unwrap().trim());
    }
}
