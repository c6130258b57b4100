//! Everybody who is watched, and the search.

use super::layout::{self, Place};
use super::words;
use crate::access::Caller;
use crate::app::Shared;
use crate::problem::Problem;
use axum::extract::{Query, State};
use care::PatientStatus;
use maud::{Markup, html};
use serde::Deserialize;
use store::{PageRequest, PatientRecord};

/// What is searched for, and where the list goes on.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Search {
    q: Option<String>,
    cursor: Option<String>,
}

/// `GET /patients`.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Query(search): Query<Search>,
) -> Result<Markup, Problem> {
    let wanted = search.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    let after = search.cursor.as_deref().and_then(|c| String::from_utf8(hex::decode(c).ok()?).ok());
    let page = app.store.patients(caller.scope(), wanted, PageRequest { after, limit: 100 }).await?;
    let content = html! {
        div.heading {
            h1 { "Patients" }
            form.search method="get" action="/patients" role="search" {
                label.hide for="q" { "Name or number" }
                input #q type="search" name="q" value=(wanted.unwrap_or_default()) placeholder="Name or number";
                button type="submit" { "Search" }
            }
        }
        @if page.items.is_empty() {
            div.empty {
                @if wanted.is_some() { p { "Nobody matches. Try part of a name or a record number." } }
                @else { p { strong { "There is no patient yet." } } p.quiet { "Clinicians enter patients through the API: " code { "POST /api/v1/patients" } ". Then assign a device to them." } }
            }
        } @else {
            div.scroll { table {
                thead { tr { th { "Name" } th { "Born" } th { "Programmes" } th { "Status" } th { "Telephone" } } }
                tbody { @for record in &page.items { (row(record)) } }
            } }
        }
        @if let Some(next) = page.next {
            p { a href={ "/patients?cursor=" (hex::encode(next)) @if let Some(q) = wanted { "&q=" (percent(q)) } } { "More" } }
        }
    };
    Ok(layout::page(&caller, Place::Patients, "Patients", &content))
}

/// A search text within a URL.
fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn row(record: &PatientRecord) -> Markup {
    let patient = &record.patient;
    html! {
        tr {
            th scope="row" { a href={ "/patients/" (patient.id) } { (patient.name) } " " small.quiet { (patient.id) } }
            td.num { @if let Some(born) = patient.birth_date { (born.format("%-d %b %Y")) } }
            td { (programmes(record)) }
            td { (status(record.status)) }
            td.num { (patient.phone) }
        }
    }
}

pub(super) fn programmes(record: &PatientRecord) -> String {
    let names: Vec<String> = record.enrolments.iter().map(|e| words::programme(e.programme.as_str())).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

pub(super) fn status(status: PatientStatus) -> &'static str {
    match status {
        PatientStatus::Active => "active",
        PatientStatus::Paused => "paused",
        PatientStatus::Ended => "ended",
    }
}
