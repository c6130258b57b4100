//! Values that may be unknown, and a logic of what is not known.

use std::cmp::Ordering;
use vitals::{Coded, Decimal, Value};

/// A measured value: `LO` is below and `HI` above every number, by the order of these variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Datum {
    Low,
    Number(Decimal),
    High,
}

impl Datum {
    pub(crate) fn number(self) -> Option<Decimal> {
        match self {
            Datum::Number(n) => Some(n),
            Datum::Low | Datum::High => None,
        }
    }
}

impl From<Value> for Datum {
    fn from(value: Value) -> Self {
        match value {
            Value::Number { value, .. } => Datum::Number(value),
            Value::Coded(Coded::Lo) => Datum::Low,
            Value::Coded(Coded::Hi) => Datum::High,
        }
    }
}

/// What a number in a condition turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// a value
    Value(Datum),
    /// not enough data
    Unknown,
    /// rests on a parameter that nobody set
    NotConfigured,
}

/// Why a rule could not be evaluated; without patient data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error("a number grew beyond 28 digits")]
    Overflow,
    #[error("a division by zero")]
    DivisionByZero,
    #[error("parameter `{key}` is set to `{value}`, which is not {wanted}")]
    Parameter { key: String, value: String, wanted: String },
}

/// What a condition turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    True,
    False,
    /// not enough data: neither opens nor clears
    Unknown,
    /// rests on a parameter that nobody set
    NotConfigured,
}

impl Truth {
    /// False if either is, else the less certain.
    pub(crate) fn and(self, other: Truth) -> Truth {
        use Truth as T;
        match (self, other) {
            (T::False, _) | (_, T::False) => T::False,
            (T::NotConfigured, _) | (_, T::NotConfigured) => T::NotConfigured,
            (T::Unknown, _) | (_, T::Unknown) => T::Unknown,
            (T::True, T::True) => T::True,
        }
    }

    /// True if either is; an alternative that nobody configured takes no part.
    pub(crate) fn or(self, other: Truth) -> Truth {
        use Truth as T;
        match (self, other) {
            (T::NotConfigured, t) | (t, T::NotConfigured) => t,
            (T::True, _) | (_, T::True) => T::True,
            (T::Unknown, _) | (_, T::Unknown) => T::Unknown,
            (T::False, T::False) => T::False,
        }
    }

    pub(crate) fn not(self) -> Truth {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            other => other,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Truth::True } else { Truth::False }
    }
}

/// Whether `op` holds between values in that order.
pub(crate) fn holds(op: crate::condition::Compare, order: Ordering) -> bool {
    use crate::condition::Compare as C;
    match op {
        C::Less => order.is_lt(),
        C::AtMost => order.is_le(),
        C::More => order.is_gt(),
        C::AtLeast => order.is_ge(),
        C::Equal => order.is_eq(),
        C::NotEqual => order.is_ne(),
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{False as F, NotConfigured as N, True as T, Unknown as U};
    use super::*;

    #[test]
    fn coded_values_frame_the_numbers() {
        assert!(Datum::Low < Datum::Number(Decimal::MIN));
        assert!(Datum::High > Datum::Number(Decimal::MAX));
    }

    #[test]
    fn kleene() {
        assert_eq!([F.and(U), T.and(U), F.and(N), U.and(N), T.and(T)], [F, U, F, N, T]);
        assert_eq!([F.or(U), T.or(U), F.or(N), T.or(N), U.or(N), F.or(F)], [U, T, F, T, U, F]);
        assert_eq!([T.not(), F.not(), U.not(), N.not()], [F, T, U, N]);
    }

    #[test]
    fn de_morgan() {
        for a in [T, F, U] {
            for b in [T, F, U] {
                assert_eq!(a.and(b).not(), a.not().or(b.not()));
            }
        }
    }
}
