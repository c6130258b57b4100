//! The form that sets the policy: typed fields, nothing that needs a script.

use super::draft::{Draft, TIMED, TIMES, Wrongs, place};
use super::preview;
use crate::access::Caller;
use crate::pages::form::csrf;
use crate::text::{Lang, t};
use care::cover::Channel;
use care::{ProgrammeId, Role, Severity};
use maud::{Markup, html};
use store::User;

/// What each part of the form needs.
struct Sheet<'a> {
    lang: Lang,
    draft: &'a Draft,
    wrongs: &'a Wrongs,
}

/// The whole form.
pub(super) fn form(
    caller: &Caller,
    draft: &Draft,
    wrongs: &Wrongs,
    programmes: &[ProgrammeId],
    users: &[User],
) -> Markup {
    let lang = caller.lang;
    let sheet = Sheet { lang, draft, wrongs };
    html! {
        form.stack #cover method="post" action="/messages" {
            h2 { (t!(lang, "notify-change")) }
            p.quiet { (t!(lang, "notify-own-numbers")) }
            (csrf(caller))
            datalist #users { @for user in users { option value=(user.name) { (user.display_name) } } }
            (sheet.people())
            p.quiet { (t!(lang, "notify-people-hint")) }
            (sheet.input("timezone", &t!(lang, "notify-timezone"), "text"))
            fieldset { legend { (preview::title(lang, None)) } (sheet.cover("default")) }
            @for programme in programmes {
                @let at = place(Some(programme));
                details open[draft.has(&at)] {
                    summary { (preview::title(lang, Some(programme))) " " span.quiet { (t!(lang, "notify-own-cover")) } }
                    fieldset { legend.hide { (preview::title(lang, Some(programme))) } (sheet.cover(&at)) }
                }
            }
            (sheet.input("reason", &t!(lang, "notify-reason"), "text"))
            button type="submit" { (t!(lang, "notify-save")) }
        }
    }
}

impl Sheet<'_> {
    fn wrong(&self, name: &str) -> Option<&str> {
        self.wrongs.iter().find(|(field, _)| field == name).map(|(_, text)| text.as_str())
    }

    /// A labelled field with what is wrong with it below.
    fn input(&self, name: &str, label: &str, kind: &str) -> Markup {
        html! { label { (label) (self.bare(name, label, kind)) } }
    }

    fn bare(&self, name: &str, label: &str, kind: &str) -> Markup {
        let wrong = self.wrong(name);
        let about = wrong.map(|_| format!("wrong.{name}"));
        let list = name.ends_with(".user").then_some("users");
        html! {
            input type=(kind) name=(name) value=(self.draft.text(name)) aria-label=(label) list=[list]
                aria-invalid=[wrong.map(|_| "true")] aria-describedby=[about.as_deref()] autocomplete="off"
                min=[(kind == "number").then_some("1")];
            @if let Some(text) = wrong { small.wrong id=[about.as_deref()] { (text) } }
        }
    }

    fn people(&self) -> Markup {
        let lang = self.lang;
        let columns = [
            ("user", t!(lang, "notify-user")),
            ("name", t!(lang, "notify-name")),
            ("role", t!(lang, "notify-role")),
            ("email", t!(lang, "notify-email")),
            ("language", t!(lang, "notify-language")),
            ("duty", t!(lang, "notify-duty")),
            ("off", t!(lang, "notify-off")),
        ];
        html! {
            div.scroll tabindex="0" role="region" aria-label=(t!(lang, "notify-people")) { table {
                caption { (t!(lang, "notify-people")) }
                thead { tr { @for (_, label) in &columns { th scope="col" { (label) } } } }
                tbody { @for n in 0..self.draft.rows() { tr {
                    @for (field, label) in &columns { td { (self.person(n, field, label)) } }
                } } }
            } }
        }
    }

    fn person(&self, n: usize, field: &str, label: &str) -> Markup {
        let name = format!("people.{n}.{field}");
        let label = format!("{label}, {}", n + 1);
        match field {
            "role" => {
                let options = Role::ALL.map(|r| (r.as_str().to_owned(), preview::role(self.lang, r)));
                self.select(&name, &label, true, &options)
            }
            "language" => {
                let options = Lang::ALL.map(|l| (l.code().to_owned(), l.name().to_owned()));
                self.select(&name, &label, true, &options)
            }
            "email" => self.bare(&name, &label, "email"),
            _ => self.bare(&name, &label, "text"),
        }
    }

    fn select(&self, name: &str, label: &str, empty: bool, options: &[(String, String)]) -> Markup {
        let chosen = self.draft.text(name);
        html! {
            select name=(name) aria-label=(label) {
                @if empty { option value="" { "–" } }
                @for (value, text) in options { option value=(value) selected[value == chosen] { (text) } }
            }
        }
    }

    fn cover(&self, place: &str) -> Markup {
        let lang = self.lang;
        let at = |field: &str| format!("{place}.{field}");
        let severities: Vec<_> =
            Severity::ALL.iter().map(|s| (s.as_str().to_owned(), preview::severity(lang, *s))).collect();
        html! {
            (self.input(&at("hours"), &t!(lang, "notify-hours"), "text"))
            (self.input(&at("off"), &t!(lang, "notify-off"), "text"))
            (self.input(&at("first"), &t!(lang, "notify-first"), "text"))
            (self.input(&at("next"), &t!(lang, "notify-next"), "text"))
            (self.input(&at("last"), &t!(lang, "notify-last"), "text"))
            label { (t!(lang, "notify-from")) (self.select(&at("from"), &t!(lang, "notify-from"), false, &severities)) }
            @for channel in Channel::ALL {
                @let name = at(channel.as_str());
                label.check {
                    input type="checkbox" name=(name) value="on" checked[!self.draft.text(&name).is_empty()]
                        aria-invalid=[self.wrong(&name).map(|_| "true")];
                    (super::way(lang, *channel))
                }
                @if let Some(text) = self.wrong(&name) { small.wrong { (text) } }
            }
            (self.times(place))
            (self.input(&at("digest_at"), &t!(lang, "notify-digest-at"), "time"))
        }
    }

    /// How long each step waits, by severity.
    fn times(&self, place: &str) -> Markup {
        let lang = self.lang;
        let labels = [t!(lang, "notify-accept-within"), t!(lang, "notify-to-next"), t!(lang, "notify-to-last")];
        html! {
            table {
                caption { (t!(lang, "notify-times")) }
                thead { tr { td {} @for label in &labels { th scope="col" { (label) } } } }
                tbody { @for severity in TIMED { tr {
                    th scope="row" { (preview::severity(lang, severity)) }
                    @for (field, label) in TIMES.iter().zip(&labels) {
                        @let name = format!("{place}.timing.{severity}.{field}");
                        td { (self.bare(&name, &format!("{}: {label}", preview::severity(lang, severity)), "number")) }
                    }
                } } }
            }
        }
    }
}
