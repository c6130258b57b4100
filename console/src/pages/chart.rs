//! Charts, drawn on the server: few lines, direct labels, limits and episodes in the picture.

use super::limits::LimitLine;
use super::series::{Point, Series};
use super::words;
use care::Severity;
use chrono::{Days, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use maud::{Markup, html};
use std::fmt::Write;
use vitals::{Instant, Unit};

/// A stretch to shade.
#[derive(Clone, Debug)]
pub(super) struct Shade {
    pub(super) from: Instant,
    pub(super) to: Instant,
    pub(super) severity: Severity,
    pub(super) label: String,
}

/// What to draw.
pub(super) struct Chart<'a> {
    pub(super) name: &'a str,
    pub(super) unit: Unit,
    pub(super) series: &'a [Series],
    pub(super) limits: &'a [LimitLine],
    pub(super) shades: &'a [Shade],
    pub(super) from: Instant,
    pub(super) to: Instant,
    pub(super) zone: Tz,
}

const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 176.0;
const LEFT: f64 = 32.0;
const RIGHT: f64 = 404.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 154.0;
/// Beyond so many points a dot of its own is noise: the line alone is drawn.
const MOST_DOTS: usize = 300;
/// Beyond so many points only the table says each value.
const MOST_TITLES: usize = 130;
/// A line across a longer gap would claim what nobody measured.
const GAP: TimeDelta = TimeDelta::days(3);

/// From values to places.
struct Frame {
    x: (f64, f64),
    y: (f64, f64),
    start: Instant,
    seconds: f64,
    low: f64,
    high: f64,
}

/// A length of time in seconds, for drawing only.
fn seconds(length: TimeDelta) -> f64 {
    f64::from(i32::try_from(length.num_seconds()).unwrap_or(i32::MAX))
}

impl Frame {
    fn x(&self, time: Instant) -> f64 {
        let share = seconds(time.signed_duration_since(self.start)) / self.seconds.max(1.0);
        self.x.0 + share.clamp(0.0, 1.0) * (self.x.1 - self.x.0)
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low).max(f64::EPSILON);
        self.y.1 - share.clamp(0.0, 1.0) * (self.y.1 - self.y.0)
    }

    /// The points as a path, broken at gaps.
    fn path(&self, points: &[Point]) -> String {
        let mut path = String::new();
        let mut last: Option<Instant> = None;
        for point in points.iter().filter(|p| !p.replaced) {
            let joined = last.is_some_and(|l| point.at.signed_duration_since(l) <= GAP);
            let letter = if joined { 'L' } else { 'M' };
            // Writing into a String does not fail.
            let _ = write!(path, "{letter}{:.1} {:.1}", self.x(point.at), self.y(point.value));
            last = Some(point.at);
        }
        path
    }
}

/// Lowest and highest value to show: the readings, and the limits that are near them.
fn range(series: &[Series], limits: &[LimitLine]) -> Option<(f64, f64)> {
    let values = series.iter().flat_map(|s| &s.points).map(|p| p.value);
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

/// Round numbers within the range, five at most, and how many digits they need.
fn ticks(low: f64, high: f64) -> (Vec<f64>, usize) {
    let rough = (high - low) / 4.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= rough).unwrap_or(power * 10.0);
    let first = (low / step).ceil() * step;
    let all = std::iter::successors(Some(first), |t| Some(t + step));
    (all.take_while(|t| *t <= high).take(6).collect(), usize::from(step < 1.0))
}

/// Local midnights, six or so.
fn days(from: Instant, to: Instant, zone: Tz) -> Vec<Instant> {
    let whole = to.signed_duration_since(from).num_days();
    let every = u64::try_from(whole / 6).unwrap_or(1).max(1);
    let first = zone.from_utc_datetime(&from.naive_utc()).date_naive().checked_add_days(Days::new(1));
    let dates = std::iter::successors(first, |date| date.checked_add_days(Days::new(every)));
    let midnight = |date: chrono::NaiveDate| zone.from_local_datetime(&date.and_time(NaiveTime::MIN)).earliest();
    dates.map_while(midnight).map(|t| t.to_utc()).take_while(|t| *t <= to).take(12).collect()
}

/// The chart, with what it shows in words for those who do not see it.
pub(super) fn draw(chart: &Chart<'_>) -> Markup {
    let Some((low, high)) = range(chart.series, chart.limits) else { return html! {} };
    let frame = Frame {
        x: (LEFT, RIGHT),
        y: (TOP, BOTTOM),
        start: chart.from,
        seconds: seconds(chart.to.signed_duration_since(chart.from)),
        low,
        high,
    };
    let id = chart.name.to_lowercase().replace(' ', "-");
    html! {
        svg.chart viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-labelledby={ "t-" (id) " d-" (id) } {
            title id={ "t-" (id) } { (chart.name) " in " (chart.unit.display()) }
            desc id={ "d-" (id) } { (describe(chart)) }
            (shades(chart, &frame))
            (axes(chart, &frame))
            (limit_lines(chart, &frame))
            @for series in chart.series { (line(series, &frame)) }
            (end_labels(chart.series, &frame))
        }
    }
}

fn describe(chart: &Chart<'_>) -> String {
    let mut text = String::new();
    for series in chart.series {
        if let Some(last) = series.points.last() {
            let _ = write!(
                text,
                "{}: {} readings, the newest {}. ",
                words::quantity(series.quantity),
                series.points.len(),
                last.label
            );
        }
    }
    for limit in chart.limits {
        let _ = write!(text, "{}: {}. ", words::quantity(limit.quantity), limit.label);
    }
    for shade in chart.shades {
        let _ = write!(text, "{}. ", shade.label);
    }
    text
}

fn shades(chart: &Chart<'_>, frame: &Frame) -> Markup {
    html! {
        @for shade in chart.shades.iter().filter(|s| s.to >= chart.from && s.from <= chart.to) {
            @let x = frame.x(shade.from);
            @let width = (frame.x(shade.to) - x).max(2.0);
            g class={ "shade " (shade.severity) } {
                title { (shade.label) }
                rect.wash x={ (format!("{x:.1}")) } y={ (TOP) } width={ (format!("{width:.1}")) } height={ (BOTTOM - TOP) } {}
                rect.bar x={ (format!("{x:.1}")) } y={ (TOP - 4.0) } width={ (format!("{width:.1}")) } height="3" {}
            }
        }
    }
}

fn axes(chart: &Chart<'_>, frame: &Frame) -> Markup {
    let (ticks, digits) = ticks(frame.low, frame.high);
    html! {
        g.axes {
            @for tick in ticks {
                @let y = format!("{:.1}", frame.y(tick));
                line x1={ (LEFT) } x2={ (RIGHT) } y1=(y) y2=(y) {}
                text x={ (LEFT - 5.0) } y=(y) dy="4" text-anchor="end" { (format!("{tick:.digits$}")) }
            }
            @for day in days(chart.from, chart.to, chart.zone) {
                @let x = frame.x(day);
                line.day x1={ (format!("{x:.1}")) } x2={ (format!("{x:.1}")) } y1={ (BOTTOM) } y2={ (BOTTOM + 4.0) } {}
                @if x < RIGHT - 14.0 {
                    text x={ (format!("{x:.1}")) } y={ (HEIGHT - 6.0) } text-anchor="middle" {
                        (chart.zone.from_utc_datetime(&day.naive_utc()).format("%-d %b").to_string())
                    }
                }
            }
        }
    }
}

fn limit_lines(chart: &Chart<'_>, frame: &Frame) -> Markup {
    html! {
        @for limit in chart.limits.iter().filter(|l| l.value > frame.low && l.value < frame.high) {
            @let y = frame.y(limit.value);
            @let x = limit.from.map_or(LEFT, |from| frame.x(from));
            g.limit {
                line x1={ (format!("{x:.1}")) } x2={ (RIGHT) } y1={ (format!("{y:.1}")) } y2={ (format!("{y:.1}")) } {}
                // Near the right edge the words go to the left of where the line begins.
                @if x > RIGHT - 130.0 {
                    text x={ (RIGHT) } y={ (format!("{:.1}", y - 4.0)) } text-anchor="end" { (limit.label) }
                } @else {
                    text x={ (format!("{:.1}", x + 3.0)) } y={ (format!("{:.1}", y - 4.0)) } { (limit.label) }
                }
            }
        }
    }
}

fn line(series: &Series, frame: &Frame) -> Markup {
    let count = series.points.len();
    let points = &series.points;
    html! {
        g class={ "series " (series.quantity) } {
            path d=(frame.path(points)) {}
            @if count <= MOST_DOTS {
                @for point in points.iter() {
                    @let (x, y) = (format!("{:.1}", frame.x(point.at)), format!("{:.1}", frame.y(point.value)));
                    circle cx=(x) cy=(y) r=(if count > 60 { "1.5" } else { "2.4" }) class=[point.hollow.then_some("hollow")] {
                        @if count <= MOST_TITLES { title { (point.label) } }
                    }
                }
            }
        }
    }
}

/// The newest value of each series beside its end; two that would cover each other are moved apart.
fn end_labels(series: &[Series], frame: &Frame) -> Markup {
    let mut ends: Vec<(f64, f64)> =
        series.iter().filter_map(|s| s.points.last()).map(|p| (frame.y(p.value) + 4.0, p.value)).collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut above = f64::NEG_INFINITY;
    for end in &mut ends {
        end.0 = end.0.max(above + 14.0);
        above = end.0;
    }
    html! {
        @for (y, value) in ends {
            text.end x={ (RIGHT + 5.0) } y={ (format!("{y:.1}")) } { (trimmed(value)) }
        }
    }
}

fn trimmed(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(79.1, 83.2), (vec![80.0, 82.0], 0));
        assert_eq!(ticks(60.0, 190.0), (vec![100.0, 150.0], 0));
        let (t, digits) = ticks(36.2, 37.4);
        assert_eq!((t.len(), digits), (2, 1));
    }

    #[test]
    fn a_line_is_broken_where_nobody_measured() {
        let t = |days: i64| Instant::UNIX_EPOCH + TimeDelta::days(days);
        let point = |d| Point { at: t(d), value: 1.0, label: String::new(), hollow: false, replaced: false };
        let frame = Frame { x: (0.0, 10.0), y: (0.0, 10.0), start: t(0), seconds: 864_000.0, low: 0.0, high: 2.0 };
        let path = frame.path(&[point(0), point(1), point(9)]);
        assert_eq!(path.matches('M').count(), 2, "{path}");
    }
}
