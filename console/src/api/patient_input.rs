//! What is said of a patient: parsed strictly, then turned into the store's change.

use super::body::{nullable, push};
use super::enrolment::{ProgrammeIn, begun_at, begun_earlier, enrolments_of};
use crate::Rulebooks;
use crate::access::Caller;
use crate::problem::Problem;
use crate::text::t;
use care::{
    Assignment, Change, Contact, Enrolment, Identifier, ParameterScope, Patient, PatientId, PatientStatus,
    Permission::{AssignDevices, EditCare, EditContacts},
    TeamId,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use store::PatientRecord;
use utoipa::ToSchema;
use vitals::{DeviceId, DeviceRef, Instant, SourceId, UserSlot};

/// Somebody to call besides the patient.
#[derive(Debug, Deserialize, serde::Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactJson {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) phone: String,
    /// "daughter", "neighbour"
    #[serde(default)]
    pub(crate) relation: String,
}

/// A number under which others know the patient.
#[derive(Debug, Deserialize, serde::Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentifierJson {
    /// a URI or a short name
    pub(crate) system: String,
    pub(crate) value: String,
}

impl From<Contact> for ContactJson {
    fn from(c: Contact) -> Self {
        Self { name: c.name, phone: c.phone, relation: c.relation }
    }
}
impl From<Identifier> for IdentifierJson {
    fn from(i: Identifier) -> Self {
        Self { system: i.system, value: i.value }
    }
}

/// An assignment within a patient.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignmentIn {
    #[schema(value_type = String)]
    pub(crate) source: SourceId,
    #[schema(value_type = String)]
    pub(crate) device: DeviceId,
    /// without: every slot that has none of its own
    #[serde(default)]
    #[schema(value_type = Option<u8>)]
    pub(crate) user_slot: Option<UserSlot>,
    /// of measured time; default: when the change takes effect
    #[serde(default)]
    pub(crate) from: Option<DateTime<Utc>>,
    /// exclusive
    #[serde(default)]
    pub(crate) until: Option<DateTime<Utc>>,
}

impl AssignmentIn {
    pub(crate) fn of(self, patient: &PatientId, default_from: Instant) -> Assignment {
        Assignment {
            device: DeviceRef { source: self.source, device: self.device },
            user_slot: self.user_slot,
            patient: patient.clone(),
            from: self.from.unwrap_or(default_from),
            until: self.until,
        }
    }
}

/// A patient to be entered or changed. What is left out stays as it is; an array replaces the array.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PatientIn {
    /// only when a patient is entered; one is made up where it is not given
    #[schema(value_type = Option<String>)]
    pub(crate) id: Option<PatientId>,
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<NaiveDate>)]
    pub(crate) birth_date: Option<Option<NaiveDate>>,
    /// IANA name; UTC where it is not given
    #[schema(value_type = Option<String>, example = "America/New_York")]
    pub(crate) timezone: Option<Tz>,
    pub(crate) phone: Option<String>,
    pub(crate) contacts: Option<Vec<ContactJson>>,
    /// BCP 47
    pub(crate) language: Option<String>,
    /// `active`, `paused` or `ended`
    #[schema(value_type = Option<String>)]
    pub(crate) status: Option<PatientStatus>,
    pub(crate) identifiers: Option<Vec<IdentifierJson>>,
    /// names, or `{"id", "from", "until"}`
    #[schema(value_type = Option<Vec<Object>>)]
    pub(crate) programmes: Option<Vec<ProgrammeIn>>,
    /// values with units as written; null sets back to the clinic's or the rulebook's
    #[schema(value_type = Option<Object>, example = json!({"heart-failure.gain_3d": "2.5 kg"}))]
    pub(crate) parameters: Option<BTreeMap<String, Option<String>>>,
    pub(crate) enrolled_at: Option<DateTime<Utc>>,
    pub(crate) assignments: Option<Vec<AssignmentIn>>,
    /// of none, everybody cares for them; a new patient is of the caller's teams where it is not given
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) teams: Option<BTreeSet<TeamId>>,
    /// why
    pub(crate) reason: Option<String>,
    /// from when on, in event time; default now, for a new patient the earliest time that the request names
    pub(crate) effective_from: Option<DateTime<Utc>>,
}

/// What the store is told.
pub(crate) struct Said {
    pub(crate) change: Change,
    pub(crate) parameters: Vec<(String, Option<String>)>,
    pub(crate) assignments: Option<Vec<Assignment>>,
}

impl PatientIn {
    /// A new patient with this id.
    pub(crate) fn entered(
        mut self,
        id: PatientId,
        caller: &Caller,
        books: &dyn Rulebooks,
        now: Instant,
    ) -> Result<Said, Problem> {
        self.check(books, now)?;
        let name = self.name.take().filter(|n| !n.trim().is_empty());
        let name = name.ok_or_else(nameless)?;
        let effective_from = self.effective_from.unwrap_or_else(|| self.earliest().map_or(now, |t| t.min(now)));
        let from = self.enrolled_at.unwrap_or(effective_from);
        let enrolments = enrolments_of(self.programmes.take().unwrap_or_default(), &[], from, now);
        let timezone = self.timezone.unwrap_or(Tz::UTC);
        let profile = Patient {
            id: id.clone(),
            name,
            birth_date: self.birth_date.flatten(),
            timezone,
            phone: self.phone.unwrap_or_default(),
            contacts: contacts(self.contacts.unwrap_or_default()),
            language: self.language.unwrap_or_else(|| "en".to_owned()),
            identifiers: identifiers(self.identifiers.unwrap_or_default()),
            teams: self.teams.unwrap_or_else(|| caller.scope().teams().clone()),
        };
        let assignments = self.assignments.unwrap_or_default();
        Ok(Said {
            change: Change {
                profile: Some(profile),
                timezone: Some(timezone),
                status: Some(self.status.unwrap_or(PatientStatus::Active)),
                enrolments: Some(enrolments),
                effective_from,
                reason: self.reason.unwrap_or_else(|| "entered".to_owned()),
            },
            parameters: self.parameters.unwrap_or_default().into_iter().collect(),
            assignments: Some(assignments.into_iter().map(|a| a.of(&id, from)).collect()),
        })
    }

    /// A change of `record` by `caller`, each field by what the role allows.
    pub(crate) fn changed(
        mut self,
        record: &PatientRecord,
        caller: &Caller,
        books: &dyn Rulebooks,
        now: Instant,
    ) -> Result<Said, Problem> {
        self.check(books, now)?;
        self.check_allowed(record, caller)?;
        let effective_from = self.effective_from.unwrap_or(now);
        let enrolments = self.enrolments(record, effective_from, now);
        let (timezone, status) = (self.timezone, self.status);
        let id = record.patient.id.clone();
        let assignments =
            self.assignments.take().map(|list| list.into_iter().map(|a| a.of(&id, effective_from)).collect());
        let parameters = self.parameters.take().unwrap_or_default().into_iter().collect();
        let reason = self.reason.take().unwrap_or_default();
        let profile = self.profile(&record.patient)?;
        Ok(Said {
            change: Change {
                profile: (profile != record.patient).then_some(profile),
                timezone,
                status,
                enrolments,
                effective_from,
                reason,
            },
            parameters,
            assignments,
        })
    }

    fn enrolments(&mut self, record: &PatientRecord, from: Instant, now: Instant) -> Option<Vec<Enrolment>> {
        match (self.programmes.take(), self.enrolled_at) {
            (Some(list), said) => Some(enrolments_of(list, &record.enrolments, said.unwrap_or(from), now)),
            (None, Some(said)) => begun_at(&record.enrolments, said),
            (None, None) => {
                let first = self.assignments.iter().flatten().filter_map(|a| a.from).min()?;
                begun_earlier(&record.enrolments, first)
            }
        }
    }

    fn profile(self, before: &Patient) -> Result<Patient, Problem> {
        let mut after = before.clone();
        if let Some(name) = self.name {
            if name.trim().is_empty() {
                return Err(nameless());
            }
            after.name = name;
        }
        if let Some(date) = self.birth_date {
            after.birth_date = date;
        }
        after.timezone = self.timezone.unwrap_or(after.timezone);
        after.phone = self.phone.unwrap_or(after.phone);
        after.language = self.language.unwrap_or(after.language);
        after.contacts = self.contacts.map_or(after.contacts, contacts);
        after.identifiers = self.identifiers.map_or(after.identifiers, identifiers);
        after.teams = self.teams.unwrap_or(after.teams);
        Ok(after)
    }

    fn check_allowed(&self, record: &PatientRecord, caller: &Caller) -> Result<(), Problem> {
        if self.id.as_ref().is_some_and(|id| *id != record.patient.id) {
            return Err(Problem::field("/id", "a patient's id does not change"));
        }
        let contacts = self.phone.is_some() || self.contacts.is_some() || self.language.is_some();
        let care = [
            ("the name", self.name.is_some()),
            ("the date of birth", self.birth_date.is_some()),
            ("the time zone", self.timezone.is_some()),
            ("the status", self.status.is_some()),
            ("identifiers", self.identifiers.is_some()),
            ("programmes", self.programmes.is_some()),
            ("parameters", self.parameters.is_some()),
            ("teams", self.teams.is_some()),
            ("the time of enrolment", self.enrolled_at.is_some()),
        ];
        for (what, _) in care.into_iter().filter(|(_, given)| *given) {
            caller.require(EditCare, what)?;
        }
        if contacts {
            caller.require(EditContacts, "contacts")?;
        }
        if self.assignments.is_some() {
            caller.require(AssignDevices, "assignments")?;
        }
        Ok(())
    }

    /// What needs the rulebooks, or more than one field.
    fn check(&self, books: &dyn Rulebooks, now: Instant) -> Result<(), Problem> {
        let known = books.programmes(now);
        for (index, programme) in self.programmes.iter().flatten().enumerate() {
            if !known.is_empty() && !known.contains(&programme.id) {
                let names: Vec<_> = known.iter().map(care::ProgrammeId::as_str).collect();
                let detail = format!("unknown programme `{}`; known are {}", programme.id, names.join(", "));
                return Err(Problem::field(format!("/programmes/{index}"), detail));
            }
            if programme.is_empty() {
                return Err(backwards(format!("/programmes/{index}/until")));
            }
        }
        for (index, assignment) in self.assignments.iter().flatten().enumerate() {
            if assignment.until.zip(assignment.from).is_some_and(|(until, from)| until <= from) {
                return Err(backwards(format!("/assignments/{index}/until")));
            }
        }
        self.parameters
            .as_ref()
            .map_or(Ok(()), |parameters| check_parameters(parameters, ParameterScope::Patient, books))
    }

    /// The earliest time named: what is said of a new patient holds from there.
    fn earliest(&self) -> Option<Instant> {
        let programmes = self.programmes.iter().flatten().filter_map(|p| p.from);
        let assignments = self.assignments.iter().flatten().filter_map(|a| a.from);
        self.enrolled_at.into_iter().chain(programmes).chain(assignments).min()
    }
}

fn backwards(pointer: String) -> Problem {
    Problem::field(pointer, "`until` is not after `from`").saying(|lang| t!(lang, "problem-backwards"))
}

fn nameless() -> Problem {
    Problem::field("/name", "a patient has a name").saying(|lang| t!(lang, "problem-nameless"))
}

/// Every value fits its parameter.
pub(crate) fn check_parameters(
    parameters: &BTreeMap<String, Option<String>>,
    scope: ParameterScope,
    books: &dyn Rulebooks,
) -> Result<(), Problem> {
    for (key, value) in parameters {
        let fits = books.check(scope, key, value.as_deref());
        fits.map_err(|detail| {
            let mut at = "/parameters".to_owned();
            push(&mut at, key);
            Problem::field(at, detail).saying(|lang| t!(lang, "problem-parameter"))
        })?;
    }
    Ok(())
}

fn contacts(list: Vec<ContactJson>) -> Vec<Contact> {
    list.into_iter().map(|c| Contact { name: c.name, phone: c.phone, relation: c.relation }).collect()
}

fn identifiers(list: Vec<IdentifierJson>) -> Vec<Identifier> {
    list.into_iter().map(|i| Identifier { system: i.system, value: i.value }).collect()
}
