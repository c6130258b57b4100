//! Devices: whose are they, and which are nobody's?

use super::form::{Fields, csrf};
use super::layout::{self, Place, alert};
use super::words;
use crate::access::Caller;
use crate::api::assign_device;
use crate::app::{App, Shared};
use crate::problem::Problem;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use care::{Assignment, Assignments, PatientId, Permission};
use chrono::{NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};
use store::{DeviceSeen, PageRequest};
use vitals::{DeviceId, DeviceRef, Instant, SourceId, UserSlot};

/// `GET /devices`.
pub(super) async fn page(State(app): State<Shared>, caller: Caller) -> Result<Markup, Problem> {
    show(&app, &caller, None).await
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
            Ok((problem.status, show(&app, &caller, Some(&problem.detail)).await?).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn parse(app: &App, caller: &Caller, fields: &Fields) -> Result<Assignment, Problem> {
    let text = fields.required("device", "a device")?;
    let (source, device) =
        text.split_once('/').ok_or_else(|| Problem::field("/device", "A device is written `source/device`."))?;
    let wrong = |e: vitals::IdError| Problem::field("/device", format!("{e}."));
    let device =
        DeviceRef { source: SourceId::new(source).map_err(wrong)?, device: DeviceId::new(device).map_err(wrong)? };
    let missing = || Problem::field("/patient", "There is no such patient.");
    let record = caller.patient(app, fields.required("patient", "a patient")?).await.map_err(|_| missing())?;
    let patient = record.patient.id;
    let slot = fields.get("slot").map(str::parse::<u8>).transpose();
    let slot = slot.map_err(|_| Problem::field("/slot", "A slot is a number from 0 to 254."))?;
    let from = match fields.get("from") {
        None => app.clock.now(),
        Some(date) => midnight(date, record.patient.timezone)
            .ok_or_else(|| Problem::field("/from", "Write the first day as year-month-day."))?,
    };
    Ok(Assignment { device, user_slot: slot.map(UserSlot), patient, from, until: None })
}

fn midnight(date: &str, zone: Tz) -> Option<Instant> {
    let date: NaiveDate = date.parse().ok()?;
    zone.from_local_datetime(&date.and_time(NaiveTime::MIN)).earliest().map(|t| t.to_utc())
}

/// So many patients stand in the form; beyond it the id is typed.
const IN_FORM: u32 = 500;

async fn show(app: &App, caller: &Caller, wrong: Option<&str>) -> Result<Markup, Problem> {
    let mut devices = app.store.devices().await?;
    // What is nobody's comes first: somebody's readings wait there.
    devices.sort_by(|a, b| (a.unassigned == 0, &a.device).cmp(&(b.unassigned == 0, &b.device)));
    let mut assignments = Assignments::default();
    let all = app.store.assignments().await?;
    let seen = app.store.seen(caller.scope(), all.iter().map(|a| a.patient.clone()).collect()).await?;
    for assignment in all {
        // The store has checked them; a second check could only repeat it.
        let _ = assignments.add(assignment);
    }
    let patients = app.store.patients(caller.scope(), None, PageRequest { after: None, limit: IN_FORM }).await?.items;
    let names: BTreeMap<PatientId, String> = patients.into_iter().map(|r| (r.patient.id, r.patient.name)).collect();
    let (zone, now) = (app.config.timezone, app.clock.now());
    let waiting = devices.iter().filter(|d| d.unassigned > 0).count();
    let content = html! {
        h1 { "Devices" }
        @if let Some(wrong) = wrong { (alert(wrong)) }
        @if waiting > 0 {
            p.note { strong { (waiting) @if waiting == 1 { " device sends readings that are nobody’s." } @else { " devices send readings that are nobody’s." } }
                " They are kept, and judged as soon as the device is assigned." }
        }
        @if devices.is_empty() { div.empty { p { strong { "No device has sent anything yet." } } p.quiet { "Add a " a href="/sources" { "source" } " and let it send a reading." } } }
        @else {
            div.scroll { table {
                thead { tr { th { "Device" } th { "Belongs to" } th { "Last measured" } th { "Battery" } th { "Nobody’s readings" } } }
                tbody { @for device in &devices { (row(device, &assignments, (&seen, &names), zone, now)) } }
            } }
        }
        @if caller.may(Permission::AssignDevices) { (form(caller, &devices, &names)) }
    };
    Ok(layout::page(caller, Place::Devices, "Devices", &content))
}

fn row(
    device: &DeviceSeen,
    assignments: &Assignments,
    (seen, names): (&BTreeSet<PatientId>, &BTreeMap<PatientId, String>),
    zone: Tz,
    now: Instant,
) -> Markup {
    let current = assignments.of_device(&device.device).iter().filter(|a| a.until.is_none_or(|until| now < until));
    html! {
        tr {
            th scope="row" { (device.device) }
            td {
                @for _ in current.clone().filter(|a| !seen.contains(&a.patient)).take(1) { p.quiet { "a patient of another team" } }
                @for a in current.clone().filter(|a| seen.contains(&a.patient)) {
                    p { a href={ "/patients/" (a.patient) } { (names.get(&a.patient).map_or(a.patient.as_str(), String::as_str)) } @if let Some(slot) = a.user_slot { " " span.quiet { "slot " (slot) } } }
                }
                @if current.clone().next().is_none() { strong { "nobody" } }
            }
            td.num { @match device.last_measured { Some(t) => { (words::when(t, zone, now)) }, None => { span.quiet { "never" } } } }
            td.num { @if let Some(battery) = device.battery { (battery) " %" } }
            td.num { @if device.unassigned > 0 { strong { (device.unassigned) } } @else { span.quiet { "0" } } }
        }
    }
}

fn form(caller: &Caller, devices: &[DeviceSeen], names: &BTreeMap<PatientId, String>) -> Markup {
    html! {
        section.card.narrow #assign {
            h2 { "Assign a device" }
            form.stack method="post" action="/devices/assign" {
                (csrf(caller))
                label { "Device" input type="text" name="device" list="devices" required placeholder="source/device";
                    datalist #devices { @for d in devices { option value=(d.device) {} } } }
                label { "Patient" input type="text" name="patient" list="patients" required placeholder="id of the patient";
                    datalist #patients { @for (id, name) in names { option value=(id) { (name) } } } }
                label { "Slot, for a shared device " span.quiet { "(empty: every slot)" } input type="number" name="slot" min="0" max="254"; }
                label { "First day " span.quiet { "(empty: from now on)" } input type="date" name="from"; }
                label { "Why" input type="text" name="reason"; }
                button type="submit" { "Assign" }
            }
        }
    }
}
