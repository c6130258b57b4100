//! A policy in words: "Mon–Fri 08:00–17:00: Ada, once more after 30 min, then Ben after 20 min …".

use crate::text::{Lang, t};
use care::Severity;
use care::cover::{Cover, Hours, Policy, Timing, Who};
use care::{ProgrammeId, Role};
use chrono::Weekday;
use maud::{Markup, html};

/// Every cover, the default's first.
pub(super) fn policy(lang: Lang, policy: &Policy) -> Markup {
    html! {
        @for (programme, cover) in policy.covers() {
            h3 { (title(lang, programme)) }
            ul {
                li { (hours(lang, &cover.hours)) " (" (policy.timezone.name()) ")" }
                @for severity in Severity::ALL.into_iter().filter(|s| *s >= cover.from) {
                    li { (line(lang, policy, cover, severity)) }
                }
                li { (t!(lang, "notify-say-outside", last = names(lang, policy, &cover.last))) }
                @if cover.from > Severity::Low { li { (rest(lang, cover)) } }
            }
        }
        @if policy.covers().next().is_none() { p { (t!(lang, "notify-not-configured")) } }
    }
}

/// What a cover is called.
pub(super) fn title(lang: Lang, programme: Option<&ProgrammeId>) -> String {
    match programme {
        None => t!(lang, "notify-default"),
        Some(p) => crate::text::say(lang, &format!("common-{p}"), None),
    }
}

pub(super) fn severity(lang: Lang, severity: Severity) -> String {
    match severity {
        Severity::Critical => t!(lang, "common-critical"),
        Severity::High => t!(lang, "common-high"),
        Severity::Medium => t!(lang, "common-medium"),
        Severity::Low => t!(lang, "common-low"),
    }
}

fn line(lang: Lang, policy: &Policy, cover: &Cover, of: Severity) -> String {
    let first = names(lang, policy, &cover.first);
    let severity = severity(lang, of);
    let Some(Timing { accept_within_min, to_next_min, to_last_min }) = cover.timing.get(&of) else {
        return t!(lang, "notify-say-once", severity = severity, first = first);
    };
    let last = names(lang, policy, &cover.last);
    if cover.next.is_empty() {
        return t!(
            lang,
            "notify-say-line-short",
            severity = severity,
            first = first,
            last = last,
            again = *accept_within_min,
            then = *to_next_min
        );
    }
    t!(
        lang,
        "notify-say-line",
        severity = severity,
        first = first,
        next = names(lang, policy, &cover.next),
        last = last,
        again = *accept_within_min,
        then = *to_next_min,
        finally = *to_last_min
    )
}

fn rest(lang: Lang, cover: &Cover) -> String {
    match cover.digest_at {
        Some(at) => t!(lang, "notify-say-digest", time = at.format("%H:%M").to_string()),
        None => t!(lang, "notify-say-no-digest"),
    }
}

fn names(lang: Lang, policy: &Policy, line: &[Who]) -> String {
    let name = |who: &Who| match who {
        Who::Person(user) => policy.member(user).map_or_else(|| user.0.clone(), |m| m.name.clone()),
        Who::OnDuty => t!(lang, "notify-say-on-duty"),
        Who::Role(role) => t!(lang, "notify-say-role", role = self::role(lang, *role)),
    };
    line.iter().map(name).collect::<Vec<_>>().join(", ")
}

pub(super) fn role(lang: Lang, role: Role) -> String {
    match role {
        Role::Viewer => t!(lang, "notify-role-viewer"),
        Role::Coordinator => t!(lang, "notify-role-coordinator"),
        Role::Clinician => t!(lang, "notify-role-clinician"),
        Role::Administrator => t!(lang, "notify-role-administrator"),
    }
}

fn hours(lang: Lang, hours: &Hours) -> String {
    let spans = hours.week.iter().map(|span| {
        let ((first, last), (from, until)) = (span.days(), span.clock());
        let days = if first == last { day(lang, first) } else { format!("{}–{}", day(lang, first), day(lang, last)) };
        format!("{days} {from}–{until}")
    });
    spans.collect::<Vec<_>>().join(", ")
}

fn day(lang: Lang, day: Weekday) -> String {
    match day {
        Weekday::Mon => t!(lang, "notify-mon"),
        Weekday::Tue => t!(lang, "notify-tue"),
        Weekday::Wed => t!(lang, "notify-wed"),
        Weekday::Thu => t!(lang, "notify-thu"),
        Weekday::Fri => t!(lang, "notify-fri"),
        Weekday::Sat => t!(lang, "notify-sat"),
        Weekday::Sun => t!(lang, "notify-sun"),
    }
}
