//! Hubs and vendors: do they deliver?

use super::form::{Fields, csrf};
use super::layout::{self, Place, alert};
use super::words;
use crate::access::Caller;
use crate::api::{SecretOut, create_source, rotate_source};
use crate::app::{App, Shared};
use crate::problem::Problem;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use care::Permission;
use chrono_tz::Tz;
use maud::{Markup, html};
use store::{Source, SourceKind, SourceStatus};
use vitals::{DeviceId, DeviceRef, Instant, SourceId};
use wire::{Channel, Topic};

/// `GET /sources`.
pub(super) async fn page(State(app): State<Shared>, caller: Caller) -> Result<Markup, Problem> {
    show(&app, &caller, None, None).await
}

/// `POST /sources`.
pub(super) async fn add(State(app): State<Shared>, caller: Caller, fields: Fields) -> Result<Response, Problem> {
    let made = async {
        let id = SourceId::new(fields.required("id", "an id")?).map_err(|e| Problem::field("/id", format!("{e}.")))?;
        let kind = if fields.get("kind") == Some("vendor") { SourceKind::Vendor } else { SourceKind::Gateway };
        create_source(&app, &id, kind, &caller.actor).await
    };
    answer(&app, &caller, made.await.map(Some)).await
}

/// `POST /sources/{id}/{verb}`: `rotate`, `disable`, `enable`.
pub(super) async fn change(
    State(app): State<Shared>,
    caller: Caller,
    Path((id, verb)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let id = SourceId::new(&id).map_err(|_| Problem::not_found("such source"))?;
    let done = async {
        match verb.as_str() {
            "rotate" => rotate_source(&app, &id, &caller.actor).await.map(Some),
            "disable" | "enable" => {
                app.store.set_source_disabled(&id, verb == "disable", &caller.actor).await?;
                Ok(None)
            }
            _ => Err(Problem::not_found("such command")),
        }
    };
    answer(&app, &caller, done.await).await
}

/// A secret is shown in this answer and nowhere else, so it is not redirected away.
async fn answer(app: &App, caller: &Caller, result: Result<Option<SecretOut>, Problem>) -> Result<Response, Problem> {
    match result {
        Ok(Some(secret)) => Ok(show(app, caller, Some(secret), None).await?.into_response()),
        Ok(None) => Ok(Redirect::to("/sources").into_response()),
        Err(problem) if problem.status.is_client_error() => {
            let page = show(app, caller, None, Some(&problem.detail)).await?;
            Ok((problem.status, page).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn show(app: &App, caller: &Caller, secret: Option<SecretOut>, wrong: Option<&str>) -> Result<Markup, Problem> {
    let (sources, statuses) = (app.store.sources().await?, app.store.statuses().await?);
    let (zone, now) = (app.config.timezone, app.clock.now());
    let administers = caller.may(Permission::Administer);
    let content = html! {
        h1 { "Sources" }
        p.quiet { "Home hubs and vendors that send readings." }
        @if let Some(wrong) = wrong { (alert(wrong)) }
        @if let Some(secret) = secret { (show_secret(&secret)) }
        @if sources.is_empty() { div.empty { p { strong { "There is no source yet." } } p.quiet { "Add the first hub or vendor below; it gets a password of its own." } } }
        @else {
            div.scroll { table {
                thead { tr { th { "Source" } th { "Kind" } th { "Last seen" } th { "Says of itself" } @if administers { th { span.hide { "Change" } } } } }
                tbody { @for source in &sources { (row(caller, source, &statuses, zone, now)) } }
            } }
        }
        @if administers { (add_form(caller)) }
    };
    Ok(layout::page(caller, Place::Sources, "Sources", &content))
}

fn show_secret(secret: &SecretOut) -> Markup {
    html! {
        section.card.secret {
            h2 { "The password of " (secret.id) }
            p { "Copy it now. It is shown this once and kept nowhere." }
            dl.facts {
                dt { "User name" } dd { code { (secret.username) } }
                dt { "Password" } dd { code { (secret.password) } }
                @if let Some(topic) = readings_of(&secret.id, "DEVICE") { dt { "Topics" } dd { code { (topic) } } }
            }
        }
    }
}

/// Where a device's readings go, for a person to copy.
fn readings_of(source: &SourceId, device: &str) -> Option<Topic> {
    let device = DeviceRef { source: source.clone(), device: DeviceId::new(device).ok()? };
    Some(Topic::Device { device, channel: Channel::Reading })
}

fn row(caller: &Caller, source: &Source, statuses: &[SourceStatus], zone: Tz, now: Instant) -> Markup {
    let status = statuses.iter().find(|s| s.source == source.id);
    let action = |verb: &str| format!("/sources/{}/{verb}", source.id);
    html! {
        tr {
            th scope="row" { (source.id) @if source.disabled { " " span.tag { "disabled" } } }
            td { (match source.kind { SourceKind::Gateway => "hub", SourceKind::Vendor => "vendor" }) }
            td.num { @match source.last_seen { Some(t) => { (words::when(t, zone, now)) }, None => { span.quiet { "never" } } } }
            td {
                @match status { Some(s) => { (says(s)) " " span.quiet { (words::ago(s.at, now)) } }, None => { span.quiet { "nothing" } } }
                @if source.qos0 > 0 { p.quiet { (source.qos0) " messages at QoS 0: nothing could be promised" } }
            }
            @if caller.may(Permission::Administer) {
                td.forms {
                    form method="post" action=(action("rotate")) { (csrf(caller)) button.plain type="submit" { "New password" } }
                    form method="post" action=(action(if source.disabled { "enable" } else { "disable" })) {
                        (csrf(caller)) button.plain type="submit" { (if source.disabled { "Enable" } else { "Disable" }) }
                    }
                }
            }
        }
    }
}

/// The hub's own words: its status message, as "online true, battery 80".
fn says(status: &SourceStatus) -> String {
    let parsed: Result<serde_json::Map<String, serde_json::Value>, _> = serde_json::from_slice(&status.payload);
    let Ok(fields) = parsed else { return "something that is no JSON object".to_owned() };
    if fields.get("online").and_then(serde_json::Value::as_bool) == Some(false) {
        return "offline".to_owned();
    }
    let word = |(name, value): (&String, &serde_json::Value)| match value {
        serde_json::Value::Bool(true) => Some(name.replace('_', " ")),
        serde_json::Value::Number(n) => Some(format!("{} {n}", name.replace('_', " "))),
        serde_json::Value::String(s) => Some(format!("{} {s}", name.replace('_', " "))),
        _ => None,
    };
    fields.iter().filter_map(word).collect::<Vec<_>>().join(", ")
}

fn add_form(caller: &Caller) -> Markup {
    html! {
        section.card.narrow {
            h2 { "Add a source" }
            form.stack method="post" action="/sources" {
                (csrf(caller))
                label { "Id" input type="text" name="id" required maxlength="64" pattern="[A-Za-z0-9._:\\-]{1,64}" placeholder="hub-17"; }
                label { "Kind" select name="kind" { option value="gateway" { "hub at a patient’s home" } option value="vendor" { "vendor’s cloud" } } }
                button type="submit" { "Add" }
            }
        }
    }
}
