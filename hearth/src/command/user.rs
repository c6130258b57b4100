//! `hearth user`: the people who sign in. The first administrator is made here.

use care::{Role, TeamId};
use chrono::SecondsFormat;
use console::NewUser;
use serde_json::{Value, json};
use store::{StoreError, User};
use vitals::Instant;

use crate::{
    failure::Failure,
    output::Output,
    place::{Access, DataArgs, OpenStore, operator},
    prompt,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Action {
    /// Adds a person; asks for the password.
    Add {
        #[command(flatten)]
        place: DataArgs,
        /// Sign-in name.
        name: String,
        /// What they may do: viewer, coordinator, clinician, administrator.
        #[arg(long)]
        role: Role,
        /// A team whose patients they see; may be given more than once.
        #[arg(long)]
        team: Vec<TeamId>,
        /// Name as shown.
        #[arg(long, default_value = "")]
        display_name: String,
        /// Takes the password from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Lists everybody.
    List(DataArgs),
    /// Lets somebody sign in no more; ends their sessions.
    Disable(One),
    /// Lets a disabled person sign in again.
    Enable(One),
    /// Takes somebody's second factor away, who has lost telephone and recovery codes; ends their sessions.
    ResetSecondFactor(One),
    /// Gives somebody another role; ends their sessions.
    Role {
        #[command(flatten)]
        one: One,
        /// viewer, coordinator, clinician, administrator
        role: Role,
    },
    /// Gives somebody another password; ends a lock and their sessions.
    Password {
        #[command(flatten)]
        one: One,
        /// Takes the password from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    place: DataArgs,
    /// Sign-in name.
    name: String,
}

pub(crate) async fn run(action: Action, out: &mut Output<'_>) -> Result<(), Failure> {
    match action {
        Action::Add { place, name, role, team, display_name, password_stdin } => {
            let password = prompt::new_password(password_stdin)?.reveal().to_owned();
            add(&place, NewUser { name, display_name, role, teams: team.into_iter().collect(), password }, out).await
        }
        Action::List(place) => list(&place, out).await,
        Action::Disable(one) => change(one, "disable", &json!({"disabled": true}), out).await,
        Action::Enable(one) => change(one, "enable", &json!({"disabled": false}), out).await,
        Action::ResetSecondFactor(one) => {
            change(one, "reset-second-factor", &json!({"second_factor": false}), out).await
        }
        Action::Role { one, role } => change(one, "role", &json!({"role": role}), out).await,
        Action::Password { one, password_stdin } => {
            let password = prompt::new_password(password_stdin)?;
            change(one, "password", &json!({"password": password.reveal()}), out).await
        }
    }
}

async fn add(place: &DataArgs, new: NewUser, out: &mut Output<'_>) -> Result<(), Failure> {
    let (name, role) = (new.name.clone(), new.role);
    match place.change("user add")? {
        Access::Api(api) => {
            let NewUser { name, display_name, role, teams, password } = new;
            let display_name = if display_name.is_empty() { name.clone() } else { display_name };
            let body =
                json!({"name": name, "display_name": display_name, "role": role, "teams": teams, "password": password});
            drop(api.send("POST", "/users", &body)?);
        }
        Access::Store(open) => {
            console::create_user(&open.store, new, &open.clock).await.map_err(account)?;
            open.audit("add-user", &name, role.as_str()).await?;
            open.close().await?;
        }
    }
    out.report(&json!({"name": name, "role": role}), format!("{name} may sign in as {role}"))
}

/// One change of one person, in the words of the API's PATCH.
async fn change(one: One, verb: &str, patch: &Value, out: &mut Output<'_>) -> Result<(), Failure> {
    let One { place, name } = one;
    match place.change(&format!("user {verb}"))? {
        Access::Api(api) => drop(api.send("PATCH", &format!("/users/{name}"), patch)?),
        Access::Store(open) => {
            apply(&open, &name, patch).await?;
            open.audit("change-user", &name, verb).await?;
            open.close().await?;
        }
    }
    let what = match verb {
        "role" => format!("{name} is {} now", patch.get("role").and_then(Value::as_str).unwrap_or_default()),
        "password" => format!("{name} has another password"),
        "reset-second-factor" => format!("{name} has no second factor now"),
        verb => format!("{name} is {verb}d"),
    };
    out.report(&json!({"name": name, "changed": verb}), what)
}

async fn apply(open: &OpenStore, name: &str, patch: &Value) -> Result<(), Failure> {
    if let Some(password) = patch.get("password").and_then(Value::as_str) {
        return console::set_password(&open.store, name, password.to_owned(), &operator()).await.map_err(account);
    }
    let disabled = patch.get("disabled").and_then(Value::as_bool);
    let role = patch.get("role").and_then(Value::as_str).map(str::parse::<Role>).transpose();
    let role = role.map_err(Failure::malformed)?;
    let reset = patch.get("second_factor").and_then(Value::as_bool) == Some(false);
    let edit = move |user: &mut User| {
        if reset {
            user.second_factor = None;
        }
        user.disabled = disabled.unwrap_or(user.disabled);
        user.role = role.unwrap_or(user.role);
        Ok(())
    };
    match open.store.edit_user(name, Box::new(edit), &operator()).await {
        Ok(_) => Ok(()),
        Err(StoreError::NotFound(_)) => Err(account(console::AccountError::Unknown(name.to_owned()))),
        Err(error) => Err(error.into()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn account(error: console::AccountError) -> Failure {
    Failure::expected(error.to_string())
}

async fn list(place: &DataArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let open = place.read("user list")?;
    let users = open.store.users().await?;
    let now = open.clock.now();
    out.list(&users, &["name", "shown as", "role", "state"], |user| {
        vec![user.name.clone(), user.display_name.clone(), user.role.to_string(), state(user, now)]
    })
}

fn state(user: &User, now: Instant) -> String {
    match user.locked_until.filter(|until| *until > now) {
        _ if user.disabled => "disabled".to_owned(),
        Some(until) => format!("locked until {}", until.to_rfc3339_opts(SecondsFormat::Secs, true)),
        None => "enabled".to_owned(),
    }
}
