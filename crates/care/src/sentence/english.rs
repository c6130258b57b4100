//! Sentences in English.

use super::fact::SpanUnit;
use super::{
    Amount, Bound, Comparison, Fact, Given, Held, Lack, Language, Measured, Remark, Sentence, Span, Statistic, Subject,
    TakenBack, Term, Threshold, Unwatched, Window, lower_first,
};
use crate::cover::{Said, Telling};
use crate::{ParameterOrigin, ProgrammeId};
use chrono_tz::Tz;
use vitals::{Instant, Kind, Quantity};

/// English.
#[derive(Clone, Copy, Debug)]
pub struct English;

impl Language for English {
    fn tag(&self) -> &'static str {
        "en"
    }

    fn say(&self, sentence: &Sentence) -> String {
        match sentence {
            Sentence::Words { words } => words.clone(),
            Sentence::Facts { facts } => say_facts(facts),
            Sentence::Both { first, more } => format!("{}; {}", self.say(first), lower_first(&self.say(more))),
            Sentence::MoreSevere { severity, because } => {
                format!("Now {severity}: {}", lower_first(&self.say(because)))
            }
            Sentence::SecondKind { severity, kinds: [a, b] } => {
                format!("Now {severity}: {} and {} out of range within a day", kind(*a), kind(*b))
            }
            Sentence::Unwatched { because } => format!("No longer watched: {}", unwatched(because)),
            Sentence::Created { reason, remark } => format!("{} ({})", self.say(reason), say_remark(*remark)),
            Sentence::HoldOver => "the time it was to wait for has come".to_owned(),
            Sentence::WorseOnHold => "it got worse while it waited".to_owned(),
            Sentence::GoesOn => "readings known by now show that the condition goes on".to_owned(),
            Sentence::TakenBack { what } => format!("readings known by now no longer show {}", taken_back(what)),
            Sentence::NotEnrolled => "No programme of this patient has this rule".to_owned(),
            Sentence::InItsPlace { programme: p } => format!("The programme {} stands in its place", programme(p)),
            Sentence::OnlyStored => "Readings of this patient are only stored".to_owned(),
            Sentence::Failed { detail } => format!("It could not be evaluated: {detail}"),
            Sentence::Telling { telling } => self.said(telling).text(clock),
            Sentence::NotConfigured { parameters } => {
                format!("Not configured: nobody has set {}", parameters.join(", "))
            }
        }
    }

    fn said(&self, telling: &Telling) -> Said {
        telling.said(self)
    }
}

/// A time for whoever cannot ask which zone it is in.
fn clock(at: Instant, zone: Tz) -> String {
    format!("{} {zone}", at.with_timezone(&zone).format("%a %-d %b %H:%M"))
}

fn unwatched(because: &Unwatched) -> String {
    match because {
        Unwatched::ProgrammeOver { programme: p } => format!("the programme {} is over", programme(p)),
        Unwatched::KeptAway { programme: p } => format!("the programme {} stands in its place", programme(p)),
        Unwatched::CareEnded => "readings of this patient are only stored".to_owned(),
    }
}

fn say_remark(remark: Remark) -> String {
    match remark {
        Remark::Confirmed => "a repeat shows the same".to_owned(),
        Remark::Unconfirmed => "unconfirmed: no repeat came in time".to_owned(),
        Remark::MoreSevere(severity) => format!("more severe than what was settled: now {severity}"),
        Remark::AnotherRule => "another rule than those settled".to_owned(),
        Remark::Revisit => "the time to look again has come, and it still holds".to_owned(),
        Remark::Again => "again since the last task was closed".to_owned(),
    }
}

fn taken_back(what: &TakenBack) -> String {
    match what {
        TakenBack::Condition => "this condition".to_owned(),
        TakenBack::ConditionOfTouched => "this condition; please complete the task".to_owned(),
        TakenBack::Episode => "one of its episodes".to_owned(),
        TakenBack::Part(None) => "all of what it said".to_owned(),
        TakenBack::Part(Some(now)) => format!("all of what it said; what they show: {}", English.say(now)),
    }
}

fn say_facts(facts: &[Fact]) -> String {
    let said = facts.iter().enumerate().map(|(i, f)| if i == 0 { say_fact(f) } else { lower_first(&say_fact(f)) });
    said.collect::<Vec<_>>().join("; ")
}

fn say_fact(fact: &Fact) -> String {
    let bounds: Vec<String> = fact.bounds.iter().map(bound).collect();
    let held: Vec<String> = fact.held.iter().map(|h| say_held(*h)).collect();
    let head = subject(&fact.subject);
    // "So far 1 times", where everything else has a comma.
    let first = if fact.subject == Subject::SoFar { " " } else { ", " };
    let parts = [bounds.join(" and "), held.join(", ")].into_iter().filter(|p| !p.is_empty());
    let rest = parts.collect::<Vec<_>>().join(", ");
    if rest.is_empty() { head } else { format!("{head}{first}{rest}") }
}

fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Measured(measured) => say_measured(measured),
        Subject::Moved { quantity: q, window: w, since, from, to, by } => {
            let when = if *since { format!("since the reading {}", window(*w)) } else { window(*w) };
            let path = format!("{} → {}", from.text('.', false), say_amount(*to));
            match by.map(Amount::sign_and_size) {
                None => format!("{} {path} {when}", quantity(*q)),
                Some((down, size)) => {
                    let way = if down { "down" } else { "up" };
                    format!("{} {way} {} {when} ({path})", quantity(*q), say_amount(size))
                }
            }
        }
        Subject::Nothing { quantity: q, window: w, lack } => {
            let (few, more) = match lack {
                Lack::NoReading => ("no reading", ""),
                Lack::TooFew => ("not enough readings", ""),
                Lack::NoneToCompare => ("no reading", " to compare with"),
            };
            format!("{}: {few} {}{more}", quantity(*q), window(*w)).trim_end().to_owned()
        }
        Subject::Computed { term, value } => {
            format!("{} is {}", say_term(term), value.map_or("unknown".to_owned(), say_amount))
        }
        Subject::Missing { kind: k, days, last_days, holds } => {
            let last = match last_days {
                None => "none has ever come".to_owned(),
                Some(0) => "the last one came within a day".to_owned(),
                Some(1) => "the last one came 1 day before".to_owned(),
                Some(n) => format!("the last one came {n} days before"),
            };
            let on = if *days == 1 { "on an expected day".into() } else { format!("on {days} expected days in a row") };
            let head =
                if *holds { format!("No {} reading", kind(*k)) } else { format!("A {} reading is missed", kind(*k)) };
            format!("{head} {on}; {last}")
        }
        Subject::Came { kind: k, values } => {
            let values: Vec<String> = values.iter().copied().map(say_amount).collect();
            format!("A {} reading came: {}", kind(*k), values.join(", "))
        }
        Subject::SoFar => "So far".to_owned(),
    }
}

fn say_measured(m: &Measured) -> String {
    let (name, value, count) = (quantity(m.quantity), say_amount(m.value), m.count);
    let (lower, when) = (lower_first(name), window(m.window));
    let said = match m.statistic {
        Statistic::Latest => match m.window {
            Window::Before { .. } => format!("{name} {value} {when}"),
            _ => format!("{name} {value}"),
        },
        Statistic::Lowest => format!("Lowest {lower} {when} {value}"),
        Statistic::Highest => format!("Highest {lower} {when} {value}"),
        Statistic::Mean => format!("Mean {lower} of {count} readings {when} {value}"),
        Statistic::Median => format!("Median {lower} {when} {value}"),
        Statistic::Count => format!("{value} readings of {lower} {when}"),
    };
    said.trim_end().to_owned()
}

fn bound(bound: &Bound) -> String {
    let words = match bound.comparison {
        Comparison::Limit => "limit",
        Comparison::Below => "below",
        Comparison::AtOrBelow => "at or below",
        Comparison::Above => "above",
        Comparison::AtOrAbove => "at or above",
        Comparison::Exactly => "exactly",
        Comparison::OtherThan => "other than",
    };
    let threshold = match &bound.threshold {
        Threshold::Given(given) => match whose(given.origin) {
            Some(whose) => format!("{} ({whose})", say_given(given)),
            None => say_given(given),
        },
        Threshold::NotSet => NOT_SET.to_owned(),
        Threshold::Computed { term, value: None } => say_term(term),
        Threshold::Computed { term, value: Some(value) } => format!("{} ({})", say_amount(*value), say_term(term)),
    };
    format!("{words} {threshold}")
}

const NOT_SET: &str = "a limit that nobody has set";

fn whose(origin: ParameterOrigin) -> Option<&'static str> {
    match origin {
        ParameterOrigin::Rulebook => None,
        ParameterOrigin::Clinic => Some("set by the clinic"),
        ParameterOrigin::Patient => Some("set for this patient"),
    }
}

fn say_given(given: &Given) -> String {
    let own = say_amount(given.amount);
    given.equals.map_or_else(|| own.clone(), |equals| format!("{own} = {}", say_amount(equals)))
}

fn say_term(term: &Term) -> String {
    match term {
        Term::Number(given) => say_given(given),
        Term::Parameter { name, given } => format!("{} {}", name.replace('_', " "), say_whose(given)),
        Term::NotSet => NOT_SET.to_owned(),
        Term::AtOnset(value) => format!("{} at the start", value.map_or("unknown".to_owned(), say_amount)),
        Term::Readings(readings) => lower_first(&subject(readings)),
        Term::Negative(a) => format!("-({})", say_added(a)),
        Term::Of(op, a, b) => format!("{} {} {}", say_term(a), op.sign(), say_added(b)),
    }
}

/// What is added to something that is named: a rulebook's name for it would say nothing to a reader.
fn say_added(term: &Term) -> String {
    match term {
        Term::Parameter { given, .. } => say_whose(given),
        other => say_term(other),
    }
}

/// A parameter's value, with whose it is.
fn say_whose(given: &Given) -> String {
    let said = say_given(given);
    whose(given.origin).map_or_else(|| said.clone(), |whose| format!("{said} {whose}"))
}

fn say_held(held: Held) -> String {
    match held {
        Held::Times { count, within, limit } => {
            let said = format!("{count} times in {}", span(within));
            limit.map_or_else(|| said.clone(), |limit| format!("{said}, limit {limit} times"))
        }
        Held::For(length) => format!("for {}", span(length)),
    }
}

fn say_amount(amount: Amount) -> String {
    amount.text('.', true)
}

fn window(window: Window) -> String {
    match window {
        Window::Newest => String::new(),
        Window::Last(1) => "over the last reading".to_owned(),
        Window::Last(n) => format!("over the last {n} readings"),
        Window::Within(length) => format!("in {}", span(length)),
        Window::Before { near, far } => match (near.parts(), far.parts()) {
            ((n, a), (_, b)) if a == b => format!("{n} to {} before", span(far)),
            _ => format!("{} to {} before", span(near), span(far)),
        },
    }
}

/// "3 days", "24 hours", "30 minutes".
fn span(span: Span) -> String {
    let (n, unit) = span.parts();
    let word = match unit {
        SpanUnit::Day => "day",
        SpanUnit::Hour => "hour",
        SpanUnit::Minute => "minute",
        SpanUnit::Second => "second",
    };
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

fn kind(kind: Kind) -> String {
    kind.as_str().replace('-', " ")
}

fn programme(programme: &ProgrammeId) -> String {
    match programme.as_str() {
        "copd" => "COPD".to_owned(),
        other => other.replace('-', " "),
    }
}

fn quantity(quantity: Quantity) -> &'static str {
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
}
