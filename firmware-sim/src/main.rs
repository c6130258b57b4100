//! The `firmware-sim` command.

mod commands;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Simulated people and devices, seeded. Everything it sends is synthetic.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A live fleet: homes that measure, go offline, repeat themselves and answer prompts
    Fleet(commands::fleet::Args),
    /// Send a recorded glucose trace as a sensor's readings and wait for the receipts
    Replay(commands::replay::Args),
    /// Print what a cohort would have sent
    History(commands::history::Args),
    /// Publish distinct readings as fast as they are acknowledged, and measure how fast that is
    Load(commands::load::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    commands::set_up();
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Fleet(args) => args.run().await,
        Command::Replay(args) => args.run().await,
        Command::History(args) => args.run(),
        Command::Load(args) => args.run().await,
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            commands::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
