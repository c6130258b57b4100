//! Charts, drawn on the server: few lines, direct labels, limits and episodes in the picture.
//!
//! A chart is as wide as its place. Across, everything stands in parts of the width, so words keep their size on a
//! telephone; only the line of the readings is stretched, in a picture of its own within.

mod labels;

use self::labels::{Area, Line, Spot, Stroke, Taken};
use super::limits::{Band, LimitLine};
use super::series::{Mark, Panel, Point, Series};
use crate::text::{Words, t};
use care::{Episode, Severity};
use chrono::{Days, NaiveTime, TimeDelta, TimeZone};
use maud::{Markup, html};
use std::fmt::Write;
use vitals::Instant;

/// A stretch to shade.
#[derive(Clone, Debug)]
pub(super) struct Shade {
    pub(super) from: Instant,
    pub(super) to: Instant,
    pub(super) severity: Severity,
    pub(super) label: String,
}

/// An episode as a stretch; one that still holds reaches to `now`.
pub(super) fn shade(episode: &Episode, now: Instant, words: Words) -> Shade {
    let why = episode.reason().map_or_else(String::new, |r| words.says(&r));
    let (severity, from) = (words.severity_word(episode.severity), words.clock(episode.opened_at));
    let label = match episode.cleared_at {
        None => t!(words.lang, "patient-episode-open", severity = severity, why = why, from = from),
        Some(over) => {
            t!(
                words.lang,
                "patient-episode-over",
                severity = severity,
                why = why,
                from = from,
                until = words.clock(over)
            )
        }
    };
    Shade { from: episode.opened_at, to: episode.cleared_at.unwrap_or(now), severity: episode.severity, label }
}

/// What the crosshair says of one reading.
#[derive(Clone, Debug)]
pub(super) struct Readout {
    pub(super) at: Instant,
    /// by series, for the dots
    pub(super) values: Vec<f64>,
    /// "128 / 82 mmHg"
    pub(super) shown: String,
    /// device, clock, remarks: the same words again and again
    pub(super) said: Vec<String>,
}

/// What to draw.
pub(super) struct Chart<'a> {
    pub(super) panel: Panel,
    pub(super) series: &'a [Series],
    pub(super) limits: &'a [LimitLine],
    pub(super) band: Option<&'a Band>,
    pub(super) shades: &'a [Shade],
    /// expected, and nothing came
    pub(super) gaps: &'a [(Instant, Instant)],
    /// for the crosshair; without any there is none
    pub(super) readouts: &'a [Readout],
    pub(super) from: Instant,
    pub(super) to: Instant,
    pub(super) words: Words,
}

/// Pixels from top to bottom; `.plot` in the style sheet says the same.
const HEIGHT: f64 = 170.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 148.0;
/// Across, the readings' own picture counts so many parts.
const PARTS: f64 = 1000.0;
/// A line across a longer gap would claim what nobody measured.
const GAP: TimeDelta = TimeDelta::days(3);
/// More points than pixels: of each stretch the highest and the lowest are drawn.
const STRETCHES: usize = 250;

/// From values to places.
struct Frame {
    x: (f64, f64),
    y: (f64, f64),
    start: Instant,
    length: TimeDelta,
    low: f64,
    high: f64,
}

/// A length of time in seconds, for drawing only.
fn seconds(length: TimeDelta) -> f64 {
    f64::from(i32::try_from(length.num_seconds()).unwrap_or(i32::MAX))
}

impl Frame {
    fn share(&self, time: Instant) -> f64 {
        (seconds(time.signed_duration_since(self.start)) / seconds(self.length).max(1.0)).clamp(0.0, 1.0)
    }

    fn x(&self, time: Instant) -> f64 {
        self.x.0 + self.share(time) * (self.x.1 - self.x.0)
    }

    /// The place as a part of the width: "37.2%".
    fn percent(&self, time: Instant) -> String {
        format!("{:.2}%", self.share(time) * 100.0)
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low).max(f64::EPSILON);
        self.y.1 - share.clamp(0.0, 1.0) * (self.y.1 - self.y.0)
    }

    /// The points that count as a path, broken at gaps.
    fn path(&self, points: &[&Point]) -> String {
        let mut path = String::new();
        let mut last: Option<Instant> = None;
        for point in points.iter().filter(|p| p.counts()) {
            let joined = last.is_some_and(|l| point.at.signed_duration_since(l) <= GAP);
            let letter = if joined { 'L' } else { 'M' };
            // Writing into a String does not fail.
            let _ = write!(path, "{letter}{:.1} {:.1}", self.x(point.at), self.y(point.value));
            last = Some(point.at);
        }
        path
    }

    /// A dot each: a line of no length has round ends.
    fn dots(&self, points: &[&Point]) -> String {
        let mut path = String::new();
        for point in points.iter().filter(|p| p.mark.is_none()) {
            let _ = write!(path, "M{:.1} {:.1}h0", self.x(point.at), self.y(point.value));
        }
        path
    }

    /// What can be told apart: every marked point, and of more points than there are pixels the extremes.
    fn thinned<'p>(&self, points: &'p [Point]) -> Vec<&'p Point> {
        if points.len() <= STRETCHES * 2 {
            return points.iter().collect();
        }
        let mut kept: Vec<&Point> = points.iter().filter(|p| p.mark.is_some()).collect();
        let plain: Vec<&Point> = points.iter().filter(|p| p.mark.is_none()).collect();
        let by_value = |a: &&&Point, b: &&&Point| a.value.total_cmp(&b.value);
        for stretch in plain.chunk_by(|a, b| self.stretch(a) == self.stretch(b)) {
            kept.extend(stretch.iter().min_by(by_value));
            kept.extend(stretch.iter().max_by(by_value));
        }
        kept.sort_by_key(|p| p.at);
        kept.dedup_by(|a, b| std::ptr::eq(*a, *b));
        kept
    }

    /// Which stretch of the axis a point is in.
    fn stretch(&self, point: &Point) -> i64 {
        let all = i64::try_from(STRETCHES).unwrap_or(1);
        point.at.signed_duration_since(self.start).num_seconds() * all / self.length.num_seconds().max(1)
    }
}

/// Lowest and highest value to show: the readings, the band, and the limits that are near them.
fn range(series: &[Series], limits: &[LimitLine], band: Option<&Band>) -> Option<(f64, f64)> {
    let values = series.iter().flat_map(|s| &s.points).map(|p| p.value);
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return None;
    }
    let reach = ((high - low) * 1.2).max(high.abs() * 0.08);
    let banded = band.into_iter().flat_map(|b| [b.low, b.high]);
    let near = limits.iter().map(|l| l.value).chain(banded).filter(|v| *v > low - reach && *v < high + reach);
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
fn days(from: Instant, to: Instant, words: Words) -> Vec<Instant> {
    let zone = words.zone;
    let whole = to.signed_duration_since(from).num_days();
    let every = u64::try_from(whole / 6).unwrap_or(1).max(1);
    let first = zone.from_utc_datetime(&from.naive_utc()).date_naive().checked_add_days(Days::new(1));
    let dates = std::iter::successors(first, |date| date.checked_add_days(Days::new(every)));
    let midnight = |date: chrono::NaiveDate| zone.from_local_datetime(&date.and_time(NaiveTime::MIN)).earliest();
    dates.map_while(midnight).map(|t| t.to_utc()).take_while(|t| *t <= to).take(12).collect()
}

/// The chart, with what it shows in words for those who do not see it.
pub(super) fn draw(chart: &Chart<'_>) -> Markup {
    let Some((low, high)) = range(chart.series, chart.limits, chart.band) else { return html! {} };
    let length = chart.to.signed_duration_since(chart.from);
    let frame = Frame { x: (0.0, PARTS), y: (TOP, BOTTOM), start: chart.from, length, low, high };
    let (id, name) = (chart.panel.id, chart.panel.name(chart.words));
    let (ticks, digits) = ticks(low, high);
    let limits = placed(chart, &frame);
    html! {
        div.plot data-words=[words_of(chart)] data-readings=[readings_of(chart, &frame)] {
            svg.scale width="40" height=(HEIGHT) aria-hidden="true" {
                @for tick in &ticks {
                    text x="34" y=(place(frame.y(*tick))) dy="4" text-anchor="end" { (decimal(*tick, digits, chart.words)) }
                }
            }
            svg.chart height=(HEIGHT) role="img" aria-labelledby={ "t-" (id) " d-" (id) } {
                title id={ "t-" (id) } { (t!(chart.words.lang, "patient-chart-title", name = name, unit = chart.panel.unit().display())) }
                desc id={ "d-" (id) } { (describe(chart)) }
                @if let Some(band) = chart.band { (banded(band, &frame)) }
                (shaded(chart, &frame))
                (hatched(chart, &frame))
                g.axes {
                    @for tick in &ticks { @let y = place(frame.y(*tick)); line x1="0" x2="100%" y1=(y) y2=(y) {} }
                    (dated(chart, &frame))
                }
                @for series in chart.series { (line(series, &frame, chart.words)) }
                // Over the readings, or a line that crosses its words strikes them out.
                (limit_lines(&limits, &frame))
            }
            (ends(chart.series, &frame))
        }
        (beneath(&limits, chart.words))
    }
}

fn place(y: f64) -> String {
    format!("{y:.1}")
}

fn decimal(value: f64, digits: usize, words: Words) -> String {
    format!("{value:.digits$}").replace('.', &words.lang.decimal_mark().to_string())
}

fn describe(chart: &Chart<'_>) -> String {
    let words = chart.words;
    let mut text = String::new();
    let mut say = |sentence: String| {
        let _ = write!(text, "{sentence} ");
    };
    for series in chart.series {
        if let Some(last) = series.newest() {
            let (name, count) = (words.quantity(series.quantity), series.points.len());
            say(t!(
                words.lang,
                "patient-chart-series",
                name = name,
                count = count,
                newest = last.shown.as_str(),
                time = words.clock(last.at)
            ));
        }
    }
    for limit in chart.limits {
        say(format!("{}.", limit.said));
    }
    if let Some(band) = chart.band {
        say(format!("{}.", band.said));
    }
    for shade in chart.shades.iter().filter(|s| s.to >= chart.from) {
        say(format!("{}.", shade.label));
    }
    for (from, to) in chart.gaps {
        say(gap_label(*from, *to, words));
    }
    text
}

fn gap_label(from: Instant, to: Instant, words: Words) -> String {
    let date = |t: Instant| words.date(words.zone.from_utc_datetime(&t.naive_utc()).date_naive());
    let (first, last) = (date(from), date(to - TimeDelta::seconds(1)));
    if first == last {
        return t!(words.lang, "patient-gap-day", day = first);
    }
    t!(words.lang, "patient-gap", from = first, to = last)
}

fn banded(band: &Band, frame: &Frame) -> Markup {
    let (top, bottom) = (frame.y(band.high), frame.y(band.low));
    html! {
        g.band {
            title { (band.said) }
            rect x=(frame.percent(band.from)) width=(format!("{:.2}%", (1.0 - frame.share(band.from)) * 100.0)) y=(place(top)) height=(place(bottom - top)) {}
        }
    }
}

/// Where a stretch begins, and how wide it is, in parts of the width.
fn stretch(frame: &Frame, from: Instant, to: Instant) -> (String, String) {
    let width = (frame.share(to) - frame.share(from)).max(0.004);
    (frame.percent(from), format!("{:.2}%", width * 100.0))
}

fn shaded(chart: &Chart<'_>, frame: &Frame) -> Markup {
    html! {
        @for shade in chart.shades.iter().filter(|s| s.to >= chart.from && s.from <= chart.to) {
            @let (x, width) = stretch(frame, shade.from, shade.to);
            g class={ "shade " (shade.severity) } {
                title { (shade.label) }
                rect.wash x=(x) width=(width) y=(TOP) height=(BOTTOM - TOP) {}
                rect.bar x=(x) width=(width) y=(TOP - 5.0) height="3" {}
            }
        }
    }
}

fn hatched(chart: &Chart<'_>, frame: &Frame) -> Markup {
    html! {
        @for (from, to) in chart.gaps {
            @let (x, width) = stretch(frame, *from, *to);
            // The picture's own hatching, so that a chart stands alone.
            rect.gap x=(x) width=(width) y=(TOP) height=(BOTTOM - TOP) fill="url(#hatch)" { title { (gap_label(*from, *to, chart.words)) } }
        }
    }
}

fn dated(chart: &Chart<'_>, frame: &Frame) -> Markup {
    let format = if chart.words.lang == crate::text::Lang::German { "%-d. %b" } else { "%-d %b" };
    html! {
        @for day in days(chart.from, chart.to, chart.words) {
            @let x = frame.percent(day);
            line.day x1=(x) x2=(x) y1=(BOTTOM) y2=(BOTTOM + 4.0) {}
            @if frame.share(day) < 0.97 && frame.share(day) > 0.02 {
                text x=(x) y=(HEIGHT - 6.0) text-anchor="middle" {
                    (chart.words.zone.from_utc_datetime(&day.naive_utc()).format_localized(format, chart.words.lang.locale()).to_string())
                }
            }
        }
    }
}

/// A limit with its place, and where its words stand.
struct Placed<'a> {
    limit: &'a LimitLine,
    from: Instant,
    to: Instant,
    y: f64,
    words: Stand,
}

enum Stand {
    In(Spot),
    /// below the picture
    Beneath,
    /// another line says the same
    Elsewhere,
}

/// The limits that are in the picture; their words hide nothing that was measured, nor each other.
fn placed<'a>(chart: &Chart<'a>, frame: &Frame) -> Vec<Placed<'a>> {
    let reach = |limit: &'a LimitLine| {
        let from = limit.from.map_or(chart.from, |t| t.max(chart.from));
        let to = limit.until.map_or(chart.to, |t| t.min(chart.to));
        let y = frame.y(limit.value);
        let is_in = limit.value > frame.low && limit.value < frame.high && from < to;
        is_in.then_some(Placed { limit, from, to, y, words: Stand::Elsewhere })
    };
    let mut all: Vec<Placed<'a>> = chart.limits.iter().filter_map(reach).collect();
    let lines: Vec<Line> =
        all.iter().map(|p| Line { from: frame.share(p.from), to: frame.share(p.to), y: p.y }).collect();
    let mut taken = taken(chart, frame);
    let mut said: Vec<(&str, f64)> = Vec::new();
    for (placed, line) in all.iter_mut().zip(&lines) {
        let text = placed.limit.label.as_str();
        if said.iter().any(|(other, y)| *other == text && (y - line.y).abs() < 13.0) {
            continue;
        }
        said.push((text, line.y));
        let others = lines.iter().filter(|l| (l.y - line.y).abs() > 2.0);
        let strokes = others.map(|l| Stroke { from: (l.from, l.y), to: (l.to, l.y) });
        let around =
            Taken { strokes: taken.strokes.iter().copied().chain(strokes).collect(), areas: taken.areas.clone() };
        placed.words = labels::spot(text, *line, &around).map_or(Stand::Beneath, Stand::In);
        if let Stand::In(spot) = &placed.words {
            taken.areas.push(spot.area);
        }
    }
    all
}

/// What was measured, and the names of marks.
fn taken(chart: &Chart<'_>, frame: &Frame) -> Taken {
    let mut taken = Taken::default();
    for series in chart.series {
        let points = frame.thinned(&series.points);
        let spot = |p: &Point| (frame.share(p.at), frame.y(p.value));
        taken.strokes.extend(points.iter().map(|p| Stroke { from: spot(p), to: spot(p) }));
        let line: Vec<&Point> = points.iter().copied().filter(|p| p.counts()).collect();
        let pairs = line.iter().zip(line.iter().skip(1));
        let joined = pairs.filter(|(a, b)| b.at.signed_duration_since(a.at) <= GAP);
        taken.strokes.extend(joined.map(|(a, b)| Stroke { from: spot(a), to: spot(b) }));
        let named = points
            .iter()
            .enumerate()
            .filter_map(|(at, p)| p.mark.filter(|m| is_named(&points, at, *m)).map(|m| (p, m)));
        taken.areas.extend(named.map(|(point, mark)| {
            let ((x, y), width) = (spot(point), labels::width(&mark.name(chart.words)));
            let (left, right) = if is_right(frame, point) { (x - width, x) } else { (x, x + width) };
            Area { left: left - 0.03, right: right + 0.03, top: y + 3.0, bottom: y + 17.0 }
        }));
    }
    taken
}

fn limit_lines(limits: &[Placed<'_>], frame: &Frame) -> Markup {
    html! {
        @for placed in limits {
            @let y = place(placed.y);
            g.limit {
                title { (placed.limit.said) }
                line x1=(frame.percent(placed.from)) x2=(frame.percent(placed.to)) y1=(y) y2=(y) {}
                @if let Stand::In(spot) = &placed.words {
                    text x=(format!("{:.2}%", spot.x * 100.0)) dx=(if spot.is_end { "-3" } else { "3" }) y=(place(spot.y)) text-anchor=[spot.is_end.then_some("end")] {
                        (placed.limit.label)
                    }
                }
            }
        }
    }
}

/// Where the readings leave no room for a limit's words, they stand below the picture.
fn beneath(limits: &[Placed<'_>], words: Words) -> Markup {
    let mut labels: Vec<&str> = Vec::new();
    for placed in limits.iter().filter(|p| matches!(p.words, Stand::Beneath)) {
        if !labels.contains(&placed.limit.label.as_str()) {
            labels.push(&placed.limit.label);
        }
    }
    html! { @if !labels.is_empty() { p.quiet { (t!(words.lang, "patient-broken-line", what = labels.join("; "))) } } }
}

/// The newest of each sort says what its shape means.
fn is_named(points: &[&Point], at: usize, mark: Mark) -> bool {
    points.iter().skip(at + 1).all(|p| p.mark != Some(mark))
}

/// Near the right edge words go to the left.
fn is_right(frame: &Frame, point: &Point) -> bool {
    frame.share(point.at) > 0.8
}

fn line(series: &Series, frame: &Frame, words: Words) -> Markup {
    let points = frame.thinned(&series.points);
    // A history that was brought in later is late as a whole: small rings, or nothing else could be seen.
    let is_crowded = points.iter().filter(|p| p.mark == Some(Mark::Late)).count() > 20;
    let shape = |mark: Mark| if mark == Mark::Late && is_crowded { "m-ring" } else { mark.shape() };
    html! {
        g class={ "series " (series.quantity) } {
            // Only this is stretched: strokes keep their width all the same.
            svg viewBox={ "0 0 " (PARTS) " " (HEIGHT) } width="100%" height=(HEIGHT) preserveAspectRatio="none" {
                path.line d=(frame.path(&points)) {}
                @if points.len() <= STRETCHES { path class=(if points.len() > 90 { "dots small" } else { "dots" }) d=(frame.dots(&points)) {} }
            }
            @for (at, point) in points.iter().enumerate() {
                @if let Some(mark) = point.mark {
                    @let (x, y) = (frame.percent(point.at), frame.y(point.value));
                    use href={ "#" (shape(mark)) } x=(x) y=(place(y)) { title { (point.label) } }
                    @if is_named(&points, at, mark) {
                        @let right = is_right(frame, point);
                        text.named x=(x) y=(place(y)) dy="14" dx=(if right { "6" } else { "-6" }) text-anchor=[right.then_some("end")] { (mark.name(words)) }
                    }
                }
            }
        }
    }
}

/// The newest value of each series beside its end; two that would cover each other are moved apart.
fn ends(series: &[Series], frame: &Frame) -> Markup {
    let newest = series.iter().filter_map(Series::newest);
    let mut ends: Vec<(f64, &str)> = newest.map(|p| (frame.y(p.value) + 4.0, p.shown.as_str())).collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut above = f64::NEG_INFINITY;
    for end in &mut ends {
        end.0 = end.0.max(above + 14.0);
        above = end.0;
    }
    html! {
        svg.ends width="46" height=(HEIGHT) aria-hidden="true" {
            @for (y, value) in ends { text x="6" y=(place(y)) { (value) } }
        }
    }
}

/// What the crosshair says again and again, a word each.
fn dictionary<'a>(chart: &Chart<'a>) -> Vec<&'a str> {
    let mut words: Vec<&str> = chart.readouts.iter().flat_map(|r| &r.said).map(String::as_str).collect();
    words.sort_unstable();
    words.dedup();
    words
}

fn words_of(chart: &Chart<'_>) -> Option<String> {
    (!chart.readouts.is_empty()).then(|| dictionary(chart).join("|"))
}

/// A reading a line: place, places of its values, value, time, words by number. Two hundred readings in a few kilobytes.
fn readings_of(chart: &Chart<'_>, frame: &Frame) -> Option<String> {
    let dictionary = dictionary(chart);
    let number = |word: &String| dictionary.binary_search(&word.as_str()).map(|n| n.to_string()).unwrap_or_default();
    let one = |r: &Readout| {
        let heights: Vec<String> = r.values.iter().map(|v| format!("{:.0}", frame.y(*v))).collect();
        let said: Vec<String> = r.said.iter().map(number).collect();
        let (x, time) = (frame.share(r.at) * 100.0, chart.words.clock(r.at));
        format!("{x:.2}|{}|{}|{time}|{}", heights.join(" "), r.shown, said.join(" "))
    };
    (!chart.readouts.is_empty()).then(|| chart.readouts.iter().map(one).collect::<Vec<_>>().join("\n"))
}

/// The shapes of marked readings and the hatching, once for a page.
pub(super) fn shapes() -> Markup {
    html! {
        svg.shapes width="0" height="0" aria-hidden="true" focusable="false" {
            defs {
                pattern #hatch patternUnits="userSpaceOnUse" width="6" height="6" patternTransform="rotate(45)" {
                    line x1="0" x2="0" y1="0" y2="6" {}
                }
                // In the order of `Mark`: crossed out, bracketed, doubled, flag, tick, clock's hand.
                g #m-corrected { path.none d="M-4-4 4 4M4-4-4 4" {} }
                g #m-aside { circle r="3.2" {} path.none d="M-6-4v8M6-4v8" {} }
                g #m-copy { circle cx="2.2" cy="-2.2" r="2.8" {} circle r="2.8" {} }
                g #m-flagged { path d="M0-5 5 4H-5z" {} }
                g #m-correction { path d="M-4-4h8v8h-8z" {} }
                circle #m-ring r="1.8" {}
                g #m-late { circle r="4.2" {} path.none d="M0-2.6V0l2 1.4" {} }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(hours: i64) -> Instant {
        Instant::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    fn point(hours: i64, value: f64) -> Point {
        Point { at: t(hours), value, shown: String::new(), mark: None, label: String::new() }
    }

    fn frame(hours: i64) -> Frame {
        Frame { x: (0.0, 10.0), y: (0.0, 10.0), start: t(0), length: TimeDelta::hours(hours), low: 0.0, high: 2.0 }
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(79.1, 83.2), (vec![80.0, 82.0], 0));
        assert_eq!(ticks(60.0, 190.0), (vec![100.0, 150.0], 0));
        let (t, digits) = ticks(36.2, 37.4);
        assert_eq!((t.len(), digits), (2, 1));
    }

    #[test]
    fn a_line_is_broken_where_nobody_measured_and_leaves_out_what_does_not_count() {
        let aside = Point { mark: Some(Mark::SetAside), ..point(30, 2.0) };
        let points = [point(0, 1.0), point(24, 1.0), aside, point(24 * 9, 1.0)];
        let path = frame(240).path(&points.iter().collect::<Vec<_>>());
        assert_eq!((path.matches('M').count(), path.matches('L').count()), (2, 1), "{path}");
    }

    #[test]
    fn of_more_points_than_pixels_the_extremes_and_the_marked_stay() {
        let mut points: Vec<Point> =
            (0..24 * 300).map(|hour| point(hour, f64::from(i32::try_from(hour % 24).unwrap()))).collect();
        points.push(Point { mark: Some(Mark::Late), ..point(5, 3.0) });
        let frame = frame(24 * 300);
        let kept = frame.thinned(&points);
        assert!(kept.len() <= 2 * (STRETCHES + 1) + 1, "{}", kept.len());
        assert!(kept.iter().any(|p| p.mark.is_some()));
        let highest = kept.iter().map(|p| p.value).fold(0.0, f64::max);
        assert!((highest - 23.0).abs() < f64::EPSILON);
    }
}
