//! What a task's timeline says about messages.

use super::phrases::Phrases;
use super::{Channel, Stage};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use vitals::Instant;

/// Why people are told of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// nobody has taken it
    Unaccepted,
    /// its owner is off duty
    OwnerOff,
    /// its owner may no longer sign in
    OwnerDisabled,
    /// it is overdue
    Overdue,
    /// it got worse, and its owner should know
    Worse,
}

/// One entry about messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Telling {
    /// a message was written
    Told {
        /// how far up
        stage: Stage,
        /// the names of those told
        names: Vec<String>,
        /// why
        occasion: Occasion,
        /// when the next step is taken if nothing happens
        next_at: Option<Instant>,
        /// the clinic's zone
        zone: Tz,
    },
    /// it stands in the digest of that time
    Digest {
        /// the names of those who get it
        names: Vec<String>,
        /// when
        at: Instant,
        /// the clinic's zone
        zone: Tz,
    },
    /// nobody is told before the hours of cover begin
    Waits {
        /// when they begin; none where they never do
        until: Option<Instant>,
        /// the clinic's zone
        zone: Tz,
    },
    /// nobody of this place in line can be told
    Nobody {
        /// which place
        stage: Stage,
    },
    /// a message was given up
    Undelivered {
        /// to whom
        name: String,
        /// by which way
        channel: Channel,
        /// why
        why: String,
    },
}

impl Telling {
    /// What the timeline calls it.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        match self {
            Telling::Told { .. } | Telling::Digest { .. } => "told",
            Telling::Waits { .. } => "waits",
            Telling::Nobody { .. } => "nobody-told",
            Telling::Undelivered { .. } => "undelivered",
        }
    }

    /// What is said of it. A page and a program differ in how they write a time, and in nothing else.
    #[must_use]
    pub(crate) fn said(&self, phrases: &dyn Phrases) -> Said {
        let words = |text: &str| Piece::Words(text.to_owned());
        let around = |[before, after]: [String; 2], at: &Instant, zone: &Tz| {
            vec![Piece::Words(before), Piece::At(*at, *zone), Piece::Words(after)]
        };
        match self {
            Telling::Told { stage, names, occasion, next_at, zone } => {
                let mut why = vec![words(phrases.occasion(*occasion))];
                if let Some(at) = next_at {
                    let [before, after] = phrases.next();
                    why.extend(around([format!(" {before}"), after.to_owned()], at, zone));
                }
                Said { step: vec![Piece::Words(phrases.told(*stage, &names.join(", ")))], why }
            }
            Telling::Digest { names, at, zone } => {
                Said { step: around(phrases.digest(&names.join(", ")), at, zone), why: Vec::new() }
            }
            Telling::Waits { until: Some(until), zone } => {
                let ([before, after], why) = phrases.waits();
                Said { step: around([before.to_owned(), after.to_owned()], until, zone), why: vec![words(why)] }
            }
            Telling::Waits { until: None, .. } => {
                let (step, why) = phrases.never();
                Said { step: vec![words(step)], why: vec![words(why)] }
            }
            Telling::Nobody { stage } => {
                let (step, why) = phrases.nobody(*stage);
                Said { step: vec![words(step)], why: vec![words(why)] }
            }
            Telling::Undelivered { name, channel, why } => Said {
                step: vec![Piece::Words(phrases.undelivered(name, *channel))],
                why: vec![Piece::Quoted(why.clone())],
            },
        }
    }
}

/// What a timeline says of a message: the step that was taken, and why and what comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// "Hearth told Ada."
    pub step: Vec<Piece>,
    /// "Nobody has taken the task."; nothing where there is nothing to add
    pub why: Vec<Piece>,
}

/// A part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// words in the reader's language
    Words(String),
    /// a time, and the clinic's zone
    At(Instant, Tz),
    /// what another server answered, as it answered
    Quoted(String),
}

impl Said {
    /// All of it as one text, with times as `clock` writes them.
    pub(crate) fn text(&self, clock: impl Fn(Instant, Tz) -> String) -> String {
        let plain = |pieces: &[Piece]| {
            let piece = |piece: &Piece| match piece {
                Piece::Words(words) | Piece::Quoted(words) => words.clone(),
                Piece::At(at, zone) => clock(*at, *zone),
            };
            pieces.iter().map(piece).collect::<String>()
        };
        [plain(&self.step), plain(&self.why)].join(" ").trim_end().to_owned()
    }
}
