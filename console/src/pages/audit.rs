//! Who looked at whom, who changed what.

use super::layout::{self, Place};
use super::words;
use crate::access::Caller;
use crate::app::Shared;
use crate::problem::Problem;
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use store::{AuditFilter, PageRequest};

/// Where the list goes on.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Cursor {
    cursor: Option<String>,
}

/// `GET /audit`.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Query(cursor): Query<Cursor>,
) -> Result<Markup, Problem> {
    let after = cursor.cursor.and_then(|c| String::from_utf8(hex::decode(c).ok()?).ok());
    let page = app.store.audit_trail(&AuditFilter::default(), PageRequest { after, limit: 100 }).await?;
    let (zone, now) = (app.config.timezone, app.clock.now());
    let content = html! {
        h1 { "Audit" }
        p.quiet { "Newest first. Looking at the same thing within a minute is one line." }
        div.scroll tabindex="0" role="region" aria-label="Audit trail" { table {
            thead { tr { th { "When" } th { "Who" } th { "What" } th { "Of whom" } th { "Detail" } } }
            tbody { @for line in &page.items {
                tr {
                    td.num { (words::at(line.entry.at, zone, now)) }
                    td { (line.entry.actor) }
                    td { (line.entry.action.replace('-', " ")) }
                    td { (line.entry.subject) }
                    td.quiet { (line.entry.detail) }
                }
            } }
        } }
        @if let Some(next) = page.next { p { a href={ "/audit?cursor=" (hex::encode(next)) } { "Older" } } }
    };
    Ok(layout::page(&caller, Place::Audit, "Audit", &content))
}
