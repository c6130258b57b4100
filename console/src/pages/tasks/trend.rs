//! Two weeks at a glance, the limit in it.

use crate::pages::limits::{self, LimitLine};
use crate::text::Words;
use chrono::TimeDelta;
use maud::{Markup, html};
use std::fmt::Write;
use std::sync::Arc;
use store::{BoardRow, TREND};
use vitals::{Decimal, Instant, Quantity, StoredReading, Value};

const WIDTH: f64 = 138.0;
const HEIGHT: f64 = 40.0;
/// Left and right edge of the line, top and bottom.
const FRAME: [f64; 4] = [2.0, 134.0, 3.0, 37.0];
/// A line across a longer gap would claim what nobody measured.
const GAP: TimeDelta = TimeDelta::days(3);
/// More points than this do not show in the width.
const MOST: usize = 70;

type Points = Vec<(Instant, f64)>;

/// The line with the newest value and its age below it; nothing where no reading shows the reason.
pub(super) fn trend(row: &BoardRow, words: Words) -> Markup {
    let Some(rule) = row.shown_by() else { return html! {} };
    let Some(quantity) = rule.pictured() else { return html! {} };
    let series: Vec<Points> = together(quantity).iter().map(|q| points(&row.readings, *q)).collect();
    html! {
        (drawn(&series, &limits::of_evidence(rule, words), words.now))
        @if let Some((value, at)) = newest(&row.readings, quantity, words) {
            p.quiet { (value) ", " (words.ago(at)) }
        }
    }
}

/// What is drawn on one pair of axes with this quantity.
fn together(quantity: Quantity) -> Vec<Quantity> {
    match quantity {
        Quantity::Systolic | Quantity::Diastolic => vec![Quantity::Systolic, Quantity::Diastolic],
        other => vec![other],
    }
}

fn number(value: Decimal) -> Option<f64> {
    f64::try_from(value).ok()
}

/// The quantity's numbers, oldest first; a reading that a later one corrects is left out.
fn points(readings: &[Arc<StoredReading>], quantity: Quantity) -> Points {
    let point = |r: &StoredReading| {
        let value = r.reading.quantity(quantity)?.as_number().and_then(number)?;
        Some((r.reading.measured_at.instant(), value))
    };
    let all: Points = standing(readings).filter_map(point).collect();
    let every = all.len().div_ceil(MOST).max(1);
    // Counted from the newest, so that it is always there.
    let mut thinned: Points = all.into_iter().rev().step_by(every).collect();
    thinned.reverse();
    thinned
}

fn standing(readings: &[Arc<StoredReading>]) -> impl DoubleEndedIterator<Item = &StoredReading> {
    let corrections: Vec<&StoredReading> =
        readings.iter().map(Arc::as_ref).filter(|r| r.reading.corrects.is_some()).collect();
    let corrects = |r: &StoredReading, old: &StoredReading| {
        r.reading.corrects.as_ref() == Some(&old.reading.key.id) && r.reading.device_ref() == old.reading.device_ref()
    };
    readings.iter().map(Arc::as_ref).filter(move |old| !corrections.iter().any(|r| corrects(r, old)))
}

/// "128 / 82 mmHg" and when.
fn newest(readings: &[Arc<StoredReading>], quantity: Quantity, words: Words) -> Option<(String, Instant)> {
    let last = standing(readings).rev().find(|r| r.reading.quantity(quantity).is_some())?;
    let values: Vec<Value> = together(quantity).iter().filter_map(|q| last.reading.quantity(*q)).collect();
    let plain = |value: &Value| match value {
        Value::Number { value, .. } => words.number(value.round_dp(1)),
        coded @ Value::Coded(_) => coded.to_string(),
    };
    let numbers: Vec<String> = values.iter().map(plain).collect();
    let unit = quantity.canonical_unit().display();
    Some((format!("{} {unit}", numbers.join(" / ")), last.reading.measured_at.instant()))
}

/// A length of time in seconds, for drawing only.
fn seconds(length: TimeDelta) -> f64 {
    f64::from(i32::try_from(length.num_seconds()).unwrap_or(i32::MAX))
}

fn drawn(series: &[Points], limits: &[LimitLine], now: Instant) -> Markup {
    let Some((low, high)) = range(series, limits) else { return html! {} };
    let [left, right, top, bottom] = FRAME;
    let x = |at: Instant| {
        let share = seconds(at.signed_duration_since(now - TREND)) / seconds(TREND);
        left + share.clamp(0.0, 1.0) * (right - left)
    };
    let y = |value: f64| bottom - ((value - low) / (high - low).max(f64::EPSILON)).clamp(0.0, 1.0) * (bottom - top);
    html! {
        svg.spark viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } width=(WIDTH) height=(HEIGHT) aria-hidden="true" {
            @for limit in limits.iter().filter(|l| l.value > low && l.value < high) {
                @let from = format!("{:.1}", limit.from.map_or(left, x));
                @let at = format!("{:.1}", y(limit.value));
                line x1=(from) x2="136" y1=(at) y2=(at) {}
            }
            @for points in series.iter().filter(|p| !p.is_empty()) {
                path d=(path(points, x, y)) {}
                @if let Some((at, value)) = points.last() {
                    circle cx={ (format!("{:.1}", x(*at))) } cy={ (format!("{:.1}", y(*value))) } r="2.6" {}
                }
            }
        }
    }
}

/// Lowest and highest value to show: the points, and the limits that are near them.
fn range(series: &[Points], limits: &[LimitLine]) -> Option<(f64, f64)> {
    let values = series.iter().flatten().map(|(_, value)| *value);
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return None;
    }
    let reach = ((high - low) * 1.2).max(high.abs() * 0.08);
    let near = limits.iter().map(|l| l.value).filter(|v| *v > low - reach && *v < high + reach);
    let (low, high) = near.fold((low, high), |(l, h), v| (l.min(v), h.max(v)));
    let pad = ((high - low) * 0.1).max(high.abs() * 0.01).max(0.2);
    Some((low - pad, high + pad))
}

fn path(points: &Points, x: impl Fn(Instant) -> f64, y: impl Fn(f64) -> f64) -> String {
    let mut path = String::new();
    let mut last: Option<Instant> = None;
    for (at, value) in points {
        let joined = last.is_some_and(|l| at.signed_duration_since(l) <= GAP);
        // Writing into a String does not fail.
        let _ = write!(path, "{}{:.1} {:.1}", if joined { 'L' } else { 'M' }, x(*at), y(*value));
        last = Some(*at);
    }
    path
}
