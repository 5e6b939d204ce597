use std::path::Path;

use confique::{Config as _, Layer as _};
use trunkline_core::Clock;
use trunkline_core::configuration::{Configuration, Mail};
use trunkline_core::secrets::Secret;
use trunkline_migrate::Target;
use trunkline_server::{Oidc, Settings};

use crate::failure::Failure;
use crate::global::Global;
use crate::serve::logging;

const DEFAULT_FILE: &str = "trunkline.toml";

/// The configuration of the file and the environment; the command line comes first.
pub(crate) struct Config(Configuration);

impl std::ops::Deref for Config {
    type Target = Configuration;

    fn deref(&self) -> &Configuration {
        &self.0
    }
}

impl std::ops::DerefMut for Config {
    fn deref_mut(&mut self) -> &mut Configuration {
        &mut self.0
    }
}

impl Config {
    /// Reads the file that the command line names, else ./trunkline.toml if there is one.
    pub(crate) fn load(global: &Global) -> Result<Self, Failure> {
        type Settings = <Configuration as confique::Config>::Layer;

        let file = Self::file(global).map_or_else(|| Ok(Settings::empty()), read_file)?;
        let environment = Settings::from_env().map_err(|error| {
            Failure::failed(error.to_string(), "docs/configuration.md has what each may be")
        })?;
        let settings = environment.with_fallback(file).with_fallback(Settings::default_values());
        Configuration::from_layer(settings).map(Self).map_err(|error| {
            Failure::failed(error.to_string(), "docs/configuration.md has what must be there")
        })
    }

    /// The file that is read, if there is one.
    pub(crate) fn file(global: &Global) -> Option<&Path> {
        let default = Path::new(DEFAULT_FILE);
        global.config.as_deref().or_else(|| default.exists().then_some(default))
    }

    /// Whether the service would start with it, as far as that can be told without asking anybody; what
    /// `oidc` says comes in addition.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if let Some(url) = self.database_url()? {
            Target::parse(&url)?;
        }
        self.refuse_two_places_of_keys()?;
        self.mail()?;
        logging::filter(self)?;
        Ok(())
    }

    /// Refuses a file of keys beside a command that prints them.
    pub(crate) fn refuse_two_places_of_keys(&self) -> Result<(), Failure> {
        if self.keys_file.is_some() && self.keys_command.is_some() {
            return Err(Failure::failed(
                "the configuration has both keys_file and keys_command",
                "keep one of them",
            ));
        }
        Ok(())
    }

    /// Whether a database of the platform's is configured, rather than the private one.
    pub(crate) fn has_database(&self) -> bool {
        self.database_url.is_some() || self.database_url_file.is_some()
    }

    /// Signing in by OpenID Connect, if it is configured.
    pub(crate) fn oidc(&self) -> Result<Option<Oidc>, Failure> {
        let settings = &self.sign_in.oidc;
        let secret = match (&settings.client_secret, &settings.client_secret_file) {
            (Some(_), Some(_)) => {
                return Err(Failure::failed(
                    "the configuration has both sign_in.oidc.client_secret and client_secret_file",
                    "keep one of them in trunkline.toml",
                ));
            }
            (None, Some(path)) => {
                let text = read(path, "sign_in.oidc.client_secret_file")?;
                Some(Secret::new(text.trim().to_owned()))
            }
            (secret, None) => secret.clone(),
        };
        let public_url = Settings::new(self).public_url;
        Oidc::new(&self.sign_in, secret, &public_url, Clock::system()).map_err(|error| {
            Failure::failed(
                error.to_string(),
                "docs/people.md tells how to sign in by OpenID Connect, docs/configuration.md has the settings",
            )
        })
    }

    /// The server by which alerts go out as e-mail, with its password.
    pub(crate) fn mail(&self) -> Result<Mail, Failure> {
        let mut mail = self.mail.clone();
        match (&mail.password, &mail.password_file) {
            (Some(_), Some(_)) => {
                return Err(Failure::failed(
                    "the configuration has both mail.password and mail.password_file",
                    "keep one of them in trunkline.toml",
                ));
            }
            (None, Some(path)) => {
                let text = read(path, "mail.password_file")?;
                mail.password = Some(Secret::new(text.trim().to_owned()));
            }
            (_, None) => {}
        }
        if mail.host.is_some() && mail.from.is_none() {
            return Err(Failure::failed(
                "the configuration has mail.host and no mail.from",
                "say who the sender is, as mail.from = \"Trunkline <alerts@example.com>\"",
            ));
        }
        Ok(mail)
    }

    /// The address of the database, if one is configured.
    pub(crate) fn database_url(&self) -> Result<Option<String>, Failure> {
        match (&self.database_url, &self.database_url_file) {
            (Some(_), Some(_)) => Err(Failure::failed(
                "the configuration has both database_url and database_url_file",
                "keep one of them in trunkline.toml",
            )),
            (Some(url), None) => Ok(Some(url.clone())),
            (None, Some(path)) => Ok(Some(read(path, "database_url_file")?.trim().to_owned())),
            (None, None) => Ok(None),
        }
    }
}

/// What a file says.
fn read_file(path: &Path) -> Result<<Configuration as confique::Config>::Layer, Failure> {
    let text = read(path, "the configuration")?;
    toml::from_str(&text).map_err(|error| {
        // Not the error's own text, which shows the line: a password may stand in it.
        let before = &text[..error.span().map_or(0, |span| span.start)];
        let line = before.lines().count().max(1);
        Failure::failed(
            format!("{}, line {line}: {}", path.display(), error.message()),
            "docs/configuration.md has every setting; `trunkline config template` prints them all",
        )
    })
}

fn read(path: &Path, what: &str) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::failed(
            format!("cannot read {what}, {}: {error}", path.display()),
            "check that the file exists and may be read",
        )
    })
}
