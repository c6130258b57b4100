//! Whose readings are whose: devices of a patient, and handing stretches of readings over.

use super::preview::{self, Outcome};
use super::view::{Shown, View};
use crate::access::{AuditDetail, Caller, OnlyLooked};
use crate::api::begin_with_device;
use crate::app::{App, Shared};
use crate::pages::form::{Fields, csrf};
use crate::pages::layout::{self, Place, alert};
use crate::problem::Problem;
use crate::settle::judged;
use crate::text::{Words, t};
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use care::{Assignment, Assignments, PatientId, Permission, Proposal};
use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use maud::{Markup, html};
use store::{DeviceSeen, PageRequest, PatientRecord};
use vitals::{DeviceId, DeviceRef, Instant, SourceId, UserSlot};

/// The section on the patient's page.
pub(super) fn devices(caller: &Caller, view: &View) -> Markup {
    let (words, lang) = (view.words, view.words.lang);
    let may = caller.may(Permission::AssignDevices);
    let form = |act: &str| format!("/patients/{}/devices?act={act}", view.id());
    html! {
        section.devices id="devices" {
            div.heading {
                h2 { (t!(lang, "common-devices")) }
                @if may { p.tools { a href=(form("assign")) { (t!(lang, "patient-assign-one")) } } }
            }
            @if view.record.assignments.is_empty() { p.quiet { (t!(lang, "patient-no-device")) } }
            ul.lines { @for a in view.record.assignments.iter().rev() {
                @let seen = view.devices.iter().find(|d| d.device == a.device);
                @let holds = a.until.is_none_or(|until| words.now < until);
                li.line.device {
                    strong { (a.device) } @if let Some(slot) = a.user_slot { span { (t!(lang, "patient-slot", n = slot.0)) } }
                    @if let Some(seen) = seen.filter(|_| holds) { (state(seen, words)) }
                    span.quiet { (t!(lang, "patient-from", time = words.clock(a.from))) @if let Some(until) = a.until { " " (t!(lang, "patient-until", time = words.clock(until))) } }
                    @if may {
                        @let of = format!("&device={}{}", a.device, a.user_slot.map_or_else(String::new, |s| format!("&slot={}", s.0)));
                        span.acts {
                            @if holds { a href={ (form("end")) (of) } { (t!(lang, "patient-end")) } " " }
                            a href={ (form("move")) (of) } { (t!(lang, "patient-move")) }
                        }
                    }
                }
            } }
        }
    }
}

/// Battery and when it was last heard.
fn state(seen: &DeviceSeen, words: Words) -> Markup {
    let lang = words.lang;
    html! {
        @match seen.last_seen {
            Some(at) => { span { (t!(lang, "patient-last-seen", ago = words.ago(at))) } },
            None => { span { (t!(lang, "patient-never-seen")) } },
        }
        @if let Some(battery) = seen.battery { span { @if battery <= 20 { strong { (t!(lang, "patient-battery", n = battery)) } } @else { (t!(lang, "patient-battery", n = battery)) } } }
    }
}

/// What is to become of a stretch of readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// this patient has the device from now on
    Assign,
    /// the patient has it no more
    End,
    /// readings that are there already are somebody else's
    Move,
}

impl Act {
    fn of(fields: &Fields) -> Self {
        match fields.get("act") {
            Some("end") => Act::End,
            Some("move") => Act::Move,
            _ => Act::Assign,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Act::Assign => "assign",
            Act::End => "end",
            Act::Move => "move",
        }
    }
}

/// `GET /patients/{id}/devices`.
pub(in crate::pages) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Markup, Problem> {
    let view = View::load(&app, &caller, &id, Shown::Days(7)).await?;
    Ok(show(&caller, &view, &Fields::from(asked), &Shape::Empty))
}

/// `POST /patients/{id}/devices`: shows what it would change, then does it.
pub(in crate::pages) async fn hand_over(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Problem> {
    let view = View::load(&app, &caller, &id, Shown::Days(7)).await?;
    let done: Result<Response, Problem> = async {
        let whose = match whose(&app, &caller, &view, &fields).await? {
            Found::One(whose) => whose,
            Found::Several(list) => return Ok(looked(show(&caller, &view, &fields, &Shape::Choose(&list)))),
        };
        let wish = Wish::parse(&view, &fields, whose.map(|record| *record))?;
        let (lists, names) = wish.lists(&app, &caller, &view).await?;
        if fields.get("step") == Some("save") {
            let (mut notices, people) =
                (app.store.notices(), lists.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>());
            app.store.hand_over(lists, fields.get("reason").unwrap_or_default(), &caller.actor).await?;
            if Act::of(&fields) == Act::Assign {
                begin_with_device(&app, &view.record, wish.from, &caller.actor).await?;
            }
            judged(&app, &mut notices, &people).await?;
            let to = Redirect::to(&format!("/patients/{}#devices", view.id()));
            return Ok((Extension(AuditDetail(wish.written())), to).into_response());
        }
        let foreseen = preview::of(&app, view.words, &Proposal::Handed { device: wish.device.clone(), lists }).await?;
        let outcome = Outcome { what: None, foreseen: &foreseen, names: &names };
        Ok(looked(show(&caller, &view, &fields, &Shape::Preview(&outcome, wish.whose.as_ref()))))
    }
    .await;
    match done {
        Ok(response) => Ok(response),
        Err(problem) if problem.status.is_client_error() => {
            Ok((problem.status, show(&caller, &view, &fields, &Shape::Wrong(&problem.detail_in(caller.lang))))
                .into_response())
        }
        Err(problem) => Err(problem),
    }
}

/// A page that changed nothing yet.
fn looked(page: Markup) -> Response {
    (Extension(OnlyLooked("read-patient")), page).into_response()
}

/// Who is meant.
enum Found {
    One(Option<Box<PatientRecord>>),
    Several(Vec<PatientRecord>),
}

/// So many are offered when a name fits several.
const OFFERED: u32 = 8;

async fn whose(app: &App, caller: &Caller, view: &View, fields: &Fields) -> Result<Found, Problem> {
    let words = view.words;
    match Act::of(fields) {
        Act::Assign => return Ok(Found::One(Some(Box::new(view.record.clone())))),
        Act::End => return Ok(Found::One(None)),
        Act::Move => {}
    }
    let Some(text) = fields.get("to") else { return Ok(Found::One(None)) };
    if PatientId::new(text).is_ok()
        && let Ok(record) = caller.patient(app, text).await
    {
        return Ok(Found::One(Some(Box::new(record))));
    }
    let request = PageRequest { after: None, limit: OFFERED };
    let mut found = app.store.patients(caller.scope(), Some(text), request).await?.items;
    found.retain(|r| r.patient.id != *view.id());
    match found.len() {
        0 => Err(Problem::field("/to", t!(words.lang, "patient-nobody-found", text = text))),
        1 => Ok(Found::One(found.pop().map(Box::new))),
        _ => Ok(Found::Several(found)),
    }
}

/// A stretch of a device's readings, and whose they are to be.
struct Wish {
    device: DeviceRef,
    slot: Option<UserSlot>,
    from: Instant,
    until: Option<Instant>,
    whose: Option<PatientRecord>,
}

impl Wish {
    fn parse(view: &View, fields: &Fields, whose: Option<PatientRecord>) -> Result<Self, Problem> {
        let (words, lang) = (view.words, view.words.lang);
        let text = fields.required("device", lang, &t!(lang, "patient-a-device"))?;
        let wrong = || Problem::field("/device", t!(lang, "patient-wrong-device"));
        let (source, device) = text.split_once('/').ok_or_else(wrong)?;
        let (source, device) =
            (SourceId::new(source).map_err(|_| wrong())?, DeviceId::new(device).map_err(|_| wrong())?);
        let slot =
            fields.get("slot").map(|s| s.parse().map_err(|_| Problem::field("/slot", t!(lang, "patient-wrong-slot"))));
        let time = |name: &str| {
            let text = fields.get(name)?;
            Some(
                local(text, words.zone)
                    .ok_or_else(|| Problem::field(format!("/{name}"), t!(lang, "patient-wrong-time"))),
            )
        };
        let (from, until) = (time("from").transpose()?.unwrap_or(words.now), time("until").transpose()?);
        if until.is_some_and(|until| until <= from) {
            return Err(Problem::field("/until", t!(lang, "patient-ends-before")));
        }
        let until = until.filter(|_| Act::of(fields) != Act::End);
        Ok(Self { device: DeviceRef { source, device }, slot: slot.transpose()?.map(UserSlot), from, until, whose })
    }

    /// For the audit trail: which readings of which device are whose.
    fn written(&self) -> String {
        let slot = self.slot.map_or_else(String::new, |s| format!(", slot {}", s.0));
        let until = self.until.map_or_else(String::new, |until| until.to_rfc3339());
        let whose = self.whose.as_ref().map_or("nobody", |record| record.patient.id.as_str());
        format!("{}{slot}, {}/{until}, {whose}", self.device, self.from.to_rfc3339())
    }

    /// Everybody whose assignments change, with their new lists and how they are called.
    async fn lists(&self, app: &App, caller: &Caller, view: &View) -> Result<(Lists, Names), Problem> {
        let lang = view.words.lang;
        let on_device = app.store.device_assignments(&self.device).await?;
        let mut people: Vec<PatientId> = on_device.iter().map(|a| a.patient.clone()).collect();
        people.extend(self.whose.iter().map(|r| r.patient.id.clone()));
        people.sort();
        people.dedup();
        let mut all = Assignments::default();
        let mut names = Vec::new();
        let mut unseen = Vec::new();
        for id in people {
            let Some(record) = app.store.patient(&id).await? else { continue };
            for assignment in record.assignments {
                // They stand in the store, so they do not overlap.
                let _ = all.add(assignment);
            }
            if caller.scope().sees(&record.patient) {
                names.push((id, called(&record.patient, view.words)));
            } else {
                unseen.push(id);
            }
        }
        let whose = self.whose.as_ref().map(|r| &r.patient.id);
        let lists = all.handed_over(&self.device, self.slot, (self.from, self.until), whose);
        if lists.is_empty() {
            return Err(Problem::field("/device", t!(lang, "patient-nothing-to-move")));
        }
        if lists.iter().any(|(id, _)| unseen.contains(id)) {
            return Err(Problem::forbidden(t!(lang, "patient-other-team")));
        }
        lists.iter().for_each(|(id, _)| caller.meets(id));
        Ok((lists, names))
    }
}

type Lists = Vec<(PatientId, Vec<Assignment>)>;
type Names = Vec<(PatientId, String)>;

/// "Anna Berg, 9 Mar 1948": where a mistake of person could happen.
fn called(patient: &care::Patient, words: Words) -> String {
    patient.birth_date.map_or_else(|| patient.name.clone(), |born| format!("{}, {}", patient.name, words.date(born)))
}

/// What a browser's field for date and time sends.
fn local(text: &str, zone: Tz) -> Option<Instant> {
    let with = |form| NaiveDateTime::parse_from_str(text, form).ok();
    let time = with("%Y-%m-%dT%H:%M:%S").or_else(|| with("%Y-%m-%dT%H:%M"))?;
    zone.from_local_datetime(&time).earliest().map(|t| t.to_utc())
}

/// How far the form has come.
enum Shape<'a> {
    Empty,
    Wrong(&'a str),
    /// several people fit
    Choose(&'a [PatientRecord]),
    Preview(&'a Outcome<'a>, Option<&'a PatientRecord>),
}

fn show(caller: &Caller, view: &View, typed: &Fields, shape: &Shape<'_>) -> Markup {
    let (words, lang) = (view.words, caller.lang);
    let patient = &view.record.patient;
    let act = Act::of(typed);
    let title = match act {
        Act::Assign => t!(lang, "patient-assign-title"),
        Act::End => t!(lang, "patient-end-title"),
        Act::Move => t!(lang, "patient-move-title"),
    };
    let content = html! {
        p.crumb { a href={ "/patients/" (patient.id) } { (called(patient, words)) } }
        h1 { (title) }
        @match act {
            Act::Assign => { p.quiet { (t!(lang, "patient-assign-means")) } },
            Act::End => { p.quiet { (t!(lang, "patient-end-means")) } },
            Act::Move => { p.quiet { (t!(lang, "patient-move-means")) } },
        }
        @if let Shape::Wrong(why) = shape { (alert(why)) }
        @if let Shape::Preview(outcome, whose) = shape {
            section.card.preview {
                h2 { (t!(lang, "patient-preview")) }
                (preview::show(outcome, words))
                form method="post" action={ "/patients/" (patient.id) "/devices" } {
                    (csrf(caller))
                    (preview::repeated(typed, &["act", "device", "slot", "from", "until", "reason"]))
                    @if let Some(whose) = whose.filter(|_| act == Act::Move) { input type="hidden" name="to" value=(whose.patient.id); }
                    button.primary type="submit" name="step" value="save" { (t!(lang, "patient-do-it")) }
                    " " a href={ "/patients/" (patient.id) "#devices" } { (t!(lang, "patient-leave-it")) }
                }
            }
        }
        (form(caller, view, typed, shape))
    };
    layout::page(caller, Place::Patients, &title, &content)
}

fn form(caller: &Caller, view: &View, typed: &Fields, shape: &Shape<'_>) -> Markup {
    let lang = caller.lang;
    let act = Act::of(typed);
    let field = |name: &str| typed.get(name).unwrap_or_default();
    html! {
        form.stack.card.narrow method="post" action={ "/patients/" (view.id()) "/devices" } {
            (csrf(caller))
            input type="hidden" name="act" value=(act.word());
            label { (t!(lang, "patient-device"))
                input name="device" list="known" required placeholder=(t!(lang, "patient-device-placeholder")) value=(field("device"));
                datalist id="known" { @for d in &view.devices { option value=(d.device) {} } } }
            label { (t!(lang, "patient-slot-field")) " " span.quiet { (t!(lang, "patient-slot-empty")) }
                input type="number" name="slot" min="0" max="254" value=(field("slot")); }
            @if act == Act::Move { (recipient(typed, shape, view.words)) }
            label { @if act == Act::End { (t!(lang, "patient-ends-at")) } @else { (t!(lang, "patient-first-moment")) } " " span.quiet { (t!(lang, "patient-empty-now")) ", " (view.words.zone.name()) }
                input type="datetime-local" step="1" name="from" value=(field("from")); }
            @if act != Act::End {
                label { (t!(lang, "patient-last-moment")) " " span.quiet { (t!(lang, "patient-empty-open")) }
                    input type="datetime-local" step="1" name="until" value=(field("until")); }
            }
            label { (t!(lang, "patient-why")) textarea name="reason" rows="2" { (field("reason")) } }
            button.primary type="submit" name="step" value="preview" { (t!(lang, "patient-show-changes")) }
        }
    }
}

/// Whose the readings are: by name, number or id; of several who fit, one is chosen.
fn recipient(typed: &Fields, shape: &Shape<'_>, words: Words) -> Markup {
    let lang = words.lang;
    html! {
        @if let Shape::Choose(list) = shape {
            fieldset { legend { (t!(lang, "patient-which-one")) }
                @for record in list.iter() {
                    label.check { input type="radio" name="to" value=(record.patient.id) required; " " (called(&record.patient, words))
                        @for number in &record.patient.identifiers { " " span.quiet { (number.value) } } }
                }
            }
        } @else {
            label { (t!(lang, "patient-whose-are-they")) " " span.quiet { (t!(lang, "patient-empty-nobody")) }
                input name="to" autocomplete="off" value=(typed.get("to").unwrap_or_default()); }
        }
    }
}
