//! Devices: whose are they, and which are nobody's?

use super::form::{Fields, csrf, percent};
use super::layout::{self, Place, alert};
use crate::access::Caller;
use crate::api::assign_device;
use crate::app::{App, Shared};
use crate::cursor;
use crate::problem::Problem;
use crate::text::{Lang, Words, t};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use care::{Assignment, PatientId, Permission};
use chrono::{NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use maud::{Markup, html};
use serde::Deserialize;
use store::{DeviceFilter, MOST_COUNTED, Page, PageRequest, PatientRecord, WornDevice};
use vitals::{DeviceId, DeviceRef, Instant, SourceId, UserSlot};

/// What is looked for, and where the list goes on.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    q: Option<String>,
    nobodys: Option<String>,
    cursor: Option<String>,
}

impl Asked {
    fn search(&self) -> Option<&str> {
        self.q.as_deref().map(str::trim).filter(|q| !q.is_empty())
    }

    fn filter(&self) -> DeviceFilter {
        match (self.search(), &self.nobodys) {
            (Some(text), _) => DeviceFilter::Named(text.to_owned()),
            (None, Some(_)) => DeviceFilter::Nobodys,
            (None, None) => DeviceFilter::All,
        }
    }

    /// The list from `next` on.
    fn url(&self, next: &str) -> String {
        let filter = match (self.search(), &self.nobodys) {
            (Some(text), _) => format!("&q={}", percent(text)),
            (None, Some(_)) => "&nobodys=1".to_owned(),
            (None, None) => String::new(),
        };
        format!("/devices?cursor={}{filter}", cursor::write(next))
    }
}

/// So many on a page.
const ROWS: u32 = 100;

/// `GET /devices`.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Markup, Problem> {
    show(&app, &caller, &asked, None).await
}

/// `POST /devices/assign`.
pub(super) async fn assign(State(app): State<Shared>, caller: Caller, fields: Fields) -> Result<Response, Problem> {
    let done = async {
        let assignment = parse(&app, &caller, &fields).await?;
        assign_device(&app, assignment, fields.get("reason").unwrap_or_default(), &caller.actor).await?;
        Ok::<_, Problem>(())
    };
    match done.await {
        Ok(()) => Ok(Redirect::to("/devices").into_response()),
        Err(problem) if problem.status.is_client_error() => {
            let page = show(&app, &caller, &Asked::default(), Some((&problem, &fields))).await?;
            Ok((problem.status, page).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn parse(app: &App, caller: &Caller, fields: &Fields) -> Result<Assignment, Problem> {
    let lang = caller.lang;
    let wrong = || Problem::field("/device", t!(lang, "devices-wrong-device"));
    let (source, device) = fields.get("device").and_then(|text| text.split_once('/')).ok_or_else(wrong)?;
    let (source, device) = (SourceId::new(source).map_err(|_| wrong())?, DeviceId::new(device).map_err(|_| wrong())?);
    let record = whose(app, caller, fields.get("patient").unwrap_or_default()).await?;
    let slot = fields.get("slot").map(str::parse::<u8>).transpose();
    let slot = slot.ok().filter(|slot| *slot != Some(u8::MAX));
    let slot = slot.ok_or_else(|| Problem::field("/slot", t!(lang, "devices-wrong-slot")))?;
    let from = match fields.get("from") {
        None => app.clock.now(),
        Some(date) => midnight(date, record.patient.timezone)
            .ok_or_else(|| Problem::field("/from", t!(lang, "devices-wrong-date")))?,
    };
    let device = DeviceRef { source, device };
    Ok(Assignment { device, user_slot: slot.map(UserSlot), patient: record.patient.id, from, until: None })
}

/// The patient of this id, or the only one whom the words fit.
async fn whose(app: &App, caller: &Caller, text: &str) -> Result<PatientRecord, Problem> {
    if PatientId::new(text).is_ok()
        && let Ok(record) = caller.patient(app, text).await
    {
        return Ok(record);
    }
    let lang = caller.lang;
    let request = PageRequest { after: None, limit: 2 };
    let wanted = Some(text).filter(|text| !text.is_empty());
    let mut found = match wanted {
        Some(_) => app.store.patients(caller.scope(), wanted, request).await?.items,
        None => Vec::new(),
    };
    match (found.pop(), found.is_empty()) {
        (Some(record), true) => {
            caller.meets(&record.patient.id);
            Ok(record)
        }
        (Some(_), false) => Err(Problem::field("/patient", t!(lang, "devices-several-patients", text = text))),
        (None, _) => Err(Problem::field("/patient", t!(lang, "devices-no-patient"))),
    }
}

fn midnight(date: &str, zone: Tz) -> Option<Instant> {
    let date: NaiveDate = date.parse().ok()?;
    zone.from_local_datetime(&date.and_time(NaiveTime::MIN)).earliest().map(|t| t.to_utc())
}

async fn show(
    app: &App,
    caller: &Caller,
    asked: &Asked,
    wrong: Option<(&Problem, &Fields)>,
) -> Result<Markup, Problem> {
    let (words, lang) = (caller.words(app), caller.lang);
    let request = PageRequest { after: cursor::read(asked.cursor.as_deref())?, limit: ROWS };
    let devices = app.store.worn_devices(caller.scope(), asked.filter(), words.now, request).await?;
    let waiting = app.store.nobodys_devices().await?;
    let title = t!(lang, "common-devices");
    let content = html! {
        div.heading {
            h1 { (title) }
            form.search method="get" action="/devices" role="search" {
                label.hide for="q" { (t!(lang, "devices-search")) }
                input #q type="search" name="q" value=(asked.search().unwrap_or_default()) placeholder=(t!(lang, "devices-search"));
                button type="submit" { (t!(lang, "devices-find")) }
            }
        }
        @if let Some((wrong, _)) = wrong { (alert(&wrong.detail_in(lang))) }
        @if waiting > 0 { (nobodys(waiting, lang)) }
        @if asked.filter() != DeviceFilter::All { p { a href="/devices" { (t!(lang, "devices-show-all")) } } }
        (list(&devices, asked, words))
        @if caller.may(Permission::AssignDevices) { (form(caller, wrong.map(|(_, fields)| fields))) }
    };
    Ok(layout::page(caller, Place::Devices, &title, &content))
}

/// Somebody's readings wait there.
fn nobodys(count: u64, lang: Lang) -> Markup {
    html! {
        p.note {
            strong { @if count < MOST_COUNTED { (t!(lang, "devices-nobodys", n = count)) } @else { (t!(lang, "devices-nobodys-many", n = count)) } }
            " " (t!(lang, "devices-nobodys-kept")) " " a href="/devices?nobodys=1" { (t!(lang, "devices-nobodys-show")) }
        }
    }
}

fn list(devices: &Page<WornDevice>, asked: &Asked, words: Words) -> Markup {
    let lang = words.lang;
    if devices.items.is_empty() {
        return html! {
            div.empty {
                @if asked.filter() == DeviceFilter::All {
                    p { strong { (t!(lang, "devices-none")) } }
                    p.quiet { (t!(lang, "devices-none-remedy"; source = html! { a href="/sources" { (t!(lang, "devices-none-source")) } })) }
                } @else { p { (t!(lang, "devices-none-such")) } }
            }
        };
    }
    html! {
        div.scroll tabindex="0" role="region" aria-label=(t!(lang, "common-devices")) { table {
            thead { tr {
                th { (t!(lang, "devices-device")) } th { (t!(lang, "devices-whose")) } th { (t!(lang, "devices-measured")) }
                th { (t!(lang, "devices-battery")) } th { (t!(lang, "devices-strays")) }
            } }
            tbody { @for device in &devices.items { (row(device, words)) } }
        } }
        @if let Some(next) = &devices.next { p { a href=(asked.url(next)) { (t!(lang, "devices-more")) } } }
    }
}

fn row(device: &WornDevice, words: Words) -> Markup {
    let (seen, lang) = (&device.seen, words.lang);
    html! {
        tr {
            th scope="row" { (seen.device) }
            td {
                @if device.hidden { p.quiet { (t!(lang, "devices-another-team")) } }
                @for wearer in &device.wearers {
                    p { a href={ "/patients/" (wearer.patient) } { (wearer.name) }
                        @if let Some(slot) = wearer.user_slot { " " span.quiet { (t!(lang, "devices-slot", n = slot.0)) } } }
                }
                @if !device.hidden && device.wearers.is_empty() { strong { (t!(lang, "devices-nobody")) } }
            }
            td.num { @match seen.last_measured { Some(at) => { (words.when(at)) }, None => { span.quiet { (t!(lang, "devices-never")) } } } }
            td.num { @if let Some(battery) = seen.battery { (t!(lang, "devices-percent", n = battery)) } }
            td.num { @if seen.unassigned > 0 { strong { (seen.unassigned) } } @else { span.quiet { "0" } } }
        }
    }
}

fn form(caller: &Caller, typed: Option<&Fields>) -> Markup {
    let lang = caller.lang;
    let field = |name: &str| typed.and_then(|fields| fields.get(name));
    html! {
        section.card.narrow #assign {
            h2 { (t!(lang, "devices-assign")) }
            form.stack method="post" action="/devices/assign" {
                (csrf(caller))
                label { (t!(lang, "devices-device")) input type="text" name="device" required placeholder=(t!(lang, "patient-device-placeholder")) value=[field("device")]; }
                label { (t!(lang, "devices-patient")) input type="text" name="patient" required placeholder=(t!(lang, "devices-patient-how")) value=[field("patient")]; }
                label { (t!(lang, "devices-for-slot")) " " span.quiet { (t!(lang, "devices-every-slot")) }
                    input type="number" name="slot" min="0" max="254" value=[field("slot")]; }
                label { (t!(lang, "devices-first-day")) " " span.quiet { (t!(lang, "devices-from-now")) }
                    input type="date" name="from" value=[field("from")]; }
                label { (t!(lang, "devices-why")) input type="text" name="reason" value=[field("reason")]; }
                button type="submit" { (t!(lang, "devices-do-assign")) }
            }
        }
    }
}
