//! What is watched.

use super::layout::{self, Place};
use super::limits::InForce;
use super::patient::effective;
use super::sentence::sentence;
use super::words;
use crate::BookInfo;
use crate::access::Caller;
use crate::api::parameters::in_force;
use crate::app::Shared;
use crate::problem::Problem;
use axum::extract::State;
use chrono::TimeDelta;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// `GET /rules`.
pub(super) async fn page(State(app): State<Shared>, caller: Caller) -> Result<Markup, Problem> {
    let now = app.clock.now();
    let books = app.rulebooks.books(now);
    let clinic = in_force(&app.store.clinic_parameters().await?, now);
    let parameters = effective(&app.rulebooks.parameters(now), &clinic, &BTreeMap::new());
    let content = html! {
        h1 { "Rules" }
        p.quiet { "What Hearth watches for, and what it rests on. Limits can be set for the clinic and for each patient." }
        @if books.is_empty() { div.empty { p { "No rulebook is in force." } } }
        @for book in &books { (show(book, &parameters)) }
    };
    Ok(layout::page(&caller, Place::Rules, "Rules", &content))
}

fn show(book: &BookInfo, parameters: &InForce) -> Markup {
    let title = if book.title.is_empty() { words::programme(&book.id) } else { book.title.clone() };
    html! {
        section.book {
            h2 { (title) " " small.quiet { (book.id) " " (book.version) } }
            p.quiet {
                @match &book.programme {
                    Some(programme) => { "For everybody in " (words::programme(programme.as_str())) "." },
                    None => { "Brought by other rulebooks." },
                }
                @if !book.include.is_empty() { " Brings the rules of " (book.include.join(", ")) " too." }
                @for (kind, rate) in &book.expected { " Expects " (words::kind(*kind).to_lowercase()) ": " (rate) "." }
            }
            @for rule in &book.rules {
                article.rule {
                    h3 { (rule.title) " " small.quiet { (rule.id) } }
                    dl.facts {
                        dt { "Opens when" } dd { (sentence(&rule.when, &book.id, parameters)) br; small { code.quiet { (rule.when) } } }
                        @if let Some(clear) = &rule.clear { dt { "Over when" } dd { (sentence(clear, &book.id, parameters)) br; small { code.quiet { (clear) } } } }
                        dt { "Urgency" } dd { (sentence(&rule.severity, &book.id, parameters)) @if let Some(due) = rule.due_s { ", due within " (words::span(TimeDelta::seconds(due))) } }
                        @if !rule.ask.is_empty() { dt { "To ask" } dd { (rule.ask.join(" ")) } }
                        @if !rule.basis.is_empty() { dt { "Basis" } dd { (rule.basis) } }
                    }
                }
            }
        }
    }
}
