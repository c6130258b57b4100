//! `hearth check`: every mistake in configuration, rulebooks and data, before a start finds the first of them.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use serde_json::json;
use store::{AuditHead, AuditVerdict};

use super::rules as rulebooks;
use crate::{
    failure::Failure,
    hold::{Held, Hold, Holder},
    output::Output,
    place::{OpenStore, database},
    settings::{self, Settings},
};

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
    let mut mistakes = Vec::new();
    match Settings::parse(&text, &args.config.display().to_string()) {
        Ok(settings) => {
            mistakes.extend(rulebooks::mistakes_in(&settings.rules.files));
            mistakes.extend(data_and_ports(&settings, args.audit_head).await?);
        }
        Err(found) => {
            mistakes.extend(found.iter().map(ToString::to_string));
            // The files named in a configuration that does not load are still worth a look.
            mistakes.extend(rulebooks::mistakes_in(&[]));
        }
    }
    if out.is_json() {
        out.value(&json!({"ok": mistakes.is_empty(), "mistakes": mistakes}))?;
        return if mistakes.is_empty() { Ok(()) } else { Err(Failure::reported()) };
    }
    if mistakes.is_empty() { out.line("no mistakes found") } else { Err(Failure::mistakes(mistakes)) }
}

/// What only trying shows: whether the store opens and its ledger balances, whether the ports are free.
async fn data_and_ports(settings: &Settings, head: Option<AuditHead>) -> Result<Vec<String>, Failure> {
    if !settings.data.exists() {
        return Ok(ports(settings));
    }
    match Hold::take(&settings.data, "check") {
        Ok(hold) => {
            let mut mistakes = ports(settings);
            mistakes.extend(store(&settings.data, Some(hold), head).await?);
            Ok(mistakes)
        }
        // Its ports are its own then.
        Err(Held::By(Holder { command, .. })) if command == "serve" => store(&settings.data, None, head).await,
        Err(Held::By(_)) => Ok(ports(settings)),
        Err(Held::Broken(failure)) => Err(failure),
    }
}

async fn store(dir: &Path, hold: Option<Hold>, head: Option<AuditHead>) -> Result<Vec<String>, Failure> {
    if !database(dir).exists() {
        return Ok(Vec::new());
    }
    let open = OpenStore::open(dir, hold)?;
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
    mistakes.extend(audit(&open, head).await?.into_iter().map(|mistake| format!("{path}: {mistake}")));
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
