//! What the rules compare with: whose it is, who set it when and why, and what another value would change.

use super::charts::set_by;
use super::preview;
use super::view::{Setting, Shown, View};
use crate::ParameterInfo;
use crate::access::{AuditDetail, Caller, OnlyLooked};
use crate::api::change_patient;
use crate::api::patient_input::PatientIn;
use crate::app::{App, Shared};
use crate::pages::form::{Fields, csrf};
use crate::pages::layout::{self, Place, alert};
use crate::pages::limits::{InForce, whose};
use crate::pages::sentence::readable;
use crate::problem::Problem;
use crate::settle::judged;
use crate::text::{Words, t};
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use care::{EventBody, ParameterOrigin, ParameterScope, Permission, Proposal};
use maud::{Markup, html};
use std::collections::BTreeMap;
use vitals::Instant;

/// Rulebook, then clinic, then this patient: the later wins.
pub(in crate::pages) fn effective(
    known: &[ParameterInfo],
    clinic: &BTreeMap<String, String>,
    own: &BTreeMap<String, String>,
) -> InForce {
    let defaults = known.iter().filter_map(|p| Some((p.key.clone(), (p.default.clone()?, ParameterOrigin::Rulebook))));
    let clinic = clinic.iter().map(|(k, v)| (k.clone(), (v.clone(), ParameterOrigin::Clinic)));
    let own = own.iter().map(|(k, v)| (k.clone(), (v.clone(), ParameterOrigin::Patient)));
    defaults.chain(clinic).chain(own).collect()
}

fn name(parameter: &ParameterInfo) -> &str {
    if parameter.description.is_empty() { &parameter.key } else { &parameter.description }
}

/// The table on the patient's page.
pub(super) fn parameters(caller: &Caller, view: &View) -> Markup {
    let lang = caller.lang;
    let settings = view.settings();
    let stands = |key: &str| view.books.iter().any(|book| key.split('.').next() == Some(&book.id));
    let origin = |p: &ParameterInfo| view.in_force.get(&p.key).map(|v| v.1);
    let is_own = |p: &ParameterInfo| origin(p) == Some(ParameterOrigin::Patient);
    let rows = view.known.iter().filter(|p| stands(&p.key) || is_own(p));
    // What somebody set, or nobody, is what a reader looks for; the rulebook's own numbers are the rest.
    let (told, rest): (Vec<&ParameterInfo>, Vec<&ParameterInfo>) =
        rows.partition(|p| origin(p) != Some(ParameterOrigin::Rulebook));
    let table = |rows: &[&ParameterInfo]| {
        html! {
            div.scroll { table.limits {
                thead { tr { th { (t!(lang, "patient-parameter")) } th { (t!(lang, "patient-value")) } th { (t!(lang, "patient-set-by-whom")) } } }
                tbody { @for parameter in rows { (row(caller, view, parameter, &settings)) } }
            } }
        }
    };
    html! {
        section.agreed {
            h2 { (t!(lang, "patient-limits")) }
            @if !told.is_empty() { (table(&told)) }
            @if !rest.is_empty() { details { summary { (t!(lang, "patient-from-rulebook")) " " span.count { (rest.len()) } } (table(&rest)) } }
        }
    }
}

fn row(caller: &Caller, view: &View, parameter: &ParameterInfo, settings: &[Setting]) -> Markup {
    let (words, lang, key) = (view.words, caller.lang, &parameter.key);
    let set = view.in_force.get(key);
    let value = set.map_or_else(|| t!(lang, "patient-not-set"), |(value, _)| readable(value, lang));
    html! {
        tr id={ "p-" (key) } {
            th scope="row" { (name(parameter)) " " small.quiet { (key) } }
            td.num {
                @if caller.may(Permission::EditCare) {
                    a href={ "/patients/" (view.id()) "/parameters/" (key) } aria-label={ (value) ", " (t!(lang, "patient-change-what", what = name(parameter))) } { (value) }
                } @else { (value) }
            }
            td { @if let Some((_, origin)) = set {
                (whose(*origin, words))
                @if let Some(setting) = setter(settings, key, *origin, words.now) { " " small.quiet { (set_by(setting, words)) } }
            } }
        }
    }
}

/// Whose setting it is that is in force.
fn setter<'s>(settings: &'s [Setting], key: &str, origin: ParameterOrigin, now: Instant) -> Option<&'s Setting> {
    let scope = match origin {
        ParameterOrigin::Rulebook => return None,
        ParameterOrigin::Clinic => ParameterScope::Clinic,
        ParameterOrigin::Patient => ParameterScope::Patient,
    };
    settings.iter().rev().find(|s| s.scope == scope && s.key == key && s.value.is_some() && s.effective_from <= now)
}

/// `GET /patients/{id}/parameters/{key}`.
pub(in crate::pages) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Path((id, key)): Path<(String, String)>,
) -> Result<Markup, Problem> {
    let view = View::load(&app, &caller, &id, Shown::Days(7)).await?;
    show(&caller, &view, &key, &Fields::default(), None)
}

/// `POST /patients/{id}/parameters/{key}`: shows what it would change, then does it.
pub(in crate::pages) async fn set(
    State(app): State<Shared>,
    caller: Caller,
    Path((id, key)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Problem> {
    let view = View::load(&app, &caller, &id, Shown::Days(7)).await?;
    let done: Result<Response, Problem> = async {
        let wish = Wish::parse(&view, &key, &fields)?;
        app.rulebooks
            .check(ParameterScope::Patient, &key, wish.value.as_deref())
            .map_err(|why| Problem::field("/value", format!("{why}.")).saying(|lang| t!(lang, "problem-parameter")))?;
        if fields.get("step") == Some("save") {
            let detail = format!("{key}: {}", wish.value.as_deref().unwrap_or("set back"));
            let mut notices = app.store.notices();
            wish.save(&app, &caller, &view, &key).await?;
            judged(&app, &mut notices, std::slice::from_ref(view.id())).await?;
            let to = Redirect::to(&format!("/patients/{}#p-{key}", view.id()));
            return Ok((Extension(AuditDetail(detail)), to).into_response());
        }
        let seen = preview::of(&app, view.words, &wish.proposal(&view, &key)).await?;
        let shown = wish.value.as_deref().map(|v| readable(v, caller.lang));
        let outcome = preview::Outcome { what: shown.as_deref(), foreseen: &seen, names: &[] };
        let page = show(&caller, &view, &key, &fields, Some(Step::Preview(&outcome)))?;
        Ok((Extension(OnlyLooked("read-patient")), page).into_response())
    }
    .await;
    match done {
        Ok(response) => Ok(response),
        Err(problem) if problem.status.is_client_error() => {
            let page = show(&caller, &view, &key, &fields, Some(Step::Wrong(&problem.detail_in(caller.lang))))?;
            Ok((problem.status, page).into_response())
        }
        Err(problem) => Err(problem),
    }
}

/// What somebody wants to set.
struct Wish {
    /// as written, with its unit; none sets back
    value: Option<String>,
    effective_from: Instant,
    reason: String,
}

impl Wish {
    fn parse(view: &View, key: &str, fields: &Fields) -> Result<Self, Problem> {
        let lang = view.words.lang;
        let info = view.known.iter().find(|p| p.key == key).ok_or_else(|| Problem::not_found("such parameter"))?;
        let value = if fields.get("back").is_some() {
            None
        } else {
            let number = fields.required("value", lang, &t!(lang, "patient-a-value"))?.replace(',', ".");
            Some(info.unit.map_or_else(|| number.clone(), |unit| format!("{number} {unit}")))
        };
        let effective_from = match fields.get("from") {
            None => view.words.now,
            Some(date) => preview::midnight(date, view.words.zone)
                .ok_or_else(|| Problem::field("/from", t!(lang, "patient-wrong-date")))?,
        };
        Ok(Self {
            value,
            effective_from,
            reason: fields.required("reason", lang, &t!(lang, "patient-a-reason"))?.to_owned(),
        })
    }

    fn proposal(&self, view: &View, key: &str) -> Proposal {
        let body = EventBody::ParametersSet {
            scope: ParameterScope::Patient,
            values: vec![(key.to_owned(), self.value.clone())],
            effective_from: self.effective_from,
            reason: self.reason.clone(),
        };
        Proposal::Said { patient: view.id().clone(), body }
    }

    async fn save(self, app: &App, caller: &Caller, view: &View, key: &str) -> Result<(), Problem> {
        let wish = PatientIn {
            parameters: Some([(key.to_owned(), self.value)].into()),
            reason: Some(self.reason),
            effective_from: Some(self.effective_from),
            ..PatientIn::default()
        };
        change_patient(app, wish, &view.record, caller).await.map(drop)
    }
}

/// How far the form has come.
enum Step<'a> {
    Preview(&'a preview::Outcome<'a>),
    Wrong(&'a str),
}

fn show(caller: &Caller, view: &View, key: &str, typed: &Fields, step: Option<Step<'_>>) -> Result<Markup, Problem> {
    let (words, lang) = (view.words, caller.lang);
    let info = view.known.iter().find(|p| p.key == key).ok_or_else(|| Problem::not_found("such parameter"))?;
    let patient = &view.record.patient;
    let now = view.in_force.get(key);
    let content = html! {
        p.crumb { a href={ "/patients/" (patient.id) } { (patient.name) } @if let Some(born) = patient.birth_date { ", " (words.date(born)) } }
        h1.parameter { (name(info)) " " small.quiet { (key) } }
        @match now {
            Some((value, origin)) => { p { (t!(lang, "patient-now-is", value = readable(value, lang), whose = whose(*origin, words))) } },
            None => { p { (t!(lang, "patient-now-not-set")) } },
        }
        @if let Some(Step::Wrong(why)) = &step { (alert(why)) }
        div.columns {
            div {
                @if let Some(Step::Preview(outcome)) = &step {
                    section.card.preview { h2 { (t!(lang, "patient-preview")) } (preview::show(outcome, words)) (confirm(caller, key, view, typed)) }
                }
                (form(caller, view, info, typed))
            }
            div.side { (history(view, key)) }
        }
    };
    Ok(layout::page(caller, Place::Patients, name(info), &content))
}

fn form(caller: &Caller, view: &View, info: &ParameterInfo, typed: &Fields) -> Markup {
    let (words, lang) = (view.words, caller.lang);
    let own = view.in_force.get(&info.key).filter(|v| v.1 == ParameterOrigin::Patient);
    let unit = info.unit.map(vitals::Unit::display).unwrap_or_default();
    // A rate, "1 per day", is written whole; a number has its unit beside the field.
    let written = |value: &str| {
        if unit.is_empty() { value.to_owned() } else { value.split(' ').next().unwrap_or_default().to_owned() }
    };
    let number = own.map(|(value, _)| written(value)).unwrap_or_default();
    html! {
        form.stack.card method="post" action={ "/patients/" (view.id()) "/parameters/" (info.key) } {
            (csrf(caller))
            label for="value" { (t!(lang, "patient-new-value")) }
            div.amount {
                input #value name="value" inputmode="decimal" autocomplete="off" value=(typed.get("value").unwrap_or(&number)) aria-describedby="range";
                span { (unit) }
            }
            @if info.key.contains(".schedule.") {
                p.quiet #range { (t!(lang, "patient-rate")) }
            } @else if let Some(range) = info.range {
                p.quiet #range { (t!(lang, "patient-range", low = words.number(range.low), high = words.number(range.high), unit = unit)) }
            } @else { p.quiet #range { (t!(lang, "patient-plain-number")) } }
            label { (t!(lang, "patient-in-force-from")) " " span.quiet { (t!(lang, "patient-empty-now")) }
                input type="date" name="from" value=(typed.get("from").unwrap_or_default()); }
            label { (t!(lang, "patient-why")) textarea name="reason" rows="2" required { (typed.get("reason").unwrap_or_default()) } }
            div.buttons {
                button.primary type="submit" name="step" value="preview" { (t!(lang, "patient-show-changes")) }
                @if own.is_some() { button type="submit" name="back" value="1" { (t!(lang, "patient-set-back")) } }
            }
        }
    }
}

/// The same once more, to be done.
fn confirm(caller: &Caller, key: &str, view: &View, typed: &Fields) -> Markup {
    html! {
        form method="post" action={ "/patients/" (view.id()) "/parameters/" (key) } {
            (csrf(caller))
            (preview::repeated(typed, &["value", "from", "reason", "back"]))
            button.primary type="submit" name="step" value="save" { (t!(caller.lang, "patient-set-it")) }
            " " a href={ "/patients/" (view.id()) "#p-" (key) } { (t!(caller.lang, "patient-leave-it")) }
        }
    }
}

fn history(view: &View, key: &str) -> Markup {
    let words: Words = view.words;
    let settings: Vec<Setting> = view.settings().into_iter().filter(|s| s.key == key).collect();
    html! {
        section.card {
            h2 { (t!(words.lang, "patient-history")) }
            @if settings.is_empty() { p.quiet { (t!(words.lang, "patient-never-set")) } }
            ol.timeline { @for setting in settings.iter().rev() {
                li {
                    p {
                        strong { @match &setting.value { Some(value) => { (readable(value, words.lang)) }, None => { (t!(words.lang, "patient-was-set-back")) } } }
                        " " span.quiet { @if setting.scope == ParameterScope::Clinic { (t!(words.lang, "patient-for-everybody")) } @else { (t!(words.lang, "patient-for-patient")) } }
                    }
                    p.quiet { (words.when(setting.at)) " · " (setting.actor)
                        @if setting.effective_from != setting.at { " · " (t!(words.lang, "patient-from", time = words.clock(setting.effective_from))) } }
                    @if !setting.reason.is_empty() { p.said { (setting.reason) } }
                }
            } }
        }
    }
}
