//! `lienthong`: a whole e-Government in one program.

// In a program everything public is public to the program only.
#![allow(unreachable_pub)]

mod agency;
mod archive;
mod bench;
mod browser;
mod config;
mod doctor;
mod join;
mod key_place;
mod keys;
mod keys_command;
mod node_command;
mod officials;
mod outside;
mod people;
mod plan;
mod restore;
mod sandbox;
mod sealing;
mod sign_in;
mod site;
mod tour;
mod verify;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use std::{net::SocketAddr, path::PathBuf, process::ExitCode};
use telemetry::LogFormat;

/// A message is many small pieces of memory, made in one thread and dropped in another.
// Tests count what fuzz targets take of it.
#[cfg(not(test))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Addresses the sandbox listens on unless told otherwise.
const LISTEN: &str = "127.0.0.1:8080";
/// Folder of the sandbox unless told otherwise.
const DATA: &str = "lienthong-data";
/// Environment variable that filters logs, e.g. `info` or `exchange=debug`.
const LOG_VARIABLE: &str = "LIENTHONG_LOG";

#[derive(Parser)]
#[command(
    name = "lienthong",
    version,
    about = "A whole e-Government in one program: exchange, registers, services."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts a sandbox country on this computer: agencies, people, services.
    Up {
        /// Folder of the country; made when it is not there.
        #[arg(long, default_value = DATA)]
        data: PathBuf,
        /// Where its pages are served.
        #[arg(long, default_value = LISTEN)]
        listen: SocketAddr,
        /// How many people to make.
        #[arg(long, default_value_t = sandbox::PEOPLE)]
        people: u64,
        /// What the people are made from: the same seed makes the same people.
        #[arg(long, default_value_t = sandbox::SEED)]
        seed: u64,
    },
    /// Runs one agency's node by a configuration file.
    Node {
        /// The configuration; `docs/node.example.toml` explains every line.
        #[arg(long)]
        config: PathBuf,
    },
    /// Walks through a whole journey and verifies every proof on the way.
    Tour {
        #[command(subcommand)]
        journey: Journey,
    },
    /// Registers a system outside the program in a sandbox, running or not.
    Join {
        #[command(flatten)]
        join: join::Arguments,
    },
    /// Proves a receipt offline.
    Verify {
        /// The receipt.
        receipt: PathBuf,
        /// The body of the request or of the answer, to be compared with the receipt.
        #[arg(long)]
        message: Option<PathBuf>,
        /// The centre's key, or a file that holds it. Without it, the sandbox's `lienthong-data/anchor` is taken.
        #[arg(long)]
        anchor: Option<String>,
    },
    /// Says what is wrong with a deployment and what to do.
    Doctor {
        /// Folder of a sandbox.
        #[arg(long, default_value = DATA)]
        data: PathBuf,
        /// Configuration of a node, to be looked at instead of a sandbox.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Makes keys, asks for their certificates, rolls the key of a ledger.
    Keys {
        #[command(subcommand)]
        act: keys_command::Act,
    },
    /// Puts a node's damaged ledger together again, from what is left of it and a replica of its journal.
    Restore {
        /// Configuration of the node, which must not be running.
        #[arg(long)]
        config: PathBuf,
        /// Folder with a copy of the segments of `ledger/journal`, however old.
        #[arg(long)]
        replica: PathBuf,
        /// A checkpoint of the ledger that somebody holds, beside those that the witnesses say.
        #[arg(long)]
        checkpoint: Option<PathBuf>,
    },
    /// Appoints the first administrators of an agency's officials.
    Officials {
        #[command(subcommand)]
        act: officials::Act,
    },
    /// Replaces the key that seals secrets in a node's records. Its nodes take it up within the hour, and seal anew.
    RotateSealingKey {
        /// The file of sealing keys.
        file: PathBuf,
    },
    /// Moves what is old in the ledger of a node that is not running into its archive.
    Archive {
        /// The node's configuration.
        #[arg(long)]
        config: PathBuf,
        /// What is old, in days; as the configuration says when absent.
        #[arg(long)]
        after_days: Option<std::num::NonZeroU32>,
    },
    /// Measures what this computer can do.
    Bench {
        #[command(flatten)]
        bench: bench::Arguments,
    },
}

#[derive(Subcommand)]
enum Journey {
    /// A birth: from a parent's application to number, health card and certificate.
    Birth {
        /// A running country, e.g. http://localhost:8080; a small one is started when absent.
        #[arg(long)]
        against: Option<String>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = std::env::var(LOG_VARIABLE).unwrap_or_else(|_| "warn".into());
    let format =
        if matches!(arguments.command, Command::Node { .. }) { LogFormat::Json } else { LogFormat::Text };
    if let Err(error) = telemetry::init(format, &filter) {
        eprintln!("logs can't be written: {error}");
        return ExitCode::FAILURE;
    }
    match run(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("lienthong: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime can't start")?;
    runtime.block_on(async {
        match command {
            Command::Up { data, listen, people, seed } => {
                up(sandbox::Options { dir: data, listen, people, seed, progress: true }).await?;
            }
            Command::Node { config } => node_command::run(&config).await?,
            Command::Officials { act } => officials::run(act).await?,
            Command::RotateSealingKey { file } => {
                system::Sealing::rotate(&file, &system::Random::from_system()?)?;
            }
            Command::Tour { journey: Journey::Birth { against } } => {
                return tour::birth(against.as_deref()).await;
            }
            Command::Join { join } => join::run(&join).await?,
            Command::Verify { receipt, message, anchor } => {
                verify::run(&receipt, message.as_deref(), anchor.as_deref())?;
            }
            Command::Doctor { data, config } => return doctor::run(&data, config.as_deref()).await,
            Command::Keys { act } => keys_command::run(act)?,
            Command::Restore { config, replica, checkpoint } => {
                restore::run(&config, &replica, checkpoint.as_deref()).await?;
            }
            Command::Archive { config, after_days } => archive::run(&config, after_days)?,
            Command::Bench { bench } => bench::run(bench).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn up(options: sandbox::Options) -> Result<()> {
    eprintln!("lienthong: starting the country in {}", options.dir.display());
    let country = sandbox::Country::start(&options).await?;
    eprintln!("lienthong: the country is up at {}", country.url());
    eprintln!(
        "           sign in at {}/sign-in as the mother, the one-door officer, the registrar or the operator",
        country.url()
    );
    eprintln!("           stop it with Ctrl-C; nothing is lost");
    stopped().await?;
    eprintln!("lienthong: finishing what has begun");
    country.close().await;
    Ok(())
}

/// Returns when the program is asked to stop.
async fn stopped() -> Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
