//! Accounts of people whom an identity provider signs in: made at the first sign-in, brought up to date at each.

use super::accounts::is_name;
use crate::OidcConfig;
use crate::app::App;
use crate::problem::Problem;
use care::{Actor, Role, TeamId};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use store::{StoreError, User};

/// Who somebody is, as the provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// issuer and subject: never given to another
    subject: String,
    /// a sign-in name, if it is free
    name: String,
    display_name: Option<String>,
    email: Option<String>,
    /// the highest of those that their claims mean; none: not let in
    role: Option<Role>,
    /// none where teams are not the provider's to say
    teams: Option<BTreeSet<TeamId>>,
}

/// Why somebody whom the provider knows is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stranger {
    /// no claim of theirs means a role
    NoRole,
    /// their account is disabled here
    Disabled,
}

impl Identity {
    /// What `claims` mean under this configuration.
    pub(super) fn of(config: &OidcConfig, subject: &str, claims: &Map<String, Value>) -> Self {
        let text = |claim: &str| words(claims, claim).into_iter().next().filter(|t| !t.trim().is_empty());
        let wanted = text(&config.name_claim).or_else(|| text("email")).unwrap_or_else(|| subject.to_owned());
        let roles = words(claims, &config.role_claim);
        let role = roles.iter().filter_map(|word| config.roles.get(word).copied()).max();
        let teams = config
            .team_claim
            .as_ref()
            .map(|claim| words(claims, claim).iter().filter_map(|word| config.teams.get(word).cloned()).collect());
        Self {
            subject: format!("{} {subject}", config.issuer),
            name: sign_in_name(&wanted),
            display_name: text("name"),
            email: text("email"),
            role,
            teams,
        }
    }

    /// The words of this account: for the audit trail where there is none.
    pub(crate) fn subject(&self) -> &str {
        &self.subject
    }
}

/// The words of a claim: a text, or a list of them. A dot leads into an object, as in Keycloak's `realm_access.roles`.
fn words(claims: &Map<String, Value>, path: &str) -> Vec<String> {
    let deeper = || path.split_once('.').and_then(|(first, rest)| Some((claims.get(first)?.as_object()?, rest)));
    match (claims.get(path), deeper()) {
        (Some(Value::String(word)), _) => vec![word.clone()],
        (Some(Value::Array(list)), _) => list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        (None, Some((object, rest))) => words(object, rest),
        _ => Vec::new(),
    }
}

/// A name with what a sign-in name may have.
fn sign_in_name(wanted: &str) -> String {
    let local = wanted.split('@').next().unwrap_or(wanted);
    let allowed = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let name: String = local.chars().map(allowed).take(60).collect();
    if is_name(&name) { name } else { "person".to_owned() }
}

/// Lets somebody in: their account as it is now.
pub(crate) async fn admit(app: &App, who: Identity) -> Result<Result<User, Stranger>, Problem> {
    let Some(role) = who.role else { return Ok(Err(Stranger::NoRole)) };
    let known: BTreeSet<TeamId> = app.store.teams().await?.into_iter().map(|team| team.id).collect();
    // A team that was removed here is no reason to keep somebody out.
    let teams = who.teams.clone().map(|teams| teams.intersection(&known).cloned().collect::<BTreeSet<_>>());
    let Some(user) = app.store.user_of_subject(&who.subject).await? else {
        return Ok(Ok(add(app, who, role, teams.unwrap_or_default()).await?));
    };
    if user.disabled {
        return Ok(Err(Stranger::Disabled));
    }
    let update = move |user: &mut User| {
        user.role = role;
        user.teams = teams.unwrap_or_else(|| user.teams.clone());
        user.display_name = who.display_name.unwrap_or_else(|| user.display_name.clone());
        user.email = who.email.or_else(|| user.email.clone());
        Ok(())
    };
    Ok(Ok(app.store.edit_user(&user.name, Box::new(update), &Actor(user.name.clone())).await?))
}

/// Makes an account. A name that somebody has already is not theirs: a number follows it.
async fn add(app: &App, who: Identity, role: Role, teams: BTreeSet<TeamId>) -> Result<User, Problem> {
    for number in 1..1000 {
        let name = if number == 1 { who.name.clone() } else { format!("{}-{number}", who.name) };
        let user = User {
            display_name: who.display_name.clone().unwrap_or_else(|| name.clone()),
            name,
            role,
            teams: teams.clone(),
            language: None,
            email: who.email.clone(),
            password_hash: None,
            second_factor: None,
            subject: Some(who.subject.clone()),
            disabled: false,
            failed_attempts: 0,
            locked_until: None,
            created_at: app.clock.now(),
        };
        match app.store.add_user(user.clone()).await {
            Ok(()) => return Ok(user),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::conflict(format!("There are too many people called `{}`.", who.name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config() -> OidcConfig {
        OidcConfig {
            role_claim: "realm_access.roles".into(),
            roles: [("rpm-nurse".to_owned(), Role::Coordinator), ("rpm-admin".to_owned(), Role::Administrator)].into(),
            team_claim: Some("groups".into()),
            teams: [("G-NORTH".to_owned(), TeamId::new("north").unwrap())].into(),
            ..OidcConfig::new("https://id.example", "hearth", "https://hearth.example")
        }
    }

    fn identity(claims: Value) -> Identity {
        let Value::Object(claims) = claims else { panic!() };
        Identity::of(&config(), "42", &claims)
    }

    #[test]
    fn claims_mean_roles_and_teams() {
        let who = identity(json!({
            "preferred_username": "bea@clinic.example", "name": "Bea Ng", "email": "bea@clinic.example",
            "realm_access": {"roles": ["offline", "rpm-nurse", "rpm-admin"]}, "groups": ["G-NORTH", "G-OTHER"],
        }));
        assert_eq!(who.subject, "https://id.example 42");
        assert_eq!((who.name.as_str(), who.role), ("bea", Some(Role::Administrator)));
        assert_eq!(who.teams.unwrap().len(), 1);
    }

    #[test]
    fn without_a_role_nobody_is_let_in_and_no_name_is_trusted() {
        for (claims, name) in [
            (json!({}), "42"),
            (json!({"preferred_username": "../ä/"}), "..---"),
            (json!({"preferred_username": "automation", "groups": "G-NORTH"}), "person"),
        ] {
            let who = identity(claims);
            assert_eq!((who.role, who.name.as_str()), (None, name));
        }
    }
}
