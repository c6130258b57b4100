//! The first day: from nothing to a first reading, in three steps.

use super::form::{Fields, csrf};
use super::layout::{self, Place, alert};
use super::publish::{self, Door, copyable};
use super::{reason, tasks};
use crate::access::Caller;
use crate::api::{SecretOut, assign_device, create_source, enter_patient};
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::text::{Lang, Words, t};
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use care::{Assignment, Permission};
use chrono::TimeDelta;
use maud::{Markup, html};
use serde_json::json;
use store::{PageRequest, PatientRecord, RefusedKind, SourceKind};
use vitals::{DeviceId, DeviceRef, Kind, SourceId, StoredReading};

/// `GET /`: the list of tasks; while there is no patient, whoever may enter one is led to the first steps.
pub(super) async fn home(State(app): State<Shared>, caller: Caller, request: Request) -> Result<Response, Problem> {
    if caller.may(Permission::EditCare) && app.store.patient_count().await? == 0 {
        return Ok(Redirect::to("/first-run").into_response());
    }
    Ok(tasks::page.call(request, app).await)
}

/// How far the first day has come.
struct View {
    patient: Option<PatientRecord>,
    device: Option<DeviceRef>,
    readings: Vec<StoredReading>,
    refused: Vec<RefusedKind>,
    door: Option<Door>,
    words: Words,
    /// the password, in the answer that made it
    secret: Option<SecretOut>,
}

async fn load(app: &App, caller: &Caller, headers: &HeaderMap, secret: Option<SecretOut>) -> Result<View, Problem> {
    let page = PageRequest { after: None, limit: 1 };
    let patient = app.store.patients(caller.scope(), None, page).await?.items.into_iter().next();
    let device = patient.as_ref().and_then(|p| p.assignments.first()).map(|a| a.device.clone());
    let readings = match &device {
        Some(device) => app.store.device_readings(device, 3).await?,
        None => Vec::new(),
    };
    let refused = match &device {
        Some(device) if readings.is_empty() => app.store.refused_kinds(Some(&device.source)).await?,
        _ => Vec::new(),
    };
    Ok(View { patient, device, readings, refused, door: Door::of(app, headers), words: caller.words(app), secret })
}

/// `GET /first-run`.
pub(super) async fn page(State(app): State<Shared>, caller: Caller, headers: HeaderMap) -> Result<Markup, Problem> {
    let view = load(&app, &caller, &headers, None).await?;
    Ok(show(&app, &caller, &view, None))
}

/// `POST /first-run/patient`.
pub(super) async fn patient(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let text = |name: &str| fields.get(name).unwrap_or_default();
    let mut body = json!({
        "name": text("name"), "timezone": text("timezone"), "phone": text("phone"), "language": text("language"),
        "programmes": [text("programme")],
    });
    if let (Some(born), Some(map)) = (fields.get("birth_date"), body.as_object_mut()) {
        map.insert("birth_date".to_owned(), born.into());
    }
    let lang = caller.lang;
    let entered = async {
        let missing = || Problem::field("/", t!(lang, "first-patient-wrong"));
        let body = serde_json::from_value(body).map_err(|_| missing())?;
        enter_patient(&app, body, &caller).await
    };
    match entered.await {
        Ok(_) => Ok(Redirect::to("/first-run").into_response()),
        Err(problem) => again(&app, &caller, &headers, problem, &fields).await,
    }
}

/// `POST /first-run`: a source, a device of it, and whose it is; the answer shows the secret.
pub(super) async fn device(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let made = async {
        let view = load(&app, &caller, &headers, None).await?;
        let patient = view.patient.ok_or_else(|| Problem::conflict(t!(lang, "first-patient-first")))?;
        let bad = |_| Problem::field("/id", t!(lang, "admin-source-bad-id"));
        let source = SourceId::new(fields.get("id").unwrap_or_default()).map_err(bad)?;
        let device = DeviceId::new(fields.get("device").unwrap_or_default()).map_err(bad)?;
        let kind = if fields.get("kind") == Some("vendor") { SourceKind::Vendor } else { SourceKind::Gateway };
        let secret = create_source(&app, &source, kind, &caller.actor).await?;
        let assignment = Assignment {
            device: DeviceRef { source, device },
            user_slot: None,
            patient: patient.patient.id,
            // What is sent by hand may be dated a little earlier than this form.
            from: app.clock.now() - TimeDelta::hours(1),
            until: None,
        };
        assign_device(&app, assignment, "first device", &caller.actor).await?;
        Ok(secret)
    };
    match made.await {
        Ok(secret) => {
            let view = load(&app, &caller, &headers, Some(secret)).await?;
            Ok(show(&app, &caller, &view, None).into_response())
        }
        Err(problem) => again(&app, &caller, &headers, problem, &fields).await,
    }
}

async fn again(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    problem: Problem,
    fields: &Fields,
) -> Result<Response, Problem> {
    if !problem.status.is_client_error() {
        return Err(problem);
    }
    let view = load(app, caller, headers, None).await?;
    Ok((problem.status, show(app, caller, &view, Some((&problem.detail_in(caller.lang), fields)))).into_response())
}

type Wrong<'a> = Option<(&'a str, &'a Fields)>;

fn show(app: &App, caller: &Caller, view: &View, wrong: Wrong<'_>) -> Markup {
    let lang = caller.lang;
    let title = t!(lang, "first-title");
    let content = html! {
        h1 { (title) }
        p.quiet { (t!(lang, "first-lead")) }
        @if let Some((wrong, _)) = wrong { (alert(wrong)) }
        ol.steps {
            li.done[view.patient.is_some()] {
                h2 { (t!(lang, "first-patient")) }
                @match &view.patient {
                    Some(record) => { p { (t!(lang, "first-patient-done"; name = html! { a href={ "/patients/" (record.patient.id) } { (record.patient.name) } })) } },
                    None => { (patient_form(app, caller, wrong.map(|(_, f)| f), view.words)) },
                }
            }
            li.done[view.device.is_some()] {
                h2 { (t!(lang, "first-device")) }
                @match (&view.device, &view.patient) {
                    (Some(device), _) => { p { (t!(lang, "first-device-done", device = device.to_string())) } },
                    (None, Some(_)) if caller.may(Permission::Administer) => { (device_form(caller, wrong.map(|(_, f)| f))) },
                    (None, Some(_)) => { p { (t!(lang, "first-device-admin")) } },
                    (None, None) => { p.quiet { (t!(lang, "first-device-later")) } },
                }
            }
            li.done[!view.readings.is_empty()] {
                h2 { (t!(lang, "first-reading")) }
                @match &view.device { Some(device) => { (reading(caller, view, device)) }, None => { p.quiet { (t!(lang, "first-reading-later")) } } }
            }
        }
    };
    layout::page(caller, Place::Tasks, &title, &content)
}

fn patient_form(app: &App, caller: &Caller, typed: Option<&Fields>, words: Words) -> Markup {
    let lang = caller.lang;
    let value = |name: &str| typed.and_then(|f| f.get(name)).unwrap_or_default();
    let zone = Some(value("timezone")).filter(|z| !z.is_empty()).unwrap_or(app.config.timezone.name());
    html! {
        form.stack.narrow method="post" action="/first-run/patient" {
            (csrf(caller))
            label { (t!(lang, "first-name")) input type="text" name="name" value=(value("name")) required autocomplete="off"; }
            label { (t!(lang, "first-born")) input type="date" name="birth_date" value=(value("birth_date")); }
            label { (t!(lang, "first-phone")) input type="tel" name="phone" value=(value("phone")) autocomplete="off"; }
            label { (t!(lang, "first-programme"))
                select name="programme" required {
                    // Whoever is asked for nothing takes the first, whatever the patient has.
                    option value="" { (t!(lang, "tasks-choose")) }
                    @for programme in app.rulebooks.programmes(words.now) {
                    option value=(programme) selected[value("programme") == programme.as_str()] { (words.programme(programme.as_str())) }
                } } }
            label { (t!(lang, "first-language"))
                select name="language" { @for one in Lang::ALL { option value=(one.code()) selected[one == lang] { (one.name()) } } } }
            label { (t!(lang, "first-zone")) input type="text" name="timezone" value=(zone) required list="zones" autocomplete="off";
                small.quiet { (t!(lang, "first-zone-rule")) }
                datalist #zones { @for zone in ["Europe/Berlin", "Europe/London", "Europe/Vienna", "Europe/Zurich", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "UTC"] { option value=(zone) {} } } }
            button.primary type="submit" { (t!(lang, "first-patient-do")) }
        }
    }
}

fn device_form(caller: &Caller, typed: Option<&Fields>) -> Markup {
    let lang = caller.lang;
    let value = |name: &str, other: &'static str| typed.and_then(|f| f.get(name)).map_or(other, |v| v).to_owned();
    html! {
        p { (t!(lang, "first-device-lead")) }
        form.stack.narrow method="post" action="/first-run" {
            (csrf(caller))
            label { (t!(lang, "admin-source-id")) input type="text" name="id" value=(value("id", "hub-1")) required maxlength="64" pattern="[A-Za-z0-9._:\\-]{1,64}" autocapitalize="none" autocomplete="off";
                small.quiet { (t!(lang, "admin-source-id-rule")) } }
            label { (t!(lang, "admin-source-kind")) select name="kind" {
                option value="gateway" { (t!(lang, "admin-kind-gateway")) }
                option value="vendor" selected[value("kind", "") == "vendor"] { (t!(lang, "admin-kind-vendor")) }
            } }
            label { (t!(lang, "first-device-name")) input type="text" name="device" value=(value("device", publish::DEVICE)) required maxlength="64" pattern="[A-Za-z0-9._:\\-]{1,64}" autocapitalize="none" autocomplete="off"; }
            button.primary type="submit" { (t!(lang, "first-device-do")) }
        }
    }
}

/// What the patient's programme expects first.
fn wanted(view: &View) -> Kind {
    let programme = view.patient.as_ref().and_then(|p| p.enrolments.first()).map(|e| e.programme.as_str().to_owned());
    match programme.as_deref() {
        Some("hypertension") => Kind::BloodPressure,
        Some("diabetes") => Kind::Glucose,
        Some("copd") => Kind::OxygenSaturation,
        _ => Kind::BodyWeight,
    }
}

fn reading(caller: &Caller, view: &View, device: &DeviceRef) -> Markup {
    let (lang, words) = (caller.lang, view.words);
    let password = view.secret.as_ref().map(|s| s.password.as_str());
    let patient = view.patient.as_ref().map(|p| p.patient.id.as_str()).unwrap_or_default();
    html! {
        @if view.readings.is_empty() || password.is_some() {
            p { (t!(lang, "first-reading-lead")) }
            (copyable(lang, "line", &publish::line(view.door.as_ref(), device, password, wanted(view))))
            @if password.is_some() { p { strong { (t!(lang, "admin-secret-once")) } " " (t!(lang, "admin-line-visible")) } }
            @else { p { (t!(lang, "first-password"; source = html! { a href={ "/sources/" (device.source) } { (device.source) } })) } }
            @if view.door.is_none() { p.quiet { (t!(lang, "admin-no-door")) } }
        }
        div #live data-live="patients" data-patient=(patient) {
            @if view.readings.is_empty() {
                p.waiting role="status" { (t!(lang, "first-waiting")) }
                @for kind in &view.refused {
                    p.note { strong { (t!(lang, "first-refused")) } " " (reason::title(lang, &kind.code)) ". "
                        (reason::remedy(lang, &kind.code).unwrap_or_default()) " "
                        a href={ "/quarantine?source=" (device.source) } { (t!(lang, "first-look")) } }
                }
            } @else {
                p.arrived role="status" { strong { (t!(lang, "first-arrived")) } }
                ul.values { @for stored in &view.readings {
                    li {
                        strong { (words.kind(stored.reading.kind)) }
                        @for (quantity, value) in &stored.reading.values { span { (words.quantity(*quantity)) " " (words.value(*value)) } }
                        span.quiet { (words.when(stored.received_at.0)) }
                    }
                } }
                p { (t!(lang, "first-next"; tasks = html! { a href="/" { (t!(lang, "common-tasks")) } }, patient = html! { a href={ "/patients/" (patient) } { (t!(lang, "first-next-patient")) } })) }
            }
        }
    }
}
