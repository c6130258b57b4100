//! Who looked at whom, who changed what: read here, changed nowhere.

use super::form::percent;
use super::layout::{self, Place, alert};
use crate::access::{Caller, table};
use crate::app::{App, Shared};
use crate::cursor;
use crate::problem::Problem;
use crate::text::{Lang, t};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use care::PatientId;
use chrono::{NaiveDate, NaiveTime, TimeZone};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeSet;
use store::{AuditEntry, AuditFilter, PageRequest};
use vitals::Instant;

/// What is asked for, as it stands in the URL.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    actor: String,
    #[serde(default)]
    patient: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    cursor: Option<String>,
}

impl Asked {
    /// What cannot be read is refused: left out, it would show everything as if that were the answer.
    fn filter(&self, app: &App) -> Result<AuditFilter, Problem> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
        let no_patient = |given: &str| {
            let given = given.to_owned();
            let problem = Problem::field("/patient", format!("`{given}` is no patient’s id; it stands on their page."));
            problem.saying(move |lang| t!(lang, "problem-patient-id", text = given.as_str()))
        };
        let patient = text(&self.patient).map(|id| PatientId::new(&id).map_err(|_| no_patient(&id)));
        let day = |name, given: &str, later| text(given).map(|date| midnight(app, name, &date, later)).transpose();
        Ok(AuditFilter {
            actor: text(&self.actor),
            patient: patient.transpose()?,
            action: text(&self.action),
            from: day("from", &self.from, 0)?,
            until: day("to", &self.to, 1)?,
        })
    }

    /// The same filter in a link.
    fn query(&self) -> String {
        let pairs = [
            ("actor", &self.actor),
            ("patient", &self.patient),
            ("action", &self.action),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| format!("&{name}={}", percent(value))).collect()
    }
}

/// The beginning of a day of the clinic, or of the day after it.
fn midnight(app: &App, name: &str, date: &str, later: u64) -> Result<Instant, Problem> {
    let day = date.parse::<NaiveDate>().ok().and_then(|day| day.checked_add_days(chrono::Days::new(later)));
    let zone = app.config.timezone;
    let start = day.and_then(|day| zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest());
    start.map(|t| t.to_utc()).ok_or_else(|| {
        let given = date.to_owned();
        let problem = Problem::field(format!("/{name}"), format!("`{given}` is no date; write 2026-11-21."));
        problem.saying(move |lang| t!(lang, "problem-date", text = given.as_str()))
    })
}

/// `GET /audit`.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let (status, answer) = match asked.filter(&app) {
        Ok(filter) => (StatusCode::OK, found(&app, &caller, &asked, &filter).await?),
        Err(wrong) => (wrong.status, alert(&wrong.detail_in(lang))),
    };
    let content = html! {
        h1 { (t!(lang, "common-audit")) }
        (form(lang, &asked))
        (answer)
    };
    Ok((status, layout::page(&caller, Place::Audit, &t!(lang, "common-audit"), &content)).into_response())
}

/// The lines that were asked for, and where the trail ends.
async fn found(app: &App, caller: &Caller, asked: &Asked, filter: &AuditFilter) -> Result<Markup, Problem> {
    let after = cursor::read(asked.cursor.as_deref())?;
    let page = app.store.audit_trail(filter, PageRequest { after, limit: 100 }).await?;
    let head = app.store.audit_head().await?;
    let (lang, words) = (caller.lang, caller.words(app));
    Ok(html! {
        p.quiet { (t!(lang, "accounts-audit-explained", zone = words.zone.name())) }
        p.quiet {
            (t!(lang, "accounts-audit-take"; link = html! { a href=(for_programs(filter)) { (t!(lang, "accounts-audit-json")) } },
                command = html! { code { "hearth export --what audit --format csv" } }))
        }
        @if page.items.is_empty() { div.empty { p { (t!(lang, "accounts-audit-none")) } } } @else {
            div.scroll tabindex="0" role="region" aria-label=(t!(lang, "common-audit")) { table {
                thead { tr { th { (t!(lang, "accounts-when")) } th { (t!(lang, "accounts-who")) } th { (t!(lang, "accounts-what")) } th { (t!(lang, "accounts-row")) } } }
                tbody { @for line in &page.items { tr {
                    td.num { time datetime=(line.entry.at.to_rfc3339()) { (words.clock(line.entry.at)) } }
                    td { a href={ "/audit?actor=" (percent(&line.entry.actor.0)) } { (line.entry.actor) } }
                    td { (sentence(lang, line)) }
                    td.num.quiet { (line.row) }
                } } }
            } }
        }
        @if let Some(next) = page.next { p { a href={ "/audit?cursor=" (cursor::write(next)) (asked.query()) } { (t!(lang, "accounts-older")) } } }
        @if let Some(head) = head {
            section.card { h2 { (t!(lang, "accounts-audit-head")) } p { code { (head) } } p.quiet { (t!(lang, "accounts-audit-head-explained")) } }
        }
    })
}

/// The same lines from the API.
fn for_programs(filter: &AuditFilter) -> String {
    let time = |at: &Option<Instant>| at.map(|t| t.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
    let patient = filter.patient.as_ref().map(|id| id.as_str().to_owned());
    let pairs = [
        ("actor", filter.actor.clone()),
        ("patient", patient),
        ("action", filter.action.clone()),
        ("from", time(&filter.from)),
        ("to", time(&filter.until)),
    ];
    let given = pairs.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", percent(&value?))));
    let query = given.collect::<Vec<_>>().join("&");
    if query.is_empty() { "/api/v1/audit".to_owned() } else { format!("/api/v1/audit?{query}") }
}

fn form(lang: Lang, asked: &Asked) -> Markup {
    let known: BTreeSet<&str> =
        table::TABLE.iter().filter_map(|row| row.audit).chain(["sign-in", "sign-in-failed", "refused"]).collect();
    html! {
        form.asked method="get" action="/audit" role="search" {
            label { (t!(lang, "accounts-who")) input type="text" name="actor" value=(asked.actor); }
            label { (t!(lang, "accounts-patient-id")) input type="text" name="patient" value=(asked.patient); }
            label { (t!(lang, "accounts-what")) select name="action" {
                option value="" { (t!(lang, "accounts-anything")) }
                @for action in known { option value=(action) selected[action == asked.action] { (said(lang, action, &html! { "…" })) } } } }
            label { (t!(lang, "accounts-from")) input type="date" name="from" value=(asked.from); }
            label { (t!(lang, "accounts-to")) input type="date" name="to" value=(asked.to); }
            button type="submit" { (t!(lang, "accounts-show")) }
        }
    }
}

/// What a line says, with a way to whom it is about.
fn sentence(lang: Lang, line: &AuditEntry) -> Markup {
    let e = &line.entry;
    let whom = html! { @match &e.patient {
        Some(id) => { a href={ "/audit?patient=" (id) } { (id) } }
        None => { (e.subject) }
    } };
    let about = e.patient.as_ref().is_some_and(|id| id.as_str() != e.subject).then_some(e.subject.as_str());
    let said = said(lang, &e.action, &whom);
    html! { (said) @if let Some(about) = about { " " small.quiet { (about) } } @if !e.detail.is_empty() { ": " (e.detail) } }
}

/// What somebody did, to whom or what.
fn said(lang: Lang, action: &str, whom: &Markup) -> Markup {
    let whom = whom.clone();
    match action {
        "sign-in" => t!(lang, "accounts-did-sign-in"; whom = whom),
        "sign-in-failed" => t!(lang, "accounts-did-sign-in-failed"; whom = whom),
        "sign-out" => t!(lang, "accounts-did-sign-out"; whom = whom),
        "refused" => t!(lang, "accounts-did-refused"; whom = whom),
        "list-patients" => t!(lang, "accounts-did-list-patients"; whom = whom),
        "list-tasks" => t!(lang, "accounts-did-list-tasks"; whom = whom),
        "list-assignments" => t!(lang, "accounts-did-list-assignments"; whom = whom),
        "read-patient" => t!(lang, "accounts-did-read-patient"; whom = whom),
        "read-task" => t!(lang, "accounts-did-read-task"; whom = whom),
        "read-audit" => t!(lang, "accounts-did-read-audit"; whom = whom),
        "read-quarantined-bytes" => t!(lang, "accounts-did-read-bytes"; whom = whom),
        "add-patient" => t!(lang, "accounts-did-add-patient"; whom = whom),
        "change-patient" => t!(lang, "accounts-did-change-patient"; whom = whom),
        "work-task" => t!(lang, "accounts-did-work-task"; whom = whom),
        "assign-device" => t!(lang, "accounts-did-assign-device"; whom = whom),
        "break-glass" => t!(lang, "accounts-did-break-glass"; whom = whom),
        "close-glass" => t!(lang, "accounts-did-close-glass"; whom = whom),
        "add-user" => t!(lang, "accounts-did-add-user"; whom = whom),
        "change-user" => t!(lang, "accounts-did-change-user"; whom = whom),
        "change-own-account" => t!(lang, "accounts-did-change-own"; whom = whom),
        "end-session" => t!(lang, "accounts-did-end-session"; whom = whom),
        "change-teams" => t!(lang, "accounts-did-change-teams"; whom = whom),
        "add-token" => t!(lang, "accounts-did-add-token"; whom = whom),
        "disable-token" => t!(lang, "accounts-did-disable-token"; whom = whom),
        "change-source" => t!(lang, "accounts-did-change-source"; whom = whom),
        "add-source" => t!(lang, "accounts-did-add-source"; whom = whom),
        "rotate-source" => t!(lang, "accounts-did-rotate-source"; whom = whom),
        "disable-source" => t!(lang, "accounts-did-disable-source"; whom = whom),
        "enable-source" => t!(lang, "accounts-did-enable-source"; whom = whom),
        "replay-quarantine" => t!(lang, "accounts-did-replay-quarantine"; whom = whom),
        "set-clinic-parameters" => t!(lang, "accounts-did-set-clinic-parameters"; whom = whom),
        "set-parameters" => t!(lang, "accounts-did-set-parameters"; whom = whom),
        "set-cover" => t!(lang, "accounts-did-set-cover"; whom = whom),
        "send-test-message" => t!(lang, "accounts-did-send-test-message"; whom = whom),
        "make-own-link" => t!(lang, "accounts-did-make-own-link"; whom = whom),
        "revoke-own-link" => t!(lang, "accounts-did-revoke-own-link"; whom = whom),
        "own-page-opened" => t!(lang, "accounts-did-own-page-opened"; whom = whom),
        "own-page-code-wrong" => t!(lang, "accounts-did-own-page-code-wrong"; whom = whom),
        "own-page-closed" => t!(lang, "accounts-did-own-page-closed"; whom = whom),
        "read-own-page" => t!(lang, "accounts-did-read-own-page"; whom = whom),
        "read-opened-patients" => t!(lang, "accounts-did-read-opened-patients"; whom = whom),
        // Those that other pages bring, in the words of their code.
        other => html! { (other.replace('-', " ")) " " (whom) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_the_lines_that_the_page_shows() {
        assert_eq!(for_programs(&AuditFilter::default()), "/api/v1/audit");
        let from = Some("2026-11-21T23:00:00Z".parse().unwrap());
        let filter = AuditFilter { actor: Some("ada b".to_owned()), from, ..AuditFilter::default() };
        assert_eq!(for_programs(&filter), "/api/v1/audit?actor=ada%20b&from=2026%2D11%2D21T23%3A00%3A00Z");
    }
}
