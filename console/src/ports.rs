//! What the console asks of other services, as traits, so that it depends on none of them.

use async_trait::async_trait;
use care::{Foreseen, History, ParameterScope, ProgrammeId, Proposal};
use rule_engine::{Picture, Range, Rule, Rulebook, RulebookSet, picture};
use std::fmt;
use store::{ItemStatus, StoreError};
use vitals::{Instant, Kind, Unit};

/// Sends a quarantined item through admission once more.
#[async_trait]
pub trait Replayer: Send + Sync {
    /// Replays one row and says what it is now.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`] where it has been replayed already, or the store's own.
    async fn replay(&self, row: u64) -> Result<ItemStatus, StoreError>;
}

/// Says what a change would make of the people whom it concerns, before it is made: the rules, on an input that is
/// not there yet.
#[async_trait]
pub trait Previewer: Send + Sync {
    /// What would become of each.
    ///
    /// # Errors
    /// The store's own.
    async fn foresee(&self, proposal: &Proposal) -> Result<Vec<Foreseen>, StoreError>;
}

/// A parameter that a rulebook declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterInfo {
    /// `programme.name`: `heart-failure.gain_3d`
    pub key: String,
    /// the rulebook's own value, as written: `2 kg`; none where it is the clinic's or the patient's to set
    pub default: Option<String>,
    /// what it is for
    pub description: String,
    /// the unit in which it is best given
    pub unit: Option<Unit>,
    /// the values that it may have
    pub range: Option<Range>,
}

/// A rule as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// the rule's id
    pub id: String,
    /// what its task is called: "Call about sudden weight gain"
    pub title: String,
    /// when it opens, as written
    pub when: String,
    /// when it is over, as written
    pub clear: Option<String>,
    /// severity, as written
    pub severity: String,
    /// its task is due after so many seconds
    pub due_s: Option<i64>,
    /// what to ask the patient
    pub ask: Vec<String>,
    /// published basis
    pub basis: String,
}

/// A rulebook in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookInfo {
    /// its id
    pub id: String,
    /// its version
    pub version: String,
    /// a line for pages
    pub title: String,
    /// whose patients have these rules; none for a book that others include
    pub programme: Option<ProgrammeId>,
    /// other rulebooks whose rules these patients have too, those that they include among them
    pub include: Vec<String>,
    /// what is expected of a patient, and how often
    pub expected: Vec<(Kind, String)>,
    /// its own rules
    pub rules: Vec<RuleInfo>,
}

/// What the console needs to know of the rulebooks.
pub trait Rulebooks: fmt::Debug + Send + Sync {
    /// Programmes that a patient can be enrolled for at `now`.
    fn programmes(&self, now: Instant) -> Vec<ProgrammeId>;
    /// Every parameter that can be overridden at `now`.
    fn parameters(&self, now: Instant) -> Vec<ParameterInfo>;
    /// Whether `value` fits the parameter `key`; none sets it back.
    ///
    /// # Errors
    /// A sentence that says what is wrong: unknown parameter, unreadable value, unit of another dimension.
    fn check(&self, scope: ParameterScope, key: &str, value: Option<&str>) -> Result<(), String>;
    /// The rulebooks in force at `now`.
    fn books(&self, now: Instant) -> Vec<BookInfo>;
    /// What a chart from `from` to `until` shows of the rules that stand for a patient.
    fn picture(&self, history: &History, from: Instant, until: Instant) -> Picture;
    /// A rulebook's text in another language (BCP 47), where one translates it.
    fn text(&self, language: &str, english: &str) -> Option<String>;
}

/// No rulebooks: everything is accepted and nothing is known. For tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRulebooks;

impl Rulebooks for NoRulebooks {
    fn programmes(&self, _now: Instant) -> Vec<ProgrammeId> {
        Vec::new()
    }
    fn parameters(&self, _now: Instant) -> Vec<ParameterInfo> {
        Vec::new()
    }
    fn check(&self, _scope: ParameterScope, _key: &str, _value: Option<&str>) -> Result<(), String> {
        Ok(())
    }
    fn books(&self, _now: Instant) -> Vec<BookInfo> {
        Vec::new()
    }
    fn picture(&self, _history: &History, _from: Instant, _until: Instant) -> Picture {
        Picture::default()
    }
    fn text(&self, _language: &str, _english: &str) -> Option<String> {
        None
    }
}

impl Rulebooks for RulebookSet {
    fn programmes(&self, now: Instant) -> Vec<ProgrammeId> {
        self.in_force(now).into_iter().filter_map(|book| book.programme.clone()).collect()
    }

    fn parameters(&self, now: Instant) -> Vec<ParameterInfo> {
        let info = |p: &rule_engine::Parameter| ParameterInfo {
            key: p.key.clone(),
            default: p.default.clone(),
            description: p.description.clone(),
            unit: p.unit,
            range: self.range(&p.key),
        };
        RulebookSet::parameters(self, now).into_iter().map(info).collect()
    }

    fn check(&self, scope: ParameterScope, key: &str, value: Option<&str>) -> Result<(), String> {
        self.check_setting(scope, key, value)
    }

    fn books(&self, now: Instant) -> Vec<BookInfo> {
        self.in_force(now).into_iter().map(|book| book_info(self, book, now)).collect()
    }

    fn picture(&self, history: &History, from: Instant, until: Instant) -> Picture {
        picture(self, history, from, until)
    }

    fn text(&self, language: &str, english: &str) -> Option<String> {
        RulebookSet::text(self, language, english).map(str::to_owned)
    }
}

fn book_info(set: &RulebookSet, book: &Rulebook, now: Instant) -> BookInfo {
    BookInfo {
        id: book.id.clone(),
        version: book.version.clone(),
        title: book.title.clone(),
        programme: book.programme.clone(),
        include: set.included(&book.id, now).into_iter().map(|b| b.id.clone()).collect(),
        expected: book
            .schedule
            .iter()
            .map(|e| (e.kind, e.rate.default.clone().unwrap_or_else(|| "not configured".to_owned())))
            .collect(),
        rules: book.rules.iter().map(|rule| rule_info(rule)).collect(),
    }
}

fn rule_info(rule: &Rule) -> RuleInfo {
    let severity = rule.severity_text.iter().map(|(when, severity)| match when {
        Some(when) => format!("{severity} when {when}"),
        None => severity.to_string(),
    });
    RuleInfo {
        id: rule.id.to_string(),
        title: rule.task.title.clone(),
        when: rule.when_text.clone(),
        clear: rule.clear_text.clone(),
        severity: severity.collect::<Vec<_>>().join(", otherwise "),
        due_s: rule.task.due_s,
        ask: rule.task.ask.clone(),
        basis: rule.basis.clone(),
    }
}
