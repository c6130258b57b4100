//! `hearth check`: every mistake in configuration, rulebooks and data, before a start finds the first of them.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::json;
use service_kit::{ConfigError, config::place_of};
use store::{AuditHead, AuditVerdict};

use crate::{
    failure::Failure,
    hold::{Held, Hold, Holder},
    output::Output,
    place::{OpenStore, database},
    rehearsal,
    rulebooks::Candidates,
    settings::{self, Draft, Settings},
};

/// A broker that takes longer is no broker to rely on.
const BROKER_ANSWERS: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration.
    #[arg(long, env = "HEARTH_CONFIG", default_value = "hearth.toml")]
    config: PathBuf,
    /// Where the audit trail ended once, ROW:HASH as the audit page shows it: says whether that line still stands.
    #[arg(long)]
    audit_head: Option<AuditHead>,
}

pub(crate) async fn run(args: Args, out: &mut Output<'_>) -> Result<(), Failure> {
    let text = settings::read(&args.config)?;
    let file = args.config.display().to_string();
    let draft = Draft::read(&text, &file);
    let mut mistakes: Vec<String> = draft.mistakes.iter().map(ToString::to_string).collect();
    for (key, why) in rehearsal::refusals(&draft.settings).await? {
        let remedy =
            "`hearth serve` would stop here; give PEM files, and with a certificate the key that belongs to it";
        mistakes.push(ConfigError::at(&text, &file, place_of(&text, key), why, Some(remedy.to_owned())).to_string());
    }
    for why in broker(&draft).await {
        let place = place_of(&text, &["mqtt", "broker"]);
        mistakes.push(ConfigError::at(&text, &file, place, why, None).to_string());
    }
    // The files named in a configuration that does not load are still worth a look.
    let rulebooks = Candidates::read(&draft.settings.rules.files);
    if draft.mistakes.is_empty() {
        mistakes.extend(data_and_ports(&draft.settings, args.audit_head, &rulebooks).await?);
    } else {
        // Which cannot be read is said already, with its place.
        let said = |mistake: &String| rulebooks.unreadable.contains(mistake);
        mistakes.extend(rulebooks.mistakes(&[]).into_iter().filter(|mistake| !said(mistake)));
    }
    if out.is_json() {
        out.value(&json!({"ok": mistakes.is_empty(), "mistakes": mistakes}))?;
        return if mistakes.is_empty() { Ok(()) } else { Err(Failure::reported()) };
    }
    if mistakes.is_empty() { out.line("no mistakes found") } else { Err(Failure::mistakes(mistakes)) }
}

/// What the configured broker does not let Hearth do. Of one that is not wholly known nothing can be said.
async fn broker(draft: &Draft) -> Vec<String> {
    let Some(broker) = draft.settings.mqtt.broker.as_ref().filter(|_| draft.is_whole("mqtt")) else {
        return Vec::new();
    };
    if broker.ca.as_ref().is_some_and(|ca| std::fs::File::open(ca).is_err()) {
        return Vec::new();
    }
    broker.trial(BROKER_ANSWERS).await
}

/// What only trying shows: whether the rulebooks fit those that are installed, the store opens and its ledger balances,
/// and the ports are free.
async fn data_and_ports(
    settings: &Settings,
    head: Option<AuditHead>,
    rulebooks: &Candidates,
) -> Result<Vec<String>, Failure> {
    if !database(&settings.data).exists() {
        let mut mistakes = rulebooks.mistakes(&[]);
        mistakes.extend(ports(settings));
        return Ok(mistakes);
    }
    let (hold, mut mistakes) = match Hold::take(&settings.data, "check") {
        Ok(hold) => (Some(hold), ports(settings)),
        // Its ports are its own then.
        Err(Held::By(Holder { command, .. })) if command == "serve" => (None, Vec::new()),
        Err(Held::By(_)) => {
            let mut mistakes = rulebooks.mistakes(&[]);
            mistakes.extend(ports(settings));
            return Ok(mistakes);
        }
        Err(Held::Broken(failure)) => return Err(failure),
    };
    let open = OpenStore::open(&settings.data, hold)?;
    mistakes.splice(0..0, rulebooks.mistakes(&open.store.rulebooks().await?));
    mistakes.extend(store(&open, &settings.data, head).await?);
    Ok(mistakes)
}

async fn store(open: &OpenStore, dir: &Path, head: Option<AuditHead>) -> Result<Vec<String>, Failure> {
    let counted = open.store.ledger_recount().await?;
    let kept = open.store.ledger().await?;
    let path = dir.display();
    let mut mistakes = Vec::new();
    // A running service counts on between the two looks; then they differ and both balance.
    let alone = open.is_alone();
    if alone && counted != kept {
        mistakes
            .push(format!("{path}: the ledger says {kept:?}, its rows say {counted:?}; restore the last good backup"));
    }
    if !kept.balances() || !counted.balances() {
        mistakes.push(format!("{path}: the ledger does not balance: {kept:?}; restore the last good backup"));
    }
    mistakes.extend(audit(open, head).await?.into_iter().map(|mistake| format!("{path}: {mistake}")));
    Ok(mistakes)
}

/// Whether every line of the trail follows from the one before it, and the head that somebody kept is still in it.
async fn audit(open: &OpenStore, kept: Option<AuditHead>) -> Result<Option<String>, Failure> {
    if let AuditVerdict::Broken { row, why } = open.store.verify_audit().await? {
        return Ok(Some(format!(
            "line {row} of the audit trail is not as it was written: {why}; somebody changed the file past Hearth: keep it as it is, and compare with a backup"
        )));
    }
    let Some(kept) = kept else { return Ok(None) };
    let found = open.store.audit_entry(kept.row).await?;
    if found.is_some_and(|line| line.hash == kept.hash) {
        return Ok(None);
    }
    Ok(Some(format!(
        "the audit trail does not hold line {} as it was written down; its end was cut off or all of it was written anew",
        kept.row
    )))
}

fn ports(settings: &Settings) -> Vec<String> {
    let mqtt = &settings.mqtt;
    let listeners = [
        ("http.listen", Some(settings.http.listen)),
        ("mqtt.listen", mqtt.listen),
        ("mqtt.tls.listen", mqtt.tls.as_ref().map(|tls| tls.listen)),
    ];
    let free = |address: SocketAddr| TcpListener::bind(address).map(drop);
    listeners
        .into_iter()
        .filter_map(|(key, address)| {
            let address = address?;
            let error = free(address).err()?;
            Some(format!("{key}: cannot listen on {address}: {error}; stop what has it, or choose another"))
        })
        .collect()
}
