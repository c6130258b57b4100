//! Teams: which patients somebody sees.

use crate::{Patient, PatientId, TeamId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Some of the people who care for some of the patients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// its id
    pub id: TeamId,
    /// as shown
    pub name: String,
}

/// Which patients a reader sees; every list of patients, or of what is theirs, is asked with one.
///
/// A patient of no team is everybody's. The rule stands in [`Scope::sees`], and once more as SQL in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// every patient: the rules, exports, programs that were given no team
    All,
    /// patients of no team, of these teams, and these
    Within {
        /// the reader's own teams
        teams: BTreeSet<TeamId>,
        /// patients of other teams for whom the reader has broken the glass, for now
        opened: BTreeSet<PatientId>,
    },
}

/// No team.
static NONE: BTreeSet<TeamId> = BTreeSet::new();

impl Scope {
    /// The teams that it was made for.
    #[must_use]
    pub fn teams(&self) -> &BTreeSet<TeamId> {
        match self {
            Scope::All => &NONE,
            Scope::Within { teams, .. } => teams,
        }
    }

    /// Whether the reader sees `patient`.
    #[must_use]
    pub fn sees(&self, patient: &Patient) -> bool {
        self.sees_one_of(&patient.id, &patient.teams)
    }

    /// Whether the reader sees the patient with this id, who belongs to `teams`.
    #[must_use]
    pub fn sees_one_of(&self, id: &PatientId, teams: &BTreeSet<TeamId>) -> bool {
        match self {
            Scope::All => true,
            Scope::Within { teams: own, opened } => teams.is_empty() || !teams.is_disjoint(own) || opened.contains(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(text: &str) -> TeamId {
        TeamId::new(text).unwrap()
    }

    #[test]
    fn own_teams_no_team_and_broken_glass_are_seen() {
        let (anna, north) = (PatientId::new("anna").unwrap(), BTreeSet::from([team("north"), team("night")]));
        let scope = |teams: &[&str], opened: &[&PatientId]| Scope::Within {
            teams: teams.iter().map(|t| team(t)).collect(),
            opened: opened.iter().map(|p| (*p).clone()).collect(),
        };
        assert!(Scope::All.sees_one_of(&anna, &north));
        assert!(scope(&[], &[]).sees_one_of(&anna, &BTreeSet::new()), "of no team");
        assert!(scope(&["south", "night"], &[]).sees_one_of(&anna, &north), "one in common");
        assert!(scope(&["south"], &[&anna]).sees_one_of(&anna, &north), "opened");
        assert!(!scope(&["south"], &[]).sees_one_of(&anna, &north));
        assert!(!scope(&[], &[]).sees_one_of(&anna, &north));
    }
}
