//! Hubs and vendors: do they deliver?

use super::form::{Fields, csrf, percent};
use super::layout::{self, Place, alert};
use super::publish::{self, Door, copyable};
use crate::access::Caller;
use crate::api::{SecretOut, create_source};
use crate::app::{App, Shared};
use crate::cursor;
use crate::problem::Problem;
use crate::text::{Lang, Words, t};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use care::Permission;
use chrono::TimeDelta;
use maud::{Markup, html};
use serde::Deserialize;
use store::{MOST_COUNTED, PageRequest, SourceKind, SourceRow, SourceStatus};
use vitals::{DeviceId, DeviceRef, Kind, SourceId};
use wire::HubStatus;

/// What is searched for, and where the list goes on.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Search {
    q: Option<String>,
    cursor: Option<String>,
}

/// Sources on one page.
const SHOWN: u32 = 60;
/// A source that was not seen for so long wants a look.
const QUIET: TimeDelta = TimeDelta::hours(24);

/// `GET /sources`.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Query(search): Query<Search>,
) -> Result<Markup, Problem> {
    let wanted = search.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    let after = cursor::read(search.cursor.as_deref())?;
    show(&app, &caller, (wanted, after), None).await
}

/// `POST /sources`: the answer shows the secret, this once, so it is not redirected away.
pub(super) async fn add(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let made = async {
        let id = fields.get("id").unwrap_or_default();
        let id = SourceId::new(id).map_err(|_| Problem::field("/id", t!(lang, "admin-source-bad-id")))?;
        let kind = if fields.get("kind") == Some("vendor") { SourceKind::Vendor } else { SourceKind::Gateway };
        create_source(&app, &id, kind, &caller.actor).await
    };
    match made.await {
        Ok(secret) => {
            let title = t!(lang, "admin-source-made", id = secret.id.as_str());
            let content = html! {
                p.crumb { a href="/sources" { (t!(lang, "common-sources")) } }
                h1 { (title) }
                (show_secret(lang, Door::of(&app, &headers).as_ref(), &secret))
                p { a href={ "/sources/" (secret.id) } { (t!(lang, "admin-source-go-on")) } }
            };
            Ok(layout::page(&caller, Place::Sources, &title, &content).into_response())
        }
        Err(problem) if problem.status.is_client_error() => {
            let page = show(&app, &caller, (None, None), Some((&problem.detail_in(caller.lang), &fields))).await?;
            Ok((problem.status, page).into_response())
        }
        Err(problem) => Err(problem),
    }
}

type Wrong<'a> = Option<(&'a str, &'a Fields)>;

async fn show(
    app: &App,
    caller: &Caller,
    (wanted, after): (Option<&str>, Option<String>),
    wrong: Wrong<'_>,
) -> Result<Markup, Problem> {
    let page = app.store.source_rows(wanted, PageRequest { after, limit: SHOWN }).await?;
    let words = caller.words(app);
    let lang = caller.lang;
    let ledger = app.store.ledger().await?;
    let administers = caller.may(Permission::Administer);
    let (look, fine): (Vec<&SourceRow>, Vec<&SourceRow>) = page.items.iter().partition(|row| wants_look(row, words));
    let title = t!(lang, "common-sources");
    let content = html! {
        div.heading {
            h1 { (title) }
            form.search method="get" action="/sources" role="search" {
                label.hide for="q" { (t!(lang, "admin-source-search")) }
                input #q type="search" name="q" value=(wanted.unwrap_or_default()) placeholder=(t!(lang, "admin-source-search"));
                button type="submit" { (t!(lang, "admin-search")) }
            }
        }
        p.quiet { (t!(lang, "admin-sources-lead")) }
        @if let Some((wrong, _)) = wrong { (alert(wrong)) }
        p { a href="/quarantine" { (t!(lang, "admin-refused-waiting", n = ledger.quarantined)) } }
        @if page.items.is_empty() {
            div.empty {
                @if wanted.is_some() { p { (t!(lang, "admin-source-none-found")) } }
                @else { p { strong { (t!(lang, "admin-source-none")) } } p.quiet { (t!(lang, "admin-source-none-do")) } }
            }
        }
        @if !look.is_empty() { h2 { (t!(lang, "admin-sources-look")) " " span.count { (look.len()) } } (list(&look, words)) }
        @if !fine.is_empty() { h2 { (t!(lang, "admin-sources-fine")) " " span.count { (fine.len()) } } (list(&fine, words)) }
        @if let Some(next) = page.next {
            p { a href={ "/sources?cursor=" (cursor::write(next)) @if let Some(q) = wanted { "&q=" (percent(q)) } } { (t!(lang, "admin-more")) } }
        }
        @if administers { (add_form(caller, wrong.map(|(_, fields)| fields))) }
    };
    Ok(layout::page(caller, Place::Sources, &title, &content))
}

/// Whether somebody should look at it: it is closed, gone, quiet, or its messages are refused.
fn wants_look(row: &SourceRow, words: Words) -> bool {
    let quiet = row.source.last_seen.is_none_or(|seen| words.now.signed_duration_since(seen) > QUIET);
    let gone = row.status.as_ref().and_then(hub).is_some_and(|hub| !hub.online);
    row.source.disabled || quiet || gone || row.refused > 0
}

/// What a hub says of itself, where it can be read.
pub(super) fn hub(status: &SourceStatus) -> Option<HubStatus> {
    HubStatus::parse(&status.payload).ok()
}

/// Whether it is connected, as far as is known: hubs say so, of others it is only known when they were seen.
pub(super) fn presence(row: &SourceRow, words: Words) -> Markup {
    let lang = words.lang;
    let hub = row.status.as_ref().and_then(|s| Some((hub(s)?, s.at)));
    html! {
        @match (&hub, row.source.last_seen) {
            _ if row.source.disabled => { span.state.off { (t!(lang, "admin-disabled")) } },
            (Some((hub, _)), _) if hub.online => { span.state.on { (t!(lang, "admin-online")) } },
            (Some((_, since)), _) => { span.state.off { (t!(lang, "admin-offline")) } " " (words.when(*since)) },
            (None, Some(seen)) => { (t!(lang, "admin-seen")) " " (words.when(seen)) },
            (None, None) => { span.state.off { (t!(lang, "admin-never-seen")) } },
        }
    }
}

pub(super) fn kind(lang: Lang, kind: SourceKind) -> String {
    match kind {
        SourceKind::Gateway => t!(lang, "admin-hub"),
        SourceKind::Vendor => t!(lang, "admin-vendor"),
    }
}

/// "1,000 or more" where counting stopped.
pub(super) fn counted(lang: Lang, count: u64) -> String {
    if count >= MOST_COUNTED { t!(lang, "admin-or-more", n = MOST_COUNTED) } else { count.to_string() }
}

fn list(rows: &[&SourceRow], words: Words) -> Markup {
    let lang = words.lang;
    html! {
        ul.sources { @for row in rows {
            li {
                p.name { a href={ "/sources/" (row.source.id) } { (row.source.id) } " " small.quiet { (kind(lang, row.source.kind)) } }
                p { (presence(row, words)) }
                p.num {
                    @match row.last_reading {
                        Some(at) => { (t!(lang, "admin-last-reading")) " " (words.when(at)) },
                        None => { span.quiet { (t!(lang, "admin-no-reading")) } },
                    }
                }
                p.num { (t!(lang, "admin-devices-n", n = row.devices)) }
                p {
                    @if row.refused > 0 {
                        a href={ "/quarantine?source=" (row.source.id) } { (t!(lang, "admin-refused-n", n = row.refused, text = counted(lang, row.refused))) }
                    }
                }
            }
        } }
    }
}

/// A new secret with the line that uses it.
pub(super) fn show_secret(lang: Lang, door: Option<&Door>, secret: &SecretOut) -> Markup {
    let device = DeviceId::new(publish::DEVICE).ok().map(|device| DeviceRef { source: secret.id.clone(), device });
    html! {
        section.card.secret {
            h2 { (t!(lang, "admin-secret-of", id = secret.id.as_str())) }
            p { strong { (t!(lang, "admin-secret-once")) } }
            dl.facts {
                dt { (t!(lang, "admin-user-name")) } dd { code { (secret.username) } }
                dt { (t!(lang, "admin-password")) } dd { (copyable(lang, "secret", &secret.password)) }
            }
            @if let Some(device) = device {
                p { (t!(lang, "admin-try-it")) }
                (copyable(lang, "line", &publish::line(door, &device, Some(&secret.password), Kind::BodyWeight)))
                p.quiet { (t!(lang, "admin-line-visible")) }
                @if door.is_none() { p.quiet { (t!(lang, "admin-no-door")) } }
            }
        }
    }
}

fn add_form(caller: &Caller, typed: Option<&Fields>) -> Markup {
    let lang = caller.lang;
    let id = typed.and_then(|f| f.get("id")).unwrap_or_default();
    let vendor = typed.is_some_and(|f| f.get("kind") == Some("vendor"));
    html! {
        section.card.narrow {
            h2 { (t!(lang, "admin-source-add")) }
            form.stack method="post" action="/sources" {
                (csrf(caller))
                label { (t!(lang, "admin-source-id"))
                    input type="text" name="id" value=(id) required maxlength="64" pattern="[A-Za-z0-9._:\\-]{1,64}" placeholder="hub-17" autocapitalize="none" autocomplete="off";
                    small.quiet { (t!(lang, "admin-source-id-rule")) } }
                label { (t!(lang, "admin-source-kind"))
                    select name="kind" {
                        option value="gateway" { (t!(lang, "admin-kind-gateway")) }
                        option value="vendor" selected[vendor] { (t!(lang, "admin-kind-vendor")) }
                    } }
                button.primary type="submit" { (t!(lang, "admin-source-do-add")) }
            }
        }
    }
}
