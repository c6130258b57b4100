//! What a patient's page knows.

use crate::access::Caller;
use crate::api::parameters::in_force;
use crate::app::App;
use crate::pages::limits::InForce;
use crate::pages::people::team_names;
use crate::pages::series::{self, Standings};
use crate::problem::Problem;
use crate::text::{Books, Words, t};
use crate::{BookInfo, ParameterInfo};
use care::{Actor, Episode, Event, EventBody, History, ParameterScope, PatientId, Task};
use chrono::TimeDelta;
use maud::{Markup, html};
use rule_engine::Picture;
use serde::Deserialize;
use std::cmp::Reverse;
use store::{DeviceSeen, OwnLink, PatientRecord};
use vitals::{Instant, StoredReading};

/// How much is shown, as it stands in the URL.
#[derive(Debug, Default, Deserialize)]
pub(in crate::pages) struct RangeQuery {
    days: Option<String>,
}

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Days(i64),
    All,
}

impl RangeQuery {
    pub(super) fn shown(&self) -> Shown {
        match self.days.as_deref() {
            Some("7") => Shown::Days(7),
            Some("90") => Shown::Days(90),
            Some("all") => Shown::All,
            _ => Shown::Days(30),
        }
    }
}

impl Shown {
    const EVERY: [Shown; 4] = [Shown::Days(7), Shown::Days(30), Shown::Days(90), Shown::All];

    /// As in the URL.
    pub(super) fn word(self) -> String {
        match self {
            Shown::Days(days) => days.to_string(),
            Shown::All => "all".to_owned(),
        }
    }

    pub(super) fn name(self, words: Words) -> String {
        match self {
            Shown::Days(days) => t!(words.lang, "patient-days", n = days),
            Shown::All => t!(words.lang, "patient-all"),
        }
    }

    /// The first moment, for somebody known since `first`.
    fn from(self, first: Instant, now: Instant) -> Instant {
        match self {
            Shown::Days(days) => now - TimeDelta::days(days),
            Shown::All => first.max(now - TimeDelta::days(3_650)).min(now - TimeDelta::days(7)),
        }
    }

    pub(super) fn links(self, view: &View) -> Markup {
        html! {
            nav.filters aria-label=(t!(view.words.lang, "patient-how-much")) {
                @for other in Self::EVERY {
                    a href={ "/patients/" (view.id()) "?days=" (other.word()) } aria-current=[(other == self).then_some("true")] { (other.name(view.words)) }
                }
            }
        }
    }
}

/// A parameter that somebody set.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) scope: ParameterScope,
    pub(super) key: String,
    /// none: set back
    pub(super) value: Option<String>,
    pub(super) effective_from: Instant,
    pub(super) at: Instant,
    pub(super) actor: Actor,
    pub(super) reason: String,
}

/// Everything on the page.
pub(super) struct View {
    pub(super) record: PatientRecord,
    /// what was agreed, oldest first
    pub(super) agreed: Vec<Event>,
    pub(super) episodes: Vec<Episode>,
    pub(super) tasks: Vec<Task>,
    /// whose the patient is, by name
    pub(super) teams: String,
    /// measured in what is shown
    pub(super) readings: Vec<StoredReading>,
    pub(super) picture: Picture,
    pub(super) devices: Vec<DeviceSeen>,
    /// links to the patient's own page, newest first
    pub(super) links: Vec<OwnLink>,
    pub(super) known: Vec<ParameterInfo>,
    pub(super) in_force: InForce,
    /// rulebooks that stand for this patient
    pub(super) books: Vec<BookInfo>,
    pub(super) shown: Shown,
    pub(super) from: Instant,
    pub(super) words: Words,
}

/// Longer than any window of a rule: so much before what is shown the rules look at.
const WINDOWS: TimeDelta = TimeDelta::days(35);

impl View {
    pub(super) async fn load(app: &App, caller: &Caller, id: &str, shown: Shown) -> Result<Self, Problem> {
        let record = caller.patient(app, id).await?;
        let id = record.patient.id.clone();
        let words = caller.words(app).in_zone(record.patient.timezone);
        let now = words.now;
        let first = first_known(&record).unwrap_or(now);
        let from = shown.from(first, now);
        let mut readings = series::readings(app, &id, &[], (from - WINDOWS, now)).await?;
        let agreed = app.store.agreed(&id).await?;
        let mut history = history_of(&id, &agreed);
        history.set_readings(readings.clone());
        let picture = app.rulebooks.picture(&history, from, now);
        readings.retain(|r| from <= r.reading.measured_at.instant());
        let clinic = in_force(&app.store.clinic_parameters().await?, now);
        let texts = Books::of(app, words);
        let known = texts.parameters();
        Ok(Self {
            in_force: super::effective(&known, &clinic, &in_force(&record.parameters, now)),
            episodes: app.store.episodes(&id).await?,
            tasks: texts.tasks(tasks(app, &id).await?),
            teams: team_names(&app.store.teams().await?, &record.patient.teams),
            devices: app.store.patient_devices(&id).await?,
            links: app.store.own_links(&id).await?,
            books: standing(&record, &texts.in_force(), now).into_iter().cloned().collect(),
            record,
            agreed,
            readings,
            picture,
            known,
            shown,
            from,
            words,
        })
    }

    pub(super) fn id(&self) -> &PatientId {
        &self.record.patient.id
    }

    pub(super) fn standings(&self) -> &Standings {
        &self.picture.standings
    }

    /// Everything that was ever set, oldest first.
    pub(super) fn settings(&self) -> Vec<Setting> {
        settings(&self.agreed)
    }
}

pub(super) fn settings(agreed: &[Event]) -> Vec<Setting> {
    let of = |event: &Event| -> Vec<Setting> {
        let EventBody::ParametersSet { scope, values, effective_from, reason } = &event.body else { return Vec::new() };
        let one = |(key, value): &(String, Option<String>)| Setting {
            scope: *scope,
            key: key.clone(),
            value: value.clone(),
            effective_from: *effective_from,
            at: event.at,
            actor: event.actor.clone(),
            reason: reason.clone(),
        };
        values.iter().map(one).collect()
    };
    agreed.iter().flat_map(of).collect()
}

fn history_of(id: &PatientId, agreed: &[Event]) -> History {
    let mut history = History::new(id.clone());
    agreed.iter().for_each(|event| history.apply(event));
    history
}

/// Since when anything of the patient may be known.
fn first_known(record: &PatientRecord) -> Option<Instant> {
    let assigned = record.assignments.iter().map(|a| a.from);
    record.enrolments.iter().map(|e| e.from).chain(assigned).min()
}

/// The newest tasks, open ones and urgent ones first.
async fn tasks(app: &App, id: &PatientId) -> Result<Vec<Task>, Problem> {
    let mut tasks = app.store.patient_tasks(id, 500).await?;
    tasks.sort_by_key(|t| (!t.status.is_open(), Reverse(t.severity), Reverse(t.created_at)));
    Ok(tasks)
}

/// The books of the patient's programmes and those that they include.
pub(in crate::pages) fn standing<'b>(record: &PatientRecord, books: &'b [BookInfo], now: Instant) -> Vec<&'b BookInfo> {
    let enrolled = |book: &BookInfo| {
        let programme = book.programme.as_ref();
        record.enrolments.iter().any(|e| programme == Some(&e.programme) && e.holds_at(now))
    };
    let included: Vec<&String> = books.iter().filter(|b| enrolled(b)).flat_map(|b| &b.include).collect();
    books.iter().filter(|b| enrolled(b) || included.contains(&&b.id)).collect()
}
