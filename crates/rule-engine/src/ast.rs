//! A condition as written: the tree, with places, and its canonical spelling.

use chrono::TimeDelta;
use std::fmt;
use std::ops::Range;
use vitals::{Decimal, Unit};

/// Byte offsets within the condition's own text.
pub(crate) type Span = Range<usize>;

/// A length of time as written: `72 h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Length {
    pub(crate) amount: u32,
    pub(crate) unit: TimeUnit,
}

/// Units of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeUnit {
    Second,
    Minute,
    Hour,
    Day,
}

impl TimeUnit {
    pub(crate) const ALL: [TimeUnit; 4] = [TimeUnit::Second, TimeUnit::Minute, TimeUnit::Hour, TimeUnit::Day];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            TimeUnit::Second => "s",
            TimeUnit::Minute => "min",
            TimeUnit::Hour => "h",
            TimeUnit::Day => "d",
        }
    }

    const fn seconds(self) -> i64 {
        match self {
            TimeUnit::Second => 1,
            TimeUnit::Minute => 60,
            TimeUnit::Hour => 3600,
            TimeUnit::Day => 86_400,
        }
    }
}

impl Length {
    /// The length; a window's day is 24 hours, whatever the clocks did.
    pub(crate) fn delta(self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.amount) * self.unit.seconds())
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.unit.as_str())
    }
}

/// A piece of a condition and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) expr: Expr,
}

/// What a piece says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expr {
    Number(Decimal, Option<Unit>),
    Name(String),
    Call { name: String, name_span: Span, args: Vec<Arg> },
    Binary(&'static str, Box<Node>, Box<Node>),
    Compare(&'static str, Box<Node>, Box<Node>),
    Logic(&'static str, Box<Node>, Box<Node>),
    Not(Box<Node>),
    Negative(Box<Node>),
    Group(Box<Node>),
    Times(Box<Node>, u32, Length),
    For(Box<Node>, Length),
}

/// An argument of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Arg {
    Value(Node),
    Within(Length, Span),
    Ago { near: Length, far: Length, span: Span },
    Last(u32, Span),
}

impl Arg {
    pub(crate) fn span(&self) -> Span {
        match self {
            Arg::Value(node) => node.span.clone(),
            Arg::Within(_, span) | Arg::Ago { span, .. } | Arg::Last(_, span) => span.clone(),
        }
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arg::Value(node) => node.fmt(f),
            Arg::Within(span, _) => span.fmt(f),
            Arg::Ago { near, far, .. } => write!(f, "{near} .. {far} ago"),
            Arg::Last(n, _) => write!(f, "last {n}"),
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.expr {
            Expr::Number(value, None) => value.fmt(f),
            Expr::Number(value, Some(unit)) => write!(f, "{value} {unit}"),
            Expr::Name(name) => f.write_str(name),
            Expr::Call { name, args, .. } => {
                let args: Vec<String> = args.iter().map(Arg::to_string).collect();
                write!(f, "{name}({})", args.join(", "))
            }
            Expr::Binary(op, a, b) | Expr::Compare(op, a, b) | Expr::Logic(op, a, b) => write!(f, "{a} {op} {b}"),
            Expr::Not(a) => write!(f, "not {a}"),
            Expr::Negative(a) => write!(f, "-{a}"),
            Expr::Group(a) => write!(f, "({a})"),
            Expr::Times(a, n, span) => write!(f, "{a} {n} times in {span}"),
            Expr::For(a, span) => write!(f, "{a} for {span}"),
        }
    }
}
