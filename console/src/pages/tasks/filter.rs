//! The list's filters as they stand in the URL: read, written, and said as a sentence.

use crate::access::Caller;
use crate::problem::Problem;
use crate::text::{Lang, Words, t};
use care::{Actor, Queue, Team};
use serde::Deserialize;
use std::fmt::Write;
use store::{BoardFilter, BoardGroup, OwnerFilter};

use super::names::Names;

/// The query of a list's URL, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct ListQuery {
    /// `me`, `nobody`, or a sign-in name
    owner: Option<String>,
    programme: Option<String>,
    severity: Option<String>,
    team: Option<String>,
    /// `overdue`
    due: Option<String>,
    /// `on-hold`
    status: Option<String>,
    /// `operations`
    queue: Option<String>,
    /// words of a name, or a record number
    q: Option<String>,
    /// rows of a group, where more were asked for
    now: Option<usize>,
    today: Option<usize>,
    later: Option<usize>,
    #[serde(rename = "on-hold")]
    on_hold: Option<usize>,
}

/// One part of the query, to be put in, taken out or said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Owner,
    Programme,
    Severity,
    Team,
    Due,
    Status,
    Queue,
    Search,
}

impl Part {
    const ALL: [Part; 8] =
        [Part::Owner, Part::Due, Part::Status, Part::Severity, Part::Programme, Part::Team, Part::Queue, Part::Search];

    const fn name(self) -> &'static str {
        match self {
            Part::Owner => "owner",
            Part::Programme => "programme",
            Part::Severity => "severity",
            Part::Team => "team",
            Part::Due => "due",
            Part::Status => "status",
            Part::Queue => "queue",
            Part::Search => "q",
        }
    }
}

/// More rows of one group than this do not help anybody; filters do.
const MOST: usize = 200;

impl ListQuery {
    fn slot(&mut self, part: Part) -> &mut Option<String> {
        match part {
            Part::Owner => &mut self.owner,
            Part::Programme => &mut self.programme,
            Part::Severity => &mut self.severity,
            Part::Team => &mut self.team,
            Part::Due => &mut self.due,
            Part::Status => &mut self.status,
            Part::Queue => &mut self.queue,
            Part::Search => &mut self.q,
        }
    }

    /// What stands there, if it is not empty.
    pub(super) fn get(&self, part: Part) -> Option<&str> {
        let value = match part {
            Part::Owner => &self.owner,
            Part::Programme => &self.programme,
            Part::Severity => &self.severity,
            Part::Team => &self.team,
            Part::Due => &self.due,
            Part::Status => &self.status,
            Part::Queue => &self.queue,
            Part::Search => &self.q,
        };
        value.as_deref().map(str::trim).filter(|v| !v.is_empty())
    }

    /// The list with this part set so; where it is so already, without it.
    pub(super) fn toggled(&self, part: Part, value: &str) -> Self {
        let is_set = self.get(part) == Some(value);
        self.with(part, (!is_set).then(|| value.to_owned()))
    }

    /// The list with another value of this part; another list begins at its first rows.
    pub(super) fn with(&self, part: Part, value: Option<String>) -> Self {
        let mut other = Self { now: None, today: None, later: None, on_hold: None, ..self.clone() };
        *other.slot(part) = value;
        other
    }

    /// The list with more rows of a group.
    pub(super) fn with_more(&self, group: BoardGroup, rows: usize) -> Self {
        let mut other = self.clone();
        let slot = match group {
            BoardGroup::Now => &mut other.now,
            BoardGroup::Today => &mut other.today,
            BoardGroup::Later => &mut other.later,
            BoardGroup::OnHold => &mut other.on_hold,
        };
        *slot = Some(rows.min(MOST));
        other
    }

    /// Rows that were asked for by number.
    pub(super) fn asked(&self) -> [Option<usize>; 4] {
        [self.now, self.today, self.later, self.on_hold].map(|rows| rows.map(|r| r.min(MOST)))
    }

    /// Whether anything narrows the list.
    pub(super) fn is_narrowed(&self) -> bool {
        Part::ALL.into_iter().any(|part| self.get(part).is_some())
    }

    pub(super) fn is_operations(&self) -> bool {
        self.get(Part::Queue) == Some("operations")
    }

    /// The parts that stand in it, in the order in which they are said.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Part, &str)> {
        Part::ALL.into_iter().filter_map(|part| Some((part, self.get(part)?)))
    }

    /// The query as a form's hidden fields.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.parts().map(|(part, value)| (part.name(), value))
    }

    fn query(&self) -> String {
        let mut text = String::new();
        let groups = BoardGroup::ALL.into_iter().zip(self.asked());
        let rows = groups.filter_map(|(group, rows)| Some((group.as_str(), rows?.to_string())));
        let fields = self.fields().map(|(name, value)| (name, encoded(value)));
        for (name, value) in fields.chain(rows) {
            let join = if text.is_empty() { "" } else { "&" };
            // Writing into a String does not fail.
            let _ = write!(text, "{join}{name}={value}");
        }
        text
    }

    /// Where the list is.
    pub(super) fn url(&self) -> String {
        let query = self.query();
        if query.is_empty() { "/".to_owned() } else { format!("/?{query}") }
    }

    /// Where its changes come from.
    pub(super) fn stream(&self) -> String {
        let query = self.query();
        if query.is_empty() { "/events?view=tasks".to_owned() } else { format!("/events?view=tasks&{query}") }
    }

    /// What the store is asked for.
    pub(crate) fn filter(&self, caller: &Caller) -> Result<BoardFilter, Problem> {
        let owner = self.get(Part::Owner).map(|who| match who {
            "nobody" => OwnerFilter::Nobody,
            "me" => OwnerFilter::Is(caller.actor.clone()),
            name => OwnerFilter::Is(Actor(name.to_owned())),
        });
        Ok(BoardFilter {
            queue: if self.is_operations() { Queue::Operations } else { Queue::Care },
            owner,
            programme: self.parsed(Part::Programme)?,
            severity: self.parsed(Part::Severity)?,
            team: self.parsed(Part::Team)?,
            overdue: self.get(Part::Due) == Some("overdue"),
            held: self.get(Part::Status) == Some("on-hold"),
            search: self.get(Part::Search).map(str::to_owned),
        })
    }

    fn parsed<T: std::str::FromStr>(&self, part: Part) -> Result<Option<T>, Problem> {
        let unknown = |_| Problem::bad_request(format!("There is no such `{}` to look for.", part.name()));
        self.get(part).map(str::parse).transpose().map_err(unknown)
    }
}

/// A value in a query.
fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// A part of the query in words: "mine", "heart failure", "overdue".
pub(super) fn said(words: Words, names: &Names, teams: &[Team], (part, value): (Part, &str)) -> String {
    let lang = words.lang;
    match (part, value) {
        (Part::Owner, "me") => t!(lang, "tasks-mine"),
        (Part::Owner, "nobody") => t!(lang, "tasks-nobodys"),
        (Part::Owner, name) => t!(lang, "tasks-of", name = names.of(lang, &Actor(name.to_owned()))),
        (Part::Programme, id) => words.programme(id),
        (Part::Severity, word) => word.parse().map_or_else(|_| word.to_owned(), |s| words.severity_word(s)),
        (Part::Team, id) => {
            let name = teams.iter().find(|t| t.id.as_str() == id).map_or(id, |t| t.name.as_str());
            t!(lang, "tasks-team", name = name)
        }
        (Part::Due, _) => t!(lang, "tasks-overdue"),
        (Part::Status, _) => t!(lang, "tasks-muted"),
        (Part::Queue, _) => t!(lang, "tasks-operators"),
        (Part::Search, text) => t!(lang, "tasks-searched", text = text),
    }
}

/// The heading of a group.
pub(super) fn group_name(lang: Lang, group: BoardGroup) -> String {
    match group {
        BoardGroup::Now => t!(lang, "tasks-now"),
        BoardGroup::Today => t!(lang, "tasks-today"),
        BoardGroup::Later => t!(lang, "tasks-later"),
        BoardGroup::OnHold => t!(lang, "tasks-on-hold"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_put_in_and_taken_out_of_the_url() {
        let list = ListQuery { owner: Some("me".into()), now: Some(90), ..ListQuery::default() };
        assert_eq!(list.url(), "/?owner=me&now=90");
        let narrower = list.toggled(Part::Search, "Müller & Co");
        assert_eq!(narrower.url(), "/?owner=me&q=M%C3%BCller%20%26%20Co");
        assert_eq!(narrower.toggled(Part::Owner, "me").toggled(Part::Search, "Müller & Co").url(), "/");
        assert_eq!(list.with_more(BoardGroup::Now, 5000).url(), "/?owner=me&now=200");
        assert_eq!(list.stream(), "/events?view=tasks&owner=me&now=90");
    }
}
