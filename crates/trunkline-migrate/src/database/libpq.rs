//! The address as libpq's own programs read it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use tokio_postgres::config::{ChannelBinding, Host, SslMode, TargetSessionAttrs};

use super::Target;
use super::tls::Verification;

/// Where systems keep the certificates that they trust, for a libpq before 16, which cannot find them itself.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

impl Target {
    /// The environment with which `psql` or `pg_dump` of this major version reaches the same database.
    ///
    /// It holds the password: unlike an argument, it is shown to nobody but the process's own user, and
    /// unlike a file, nothing of it is left by a process that is killed.
    pub fn libpq_environment(&self, major: u32) -> Vec<(&'static str, OsString)> {
        let config = &self.config;
        let mut environment: Vec<(&'static str, OsString)> = vec![
            ("PGDATABASE", self.database().into()),
            ("PGUSER", config.get_user().unwrap_or(crate::who::user()).into()),
        ];
        let mut set = |name, value: String| {
            if !value.is_empty() {
                environment.push((name, value.into()));
            }
        };
        let hosts = config.get_hosts().iter().map(|host| match host {
            Host::Tcp(host) => host.clone(),
            Host::Unix(path) => path.display().to_string(),
        });
        set("PGHOST", join(hosts));
        set("PGHOSTADDR", join(config.get_hostaddrs().iter().map(ToString::to_string)));
        set("PGPORT", join(config.get_ports().iter().map(ToString::to_string)));
        set("PGOPTIONS", config.get_options().unwrap_or_default().to_owned());
        if let Some(timeout) = config.get_connect_timeout() {
            set("PGCONNECT_TIMEOUT", timeout.as_secs().max(1).to_string());
        }
        let attributes = match config.get_target_session_attrs() {
            TargetSessionAttrs::ReadWrite => "read-write",
            TargetSessionAttrs::ReadOnly => "read-only",
            _ => "",
        };
        set("PGTARGETSESSIONATTRS", attributes.to_owned());
        let binding = match config.get_channel_binding() {
            ChannelBinding::Disable => "disable",
            ChannelBinding::Require => "require",
            _ => "",
        };
        set("PGCHANNELBINDING", binding.to_owned());
        let (mode, roots) = self.libpq_tls(major);
        set("PGSSLMODE", mode.to_owned());
        set("PGSSLROOTCERT", roots);
        if let Some(password) = config.get_password() {
            environment.push(("PGPASSWORD", OsString::from_vec(password.to_vec())));
        }
        environment
    }

    fn libpq_tls(&self, major: u32) -> (&'static str, String) {
        match &self.verification {
            Verification::On { roots: Some(roots) } => ("verify-full", roots.display().to_string()),
            Verification::On { roots: None } if major >= 16 => ("verify-full", "system".to_owned()),
            Verification::On { roots: None } => {
                let bundle = BUNDLES.into_iter().find(|bundle| Path::new(bundle).is_file());
                ("verify-full", bundle.unwrap_or_default().to_owned())
            }
            Verification::Off => match self.config.get_ssl_mode() {
                SslMode::Disable => ("disable", String::new()),
                SslMode::Require => ("require", String::new()),
                _ => ("prefer", String::new()),
            },
        }
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::Target;

    fn environment(url: &str, major: u32) -> Vec<String> {
        let environment = Target::parse(url).unwrap().libpq_environment(major);
        let text = environment
            .iter()
            .filter(|(name, _)| *name != "PGCONNECT_TIMEOUT")
            .map(|(name, value)| format!("{name}={}", value.to_str().unwrap()));
        text.collect()
    }

    #[test]
    fn libpq_reaches_the_same_database() {
        let url = "postgres://app:p%40ss@one:5433,two:5434/platform?sslmode=verify-full\
                   &target_session_attrs=read-write";
        let expected = [
            "PGDATABASE=platform",
            "PGUSER=app",
            "PGHOST=one,two",
            "PGPORT=5433,5434",
            "PGTARGETSESSIONATTRS=read-write",
            "PGSSLMODE=verify-full",
            "PGSSLROOTCERT=system",
            "PGPASSWORD=p@ss",
        ];
        assert_eq!(environment(url, 17), expected);
        let plain = environment("postgres://app@%2Frun%2Fpg/platform?sslmode=disable", 15);
        let expected = [
            "PGDATABASE=platform",
            "PGUSER=app",
            "PGHOST=/run/pg",
            "PGPORT=5432",
            "PGSSLMODE=disable",
        ];
        assert_eq!(plain, expected);
        let file =
            environment("postgres://h/d?sslrootcert=/etc/ca.pem&user=u&sslmode=verify-ca", 15);
        assert!(file.contains(&"PGSSLROOTCERT=/etc/ca.pem".to_owned()), "{file:?}");
    }
}
