//! What is watched, by which version, with which limits.

use super::clinic_preview;
use super::form::{Fields, csrf};
use super::layout::{self, Place, alert, ticked};
use super::sentence::{readable, sentence, severities};
use crate::access::{AuditDetail, Caller, OnlyLooked};
use crate::api::parameters::{in_force, set_clinic};
use crate::api::patient_input::check_parameters;
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::text::{Books, Lang, Words, capitalised, t};
use crate::{BookInfo, ParameterInfo, RuleInfo};
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use care::{Actor, Event, EventBody, ParameterScope, Permission};
use chrono::TimeDelta;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use vitals::Instant;

/// Changes of the clinic's values that the page knows of.
const CHANGES: u32 = 200;

/// A change of one clinic parameter.
struct Change {
    at: Instant,
    by: Actor,
    value: Option<String>,
    reason: String,
    from: Instant,
}

struct View {
    books: Vec<BookInfo>,
    known: Vec<ParameterInfo>,
    /// set by the clinic, in force now
    clinic: BTreeMap<String, String>,
    /// by parameter, newest first
    changes: BTreeMap<String, Vec<Change>>,
    words: Words,
}

/// What a person typed, and what was wrong with it.
type Wrong<'a> = Option<(&'a str, &'a Fields)>;

/// Which rulebook is shown.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Chosen {
    book: Option<String>,
}

/// `GET /rules`.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Query(chosen): Query<Chosen>,
) -> Result<Markup, Problem> {
    Ok(show(&caller, &load(&app, &caller).await?, chosen.book.as_deref(), None))
}

/// `POST /rules/parameters`: shows what the clinic's own value would change, or the rulebook's again, then sets it.
pub(super) async fn set(State(app): State<Shared>, caller: Caller, fields: Fields) -> Result<Response, Problem> {
    let lang = caller.lang;
    let done = async {
        let key = fields.required("key", lang, &t!(lang, "patient-a-value"))?.to_owned();
        let value = match fields.get("back") {
            Some(_) => None,
            None => {
                let number =
                    fields.get("value").ok_or_else(|| Problem::field("/value", t!(lang, "rules-want-value")))?;
                let unit = fields.get("unit").unwrap_or_default();
                Some(format!("{} {unit}", number.replace(',', ".")).trim().to_owned())
            }
        };
        let reason = fields.get("reason").ok_or_else(|| Problem::field("/reason", t!(lang, "rules-want-reason")))?;
        let values = BTreeMap::from([(key.clone(), value.clone())]);
        if fields.get("step") != Some("save") {
            check_parameters(&values, ParameterScope::Clinic, app.rulebooks.as_ref())?;
            let page = clinic_preview::page(&app, &caller, (&key, value.as_deref()), &fields).await?;
            return Ok((Extension(OnlyLooked("list-patients")), page).into_response());
        }
        set_clinic(&app, values, (reason, None), &caller.actor).await?;
        let detail = format!("{key}: {}", value.as_deref().unwrap_or("set back"));
        let to = Redirect::to(&format!("/rules?book={}#{}", book_of(&key), anchor(&key)));
        Ok::<_, Problem>((Extension(AuditDetail(detail)), to).into_response())
    };
    match done.await {
        Ok(response) => Ok(response),
        Err(problem) if problem.status.is_client_error() => {
            let book = fields.get("key").map(book_of);
            let page =
                show(&caller, &load(&app, &caller).await?, book, Some((&problem.detail_in(caller.lang), &fields)));
            Ok((problem.status, page).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn load(app: &App, caller: &Caller) -> Result<View, Problem> {
    let words = caller.words(app);
    let mut changes: BTreeMap<String, Vec<Change>> = BTreeMap::new();
    for event in app.store.clinic_changes(CHANGES).await? {
        let Event { at, actor, body: EventBody::ParametersSet { values, effective_from, reason, .. }, .. } = event
        else {
            continue;
        };
        for (key, value) in values {
            let change = Change { at, by: actor.clone(), value, reason: reason.clone(), from: effective_from };
            changes.entry(key).or_default().push(change);
        }
    }
    Ok(View {
        books: Books::of(app, words).in_force(),
        known: Books::of(app, words).parameters(),
        clinic: in_force(&app.store.clinic_parameters().await?, words.now),
        changes,
        words,
    })
}

/// The rulebook that a parameter belongs to.
pub(super) fn book_of(key: &str) -> &str {
    key.split('.').next().unwrap_or_default()
}

pub(super) fn anchor(key: &str) -> String {
    key.replace('.', "-")
}

impl View {
    /// The value in force for everybody who has none of their own, and whether the clinic set it.
    fn value(&self, info: &ParameterInfo) -> Option<(String, bool)> {
        let clinic = self.clinic.get(&info.key).map(|v| (v.clone(), true));
        clinic.or_else(|| info.default.clone().map(|v| (v, false)))
    }

    /// A parameter of `book` by its name in conditions.
    fn lookup(&self, book: &str, name: &str) -> Option<String> {
        let key = format!("{book}.{name}");
        self.known.iter().find(|p| p.key == key).and_then(|p| self.value(p)).map(|(value, _)| value)
    }
}

fn show(caller: &Caller, view: &View, chosen: Option<&str>, wrong: Wrong<'_>) -> Markup {
    let lang = caller.lang;
    let named = chosen.and_then(|id| view.books.iter().find(|b| b.id == id));
    let shown = named.or_else(|| view.books.iter().find(|b| b.programme.is_some())).or(view.books.first());
    let title = t!(lang, "common-rules");
    let content = html! {
        h1 { (title) }
        p.quiet { (t!(lang, "rules-lead")) }
        @if let Some((wrong, _)) = wrong { (alert(wrong)) }
        @if view.books.is_empty() { div.empty { p { (t!(lang, "rules-none")) } } }
        nav.filters aria-label=(t!(lang, "rules-books")) {
            @for book in &view.books {
                a href={ "/rules?book=" (book.id) } aria-current=[shown.is_some_and(|s| s.id == book.id).then_some("true")] { (name_of(book, view.words)) }
            }
        }
        @if let Some(book) = shown { (show_book(caller, view, book, wrong)) }
    };
    layout::page(caller, Place::Rules, &title, &content)
}

fn name_of(book: &BookInfo, words: Words) -> String {
    match (&book.programme, book.title.as_str()) {
        (Some(programme), _) => words.programme(programme.as_str()),
        (None, "") => capitalised(&book.id.replace('-', " ")),
        (None, title) => title.to_owned(),
    }
}

fn show_book(caller: &Caller, view: &View, book: &BookInfo, wrong: Wrong<'_>) -> Markup {
    let (words, lang) = (view.words, view.words.lang);
    let included = book
        .include
        .iter()
        .map(|id| view.books.iter().find(|b| b.id == *id).map_or_else(|| id.clone(), |b| name_of(b, words)));
    let included: Vec<String> = included.collect();
    let parameters: Vec<&ParameterInfo> = view.known.iter().filter(|p| book_of(&p.key) == book.id).collect();
    html! {
        section.book id={ "book-" (book.id) } {
            h2 { (name_of(book, words)) " " small.quiet { (book.id) " " (book.version) } }
            p.quiet {
                @match &book.programme {
                    Some(programme) => { (t!(lang, "rules-for", programme = words.programme(programme.as_str()))) },
                    None => { (t!(lang, "rules-brought")) },
                }
                @if !included.is_empty() { " " (t!(lang, "rules-brings", books = included.join(", "))) }
            }
            @for (kind, rate) in &book.expected { p { (expected(*kind, rate, words)) } }
            @for rule in &book.rules { (show_rule(view, book, rule)) }
            @if !parameters.is_empty() {
                h3 { (t!(lang, "rules-limits")) }
                p.quiet { (t!(lang, "rules-who")) }
                ul.parameters { @for info in parameters { (parameter(caller, view, info, wrong)) } }
            }
        }
    }
}

fn expected(kind: vitals::Kind, rate: &str, words: Words) -> String {
    let (lang, kind) = (words.lang, words.kind(kind));
    match rate.split_once(" per day").and_then(|(n, _)| n.parse::<u32>().ok()) {
        Some(n) => t!(lang, "rules-expected", kind = kind, n = n),
        None => t!(lang, "rules-expected-unset", kind = kind),
    }
}

fn show_rule(view: &View, book: &BookInfo, rule: &RuleInfo) -> Markup {
    let (words, lang) = (view.words, view.words.lang);
    let lookup = |name: &str| view.lookup(&book.id, name);
    html! {
        article.rule {
            h3 { (rule.title) " " small.quiet { (rule.id) } }
            p.when { (capitalised(&sentence(&rule.when, &lookup, words))) "." }
            dl.facts {
                @if let Some(clear) = &rule.clear { dt { (t!(lang, "rules-over")) } dd { (sentence(clear, &lookup, words)) } }
                dt { (t!(lang, "rules-urgency")) }
                dd { (severities(&rule.severity, &lookup, words))
                    @if let Some(due) = rule.due_s { ", " (t!(lang, "rules-due", span = words.span(TimeDelta::seconds(due)))) } }
                @if !rule.ask.is_empty() { dt { (t!(lang, "rules-ask")) } dd { (rule.ask.join(" ")) } }
                @if !rule.basis.is_empty() { dt { (t!(lang, "rules-basis")) } dd { (rule.basis) } }
            }
            details { summary { (t!(lang, "rules-written")) }
                p { code { (rule.when) } } @if let Some(clear) = &rule.clear { p { (t!(lang, "rules-over")) ": " code { (clear) } } }
                p { (t!(lang, "rules-urgency")) ": " code { (rule.severity) } } }
        }
    }
}

fn parameter(caller: &Caller, view: &View, info: &ParameterInfo, wrong: Wrong<'_>) -> Markup {
    let (words, lang) = (view.words, view.words.lang);
    let value = view.value(info);
    let changes = view.changes.get(&info.key).map_or(&[][..], Vec::as_slice);
    let typed = wrong.map(|(_, fields)| fields).filter(|f| f.get("key") == Some(info.key.as_str()));
    html! {
        li id=(anchor(&info.key)) {
            p { (ticked(&capitalised(&info.description))) " " small.quiet { (info.key) } }
            p.num { @match &value {
                Some((value, _)) => { strong { (readable(value, lang)) } },
                None => { em { (t!(lang, "rules-unset")) } },
            } }
            p.quiet {
                @match (&value, &info.default) {
                    (Some((_, true)), Some(default)) => { (t!(lang, "rules-clinic-instead", default = readable(default, lang))) },
                    (Some((_, true)), None) => { (t!(lang, "rules-clinic")) },
                    (Some((_, false)), _) => { (t!(lang, "rules-rulebook")) },
                    (None, _) => { (t!(lang, "rules-unset-means")) },
                }
            }
            @if !changes.is_empty() { (history(changes, words)) }
            @if caller.may(Permission::Administer) { (edit(caller, info, value.as_ref(), typed)) }
        }
    }
}

fn history(changes: &[Change], words: Words) -> Markup {
    let lang = words.lang;
    html! {
        details { summary { (t!(lang, "rules-history", n = changes.len())) }
            ul.timeline { @for change in changes {
                li {
                    p { strong { (change.value.as_deref().map_or_else(|| t!(lang, "rules-set-back"), |v| readable(v, lang))) }
                        " " (words.when(change.at)) ", " (change.by)
                        @if change.from > change.at { ", " (t!(lang, "rules-from")) " " (words.at(change.from)) } }
                    @if !change.reason.is_empty() { p.quiet { (change.reason) } }
                }
            } }
        }
    }
}

fn edit(caller: &Caller, info: &ParameterInfo, value: Option<&(String, bool)>, typed: Option<&Fields>) -> Markup {
    let lang = caller.lang;
    let (number, unit) = value.map(|(v, _)| v.as_str()).unwrap_or_default().split_once(' ').unwrap_or_default();
    let unit_of = info.unit.map_or_else(|| unit.to_owned(), |u| u.to_string());
    // A clinic's value in another unit is shown by its own.
    let unit = if unit.is_empty() { unit_of.as_str() } else { unit };
    let display = unit.parse::<vitals::Unit>().map_or_else(|_| unit.to_owned(), |u| u.display().to_string());
    let given = typed.and_then(|f| f.get("value")).unwrap_or(number);
    html! {
        details open[typed.is_some()] { summary { (t!(lang, "rules-change")) }
            form.stack.narrow method="post" action="/rules/parameters" {
                (csrf(caller))
                input type="hidden" name="key" value=(info.key); input type="hidden" name="unit" value=(unit);
                label { (t!(lang, "rules-value"))
                    span.amount { input type="text" name="value" value=(localised(given, lang)) inputmode="decimal" autocomplete="off"; span { (display) } }
                    @if let Some(range) = info.range {
                        small.quiet { (t!(lang, "rules-range", low = localised(&range.low.normalize().to_string(), lang), high = localised(&range.high.normalize().to_string(), lang), unit = range.unit.display())) }
                    } }
                label { (t!(lang, "rules-reason")) input type="text" name="reason" value=(typed.and_then(|f| f.get("reason")).unwrap_or_default()) required autocomplete="off"; }
                p.quiet { (t!(lang, "rules-change-means")) }
                div.inline {
                    button.primary type="submit" { (t!(lang, "rules-do-change")) }
                    @if value.is_some_and(|(_, clinic)| *clinic) { button type="submit" name="back" value="1" { (t!(lang, "rules-back")) } }
                }
            }
        }
    }
}

fn localised(number: &str, lang: Lang) -> String {
    number.replace('.', &lang.decimal_mark().to_string())
}
