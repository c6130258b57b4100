//! `hearth token`: tokens for programs. A token is shown once and kept as a digest.

use care::{Role, TeamId};
use chrono::TimeDelta;
use std::collections::BTreeSet;

use serde_json::{Value, json};
use store::ApiToken;

use crate::{
    failure::Failure,
    output::Output,
    place::{Access, DataArgs},
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Action {
    /// Makes a token and prints it, this once.
    Add {
        #[command(flatten)]
        place: DataArgs,
        /// What it is for.
        label: String,
        /// What it may do: viewer, coordinator, clinician, administrator.
        #[arg(long)]
        role: Role,
        /// It works for so many days; without, until it is disabled.
        #[arg(long)]
        days: Option<u16>,
        /// A team whose patients it sees, and no others; may be given more than once.
        #[arg(long)]
        team: Vec<TeamId>,
        /// It reads and changes nothing, whatever its role may.
        #[arg(long)]
        read_only: bool,
    },
    /// Lists the tokens; not the tokens themselves.
    List(DataArgs),
    /// Makes a token work no more.
    Disable {
        #[command(flatten)]
        place: DataArgs,
        /// The token's id.
        id: String,
    },
}

pub(crate) async fn run(action: Action, out: &mut Output<'_>) -> Result<(), Failure> {
    match action {
        Action::Add { place, label, role, days, team, read_only } => {
            let scope = Scope { role, teams: team.into_iter().collect(), read_only };
            add(&place, label, scope, days, out).await
        }
        Action::List(place) => list(&place, out).await,
        Action::Disable { place, id } => disable(&place, &id, out).await,
    }
}

/// What a token may do, and with whom.
struct Scope {
    role: Role,
    teams: BTreeSet<TeamId>,
    read_only: bool,
}

async fn add(
    place: &DataArgs,
    label: String,
    scope: Scope,
    days: Option<u16>,
    out: &mut Output<'_>,
) -> Result<(), Failure> {
    let Scope { role, teams, read_only } = scope;
    let lasts = days.map(|days| TimeDelta::days(days.into()));
    let made = match place.change("token add")? {
        Access::Api(api) => {
            let now = service_kit::Clock::system().now();
            let expires_at = lasts.and_then(|lasts| now.checked_add_signed(lasts));
            api.send("POST", "/tokens", &json!({"label": label, "role": role, "teams": teams, "read_only": read_only, "expires_at": expires_at}))?
        }
        Access::Store(open) => {
            let secret = || console::new_secret().map_err(|error| Failure::because("cannot make a token", &error));
            let ((token, digest), (id, _)) = (secret()?, secret()?);
            let id: String = id.chars().take(12).collect();
            let created_at = open.clock.now();
            let expires_at = lasts.and_then(|lasts| created_at.checked_add_signed(lasts));
            let row = ApiToken {
                id: id.clone(),
                label,
                role,
                teams,
                read_only,
                token_sha256: digest,
                created_at,
                expires_at,
                disabled: false,
            };
            open.store.add_token(row).await?;
            open.audit("add-token", &id, role.as_str()).await?;
            open.close().await?;
            json!({"id": id, "token": token})
        }
    };
    let text = |key: &str| made.get(key).and_then(Value::as_str).unwrap_or_default();
    let human = format!(
        "id     {}\ntoken  {}\nThe token is kept nowhere and shown this once; send it as `Authorization: Bearer …`.",
        text("id"),
        text("token")
    );
    out.report(&made, human)
}

async fn disable(place: &DataArgs, id: &str, out: &mut Output<'_>) -> Result<(), Failure> {
    match place.change("token disable")? {
        Access::Api(api) => drop(api.send("POST", &format!("/tokens/{id}/disable"), &json!({}))?),
        Access::Store(open) => {
            open.store.disable_token(id).await?;
            open.audit("disable-token", id, "").await?;
            open.close().await?;
        }
    }
    out.report(&json!({"id": id, "disabled": true}), format!("token {id} is disabled"))
}

async fn list(place: &DataArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let open = place.read("token list")?;
    let tokens = open.store.tokens().await?;
    out.list(&tokens, &["id", "label", "role", "state", "until"], |token| {
        let state = if token.disabled { "disabled" } else { "enabled" };
        let until = token.expires_at.map_or_else(|| "it is disabled".to_owned(), |at| at.to_rfc3339());
        vec![token.id.clone(), token.label.clone(), token.role.to_string(), state.to_owned(), until]
    })
}
