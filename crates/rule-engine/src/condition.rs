//! A condition with its units resolved: what is evaluated.

use crate::ast::Length;
use chrono::TimeDelta;
use vitals::{Decimal, Kind, Quantity, Unit};

/// A comparison's operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    NotEqual,
}

/// An operator between numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// What a function makes of the readings in its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Latest,
    Min,
    Max,
    Mean,
    Median,
    Rise,
    Drop,
    Change,
    Count,
}

impl Function {
    pub(crate) const ALL: [(&'static str, Function); 9] = [
        ("latest", Function::Latest),
        ("min", Function::Min),
        ("max", Function::Max),
        ("mean", Function::Mean),
        ("median", Function::Median),
        ("rise", Function::Rise),
        ("drop", Function::Drop),
        ("change", Function::Change),
        ("count", Function::Count),
    ];

    /// Whether the result is a difference of two values.
    pub(crate) const fn is_difference(self) -> bool {
        matches!(self, Function::Rise | Function::Drop | Function::Change)
    }
}

/// Which readings a function looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Window {
    /// the newest there is, however old
    Newest,
    /// from `far` to `near` before the moment of judgement, both ends included
    Time { near: TimeDelta, far: TimeDelta },
    /// the newest so many
    Last(u32),
}

/// A function over a quantity and a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) function: Function,
    pub(crate) quantity: Quantity,
    pub(crate) window: Window,
}

/// A number in the canonical unit of its dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Num {
    /// written in the rule
    Literal { value: Decimal, raw: Decimal, unit: Option<Unit> },
    /// a parameter, by its place in the rulebook; as a difference of temperatures, or not
    Parameter { index: usize, difference: bool },
    /// computed from readings
    Call(Call),
    /// what the opening compared with
    Onset(Quantity),
    /// with the sign turned
    Negative(Box<Num>),
    /// computed from two
    Binary(Arithmetic, Box<Num>, Box<Num>),
}

impl Num {
    /// Whether readings enter into it.
    pub(crate) fn measures(&self) -> bool {
        match self {
            Num::Call(_) => true,
            Num::Literal { .. } | Num::Parameter { .. } | Num::Onset(_) => false,
            Num::Negative(a) => a.measures(),
            Num::Binary(_, a, b) => a.measures() || b.measures(),
        }
    }
}

/// What is true, false or not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cond {
    /// two numbers compared; `unit` is what both are in
    Compare { op: Compare, left: Num, right: Num, unit: Option<Unit> },
    /// both
    And(Box<Cond>, Box<Cond>),
    /// one or both
    Or(Box<Cond>, Box<Cond>),
    /// the opposite
    Not(Box<Cond>),
    /// true at so many readings of the window
    Times { inner: Box<Judged>, count: u32, window: Length },
    /// true at every reading since one at least so long ago
    For { inner: Box<Judged>, window: Length },
    /// nothing came though it was expected, so many days in a row
    Missing { kind: Kind, days: u32 },
}

/// A condition with what decides at which readings it is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) cond: Cond,
    /// quantities that it names, a bit each
    pub(crate) quantities: u32,
    /// kinds whose absence it names, a bit each
    pub(crate) kinds: u32,
    /// the largest clock error, in seconds, that its windows can bear
    pub(crate) bears_s: i64,
    /// how far back its windows look, as a rule: one without an end looks as far as it must
    pub(crate) reach: TimeDelta,
    /// how many values it looks at, however old
    pub(crate) last: usize,
}

/// An error that only the newest value, which has no window, can bear.
pub(crate) const UNKNOWN_ERROR_S: i64 = i64::MAX;

/// A window bears a clock error up to this part of its length. The sources give no number; a tenth keeps a
/// reading on the right side of all but the outermost tenth of a window, and is an engineering choice.
const BEARS_PART: i32 = 10;

/// The largest clock error that `window` can bear, in seconds.
pub(crate) fn window_bears_s(window: Window) -> i64 {
    match window {
        Window::Newest => UNKNOWN_ERROR_S,
        // Only the order matters, so any known error will do.
        Window::Last(_) => UNKNOWN_ERROR_S - 1,
        Window::Time { near, far } => ((far - near) / BEARS_PART).num_seconds(),
    }
}

/// A quantity's bit.
pub(crate) fn quantity_bit(quantity: Quantity) -> u32 {
    1 << quantity_index(quantity)
}

/// A quantity's place in the order of [`Quantity::ALL`].
pub(crate) const fn quantity_index(quantity: Quantity) -> usize {
    quantity as usize
}

/// A kind's place in the order of [`Kind::ALL`].
pub(crate) const fn kind_index(kind: Kind) -> usize {
    kind as usize
}

/// A kind's bit.
pub(crate) fn kind_bit(kind: Kind) -> u32 {
    1 << kind_index(kind)
}

impl Judged {
    /// Gathers what decides when `cond` is judged.
    pub(crate) fn new(cond: Cond) -> Self {
        let mut judged = Self {
            quantities: 0,
            kinds: 0,
            bears_s: UNKNOWN_ERROR_S,
            reach: TimeDelta::zero(),
            last: 0,
            cond: Cond::Missing { kind: Kind::Glucose, days: 0 },
        };
        judged.visit(&cond);
        judged.cond = cond;
        judged
    }

    fn visit(&mut self, cond: &Cond) {
        match cond {
            Cond::Compare { left, right, .. } => {
                self.visit_number(left);
                self.visit_number(right);
            }
            Cond::And(a, b) | Cond::Or(a, b) => {
                self.visit(a);
                self.visit(b);
            }
            Cond::Not(a) => self.visit(a),
            Cond::Times { inner, window, .. } | Cond::For { inner, window } => {
                self.quantities |= inner.quantities;
                self.kinds |= inner.kinds;
                let own = window_bears_s(Window::Time { near: TimeDelta::zero(), far: window.delta() });
                self.bears_s = self.bears_s.min(inner.bears_s).min(own);
                self.reach = self.reach.max(window.delta() + inner.reach);
                self.last = self.last.max(inner.last);
            }
            Cond::Missing { kind, days } => {
                self.kinds |= kind_bit(*kind);
                // A local day may be longer than 24 hours, and begins before its end is judged.
                self.reach = self.reach.max(TimeDelta::days(i64::from(*days) + 2));
            }
        }
    }

    fn visit_number(&mut self, num: &Num) {
        match num {
            Num::Call(call) => {
                self.quantities |= quantity_bit(call.quantity);
                // Every window is anchored at the reading that is judged, so the shortest decides for all.
                self.bears_s = self.bears_s.min(window_bears_s(call.window));
                match call.window {
                    // What an opening compared with is the value before the newest.
                    Window::Newest => self.last = self.last.max(2),
                    Window::Last(n) => self.last = self.last.max(n as usize),
                    Window::Time { far, .. } => self.reach = self.reach.max(far),
                }
            }
            Num::Negative(a) => self.visit_number(a),
            Num::Binary(_, a, b) => {
                self.visit_number(a);
                self.visit_number(b);
            }
            Num::Literal { .. } | Num::Parameter { .. } | Num::Onset(_) => {}
        }
    }
}
