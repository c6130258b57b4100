//! A rulebook file: what it says, checked.

use crate::check::{self, Declared, parse_amount};
use crate::condition::{Cond, Judged, Num};
use crate::error::{Problems, RuleError, suggest};
use crate::parameter::{Form, Parameter};
use crate::parse::parse;
use crate::table::{Place, Table, Text, content_start, parsed, text};
use crate::test_file::{self, Test};
use crate::texts::Texts;
use care::{Confirm, GroupKey, ProgrammeId, RuleId, Severity, TaskTemplate};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use toml::de::{DeTable, DeValue};
use vitals::{Kind, Quantity};

/// A rule, checked and ready to be judged.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `HF-W2`
    pub id: RuleId,
    /// the group that makes one episode, or the rule's own id
    pub group: GroupKey,
    /// the condition as written
    pub when_text: String,
    /// the clearing condition as written; without one, the rule clears when `when` is false
    pub clear_text: Option<String>,
    /// severities with the condition for each, first that holds; the last has none
    pub severity_text: Vec<(Option<String>, Severity)>,
    /// how a repeat is asked for
    pub confirm: Option<Confirm>,
    /// an opening within so many seconds of the one before belongs to the same episode
    pub once_per_s: Option<i64>,
    /// programmes for whose patients this rule does not stand
    pub unless_programme: Vec<ProgrammeId>,
    /// what its task says
    pub task: TaskTemplate,
    /// published basis
    pub basis: String,
    /// look again so many seconds after completion
    pub revisit_s: Option<i64>,
    pub(crate) when: Judged,
    pub(crate) clear: Option<Judged>,
    pub(crate) severity: Vec<(Judged, Severity)>,
    pub(crate) severity_otherwise: Severity,
    /// quantities whose onset `clear` asks for
    pub(crate) onsets: Vec<Quantity>,
}

/// What is expected of a patient in a programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// which kind of reading
    pub kind: Kind,
    /// how often: `1 per day`; without a default where it is the clinic's to set
    pub rate: Parameter,
}

/// A version of a rulebook.
#[derive(Clone, Debug)]
pub struct Rulebook {
    /// `heart-failure`
    pub id: String,
    /// `2026.1`
    pub version: String,
    /// whose patients have these rules; none for a book that others include
    pub programme: Option<ProgrammeId>,
    /// a line for pages
    pub title: String,
    /// other rulebooks whose rules these patients have too
    pub include: Vec<String>,
    /// what its conditions name and a clinic or a patient may tune
    pub parameters: Vec<Parameter>,
    /// expected readings
    pub schedule: Vec<Expected>,
    /// its own rules
    pub rules: Vec<Arc<Rule>>,
    pub(crate) texts: Texts,
    pub(crate) tests: Vec<Test>,
    pub(crate) include_places: Vec<Place>,
    pub(crate) rule_places: Vec<Place>,
    /// conditions with the place of their content, for the formatter
    pub(crate) conditions: Vec<Range<usize>>,
}

impl Rulebook {
    /// Everything that a clinic or a patient may set: what conditions name, and what is expected.
    pub fn settable(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().chain(self.schedule.iter().map(|e| &e.rate))
    }

    /// Everything that it says to people, in English.
    #[must_use]
    pub fn said(&self) -> BTreeSet<&str> {
        said(&self.title, &self.parameters, self.rules.iter().map(|rule| &**rule))
    }

    /// What it says, in another language (BCP 47); none where it has no translation.
    #[must_use]
    pub fn text(&self, language: &str, english: &str) -> Option<&str> {
        self.texts.get(language, english)
    }

    /// `heart-failure 2026.1`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} {}", self.id, self.version)
    }

    /// Reads and checks a file by itself; includes are not looked at.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn parse(name: &str, file: &str) -> Result<Rulebook, Vec<RuleError>> {
        let mut problems = Problems::new(name, file);
        let (table, errors) = DeTable::parse_recoverable(file);
        for e in errors {
            problems.add(e.span().unwrap_or(0..0), e.message().to_owned(), "");
        }
        let book = problems.errors.is_empty().then(|| Reader::read(&mut problems, table.get_ref())).flatten();
        match book {
            Some(book) if problems.errors.is_empty() => Ok(book),
            _ => Err(problems.errors),
        }
    }
}

const TOP: &[&str] = &["rulebook", "parameters", "schedule", "rule", "text", "test"];
const HEAD: &[&str] = &["id", "version", "programme", "title", "include"];
const RULE: &[&str] = &[
    "id",
    "when",
    "clear",
    "confirm",
    "group",
    "severity",
    "once_per",
    "unless_programme",
    "task",
    "basis",
    "revisit",
];

/// A condition, as written too, and the severity that it gives.
type ConditionalSeverity = (Judged, String, Severity);

struct Reader<'a, 'p> {
    problems: &'a mut Problems<'p>,
    declared: Vec<Declared>,
    conditions: Vec<Range<usize>>,
}

impl Reader<'_, '_> {
    fn read(problems: &mut Problems<'_>, table: &DeTable<'_>) -> Option<Rulebook> {
        let top = Table::new(table, 0..0, "the file", TOP, problems);
        let Some(head) = top.get("rulebook").and_then(|v| Table::of(v, "[rulebook]", HEAD, problems)) else {
            problems.add(
                0..0,
                "the file has no [rulebook]",
                "begin with `[rulebook]`, `id = \"…\"`, `version = \"…\"`",
            );
            return None;
        };
        let id = head.required("id", "\"heart-failure\"", problems);
        // A rulebook's id is the first half of its parameters' keys.
        let id = id.filter(|t| parsed::<ProgrammeId>(t, problems).is_some());
        let version = head.required("version", "\"2026.1\"", problems);
        let programme = head.parsed("programme", problems);
        let title = head.text("title", problems).map(|t| t.text).unwrap_or_default();
        let include = head.texts("include", problems);
        let id = id.map(|t| t.text).unwrap_or_default();
        let mut reader = Reader { problems, declared: Vec::new(), conditions: Vec::new() };
        let parameters = reader.parameters(&top, &id);
        let schedule = reader.schedule(&top, &id);
        let tables = top.tables("rule", "a [[rule]]", RULE, reader.problems);
        let rules: Vec<(Rule, Place)> = tables.iter().filter_map(|t| Some((reader.rule(t)?, t.place()))).collect();
        reader.unique(&rules);
        let conditions = reader.conditions;
        let texts = Texts::read(&top, &said(&title, &parameters, rules.iter().map(|(rule, _)| rule)), problems);
        let tests = test_file::read(&top, problems);
        let (rules, rule_places) = rules.into_iter().map(|(r, p)| (Arc::new(r), p)).unzip();
        Some(Rulebook {
            id,
            version: version?.text,
            programme,
            title,
            include_places: include.iter().map(|t| t.place.clone()).collect(),
            include: include.into_iter().map(|t| t.text).collect(),
            parameters,
            schedule,
            rules,
            rule_places,
            texts,
            tests,
            conditions,
        })
    }

    fn unique(&mut self, rules: &[(Rule, Place)]) {
        for (i, (rule, place)) in rules.iter().enumerate() {
            if rules.iter().take(i).any(|(other, _)| other.id == rule.id) {
                self.problems.add(place.clone(), format!("rule `{}` is defined twice", rule.id), "give it another id");
            }
            if rules.iter().any(|(other, _)| other.id.as_str() == rule.group.as_str() && other.id != rule.id) {
                let message = format!("group `{}` of rule `{}` is the id of another rule", rule.group, rule.id);
                self.problems.add(place.clone(), message, "give the group a name of its own");
            }
        }
    }

    fn parameters(&mut self, top: &Table<'_, '_>, book: &str) -> Vec<Parameter> {
        let Some(value) = top.get("parameters") else { return Vec::new() };
        let DeValue::Table(table) = value.get_ref() else {
            self.problems.add(value.span(), "[parameters] must be a table", "");
            return Vec::new();
        };
        let table = Table::open(table, value.span(), "[parameters]");
        let mut parameters = Vec::new();
        for (name, place, value) in table.entries() {
            let fits = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            let reserved = name.parse::<Quantity>().is_ok()
                || ["and", "or", "not", "for", "in", "times", "ago", "last", "missing", "onset"].contains(&name);
            if !fits || reserved || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
                let remedy = "use lower-case letters, digits and `_`, and no word of the language";
                self.problems.add(place, format!("`{name}` cannot name a parameter"), remedy);
                continue;
            }
            let Some((default, unit, description)) = self.parameter(name, value) else { continue };
            self.declared.push(Declared { name: name.to_owned(), unit });
            parameters.push(Parameter {
                key: format!("{book}.{name}"),
                name: name.to_owned(),
                unit,
                default,
                description,
                form: Form::Amount,
            });
        }
        parameters
    }

    fn parameter(
        &mut self,
        name: &str,
        value: &toml::Spanned<DeValue<'_>>,
    ) -> Option<(Option<String>, Option<vitals::Unit>, String)> {
        let remedy = "write `\"2 kg\"`, or `{ unit = \"kg\" }` where it is the clinic's to set";
        let (default, unit, description) = match value.get_ref() {
            DeValue::String(_) => (text(value, name, self.problems), None, String::new()),
            DeValue::Table(_) => {
                let table = Table::of(value, "a parameter", &["default", "unit", "description"], self.problems)?;
                let description = table.text("description", self.problems).map(|t| t.text).unwrap_or_default();
                (table.text("default", self.problems), table.parsed("unit", self.problems), description)
            }
            _ => {
                self.problems.add(
                    value.span(),
                    format!("parameter `{name}` is neither a value nor a declaration"),
                    remedy,
                );
                return None;
            }
        };
        match default.filter(|t| t.text != "unset") {
            Some(default) => match parse_amount(&default.text) {
                Some((_, own))
                    if unit.is_none() || own.map(vitals::Unit::dimension) == unit.map(vitals::Unit::dimension) =>
                {
                    Some((Some(default.text.trim().to_owned()), unit.or(own), description))
                }
                _ => {
                    self.problems.add(
                        default.place,
                        format!("`{}` is no value for parameter `{name}`", default.text),
                        remedy,
                    );
                    None
                }
            },
            None if unit.is_none() => {
                let message = format!("parameter `{name}` has neither a value nor a unit");
                self.problems.add(value.span(), message, remedy);
                None
            }
            None => Some((None, unit, description)),
        }
    }

    fn schedule(&mut self, top: &Table<'_, '_>, book: &str) -> Vec<Expected> {
        let Some(value) = top.get("schedule") else { return Vec::new() };
        let known = Kind::ALL.map(Kind::as_str);
        let Some(table) = Table::of(value, "[schedule]", &known, self.problems) else { return Vec::new() };
        let mut schedule = Vec::new();
        for (name, _, value) in table.entries() {
            let (Ok(kind), Some(rate)) = (name.parse::<Kind>(), text(value, name, self.problems)) else { continue };
            if rate.text != "unset" && !is_rate(&rate.text) {
                let remedy = "write e.g. `\"1 per day\"`, or `\"unset\"` where it is the clinic's to set";
                self.problems.add(rate.place, format!("`{}` is no rate of readings", rate.text), remedy);
                continue;
            }
            let rate = Parameter {
                key: format!("{book}.schedule.{kind}"),
                name: format!("schedule.{kind}"),
                unit: None,
                default: (rate.text != "unset").then_some(rate.text),
                description: format!("how often a {} reading is expected, or `none`", kind.as_str().replace('-', " ")),
                form: Form::Rate,
            };
            schedule.push(Expected { kind, rate });
        }
        schedule
    }

    fn rule(&mut self, table: &Table<'_, '_>) -> Option<Rule> {
        let id: Option<RuleId> = {
            let text = table.required("id", "\"HF-W2\"", self.problems);
            text.and_then(|t| parsed(&t, self.problems))
        };
        let when = table.required("when", "\"rise(weight, 72 h) > 2 kg\"", self.problems);
        let when = when.and_then(|t| Some((self.condition(&t, false)?, t)));
        let clear = table.text("clear", self.problems).and_then(|t| Some((self.condition(&t, true)?, t)));
        let group: Option<GroupKey> = table.parsed("group", self.problems);
        let severity = self.severity(table);
        let confirm = self.confirm(table, when.as_ref().map(|(w, _)| w));
        let unless = table.texts("unless_programme", self.problems);
        let unless_programme = unless.iter().filter_map(|t| parsed(t, self.problems)).collect();
        let task = self.task(table);
        let basis = table.required("basis", "\"where the numbers come from\"", self.problems);
        let once_per_s = table.seconds("once_per", self.problems);
        let revisit_s = table.seconds("revisit", self.problems);
        let (id, (when, when_text), (conditions, otherwise)) = (id?, when?, severity?);
        let (clear, clear_text) = clear.map_or((None, None), |(c, t)| (Some(c), Some(t.text)));
        let mut severity_text: Vec<(Option<String>, Severity)> =
            conditions.iter().map(|(_, text, s)| (Some(text.clone()), *s)).collect();
        severity_text.push((None, otherwise));
        Some(Rule {
            group: group.or_else(|| GroupKey::new(id.as_str()).ok())?,
            id,
            when_text: when_text.text,
            clear_text,
            severity_text,
            confirm,
            once_per_s,
            unless_programme,
            task: task?,
            basis: basis?.text,
            revisit_s,
            onsets: clear.as_ref().map(|c| onsets(&c.cond)).unwrap_or_default(),
            severity: conditions.into_iter().map(|(judged, _, s)| (judged, s)).collect(),
            severity_otherwise: otherwise,
            when,
            clear,
        })
    }

    fn condition(&mut self, text: &Text, onset: bool) -> Option<Judged> {
        let start = content_start(self.problems.text(), &text.place);
        self.conditions.push(start..start + text.text.len());
        let found = parse(&text.text).map_err(|e| vec![e]).and_then(|node| check::check(&node, &self.declared, onset));
        match found {
            Ok(judged) => Some(judged),
            Err(errors) => {
                for e in errors {
                    let place = start + e.span.start..start + e.span.end;
                    self.problems.add(place, e.message, e.remedy);
                }
                None
            }
        }
    }

    fn severity(&mut self, table: &Table<'_, '_>) -> Option<(Vec<ConditionalSeverity>, Severity)> {
        let remedy = "write a word, or `[{ when = \"…\", is = \"high\" }, \"medium\"]`";
        let Some(value) = table.get("severity") else {
            self.problems.add(table.place(), "a [[rule]] has no `severity`", remedy);
            return None;
        };
        let one = [value.clone()];
        let items: &[_] = match value.get_ref() {
            DeValue::Array(items) => items,
            _ => &one,
        };
        let Some((last, conditions)) = items.split_last() else {
            self.problems.add(value.span(), "the list of severities is empty", remedy);
            return None;
        };
        let mut list = Vec::new();
        for item in conditions {
            let table = Table::of(item, "a conditional severity", &["when", "is"], self.problems)?;
            let when = table.required("when", "\"latest(systolic, 24 h) < 100 mm[Hg]\"", self.problems)?;
            let is = table.required("is", "\"high\"", self.problems)?;
            let (judged, is) = (self.condition(&when, false), parsed(&is, self.problems));
            list.push((judged?, when.text, is?));
        }
        let otherwise = text(last, "severity", self.problems)?;
        Some((list, parsed(&otherwise, self.problems)?))
    }

    fn confirm(&mut self, table: &Table<'_, '_>, when: Option<&Judged>) -> Option<Confirm> {
        let value = table.get("confirm")?;
        let table = Table::of(value, "`confirm`", &["repeat", "within"], self.problems)?;
        let repeat = table.required("repeat", "\"body-weight\"", self.problems)?;
        let kind: Kind = parsed(&repeat, self.problems)?;
        table.required("within", "\"30 min\"", self.problems)?;
        let within_s = table.seconds("within", self.problems)?;
        let carried = |q: &Quantity| q.kinds().contains(&kind);
        let named = |q: &&Quantity| when.is_none_or(|w| w.quantities & crate::condition::quantity_bit(**q) != 0);
        if !Quantity::ALL.iter().filter(named).any(carried) {
            let message = format!("a repeat of `{kind}` cannot confirm this rule, which names nothing of it");
            self.problems.add(repeat.place, message, "repeat the kind of reading that `when` is about");
        }
        Some(Confirm { repeat: kind, within_s })
    }

    fn task(&mut self, table: &Table<'_, '_>) -> Option<TaskTemplate> {
        let Some(value) = table.get("task") else {
            let remedy = "add `task = { title = \"…\", ask = [\"…\"], due = \"4 h\" }`";
            self.problems.add(table.place(), "a [[rule]] has no `task`", remedy);
            return None;
        };
        let table = Table::of(value, "`task`", &["title", "ask", "due"], self.problems)?;
        let title = table.required("title", "\"Call about sudden weight gain\"", self.problems);
        let ask = table.texts("ask", self.problems).into_iter().map(|t| t.text).collect();
        let due_s = table.seconds("due", self.problems);
        Some(TaskTemplate { title: title?.text, ask, due_s })
    }
}

/// The texts of a book's title, parameters and rules.
fn said<'a>(title: &'a str, parameters: &'a [Parameter], rules: impl Iterator<Item = &'a Rule>) -> BTreeSet<&'a str> {
    let of_rule = |rule: &'a Rule| {
        let asked = rule.task.ask.iter().map(String::as_str);
        asked.chain([rule.task.title.as_str(), rule.basis.as_str()])
    };
    let descriptions = parameters.iter().map(|p| p.description.as_str());
    let texts = rules.flat_map(of_rule).chain(descriptions).chain([title]);
    texts.filter(|text| !text.is_empty()).collect()
}

/// `1 per day`. What is expected is expected every day: a rate per week would need to say on which days.
pub(crate) fn is_rate(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let count = words.next().and_then(|w| w.parse::<u16>().ok()).is_some_and(|n| n > 0);
    count && words.next() == Some("per") && words.next() == Some("day") && words.next().is_none()
}

fn onsets(cond: &Cond) -> Vec<Quantity> {
    fn of_number(num: &Num, found: &mut Vec<Quantity>) {
        match num {
            Num::Onset(q) if !found.contains(q) => found.push(*q),
            Num::Negative(a) => of_number(a, found),
            Num::Binary(_, a, b) => {
                of_number(a, found);
                of_number(b, found);
            }
            _ => {}
        }
    }
    fn of(cond: &Cond, found: &mut Vec<Quantity>) {
        match cond {
            Cond::Compare { left, right, .. } => {
                of_number(left, found);
                of_number(right, found);
            }
            Cond::And(a, b) | Cond::Or(a, b) => {
                of(a, found);
                of(b, found);
            }
            Cond::Not(a) => of(a, found),
            Cond::Times { inner, .. } | Cond::For { inner, .. } => of(&inner.cond, found),
            Cond::Missing { .. } => {}
        }
    }
    let mut found = Vec::new();
    of(cond, &mut found);
    found
}

/// The includes of a book that are not among `known`, as mistakes.
pub(crate) fn missing_includes(name: &str, file: &str, book: &Rulebook, known: &[String]) -> Vec<RuleError> {
    let mut problems = Problems::new(name, file);
    for (include, place) in book.include.iter().zip(&book.include_places) {
        if !known.contains(include) {
            let remedy = suggest(include, known.iter().map(String::as_str));
            problems.add(place.clone(), format!("included rulebook `{include}` is not known"), remedy);
        }
    }
    problems.errors
}
