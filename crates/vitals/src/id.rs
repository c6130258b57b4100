//! Ids that cannot hold what the contract forbids.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a text is no id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing there.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// More than 64 characters.
    #[error("the {0} has more than 64 characters")]
    TooLong(&'static str),
    /// A character outside the allowed set.
    #[error("the {what} contains `{found}`; allowed are letters, digits and {allowed}")]
    Character {
        /// which id
        what: &'static str,
        /// the offending character
        found: char,
        /// punctuation that is allowed
        allowed: &'static str,
    },
}

/// Longest id, in characters.
pub(crate) const MAX_ID: usize = 64;

fn check_token(what: &'static str, text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty(what));
    }
    if text.len() > MAX_ID {
        return Err(IdError::TooLong(what));
    }
    match text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-'))) {
        Some(found) => Err(IdError::Character { what, found, allowed: "`.` `_` `:` `-`" }),
        None => Ok(()),
    }
}

macro_rules! token_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// Checks and takes `text`.
            ///
            /// # Errors
            /// [`IdError`] says what is wrong with it.
            pub fn new(text: &str) -> Result<Self, IdError> {
                $check($what, text)?;
                Ok(Self(text.into()))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }
    };
}

fn check_reading_id(what: &'static str, text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty(what));
    }
    if text.chars().count() > MAX_ID {
        return Err(IdError::TooLong(what));
    }
    match text.chars().find(|c| c.is_control()) {
        Some(found) => Err(IdError::Character { what, found, allowed: "anything that is not a control character" }),
        None => Ok(()),
    }
}

token_id! {
    /// An MQTT principal: a gateway (home hub) or a vendor. `[A-Za-z0-9._:-]{1,64}`.
    SourceId, "source", check_token
}
token_id! {
    /// Something that measures, unique within its source. `[A-Za-z0-9._:-]{1,64}`.
    DeviceId, "device", check_token
}
token_id! {
    /// The sender's id of a reading, unique per device; at most 64 characters, none of them a control
    /// character. Where a sender gives none it is `sha256:` and a digest of the content.
    ReadingId, "id", check_reading_id
}

/// Which person of a shared device, as the device numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserSlot(pub u8);

impl fmt::Display for UserSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A device as the whole system knows it: `source/device`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DeviceRef {
    /// who sends for it
    pub source: SourceId,
    /// its name there
    pub device: DeviceId,
}

impl fmt::Display for DeviceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.source, self.device)
    }
}

/// What makes a reading the same reading: (source, device, id).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReadingKey {
    /// who sent it
    pub source: SourceId,
    /// which device measured
    pub device: DeviceId,
    /// the sender's id, or the content's digest
    pub id: ReadingId,
}

impl ReadingKey {
    /// The device that measured.
    #[must_use]
    pub fn device_ref(&self) -> DeviceRef {
        DeviceRef { source: self.source.clone(), device: self.device.clone() }
    }
}

impl fmt::Display for ReadingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.source, self.device, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topic_levels_are_closed() {
        assert!(SourceId::new("hub-1.a:b_c").is_ok());
        assert_eq!(SourceId::new(""), Err(IdError::Empty("source")));
        for bad in ["a/b", "a+b", "#", "a b", "ä"] {
            assert!(matches!(DeviceId::new(bad), Err(IdError::Character { .. })), "{bad}");
        }
        assert_eq!(SourceId::new(&"x".repeat(65)), Err(IdError::TooLong("source")));
    }

    #[test]
    fn reading_ids_may_be_any_text_of_64_characters() {
        assert!(ReadingId::new(&"ä".repeat(64)).is_ok());
        assert!(ReadingId::new(&"ä".repeat(65)).is_err());
        assert!(ReadingId::new("a\nb").is_err());
    }
}
