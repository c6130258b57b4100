//! Limits to draw in a chart: from the rules that stand for a patient, and from what an episode rests on.

use super::series::number;
use crate::BookInfo;
use care::{EpisodeRule, Limit, ParameterOrigin};
use std::collections::BTreeMap;
use vitals::{Decimal, Instant, Quantity, Unit, Value};

/// A horizontal line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LimitLine {
    pub(super) quantity: Quantity,
    pub(super) value: f64,
    /// "limit 160 mmHg"
    pub(super) label: String,
    /// from here on; none: all along
    pub(super) from: Option<Instant>,
}

/// Functions whose result is a level of the quantity; `rise` and its like compare differences.
const LEVELS: [&str; 6] = ["latest", "mean", "median", "min", "max", "ema"];

/// A parameter's value in force, with whose it is.
pub(super) type InForce = BTreeMap<String, (String, ParameterOrigin)>;

pub(super) fn whose(origin: ParameterOrigin) -> &'static str {
    match origin {
        ParameterOrigin::Rulebook => "rulebook",
        ParameterOrigin::Clinic => "clinic",
        ParameterOrigin::Patient => "this patient",
    }
}

/// The levels that the rules of these books compare with.
pub(super) fn of_books(books: &[&BookInfo], parameters: &InForce) -> Vec<LimitLine> {
    let mut lines: Vec<LimitLine> = Vec::new();
    for book in books {
        for (quantity, limit) in book.rules.iter().flat_map(|rule| comparisons(&rule.when)) {
            let key = format!("{}.{limit}", book.id);
            let (text, origin) = parameters.get(&key).cloned().unwrap_or((limit, ParameterOrigin::Rulebook));
            let line = amount(&text).and_then(|(raw, unit)| level(quantity, raw, unit, origin));
            lines.extend(line.filter(|line| !lines.contains(line)));
        }
    }
    lines
}

fn level(quantity: Quantity, raw: Decimal, unit: Unit, origin: ParameterOrigin) -> Option<LimitLine> {
    let value = Value::number(raw, unit).normalised(quantity).ok()?;
    let own = if origin == ParameterOrigin::Rulebook { String::new() } else { format!(" ({})", whose(origin)) };
    let label = format!("limit {raw} {}{own}", unit.display());
    Some(LimitLine { quantity, value: number(value)?, label, from: None })
}

/// "latest(systolic, 24 h) >= systolic_high" gives (systolic, "systolic_high").
fn comparisons(when: &str) -> Vec<(Quantity, String)> {
    let mut found = Vec::new();
    for (open, _) in when.match_indices('(') {
        let (before, after) = (when.get(..open).unwrap_or_default(), when.get(open + 1..).unwrap_or_default());
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let name = before.rsplit(|c: char| !word(c)).next().unwrap_or_default();
        let Some((inner, rest)) = after.split_once(')') else { continue };
        let quantity = inner.split(',').next().and_then(|q| q.trim().replace('_', "-").parse::<Quantity>().ok());
        let rest = rest.trim_start();
        let Some(limit) = rest.strip_prefix(['<', '>']).map(|r| r.trim_start_matches('=').trim_start()) else {
            continue;
        };
        let end = [" and ", " or ", ")", " for ", " times "].iter().filter_map(|e| limit.find(e)).min();
        let limit = limit.get(..end.unwrap_or(limit.len())).unwrap_or_default().trim();
        // "latest(weight) - latest(weight, 24 h ago) >= gain" compares a difference.
        let part_of_sum = before.strip_suffix(name).is_some_and(|b| b.trim_end().ends_with(['-', '+']));
        if let Some(quantity) = quantity.filter(|_| LEVELS.contains(&name) && !part_of_sum) {
            found.push((quantity, limit.to_owned()));
        }
    }
    found
}

/// "2.5 kg".
fn amount(text: &str) -> Option<(Decimal, Unit)> {
    let (number, unit) = text.trim().split_once(' ')?;
    Some((number.parse().ok()?, unit.trim().parse().ok()?))
}

/// "180 mm[Hg]" as "180 mmHg"; what is no amount stays as it was written.
pub(super) fn readable(text: &str) -> String {
    amount(text).map_or_else(|| text.to_owned(), |(number, unit)| format!("{number} {}", unit.display()))
}

/// The limits that an episode's rule compared with, as lines for its newest quantity. A limit that is small beside
/// the readings is a difference: it is drawn from the lowest (or highest) of the readings that the rule rests on.
pub(super) fn of_evidence(rule: &EpisodeRule) -> Vec<LimitLine> {
    let Some(newest) = rule.evidence.points.last() else { return Vec::new() };
    let quantity = newest.quantity;
    let points: Vec<(Instant, f64)> = rule
        .evidence
        .points
        .iter()
        .filter(|p| p.quantity == quantity)
        .filter_map(|p| Some((p.measured_at, number(p.value)?)))
        .collect();
    rule.evidence.limits.iter().filter_map(|limit| line_of(limit, quantity, &points)).collect()
}

fn line_of(limit: &Limit, quantity: Quantity, points: &[(Instant, f64)]) -> Option<LimitLine> {
    let (raw, unit) = amount(&limit.value)?;
    let last = points.last()?.1;
    let as_level = level(quantity, raw, unit, limit.origin)?;
    if as_level.value > last / 2.0 {
        return Some(as_level);
    }
    let difference = f64::try_from(unit.convert_difference(raw, quantity.canonical_unit()).ok()?).ok()?;
    let least = points.iter().copied().reduce(|a, b| if b.1 < a.1 { b } else { a })?;
    let most = points.iter().copied().reduce(|a, b| if b.1 > a.1 { b } else { a })?;
    let rises = last - least.1 >= most.1 - last;
    let (from, value) = if rises { (least.0, least.1 + difference) } else { (most.0, most.1 - difference) };
    let side = if rises { "above the lowest" } else { "below the highest" };
    Some(LimitLine { quantity, value, label: format!("{raw} {} {side}", unit.display()), from: Some(from) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(when: &str, expected: &[(Quantity, &str)]) {
        let found = comparisons(when);
        let found: Vec<_> = found.iter().map(|(q, l)| (*q, l.as_str())).collect();
        assert_eq!(found, expected, "{when}");
    }

    #[test]
    fn levels_are_found_in_a_condition_and_differences_are_not() {
        check("latest(systolic) >= systolic_high", &[(Quantity::Systolic, "systolic_high")]);
        check(
            "mean(systolic, 7 d) > 140 mm[Hg] or mean(diastolic, 7 d) > 90 mm[Hg]",
            &[(Quantity::Systolic, "140 mm[Hg]"), (Quantity::Diastolic, "90 mm[Hg]")],
        );
        check("rise(weight, 72 h) > gain_3d", &[]);
        check("latest(weight) - latest(weight, 12 h .. 36 h ago) >= gain_1d", &[]);
        check("missing(body-weight, 3 d)", &[]);
    }
}
