//! The `hearth` command: one subcommand a file, and this list of them.

mod api;
mod command;
mod failure;
mod hold;
mod intake;
mod output;
mod place;
mod ports;
mod prompt;
mod rehearsal;
mod rulebooks;
mod service;
mod settings;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use command::{check, decode, demo, export, import, rules, serve, source, token, user};
use failure::Failure;
use output::Output;

// A reading is allocated on a thread of its connection and freed on the writer's, which the system's allocator is
// slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Remote patient monitoring, from the device in the home to the task on a care coordinator's list.
#[derive(Debug, Parser)]
#[command(name = "hearth", version, arg_required_else_help = true)]
struct Cli {
    /// Report as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows the whole product in one process, with simulated patients and devices.
    Demo(demo::Args),
    /// Runs the service.
    Serve(serve::Args),
    /// Finds every mistake in configuration, rulebooks and data before a start does.
    Check(check::Args),
    /// Decodes the bytes of a Bluetooth characteristic.
    Decode(decode::Args),
    /// Validates, tests, formats and explains rules.
    #[command(subcommand)]
    Rules(rules::Action),
    /// Adds, lists and changes the people who sign in.
    #[command(subcommand)]
    User(user::Action),
    /// Adds, lists and disables API tokens.
    #[command(subcommand)]
    Token(token::Action),
    /// Adds, lists, rotates, disables and enables MQTT sources.
    #[command(subcommand)]
    Source(source::Action),
    /// Takes in readings from a file, through the same admission as everything else.
    Import(import::Args),
    /// Writes out readings, episodes, tasks, the ledger or the audit trail.
    Export(export::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut stdout = std::io::stdout();
    let mut out = Output::new(cli.json, &mut stdout);
    match run(cli.command, &mut out).await.and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(command: Command, out: &mut Output<'_>) -> Result<(), Failure> {
    match command {
        Command::Demo(args) => Box::pin(demo::run(args, out)).await,
        Command::Serve(args) => Box::pin(serve::run(args, out)).await,
        Command::Check(args) => Box::pin(check::run(args, out)).await,
        Command::Decode(args) => decode::run(&args, out),
        Command::Rules(action) => Box::pin(rules::run(action, out)).await,
        Command::User(action) => Box::pin(user::run(action, out)).await,
        Command::Token(action) => Box::pin(token::run(action, out)).await,
        Command::Source(action) => Box::pin(source::run(action, out)).await,
        Command::Import(args) => Box::pin(import::run(args, out)).await,
        Command::Export(args) => Box::pin(export::run(args, out)).await,
    }
}
