//! The readings as a table.

use super::view::{RangeQuery, View};
use crate::access::Caller;
use crate::app::Shared;
use crate::pages::layout::{self, Place};
use crate::pages::series::{clock_quality, mark, remarks};
use crate::problem::Problem;
use crate::text::{Words, t};
use axum::extract::{Path, Query, State};
use care::Permission;
use chrono::{TimeDelta, TimeZone};
use maud::{Markup, html};
use vitals::{Quantity, StoredReading, Value};

/// So many stand on the patient's page.
const NEWEST: usize = 40;
/// So many on the table's own page; more is the API's to give.
const MOST: usize = 300;

/// The newest, under the charts.
pub(super) fn newest(caller: &Caller, view: &View) -> Markup {
    let lang = view.words.lang;
    let count = view.readings.len();
    html! {
        details.wide.table {
            summary { (t!(lang, "patient-as-table")) " " span.count { (count) } }
            (table(caller, view, NEWEST))
            @if count > NEWEST {
                p { a href={ "/patients/" (view.id()) "/readings?days=" (view.shown.word()) } { (t!(lang, "patient-all-readings", n = count)) } }
            }
        }
    }
}

/// `GET /patients/{id}/readings`.
pub(in crate::pages) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(range): Query<RangeQuery>,
) -> Result<Markup, Problem> {
    let view = View::load(&app, &caller, &id, range.shown()).await?;
    let lang = caller.lang;
    let name = &view.record.patient.name;
    let content = html! {
        p.crumb { a href={ "/patients/" (view.id()) "?days=" (view.shown.word()) } { (name) } }
        h1 { (t!(lang, "patient-readings-of", name = name.as_str())) " " small.quiet { (view.shown.name(view.words)) } }
        (table(&caller, &view, MOST))
        @if view.readings.len() > MOST { p.quiet { (t!(lang, "patient-newest-of", n = MOST, all = view.readings.len())) } }
    };
    Ok(layout::page(&caller, Place::Patients, name, &content))
}

fn table(caller: &Caller, view: &View, most: usize) -> Markup {
    let (words, lang) = (view.words, view.words.lang);
    let moves = caller.may(Permission::AssignDevices);
    html! {
        div.scroll tabindex="0" role="group" aria-label=(t!(lang, "patient-as-table")) { table {
            thead { tr {
                th { (t!(lang, "patient-measured")) } th { (t!(lang, "patient-what")) } th { (t!(lang, "patient-values")) }
                th { (t!(lang, "patient-device")) } th { (t!(lang, "patient-clock")) } th { (t!(lang, "patient-remarks")) }
                @if moves { th { span.hide { (t!(lang, "patient-move")) } } }
            } }
            tbody {
                @for stored in view.readings.iter().rev().take(most) {
                    @let r = &stored.reading;
                    tr class=[mark(stored, view.standings()).filter(|m| !m.counts()).map(|_| "aside")] {
                        td.num { (words.at(r.measured_at.instant())) }
                        td { (words.kind(r.kind)) }
                        td.num { (values(stored, words)) }
                        td { (r.device_ref()) @if let Some(slot) = r.user_slot { " " (t!(lang, "patient-slot", n = slot.0)) } }
                        td.quiet { (clock_quality(stored, words)) }
                        td.quiet { (remarks(stored, view.standings(), words).join(", ")) }
                        @if moves { td { a.quiet href=(move_link(view, stored)) { (t!(lang, "patient-not-theirs")) } } }
                    }
                }
            }
        } }
    }
}

/// To the form that moves just this reading.
fn move_link(view: &View, stored: &StoredReading) -> String {
    let r = &stored.reading;
    let at = view.words.zone.from_utc_datetime(&r.measured_at.instant().naive_utc()).naive_local();
    let form = "%Y-%m-%dT%H:%M:%S";
    let (from, until) = (at.format(form), (at + TimeDelta::seconds(1)).format(form));
    let slot = r.user_slot.map_or_else(String::new, |s| format!("&slot={}", s.0));
    format!("/patients/{}/devices?act=move&device={}{slot}&from={from}&until={until}", view.id(), r.device_ref())
}

fn values(stored: &StoredReading, words: Words) -> String {
    let of = |(q, v): (&Quantity, &Value)| {
        let shown = words.value(v.normalised(*q).unwrap_or(*v));
        if stored.reading.kind.required().first() == Some(q) {
            shown
        } else {
            format!("{} {shown}", words.quantity(*q).to_lowercase())
        }
    };
    // The required value of a kind comes first.
    let mut all: Vec<_> = stored.reading.values.iter().collect();
    all.sort_by_key(|(q, _)| !stored.reading.kind.required().contains(q));
    all.into_iter().map(of).collect::<Vec<_>>().join(", ")
}
