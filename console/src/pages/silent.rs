//! Whom do we not hear from, and whose fault is it?

use super::layout::{self, Place};
use super::reason;
use crate::access::Caller;
use crate::app::Shared;
use crate::cursor;
use crate::problem::Problem;
use crate::silence::{BATTERY_LOW, Cause, Whose, cause};
use crate::text::{Lang, Words, t};
use axum::extract::{Query, State};
use care::Expectation;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::{PageRequest, SilentPatient, WornDevice};

/// Where the list goes on.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Cursor {
    cursor: Option<String>,
}

/// Patients on one page, and devices.
const SHOWN: u32 = 60;

/// `GET /silent`.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Query(asked): Query<Cursor>,
) -> Result<Markup, Problem> {
    let (words, lang) = (caller.words(&app), caller.lang);
    let before = Expectation::silent_before(words.now);
    let after = cursor::read(asked.cursor.as_deref())?;
    let is_first = after.is_none();
    let page = app.store.silent(caller.scope(), before, PageRequest { after, limit: SHOWN }).await?;
    let total = app.store.silent_count(caller.scope(), before).await?;
    let weak = if is_first { app.store.weak_devices(caller.scope(), words.now, SHOWN).await? } else { Vec::new() };
    let runs = app.store.runs().await?;
    let mut groups: BTreeMap<Whose, Vec<(Cause, &SilentPatient)>> = BTreeMap::new();
    for patient in &page.items {
        let why = cause(patient, &runs, words.now);
        groups.entry(why.whose()).or_default().push((why, patient));
    }
    let title = t!(lang, "common-silent");
    let content = html! {
        h1 { (t!(lang, "admin-silent-title")) }
        p.quiet { (t!(lang, "admin-silent-lead", hours = Expectation::SILENT_AFTER.num_hours())) }
        @if page.items.is_empty() {
            div.empty { p { strong { (t!(lang, "admin-silent-nobody")) } } p.quiet { (t!(lang, "admin-silent-nobody-why")) } }
        } @else { p { strong { (t!(lang, "admin-silent-n", n = total)) } } }
        @for (whose, patients) in &groups {
            section {
                h2 { (heading(lang, *whose)) " " span.count { (patients.len()) } }
                ul.silent { @for (why, patient) in patients { (row(why, patient, words)) } }
            }
        }
        @if let Some(next) = page.next { p { a href={ "/silent?cursor=" (cursor::write(next)) } { (t!(lang, "admin-more")) } } }
        (weak_list(&weak, words))
    };
    Ok(layout::page(&caller, Place::Silent, &title, &content))
}

fn heading(lang: Lang, whose: Whose) -> String {
    match whose {
        Whose::Hearth => t!(lang, "admin-whose-hearth"),
        Whose::Vendor => t!(lang, "admin-whose-vendor"),
        Whose::Team => t!(lang, "admin-whose-team"),
        Whose::Device => t!(lang, "admin-whose-device"),
        Whose::Patient => t!(lang, "admin-whose-patient"),
    }
}

fn row(why: &Cause, silent: &SilentPatient, words: Words) -> Markup {
    let (lang, patient) = (words.lang, &silent.record.patient);
    let theirs = words.in_zone(patient.timezone);
    let (said, remedy) = said(why, words);
    html! {
        li {
            div.who {
                p { a href={ "/patients/" (patient.id) } { strong { (patient.name) } } }
                @if let Some(born) = patient.birth_date { p.quiet { (t!(lang, "admin-born", date = words.date(born))) } }
                @if !patient.phone.is_empty() { p { a href={ "tel:" (patient.phone) } { (patient.phone) } } }
            }
            div.why {
                p { (said) }
                p.quiet { strong { (t!(lang, "admin-what-to-do")) } " " (remedy) " " (place(why, lang)) }
            }
            div.since {
                @for expected in &silent.expectations {
                    @if expected.quiet_since() < Expectation::silent_before(words.now) {
                        p {
                            (words.kind(expected.kind)) ": "
                            @match expected.last {
                                Some(last) => { (t!(lang, "admin-last")) " " (theirs.when(last)) },
                                None => { (t!(lang, "admin-never-since")) " " (theirs.when(expected.since)) },
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The cause and the remedy.
fn said(why: &Cause, words: Words) -> (Markup, String) {
    let lang = words.lang;
    let text = |text: String| html! { (text) };
    match why {
        Cause::NoDevice => (text(t!(lang, "admin-why-no-device")), t!(lang, "admin-do-no-device")),
        Cause::HearthDown(long) => {
            (text(t!(lang, "admin-why-down", span = words.span(*long))), t!(lang, "admin-do-down"))
        }
        Cause::SourceUnknown(source) => {
            (text(t!(lang, "admin-why-unknown", source = source.as_str())), t!(lang, "admin-do-unknown"))
        }
        Cause::SourceDisabled(source) => {
            (text(t!(lang, "admin-why-disabled", source = source.as_str())), t!(lang, "admin-do-disabled"))
        }
        Cause::VendorSilent(source, Some(since)) => (
            t!(lang, "admin-why-vendor", source = source.as_str(); when = words.when(*since)),
            t!(lang, "admin-do-vendor"),
        ),
        Cause::VendorSilent(source, None) => {
            (text(t!(lang, "admin-why-vendor-never", source = source.as_str())), t!(lang, "admin-do-vendor"))
        }
        Cause::HubOffline(source, Some(since)) => {
            (t!(lang, "admin-why-hub", source = source.as_str(); when = words.when(*since)), t!(lang, "admin-do-hub"))
        }
        Cause::HubOffline(source, None) => {
            (text(t!(lang, "admin-why-hub-never", source = source.as_str())), t!(lang, "admin-do-hub-never"))
        }
        Cause::Refused(device, code) => {
            let reason = reason::title(lang, code);
            (
                text(t!(lang, "admin-why-refused", device = device.to_string(), reason = reason)),
                reason::remedy(lang, code).unwrap_or_else(|| t!(lang, "admin-do-refused")),
            )
        }
        Cause::ClockWrong(device) => {
            (text(t!(lang, "admin-why-clock", device = device.to_string())), t!(lang, "admin-do-clock"))
        }
        Cause::Nobodys(device, n) => {
            (text(t!(lang, "admin-why-nobodys", device = device.to_string(), n = *n)), t!(lang, "admin-do-nobodys"))
        }
        Cause::BatteryLow(device, percent) => (
            text(t!(lang, "admin-why-battery", device = device.to_string(), percent = *percent)),
            t!(lang, "admin-do-battery"),
        ),
        Cause::NeverSent => (text(t!(lang, "admin-why-never")), t!(lang, "admin-do-never")),
        Cause::NotMeasuring => (text(t!(lang, "admin-why-not-measuring")), t!(lang, "admin-do-not-measuring")),
    }
}

/// Where the remedy is found.
fn place(why: &Cause, lang: Lang) -> Markup {
    let source = |id: &str| html! { a href={ "/sources/" (id) } { (t!(lang, "admin-look-source")) } };
    match why {
        Cause::SourceDisabled(id) | Cause::VendorSilent(id, _) | Cause::HubOffline(id, _) => source(id.as_str()),
        Cause::Refused(device, _) => source(device.source.as_str()),
        Cause::SourceUnknown(_) => html! { a href="/sources" { (t!(lang, "common-sources")) } },
        Cause::NoDevice | Cause::Nobodys(..) => html! { a href="/devices" { (t!(lang, "admin-look-devices")) } },
        _ => html! {},
    }
}

fn weak_list(weak: &[WornDevice], words: Words) -> Markup {
    let lang = words.lang;
    if weak.is_empty() {
        return html! {};
    }
    html! {
        section {
            h2 { (t!(lang, "admin-weak")) " " span.count { (weak.len()) } }
            p.quiet { (t!(lang, "admin-weak-lead")) }
            ul.silent { @for device in weak {
                li {
                    div.who {
                        p { a href={ "/sources/" (device.seen.device.source) } { strong { (device.seen.device) } } }
                        @for wearer in &device.wearers { p { a href={ "/patients/" (wearer.patient) } { (wearer.name) } } }
                        @if device.wearers.is_empty() { p.quiet { (t!(lang, "admin-nobody")) } }
                    }
                    div.why {
                        @if device.seen.unassigned > 0 {
                            p { (t!(lang, "admin-weak-nobodys", n = device.seen.unassigned)) }
                            p.quiet { strong { (t!(lang, "admin-what-to-do")) } " " (t!(lang, "admin-do-nobodys")) " " a href="/devices" { (t!(lang, "admin-look-devices")) } }
                        }
                        @if let Some(percent) = device.seen.battery.filter(|b| *b <= BATTERY_LOW) {
                            p { (t!(lang, "admin-weak-battery", percent = percent)) }
                            p.quiet { strong { (t!(lang, "admin-what-to-do")) } " " (t!(lang, "admin-do-battery")) }
                        }
                    }
                    div.since { @if let Some(seen) = device.seen.last_seen { p { (t!(lang, "admin-last")) " " (words.when(seen)) } } }
                }
            } }
        }
    }
}
