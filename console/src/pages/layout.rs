//! What is around every page.

use super::assets;
use super::form::csrf;
use crate::access::Caller;
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

const PLACES: [(Place, &str, &str, Permission); 8] = [
    (Place::Tasks, "/", "Tasks", Permission::Read),
    (Place::Patients, "/patients", "Patients", Permission::Read),
    (Place::Devices, "/devices", "Devices", Permission::Read),
    (Place::Sources, "/sources", "Sources", Permission::Read),
    (Place::Quarantine, "/quarantine", "Quarantine", Permission::Read),
    (Place::Rules, "/rules", "Rules", Permission::Read),
    (Place::People, "/people", "People", Permission::Administer),
    (Place::Audit, "/audit", "Audit", Permission::Administer),
];

/// A page of somebody who is signed in.
pub(super) fn page(caller: &Caller, place: Place, title: &str, content: &Markup) -> Markup {
    let header = html! {
        header.top {
            a.brand href="/" { (mark()) "Hearth" }
            nav aria-label="Pages" {
                @for (entry, path, name, permission) in PLACES {
                    @if caller.may(permission) {
                        a href=(path) aria-current=[(entry == place).then_some("page")] { (name) }
                    }
                }
            }
            form.who method="post" action="/sign-out" {
                (csrf(caller))
                span.name title=(caller.role) { (caller.display_name) }
                button.plain type="submit" { "Sign out" }
            }
        }
        div #lost.lost hidden role="status" {
            strong { "The live connection is lost." }
            " What you see may be out of date. Trying again."
        }
    };
    shell(title, &header, content)
}

/// A page for everybody: signing in, problems.
pub(super) fn bare(title: &str, content: &Markup) -> Markup {
    let header = html! { header.top { a.brand href="/" { (mark()) "Hearth" } } };
    shell(title, &header, &html! { div.bare { (content) } })
}

fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 32 32" width="22" height="22" aria-hidden="true" {
            path d="M5 15 16 5l11 10M8 13v14h16V13M11 21h3l2-5 2 7 1-2h2" {}
        }
    }
}

fn shell(title: &str, header: &Markup, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
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
                a.skip href="#content" { "Skip to the content" }
                (header)
                main #content { (content) }
                footer.foot { "Hearth is not an emergency service. In an emergency, call the emergency number." }
            }
        }
    }
}

/// Something that went wrong with what was just sent.
pub(super) fn alert(text: &str) -> Markup {
    html! { p.alert role="alert" { (super::words::ticked(text)) } }
}
