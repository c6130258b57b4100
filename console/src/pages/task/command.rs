//! What a person sends: a form's fields become a command.

use super::{Wrong, show};
use crate::access::Caller;
use crate::app::{App, Shared};
use crate::pages::form::{Fields, back};
use crate::pages::tasks::names::Names;
use crate::problem::Problem;
use crate::text::{Books, Lang, Words, t};
use crate::work::{self, Stopped};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use care::{Actor, Command, Outcome, Refused, Task, Verb};
use chrono::{Days, NaiveDate, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use vitals::Instant;

/// `POST /tasks/{id}/{verb}`.
pub(crate) async fn command(
    State(app): State<Shared>,
    caller: Caller,
    Path((id, verb)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Problem> {
    let task = Books::of(&app, caller.words(&app)).task(caller.task(&app, &id).await?);
    let verb: Verb = verb.parse().map_err(|_| Problem::not_found("such command"))?;
    let result = match parse(&app, &caller, &task, verb, &fields).await? {
        Ok(command) => work::command(&app, &caller, command).await,
        Err(wrong) => return again(&app, &caller, &id, &fields, (StatusCode::BAD_REQUEST, wrong)).await,
    };
    match result {
        Ok(_) if fields.get("back").is_some() => Ok(Redirect::to(&format!("{}#t-{id}", back(&fields))).into_response()),
        Ok(_) => Ok(Redirect::to(&format!("/tasks/{id}")).into_response()),
        Err(Stopped::Refused(refused)) => {
            let names = Names::load(&app).await?;
            again(&app, &caller, &id, &fields, refusal(caller.words(&app), &names, &refused)).await
        }
        Err(Stopped::Problem(problem)) if problem.status == StatusCode::CONFLICT => {
            again(&app, &caller, &id, &fields, (problem.status, problem.detail_in(caller.lang))).await
        }
        Err(Stopped::Problem(problem)) => Err(problem),
    }
}

/// The page says what was wrong, keeps what was typed, and still offers what can be done.
async fn again(
    app: &App,
    caller: &Caller,
    id: &str,
    fields: &Fields,
    (status, text): (StatusCode, String),
) -> Result<Response, Problem> {
    let page = show(app, caller, id, Some(Wrong { text: &text, typed: fields })).await?;
    Ok((status, page).into_response())
}

/// Why a command was not done, in the reader's words: who was faster, or what is missing.
pub(in crate::pages) fn refusal(words: Words, names: &Names, refused: &Refused) -> (StatusCode, String) {
    let lang = words.lang;
    match refused {
        Refused::NotFound => (StatusCode::NOT_FOUND, t!(lang, "tasks-gone")),
        Refused::Conflict { status, owner: Some(owner), .. } => {
            let name = names.of(lang, owner);
            (StatusCode::CONFLICT, t!(lang, "tasks-taken", name = name, status = words.status(*status)))
        }
        Refused::Conflict { status, owner: None, .. } => {
            (StatusCode::CONFLICT, t!(lang, "tasks-not-possible", status = words.status(*status)))
        }
        Refused::Missing { field, .. } => (StatusCode::BAD_REQUEST, missing(lang, field)),
    }
}

fn missing(lang: Lang, field: &str) -> String {
    match field {
        "outcome" => t!(lang, "tasks-missing-outcome"),
        "until" => t!(lang, "tasks-missing-until"),
        "owner" => t!(lang, "tasks-missing-owner"),
        _ => t!(lang, "tasks-missing-note"),
    }
}

/// The command, or what is wrong with the form.
async fn parse(
    app: &App,
    caller: &Caller,
    task: &Task,
    verb: Verb,
    fields: &Fields,
) -> Result<Result<Command, String>, Problem> {
    let lang = caller.lang;
    let Ok(outcome) = fields.get("outcome").map(str::parse::<Outcome>).transpose() else {
        return Ok(Err(missing(lang, "outcome")));
    };
    let owner = fields.get("owner").map(|o| Actor(o.to_owned()));
    if let Some(owner) = &owner {
        let names = Names::load(app).await?;
        if !names.workers().iter().any(|user| user.name == owner.0) {
            return Ok(Err(missing(lang, "owner")));
        }
    }
    let patient = app.store.patient(&task.patient).await?;
    let zone = patient.map_or(app.config.timezone, |p| p.patient.timezone);
    let until = match until(fields, zone, app.clock.now()) {
        Ok(until) => until,
        Err(When::Unreadable) => return Ok(Err(t!(lang, "tasks-unreadable-time"))),
        Err(When::Past) => return Ok(Err(t!(lang, "tasks-past"))),
    };
    Ok(Ok(Command { task: task.id.clone(), verb, note: note(lang, task, fields), outcome, owner, until }))
}

/// The answers to what was to be asked, a line each, and what the person wrote.
fn note(lang: Lang, task: &Task, fields: &Fields) -> Option<String> {
    let answers = task.ask.iter().enumerate().filter_map(|(at, question)| match fields.get(&answer_field(at))? {
        "yes" => Some(t!(lang, "tasks-answered-yes", question = question.as_str())),
        "no" => Some(t!(lang, "tasks-answered-no", question = question.as_str())),
        _ => None,
    });
    let lines: Vec<String> = answers.chain(fields.get("note").map(str::to_owned)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The field of the answer to the n-th question.
pub(super) fn answer_field(at: usize) -> String {
    format!("answer-{at}")
}

/// Why a time was not understood.
#[derive(Debug, PartialEq, Eq)]
enum When {
    Unreadable,
    Past,
}

/// Until when, as the form says it, on the patient's clock: a choice, or a date with a time.
fn until(fields: &Fields, zone: Tz, now: Instant) -> Result<Option<Instant>, When> {
    if let Some(date) = fields.get("date") {
        let date: NaiveDate = date.parse().map_err(|_| When::Unreadable)?;
        let time = NaiveTime::parse_from_str(fields.get("time").unwrap_or("10:00"), "%H:%M");
        let until = at(zone, date, time.map_err(|_| When::Unreadable)?).ok_or(When::Unreadable)?;
        return if until <= now { Err(When::Past) } else { Ok(Some(until)) };
    }
    let hours = match fields.get("until") {
        None => return Ok(None),
        Some("1h") => 1,
        Some("4h") => 4,
        Some("tomorrow") => return tomorrow(zone, now).map(Some).ok_or(When::Unreadable),
        Some(_) => return Err(When::Unreadable),
    };
    Ok(Some(now + TimeDelta::hours(hours)))
}

/// Tomorrow at ten: late enough to be up, early enough to act on.
fn tomorrow(zone: Tz, now: Instant) -> Option<Instant> {
    let date = zone.from_utc_datetime(&now.naive_utc()).date_naive().checked_add_days(Days::new(1))?;
    at(zone, date, NaiveTime::from_hms_opt(10, 0, 0)?)
}

/// A time on somebody's clock. Where it is shown twice, the first; where it is skipped, an hour later.
fn at(zone: Tz, date: NaiveDate, time: NaiveTime) -> Option<Instant> {
    let local = date.and_time(time);
    let found = zone.from_local_datetime(&local).earliest();
    let found = found.or_else(|| zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest());
    found.map(|t| t.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_patients() {
        let (zone, now) = (Tz::America__New_York, "2026-11-21T23:30:00Z".parse().unwrap());
        let of = |pairs: &[(&str, &str)]| until(&Fields::of(pairs), zone, now).map(|t| t.map(|t| t.to_rfc3339()));
        assert_eq!(of(&[("until", "tomorrow")]), Ok(Some("2026-11-22T15:00:00+00:00".into())));
        assert_eq!(
            of(&[("until", "4h"), ("date", "2026-11-23"), ("time", "08:15")]),
            Ok(Some("2026-11-23T13:15:00+00:00".into()))
        );
        assert_eq!(of(&[("date", "2026-11-21"), ("time", "08:15")]), Err(When::Past));
        assert_eq!(of(&[("until", "later")]), Err(When::Unreadable));
        assert_eq!(of(&[]), Ok(None));
        let skipped = at(Tz::Europe__Berlin, "2026-03-29".parse().unwrap(), "02:30:00".parse().unwrap()).unwrap();
        assert_eq!(skipped.to_rfc3339(), "2026-03-29T01:30:00+00:00", "03:30 there");
    }
}
