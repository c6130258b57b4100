//! What is around every page.

use super::assets;
use super::form::csrf;
use crate::access::Caller;
use crate::access::table::{Access, Found, Row, find};
use crate::text::{Lang, t};
use axum::http::Method;
use maud::{DOCTYPE, Markup, html};

/// Which entry of the navigation is the page's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Tasks,
    Patients,
    Silent,
    Devices,
    /// refused messages too: they are reached from here
    Sources,
    Rules,
    Messages,
    People,
    Audit,
    /// the reader's own; led to by their name
    Account,
}

impl Place {
    const ALL: [Place; 9] = [
        Place::Tasks,
        Place::Patients,
        Place::Silent,
        Place::Devices,
        Place::Sources,
        Place::Rules,
        Place::Messages,
        Place::People,
        Place::Audit,
    ];

    /// Where it is and what it is called.
    fn entry(self, lang: Lang) -> (&'static str, String) {
        match self {
            Place::Tasks => ("/", t!(lang, "common-tasks")),
            Place::Patients => ("/patients", t!(lang, "common-patients")),
            Place::Silent => ("/silent", t!(lang, "common-silent")),
            Place::Devices => ("/devices", t!(lang, "common-devices")),
            Place::Sources => ("/sources", t!(lang, "common-sources")),
            Place::Rules => ("/rules", t!(lang, "common-rules")),
            Place::Messages => ("/messages", t!(lang, "common-messages")),
            Place::People => ("/people", t!(lang, "common-people")),
            Place::Audit => ("/audit", t!(lang, "common-audit")),
            Place::Account => ("/account", t!(lang, "accounts-account")),
        }
    }

    /// What the caller may open; the table of access says what each asks for.
    fn of(caller: &Caller) -> impl Iterator<Item = (Place, &'static str, String)> {
        Self::ALL.into_iter().filter_map(|place| {
            let (path, name) = place.entry(caller.lang);
            let Found::Row(Row { access: Access::Needs(permission), .. }) = find(&Method::GET, path) else {
                return None;
            };
            caller.may(*permission).then_some((place, path, name))
        })
    }
}

/// A page of somebody who is signed in.
pub(super) fn page(caller: &Caller, place: Place, title: &str, content: &Markup) -> Markup {
    let lang = caller.lang;
    let header = html! {
        header.top {
            a.brand href="/" { (mark()) "Hearth" }
            nav aria-label=(t!(lang, "common-pages")) {
                @for (entry, path, name) in Place::of(caller) {
                    a href=(path) aria-current=[(entry == place).then_some("page")] { (name) }
                }
            }
            form.who method="post" action="/sign-out" {
                (csrf(caller))
                a.name href="/account" title=(t!(lang, "accounts-account")) aria-current=[(place == Place::Account).then_some("page")] { (caller.display_name) }
                button.plain type="submit" { (t!(lang, "common-sign-out")) }
            }
        }
        div #lost.lost hidden role="status" {
            strong { (t!(lang, "common-lost")) } " " (t!(lang, "common-lost-detail"))
        }
    };
    shell(lang, title, &header, &html! { (content) (keys(lang)) })
}

/// The keys, and whether they are on: letters alone must not act on whoever dictates or leans on the keyboard.
fn keys(lang: Lang) -> Markup {
    let keys = [
        ("j k", t!(lang, "tasks-key-move")),
        ("Enter", t!(lang, "tasks-key-open")),
        ("a", t!(lang, "tasks-key-accept")),
        ("n", t!(lang, "tasks-key-note")),
        ("c", t!(lang, "tasks-key-complete")),
        ("h", t!(lang, "tasks-key-hold")),
        ("x", t!(lang, "tasks-key-select")),
        ("u", t!(lang, "tasks-key-up")),
        ("/", t!(lang, "tasks-key-search")),
        ("Esc", t!(lang, "tasks-key-leave")),
        ("?", t!(lang, "tasks-key-help")),
    ];
    html! {
        p.keys-hint { button #show-keys.plain type="button" hidden { (t!(lang, "tasks-keys")) " " kbd { "?" } } }
        dialog #keys aria-labelledby="keys-title" {
            h2 id="keys-title" { (t!(lang, "tasks-keys")) }
            dl.facts { @for (key, what) in &keys { dt { kbd { (key) } } dd { (what) } } }
            label.check { input #keys-on type="checkbox"; " " (t!(lang, "tasks-keys-on")) }
            form method="dialog" { button type="submit" { (t!(lang, "tasks-close")) } }
        }
    }
}

/// A page for everybody: signing in, problems.
pub(super) fn bare(lang: Lang, title: &str, content: &Markup) -> Markup {
    let header = html! { header.top { a.brand href="/" { (mark()) "Hearth" } } };
    shell(lang, title, &header, &html! { div.bare { (content) } })
}

fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 32 32" width="22" height="22" aria-hidden="true" {
            path d="M5 15 16 5l11 10M8 13v14h16V13M11 21h3l2-5 2 7 1-2h2" {}
        }
    }
}

fn shell(lang: Lang, title: &str, header: &Markup, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Hearth" }
                link rel="icon" href=(assets::icon()) type="image/svg+xml";
                link rel="stylesheet" href=(assets::style());
                script src=(assets::script()) defer {}
            }
            body {
                a.skip href="#content" { (t!(lang, "common-skip")) }
                (header)
                main #content { (content) }
                footer.foot { (t!(lang, "common-not-emergency")) }
            }
        }
    }
}

/// Something that went wrong with what was just sent.
pub(super) fn alert(text: &str) -> Markup {
    html! { p.alert role="alert" { (ticked(text)) } }
}

/// A sentence of ours, with what stands in backticks as code.
pub(super) fn ticked(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
