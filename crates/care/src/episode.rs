//! One stretch of time in which a rule, or a group of rules, holds for a patient.

use crate::{EpisodeId, GroupKey, ProgrammeId, RuleId, Sentence, Severity};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use vitals::{Instant, Kind, Quantity, ReadingKey, Value};

/// Whose threshold it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterOrigin {
    /// the rulebook's default
    Rulebook,
    /// set by the clinic
    Clinic,
    /// set for this patient
    Patient,
}

/// A threshold that a rule compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// the parameter's name (`gain_3d`), or the number's own text where the rule has it written in
    pub name: String,
    /// its value, as written, with unit: `2 kg`
    pub value: String,
    /// whose it was
    pub origin: ParameterOrigin,
}

/// A reading that a judgement rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidencePoint {
    /// which reading
    pub reading: ReadingKey,
    /// when it was measured
    pub measured_at: Instant,
    /// which quantity of it
    pub quantity: Quantity,
    /// its value in the canonical unit
    pub value: Value,
}

/// What a judgement rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// the readings, oldest first
    pub points: Vec<EvidencePoint>,
    /// the thresholds
    pub limits: Vec<Limit>,
}

/// How a repeat is asked for before a task opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirm {
    /// which kind of reading
    pub repeat: Kind,
    /// how long to wait, and how old the first reading may be, in seconds
    pub within_s: i64,
}

impl Confirm {
    /// How long to wait.
    #[must_use]
    pub fn within(self) -> TimeDelta {
        TimeDelta::seconds(self.within_s)
    }
}

/// What a task made from an episode says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskTemplate {
    /// "Call about sudden weight gain"
    pub title: String,
    /// what to ask the patient
    pub ask: Vec<String>,
    /// due this many seconds after it was made, if the rule says so
    pub due_s: Option<i64>,
}

/// How a rule's part in an episode ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// a reading showed that the condition no longer holds
    Cleared,
    /// the patient no longer has the rule: it has neither cleared nor does anybody look
    Unwatched,
}

/// Why a rule of an episode no longer holds, or is no longer judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearedBy {
    /// measured time of the reading that cleared it; the time from which the patient no longer has the rule
    pub at: Instant,
    /// which of the two
    pub how: Ending,
    /// the sentence
    pub why: Sentence,
}

/// What made a rule that holds already more severe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worsened {
    /// measured time
    pub at: Instant,
    /// the reading; none for a missing one
    pub by: Option<ReadingKey>,
    /// the sentence with its numbers
    pub why: Sentence,
    /// what it rests on
    pub evidence: Evidence,
}

/// One rule's part in an episode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpisodeRule {
    /// the rule
    pub rule: RuleId,
    /// `heart-failure`
    pub programme: ProgrammeId,
    /// rulebook and version that judged it: `heart-failure 2026.1`
    pub rulebook: String,
    /// when it opened, in measured time (or the end of the expected day, for a missing reading)
    pub opened_at: Instant,
    /// the reading that opened it; none for a missing one
    pub opened_by: Option<ReadingKey>,
    /// the sentence with the opening's numbers: "Weight up 2.6 kg in 3 days, limit 2 kg"
    pub why: Sentence,
    /// what the opening rests on
    pub evidence: Evidence,
    /// what made it more severe since, the last of several
    pub worsened: Option<Worsened>,
    /// published basis
    pub basis: String,
    /// its severity, the highest it reached
    pub severity: Severity,
    /// since when it no longer holds, and why
    pub cleared: Option<ClearedBy>,
    /// a repeat that showed the same, within the confirmation time
    pub confirmed_by: Option<ReadingKey>,
    /// how a repeat is asked for
    pub confirm: Option<Confirm>,
    /// what its task says
    pub task: TaskTemplate,
    /// look again so many seconds after completion, if the clinic set it
    pub revisit_s: Option<i64>,
}

impl EpisodeRule {
    /// What is true now: the sentence of what made it as severe as it is.
    #[must_use]
    pub fn says(&self) -> &Sentence {
        self.worsened.as_ref().map_or(&self.why, |w| &w.why)
    }

    /// What [`Self::says`] rests on.
    #[must_use]
    pub fn rests_on(&self) -> &Evidence {
        self.worsened.as_ref().map_or(&self.evidence, |w| &w.evidence)
    }

    /// What a picture of it shows: the quantity of the newest reading that it rests on, or what did not come.
    #[must_use]
    pub fn pictured(&self) -> Option<Quantity> {
        let newest = self.rests_on().points.last().map(|point| point.quantity);
        newest.or_else(|| self.says().missing()?.required().first().copied())
    }
}

/// A change within an episode, each with a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpisodeChange {
    /// measured time
    pub at: Instant,
    /// what happened and why
    pub why: Sentence,
}

/// One stretch of time in which a rule or group holds. A pure function of what is known, so it has no
/// memory of when anybody found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    /// derived from patient, group and opening
    pub id: EpisodeId,
    /// the group, or the rule that stands alone
    pub group: GroupKey,
    /// opening time: of its first rule
    pub opened_at: Instant,
    /// its rules in order of opening; at least one
    pub rules: Vec<EpisodeRule>,
    /// when the last of its rules cleared, or was no longer watched
    pub cleared_at: Option<Instant>,
    /// the highest severity reached; it never falls
    pub severity: Severity,
    /// opened, rule joined, severity raised, cleared, no longer watched: oldest first
    pub changes: Vec<EpisodeChange>,
}

impl Episode {
    /// Whether it still holds.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.cleared_at.is_none()
    }

    /// Since when nobody watches it, though it has not cleared.
    #[must_use]
    pub fn unwatched_since(&self) -> Option<Instant> {
        let unwatched = |r: &EpisodeRule| r.cleared.as_ref().is_some_and(|c| c.how == Ending::Unwatched);
        self.cleared_at.filter(|_| self.rules.iter().any(unwatched))
    }

    /// What is true of it now: what its leading rule says, and the second kind that made it more severe.
    #[must_use]
    pub fn reason(&self) -> Option<Sentence> {
        let said = self.leading_rule()?.says().clone();
        Some(self.second_kind().cloned().into_iter().fold(said, Sentence::and))
    }

    /// The second kind that made it more severe, as it is said.
    pub(crate) fn second_kind(&self) -> Option<&Sentence> {
        self.changes.iter().rev().map(|c| &c.why).find(|why| matches!(why, Sentence::SecondKind { .. }))
    }

    /// The rule that speaks for the episode: the most severe that still holds, else the most severe; the
    /// first opened of equals.
    #[must_use]
    pub fn leading_rule(&self) -> Option<&EpisodeRule> {
        self.rules
            .iter()
            .min_by_key(|r| (r.cleared.is_some(), std::cmp::Reverse(r.severity), r.opened_at, r.rule.clone()))
    }
}

/// A rule that could not be evaluated: never silence, always a task in the operators' queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// the rule
    pub rule: RuleId,
    /// rulebook and version
    pub rulebook: String,
    /// what went wrong, without patient data
    pub detail: String,
}
