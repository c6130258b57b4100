//! `hearth source`: MQTT principals. A secret is shown once and kept as a digest.

use serde_json::{Value, json};
use store::{SharedStore, SourceKind};
use vitals::SourceId;

use crate::{
    failure::Failure,
    output::Output,
    place::{Access, DataArgs, operator},
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Action {
    /// Adds a source and prints its secret, this once.
    Add {
        #[command(flatten)]
        place: DataArgs,
        /// Its id, which is its user name and topic branch.
        id: SourceId,
        /// `gateway` for a hub in a home, `vendor` for a vendor's cloud.
        #[arg(long, value_enum)]
        kind: Kind,
    },
    /// Gives a source another secret and prints it, this once; the old one no longer works.
    Rotate(One),
    /// Lets a source in no more; what it sent stays.
    Disable(One),
    /// Lets a disabled source in again.
    Enable(One),
    /// Lists the sources.
    List(DataArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    place: DataArgs,
    /// The source's id.
    id: SourceId,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Kind {
    Gateway,
    Vendor,
}

impl From<Kind> for SourceKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Gateway => SourceKind::Gateway,
            Kind::Vendor => SourceKind::Vendor,
        }
    }
}

pub(crate) async fn run(action: Action, out: &mut Output<'_>) -> Result<(), Failure> {
    match action {
        Action::Add { place, id, kind } => match place.change("source add")? {
            Access::Api(api) => {
                show_secret(&api.send("POST", "/sources", &json!({"id": id, "kind": SourceKind::from(kind)}))?, out)
            }
            Access::Store(open) => {
                let (secret, digest) = new_secret()?;
                open.store.add_source(&id, kind.into(), digest, &operator()).await?;
                open.audit("add-source", id.as_str(), "").await?;
                open.close().await?;
                show_secret(&json!({"id": id, "username": id, "password": secret}), out)
            }
        },
        Action::Rotate(One { place, id }) => match place.change("source rotate")? {
            Access::Api(api) => show_secret(&api.send("POST", &format!("/sources/{id}/rotate"), &json!({}))?, out),
            Access::Store(open) => {
                let (secret, digest) = new_secret()?;
                known(&open.store, &id).await?;
                open.store.rotate_source(&id, digest, &operator()).await?;
                open.audit("rotate-source", id.as_str(), "").await?;
                open.close().await?;
                show_secret(&json!({"id": id, "username": id, "password": secret}), out)
            }
        },
        Action::Disable(one) => set_disabled(one, true, out).await,
        Action::Enable(one) => set_disabled(one, false, out).await,
        Action::List(place) => list(&place, out).await,
    }
}

fn new_secret() -> Result<(String, [u8; 32]), Failure> {
    console::new_secret().map_err(|error| Failure::because("cannot make a secret", &error))
}

fn show_secret(made: &Value, out: &mut Output<'_>) -> Result<(), Failure> {
    let text = |key: &str| made.get(key).and_then(Value::as_str).unwrap_or_default();
    out.report(
        made,
        format!(
            "user name  {}\npassword   {}\nThe password is kept nowhere and shown this once; `hearth source rotate {}` makes another.",
            text("username"),
            text("password"),
            text("id")
        ),
    )
}

async fn known(store: &SharedStore, id: &SourceId) -> Result<(), Failure> {
    match store.source(id).await? {
        Some(_) => Ok(()),
        None => Err(Failure::expected(format!("there is no source `{id}`; `hearth source list` names them all"))),
    }
}

async fn set_disabled(one: One, disabled: bool, out: &mut Output<'_>) -> Result<(), Failure> {
    let One { place, id } = one;
    let verb = if disabled { "disable" } else { "enable" };
    match place.change(&format!("source {verb}"))? {
        Access::Api(api) => drop(api.send("POST", &format!("/sources/{id}/{verb}"), &json!({}))?),
        Access::Store(open) => {
            known(&open.store, &id).await?;
            open.store.set_source_disabled(&id, disabled, &operator()).await?;
            open.audit(&format!("{verb}-source"), id.as_str(), "").await?;
            open.close().await?;
        }
    }
    out.report(&json!({"id": id, "disabled": disabled}), format!("{id} is {verb}d"))
}

async fn list(place: &DataArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let open = place.read("source list")?;
    let sources = open.store.sources().await?;
    out.list(&sources, &["id", "kind", "state", "last seen"], |source| {
        let kind = match source.kind {
            SourceKind::Gateway => "gateway",
            SourceKind::Vendor => "vendor",
        };
        let state = if source.disabled { "disabled" } else { "enabled" };
        let seen = source.last_seen.map_or_else(|| "never".to_owned(), |at| at.to_rfc3339());
        vec![source.id.to_string(), kind.to_owned(), state.to_owned(), seen]
    })
}
