//! What the engine remembers between two moments: cheap to share, copied only where it changes.

use crate::plan::Applied;
use crate::value::Datum;
use care::{
    ClearedBy, Ending, Episode, EpisodeChange, EpisodeId, EpisodeRule, Fault, GroupKey, RuleId, Sentence, Severity,
    Worsened,
};
use chrono::{SecondsFormat, TimeDelta};
use std::collections::BTreeMap;
use std::sync::Arc;
use vitals::{Instant, Kind, Quantity};

/// A second kind of reading that breaches within so long makes an episode more severe: "within a day".
pub(crate) const SECOND_KIND_WITHIN: TimeDelta = TimeDelta::days(1);

/// A rule that holds.
#[derive(Clone, Debug)]
pub(crate) struct OpenRule {
    pub(crate) applied: Applied,
    /// what the opening compared with
    pub(crate) onset: Vec<(Quantity, Datum)>,
}

/// One rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleState {
    /// places of the readings set aside for it, ascending
    pub(crate) aside: Vec<usize>,
    pub(crate) open: Option<Arc<OpenRule>>,
    pub(crate) fault: Option<Arc<Fault>>,
}

/// A reading at which some rule held.
#[derive(Clone, Debug)]
pub(crate) struct Breach {
    pub(crate) time: Instant,
    pub(crate) kind: Kind,
    pub(crate) group: GroupKey,
}

/// Everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// by slot
    pub(crate) rules: Vec<RuleState>,
    /// the newest episode of each group, open or over
    pub(crate) groups: BTreeMap<GroupKey, Arc<Draft>>,
    /// those of the last day
    pub(crate) breaches: Vec<Breach>,
    /// how many earlier episodes are over for good
    pub(crate) retired: usize,
}

impl State {
    pub(crate) fn new(slots: usize) -> Self {
        Self { rules: vec![RuleState::default(); slots], ..Self::default() }
    }

    pub(crate) fn rule(&self, slot: usize) -> Option<&RuleState> {
        self.rules.get(slot)
    }

    /// Notes that a rule of `group` held at a reading of `kind`, and makes episodes more severe where that
    /// is a second kind within a day.
    pub(crate) fn breach(&mut self, time: Instant, kind: Kind, group: &GroupKey) {
        // A scale that also measures composition sends one weighing as two kinds.
        let kind = if kind == Kind::BodyComposition { Kind::BodyWeight } else { kind };
        self.breaches.retain(|b| time - b.time <= SECOND_KIND_WITHIN);
        let others: Vec<&Breach> = self.breaches.iter().filter(|b| b.kind != kind).collect();
        let first = others.first().map(|b| b.kind);
        let met: Vec<GroupKey> = others.iter().map(|b| b.group.clone()).chain(first.map(|_| group.clone())).collect();
        for key in met {
            if let (Some(draft), Some(other)) = (self.groups.get_mut(&key), first)
                && draft.episode.is_open()
                && !draft.raised
            {
                Arc::make_mut(draft).raise(time, kind, other);
            }
        }
        if !self.breaches.iter().any(|b| b.time == time && b.kind == kind && b.group == *group) {
            self.breaches.push(Breach { time, kind, group: group.clone() });
        }
    }
}

/// An episode in the making.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) episode: Episode,
    /// a second kind breached
    raised: bool,
    pub(crate) last_opening: Instant,
}

impl Draft {
    /// A new episode, opened by `rule`.
    pub(crate) fn new(patient: &str, group: &GroupKey, rule: EpisodeRule) -> Self {
        let at = rule.opened_at;
        let opener = rule.opened_by.as_ref().map_or("missing".to_owned(), ToString::to_string);
        let stamp = at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let id = EpisodeId::derived(&[patient, group.as_str(), &stamp, &opener]);
        let changes = vec![EpisodeChange { at, why: rule.why.clone() }];
        let severity = rule.severity;
        let episode =
            Episode { id, group: group.clone(), opened_at: at, rules: vec![rule], cleared_at: None, severity, changes };
        Self { episode, raised: false, last_opening: at }
    }

    /// Another rule, or one of its rules again.
    pub(crate) fn join(&mut self, mut rule: EpisodeRule) {
        let at = rule.opened_at;
        self.last_opening = at;
        self.episode.cleared_at = None;
        self.episode.changes.push(EpisodeChange { at, why: rule.why.clone() });
        if let Some(before) = self.episode.rules.iter().position(|r| r.rule == rule.rule) {
            rule.severity = rule.severity.max(self.episode.rules.remove(before).severity);
        }
        self.episode.rules.push(rule);
        self.reckon();
    }

    /// A rule turns out more severe.
    pub(crate) fn worsen(&mut self, rule: &RuleId, severity: Severity, worsened: Worsened) {
        if let Some(rule) = self.episode.rules.iter_mut().find(|r| r.rule == *rule && r.severity < severity) {
            let why = Sentence::MoreSevere { severity, because: Box::new(worsened.why.clone()) };
            self.episode.changes.push(EpisodeChange { at: worsened.at, why });
            rule.severity = severity;
            rule.worsened = Some(worsened);
            self.reckon();
        }
    }

    /// A rule no longer holds, or is no longer judged.
    pub(crate) fn end(&mut self, at: Instant, rule: &RuleId, how: Ending, why: Sentence) {
        if let Some(rule) = self.episode.rules.iter_mut().find(|r| r.rule == *rule) {
            rule.cleared = Some(ClearedBy { at, how, why: why.clone() });
            self.episode.changes.push(EpisodeChange { at, why });
        }
        if self.episode.rules.iter().all(|r| r.cleared.is_some()) {
            self.episode.cleared_at = Some(at);
        }
    }

    fn raise(&mut self, at: Instant, kind: Kind, other: Kind) {
        self.raised = true;
        self.reckon();
        let kinds = [kind.min(other), kind.max(other)];
        let why = Sentence::SecondKind { severity: self.episode.severity, kinds };
        self.episode.changes.push(EpisodeChange { at, why });
    }

    /// The highest severity of its rules, a step higher where a second kind breached; never lower than before.
    fn reckon(&mut self) {
        let highest = self.episode.rules.iter().map(|r| r.severity).max().unwrap_or(self.episode.severity);
        let reached = if self.raised { highest.raised() } else { highest };
        self.episode.severity = self.episode.severity.max(reached);
    }
}
