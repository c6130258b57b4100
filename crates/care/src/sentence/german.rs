//! Sentences in German.

use super::fact::SpanUnit;
use super::{
    Amount, Bound, Comparison, Fact, Given, Held, Lack, Language, Measured, Remark, Sentence, Span, Statistic, Subject,
    TakenBack, Term, Threshold, Unwatched, Window,
};
use crate::cover::{Said, Telling};
use crate::{ParameterOrigin, ProgrammeId, Severity};
use chrono_tz::Tz;
use vitals::{Instant, Kind, Quantity};

/// German, with a decimal comma.
#[derive(Clone, Copy, Debug)]
pub struct German;

impl Language for German {
    fn tag(&self) -> &'static str {
        "de"
    }

    fn say(&self, sentence: &Sentence) -> String {
        match sentence {
            Sentence::Words { words } => words.clone(),
            Sentence::Facts { facts } => facts.iter().map(say_fact).collect::<Vec<_>>().join("; "),
            Sentence::Both { first, more } => format!("{}; {}", self.say(first), self.say(more)),
            Sentence::MoreSevere { severity: s, because } => format!("Jetzt {}: {}", severity(*s), self.say(because)),
            Sentence::SecondKind { severity: s, kinds: [a, b] } => {
                let (s, a, b) = (severity(*s), kind(*a), kind(*b));
                format!("Jetzt {s}: {a} und {b} innerhalb eines Tages außerhalb der Grenzen")
            }
            Sentence::Unwatched { because } => format!("Nicht mehr überwacht: {}", unwatched(because)),
            Sentence::Created { reason, remark } => format!("{} ({})", self.say(reason), say_remark(*remark)),
            Sentence::HoldOver => "die Zeit, auf die gewartet wurde, ist gekommen".to_owned(),
            Sentence::WorseOnHold => "es wurde schlechter, während gewartet wurde".to_owned(),
            Sentence::GoesOn => "inzwischen bekannte Messungen zeigen, dass der Zustand anhält".to_owned(),
            Sentence::TakenBack { what } => format!("inzwischen bekannte Messungen zeigen {}", taken_back(what)),
            Sentence::NotEnrolled => "Kein Programm dieser Person enthält diese Regel".to_owned(),
            Sentence::InItsPlace { programme: p } => format!("An ihrer Stelle gilt das Programm {}", programme(p)),
            Sentence::OnlyStored => "Messungen dieser Person werden nur gespeichert".to_owned(),
            Sentence::Failed { detail } => format!("Sie konnte nicht ausgewertet werden: {detail}"),
            Sentence::Telling { telling } => self.said(telling).text(clock),
            Sentence::NotConfigured { parameters } => {
                format!("Nicht eingestellt: niemand hat {} festgelegt", parameters.join(", "))
            }
        }
    }

    fn said(&self, telling: &Telling) -> Said {
        telling.said(self)
    }
}

/// A time for whoever cannot ask which zone it is in.
fn clock(at: Instant, zone: Tz) -> String {
    format!("{} {zone}", at.with_timezone(&zone).format_localized("%a %-d. %B, %H:%M", chrono::Locale::de_DE))
}

fn unwatched(because: &Unwatched) -> String {
    match because {
        Unwatched::ProgrammeOver { programme: p } => format!("das Programm {} ist beendet", programme(p)),
        Unwatched::KeptAway { programme: p } => format!("an ihrer Stelle gilt das Programm {}", programme(p)),
        Unwatched::CareEnded => "Messungen dieser Person werden nur gespeichert".to_owned(),
    }
}

fn say_remark(remark: Remark) -> String {
    match remark {
        Remark::Confirmed => "eine Wiederholung zeigt dasselbe".to_owned(),
        Remark::Unconfirmed => "unbestätigt: es kam rechtzeitig keine Wiederholung".to_owned(),
        Remark::MoreSevere(s) => format!("dringlicher als das Erledigte: jetzt {}", severity(s)),
        Remark::AnotherRule => "eine andere Regel als die erledigten".to_owned(),
        Remark::Revisit => "es ist Zeit, wieder nachzusehen, und es hält an".to_owned(),
        Remark::Again => "erneut, seit die letzte Aufgabe geschlossen wurde".to_owned(),
    }
}

fn taken_back(what: &TakenBack) -> String {
    match what {
        TakenBack::Condition => "diesen Zustand nicht mehr".to_owned(),
        TakenBack::ConditionOfTouched => "diesen Zustand nicht mehr; bitte die Aufgabe abschließen".to_owned(),
        TakenBack::Episode => "eine ihrer Episoden nicht mehr".to_owned(),
        TakenBack::Part(None) => "nicht mehr alles, was hier stand".to_owned(),
        TakenBack::Part(Some(now)) => format!("nicht mehr alles, was hier stand; sie zeigen: {}", German.say(now)),
    }
}

fn say_fact(fact: &Fact) -> String {
    let bounds: Vec<String> = fact.bounds.iter().map(bound).collect();
    let held: Vec<String> = fact.held.iter().map(|h| say_held(*h)).collect();
    let head = subject(&fact.subject);
    let first = if fact.subject == Subject::SoFar { " " } else { ", " };
    let parts = [bounds.join(" und "), held.join(", ")].into_iter().filter(|p| !p.is_empty());
    let rest = parts.collect::<Vec<_>>().join(", ");
    if rest.is_empty() { head } else { format!("{head}{first}{rest}") }
}

fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Measured(measured) => say_measured(measured),
        Subject::Moved { quantity: q, window: w, since, from, to, by } => {
            let when = if *since { format!("seit der Messung {}", window(*w)) } else { window(*w) };
            let path = format!("{} → {}", from.text(',', false), say_amount(*to));
            match by.map(Amount::sign_and_size) {
                None => format!("{} {when} {path}", quantity(*q)),
                Some((down, size)) => {
                    let way = if down { "gesunken" } else { "gestiegen" };
                    format!("{} {when} um {} {way} ({path})", quantity(*q), say_amount(size))
                }
            }
        }
        Subject::Nothing { quantity: q, window: w, lack } => {
            let (few, more) = match lack {
                Lack::NoReading => ("keine Messung", ""),
                Lack::TooFew => ("zu wenige Messungen", ""),
                Lack::NoneToCompare => ("keine Messung", " zum Vergleichen"),
            };
            format!("{}: {few} {}{more}", quantity(*q), window(*w)).trim_end().to_owned()
        }
        Subject::Computed { term, value } => {
            format!("{} ist {}", say_term(term), value.map_or("unbekannt".to_owned(), say_amount))
        }
        Subject::Missing { kind: k, days, last_days, holds } => {
            let last = match last_days {
                None => "es kam noch nie eine".to_owned(),
                Some(0) => "die letzte kam innerhalb eines Tages".to_owned(),
                Some(1) => "die letzte kam 1 Tag davor".to_owned(),
                Some(n) => format!("die letzte kam {n} Tage davor"),
            };
            let on = match days {
                1 => "an einem erwarteten Tag".to_owned(),
                n => format!("an {n} erwarteten Tagen in Folge"),
            };
            let of = reading(*k);
            let head = if *holds { format!("Keine {of} {on}") } else { format!("Eine {of} fehlt {on}") };
            format!("{head}; {last}")
        }
        Subject::Came { kind: k, values } => {
            let values: Vec<String> = values.iter().copied().map(say_amount).collect();
            format!("Eine {} kam: {}", reading(*k), values.join("; "))
        }
        Subject::SoFar => "Bisher".to_owned(),
    }
}

fn say_measured(m: &Measured) -> String {
    let (name, value, count, when) = (quantity(m.quantity), say_amount(m.value), m.count, window(m.window));
    let words = match m.statistic {
        Statistic::Latest => {
            return match m.window {
                Window::Before { .. } => format!("{name} {when} {value}"),
                _ => format!("{name} {value}"),
            };
        }
        Statistic::Count => return format!("{name}: {value} Messungen {when}").trim_end().to_owned(),
        Statistic::Lowest => "niedrigster Wert".to_owned(),
        Statistic::Highest => "höchster Wert".to_owned(),
        Statistic::Mean => format!("Mittel aus {count} Messungen"),
        Statistic::Median => "Median".to_owned(),
    };
    let when = if when.is_empty() { when } else { format!("{when} ") };
    format!("{name}, {words} {when}{value}")
}

fn bound(bound: &Bound) -> String {
    let words = match bound.comparison {
        Comparison::Limit => "Grenze",
        Comparison::Below => "unter",
        Comparison::AtOrBelow => "bei oder unter",
        Comparison::Above => "über",
        Comparison::AtOrAbove => "bei oder über",
        Comparison::Exactly => "genau",
        Comparison::OtherThan => "anders als",
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

const NOT_SET: &str = "einer Grenze, die niemand festgelegt hat";

fn whose(origin: ParameterOrigin) -> Option<&'static str> {
    match origin {
        ParameterOrigin::Rulebook => None,
        ParameterOrigin::Clinic => Some("von der Klinik festgelegt"),
        ParameterOrigin::Patient => Some("für diese Person festgelegt"),
    }
}

fn say_given(given: &Given) -> String {
    let own = say_amount(given.amount);
    given.equals.map_or_else(|| own.clone(), |equals| format!("{own} = {}", say_amount(equals)))
}

fn say_term(term: &Term) -> String {
    match term {
        Term::Number(given) => say_given(given),
        Term::Parameter { name, given } => {
            let said = format!("{} {}", parameter(name), say_given(given));
            whose(given.origin).map_or_else(|| said.clone(), |whose| format!("{said}, {whose},"))
        }
        Term::NotSet => NOT_SET.to_owned(),
        Term::AtOnset(value) => format!("{} zu Beginn", value.map_or("unbekannt".to_owned(), say_amount)),
        Term::Readings(readings) => subject(readings),
        Term::Negative(a) => format!("-({})", say_added(a)),
        Term::Of(op, a, b) => format!("{} {} {}", say_term(a), op.sign(), say_added(b)),
    }
}

/// What is added to something that is named: a rulebook's name for it would say nothing to a reader.
fn say_added(term: &Term) -> String {
    match term {
        Term::Parameter { given, .. } => {
            let said = say_given(given);
            whose(given.origin).map_or_else(|| said.clone(), |whose| format!("{said}, {whose}"))
        }
        other => say_term(other),
    }
}

/// A rulebook's name for a parameter; one of the clinic's own as it is written.
fn parameter(name: &str) -> String {
    match name {
        "target_weight" => "Zielgewicht".to_owned(),
        other => other.replace('_', " "),
    }
}

fn say_held(held: Held) -> String {
    match held {
        Held::Times { count, within, limit } => {
            let said = format!("{count}-mal in {}", span(within, Case::Dative));
            limit.map_or_else(|| said.clone(), |limit| format!("{said}, Grenze {limit}-mal"))
        }
        Held::For(length) => format!("{} lang", span(length, Case::Accusative)),
    }
}

fn say_amount(amount: Amount) -> String {
    amount.text(',', true)
}

fn window(window: Window) -> String {
    match window {
        Window::Newest => String::new(),
        Window::Last(1) => "über die letzte Messung".to_owned(),
        Window::Last(n) => format!("über die letzten {n} Messungen"),
        Window::Within(length) => format!("in {}", span(length, Case::Dative)),
        Window::Before { near, far } => {
            let until = span(far, Case::Accusative);
            match (near.parts(), far.parts()) {
                ((n, a), (_, b)) if a == b => format!("{n} bis {until} davor"),
                _ => format!("{} bis {until} davor", span(near, Case::Accusative)),
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Accusative,
    Dative,
}

/// "3 Tage", "3 Tagen".
fn span(span: Span, case: Case) -> String {
    let (n, unit) = span.parts();
    let word = match (unit, n, case) {
        (SpanUnit::Day, 1, _) => "Tag",
        (SpanUnit::Day, _, Case::Accusative) => "Tage",
        (SpanUnit::Day, _, Case::Dative) => "Tagen",
        (SpanUnit::Hour, 1, _) => "Stunde",
        (SpanUnit::Hour, ..) => "Stunden",
        (SpanUnit::Minute, 1, _) => "Minute",
        (SpanUnit::Minute, ..) => "Minuten",
        (SpanUnit::Second, 1, _) => "Sekunde",
        (SpanUnit::Second, ..) => "Sekunden",
    };
    format!("{n} {word}")
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "niedrig",
        Severity::Medium => "mittel",
        Severity::High => "hoch",
        Severity::Critical => "kritisch",
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::BodyWeight => "Körpergewicht",
        Kind::BloodPressure => "Blutdruck",
        Kind::Glucose => "Blutzucker",
        Kind::OxygenSaturation => "Sauerstoffsättigung",
        Kind::BodyTemperature => "Körpertemperatur",
        Kind::HeartRate => "Herzfrequenz",
        Kind::BodyComposition => "Körperzusammensetzung",
    }
}

/// A reading of that kind: all of them feminine.
fn reading(kind: Kind) -> &'static str {
    match kind {
        Kind::BodyWeight => "Gewichtsmessung",
        Kind::BloodPressure => "Blutdruckmessung",
        Kind::Glucose => "Blutzuckermessung",
        Kind::OxygenSaturation => "Sättigungsmessung",
        Kind::BodyTemperature => "Temperaturmessung",
        Kind::HeartRate => "Herzfrequenzmessung",
        Kind::BodyComposition => "Messung der Körperzusammensetzung",
    }
}

fn programme(programme: &ProgrammeId) -> String {
    match programme.as_str() {
        "heart-failure" => "Herzinsuffizienz".to_owned(),
        "hypertension" => "Bluthochdruck".to_owned(),
        "diabetes" => "Diabetes".to_owned(),
        "copd" => "COPD".to_owned(),
        other => other.replace('-', " "),
    }
}

fn quantity(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Bmi => "BMI",
        Quantity::Systolic => "Systolischer Druck",
        Quantity::Diastolic => "Diastolischer Druck",
        Quantity::Mean => "Mittlerer arterieller Druck",
        Quantity::Spo2 => "Sauerstoffsättigung",
        Quantity::InterstitialGlucose => "Sensorglukose",
        Quantity::Weight => "Gewicht",
        Quantity::Height => "Größe",
        Quantity::BodyFat => "Körperfett",
        Quantity::MuscleMass => "Muskelmasse",
        Quantity::BodyWater => "Körperwasser",
        Quantity::Pulse => "Puls",
        Quantity::Glucose => "Blutzucker",
        Quantity::Temperature => "Temperatur",
        Quantity::HeartRate => "Herzfrequenz",
    }
}
