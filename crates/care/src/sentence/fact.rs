//! What readings show, against their limits: the parts of a sentence that carry numbers.

use crate::ParameterOrigin;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use vitals::{Decimal, Kind, Quantity, Unit};

/// A subject with what is said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// what it is about
    pub subject: Subject,
    /// what it is compared with; all of it holds
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bounds: Vec<Bound>,
    /// how often, and how long
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Held>,
}

/// What a fact is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// a value made of readings
    Measured(Measured),
    /// a value that moved from one reading to another
    Moved {
        /// of what
        quantity: Quantity,
        /// within which time, or, with `since`, since a reading of which time
        window: Window,
        /// against one earlier reading
        since: bool,
        /// from
        from: Amount,
        /// to
        to: Amount,
        /// by how much, with its sign; none where one of them is no number
        by: Option<Amount>,
    },
    /// no value
    Nothing {
        /// of what
        quantity: Quantity,
        /// where it was looked for
        window: Window,
        /// in which way
        lack: Lack,
    },
    /// a value computed from others
    Computed {
        /// how
        term: Box<Term>,
        /// with which result, if there is one
        value: Option<Amount>,
    },
    /// readings that did not come
    Missing {
        /// of which kind
        kind: Kind,
        /// on how many expected days in a row
        days: u32,
        /// whole days since the last one came; none where none ever did
        last_days: Option<i64>,
        /// whether it is so; otherwise it is only said what is looked for
        holds: bool,
    },
    /// a reading that came, where one was missed
    Came {
        /// of which kind
        kind: Kind,
        /// its values
        values: Vec<Amount>,
    },
    /// nothing yet, of something that has to happen several times
    SoFar,
}

/// A value made of readings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// how
    pub statistic: Statistic,
    /// of what
    pub quantity: Quantity,
    /// of which readings
    pub window: Window,
    /// of how many readings
    pub count: usize,
    /// the value
    pub value: Amount,
}

/// What is made of several readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// the newest
    Latest,
    /// the lowest
    Lowest,
    /// the highest
    Highest,
    /// their mean
    Mean,
    /// their median
    Median,
    /// how many they are
    Count,
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lack {
    /// no reading
    NoReading,
    /// too few
    TooFew,
    /// none to compare with
    NoneToCompare,
}

/// Which readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Window {
    /// the newest
    Newest,
    /// the newest so many
    Last(u32),
    /// those of so long a time
    Within(Span),
    /// those measured so long before
    Before {
        /// at least
        near: Span,
        /// at most
        far: Span,
    },
}

/// A length of time in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(pub i64);

impl From<TimeDelta> for Span {
    fn from(length: TimeDelta) -> Self {
        Self(length.num_seconds())
    }
}

/// The unit in which a span is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SpanUnit {
    Day,
    Hour,
    Minute,
    Second,
}

impl Span {
    /// "3 days", "24 hours", "30 minutes": the largest unit that is whole, and days from two on.
    pub(super) fn parts(self) -> (i64, SpanUnit) {
        match self.0 {
            s if s >= 2 * 86_400 && s % 86_400 == 0 => (s / 86_400, SpanUnit::Day),
            s if s % 3600 == 0 && s > 0 => (s / 3600, SpanUnit::Hour),
            s if s % 60 == 0 && s > 0 => (s / 60, SpanUnit::Minute),
            s => (s, SpanUnit::Second),
        }
    }
}

/// A number as it is said, rounded to what tells it apart from its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Amount {
    /// a number
    Number {
        /// its digits
        #[serde(with = "digits")]
        value: Decimal,
        /// its unit, if it has one
        unit: Option<Unit>,
    },
    /// a meter's `LO`
    Low,
    /// a meter's `HI`
    High,
}

impl Amount {
    /// As text with this decimal mark; the unit only where it is wanted.
    pub(super) fn text(self, mark: char, with_unit: bool) -> String {
        let (number, unit) = match self {
            Amount::Low => return "LO".to_owned(),
            Amount::High => return "HI".to_owned(),
            Amount::Number { value, unit } => (value.normalize().to_string(), unit),
        };
        let number = if mark == '.' { number } else { number.replace('.', &mark.to_string()) };
        match unit.filter(|_| with_unit) {
            Some(unit) => format!("{number} {}", unit.display()),
            None => number,
        }
    }

    /// Whether it is below zero, and its size.
    pub(super) fn sign_and_size(self) -> (bool, Amount) {
        match self {
            Amount::Number { value, unit } if value.is_sign_negative() => {
                (!value.is_zero(), Amount::Number { value: value.abs(), unit })
            }
            other => (false, other),
        }
    }
}

/// What a subject is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// how
    pub comparison: Comparison,
    /// with what
    pub threshold: Threshold,
}

/// How a subject stands to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// the limit is only named
    Limit,
    /// below it
    Below,
    /// at or below it
    AtOrBelow,
    /// above it
    Above,
    /// at or above it
    AtOrAbove,
    /// exactly it
    Exactly,
    /// anything but it
    OtherThan,
}

/// A limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Threshold {
    /// a number of the rulebook, the clinic or the patient
    Given(Given),
    /// nobody has set it
    NotSet,
    /// computed
    Computed {
        /// how
        term: Box<Term>,
        /// with which result, if there is one
        value: Option<Amount>,
    },
}

/// A limit as somebody wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// as written
    pub amount: Amount,
    /// the same in the unit of the readings, where it was written in another
    pub equals: Option<Amount>,
    /// whose it was
    pub origin: ParameterOrigin,
}

/// How a value was computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Term {
    /// a number written in the rule
    Number(Given),
    /// a parameter
    Parameter {
        /// the rulebook's name for it: `target_weight`
        name: String,
        /// its value
        given: Given,
    },
    /// a parameter that nobody has set
    NotSet,
    /// what the opening compared with
    AtOnset(Option<Amount>),
    /// made of readings
    Readings(Subject),
    /// with the sign turned
    Negative(Box<Term>),
    /// two together
    Of(Arithmetic, Box<Term>, Box<Term>),
}

/// An operator between two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arithmetic {
    /// +
    Plus,
    /// -
    Minus,
    /// ×
    Times,
    /// /
    Over,
}

impl Arithmetic {
    pub(super) const fn sign(self) -> char {
        match self {
            Arithmetic::Plus => '+',
            Arithmetic::Minus => '-',
            Arithmetic::Times => '×',
            Arithmetic::Over => '/',
        }
    }
}

/// How often or how long something held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// so many times in so long
    Times {
        /// how often it held
        count: u32,
        /// in which time
        within: Span,
        /// how often it has to, where that is said
        limit: Option<u32>,
    },
    /// at every reading for so long
    For(Span),
}

/// Digits as text: JSON numbers would lose some.
mod digits {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use vitals::Decimal;

    pub(super) fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        let text = String::deserialize(deserializer)?;
        Decimal::from_str_exact(&text).map_err(D::Error::custom)
    }
}
