//! Limits to draw in a chart: levels of the rules that stand for a patient, and what an episode rests on.

use super::series::drawn;
use crate::text::{Words, t};
use care::{EpisodeRule, Limit, ParameterOrigin};
use rule_engine::{Level, Side};
use std::collections::BTreeMap;
use vitals::{Decimal, Instant, Quantity, Unit, Value};

/// A horizontal line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LimitLine {
    pub(super) quantity: Quantity,
    pub(super) value: f64,
    /// "160 mmHg, clinic", beside the line
    pub(super) label: String,
    /// the whole sentence, with who set it
    pub(super) said: String,
    /// from here on; none: all along
    pub(super) from: Option<Instant>,
    /// until here; none: on and on
    pub(super) until: Option<Instant>,
}

/// What is usual for this patient.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Band {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) from: Instant,
    pub(super) said: String,
}

/// A parameter's value in force, with whose it is.
pub(super) type InForce = BTreeMap<String, (String, ParameterOrigin)>;

pub(super) fn whose(origin: ParameterOrigin, words: Words) -> String {
    match origin {
        ParameterOrigin::Rulebook => t!(words.lang, "patient-of-rulebook"),
        ParameterOrigin::Clinic => t!(words.lang, "patient-of-clinic"),
        ParameterOrigin::Patient => t!(words.lang, "patient-of-patient"),
    }
}

/// What a level in force is, with who set it: `who` knows that by the parameter's key.
pub(super) fn of_levels(levels: &[Level], words: Words, who: &dyn Fn(&str) -> Option<String>) -> Vec<LimitLine> {
    let mut lines: Vec<LimitLine> = Vec::new();
    for level in levels {
        let Some(value) = drawn(level.value) else { continue };
        // A limit written in another unit has many digits in this one: two, as in sentences.
        let amount = exact(level.value.round_dp(2), level.quantity.canonical_unit(), words);
        let own = whose_of(&level.limits).filter(|o| *o != ParameterOrigin::Rulebook);
        let label = own.map_or_else(|| amount.clone(), |o| format!("{amount}, {}", whose(o, words)));
        let by = level.keys.iter().filter_map(|key| who(key)).collect::<Vec<_>>().join("; ");
        let by = if by.is_empty() { whose(own.unwrap_or(ParameterOrigin::Rulebook), words) } else { by };
        let quantity = words.quantity(level.quantity);
        let said = match level.side {
            Side::Above => t!(words.lang, "patient-limit-above", quantity = quantity, amount = amount, by = by),
            Side::Below => t!(words.lang, "patient-limit-below", quantity = quantity, amount = amount, by = by),
        };
        let line =
            LimitLine { quantity: level.quantity, value, label, said, from: Some(level.from), until: level.until };
        // Two rules may compare with one limit.
        let is_same = |l: &LimitLine| l.quantity == line.quantity && l.said == line.said && l.from == line.from;
        if !lines.iter().any(is_same) {
            lines.push(line);
        }
    }
    lines
}

/// The narrowest of several: the patient's own, else the clinic's.
fn whose_of(limits: &[Limit]) -> Option<ParameterOrigin> {
    limits.iter().map(|l| l.origin).max()
}

/// The patient's own band, where the rules have one: between two levels that rest on the same of their parameters.
pub(super) fn band_of(levels: &[Level], quantities: &[Quantity], words: Words) -> Option<Band> {
    let own = |l: &&Level| l.until.is_none_or(|until| words.now < until) && quantities.contains(&l.quantity);
    let set = |l: &Level| -> Vec<String> {
        let mine = l.keys.iter().zip(&l.limits).filter(|(_, limit)| limit.origin == ParameterOrigin::Patient);
        mine.map(|(key, _)| key.clone()).collect()
    };
    let above = levels.iter().filter(own).find(|l| l.side == Side::Above && l.keys.len() > 1 && !set(l).is_empty())?;
    let shares = |l: &&Level| set(l).iter().any(|key| above.keys.contains(key));
    let below = levels.iter().filter(own).filter(shares).find(|l| l.side == Side::Below && l.value < above.value)?;
    let unit = above.quantity.canonical_unit();
    let (low, high) = (words.number(below.value), words.value(Value::number(above.value, unit)));
    Some(Band {
        low: drawn(below.value)?,
        high: drawn(above.value)?,
        from: above.from.max(below.from),
        said: t!(words.lang, "patient-band", low = low, high = high),
    })
}

/// A limit with all the digits that somebody gave it: "2.27 kg", as its sentence says it.
fn exact(value: Decimal, unit: Unit, words: Words) -> String {
    format!("{} {}", words.number(value), unit.display())
}

/// "2.5 kg".
fn amount(text: &str) -> Option<(Decimal, Unit)> {
    let (number, unit) = text.trim().split_once(' ')?;
    Some((number.parse().ok()?, unit.trim().parse().ok()?))
}

/// The limits that an episode's rule compared with, as lines for its newest quantity. A limit that is small beside
/// the readings is a difference: it is drawn from the lowest (or highest) of the readings that the rule rests on.
pub(super) fn of_evidence(rule: &EpisodeRule, words: Words) -> Vec<LimitLine> {
    let evidence = rule.rests_on();
    let Some(newest) = evidence.points.last() else { return Vec::new() };
    let quantity = newest.quantity;
    let of_it = evidence.points.iter().filter(|p| p.quantity == quantity);
    let points: Vec<(Instant, f64)> =
        of_it.filter_map(|p| Some((p.measured_at, drawn(p.value.as_number()?)?))).collect();
    evidence.limits.iter().filter_map(|limit| line_of(limit, quantity, &points, words)).collect()
}

fn line_of(limit: &Limit, quantity: Quantity, points: &[(Instant, f64)], words: Words) -> Option<LimitLine> {
    let (raw, unit) = amount(&limit.value)?;
    let value = drawn(Value::number(raw, unit).normalised(quantity).ok()?.as_number()?)?;
    let last = points.last()?.1;
    let amount = exact(raw, unit, words);
    if value > last / 2.0 {
        return Some(LimitLine { quantity, value, label: amount.clone(), said: amount, from: None, until: None });
    }
    let difference = drawn(unit.convert_difference(raw, quantity.canonical_unit()).ok()?)?;
    let least = points.iter().copied().reduce(|a, b| if b.1 < a.1 { b } else { a })?;
    let most = points.iter().copied().reduce(|a, b| if b.1 > a.1 { b } else { a })?;
    let rises = last - least.1 >= most.1 - last;
    let (from, value) = if rises { (least.0, least.1 + difference) } else { (most.0, most.1 - difference) };
    let label = if rises {
        t!(words.lang, "patient-above-lowest", amount = amount)
    } else {
        t!(words.lang, "patient-below-highest", amount = amount)
    };
    Some(LimitLine { quantity, value, said: label.clone(), label, from: Some(from), until: None })
}
