//! The patient's own page: opened by a link and a code that the care team made, without an account.

use super::assets;
use super::chart::{Chart, draw};
use super::form::{Fields, csrf};
use super::layout::{self, Place, alert};
use super::series::{PANELS, corrected, latest, readings, series_of};
use crate::access::guard::from_elsewhere;
use crate::access::secret::{digest_of, new_secret, random};
use crate::access::{Caller, session};
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::text::{Lang, Words, t};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use care::{Actor, Expectation, PatientId, Permission, PromptRequest, Queue, Scope, TaskStatus};
use chrono::TimeDelta;
use maud::{DOCTYPE, Markup, html};
use sha2::{Digest, Sha256};
use store::{OwnLink, PageRequest, PatientRecord, TaskFilter};
use subtle::ConstantTimeEq;
use vitals::{Instant, StoredReading};

/// A page stays open so long without the code being asked again.
const OPEN_FOR: TimeDelta = TimeDelta::hours(2);
/// So much of the past is shown.
const SHOWN: TimeDelta = TimeDelta::days(30);
/// Readings in the table.
const IN_TABLE: usize = 40;

/// The digest kept of a code: with the link's secret in it, six digits cannot be tried out from the store alone.
fn code_digest(link: &str, code: &str) -> [u8; 32] {
    Sha256::new().chain_update(link.as_bytes()).chain_update(b":").chain_update(code.as_bytes()).finalize().into()
}

/// Six digits.
fn new_code() -> Result<String, Problem> {
    let bytes = random::<8>().map_err(|e| Problem::internal(&e))?;
    Ok(format!("{:06}", u64::from_le_bytes(bytes) % 1_000_000))
}

/// What a person typed, without the spaces that make it readable.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).take(12).collect()
}

// --- the care team's side ----------------------------------------------------------------------------------------

/// The card on a patient's page: what links there are, and the forms that make and revoke one.
pub(super) fn card(caller: &Caller, patient: &PatientId, links: &[OwnLink], words: Words) -> Markup {
    let lang = caller.lang;
    let newest = links.first();
    let open = newest.filter(|link| link.is_usable(words.now));
    html! {
        section.card #own {
            h2 { (t!(lang, "own-card")) }
            p.quiet { (t!(lang, "own-card-lead")) }
            @match (open, newest) {
                (Some(link), _) => {
                    p { (t!(lang, "own-card-open")) " " (words.when(link.created_at)) ", " (link.created_by) ". "
                        (t!(lang, "own-card-until", date = words.clock(link.expires_at))) }
                    p { @match link.used_at { Some(at) => { (t!(lang, "own-card-used")) " " (words.when(at)) }, None => { (t!(lang, "own-card-unused")) } } }
                    @if let Some(until) = link.locked_until().filter(|until| *until > words.now) {
                        p { (t!(lang, "own-card-locked", n = link.failed)) " " (words.at(until)) }
                    }
                },
                (None, Some(link)) if link.revoked_at.is_none() && link.failed >= OwnLink::MOST_ATTEMPTS => { p { (t!(lang, "own-card-worn")) } },
                _ => { p { (t!(lang, "own-card-none")) } },
            }
            @if caller.may(Permission::EditContacts) {
                form.inline method="post" action={ "/patients/" (patient) "/own" } {
                    (csrf(caller))
                    button type="submit" { @if open.is_some() { (t!(lang, "own-card-renew")) } @else { (t!(lang, "own-card-make")) } }
                }
                @if let Some(link) = open {
                    form.inline method="post" action={ "/patients/" (patient) "/own/" (link.id) "/revoke" } {
                        (csrf(caller)) button.plain type="submit" { (t!(lang, "own-card-revoke")) }
                    }
                }
            }
        }
    }
}

/// `POST /patients/{id}/own`: link and code are in this answer and nowhere else, to be handed over.
pub(super) async fn make(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let record = caller.patient(&app, &id).await?;
    let now = app.clock.now();
    let (secret, link_sha256) = new_secret().map_err(|e| Problem::internal(&e))?;
    let code = new_code()?;
    let link = OwnLink {
        id: hex::encode(random::<6>().map_err(|e| Problem::internal(&e))?),
        patient: record.patient.id.clone(),
        link_sha256,
        code_sha256: code_digest(&secret, &code),
        created_at: now,
        created_by: caller.actor.clone(),
        expires_at: now + app.config.own_link_lifetime,
        revoked_at: None,
        failed: 0,
        tried_at: None,
        used_at: None,
    };
    let until = link.expires_at;
    app.store.add_own_link(link).await?;
    let url = format!("{}/own/{secret}", base(&app, &headers));
    Ok(handed_over(&app, &caller, &record, (&url, &code, until)).into_response())
}

/// Where this machine is reached: as configured, or as whoever asks reaches it.
fn base(app: &App, headers: &HeaderMap) -> String {
    if let Some(url) = &app.config.messages.public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("localhost");
    format!("{}://{host}", if app.config.secure() { "https" } else { "http" })
}

fn handed_over(
    app: &App,
    caller: &Caller,
    record: &PatientRecord,
    (url, code, until): (&str, &str, Instant),
) -> Markup {
    let (patient, lang) = (&record.patient, caller.lang);
    let words = caller.words(app);
    let theirs = Lang::of_code(&patient.language).unwrap_or_default();
    let (first, last) = code.split_at_checked(3).unwrap_or((code, ""));
    let content = html! {
        p.crumb { a href={ "/patients/" (patient.id) } { (patient.name) } }
        h1 { (t!(lang, "own-made")) }
        p { strong { (t!(lang, "own-made-once")) } " " (t!(lang, "own-made-apart")) }
        section.card.secret.handout lang=(theirs.code()) {
            h2 { (t!(theirs, "own-title")) }
            p { (t!(theirs, "own-hand-lead")) }
            dl.facts {
                dt { (t!(theirs, "own-hand-link")) } dd { code #own-link { (url) } }
                dt { (t!(theirs, "own-hand-code")) } dd { strong.code { (first) " " (last) } }
            }
            p.quiet { (t!(theirs, "own-hand-until", date = Words::new(theirs, patient.timezone, words.now).clock(until))) }
            p.quiet { (t!(theirs, "common-not-emergency")) }
        }
        p { button type="button" data-copy="own-link" data-done=(t!(lang, "admin-copied")) hidden { (t!(lang, "own-copy-link")) } }
        p { a href={ "/patients/" (patient.id) } { (t!(lang, "own-back")) } }
    };
    layout::page(caller, Place::Patients, &t!(lang, "own-made"), &content)
}

/// `POST /patients/{id}/own/{link}/revoke`.
pub(super) async fn revoke(
    State(app): State<Shared>,
    caller: Caller,
    Path((id, link)): Path<(String, String)>,
) -> Result<Redirect, Problem> {
    let record = caller.patient(&app, &id).await?;
    let patient = record.patient.id;
    app.store.revoke_own_link(&patient, &link, app.clock.now()).await?;
    Ok(Redirect::to(&format!("/patients/{patient}#own")))
}

// --- the patient's side ------------------------------------------------------------------------------------------

/// Who opens the page, in the audit trail.
fn patient_actor() -> Actor {
    Actor("patient".to_owned())
}

const ROBOTS: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow, noarchive"));

/// `GET /own/{token}`: the page, or the form that asks for the code.
pub(super) async fn page(
    State(app): State<Shared>,
    lang: Lang,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let now = app.clock.now();
    let digest = digest_of(&token);
    if let Some(open) = session::own_token(&app, &headers) {
        let link = app.store.own_session(&digest_of(&open), now).await?;
        if let Some(link) = link.filter(|link| bool::from(link.link_sha256.ct_eq(&digest))) {
            return own(&app, &token, &link).await;
        }
    }
    // Whether there is such a link is not told before the code is right.
    let known = app.store.own_link(&digest).await?.filter(|link| link.is_usable(now));
    let lang = match known {
        Some(link) => app.store.patient(&link.patient).await?.and_then(|r| Lang::of_code(&r.patient.language)),
        None => None,
    }
    .unwrap_or(lang);
    ask(&app, lang, &token, (StatusCode::OK, None))
}

/// The form that asks for the code, with a token against forms from elsewhere.
fn ask(app: &App, lang: Lang, token: &str, (status, wrong): (StatusCode, Option<&str>)) -> Result<Response, Problem> {
    let (form, _) = new_secret().map_err(|e| Problem::internal(&e))?;
    let cookie = session::form_cookie(app, &form)?;
    let content = html! {
        h1 { (t!(lang, "own-title")) }
        @if let Some(wrong) = wrong { (alert(wrong)) }
        p { (t!(lang, "own-ask")) }
        form.stack method="post" action={ "/own/" (path_safe(token)) } {
            input type="hidden" name="form" value=(form);
            label { (t!(lang, "own-code"))
                input.code type="text" name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="9" pattern="[0-9 ]{6,9}" autofocus; }
            button.primary type="submit" { (t!(lang, "own-open")) }
        }
        p.quiet { (t!(lang, "own-ask-lost")) }
    };
    let headers = AppendHeaders([(header::SET_COOKIE, cookie), ROBOTS]);
    Ok((status, headers, shell(lang, &content)).into_response())
}

/// Ours are hexadecimal; whatever else stands in the path leads nowhere.
fn path_safe(token: &str) -> String {
    token.chars().filter(char::is_ascii_alphanumeric).take(64).collect()
}

/// `POST /own/{token}`: the code.
pub(super) async fn open(
    State(app): State<Shared>,
    lang: Lang,
    headers: HeaderMap,
    Path(token): Path<String>,
    fields: Fields,
) -> Result<Response, Problem> {
    let expected = session::form_token(&app, &headers).unwrap_or_default();
    let given = fields.get("form").unwrap_or_default();
    if expected.is_empty() || !bool::from(expected.as_bytes().ct_eq(given.as_bytes())) {
        return ask(&app, lang, &token, (StatusCode::FORBIDDEN, Some(&t!(lang, "own-stale"))));
    }
    let now = app.clock.now();
    let attempt = app.store.try_own_link(&digest_of(&token), now).await?;
    let digest = code_digest(&token, &digits(fields.get("code").unwrap_or_default()));
    let expected = attempt.as_ref().map_or([0; 32], |a| a.link.code_sha256);
    let right = bool::from(expected.ct_eq(&digest)) && attempt.as_ref().is_some_and(|a| a.taken);
    let Some(attempt) = attempt else {
        return ask(&app, lang, &token, (StatusCode::UNAUTHORIZED, Some(&t!(lang, "own-wrong"))));
    };
    let subject = attempt.link.patient.to_string();
    if !right {
        let action = if attempt.taken { "own-page-code-wrong" } else { "own-page-closed" };
        let line = (action, subject, format!("link {}", attempt.link.id));
        app.trail.changed(&app.store, &patient_actor(), line, now).await?;
        return ask(&app, lang, &token, (StatusCode::UNAUTHORIZED, Some(&t!(lang, "own-wrong"))));
    }
    let (session, session_sha256) = new_secret().map_err(|e| Problem::internal(&e))?;
    app.store.open_own_page(&attempt.link.id, session_sha256, now, now + OPEN_FOR).await?;
    let line = ("own-page-opened", subject, format!("link {}", attempt.link.id));
    app.trail.changed(&app.store, &patient_actor(), line, now).await?;
    let cookie = session::own_cookie(&app, &session, OPEN_FOR)?;
    let to = Redirect::to(&format!("/own/{}", path_safe(&token)));
    Ok((AppendHeaders([(header::SET_COOKIE, cookie), ROBOTS]), to).into_response())
}

/// `POST /own/{token}/close`.
pub(super) async fn close(
    State(app): State<Shared>,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    if from_elsewhere(&headers) {
        return Err(Problem::csrf());
    }
    if let Some(open) = session::own_token(&app, &headers) {
        app.store.end_own_session(&digest_of(&open)).await?;
    }
    let cookie = session::own_cookie(&app, "", TimeDelta::zero())?;
    let to = Redirect::to(&format!("/own/{}", path_safe(&token)));
    Ok((AppendHeaders([(header::SET_COOKIE, cookie), ROBOTS]), to).into_response())
}

struct View {
    record: PatientRecord,
    readings: Vec<StoredReading>,
    expected: Vec<Expectation>,
    asked: Vec<PromptRequest>,
    /// when somebody said that they would call again
    call: Option<Instant>,
    words: Words,
}

async fn own(app: &App, token: &str, link: &OwnLink) -> Result<Response, Problem> {
    let now = app.clock.now();
    let record = app.store.patient(&link.patient).await?.ok_or_else(|| Problem::not_found("such page"))?;
    let id = &record.patient.id;
    let readings = readings(app, id, &[], (now - SHOWN, now)).await?;
    let answered = |p: &PromptRequest| {
        readings.iter().any(|r| r.reading.kind == p.kind && r.reading.measured_at.instant() > p.asked_at)
    };
    let mut asked = app.store.open_prompts(id, now).await?;
    asked.retain(|p| !answered(p));
    asked.dedup_by_key(|p| p.kind);
    let filter = TaskFilter {
        patient: vec![id.clone()],
        status: vec![TaskStatus::OnHold],
        queue: Some(Queue::Care),
        ..TaskFilter::default()
    };
    let held = app.store.tasks(&Scope::All, &filter, PageRequest { after: None, limit: 20 }).await?.items;
    let lang = Lang::of_code(&record.patient.language).unwrap_or_default();
    let words = Words::new(lang, record.patient.timezone, now);
    let view = View {
        expected: app.store.expectations(id).await?,
        call: held.into_iter().filter_map(|task| task.held_until).filter(|until| *until > now).min(),
        record,
        readings,
        asked,
        words,
    };
    let line = ("read-own-page", view.record.patient.id.to_string(), String::new());
    app.trail.changed(&app.store, &patient_actor(), line, now).await?;
    let content = html! {
        h1 { (t!(lang, "own-title")) }
        (asked_for(&view))
        (agreed(&view))
        (charts(&view))
        (table(&view))
        form.inline method="post" action={ "/own/" (path_safe(token)) "/close" } { button type="submit" { (t!(lang, "own-close")) } }
    };
    Ok((AppendHeaders([ROBOTS]), shell(lang, &content)).into_response())
}

fn asked_for(view: &View) -> Markup {
    let (words, lang) = (view.words, view.words.lang);
    html! {
        @for prompt in &view.asked {
            section.card.repeat role="status" {
                h2 { (t!(lang, "own-repeat", kind = words.kind(prompt.kind))) }
                p { (t!(lang, "own-repeat-until", time = words.clock(prompt.until))) }
            }
        }
    }
}

fn agreed(view: &View) -> Markup {
    let (words, lang) = (view.words, view.words.lang);
    let programmes: Vec<String> = view
        .record
        .enrolments
        .iter()
        .filter(|e| e.holds_at(words.now))
        .map(|e| words.programme(e.programme.as_str()))
        .collect();
    html! {
        section {
            h2 { (t!(lang, "own-agreed")) }
            ul.agreed {
                @if !programmes.is_empty() { li { (t!(lang, "own-programme", programmes = programmes.join(", "))) } }
                @for expected in &view.expected { li { (t!(lang, "own-measure", kind = words.kind(expected.kind))) } }
                @match view.call {
                    Some(at) => { li { (t!(lang, "own-call", time = words.clock(at))) } },
                    None => { li { (t!(lang, "own-no-call")) } },
                }
            }
            p.quiet { (t!(lang, "own-not-watched")) }
        }
    }
}

fn charts(view: &View) -> Markup {
    let (words, lang) = (view.words, view.words.lang);
    let standings = corrected(&view.readings);
    let panels = PANELS.into_iter().filter_map(|panel| {
        let series = series_of(panel, &view.readings, &standings, words);
        (!series.is_empty()).then_some((panel, series))
    });
    html! {
        section {
            h2 { (t!(lang, "own-readings")) }
            @if view.readings.is_empty() { div.empty { p { (t!(lang, "own-no-readings")) } } }
            @for (panel, series) in panels {
                figure.panel {
                    figcaption { strong { (panel.name(words)) } @if let Some(newest) = latest(&series, words) { span.newest { (newest) } } }
                    (draw(&Chart {
                        panel,
                        series: &series,
                        limits: &[],
                        band: None,
                        shades: &[],
                        gaps: &[],
                        readouts: &[],
                        from: words.now - SHOWN,
                        to: words.now,
                        words,
                    }))
                }
            }
        }
    }
}

fn table(view: &View) -> Markup {
    let (words, lang) = (view.words, view.words.lang);
    html! {
        @if !view.readings.is_empty() {
            details.wide {
                summary { (t!(lang, "own-table")) }
                ul.values { @for stored in view.readings.iter().rev().take(IN_TABLE) {
                    @let reading = &stored.reading;
                    li {
                        span { (words.when(reading.measured_at.instant())) }
                        strong { (words.kind(reading.kind)) }
                        @for (quantity, value) in &reading.values {
                            span { (words.quantity(*quantity)) " " (words.value(*value)) }
                        }
                    }
                } }
            }
        }
    }
}

/// Large, calm and without a way into the rest; no name in the title.
fn shell(lang: Lang, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html.own lang=(lang.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex, nofollow";
                title { (t!(lang, "own-title")) }
                link rel="icon" href=(assets::icon()) type="image/svg+xml";
                link rel="stylesheet" href=(assets::style());
            }
            body {
                main #content { (content) }
                footer.foot { strong { (t!(lang, "common-not-emergency")) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_six_digits_however_it_is_typed() {
        let code = new_code().unwrap();
        assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
        assert_eq!(digits(" 123 456"), "123456");
        assert_ne!(code_digest("a", "123456"), code_digest("b", "123456"));
    }
}
