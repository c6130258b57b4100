//! Everybody who is watched, and the search.

use super::form::percent;
use super::layout::{self, Place};
use super::patient::{programme_names, status_word};
use crate::access::Caller;
use crate::app::{App, Shared};
use crate::cursor;
use crate::problem::Problem;
use crate::text::{Lang, Words, t};
use axum::extract::{Query, State};
use care::{Permission, Scope};
use maud::{Markup, html};
use serde::Deserialize;
use store::{PageRequest, PatientRecord};

/// What is searched for, and where the list goes on.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Search {
    q: Option<String>,
    cursor: Option<String>,
}

/// So many on a page.
const ROWS: u32 = 100;

/// `GET /patients`.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Query(search): Query<Search>,
) -> Result<Markup, Problem> {
    let wanted = search.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    let after = cursor::read(search.cursor.as_deref())?;
    let page = app.store.patients(caller.scope(), wanted, PageRequest { after, limit: ROWS }).await?;
    let (words, lang) = (caller.words(&app), caller.lang);
    let may_enter = caller.may(Permission::EditCare);
    let is_limited = page.items.is_empty() && has_other_teams(&app, &caller).await?;
    let content = html! {
        div.heading {
            h1 { (t!(lang, "common-patients")) }
            form.search method="get" action="/patients" role="search" {
                label.hide for="q" { (t!(lang, "patient-name-or-number")) }
                input #q type="search" name="q" value=(wanted.unwrap_or_default()) placeholder=(t!(lang, "patient-name-or-number"));
                button type="submit" { (t!(lang, "patient-search")) }
            }
            @if may_enter { a.button href="/new-patient" { (t!(lang, "patient-new")) } }
        }
        @if page.items.is_empty() {
            div.empty {
                @if wanted.is_some() { p { (t!(lang, "patient-nobody-matches")) } }
                @else { p { strong { (t!(lang, "patient-nobody-yet")) } } p.quiet { @if may_enter { (t!(lang, "patient-nobody-yet-remedy"; link = html! { a href="/new-patient" { (t!(lang, "patient-enter-one")) } })) } @else { (t!(lang, "patient-nobody-yet-ask")) } } }
                @if is_limited { (elsewhere(lang, wanted)) }
            }
        } @else {
            div.scroll tabindex="0" role="region" aria-label=(t!(lang, "common-patients")) { table.people {
                thead { tr { th { (t!(lang, "patient-name")) } th { (t!(lang, "patient-birth-date")) } th { (t!(lang, "patient-number")) } th { (t!(lang, "patient-programmes")) } th { (t!(lang, "patient-status")) } th { (t!(lang, "patient-phone")) } } }
                tbody { @for record in &page.items { (row(record, words)) } }
            } }
        }
        @if let Some(next) = page.next {
            p { a href={ "/patients?cursor=" (cursor::write(next)) @if let Some(q) = wanted { "&q=" (percent(q)) } } { (t!(lang, "patient-more")) } }
        }
    };
    Ok(layout::page(&caller, Place::Patients, &t!(lang, "common-patients"), &content))
}

/// Whether there are patients' teams whose patients the reader does not see.
async fn has_other_teams(app: &App, caller: &Caller) -> Result<bool, Problem> {
    let Scope::Within { teams: own, .. } = caller.scope() else { return Ok(false) };
    Ok(app.store.teams().await?.iter().any(|team| !own.contains(&team.id)))
}

/// Who is not found may be another team's, and can be opened with a reason: by a number, so only that is passed on.
fn elsewhere(lang: Lang, wanted: Option<&str>) -> Markup {
    let number = wanted.filter(|text| text.contains(|c: char| c.is_ascii_digit()));
    let link = html! {
        a href={ "/glass" @if let Some(number) = number { "?patient=" (percent(number)) } } { (t!(lang, "patient-elsewhere-open")) }
    };
    html! { p.quiet { (t!(lang, "patient-elsewhere"; link = link)) } }
}

fn row(record: &PatientRecord, words: Words) -> Markup {
    let patient = &record.patient;
    html! {
        tr {
            th scope="row" { a href={ "/patients/" (patient.id) } { (patient.name) } }
            td.num { @if let Some(born) = patient.birth_date { (words.date(born)) } }
            td.num { @for number in &patient.identifiers { (number.value) " " } @if patient.identifiers.is_empty() { small.quiet { (patient.id) } } }
            td { (programme_names(record, words)) }
            td { (status_word(record.status, words)) }
            td.num { @if !patient.phone.is_empty() { a.tel href={ "tel:" (patient.phone) } { (patient.phone) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_passed_on_and_a_name_is_not() {
        let said = |wanted| elsewhere(Lang::English, wanted).into_string();
        assert!(said(Some("MRN 17")).contains("href=\"/glass?patient=MRN%2017\""), "{}", said(Some("MRN 17")));
        for wanted in [Some("Alvarez"), None] {
            assert!(said(wanted).contains("href=\"/glass\""), "{}", said(wanted));
        }
    }
}
