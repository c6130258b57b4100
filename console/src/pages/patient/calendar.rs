//! Who measured when it was expected: a calendar per kind of reading.

use super::view::View;
use crate::text::{Words, t};
use chrono::{Datelike, NaiveDate, TimeZone};
use maud::{Markup, html};
use rule_engine::ExpectedDay;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use vitals::{Instant, Kind};

/// A day, as the calendar shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cell {
    Measured,
    Missed,
    /// not expected, nothing came
    Free,
    /// today, which has not ended
    Open,
}

/// Pixels of a cell with the space after it.
const STEP: u32 = 13;
/// More weeks than these are not shown: a year.
const WEEKS: usize = 53;

pub(super) fn adherence(view: &View) -> Markup {
    let words = view.words;
    let kinds: BTreeSet<Kind> = view.picture.days.iter().flat_map(|d| d.kinds.iter().copied()).collect();
    html! {
        section.adherence {
            h2 { (t!(words.lang, "patient-adherence")) }
            @if kinds.is_empty() { p.quiet { (t!(words.lang, "patient-nothing-expected")) } }
            div.calendars { @for kind in kinds { (calendar(view, kind)) } }
        }
    }
}

fn calendar(view: &View, kind: Kind) -> Markup {
    let words = view.words;
    let cells = cells(view, kind);
    let count = |cell: Cell| cells.values().filter(|c| **c == cell).count();
    let missed: Vec<NaiveDate> = cells.iter().filter(|(_, c)| **c == Cell::Missed).map(|(d, _)| *d).collect();
    let (measured, expected) = (count(Cell::Measured), count(Cell::Measured) + missed.len());
    let (id, name) = (kind.as_str(), words.kind(kind));
    let Some(first) = cells.keys().next().copied() else { return html! {} };
    let monday = first - chrono::Days::new(u64::from(first.weekday().num_days_from_monday()));
    let weeks = cells.keys().next_back().map_or(1, |last| (*last - monday).num_days() / 7 + 1);
    let width = u32::try_from(weeks).unwrap_or(1) * STEP;
    let place = |date: NaiveDate| {
        let week = u32::try_from((date - monday).num_days() / 7).unwrap_or(0);
        (week * STEP, date.weekday().num_days_from_monday() * STEP)
    };
    let path = |cell: Cell| {
        let mut path = String::new();
        for (x, y) in cells.iter().filter(|(_, c)| **c == cell).map(|(date, _)| place(*date)) {
            // Writing into a String does not fail.
            let _ = write!(path, "M{x} {y}h10v10h-10z");
        }
        path
    };
    html! {
        figure.calendar {
            figcaption { strong { (name) } " " span.quiet { (t!(words.lang, "patient-days-of", n = measured, all = expected)) } }
            svg viewBox={ "0 0 " (width) " " (7 * STEP) } width=(width) height=(7 * STEP) role="img" aria-labelledby={ "ct-" (id) " cd-" (id) } {
                title id={ "ct-" (id) } { (t!(words.lang, "patient-calendar-title", name = name)) }
                desc id={ "cd-" (id) } { (said(&missed, words)) }
                path.measured d=(path(Cell::Measured)) {}
                path.free d=(path(Cell::Free)) {}
                path.today d=(path(Cell::Open)) {}
                @for date in &missed {
                    @let (x, y) = place(*date);
                    path.missed d={ "M" (x) " " (y) "h10v10h-10z" } { title { (words.date(*date)) } }
                }
            }
            p.quiet { (said(&missed, words)) }
        }
    }
}

/// "Nothing on 3 Nov, 9 Nov to 12 Nov": runs of days, the newest six.
fn said(missed: &[NaiveDate], words: Words) -> String {
    if missed.is_empty() {
        return t!(words.lang, "patient-none-missed");
    }
    let format = if words.lang == crate::text::Lang::German { "%-d. %b" } else { "%-d %b" };
    let date = |d: NaiveDate| d.format_localized(format, words.lang.locale()).to_string();
    let runs: Vec<String> = missed
        .chunk_by(|a, b| (*b - *a).num_days() == 1)
        .filter_map(|run| Some((*run.first()?, *run.last()?)))
        .map(|(a, b)| if a == b { date(a) } else { format!("{}–{}", date(a), date(b)) })
        .collect();
    let newest = runs.iter().rev().take(6).rev().cloned().collect::<Vec<_>>().join(", ");
    t!(words.lang, "patient-missed", days = newest, more = runs.len().saturating_sub(6))
}

fn cells(view: &View, kind: Kind) -> BTreeMap<NaiveDate, Cell> {
    let words = view.words;
    let measured: Vec<Instant> =
        view.readings.iter().filter(|r| r.reading.kind == kind).map(|r| r.reading.measured_at.instant()).collect();
    let cell = |day: &ExpectedDay| {
        let first = measured.partition_point(|t| *t < day.start);
        let came = measured.get(first).is_some_and(|t| *t < day.end);
        match (came, day.kinds.contains(&kind)) {
            (true, _) => Cell::Measured,
            (false, true) if day.end <= words.now => Cell::Missed,
            (false, true) => Cell::Open,
            (false, false) => Cell::Free,
        }
    };
    // The first day may have begun before what is shown: what came then is not known here.
    let days: Vec<&ExpectedDay> = view.picture.days.iter().filter(|d| view.from <= d.start).collect();
    let newest = days.iter().rev().take(WEEKS * 7);
    newest.map(|day| (words.zone.from_utc_datetime(&day.start.naive_utc()).date_naive(), cell(day))).collect()
}
