//! What could not become a reading, and why.

use super::form::csrf;
use super::layout::{self, Place, alert};
use super::words;
use crate::access::Caller;
use crate::api::replay_row;
use crate::app::{App, Shared};
use crate::problem::Problem;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use care::Permission;
use maud::{Markup, html};
use serde::Deserialize;
use std::fmt::Write;
use store::{PageRequest, QuarantineRow};

/// Where the list goes on.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Cursor {
    cursor: Option<String>,
}

/// `GET /quarantine`.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Query(cursor): Query<Cursor>,
) -> Result<Markup, Problem> {
    let after = cursor.cursor.and_then(|c| String::from_utf8(hex::decode(c).ok()?).ok());
    let page = app.store.quarantine(None, None, PageRequest { after, limit: 100 }).await?;
    let ledger = app.store.ledger().await?;
    let (zone, now) = (app.config.timezone, app.clock.now());
    let administers = caller.may(Permission::Administer);
    let content = html! {
        h1 { "Quarantine" }
        p.quiet { "Messages that could not become readings. They are kept with their bytes; after a fix they can be replayed." }
        p.ledger {
            strong.num { (ledger.received) } " received = " strong.num { (ledger.stored) } " stored + "
            strong.num { (ledger.duplicate) } " sent again + " strong.num { (ledger.quarantined) } " in quarantine"
        }
        @if page.items.is_empty() { div.empty { p { strong { "Nothing is in quarantine." } } } }
        @else {
            div.scroll { table {
                thead { tr { th { "Arrived" } th { "From" } th { "Why" } @if administers { th { span.hide { "What to do" } } } } }
                tbody { @for row in &page.items {
                    tr {
                        td.num { (words::when(row.received_at.0, zone, now)) }
                        td { (row.source) "/" (row.device) }
                        td { strong { (row.refused.code.replace('-', " ")) } p { (words::ticked(&row.refused.detail)) }
                            @if let Some(pointer) = row.refused.pointer.as_deref().filter(|p| !p.is_empty()) { p.quiet { "at " code { (pointer) } } } }
                        @if administers { td.forms {
                            a href={ "/quarantine/" (row.row) } { "Look at it" }
                            form method="post" action={ "/quarantine/" (row.row) "/replay" } { (csrf(&caller)) button.plain type="submit" { "Replay" } }
                        } }
                    }
                } }
            } }
        }
        @if let Some(next) = page.next { p { a href={ "/quarantine?cursor=" (hex::encode(next)) } { "More" } } }
    };
    Ok(layout::page(&caller, Place::Sources, "Quarantine", &content))
}

/// `GET /quarantine/{id}`: the bytes, for administrators.
pub(super) async fn row(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> Result<Markup, Problem> {
    let row = load(&app, &id).await?;
    Ok(show_row(&app, &caller, &row, None))
}

async fn load(app: &App, id: &str) -> Result<QuarantineRow, Problem> {
    let missing = || Problem::not_found("such item in quarantine");
    Ok(app.store.quarantine_row(id.parse().map_err(|_| missing())?).await?)
}

/// `POST /quarantine/{id}/replay`.
pub(super) async fn replay(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let replayed = replay_row(&app, &id).await?;
    if replayed.status == "quarantined" {
        let row = load(&app, &id).await?;
        let page = show_row(&app, &caller, &row, Some("It was refused again, for the reason below."));
        return Ok(page.into_response());
    }
    Ok(Redirect::to("/quarantine").into_response())
}

fn show_row(app: &App, caller: &Caller, row: &QuarantineRow, word: Option<&str>) -> Markup {
    let (zone, now) = (app.config.timezone, app.clock.now());
    let text = std::str::from_utf8(&row.raw).ok();
    let content = html! {
        p.crumb { a href="/quarantine" { "Quarantine" } }
        h1 { (words::programme(&row.refused.code)) }
        @if let Some(word) = word { (alert(word)) }
        p.lead { (words::ticked(&row.refused.detail)) }
        dl.facts {
            dt { "From" } dd { (row.source) "/" (row.device) }
            dt { "Topic" } dd { code { (row.topic) } }
            dt { "Arrived" } dd { (words::when(row.received_at.0, zone, now)) }
            @if let Some(id) = &row.refused.id { dt { "Sender’s id" } dd { code { (id) } } }
            @if let Some(pointer) = row.refused.pointer.as_deref().filter(|p| !p.is_empty()) { dt { "Where" } dd { code { (pointer) } } }
        }
        h2 { "Bytes " span.count { (row.raw.len()) } }
        @if let Some(text) = text { pre { (text) } } @else { p.quiet { "These bytes are no text." } }
        details open[text.is_none()] { summary { "Hexadecimal" } pre { (dump(&row.raw)) } }
        @if row.replayed_at.is_none() {
            form method="post" action={ "/quarantine/" (row.row) "/replay" } { (csrf(caller)) button type="submit" { "Replay" } }
        }
    };
    layout::page(caller, Place::Sources, "Quarantine", &content)
}

/// At most so many bytes are dumped; all of them are in the API.
const DUMPED: usize = 4096;

fn dump(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (index, line) in bytes.chunks(16).take(DUMPED / 16).enumerate() {
        let hex: Vec<String> = line.iter().map(|b| format!("{b:02x}")).collect();
        let plain: String =
            line.iter().map(|b| if b.is_ascii_graphic() || *b == b' ' { char::from(*b) } else { '.' }).collect();
        // Writing into a String does not fail.
        let _ = writeln!(text, "{:06x}  {:<47}  {plain}", index * 16, hex.join(" "));
    }
    text
}
