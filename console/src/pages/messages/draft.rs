//! A policy as a form has it: a text for each field, named like the place in the policy: `people.0.email`.

use crate::pages::form::Fields;
use crate::text::{Lang, t};
use care::cover::{Channel, Cover, Hours, Member, Policy, Span, Timing, Who, Wrong};
use care::{Actor, ProgrammeId, Severity};
use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// Empty rows for people who are added.
const SPARE: usize = 2;
/// So many people a form takes.
const MOST: usize = 200;
/// The severities that have times of their own.
pub(super) const TIMED: [Severity; 3] = [Severity::Critical, Severity::High, Severity::Medium];
/// The three times of each.
pub(super) const TIMES: [&str; 3] = ["accept_within_min", "to_next_min", "to_last_min"];

/// What a form shows, or sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Draft(BTreeMap<String, String>);

/// A field that is not as it should be, and why.
pub(super) type Wrongs = Vec<(String, String)>;

impl Draft {
    /// What was sent.
    pub(super) fn sent(fields: &Fields) -> Self {
        let mut draft = Self::default();
        for (name, value) in fields.pairs() {
            draft.put(name, value.trim());
        }
        draft
    }

    /// What is in force.
    pub(super) fn of(policy: &Policy) -> Self {
        let mut draft = Self::default();
        draft.put("timezone", policy.timezone.name());
        for (n, member) in policy.people.iter().enumerate() {
            draft.put_member(n, member);
        }
        for (programme, cover) in policy.covers() {
            draft.put_cover(&place(programme), cover);
        }
        draft
    }

    /// People to begin with, where nobody has set anything.
    pub(super) fn of_people(people: &[Member], timezone: Tz) -> Self {
        let policy = Policy { timezone, people: people.to_vec(), default: None, programmes: BTreeMap::default() };
        Self::of(&policy)
    }

    pub(super) fn put(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.0.insert(name.to_owned(), text.to_owned());
        }
    }

    /// The text of a field.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Rows of people to show: those there are, and some to be filled.
    pub(super) fn rows(&self) -> usize {
        let used = |n: &usize| !self.text(&format!("people.{n}.user")).is_empty();
        (0..MOST).rev().find(used).map_or(SPARE, |last| (last + 1 + SPARE).min(MOST))
    }

    /// Whether anything is said of a cover.
    pub(super) fn has(&self, place: &str) -> bool {
        let of = format!("{place}.");
        ["hours", "first", "next", "last"].iter().any(|f| !self.text(&format!("{of}{f}")).is_empty())
    }

    fn put_member(&mut self, n: usize, member: &Member) {
        let mut put = |field: &str, text: &str| self.put(&format!("people.{n}.{field}"), text);
        put("user", &member.user.0);
        put("name", &member.name);
        put("role", member.role.map_or("", |r| r.as_str()));
        put("email", member.email.as_ref().map_or("", |e| e.as_str()));
        put("language", member.language.as_deref().unwrap_or_default());
        if let Some(duty) = &member.duty {
            put("duty", &spans(duty));
            put("off", &joined(&duty.off));
        }
    }

    fn put_cover(&mut self, place: &str, cover: &Cover) {
        let mut put = |field: &str, text: &str| self.put(&format!("{place}.{field}"), text);
        put("hours", &spans(&cover.hours));
        put("off", &joined(&cover.hours.off));
        put("first", &joined(&cover.first));
        put("next", &joined(&cover.next));
        put("last", &joined(&cover.last));
        put("from", cover.from.as_str());
        for channel in &cover.channels {
            put(channel.as_str(), "on");
        }
        for (severity, timing) in &cover.timing {
            let times = [timing.accept_within_min, timing.to_next_min, timing.to_last_min];
            for (field, minutes) in TIMES.iter().zip(times) {
                put(&format!("timing.{severity}.{field}"), &minutes.to_string());
            }
        }
        put("digest_at", &cover.digest_at.map(|at| at.format("%H:%M").to_string()).unwrap_or_default());
    }

    /// The policy that this says, or every field that is wrong.
    pub(super) fn read(&self, lang: Lang, programmes: &[ProgrammeId]) -> Result<Policy, Wrongs> {
        let mut reader = Reader { draft: self, lang, wrongs: Vec::new() };
        let timezone = reader.one("timezone").unwrap_or(Tz::UTC);
        let (rows, people): (Vec<usize>, Vec<Member>) = (0..MOST).filter_map(|n| Some((n, reader.member(n)?))).unzip();
        let default = self.has("default").then(|| reader.cover("default"));
        let of = |p: &ProgrammeId| place(Some(p));
        let named: Vec<_> = programmes.iter().filter(|p| self.has(&of(p))).collect();
        let programmes = named.into_iter().map(|p| (p.clone(), reader.cover(&of(p)))).collect();
        let policy = Policy { timezone, people, default, programmes };
        if reader.wrongs.is_empty() {
            for mistake in policy.mistakes() {
                reader.wrongs.push((field_of(&mistake.pointer, &rows), wrong(lang, mistake.wrong)));
            }
        }
        if reader.wrongs.is_empty() { Ok(policy) } else { Err(reader.wrongs) }
    }
}

/// The fields of a cover begin with this.
pub(super) fn place(programme: Option<&ProgrammeId>) -> String {
    programme.map_or_else(|| "default".to_owned(), |p| format!("programmes.{p}"))
}

/// The field that shows what is wrong at a place in the policy; rows of people may have been left empty.
fn field_of(pointer: &str, rows: &[usize]) -> String {
    if let Some(n) = pointer.strip_prefix("/people/").and_then(|rest| rest.split('/').next()?.parse::<usize>().ok()) {
        return format!("people.{}.user", rows.get(n).unwrap_or(&n));
    }
    let name = pointer.trim_start_matches('/').replace('/', ".");
    let name = name.replace(".hours.week", ".hours").replace(".channels", ".email");
    let line = ["first", "next", "last"].iter().find_map(|line| {
        let (before, rest) = name.split_once(&format!(".{line}."))?;
        rest.chars().all(|c| c.is_ascii_digit()).then(|| format!("{before}.{line}"))
    });
    line.unwrap_or_else(|| if name.contains(".timing.") { format!("{name}.{}", TIMES[0]) } else { name })
}

fn wrong(lang: Lang, wrong: Wrong) -> String {
    match wrong {
        Wrong::Twice => t!(lang, "notify-wrong-twice"),
        Wrong::NoHours => t!(lang, "notify-wrong-no-hours"),
        Wrong::NobodyMeant => t!(lang, "notify-wrong-nobody-meant"),
        Wrong::NobodyTold => t!(lang, "notify-wrong-nobody-told"),
        Wrong::NoWay => t!(lang, "notify-wrong-no-way"),
        Wrong::NoTimes => t!(lang, "notify-wrong-no-times"),
        Wrong::ZeroTime => t!(lang, "notify-wrong-zero-time"),
    }
}

fn joined<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|i| i.to_string()).collect::<Vec<_>>().join(", ")
}

fn spans(hours: &Hours) -> String {
    joined(&hours.week)
}

/// Takes the fields apart and remembers what is wrong with them.
struct Reader<'a> {
    draft: &'a Draft,
    lang: Lang,
    wrongs: Wrongs,
}

impl Reader<'_> {
    /// A field that may be empty.
    fn one<T: FromStr>(&mut self, name: &str) -> Option<T> {
        self.list(name).into_iter().next()
    }

    /// A list with commas, semicolons or lines between its items.
    fn list<T: FromStr>(&mut self, name: &str) -> Vec<T> {
        let parts = self.draft.text(name).split([',', ';', '\n']).map(str::trim).filter(|p| !p.is_empty());
        let read: Result<Vec<T>, T::Err> = parts.map(str::parse).collect();
        read.unwrap_or_else(|_| {
            let what = name.rsplit('.').next().unwrap_or_default();
            let text = match what {
                "hours" | "duty" => t!(self.lang, "notify-wrong-hours"),
                "off" => t!(self.lang, "notify-wrong-date"),
                "email" => t!(self.lang, "notify-wrong-email"),
                "first" | "next" | "last" => t!(self.lang, "notify-wrong-who"),
                "digest_at" => t!(self.lang, "notify-wrong-time"),
                "timezone" => t!(self.lang, "notify-wrong-zone"),
                _ => t!(self.lang, "notify-wrong-value"),
            };
            self.wrongs.push((name.to_owned(), text));
            Vec::new()
        })
    }

    fn hours(&mut self, week: &str, off: &str) -> Hours {
        let off: BTreeSet<NaiveDate> = self.list(off).into_iter().collect();
        Hours { week: self.list::<Span>(week), off }
    }

    fn member(&mut self, n: usize) -> Option<Member> {
        let at = |field: &str| format!("people.{n}.{field}");
        let user = self.draft.text(&at("user"));
        if user.is_empty() {
            return None;
        }
        let name = self.draft.text(&at("name"));
        let has_duty = !self.draft.text(&at("duty")).is_empty();
        Some(Member {
            user: Actor(user.to_owned()),
            name: if name.is_empty() { user } else { name }.to_owned(),
            role: self.one(&at("role")),
            email: self.one(&at("email")),
            language: self.one(&at("language")),
            duty: has_duty.then(|| self.hours(&at("duty"), &at("off"))),
        })
    }

    fn cover(&mut self, place: &str) -> Cover {
        let at = |field: &str| format!("{place}.{field}");
        let channels = Channel::ALL.iter().copied().filter(|c| !self.draft.text(&at(c.as_str())).is_empty()).collect();
        let timing = TIMED.iter().filter_map(|s| Some((*s, self.timing(&at(&format!("timing.{s}")))?))).collect();
        let digest = self.draft.text(&at("digest_at"));
        let digest_at = (!digest.is_empty()).then(|| NaiveTime::parse_from_str(digest, "%H:%M"));
        if matches!(digest_at, Some(Err(_))) {
            self.wrongs.push((at("digest_at"), t!(self.lang, "notify-wrong-time")));
        }
        Cover {
            hours: self.hours(&at("hours"), &at("off")),
            first: self.list::<Who>(&at("first")),
            next: self.list::<Who>(&at("next")),
            last: self.list::<Who>(&at("last")),
            from: self.one(&at("from")).unwrap_or(Severity::High),
            channels,
            timing,
            digest_at: digest_at.and_then(Result::ok),
        }
    }

    /// All three times of a severity, or none.
    fn timing(&mut self, place: &str) -> Option<Timing> {
        let names = TIMES.map(|field| format!("{place}.{field}"));
        if names.iter().all(|name| self.draft.text(name).is_empty()) {
            return None;
        }
        let [accept, next, last] = names.map(|name| {
            let minutes = self.one(&name);
            if minutes.is_none() && !self.wrongs.iter().any(|(field, _)| *field == name) {
                self.wrongs.push((name, t!(self.lang, "notify-wrong-value")));
            }
            minutes
        });
        Some(Timing { accept_within_min: accept?, to_next_min: next?, to_last_min: last? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(pairs: &[(&str, &str)]) -> Draft {
        let mut draft = Draft::default();
        for (name, text) in pairs {
            draft.put(name, text);
        }
        draft
    }

    const GOOD: [(&str, &str); 17] = [
        ("timezone", "Europe/Berlin"),
        ("people.0.user", "ada"),
        ("people.0.name", "Ada"),
        ("people.0.role", "coordinator"),
        ("people.0.email", "ada@clinic.example"),
        ("people.0.duty", "Mon-Fri 08:00-17:00"),
        ("people.0.off", "2026-12-24, 2026-12-25"),
        ("people.3.user", "eve"),
        ("default.hours", "Mon-Fri 08:00-17:00; Sat 09:00-12:00"),
        ("default.first", "@coordinator"),
        ("default.last", "eve, ada"),
        ("default.from", "critical"),
        ("default.email", "on"),
        ("default.timing.critical.accept_within_min", "1"),
        ("default.timing.critical.to_next_min", "2"),
        ("default.timing.critical.to_last_min", "3"),
        ("default.digest_at", "07:30"),
    ];

    #[test]
    fn what_a_form_says_is_what_it_shows_again() {
        let policy = draft(&GOOD).read(Lang::English, &[]).unwrap();
        assert_eq!(policy.people.len(), 2);
        let again = Draft::of(&policy).read(Lang::English, &[]).unwrap();
        assert_eq!(again, policy);
        assert_eq!(draft(&GOOD).rows(), 6);
    }

    #[test]
    fn everything_wrong_is_told_beside_its_field() {
        let copd = ProgrammeId::new("copd").unwrap();
        let check = |change: &[(&str, &str)], expected: &[&str]| {
            let mut sent = draft(&GOOD);
            for (name, text) in change {
                sent.0.insert((*name).to_owned(), (*text).to_owned());
            }
            let wrongs = sent.read(Lang::English, std::slice::from_ref(&copd)).unwrap_err();
            let fields: Vec<&str> = wrongs.iter().map(|(field, _)| field.as_str()).collect();
            assert_eq!(fields, expected, "{wrongs:?}");
        };
        check(&[("people.0.email", "ada"), ("default.hours", "always")], &["people.0.email", "default.hours"]);
        check(&[("default.timing.critical.to_next_min", "")], &["default.timing.critical.to_next_min"]);
        check(&[("default.timing.critical.to_next_min", "x")], &["default.timing.critical.to_next_min"]);
        check(&[("default.digest_at", "7")], &["default.digest_at"]);
        check(&[("default.last", "nobody")], &["default.last"]);
        check(&[("default.email", "")], &["default.email"]);
        check(&[("people.3.user", "ada")], &["people.3.user", "default.last"]);
        check(
            &[("programmes.copd.hours", "Sun 08:00-09:00")],
            &[
                "programmes.copd.first",
                "programmes.copd.last",
                "programmes.copd.email",
                "programmes.copd.timing.critical.accept_within_min",
                "programmes.copd.timing.high.accept_within_min",
            ],
        );
    }
}
