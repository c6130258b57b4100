//! Who acts, and what their role allows.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a person may do; each role may also do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// reads
    Viewer,
    /// also works tasks, edits contacts, assigns devices
    Coordinator,
    /// also parameters, enrolment, pause and end
    Clinician,
    /// everything, and alone: people, sources, tokens, clinic parameters, audit, quarantined bytes
    Administrator,
}

/// Something that a route asks of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// read patients, readings, tasks
    Read,
    /// commands on tasks
    WorkTasks,
    /// telephone, contacts, language
    EditContacts,
    /// who wears what
    AssignDevices,
    /// parameters of one patient, enrolment, pause and end, new patients
    EditCare,
    /// people, sources, tokens, clinic parameters, audit, quarantined bytes
    Administer,
}

impl Role {
    /// Every role, least first.
    pub const ALL: [Role; 4] = [Role::Viewer, Role::Coordinator, Role::Clinician, Role::Administrator];

    /// The role's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Coordinator => "coordinator",
            Role::Clinician => "clinician",
            Role::Administrator => "administrator",
        }
    }

    /// The one place that says what a role may.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        self >= match permission {
            Permission::Read => Role::Viewer,
            Permission::WorkTasks | Permission::EditContacts | Permission::AssignDevices => Role::Coordinator,
            Permission::EditCare => Role::Clinician,
            Permission::Administer => Role::Administrator,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Role::ALL
            .into_iter()
            .find(|r| r.as_str() == text)
            .ok_or_else(|| format!("unknown role `{text}`; known are viewer, coordinator, clinician, administrator"))
    }
}

/// Who did something: a person's user name, `automation`, or Hearth itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Actor(pub String);

impl Actor {
    /// Hearth itself: openings, clearings, hand-backs.
    #[must_use]
    pub fn hearth() -> Self {
        Actor("hearth".to_owned())
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
