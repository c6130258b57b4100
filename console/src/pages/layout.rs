//! What is around every page.

use super::assets;
use super::form::csrf;
use crate::access::Caller;
use crate::text::{Lang, t};
use care::Permission;
use maud::{DOCTYPE, Markup, html};

/// Which entry of the navigation is the page's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Tasks,
    Patients,
    Devices,
    Sources,
    Quarantine,
    Rules,
    People,
    Audit,
}

impl Place {
    const ALL: [Place; 8] = [
        Place::Tasks,
        Place::Patients,
        Place::Devices,
        Place::Sources,
        Place::Quarantine,
        Place::Rules,
        Place::People,
        Place::Audit,
    ];

    /// Where it is, what it is called, and what it asks of a caller.
    fn entry(self, lang: Lang) -> (&'static str, String, Permission) {
        match self {
            Place::Tasks => ("/", t!(lang, "common-tasks"), Permission::Read),
            Place::Patients => ("/patients", t!(lang, "common-patients"), Permission::Read),
            Place::Devices => ("/devices", t!(lang, "common-devices"), Permission::Read),
            Place::Sources => ("/sources", t!(lang, "common-sources"), Permission::Read),
            Place::Quarantine => ("/quarantine", t!(lang, "common-quarantine"), Permission::Read),
            Place::Rules => ("/rules", t!(lang, "common-rules"), Permission::Read),
            Place::People => ("/people", t!(lang, "common-people"), Permission::Administer),
            Place::Audit => ("/audit", t!(lang, "common-audit"), Permission::Administer),
        }
    }
}

/// A page of somebody who is signed in.
pub(super) fn page(caller: &Caller, place: Place, title: &str, content: &Markup) -> Markup {
    let lang = caller.lang;
    let header = html! {
        header.top {
            a.brand href="/" { (mark()) "Hearth" }
            nav aria-label=(t!(lang, "common-pages")) {
                @for entry in Place::ALL {
                    @let (path, name, permission) = entry.entry(lang);
                    @if caller.may(permission) {
                        a href=(path) aria-current=[(entry == place).then_some("page")] { (name) }
                    }
                }
            }
            form.who method="post" action="/sign-out" {
                (csrf(caller))
                span.name title=(caller.role) { (caller.display_name) }
                button.plain type="submit" { (t!(lang, "common-sign-out")) }
            }
        }
        div #lost.lost hidden role="status" {
            strong { (t!(lang, "common-lost")) } " " (t!(lang, "common-lost-detail"))
        }
    };
    shell(lang, title, &header, content)
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
    html! { p.alert role="alert" { (super::words::ticked(text)) } }
}
