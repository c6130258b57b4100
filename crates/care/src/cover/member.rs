//! Somebody who can be told, and by which way.

use super::Hours;
use crate::{Actor, Role};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

vitals::words! {
    /// A way by which a message leaves Hearth.
    Channel, "channel" {
        /// to the person's address, over SMTP
        Email = "email",
        /// a signed POST to the clinic's own service
        Webhook = "webhook",
    }
}

/// Longest address, RFC 5321.
const LONGEST: usize = 254;

/// An address that mail can be sent to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is no e-mail address; it looks like `ada@clinic.example`")]
pub struct EmailError;

impl Email {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An address of staff is personal data too: logs do not need it.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address")
    }
}

impl FromStr for Email {
    type Err = EmailError;
    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let plain =
            |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | ':' | '"' | '\\');
        let (local, domain) = text.split_once('@').ok_or(EmailError)?;
        let label = |l: &str| !l.is_empty() && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let fits = !local.is_empty() && local.len() <= 64 && text.len() <= LONGEST;
        if fits && local.chars().all(plain) && domain.split('.').all(label) {
            Ok(Self(text.to_owned()))
        } else {
            Err(EmailError)
        }
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;
    fn try_from(text: String) -> Result<Self, EmailError> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> String {
        email.0
    }
}

/// Somebody who can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// the sign-in name
    pub user: Actor,
    /// as shown in timelines
    pub name: String,
    /// for lines that name a role
    #[serde(default)]
    pub role: Option<Role>,
    /// where mail goes
    #[serde(default)]
    pub email: Option<Email>,
    /// BCP 47 language of the messages; English where none is set
    #[serde(default)]
    pub language: Option<String>,
    /// when on duty, in the clinic's zone; without, always
    #[serde(default)]
    pub duty: Option<Hours>,
}

impl Member {
    /// Whether a message by `channel` has anywhere to go.
    #[must_use]
    pub fn reachable_by(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => self.email.is_some(),
            Channel::Webhook => true,
        }
    }
}

/// One place in a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Who {
    /// one person, by sign-in name: `ada`
    Person(Actor),
    /// everybody on duty: `@duty`
    OnDuty,
    /// everybody of a role on duty: `@coordinator`
    Role(Role),
}

/// Why a text is no place in a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is nobody; write a sign-in name, `@duty`, or a role such as `@coordinator`")]
pub struct WhoError(String);

impl FromStr for Who {
    type Err = WhoError;
    fn from_str(text: &str) -> Result<Self, WhoError> {
        let text = text.trim();
        match text.strip_prefix('@') {
            Some("duty") => Ok(Who::OnDuty),
            Some(role) => role.parse().map(Who::Role).map_err(|_| WhoError(text.to_owned())),
            None if text.is_empty() || text.contains(char::is_whitespace) => Err(WhoError(text.to_owned())),
            None => Ok(Who::Person(Actor(text.to_owned()))),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Person(user) => write!(f, "{user}"),
            Who::OnDuty => f.write_str("@duty"),
            Who::Role(role) => write!(f, "@{role}"),
        }
    }
}

impl TryFrom<String> for Who {
    type Error = WhoError;
    fn try_from(text: String) -> Result<Self, WhoError> {
        text.parse()
    }
}

impl From<Who> for String {
    fn from(who: Who) -> String {
        who.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_could_carry_a_header_are_none() {
        for good in ["ada@clinic.example", "a.b+c@localhost", " ada@x.example "] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        for bad in ["", "ada", "@x", "a@", "a b@x", "a@x y", "a@x\r\nBcc: b@y", "a,b@x", "a@b@c", "a@x..y", "<a@x>"] {
            assert!(bad.parse::<Email>().is_err(), "{bad}");
        }
        assert_eq!(format!("{:?}", "ada@x.example".parse::<Email>().unwrap()), "an address");
    }

    #[test]
    fn places_in_a_line_are_read_and_written() {
        for text in ["ada", "@duty", "@coordinator"] {
            assert_eq!(text.parse::<Who>().unwrap().to_string(), text);
        }
        assert!("@chief".parse::<Who>().is_err() && "two words".parse::<Who>().is_err());
    }
}
