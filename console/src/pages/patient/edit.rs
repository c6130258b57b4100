//! Entering a patient, and changing who they are and how to reach them.

use super::care_form;
use crate::access::Caller;
use crate::api::enrolment::ProgrammeIn;
use crate::api::patient_input::{AssignmentIn, ContactJson, IdentifierJson, PatientIn};
use crate::api::{change_patient, enter_patient};
use crate::app::{App, Shared};
use crate::pages::form::{Fields, csrf};
use crate::pages::layout::{self, Place, alert};
use crate::pages::people::{team_fields, teams};
use crate::problem::Problem;
use crate::text::{Lang, Words, t};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use care::{Patient, Permission, ProgrammeId, Team};
use chrono_tz::Tz;
use maud::{Markup, html};
use std::collections::BTreeSet;
use store::PatientRecord;
use vitals::{DeviceId, DeviceRef, SourceId, UserSlot};

/// `GET /new-patient`.
pub(in crate::pages) async fn new_page(State(app): State<Shared>, caller: Caller) -> Result<Markup, Problem> {
    show_new(&app, &caller, &Fields::default(), None).await
}

/// `POST /new-patient`.
pub(in crate::pages) async fn add(
    State(app): State<Shared>,
    caller: Caller,
    fields: Fields,
) -> Result<Response, Problem> {
    let done = async {
        let zone: Tz = timezone(&fields, caller.lang)?.unwrap_or(app.config.timezone);
        let mut patient = profile(&fields, caller.lang, true)?;
        patient.timezone = Some(zone);
        let from = care_form::date(&fields, "from", zone, caller.lang)?;
        let programme = |id: &str| ProgrammeId::new(id).map(|id| ProgrammeIn { id, from, until: None }).ok();
        patient.programmes = Some(fields.all("programme").filter_map(programme).collect());
        patient.assignments = first_device(&fields, caller.lang)?.map(|(device, user_slot)| {
            vec![AssignmentIn { source: device.source, device: device.device, user_slot, from, until: None }]
        });
        enter_patient(&app, patient, &caller).await
    };
    match done.await {
        Ok(record) => Ok(on_to(&caller, &record).into_response()),
        Err(problem) if problem.status.is_client_error() => {
            Ok((problem.status, show_new(&app, &caller, &fields, Some(&problem.detail_in(caller.lang))).await?)
                .into_response())
        }
        Err(problem) => Err(problem),
    }
}

fn timezone(fields: &Fields, lang: Lang) -> Result<Option<Tz>, Problem> {
    let parse =
        |text: &str| text.parse().map_err(|_| Problem::field("/timezone", t!(lang, "patient-wrong-zone", zone = text)));
    fields.get("timezone").map(parse).transpose()
}

fn first_device(fields: &Fields, lang: Lang) -> Result<Option<(DeviceRef, Option<UserSlot>)>, Problem> {
    let Some(text) = fields.get("device") else { return Ok(None) };
    let wrong = || Problem::field("/device", t!(lang, "patient-wrong-device"));
    let (source, device) = text.split_once('/').ok_or_else(wrong)?;
    let device = DeviceRef {
        source: SourceId::new(source).map_err(|_| wrong())?,
        device: DeviceId::new(device).map_err(|_| wrong())?,
    };
    let slot = fields.get("slot").map(str::parse).transpose();
    let slot = slot.map_err(|_| Problem::field("/slot", t!(lang, "patient-wrong-slot")))?;
    Ok(Some((device, slot.map(UserSlot))))
}

/// What the form says of who they are; `whole` where a clinician sent it, otherwise how to reach them.
fn profile(fields: &Fields, lang: Lang, whole: bool) -> Result<PatientIn, Problem> {
    let rows = |a, b| fields.column(a).zip(fields.column(b)).map(|(a, b)| (a.to_owned(), b.to_owned()));
    let relations: Vec<String> = fields.column("contact_relation").map(str::to_owned).collect();
    let contacts = rows("contact_name", "contact_phone")
        .zip(relations)
        .filter(|((name, phone), _)| !name.is_empty() || !phone.is_empty());
    let reach = PatientIn {
        phone: Some(fields.get("phone").unwrap_or_default().to_owned()),
        language: fields.get("language").map(str::to_owned),
        contacts: Some(contacts.map(|((name, phone), relation)| ContactJson { name, phone, relation }).collect()),
        reason: fields.get("reason").map(str::to_owned),
        ..PatientIn::default()
    };
    if !whole {
        return Ok(reach);
    }
    let born = fields.get("birth_date").map(str::parse).transpose();
    let numbers = rows("id_system", "id_value").filter(|(_, value)| !value.is_empty());
    Ok(PatientIn {
        name: Some(fields.required("name", lang, &t!(lang, "patient-a-name"))?.to_owned()),
        birth_date: Some(born.map_err(|_| Problem::field("/birth_date", t!(lang, "patient-wrong-date")))?),
        identifiers: Some(numbers.map(|(system, value)| IdentifierJson { system, value }).collect()),
        timezone: timezone(fields, lang)?,
        teams: fields.get("teams").map(|_| teams(fields)).transpose()?,
        ..reach
    })
}

async fn show_new(app: &App, caller: &Caller, typed: &Fields, wrong: Option<&str>) -> Result<Markup, Problem> {
    let lang = caller.lang;
    let waiting = app.store.unassigned(100).await?;
    let devices: BTreeSet<DeviceRef> = waiting.iter().map(|r| r.reading.device_ref()).collect();
    let nobody = Patient {
        id: care::PatientId::new("new").map_err(|e| Problem::internal(&e))?,
        name: String::new(),
        birth_date: None,
        timezone: app.config.timezone,
        phone: String::new(),
        contacts: Vec::new(),
        language: lang.code().to_owned(),
        identifiers: Vec::new(),
        teams: caller.scope().teams().clone(),
    };
    let all = app.store.teams().await?;
    let field = |name: &str| typed.get(name).unwrap_or_default().to_owned();
    let words = caller.words(app);
    let content = html! {
        p.crumb { a href="/patients" { (t!(lang, "common-patients")) } }
        h1 { (t!(lang, "patient-new")) }
        @if let Some(wrong) = wrong { (alert(wrong)) }
        form.stack.person-form method="post" action="/new-patient" {
            (csrf(caller))
            (who_fields(&nobody, typed, lang))
            (team_choice(&all, &nobody, typed, lang))
            (reach_fields(&nobody, typed, lang))
            fieldset { legend { (t!(lang, "patient-programmes")) }
                @for programme in app.rulebooks.programmes(words.now) {
                    label.check { input type="checkbox" name="programme" value=(programme) checked[typed.all("programme").any(|p| p == programme.as_str())]; " " (words.programme(programme.as_str())) }
                }
                label { (t!(lang, "patient-enrolled-from")) " " span.quiet { (t!(lang, "patient-empty-now")) } input type="date" name="from" value=(field("from")); }
            }
            fieldset { legend { (t!(lang, "patient-first-device")) }
                label { (t!(lang, "patient-device")) " " span.quiet { (t!(lang, "patient-device-hint")) }
                    input name="device" list="waiting" placeholder=(t!(lang, "patient-device-placeholder")) value=(field("device"));
                    datalist id="waiting" { @for d in &devices { option value=(d) {} } } }
                label { (t!(lang, "patient-slot-field")) " " span.quiet { (t!(lang, "patient-slot-empty")) } input type="number" name="slot" min="0" max="254" value=(field("slot")); }
            }
            button.primary type="submit" { (t!(lang, "patient-enter")) }
        }
    };
    Ok(layout::page(caller, Place::Patients, &t!(lang, "patient-new"), &content))
}

/// `GET /patients/{id}/edit`.
pub(in crate::pages) async fn edit_page(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Markup, Problem> {
    show(&app, &caller, &id, &Typed::default(), None).await
}

/// `POST /patients/{id}/edit`.
pub(in crate::pages) async fn change(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Problem> {
    let record = caller.patient(&app, &id).await?;
    let wish = profile(&fields, caller.lang, caller.may(Permission::EditCare));
    save(&app, &caller, &record, wish, &Typed { person: fields, ..Typed::default() }).await
}

/// What was typed into the two forms of the page.
#[derive(Debug, Default)]
pub(super) struct Typed {
    pub(super) person: Fields,
    pub(super) care: Fields,
}

/// To the patient's page; of whom another team has from now on, to the page that says so and how to open them.
fn on_to(caller: &Caller, record: &PatientRecord) -> Redirect {
    let id = &record.patient.id;
    Redirect::to(&match caller.scope().sees(&record.patient) {
        true => format!("/patients/{id}"),
        false => format!("/glass?patient={id}"),
    })
}

/// Does what one of the forms asks for, or shows both again with what is in the way.
pub(super) async fn save(
    app: &App,
    caller: &Caller,
    record: &PatientRecord,
    wish: Result<PatientIn, Problem>,
    typed: &Typed,
) -> Result<Response, Problem> {
    let done = match wish {
        Ok(wish) => change_patient(app, wish, record, caller).await,
        Err(problem) => Err(problem),
    };
    let id = &record.patient.id;
    match done {
        Ok(after) => Ok(on_to(caller, &after).into_response()),
        Err(problem) if problem.status.is_client_error() => {
            let page = show(app, caller, id.as_str(), typed, Some(&problem.detail_in(caller.lang))).await?;
            Ok((problem.status, page).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn show(
    app: &App,
    caller: &Caller,
    id: &str,
    Typed { person: typed, care }: &Typed,
    wrong: Option<&str>,
) -> Result<Markup, Problem> {
    let record = caller.patient(app, id).await?;
    let words: Words = caller.words(app).in_zone(record.patient.timezone);
    let (patient, lang) = (&record.patient, caller.lang);
    let all = app.store.teams().await?;
    let content = html! {
        p.crumb { a href={ "/patients/" (patient.id) } { (patient.name) } }
        h1 { (t!(lang, "patient-edit-of", name = patient.name.as_str())) }
        @if let Some(wrong) = wrong { (alert(wrong)) }
        div.columns.even {
            form.stack.person-form method="post" action={ "/patients/" (patient.id) "/edit" } {
                (csrf(caller))
                @if caller.may(Permission::EditCare) { (who_fields(patient, typed, lang)) (team_choice(&all, patient, typed, lang)) }
                (reach_fields(patient, typed, lang))
                label { (t!(lang, "patient-why")) textarea name="reason" rows="2" { (typed.get("reason").unwrap_or_default()) } }
                button.primary type="submit" { (t!(lang, "patient-save")) }
            }
            @if caller.may(Permission::EditCare) { (care_form::form(app, caller, &record, (care, words))) }
        }
    };
    Ok(layout::page(caller, Place::Patients, &t!(lang, "patient-edit-of", name = patient.name.as_str()), &content))
}

/// Who they are: clinicians only.
fn who_fields(patient: &Patient, typed: &Fields, lang: Lang) -> Markup {
    let born = patient.birth_date.map(|d| d.to_string()).unwrap_or_default();
    let or = |name: &str, now: &str| typed.get(name).unwrap_or(now).to_owned();
    let numbers: Vec<(String, String)> = if typed.column("id_value").next().is_some() {
        typed.column("id_system").zip(typed.column("id_value")).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
    } else {
        let known = patient.identifiers.iter().map(|i| (i.system.clone(), i.value.clone()));
        known.chain([(String::new(), String::new())]).collect()
    };
    html! {
        fieldset { legend { (t!(lang, "patient-who")) }
            label { (t!(lang, "patient-name")) input name="name" required autocomplete="off" value=(or("name", &patient.name)); }
            label { (t!(lang, "patient-birth-date")) input type="date" name="birth_date" value=(or("birth_date", &born)); }
            @for (system, value) in &numbers {
                div.row {
                    label { (t!(lang, "patient-id-system")) input name="id_system" value=(system) placeholder=(t!(lang, "patient-record-number")); }
                    label { (t!(lang, "patient-id-value")) input name="id_value" autocomplete="off" value=(value); }
                }
            }
            label { (t!(lang, "patient-zone")) input name="timezone" value=(or("timezone", patient.timezone.name())); }
        }
    }
}

/// Whose they are. The hidden field says that the choice was there, for no box that is ticked sends nothing.
fn team_choice(all: &[Team], patient: &Patient, typed: &Fields, lang: Lang) -> Markup {
    let chosen = typed.get("teams").and_then(|_| teams(typed).ok());
    html! {
        @if !all.is_empty() {
            input type="hidden" name="teams" value="1";
            (team_fields(lang, all, chosen.as_ref().unwrap_or(&patient.teams)))
            p.quiet { (t!(lang, "accounts-teams-explained")) }
        }
    }
}

/// How to reach them: coordinators too.
fn reach_fields(patient: &Patient, typed: &Fields, lang: Lang) -> Markup {
    let or = |name: &str, now: &str| typed.get(name).unwrap_or(now).to_owned();
    let known = patient.contacts.iter().map(|c| [c.name.clone(), c.phone.clone(), c.relation.clone()]);
    let contacts: Vec<[String; 3]> = if typed.column("contact_name").next().is_some() {
        let names =
            typed.column("contact_name").zip(typed.column("contact_phone")).zip(typed.column("contact_relation"));
        names.map(|((name, phone), relation)| [name, phone, relation].map(str::to_owned)).collect()
    } else {
        known.chain([[const { String::new() }; 3]]).collect()
    };
    html! {
        fieldset { legend { (t!(lang, "patient-reach")) }
            label { (t!(lang, "patient-phone")) input type="tel" name="phone" autocomplete="off" value=(or("phone", &patient.phone)); }
            label { (t!(lang, "patient-language")) " " span.quiet { (t!(lang, "patient-language-hint")) } input name="language" value=(or("language", &patient.language)); }
            @for [name, phone, relation] in &contacts {
                div.row.contact {
                    label { (t!(lang, "patient-contact")) input name="contact_name" autocomplete="off" value=(name); }
                    label { (t!(lang, "patient-phone")) input type="tel" name="contact_phone" autocomplete="off" value=(phone); }
                    label { (t!(lang, "patient-relation")) input name="contact_relation" autocomplete="off" placeholder=(t!(lang, "patient-relation-hint")) value=(relation); }
                }
            }
        }
    }
}
