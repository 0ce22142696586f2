//! `lienthong officials`: the first administrators of an agency's officials.

use crate::{
    agency::{Records, location_in},
    config::Config,
};
use anyhow::{Context as _, Result, ensure};
use clap::Subcommand;
use contracts::PersonalNumber;
use identity::first_administrators::{self, Appointed};
use std::path::{Path, PathBuf};
use store::Store;
use system::{Clock, Random};

/// What is done with officials.
#[derive(Subcommand)]
pub enum Act {
    /// Appoints one of the two first administrators of an agency's officials, who appoint everybody else. The node may run.
    FirstAdministrator {
        /// Configuration of the node that hosts the identity system.
        #[arg(long)]
        config: PathBuf,
        /// Code of the agency, such as H26.
        #[arg(long)]
        agency: String,
        /// Personal number of somebody who has an account.
        #[arg(long)]
        person: PersonalNumber,
    },
}

/// Does it.
#[allow(clippy::print_stdout)]
pub async fn run(act: Act) -> Result<()> {
    let Act::FirstAdministrator { config, agency, person } = act;
    let Appointed { code, still_needed } = appoint(&config, &agency, person).await?;
    println!("{code}");
    eprintln!(
        "lienthong: hand this code to the person; within a day they bind a passkey with it at /identity/keys"
    );
    match still_needed {
        0 => eprintln!(
            "           the agency has its two administrators, who appoint everybody else at /identity/officials"
        ),
        more => eprintln!("           {more} more is needed before they can appoint others"),
    }
    Ok(())
}

async fn appoint(config: &Path, agency: &str, person: PersonalNumber) -> Result<Appointed> {
    let config = Config::read(config)?;
    let (code, node) = (identity::FACTS.code, config.agency.node_id());
    ensure!(
        config.hosts.iter().any(|hosted| hosted == code),
        "this node does not host the system {code:?}; use the configuration of the one that does"
    );
    let records = config.store.postgres.clone().map_or(Records::Files, Records::Postgres);
    let location = location_in(&records, &config.agency.data, code);
    let (now, random) = (Clock::real().now(), Random::from_system()?);
    let store = Store::open(&location, &identity::SCHEMA, now)
        .await
        .with_context(|| format!("the records of {code} can't be opened"))?;
    let operator = format!("operator of {node}");
    let appointed = first_administrators::appoint(&store, agency, person, &operator, &random, now).await;
    store.close().await?;
    Ok(appointed?)
}
