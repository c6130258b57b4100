//! Secrets of the configuration: named there, kept elsewhere, never printed.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Deserializer, de::Error as _};

/// A secret that the configuration names as `{ file = "/run/secrets/x" }` or `{ env = "NAME" }`.
///
/// It is read while the configuration is loaded, so that a missing file is a mistake with a place; white space
/// at its end is dropped. It never prints itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whereabouts {
    file: Option<PathBuf>,
    env: Option<String>,
}

impl Secret {
    /// Wraps a secret that is at hand.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// Reads an environment variable; `None` when it is not set, or empty.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the environment is read")]
    pub fn from_env(name: &str) -> Option<Self> {
        std::env::var(name).ok().map(|text| text.trim_end().to_owned()).filter(|text| !text.is_empty()).map(Self)
    }

    /// The secret itself, for the one who checks or sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Whereabouts::deserialize(deserializer)? {
            Whereabouts { file: Some(path), env: None } => {
                let text = std::fs::read_to_string(&path).map_err(|error| {
                    D::Error::custom(format!("secret file `{}` cannot be read: {error}", path.display()))
                })?;
                match text.trim_end() {
                    "" => Err(D::Error::custom(format!("secret file `{}` is empty", path.display()))),
                    secret => Ok(Self(secret.to_owned())),
                }
            }
            Whereabouts { file: None, env: Some(name) } => Self::from_env(&name)
                .ok_or_else(|| D::Error::custom(format!("environment variable `{name}` is not set"))),
            _ => Err(D::Error::custom("a secret is `{ file = \"…\" }` or `{ env = \"…\" }`, one of the two")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Secret::new("hush".into())), "***");
    }
}
