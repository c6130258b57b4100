//! A patient as the care team knows them.

use crate::{PatientId, TeamId};
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Whether anything is expected of a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PatientStatus {
    /// readings are expected and judged
    Active,
    /// readings are judged by value, none is expected
    Paused,
    /// readings are only stored; open tasks stay
    Ended,
}

/// Somebody to call besides the patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// name
    pub name: String,
    /// telephone
    #[serde(default)]
    pub phone: String,
    /// "daughter", "neighbour"
    #[serde(default)]
    pub relation: String,
}

/// A number under which others know the patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    /// who gave the number: a URI or a short name
    pub system: String,
    /// the number
    pub value: String,
}

/// Who a patient is and how to reach them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patient {
    /// the patient's id
    pub id: PatientId,
    /// full name
    pub name: String,
    /// date of birth
    pub birth_date: Option<NaiveDate>,
    /// IANA time zone: what "day" and "night" mean for them
    pub timezone: Tz,
    /// telephone
    pub phone: String,
    /// people to call besides
    pub contacts: Vec<Contact>,
    /// BCP 47 language, e.g. `en`
    pub language: String,
    /// numbers under which others know them
    pub identifiers: Vec<Identifier>,
    /// teams that care for them; of none, everybody does
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub teams: BTreeSet<TeamId>,
}
