//! What happened, in commit order.

use crate::cover::{Channel, Policy};
use crate::{Actor, Assignment, Command, Enrolment, ParameterScope, Patient, PatientStatus, TaskId};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use vitals::{Instant, StoredReading};

/// One thing that was committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// position in the journal; commit order over everything
    pub seq: u64,
    /// when the writer committed it; never decreases with `seq`
    pub at: Instant,
    /// who did it
    pub actor: Actor,
    /// what it was
    pub body: EventBody,
}

/// What was committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum EventBody {
    /// a reading arrived; a correction is an event of everybody who has the device, for it may take a reading of theirs
    /// to somebody else
    Reading(Box<StoredReading>),
    /// a patient was entered or changed
    PatientChanged(Box<Change>),
    /// the assignments of this patient are now these; an event of each patient whose readings moved
    AssignmentsChanged {
        /// every assignment of the patient named in `subject`, after the change
        assignments: Vec<Assignment>,
        /// why
        reason: String,
    },
    /// parameters were set; the clinic's are an event of every patient
    ParametersSet {
        /// whose
        scope: ParameterScope,
        /// key and value; `None` sets back
        values: Vec<(String, Option<String>)>,
        /// in force for readings measured from then on
        effective_from: Instant,
        /// why
        reason: String,
    },
    /// a version of a rulebook is in force; an event of every patient
    RulebookInstalled {
        /// `heart-failure`
        id: String,
        /// `2026.1`
        version: String,
        /// in force for readings measured from then on; the first version from the beginning of time
        effective_from: Instant,
    },
    /// somebody's command on a task
    Command(Command),
    /// the clinic set whom to tell of tasks, or withdrew it: everybody's, but of nobody's journal; see
    /// [`CoverBook`](crate::cover::CoverBook)
    CoverSet {
        /// the whole policy; none where nobody is to be told any more
        policy: Option<Box<Policy>>,
        /// in force from then on, and not before it was committed
        effective_from: Instant,
        /// why
        reason: String,
    },
    /// a person may, or may no longer, sign in: of nobody's journal, like a policy
    PersonChanged {
        /// the sign-in name
        user: Actor,
        /// may not sign in
        disabled: bool,
    },
    /// a message was given up
    Undeliverable {
        /// about which task
        task: TaskId,
        /// which step of its messages
        step: u32,
        /// to whom
        recipient: Actor,
        /// by which way
        channel: Channel,
        /// one sentence without an address
        why: String,
    },
    /// Hearth started; nothing was taken in since `down_since`
    Started {
        /// stamp of the last commit before
        down_since: Instant,
    },
}

/// What was said of a patient at once; `None` leaves as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// name, contacts and so on, whole, after the change; rules do not read it
    pub profile: Option<Patient>,
    /// time zone
    pub timezone: Option<Tz>,
    /// active, paused, ended
    pub status: Option<PatientStatus>,
    /// programmes, the whole list
    pub enrolments: Option<Vec<Enrolment>>,
    /// from when on, in event time
    pub effective_from: Instant,
    /// why
    pub reason: String,
}
