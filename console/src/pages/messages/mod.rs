//! Who is told of what and when, in words and as a form; whether messages arrive; what became of them.

mod draft;
mod fields;
mod preview;

use super::form::{Fields, csrf};
use super::layout::{self, Place, alert};
use super::tasks::names::Names;
use crate::AccountError;
use crate::access::Caller;
use crate::access::secret::new_secret;
use crate::api::cover::set_policy;
use crate::app::{App, Shared};
use crate::notify::Undelivered;
use crate::problem::Problem;
use crate::text::{Lang, Words, t, undelivered};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use care::cover::{Channel, CoverBook, Email, Member, Policy, Warning, warnings};
use care::{Actor, ProgrammeId, Role, Team};
use draft::{Draft, Wrongs};
use maud::{Markup, html};
use store::{MessageRow, MessageState, PageRequest, User};

/// What was just done, or why not.
#[derive(Default)]
struct Said {
    /// a form that was sent and not taken
    draft: Option<(Draft, Wrongs)>,
    alert: Option<String>,
    done: Option<String>,
}

/// `GET /messages`.
pub(super) async fn page(State(app): State<Shared>, caller: Caller) -> Result<Markup, Problem> {
    show(&app, &caller, Said::default()).await
}

/// `POST /messages`.
pub(super) async fn set(State(app): State<Shared>, caller: Caller, fields: Fields) -> Result<Response, Problem> {
    let draft = Draft::sent(&fields);
    let programmes = app.rulebooks.programmes(app.clock.now());
    let read = draft.read(caller.lang, &programmes);
    let reason = fields.get("reason").unwrap_or_default();
    let refused = match read {
        Ok(_) if reason.is_empty() => vec![("reason".to_owned(), t!(caller.lang, "notify-wrong-reason"))],
        Ok(policy) => {
            set_policy(&app, &caller, Some(policy), (reason, None)).await?;
            return Ok(Redirect::to("/messages").into_response());
        }
        Err(wrongs) => wrongs,
    };
    let alert = Some(t!(caller.lang, "notify-not-saved", count = refused.len()));
    let said = Said { draft: Some((draft, refused)), alert, done: None };
    Ok((axum::http::StatusCode::BAD_REQUEST, show(&app, &caller, said).await?).into_response())
}

/// `POST /messages/test`.
pub(super) async fn test(State(app): State<Shared>, caller: Caller, fields: Fields) -> Result<Response, Problem> {
    let missing = || Problem::not_found("such person or way");
    let user = Actor(fields.get("user").ok_or_else(missing)?.to_owned());
    let channel: Channel = fields.get("channel").and_then(|way| way.parse().ok()).ok_or_else(missing)?;
    let book = app.store.cover().await?;
    let now = app.clock.now();
    let member = book.at(now).and_then(|p| p.member(&user)).ok_or_else(|| Problem::not_found("such person"))?;
    let (_, digest) = new_secret().map_err(AccountError::from)?;
    let id: String = hex::encode(digest).chars().take(32).collect();
    let said = match app.courier.test(channel, member, id, now).await {
        Ok(()) => {
            Said { done: Some(t!(caller.lang, "notify-test-sent", name = member.name.as_str())), ..Said::default() }
        }
        Err(Undelivered::Later { why, .. } | Undelivered::Never { why }) => Said {
            alert: Some(t!(caller.lang, "notify-test-failed", why = said_why(caller.lang, &why))),
            ..Said::default()
        },
    };
    Ok(show(&app, &caller, said).await?.into_response())
}

/// Everything that stands in the way of telling people, for the list of tasks and this page.
fn warning_banner(found: &[String]) -> Markup {
    html! {
        div data-part="warnings" role="status" {
            @if !found.is_empty() {
                ul.warnings.note { @for warning in found { li { (warning) } } }
            }
        }
    }
}

/// The same, asked of the store.
pub(super) async fn banner(app: &App, caller: &Caller, teams: &[Team], names: &Names) -> Result<Markup, Problem> {
    let book = app.store.cover().await?;
    let lang = caller.lang;
    let unattended = super::teams::unattended(app, teams, names).await?.into_iter();
    let unattended =
        unattended.map(|(team, open)| t!(lang, "notify-warn-unattended", n = open, team = team.name.as_str()));
    let others = warnings(&book, app.courier.ways(), app.clock.now());
    Ok(warning_banner(&unattended.chain(others.iter().map(|w| say(lang, w))).collect::<Vec<_>>()))
}

/// Why a message did not leave, in the reader's language where it is one of Hearth's own reasons.
fn said_why(lang: Lang, why: &str) -> String {
    undelivered(lang, why).unwrap_or_else(|| why.to_owned())
}

fn say(lang: Lang, warning: &Warning) -> String {
    let of = |programme: &Option<ProgrammeId>| {
        programme
            .as_ref()
            .map_or_else(|| t!(lang, "notify-of-all"), |p| crate::text::say(lang, &format!("common-{p}"), None))
    };
    match warning {
        Warning::NotConfigured => t!(lang, "notify-warn-not-configured"),
        Warning::NoWay(channel) => t!(lang, "notify-warn-no-way", way = way(lang, *channel)),
        Warning::NobodyOnDuty { programme } => t!(lang, "notify-warn-nobody-on-duty", programme = of(programme)),
        Warning::NobodyLast { programme } => t!(lang, "notify-warn-nobody-last", programme = of(programme)),
        Warning::Unreachable { name, .. } => t!(lang, "notify-warn-unreachable", name = name.as_str()),
    }
}

fn way(lang: Lang, channel: Channel) -> String {
    match channel {
        Channel::Email => t!(lang, "notify-email"),
        Channel::Webhook => t!(lang, "notify-webhook"),
    }
}

async fn show(app: &App, caller: &Caller, said: Said) -> Result<Markup, Problem> {
    let (lang, now) = (caller.lang, app.clock.now());
    let book = app.store.cover().await?;
    let users = app.store.users().await?;
    let banner = banner(app, caller, &app.store.teams().await?, &Names::load(app).await?).await?;
    let programmes = app.rulebooks.programmes(now);
    let page = |limit| PageRequest { after: None, limit };
    let dead = app.store.messages(Some(MessageState::Dead), page(20)).await?.items;
    let recent = app.store.messages(None, page(20)).await?.items;
    let policy = book.at(now);
    let (draft, wrongs) = said.draft.unwrap_or_else(|| (begin(app, policy, &users), Vec::new()));
    let content = html! {
        h1 { (t!(lang, "notify-title")) }
        @if let Some(text) = &said.alert { (alert(text)) }
        @if let Some(text) = &said.done { p.done role="status" { (text) } }
        (banner)
        section.card {
            h2 { (t!(lang, "notify-in-words")) }
            @match policy {
                Some(policy) => (preview::policy(lang, policy)),
                None => p { (t!(lang, "notify-not-configured")) },
            }
        }
        (test_form(app, caller, policy))
        (list(caller, app, &t!(lang, "notify-dead"), &dead))
        (fields::form(caller, &draft, &wrongs, &programmes, &users))
        (list(caller, app, &t!(lang, "notify-recent"), &recent))
        (history(caller, app, &book))
    };
    Ok(layout::page(caller, Place::Messages, &t!(lang, "notify-title"), &content))
}

/// What the form shows before anything was sent: what is in force, or the people who sign in.
fn begin(app: &App, policy: Option<&Policy>, users: &[User]) -> Draft {
    if let Some(policy) = policy {
        return Draft::of(policy);
    }
    let works = |u: &&User| !u.disabled && u.role >= Role::Coordinator;
    let member = |u: &User| Member {
        user: Actor(u.name.clone()),
        name: if u.display_name.is_empty() { u.name.clone() } else { u.display_name.clone() },
        role: Some(u.role),
        email: u.email.as_deref().and_then(|e| e.parse::<Email>().ok()),
        language: u.language.clone(),
        duty: None,
    };
    let people: Vec<Member> = users.iter().filter(works).map(member).collect();
    Draft::of_people(&people, app.config.timezone)
}

fn test_form(app: &App, caller: &Caller, policy: Option<&Policy>) -> Markup {
    let lang = caller.lang;
    let ways = app.courier.ways();
    html! {
        section.card {
            h2 { (t!(lang, "notify-test")) }
            @match policy.filter(|p| !p.people.is_empty()) {
                Some(policy) if !ways.is_empty() => {
                    form.row method="post" action="/messages/test" {
                        (csrf(caller))
                        label { (t!(lang, "notify-person")) select name="user" {
                            @for member in &policy.people { option value=(member.user) { (member.name) } }
                        } }
                        label { (t!(lang, "notify-way")) select name="channel" {
                            @for channel in ways { option value=(channel) { (way(lang, *channel)) } }
                        } }
                        button type="submit" { (t!(lang, "notify-test-send")) }
                    }
                }
                Some(_) => p.quiet { (t!(lang, "notify-no-ways")) },
                None => p.quiet { (t!(lang, "notify-test-nobody")) },
            }
        }
    }
}

fn list(caller: &Caller, app: &App, title: &str, messages: &[MessageRow]) -> Markup {
    let lang = caller.lang;
    let words = Words::new(lang, app.config.timezone, app.clock.now());
    let state = |m: &MessageRow| match m.state {
        MessageState::Waiting => t!(lang, "notify-state-waiting"),
        MessageState::Sent => t!(lang, "notify-state-sent"),
        MessageState::Dead => t!(lang, "notify-state-dead"),
        MessageState::Withdrawn => t!(lang, "notify-state-withdrawn"),
    };
    html! {
        @if !messages.is_empty() {
            section {
                h2 { (title) }
                div.scroll tabindex="0" role="region" aria-label=(title) { table {
                    thead { tr {
                        th { (t!(lang, "notify-when")) } th { (t!(lang, "notify-person")) } th { (t!(lang, "notify-way")) }
                        th { (t!(lang, "notify-task")) } th { (t!(lang, "notify-state")) } th { (t!(lang, "notify-why")) }
                    } }
                    tbody { @for m in messages { tr {
                        td.num { (words.clock(m.ended_at.unwrap_or(m.written_at))) }
                        td { (m.recipient) }
                        td { (way(lang, m.channel)) }
                        td { a href={ "/tasks/" (m.task) } { (t!(lang, "notify-open")) } }
                        td { (state(m)) @if m.attempts > 0 { " " span.quiet { (t!(lang, "notify-attempts", count = m.attempts)) } } }
                        td.quiet { (m.why.as_deref().map_or_else(String::new, |why| said_why(lang, why))) }
                    } } }
                } }
            }
        }
    }
}

fn history(caller: &Caller, app: &App, book: &CoverBook) -> Markup {
    let lang = caller.lang;
    let words = Words::new(lang, app.config.timezone, app.clock.now());
    html! {
        @if book.policies().next().is_some() {
            section {
                h2 { (t!(lang, "notify-history")) }
                ol.plain reversed { @for change in book.policies().rev().take(20) {
                    li { (words.clock(change.from)) " · " (change.actor) ": " (change.reason) }
                } }
            }
        }
    }
}
