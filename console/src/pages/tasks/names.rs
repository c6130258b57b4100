//! People by the names under which others know them.

use crate::app::App;
use crate::problem::Problem;
use crate::text::{Lang, t};
use care::{Actor, Permission};
use std::collections::BTreeMap;
use store::User;

/// Everybody who signs in, by sign-in name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    known: BTreeMap<String, User>,
}

impl Names {
    pub(crate) async fn load(app: &App) -> Result<Self, Problem> {
        let users = app.store.users().await?;
        Ok(Self { known: users.into_iter().map(|user| (user.name.clone(), user)).collect() })
    }

    /// "Ada Fischer"; Hearth itself and programs have names of their own.
    pub(crate) fn of(&self, lang: Lang, actor: &Actor) -> String {
        match (self.known.get(&actor.0), actor.0.as_str()) {
            (Some(user), _) => user.display_name.clone(),
            (None, "hearth") => "Hearth".to_owned(),
            (None, "automation") => t!(lang, "tasks-automation"),
            (None, other) => other.to_owned(),
        }
    }

    /// Those to whom a task can be given, by name.
    pub(crate) fn workers(&self) -> Vec<&User> {
        let mut list: Vec<&User> =
            self.known.values().filter(|u| !u.disabled && u.role.may(Permission::WorkTasks)).collect();
        list.sort_by_key(|u| u.display_name.to_lowercase());
        list
    }
}
