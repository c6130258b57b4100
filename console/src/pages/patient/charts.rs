//! A chart per quantity on one shared time axis.

use super::view::{Setting, View};
use crate::pages::chart::{Chart, Readout, Shade, draw, shade, shapes};
use crate::pages::limits::{self, LimitLine};
use crate::pages::series::{PANELS, Panel, clock_quality, drawn, latest, remarks, series_of, value_of};
use crate::text::{Words, t};
use care::{Episode, ParameterScope};
use maud::{Markup, html};
use rule_engine::Level;
use vitals::{Instant, StoredReading};

pub(super) fn charts(view: &View) -> Markup {
    let words = view.words;
    let there = |panel: &Panel| !series_of(*panel, &view.readings, view.standings(), words).is_empty();
    let panels: Vec<Panel> = PANELS.into_iter().filter(|p| there(p) || is_expected(view, *p)).collect();
    html! {
        (shapes())
        div.charts.stacked { @for panel in panels { (figure(view, panel)) } }
        @if view.readings.is_empty() {
            div.empty { p { (t!(words.lang, "patient-no-reading")) } p.quiet { (t!(words.lang, "patient-no-reading-remedy")) } }
        }
    }
}

fn figure(view: &View, panel: Panel) -> Markup {
    let words = view.words;
    let series = series_of(panel, &view.readings, view.standings(), words);
    let of_panel: Vec<Level> =
        view.picture.levels.iter().filter(|l| panel.quantities.contains(&l.quantity)).cloned().collect();
    let band = limits::band_of(&of_panel, panel.quantities, words);
    let chart = Chart {
        panel,
        series: &series,
        limits: &lines(view, panel, &of_panel),
        band: band.as_ref(),
        shades: &shades(view, panel),
        gaps: &gaps(view, panel),
        readouts: &readouts(view, panel),
        from: view.from,
        to: words.now,
        words,
    };
    html! {
        figure.panel {
            figcaption {
                strong { (panel.name(words)) } " " span.quiet { (panel.unit().display()) }
                output.latest data-latest { @if let Some(newest) = latest(&series, words) { (newest) } @else { (t!(words.lang, "patient-nothing-here")) } }
            }
            (draw(&chart))
        }
    }
}

/// Levels with who set them, and the limits of what holds now.
fn lines(view: &View, panel: Panel, levels: &[Level]) -> Vec<LimitLine> {
    let settings = view.settings();
    let who = |key: &str| {
        let of_key = |s: &&Setting| s.key == key && s.value.is_some() && s.effective_from <= view.words.now;
        let own = settings.iter().rev().filter(of_key).find(|s| s.scope == ParameterScope::Patient);
        own.or_else(|| settings.iter().rev().find(of_key)).map(|s| set_by(s, view.words))
    };
    let mut lines = limits::of_levels(levels, view.words, &who);
    let open = view.episodes.iter().filter(|e| e.is_open()).filter_map(Episode::leading_rule);
    for line in open.flat_map(|rule| limits::of_evidence(rule, view.words)) {
        let is_near = |l: &LimitLine| (l.value - line.value).abs() < 0.05;
        if panel.quantities.contains(&line.quantity) && !lines.iter().any(is_near) {
            lines.push(line);
        }
    }
    if panel.quantities.len() > 1 {
        // Two quantities on one pair of axes: the line says whose it is.
        for line in &mut lines {
            line.label = format!("{} {}", view.words.quantity(line.quantity).to_lowercase(), line.label);
        }
    }
    lines
}

/// "set by Dr Lee on 3 Nov 10:12: her usual weight".
pub(super) fn set_by(setting: &Setting, words: Words) -> String {
    let (who, time) = (setting.actor.0.as_str(), words.clock(setting.at));
    if setting.reason.is_empty() {
        return t!(words.lang, "patient-set-by", who = who, time = time);
    }
    t!(words.lang, "patient-set-by-because", who = who, time = time, why = setting.reason.as_str())
}

fn concerns(episode: &Episode, panel: Panel) -> bool {
    let points = episode.rules.iter().flat_map(|r| &r.evidence.points);
    points.map(|p| p.quantity).any(|q| panel.quantities.contains(&q))
}

fn shades(view: &View, panel: Panel) -> Vec<Shade> {
    view.episodes.iter().filter(|e| concerns(e, panel)).map(|e| shade(e, view.words.now, view.words)).collect()
}

fn is_expected(view: &View, panel: Panel) -> bool {
    let main = panel.kinds();
    // Pulse comes with a cuff and an oximeter: what is expected is drawn where it is the main thing.
    let named = |kind: &vitals::Kind| kind.required().first().is_some_and(|q| panel.quantities.contains(q));
    view.picture.days.iter().flat_map(|d| &d.kinds).any(|k| main.contains(k) && named(k))
}

/// Days that have ended, on which a reading was expected and none came; neighbours are one gap.
fn gaps(view: &View, panel: Panel) -> Vec<(Instant, Instant)> {
    if !is_expected(view, panel) {
        return Vec::new();
    }
    let kinds = panel.kinds();
    let measured: Vec<Instant> = view
        .readings
        .iter()
        .filter(|r| kinds.contains(&r.reading.kind))
        .map(|r| r.reading.measured_at.instant())
        .collect();
    let mut gaps: Vec<(Instant, Instant)> = Vec::new();
    for day in view.picture.days.iter().filter(|d| d.end <= view.words.now && d.kinds.iter().any(|k| kinds.contains(k)))
    {
        let first = measured.partition_point(|t| *t < day.start);
        if measured.get(first).is_some_and(|t| *t < day.end) {
            continue;
        }
        match gaps.last_mut() {
            Some(last) if last.1 == day.start => last.1 = day.end,
            _ => gaps.push((day.start, day.end)),
        }
    }
    gaps
}

/// So many readings the crosshair walks through; of more only the newest.
const MOST_READOUTS: usize = 400;

fn readouts(view: &View, panel: Panel) -> Vec<Readout> {
    let words = view.words;
    let one = |stored: &StoredReading| {
        let number = |q: &vitals::Quantity| drawn(stored.reading.quantity(*q)?.as_number()?);
        let mut said = vec![stored.reading.device_ref().to_string(), clock_quality(stored, words)];
        said.extend(remarks(stored, view.standings(), words));
        Some(Readout {
            at: stored.reading.measured_at.instant(),
            values: panel.quantities.iter().filter_map(number).collect(),
            shown: value_of(panel, stored, words)?,
            said,
        })
    };
    let all: Vec<Readout> = view.readings.iter().filter_map(one).collect();
    let skip = all.len().saturating_sub(MOST_READOUTS);
    all.into_iter().skip(skip).collect()
}

/// What happened, in words.
pub(super) fn episodes(view: &View) -> Markup {
    let words = view.words;
    if view.episodes.is_empty() {
        return html! {};
    }
    html! {
        section.episodes {
            h2 { (t!(words.lang, "patient-episodes")) }
            ul.lines { @for episode in view.episodes.iter().rev().take(12) {
                li.line {
                    (words.severity(episode.severity))
                    span { @if let Some(reason) = episode.reason() { (words.says(&reason)) } }
                    span.quiet {
                        (words.at(episode.opened_at))
                        @match episode.cleared_at {
                            Some(over) => { " – " (words.at(over)) },
                            None => { ", " (t!(words.lang, "patient-still-holds")) },
                        }
                    }
                }
            } }
        }
    }
}
