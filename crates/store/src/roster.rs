//! Patients, who wears what, and what was agreed.

use crate::{Page, PageRequest, StoreError};
use async_trait::async_trait;
use care::{
    Actor, Assignment, Change, Enrolment, Event, History, ParameterSetting, Patient, PatientId, PatientStatus, Scope,
};
use std::collections::BTreeSet;
use vitals::Instant;

/// A patient as stored now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientRecord {
    /// who and how to reach them
    pub patient: Patient,
    /// status in force now
    pub status: PatientStatus,
    /// programmes
    pub enrolments: Vec<Enrolment>,
    /// own parameters in journal order
    pub parameters: Vec<ParameterSetting>,
    /// who wears what
    pub assignments: Vec<Assignment>,
}

/// What a search for a patient looks in: name, id and numbers, in lower case, a line each.
pub(crate) fn search_text(patient: &Patient) -> String {
    let identifiers = patient.identifiers.iter().map(|i| i.value.as_str());
    let lines: Vec<&str> = [patient.name.as_str(), patient.id.as_str()].into_iter().chain(identifiers).collect();
    lines.join("\n").to_lowercase()
}

/// Patients and what is agreed about them; each change is journalled with author, reason and
/// `effective_from`, and wakes the rules.
#[async_trait]
pub trait Roster {
    /// Enters a patient: profile, status, programmes, parameters, assignments, in one transaction.
    /// [`StoreError::Conflict`] if the id is taken or an assignment overlaps.
    async fn add_patient(
        &self,
        change: Change,
        parameters: Vec<(String, Option<String>)>,
        assignments: Vec<Assignment>,
        actor: &Actor,
    ) -> Result<PatientRecord, StoreError>;

    /// Changes a patient; what is `None` stays. `parameters` replaces the values named in it.
    async fn change_patient(
        &self,
        id: &PatientId,
        change: Change,
        parameters: Vec<(String, Option<String>)>,
        assignments: Option<Vec<Assignment>>,
        actor: &Actor,
    ) -> Result<PatientRecord, StoreError>;

    /// One patient.
    async fn patient(&self, id: &PatientId) -> Result<Option<PatientRecord>, StoreError>;

    /// Patients whom `scope` sees, by id; `search` matches name or identifier, ignoring case.
    async fn patients(
        &self,
        scope: &Scope,
        search: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<PatientRecord>, StoreError>;

    /// How many patients there are.
    async fn patient_count(&self) -> Result<u64, StoreError>;

    /// Which of these patients `scope` sees.
    async fn seen(&self, scope: &Scope, patients: Vec<PatientId>) -> Result<BTreeSet<PatientId>, StoreError>;

    /// Adds one assignment. [`StoreError::Conflict`] on overlap.
    async fn assign(&self, assignment: Assignment, reason: &str, actor: &Actor) -> Result<(), StoreError>;

    /// Every assignment known now, by device.
    async fn assignments(&self) -> Result<Vec<Assignment>, StoreError>;

    /// Sets clinic parameters; an event of every patient.
    async fn set_clinic_parameters(
        &self,
        values: Vec<(String, Option<String>)>,
        effective_from: Instant,
        reason: &str,
        actor: &Actor,
    ) -> Result<(), StoreError>;

    /// The clinic's settings in journal order.
    async fn clinic_parameters(&self) -> Result<Vec<ParameterSetting>, StoreError>;

    /// The patient's journal without its readings: profile, assignments, parameters, commands.
    async fn patient_events(&self, id: &PatientId) -> Result<Vec<Event>, StoreError>;

    /// Everything known of a patient by journal position `as_of`, readings by the assignments known then.
    async fn history(&self, id: &PatientId, as_of: u64) -> Result<History, StoreError>;

    /// Text of each rulebook version ever installed: id, version, text, in force from (`None`: always).
    async fn rulebooks(&self) -> Result<Vec<(String, String, String, Option<Instant>)>, StoreError>;

    /// Installs a rulebook version; an event of every patient. Installing the same version with the same text
    /// again changes nothing (`false`); with another text it is [`StoreError::Conflict`]. The first version of
    /// an id is in force from the beginning of time.
    async fn install_rulebook(
        &self,
        id: &str,
        version: &str,
        text: &str,
        effective_from: Instant,
        actor: &Actor,
    ) -> Result<bool, StoreError>;
}
