//! Sentences as data: what is said, with its numbers. A language is a way to say it, and nothing else.
//!
//! The engine and the fold build a [`Sentence`], the store keeps it, and whoever shows it picks a [`Language`];
//! `Display` is English. What leaves Hearth as JSON goes through [`in_words`] or [`in_english`], so that nobody
//! outside meets the stored form. Every language matches on every form, so a new form does not compile until all can
//! say it.

mod english;
mod fact;
mod german;
#[cfg(test)]
mod tests;

pub use english::English;
pub use fact::{
    Amount, Arithmetic, Bound, Comparison, Fact, Given, Held, Lack, Measured, Span, Statistic, Subject, Term,
    Threshold, Window,
};
pub use german::German;

use crate::cover::{Said, Telling};
use crate::{ProgrammeId, Severity};
use serde::ser::Error;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use vitals::{Kind, Quantity};

/// Something said, independent of a language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "kebab-case")]
pub enum Sentence {
    /// a person's own words, or an error's: the same in every language
    Words {
        /// the words
        words: String,
    },
    /// what readings show, against their limits
    Facts {
        /// one after the other
        facts: Vec<Fact>,
    },
    /// one and the other
    Both {
        /// the first
        first: Box<Sentence>,
        /// what is added
        more: Box<Sentence>,
    },
    /// a rule turned out more severe
    MoreSevere {
        /// the severity now
        severity: Severity,
        /// what raised it
        because: Box<Sentence>,
    },
    /// a second kind of reading is out of its limits within a day
    SecondKind {
        /// the severity now
        severity: Severity,
        /// the two kinds
        kinds: [Kind; 2],
    },
    /// nobody judges the condition any more: it has neither cleared nor does it hold
    Unwatched {
        /// why
        because: Unwatched,
    },
    /// a task was made
    Created {
        /// what it says
        reason: Box<Sentence>,
        /// what is to be said besides
        remark: Remark,
    },
    /// a hold is over
    HoldOver,
    /// a hold is lifted
    WorseOnHold,
    /// it seemed over and is not
    GoesOn,
    /// late data took something back
    TakenBack {
        /// how much
        what: TakenBack,
    },
    /// of a rule: nobody brings it to the patient
    NotEnrolled,
    /// of a rule: another programme stands in its place
    InItsPlace {
        /// which
        programme: ProgrammeId,
    },
    /// of a rule: readings are only stored
    OnlyStored,
    /// of a rule: it could not be evaluated
    Failed {
        /// what went wrong, for whoever runs Hearth
        detail: String,
    },
    /// of a rule: nobody has set what it rests on
    NotConfigured {
        /// keys of parameters
        parameters: Vec<String>,
    },
    /// of a message to people: whom, and what comes next
    Telling {
        /// what happened
        telling: Box<Telling>,
    },
}

/// Why a condition is no longer watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum Unwatched {
    /// the programme that brought the rule is over for the patient
    ProgrammeOver {
        /// which
        programme: ProgrammeId,
    },
    /// a programme that keeps the rule away has begun
    KeptAway {
        /// which
        programme: ProgrammeId,
    },
    /// readings of the patient are only stored
    CareEnded,
}

/// What a new task's timeline says besides the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remark {
    /// a repeat shows the same
    Confirmed,
    /// no repeat came in time
    Unconfirmed,
    /// more severe than what the last task settled
    MoreSevere(Severity),
    /// by another rule than those settled
    AnotherRule,
    /// the time to look again has come
    Revisit,
    /// true again since the last task was closed
    Again,
}

/// How much late data took back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TakenBack {
    /// the condition
    Condition,
    /// the condition, of a task that somebody has to complete
    ConditionOfTouched,
    /// one of a task's episodes
    Episode,
    /// part of what it said; what is shown now, where something is
    Part(Option<Box<Sentence>>),
}

/// A way to say a [`Sentence`].
pub trait Language: Sync {
    /// BCP 47 tag.
    fn tag(&self) -> &'static str;
    /// The sentence in this language.
    fn say(&self, sentence: &Sentence) -> String;
    /// What a timeline says of a message, in this language; a page writes its times in the reader's zone.
    fn said(&self, telling: &Telling) -> Said;
}

/// Every language that Hearth speaks; the first is the default.
pub const LANGUAGES: [&dyn Language; 2] = [&English, &German];

/// The language of a BCP 47 tag (`de`, `de-AT`), English where Hearth does not speak it.
#[must_use]
pub fn language(tag: &str) -> &'static dyn Language {
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    LANGUAGES.into_iter().find(|l| l.tag().eq_ignore_ascii_case(primary)).unwrap_or(&English)
}

impl Sentence {
    /// A person's own words, or an error's.
    #[must_use]
    pub fn words(words: impl Into<String>) -> Self {
        Sentence::Words { words: words.into() }
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Sentence::Words { words } => words.is_empty(),
            Sentence::Facts { facts } => facts.is_empty(),
            _ => false,
        }
    }

    /// The kind of reading that it says did not come.
    #[must_use]
    pub fn missing(&self) -> Option<Kind> {
        match self {
            Sentence::Facts { facts } => facts.iter().find_map(|fact| match fact.subject {
                Subject::Missing { kind, holds: true, .. } => Some(kind),
                _ => None,
            }),
            Sentence::Both { first, more } => first.missing().or_else(|| more.missing()),
            _ => None,
        }
    }

    /// The quantity that it is about first, measured or missed.
    #[must_use]
    pub fn quantity(&self) -> Option<Quantity> {
        match self {
            Sentence::Facts { facts } => facts.iter().find_map(|fact| match &fact.subject {
                Subject::Measured(measured) => Some(measured.quantity),
                Subject::Moved { quantity, .. } | Subject::Nothing { quantity, .. } => Some(*quantity),
                Subject::Missing { kind, .. } | Subject::Came { kind, .. } => kind.required().first().copied(),
                Subject::Computed { .. } | Subject::SoFar => None,
            }),
            Sentence::Both { first, more } => first.quantity().or_else(|| more.quantity()),
            _ => None,
        }
    }

    /// This and `more`.
    #[must_use]
    pub fn and(self, more: Sentence) -> Self {
        Sentence::Both { first: Box::new(self), more: Box::new(more) }
    }

    /// Said in `language`.
    #[must_use]
    pub fn in_language(&self, language: &dyn Language) -> String {
        language.say(self)
    }
}

impl Default for Sentence {
    fn default() -> Self {
        Sentence::words("")
    }
}

/// In English.
impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&English.say(self))
    }
}

/// `value` as JSON in which every sentence is text: what APIs and exports give.
///
/// # Errors
/// Where `value` cannot be JSON.
pub fn in_words<T: Serialize + ?Sized>(
    value: &T,
    language: &dyn Language,
) -> Result<serde_json::Value, serde_json::Error> {
    let mut json = serde_json::to_value(value)?;
    say_within(&mut json, language);
    Ok(json)
}

/// For `#[serde(serialize_with = …)]`: [`in_words`] in English.
///
/// # Errors
/// Where `value` cannot be JSON.
pub fn in_english<T: Serialize + ?Sized, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    in_words(value, &English).map_err(S::Error::custom)?.serialize(serializer)
}

fn say_within(json: &mut serde_json::Value, language: &dyn Language) {
    // Nothing but a sentence has this key.
    if json.get("say").is_some()
        && let Ok(sentence) = Sentence::deserialize(&*json)
    {
        *json = language.say(&sentence).into();
        return;
    }
    match json {
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| say_within(item, language)),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(|field| say_within(field, language)),
        _ => {}
    }
}

/// With a small first letter, in the middle of a sentence; "BMI" stays as it is.
fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.as_str()) {
        (Some(first), rest) if !rest.starts_with(char::is_uppercase) => format!("{}{rest}", first.to_lowercase()),
        _ => text.to_owned(),
    }
}
