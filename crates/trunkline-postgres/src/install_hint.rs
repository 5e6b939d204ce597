//! What to install where there is no PostgreSQL, in the words of the system's package manager.

use std::fs;

/// The command that installs PostgreSQL on this system.
pub(crate) fn install_hint() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let command = command(std::env::consts::OS, &release);
    format!(
        "{command}; or set TRUNKLINE_POSTGRES_BIN to a directory of its binaries, or DATABASE_URL to a running server"
    )
}

/// The command for an operating system, and on Linux for the text of its `/etc/os-release`.
fn command(system: &str, release: &str) -> String {
    if system == "macos" {
        return "install it with: brew install postgresql@18".to_owned();
    }
    if system == "freebsd" {
        return "install it with: pkg install postgresql18-server".to_owned();
    }
    let families: Vec<&str> = release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split(' '))
        .collect();
    let is = |name| families.contains(&name);
    let command = if is("debian") || is("ubuntu") {
        "apt-get install postgresql"
    } else if is("fedora") || is("rhel") || is("centos") {
        "dnf install postgresql-server"
    } else if is("suse") || is("opensuse") {
        "zypper install postgresql-server"
    } else if is("alpine") {
        "apk add postgresql"
    } else if is("arch") {
        "pacman -S postgresql"
    } else {
        return "install PostgreSQL 14 or newer from https://www.postgresql.org/download/"
            .to_owned();
    };
    format!("install it with: {command}")
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn names_the_package_manager_of_the_system() {
        assert!(command("macos", "").contains("brew install"));
        assert!(
            command("linux", "ID=ubuntu\nID_LIKE=debian\n").contains("apt-get install postgresql")
        );
        assert!(
            command("linux", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n")
                .contains("dnf install")
        );
        assert!(command("linux", "ID=alpine\n").contains("apk add"));
        assert!(command("linux", "").contains("postgresql.org/download"));
    }
}
