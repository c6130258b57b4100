//! Conditions told to people: sentences with numbers, and the evidence behind them.

use crate::condition::{Arithmetic, Call, Compare, Cond, Function, Num, Window};
use crate::eval::{Scope, before};
use crate::parameter::ParameterState;
use crate::series::{Point, as_value};
use crate::value::{Datum, Known, Truth};
use care::{Evidence, EvidencePoint, Limit, ParameterOrigin};
use chrono::TimeDelta;
use vitals::{Decimal, Kind, Quantity, Unit};

/// What the sentence is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// it holds and opens something
    Opening,
    /// it holds and clears something
    Clearing,
    /// whether it holds or not
    Explaining,
}

/// A sentence and what it rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) why: String,
    pub(crate) evidence: Evidence,
}

/// Evidence is for people: of a long window, so many of the newest readings.
const MAX_POINTS: usize = 50;

/// Tells what `cond` rests on at the scope's moment.
pub(crate) fn tell(scope: &Scope<'_>, cond: &Cond, style: Style) -> Told {
    let mut teller = Teller { scope: *scope, style, points: Vec::new(), limits: Vec::new() };
    let phrases = teller.condition(cond);
    teller.points.sort_by_key(|(q, p)| (p.entry, *q));
    teller.points.dedup_by_key(|(q, p)| (p.entry, *q));
    let skip = teller.points.len().saturating_sub(MAX_POINTS);
    let points = teller.points.iter().skip(skip).filter_map(|(quantity, point)| {
        let entry = scope.series.entry(point.entry)?;
        let value = as_value(*quantity, point.value);
        Some(EvidencePoint { reading: entry.key.clone(), measured_at: entry.time, quantity: *quantity, value })
    });
    Told { why: join(phrases), evidence: Evidence { points: points.collect(), limits: teller.limits } }
}

/// A subject with what is said of it.
struct Phrase {
    subject: String,
    relation: String,
}

/// Phrases as one sentence; what is said of one subject stands together.
fn join(phrases: Vec<Phrase>) -> String {
    let mut merged: Vec<Phrase> = Vec::new();
    for phrase in phrases {
        match merged.iter_mut().find(|p| p.subject == phrase.subject) {
            Some(same) if same.relation == phrase.relation => {}
            Some(same) => same.relation = format!("{} and {}", same.relation, phrase.relation.trim_start_matches(", ")),
            None => merged.push(phrase),
        }
    }
    let whole: Vec<String> = merged.into_iter().map(|p| format!("{}{}", p.subject, p.relation)).collect();
    whole
        .iter()
        .enumerate()
        .map(|(i, p)| if i == 0 { p.clone() } else { lower_first(p) })
        .collect::<Vec<_>>()
        .join("; ")
}

struct Teller<'a> {
    scope: Scope<'a>,
    style: Style,
    points: Vec<(Quantity, Point)>,
    limits: Vec<Limit>,
}

impl Teller<'_> {
    fn condition(&mut self, cond: &Cond) -> Vec<Phrase> {
        match cond {
            Cond::Compare { op, left, right, unit } => vec![self.compare(*op, left, right, *unit)],
            Cond::And(a, b) => self.both(a, b),
            Cond::Or(a, b) => {
                let truth = |c| self.scope.truth(c).unwrap_or(Truth::Unknown);
                match (truth(a), truth(b)) {
                    (Truth::True, Truth::True) => self.both(a, b),
                    (Truth::True, _) | (_, Truth::NotConfigured) => self.condition(a),
                    (_, Truth::True) | (Truth::NotConfigured, _) => self.condition(b),
                    _ => self.both(a, b),
                }
            }
            Cond::Not(a) => {
                let style = std::mem::replace(&mut self.style, Style::Explaining);
                let phrases = self.condition(a);
                self.style = style;
                phrases
            }
            Cond::Times { inner, count, window } => {
                let far = before(self.scope.time, window.delta());
                let scope = self.scope;
                let mut held = 0;
                let mut phrases = None;
                for entry in scope.judged_at(inner) {
                    let Some(then) = scope.at(entry).filter(|s| s.time >= far) else { break };
                    if then.truth(&inner.cond) == Ok(Truth::True) {
                        held += 1;
                        self.scope = then;
                        let told = self.condition(&inner.cond);
                        phrases = phrases.or(Some(told));
                        self.scope = scope;
                    }
                }
                let times = format!(", {held} times in {}", span_words(window.delta()));
                let limit =
                    if self.style == Style::Explaining { format!(", limit {count} times") } else { String::new() };
                self.extended(phrases.unwrap_or_default(), "So far", &format!("{times}{limit}"))
            }
            Cond::For { inner, window } => {
                let phrases = self.condition(&inner.cond);
                self.extended(phrases, "Not", &format!(", for {}", span_words(window.delta())))
            }
            Cond::Missing { kind, days } => vec![self.missing(*kind, *days)],
        }
    }

    fn both(&mut self, a: &Cond, b: &Cond) -> Vec<Phrase> {
        let mut phrases = self.condition(a);
        phrases.extend(self.condition(b));
        phrases
    }

    fn extended(&self, mut phrases: Vec<Phrase>, nothing: &str, more: &str) -> Vec<Phrase> {
        match phrases.last_mut() {
            Some(last) => last.relation.push_str(more),
            None => {
                phrases.push(Phrase { subject: nothing.to_owned(), relation: more.trim_start_matches(',').to_owned() })
            }
        }
        phrases
    }

    fn missing(&mut self, kind: Kind, days: u32) -> Phrase {
        let name = kind_words(kind);
        if self.scope.day_end.is_none() {
            let came = self.scope.visible.checked_sub(1).and_then(|i| self.scope.series.entry(i));
            if let Some(entry) = came.filter(|e| e.kind == kind) {
                let values: Vec<String> =
                    entry.values.iter().map(|(q, v)| shown(*v, Some(q.canonical_unit()), 2)).collect();
                return Phrase {
                    subject: format!("A {name} reading came"),
                    relation: format!(": {}", values.join(", ")),
                };
            }
        }
        let last = self.scope.series.times(kind).iter().rev().find(|(i, _)| *i < self.scope.visible);
        let last = match last {
            None => "none has ever come".to_owned(),
            Some((_, t)) => match (self.scope.time - t).num_days() {
                0 => "the last one came within a day".to_owned(),
                1 => "the last one came 1 day before".to_owned(),
                n => format!("the last one came {n} days before"),
            },
        };
        let on = if days == 1 { "on an expected day".to_owned() } else { format!("on {days} expected days in a row") };
        let subject = match self.style {
            Style::Explaining => format!("A {name} reading is missed {on}"),
            Style::Opening | Style::Clearing => format!("No {name} reading {on}"),
        };
        Phrase { subject, relation: format!("; {last}") }
    }

    fn compare(&mut self, op: Compare, left: &Num, right: &Num, unit: Option<Unit>) -> Phrase {
        let turned = !left.measures() && right.measures();
        let (subject, limit, op) = if turned { (right, left, flipped(op)) } else { (left, right, op) };
        let values = (self.scope.number(subject), self.scope.number(limit));
        let digits = match values {
            (Ok(Known::Value(Datum::Number(a))), Ok(Known::Value(Datum::Number(b)))) => telling_digits(a, b),
            _ => 2,
        };
        let moves = matches!(subject, Num::Call(c) if c.function.is_difference()) || since(subject).is_some();
        let subject = self.subject(subject, unit, digits);
        let limit = self.limit(limit, unit, digits);
        let relation = match self.style {
            Style::Clearing => format!(", {} {limit}", words(op)),
            Style::Opening if !moves => format!(", {} {limit}", words(op)),
            Style::Opening | Style::Explaining => format!(", limit {limit}"),
        };
        Phrase { subject, relation }
    }

    fn value(&self, num: &Num) -> Option<Datum> {
        match self.scope.number(num) {
            Ok(Known::Value(datum)) => Some(datum),
            _ => None,
        }
    }

    fn subject(&mut self, num: &Num, unit: Option<Unit>, digits: u32) -> String {
        if let Num::Call(call) = num {
            return self.call(*call, unit, digits);
        }
        if let Some((quantity, now, then)) = since(num) {
            let (from, to) = (self.newest(quantity, then.window), self.newest(quantity, now.window));
            let (Some(from), Some(to)) = (from, to) else {
                return format!(
                    "{}: no reading {} to compare with",
                    quantity_words(quantity),
                    window_words(then.window)
                );
            };
            let moved = self.moved(quantity, from, to, digits);
            return moved.replace(" ()", &format!(" since the reading {}", window_words(then.window)));
        }
        let value = self.value(num).map_or("unknown".to_owned(), |v| shown(v, unit, digits));
        format!("{} is {value}", self.spell(num, unit))
    }

    fn newest(&mut self, quantity: Quantity, window: Window) -> Option<Datum> {
        let point = { self.scope.window(quantity, window) }.next_back()?;
        self.points.push((quantity, point));
        Some(point.value)
    }

    /// "Weight up 2.6 kg () (80.1 → 82.7 kg)", the window to be filled in between.
    fn moved(&self, quantity: Quantity, from: Datum, to: Datum, digits: u32) -> String {
        let unit = Some(quantity.canonical_unit());
        let name = quantity_words(quantity);
        let difference = from.number().zip(to.number()).and_then(|(a, b)| b.checked_sub(a));
        let Some(d) = difference else {
            return format!("{name} {} → {} ()", bare(from, digits), shown(to, unit, digits));
        };
        let way = if d.is_sign_negative() && !d.is_zero() { "down" } else { "up" };
        let amount = shown(Datum::Number(d.abs()), unit, digits);
        format!("{name} {way} {amount} () ({} → {})", bare(from, digits), shown(to, unit, digits))
    }

    fn call(&mut self, call: Call, unit: Option<Unit>, digits: u32) -> String {
        let name = quantity_words(call.quantity);
        let lower = lower_first(&name);
        let window = window_words(call.window);
        let mut points: Vec<Point> = self.scope.window(call.quantity, call.window).collect();
        if let Window::Last(n) = call.window {
            points = points.split_off(points.len().saturating_sub(n as usize));
        }
        let value = self.value(&Num::Call(call));
        if call.function.is_difference() {
            let by_value = |p: &&Point| p.value;
            let from = match call.function {
                Function::Rise => points.iter().rev().min_by_key(by_value),
                Function::Drop => points.iter().max_by_key(by_value),
                _ => points.first(),
            };
            let (Some(from), Some(to)) = (from, points.last()) else { return format!("{name}: no reading {window}") };
            self.points.extend([(call.quantity, *from), (call.quantity, *to)]);
            return self.moved(call.quantity, from.value, to.value, digits).replace(" ()", &format!(" {window}"));
        }
        let count = points.len();
        match call.function {
            Function::Latest => self.points.extend(points.last().map(|p| (call.quantity, *p))),
            Function::Min | Function::Max => {
                let extreme = points.iter().rev().find(|p| Some(p.value) == value);
                self.points.extend(extreme.map(|p| (call.quantity, *p)));
            }
            _ => self.points.extend(points.into_iter().map(|p| (call.quantity, p))),
        }
        let Some(value) = value else {
            let few = if count == 0 { "no reading" } else { "not enough readings" };
            return format!("{name}: {few} {window}").trim_end().to_owned();
        };
        let value = shown(value, unit, digits);
        match call.function {
            Function::Latest => match call.window {
                Window::Time { near, .. } if !near.is_zero() => format!("{name} {value} {window}"),
                _ => format!("{name} {value}"),
            },
            Function::Min => format!("Lowest {lower} {window} {value}"),
            Function::Max => format!("Highest {lower} {window} {value}"),
            Function::Mean => format!("Mean {lower} of {count} readings {window} {value}"),
            Function::Median => format!("Median {lower} {window} {value}"),
            _ => format!("{value} readings of {lower} {window}"),
        }
    }

    fn limit(&mut self, num: &Num, unit: Option<Unit>, digits: u32) -> String {
        match num {
            Num::Literal { .. } | Num::Parameter { .. } => {
                let (text, origin) = self.written(num);
                match origin {
                    Some(ParameterOrigin::Clinic) => format!("{text} (set by the clinic)"),
                    Some(ParameterOrigin::Patient) => format!("{text} (set for this patient)"),
                    Some(ParameterOrigin::Rulebook) | None => text,
                }
            }
            _ => {
                let spelled = self.spell(num, unit);
                match self.value(num) {
                    Some(value) => format!("{} ({spelled})", shown(value, unit, digits)),
                    None => spelled,
                }
            }
        }
    }

    /// A number as written, with its canonical value where the unit is another.
    fn written(&mut self, num: &Num) -> (String, Option<ParameterOrigin>) {
        let (name, text, raw, unit, value, origin) = match num {
            Num::Literal { value, raw, unit } => {
                let text = unit.map_or_else(|| raw.to_string(), |u| format!("{raw} {u}"));
                (text.clone(), text, *raw, *unit, *value, None)
            }
            Num::Parameter { index, difference } => match self.scope.parameters.get(*index) {
                Some(ParameterState::Set(p)) => {
                    let value = if *difference { p.difference } else { p.value };
                    (p.name.clone(), p.written.clone(), p.raw, p.unit, value, Some(p.origin))
                }
                _ => return ("a limit that nobody has set".to_owned(), None),
            },
            _ => return (String::new(), None),
        };
        let limit = Limit { name, value: text, origin: origin.unwrap_or(ParameterOrigin::Rulebook) };
        if !self.limits.contains(&limit) {
            self.limits.push(limit);
        }
        let own = shown(Datum::Number(raw), unit, 6);
        let canonical = unit.map(|u| crate::check::canonical(u.dimension()));
        let shown = match canonical {
            Some(canonical) if unit != Some(canonical) => {
                format!("{own} = {}", shown(Datum::Number(value), Some(canonical), 2))
            }
            _ => own,
        };
        (shown, origin)
    }

    fn spell(&mut self, num: &Num, unit: Option<Unit>) -> String {
        match num {
            Num::Literal { .. } => self.written(num).0,
            Num::Parameter { index, .. } => {
                let (text, origin) = self.written(num);
                let name = match self.scope.parameters.get(*index) {
                    Some(ParameterState::Set(p)) => p.name.replace('_', " "),
                    _ => return text,
                };
                match origin {
                    Some(ParameterOrigin::Clinic) => format!("{name} {text} set by the clinic"),
                    Some(ParameterOrigin::Patient) => format!("{name} {text} set for this patient"),
                    _ => format!("{name} {text}"),
                }
            }
            Num::Onset(quantity) => {
                let value =
                    self.value(num).map_or("unknown".to_owned(), |v| shown(v, Some(quantity.canonical_unit()), 2));
                format!("{value} at the start")
            }
            Num::Call(call) => lower_first(&self.call(*call, unit, 2)),
            Num::Negative(a) => format!("-({})", self.spell(a, unit)),
            Num::Binary(op, a, b) => {
                let op = match op {
                    Arithmetic::Add => '+',
                    Arithmetic::Subtract => '-',
                    Arithmetic::Multiply => '×',
                    Arithmetic::Divide => '/',
                };
                format!("{} {op} {}", self.spell(a, unit), self.spell(b, unit))
            }
        }
    }
}

/// The shape "newest value less an earlier one".
fn since(num: &Num) -> Option<(Quantity, Call, Call)> {
    let Num::Binary(Arithmetic::Subtract, a, b) = num else { return None };
    match (&**a, &**b) {
        (Num::Call(now), Num::Call(then))
            if now.function == Function::Latest
                && then.function == Function::Latest
                && now.quantity == then.quantity =>
        {
            Some((now.quantity, *now, *then))
        }
        _ => None,
    }
}

fn flipped(op: Compare) -> Compare {
    match op {
        Compare::Less => Compare::More,
        Compare::AtMost => Compare::AtLeast,
        Compare::More => Compare::Less,
        Compare::AtLeast => Compare::AtMost,
        same => same,
    }
}

fn words(op: Compare) -> &'static str {
    match op {
        Compare::Less => "below",
        Compare::AtMost => "at or below",
        Compare::More => "above",
        Compare::AtLeast => "at or above",
        Compare::Equal => "exactly",
        Compare::NotEqual => "other than",
    }
}

/// As many digits after the point as it takes to see that two numbers differ, at least two.
fn telling_digits(a: Decimal, b: Decimal) -> u32 {
    (2..12).find(|d| a == b || a.round_dp(*d) != b.round_dp(*d)).unwrap_or(12)
}

fn bare(datum: Datum, digits: u32) -> String {
    match datum {
        Datum::Number(n) => n.round_dp(digits).normalize().to_string(),
        Datum::Low => "LO".to_owned(),
        Datum::High => "HI".to_owned(),
    }
}

fn shown(datum: Datum, unit: Option<Unit>, digits: u32) -> String {
    match (datum, unit) {
        (Datum::Number(_), Some(unit)) => format!("{} {}", bare(datum, digits), unit.display()),
        _ => bare(datum, digits),
    }
}

fn lower_first(text: &str) -> String {
    // "BMI" stays as it is.
    let mut chars = text.chars();
    match (chars.next(), chars.as_str()) {
        (Some(first), rest) if !rest.starts_with(|c: char| c.is_uppercase()) => {
            format!("{}{rest}", first.to_lowercase())
        }
        _ => text.to_owned(),
    }
}

fn window_words(window: Window) -> String {
    match window {
        Window::Newest => String::new(),
        Window::Last(1) => "over the last reading".to_owned(),
        Window::Last(n) => format!("over the last {n} readings"),
        Window::Time { near, far } if near.is_zero() => format!("in {}", span_words(far)),
        Window::Time { near, far } => {
            let (near, far) = (span_words(near), span_words(far));
            match (near.split_once(' '), far.split_once(' ')) {
                (Some((n, a)), Some((_, b))) if a == b => format!("{n} to {far} before"),
                _ => format!("{near} to {far} before"),
            }
        }
    }
}

/// "3 days", "24 hours", "30 minutes".
pub(crate) fn span_words(length: TimeDelta) -> String {
    let seconds = length.num_seconds();
    let (n, word) = match seconds {
        s if s >= 2 * 86_400 && s % 86_400 == 0 => (s / 86_400, "day"),
        s if s % 3600 == 0 && s > 0 => (s / 3600, "hour"),
        s if s % 60 == 0 && s > 0 => (s / 60, "minute"),
        s => (s, "second"),
    };
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

pub(crate) fn kind_words(kind: Kind) -> String {
    kind.as_str().replace('-', " ")
}

pub(crate) fn quantity_words(quantity: Quantity) -> String {
    match quantity {
        Quantity::Bmi => "BMI",
        Quantity::Systolic => "Systolic pressure",
        Quantity::Diastolic => "Diastolic pressure",
        Quantity::Mean => "Mean arterial pressure",
        Quantity::Spo2 => "Oxygen saturation",
        Quantity::InterstitialGlucose => "Sensor glucose",
        Quantity::Weight => "Weight",
        Quantity::Height => "Height",
        Quantity::BodyFat => "Body fat",
        Quantity::MuscleMass => "Muscle mass",
        Quantity::BodyWater => "Body water",
        Quantity::Pulse => "Pulse",
        Quantity::Glucose => "Glucose",
        Quantity::Temperature => "Temperature",
        Quantity::HeartRate => "Heart rate",
    }
    .to_owned()
}
