//! One source: is it there, what does it send, what is refused?

use super::form::{csrf, twice};
use super::layout::{self, Place};
use super::publish::{self, Door, copyable};
use super::reason;
use super::sources::{counted, hub, kind, presence, show_secret};
use crate::access::Caller;
use crate::api::rotate_source;
use crate::app::Shared;
use crate::cursor;
use crate::problem::Problem;
use crate::text::{Words, t};
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use care::Permission;
use maud::{Markup, html};
use serde::Deserialize;
use store::{DeviceSeen, Page, PageRequest, RefusedKind, SourceRow};
use vitals::{DeviceId, DeviceRef, Kind, SourceId};
use wire::HubStatus;

/// Where the list of devices goes on.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Cursor {
    cursor: Option<String>,
}

/// Devices on one page.
const SHOWN: u32 = 50;

fn known(id: &str) -> Result<SourceId, Problem> {
    SourceId::new(id).map_err(|_| Problem::not_found("such source"))
}

/// `GET /sources/{id}`.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(asked): Query<Cursor>,
) -> Result<Markup, Problem> {
    let id = known(&id)?;
    let row = app.store.source_row(&id).await?.ok_or_else(|| Problem::not_found("such source"))?;
    let after = cursor::read(asked.cursor.as_deref())?;
    let devices = app.store.source_devices(&id, PageRequest { after, limit: SHOWN }).await?;
    let refused = app.store.refused_kinds(Some(&id)).await?;
    let (words, lang) = (caller.words(&app), caller.lang);
    let door = Door::of(&app, &headers);
    let content = html! {
        p.crumb { a href="/sources" { (t!(lang, "common-sources")) } }
        h1 { (row.source.id) " " small.quiet { (kind(lang, row.source.kind)) } }
        p.lead { (presence(&row, words)) }
        div.columns {
            div {
                (says(&row, words))
                (refusals(&id, &refused, words))
                (devices_of(&id, &devices, words))
            }
            div.side {
                (counts(&row, words))
                @if caller.may(Permission::Administer) { (changes(&caller, &row)) (try_it(&row, door.as_ref(), words)) }
            }
        }
    };
    Ok(layout::page(&caller, Place::Sources, row.source.id.as_str(), &content))
}

/// `POST /sources/{id}/{verb}`: `rotate`, `disable`, `enable`.
pub(super) async fn change(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path((id, verb)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let id = known(&id)?;
    match verb.as_str() {
        // The secret is shown in this answer and nowhere else, so it is not redirected away.
        "rotate" => {
            let secret = rotate_source(&app, &id, &caller.actor).await?;
            let lang = caller.lang;
            let title = t!(lang, "admin-secret-of", id = id.as_str());
            let content = html! {
                p.crumb { a href="/sources" { (t!(lang, "common-sources")) } " › " a href={ "/sources/" (id) } { (id) } }
                h1 { (t!(lang, "admin-rotated")) }
                p { (t!(lang, "admin-rotated-now")) }
                (show_secret(lang, Door::of(&app, &headers).as_ref(), &secret))
                p { a href={ "/sources/" (id) } { (t!(lang, "admin-source-go-on")) } }
            };
            Ok(layout::page(&caller, Place::Sources, &title, &content).into_response())
        }
        "disable" | "enable" => {
            app.store.set_source_disabled(&id, verb == "disable", &caller.actor).await?;
            Ok(Redirect::to(&format!("/sources/{id}")).into_response())
        }
        _ => Err(Problem::not_found("such command")),
    }
}

/// What a hub says of itself.
fn says(row: &SourceRow, words: Words) -> Markup {
    let lang = words.lang;
    let Some(status) = &row.status else { return html! {} };
    html! {
        section {
            h2 { (t!(lang, "admin-says")) }
            @match hub(status) {
                None => { p { (t!(lang, "admin-says-nothing-readable")) } },
                Some(hub) => { (hub_facts(&hub, words)) },
            }
            p.quiet { (t!(lang, "admin-said")) " " (words.when(status.at)) }
        }
    }
}

fn hub_facts(hub: &HubStatus, words: Words) -> Markup {
    let lang = words.lang;
    html! {
        dl.facts {
            @if let Some(battery) = hub.battery { dt { (t!(lang, "admin-battery")) } dd { (battery) " %" } }
            @if let Some(depth) = hub.journal_depth {
                dt { (t!(lang, "admin-journal")) } dd { (t!(lang, "admin-journal-n", n = depth)) }
            }
            @if let Some(offset) = hub.clock_offset_s {
                dt { (t!(lang, "admin-clock")) }
                dd {
                    @if offset.is_zero() { (t!(lang, "admin-clock-right")) }
                    @else if offset.is_sign_positive() { (t!(lang, "admin-clock-ahead", s = words.number(offset))) }
                    @else { (t!(lang, "admin-clock-behind", s = words.number(offset.abs()))) }
                }
            }
            @for (part, version) in &hub.versions { dt { (part) } dd { (version) } }
        }
    }
}

fn refusals(id: &SourceId, refused: &[RefusedKind], words: Words) -> Markup {
    let lang = words.lang;
    html! {
        section {
            h2 { (t!(lang, "admin-refused")) }
            @if refused.is_empty() { p.quiet { (t!(lang, "admin-refused-none")) } }
            ul.reasons { @for kind in refused {
                li {
                    p { a href={ "/quarantine?source=" (id) "&code=" (kind.code) } { strong { (reason::title(lang, &kind.code)) } } " " span.count { (counted(lang, kind.count)) } }
                    @if let Some(remedy) = reason::remedy(lang, &kind.code) { p.quiet { (remedy) } }
                }
            } }
        }
    }
}

fn devices_of(id: &SourceId, devices: &Page<DeviceSeen>, words: Words) -> Markup {
    let lang = words.lang;
    html! {
        section {
            h2 { (t!(lang, "common-devices")) }
            @if devices.items.is_empty() { p.quiet { (t!(lang, "admin-no-device")) } }
            @else {
                div.scroll tabindex="0" role="region" aria-label=(t!(lang, "common-devices")) { table {
                    thead { tr { th { (t!(lang, "admin-device")) } th { (t!(lang, "admin-last-reading")) } th { (t!(lang, "admin-battery")) } th { (t!(lang, "admin-nobodys")) } } }
                    tbody { @for device in &devices.items {
                        tr {
                            th scope="row" { (device.device.device) }
                            td.num { @match device.last_measured { Some(at) => { (words.when(at)) }, None => { span.quiet { (t!(lang, "admin-never")) } } } }
                            td.num { @if let Some(battery) = device.battery { (battery) " %" } }
                            td.num { @if device.unassigned > 0 { a href="/devices" { strong { (device.unassigned) } } } @else { span.quiet { "0" } } }
                        }
                    } }
                } }
                @if let Some(next) = &devices.next { p { a href={ "/sources/" (id) "?cursor=" (cursor::write(next)) } { (t!(lang, "admin-more")) } } }
            }
        }
    }
}

fn counts(row: &SourceRow, words: Words) -> Markup {
    let (lang, source) = (words.lang, &row.source);
    html! {
        section.card {
            h2 { (t!(lang, "admin-traffic")) }
            dl.facts {
                dt { (t!(lang, "admin-last-seen")) } dd { @match source.last_seen { Some(at) => { (words.when(at)) }, None => { (t!(lang, "admin-never")) } } }
                dt { (t!(lang, "admin-last-reading")) } dd { @match row.last_reading { Some(at) => { (words.when(at)) }, None => { (t!(lang, "admin-never")) } } }
                dt { (t!(lang, "admin-added")) } dd { (words.when(source.created_at)) }
                dt { (t!(lang, "admin-qos0")) } dd { (source.qos0) }
                dt { (t!(lang, "admin-unknown-fields")) } dd { (source.unknown_fields) }
            }
            @if source.qos0 > 0 { p.quiet { (t!(lang, "admin-qos0-means")) } }
            @if source.unknown_fields > 0 { p.quiet { (t!(lang, "admin-unknown-fields-mean")) } }
        }
    }
}

/// What an administrator may change; what breaks a connection is asked for twice.
fn changes(caller: &Caller, row: &SourceRow) -> Markup {
    let (lang, source) = (caller.lang, &row.source);
    let action = |verb: &str| format!("/sources/{}/{verb}", source.id);
    html! {
        section.card {
            h2 { (t!(lang, "admin-change")) }
            (twice(caller, &action("rotate"), &t!(lang, "admin-rotate"), &t!(lang, "admin-rotate-means"), &t!(lang, "admin-rotate-do")))
            @if source.disabled {
                form method="post" action=(action("enable")) { (csrf(caller)) button type="submit" { (t!(lang, "admin-enable")) } }
            } @else {
                (twice(caller, &action("disable"), &t!(lang, "admin-disable"), &t!(lang, "admin-disable-means"), &t!(lang, "admin-disable-do")))
            }
        }
    }
}

fn try_it(row: &SourceRow, door: Option<&Door>, words: Words) -> Markup {
    let Ok(device) = DeviceId::new(publish::DEVICE) else { return html! {} };
    let device = DeviceRef { source: row.source.id.clone(), device };
    html! {
        details.wide {
            summary { (t!(words.lang, "admin-try-it-summary")) }
            p { (t!(words.lang, "admin-try-it-own")) }
            (copyable(words.lang, "line", &publish::line(door, &device, None, Kind::BodyWeight)))
        }
    }
}
