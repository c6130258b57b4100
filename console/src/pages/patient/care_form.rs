//! Programmes, and whether anything is expected: a clinician's form.

use super::edit::{self, Typed};
use super::head::status_word;
use super::preview::midnight;
use crate::access::Caller;
use crate::api::enrolment::ProgrammeIn;
use crate::api::patient_input::PatientIn;
use crate::app::{App, Shared};
use crate::pages::form::{Fields, csrf};
use crate::problem::Problem;
use crate::text::{Lang, Words, t};
use axum::extract::{Path, State};
use axum::response::Response;
use care::{Enrolment, PatientStatus, ProgrammeId};
use chrono_tz::Tz;
use maud::{Markup, html};
use std::collections::BTreeSet;
use store::PatientRecord;
use vitals::Instant;

/// A day that was typed, as its first moment.
pub(super) fn date(fields: &Fields, name: &str, zone: Tz, lang: Lang) -> Result<Option<Instant>, Problem> {
    let wrong = || Problem::field(format!("/{name}"), t!(lang, "patient-wrong-date"));
    fields.get(name).map(|text| midnight(text, zone).ok_or_else(wrong)).transpose()
}

/// `POST /patients/{id}/care`.
pub(in crate::pages) async fn save(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Problem> {
    let record = caller.patient(&app, &id).await?;
    let wish = parse(&app, &record, &fields, caller.lang);
    edit::save(&app, &caller, &record, wish, &Typed { care: fields, ..Typed::default() }).await
}

fn parse(app: &App, record: &PatientRecord, fields: &Fields, lang: Lang) -> Result<PatientIn, Problem> {
    let zone = record.patient.timezone;
    let status = fields.get("status").and_then(status_of).filter(|s| *s != record.status);
    let chosen: BTreeSet<&str> = fields.all("programme").collect();
    let mut programmes: Vec<ProgrammeIn> = Vec::new();
    // What is over stays in the list: it was so.
    let over = |e: &&Enrolment| !e.holds_at(app.clock.now()) && e.from <= app.clock.now();
    programmes.extend(record.enrolments.iter().filter(over).map(|e| ProgrammeIn {
        id: e.programme.clone(),
        from: Some(e.from),
        until: e.until,
    }));
    for text in chosen {
        let id = ProgrammeId::new(text)
            .map_err(|e| Problem::field("/programme", e.to_string()).saying(|lang| t!(lang, "problem-cannot-be")))?;
        let running = running(record, &id, app.clock.now());
        let from = date(fields, &format!("from-{id}"), zone, lang)?;
        // The form says days: a day that did not change leaves the moment as it was.
        let same_day = |e: &&Enrolment| from.is_none_or(|from| day(e.from, zone) == day(from, zone));
        let from = running.filter(same_day).map(|e| e.from).or(from);
        programmes.push(ProgrammeIn { from, until: date(fields, &format!("until-{id}"), zone, lang)?, id });
    }
    // Whoever is taken off a programme was in it until now.
    for gone in record.enrolments.iter().filter(|e| e.holds_at(app.clock.now())) {
        if !programmes.iter().any(|p| p.id == gone.programme && p.from == Some(gone.from)) {
            programmes.push(ProgrammeIn {
                id: gone.programme.clone(),
                from: Some(gone.from),
                until: Some(app.clock.now()),
            });
        }
    }
    Ok(PatientIn {
        status,
        programmes: Some(programmes),
        reason: Some(fields.required("reason", lang, &t!(lang, "patient-a-reason"))?.to_owned()),
        effective_from: date(fields, "effective_from", zone, lang)?.filter(|_| status.is_some()),
        ..PatientIn::default()
    })
}

fn day(time: Instant, zone: Tz) -> chrono::NaiveDate {
    time.with_timezone(&zone).date_naive()
}

fn running<'r>(record: &'r PatientRecord, id: &ProgrammeId, now: Instant) -> Option<&'r Enrolment> {
    record.enrolments.iter().rfind(|e| e.programme == *id && e.until.is_none_or(|until| now < until))
}

const EVERY: [(PatientStatus, &str); 3] =
    [(PatientStatus::Active, "active"), (PatientStatus::Paused, "paused"), (PatientStatus::Ended, "ended")];

fn status_of(word: &str) -> Option<PatientStatus> {
    EVERY.iter().find(|(_, w)| *w == word).map(|(status, _)| *status)
}

/// The form beside the one of the person; where it was sent and refused, with what was typed.
pub(super) fn form(app: &App, caller: &Caller, record: &PatientRecord, (typed, words): (&Fields, Words)) -> Markup {
    let lang = words.lang;
    // One status is always sent.
    let sent = typed.get("status");
    let text = |name: &str| typed.get(name).unwrap_or_default().to_owned();
    let date = |name: &str, now: Option<Instant>| match sent {
        Some(_) => text(name),
        None => now.map(|time| day(time, words.zone).to_string()).unwrap_or_default(),
    };
    let ticked = |programme: &ProgrammeId, running: Option<&Enrolment>| match sent {
        Some(_) => typed.all("programme").any(|p| p == programme.as_str()),
        None => running.is_some(),
    };
    html! {
        form.stack.card #care method="post" action={ "/patients/" (record.patient.id) "/care" } {
            (csrf(caller))
            fieldset { legend { (t!(lang, "patient-programmes")) }
                @for programme in app.rulebooks.programmes(words.now) {
                    @let running = running(record, &programme, words.now);
                    div.programme {
                        label.check { input type="checkbox" name="programme" value=(programme) checked[ticked(&programme, running)]; " " (words.programme(programme.as_str())) }
                        div.row {
                            label { (t!(lang, "patient-from-day")) input type="date" name={ "from-" (programme) } value=(date(&format!("from-{programme}"), running.map(|e| e.from))); }
                            label { (t!(lang, "patient-until-day")) input type="date" name={ "until-" (programme) } value=(date(&format!("until-{programme}"), running.and_then(|e| e.until))); }
                        }
                    }
                }
            }
            fieldset { legend { (t!(lang, "patient-status")) }
                @for (status, word) in EVERY {
                    label.check { input type="radio" name="status" value=(word) checked[sent.map_or(status == record.status, |sent| sent == word)]; " " (status_word(status, words)) " "
                        span.quiet { @match status {
                            PatientStatus::Active => { (t!(lang, "patient-active-means")) },
                            PatientStatus::Paused => { (t!(lang, "patient-paused-means")) },
                            PatientStatus::Ended => { (t!(lang, "patient-ended-means")) },
                        } } }
                }
                label { (t!(lang, "patient-status-from")) " " span.quiet { (t!(lang, "patient-empty-now")) } input type="date" name="effective_from" value=(text("effective_from")); }
            }
            label { (t!(lang, "patient-why")) textarea name="reason" rows="2" required { (text("reason")) } }
            button.primary type="submit" { (t!(lang, "patient-save")) }
        }
    }
}
