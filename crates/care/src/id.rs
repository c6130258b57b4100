//! Ids of people, programmes, rules, episodes and tasks.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// Why a text is no id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {what}: 1 to 64 of letters, digits, `.`, `_` and `-`")]
pub struct CareIdError {
    /// which id
    pub what: &'static str,
    /// the text given
    pub text: String,
}

macro_rules! care_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// Checks and takes `text`.
            ///
            /// # Errors
            /// [`CareIdError`] where it is empty, longer than 64 or has other characters.
            pub fn new(text: &str) -> Result<Self, CareIdError> {
                let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
                if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
                    Ok(Self(text.into()))
                } else {
                    Err(CareIdError { what: $what, text: text.to_owned() })
                }
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// An id that is a digest of `parts`: the same parts give the same id, on every replay.
            #[must_use]
            pub fn derived(parts: &[&str]) -> Self {
                let mut hash = Sha256::new();
                for part in parts {
                    hash.update(part.as_bytes());
                    hash.update([0xFF]);
                }
                let text: String = hex::encode(hash.finalize()).chars().take(20).collect();
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl std::str::FromStr for $name {
            type Err = CareIdError;
            fn from_str(text: &str) -> Result<Self, CareIdError> {
                Self::new(text)
            }
        }
        impl TryFrom<String> for $name {
            type Error = CareIdError;
            fn try_from(text: String) -> Result<Self, CareIdError> {
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

care_id! {
    /// A patient.
    PatientId, "patient id"
}
care_id! {
    /// A team.
    TeamId, "team id"
}
care_id! {
    /// A programme: `heart-failure`, `hypertension`, `diabetes`, `copd`.
    ProgrammeId, "programme"
}
care_id! {
    /// A rule: `HF-W2`.
    RuleId, "rule id"
}
care_id! {
    /// A group of rules that make one episode, or the id of a rule that stands alone.
    GroupKey, "group"
}
care_id! {
    /// An episode: derived from patient, group and opening, so a replay gives the same.
    EpisodeId, "episode id"
}
care_id! {
    /// A task: derived from patient, group and count, so a replay gives the same.
    TaskId, "task id"
}
