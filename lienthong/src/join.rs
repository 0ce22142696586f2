//! `lienthong join`: registers a system outside the program, and its service, in a sandbox.

use crate::{
    config::{OutsideService, OutsideSystem, to_hex},
    outside::{self, Outside},
    plan::{self, AgencyPlan},
    sandbox::{ADDRESSES, ANCHOR, Addresses},
};
use anyhow::{Context as _, Result, bail, ensure};
use contracts::{MemberId, SystemId, identifiers::check_part};
use exchange::{AccessRule, Keeper, access::EVERYONE};
use std::{
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};
use system::Random;

/// How long a running country may take to admit a system, in milliseconds.
const ADMITTING_LIMIT_MILLIS: u64 = 10_000;
/// How often it is looked whether it has, in milliseconds.
const LOOK_MILLIS: u64 = 100;
/// How long a running node may take to accept a connection, in milliseconds.
const CONNECT_LIMIT_MILLIS: u64 = 1_000;
/// Bytes of a token.
const TOKEN_BYTES: usize = 32;

/// What joins.
#[derive(clap::Args)]
pub struct Arguments {
    /// Folder of the sandbox.
    #[arg(long, default_value = crate::DATA)]
    pub data: PathBuf,
    /// Code of the agency that runs the system, e.g. H26.
    #[arg(long)]
    pub agency: String,
    /// Code of the system, new at that agency.
    #[arg(long)]
    pub system: String,
    /// Code of a service that it answers.
    #[arg(long, requires = "url")]
    pub service: Option<String>,
    /// Where the service is answered, e.g. http://127.0.0.1:9000/api.
    #[arg(long, requires = "service")]
    pub url: Option<String>,
    /// The service's OpenAPI document, JSON.
    #[arg(long, requires = "service")]
    pub openapi: Option<PathBuf>,
    /// Who may call the service: VN/GOV/G22/portal, all systems of one code as */portal, or *. May be given again.
    #[arg(long, requires = "service", value_name = "CLIENT")]
    pub open_to: Vec<String>,
}

/// Registers the system, and says how it is used.
#[allow(clippy::print_stdout)]
pub async fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { data, agency, .. } = arguments;
    ensure!(
        data.join("country.json").exists(),
        "{} holds no country; start one with: lienthong up --data {}",
        data.display(),
        data.display()
    );
    let plan = agency_named(agency)?;
    let (id, folder) = (plan.id(), data.join(plan.folder()));
    let token = to_hex(&Random::from_system()?.bytes::<TOKEN_BYTES>());
    let addition = addition(arguments, &token)?;
    append(&folder, &id, &housed(&plan), &addition)?;

    println!("system    {}", id.system(&arguments.system));
    println!("token     {token}");
    for service in &addition.systems[0].services {
        println!("service   {} at {}", id.system(&arguments.system).service(&service.code), service.url);
    }
    if arguments.service.is_some() && addition.grants.is_empty() {
        println!(
            "note      nobody may call the service yet; add a [[grants]] to {}",
            folder.join(outside::FILE).display()
        );
    }
    match running(data, plan.code) {
        Some((systems, pages)) => {
            let version = admitted(data, &id.system(&arguments.system)).await?;
            println!("node      {systems}");
            println!("pages     {pages}");
            println!("directory version {version} lists it");
        }
        None => println!(
            "note      the country is not running; it takes the system when it starts: lienthong up --data {}",
            data.display()
        ),
    }
    Ok(())
}

fn agency_named(code: &str) -> Result<AgencyPlan> {
    let known: Vec<&str> = plan::country().iter().map(|plan| plan.code).collect();
    plan::country()
        .into_iter()
        .find(|plan| plan.code.eq_ignore_ascii_case(code))
        .with_context(|| format!("the sandbox has no agency {code:?}; it has {}", known.join(", ")))
}

fn housed(plan: &AgencyPlan) -> Vec<&'static str> {
    plan.systems.iter().map(|(blueprint, _)| blueprint.facts.code).collect()
}

/// What the arguments add to the agency's file.
fn addition(arguments: &Arguments, token: &str) -> Result<Outside> {
    check_part(&arguments.system)?;
    let service = match (&arguments.service, &arguments.url) {
        (Some(code), Some(url)) => Some(OutsideService {
            code: code.clone(),
            url: url.clone(),
            idempotent: false,
            openapi: absolute(arguments.openapi.as_deref())?,
        }),
        _ => None,
    };
    let code = service.as_ref().map(|service| service.code.clone()).unwrap_or_default();
    let grants = arguments.open_to.iter().map(|client| {
        check_client(client)?;
        Ok(AccessRule::open(&arguments.system, &code, client))
    });
    Ok(Outside {
        grants: grants.collect::<Result<_>>()?,
        systems: vec![OutsideSystem {
            code: arguments.system.clone(),
            token_sha256: Some(to_hex(ledger::Hash::of(token.as_bytes()).as_bytes())),
            fingerprints: Vec::new(),
            services: service.into_iter().collect(),
        }],
    })
}

fn absolute(file: Option<&Path>) -> Result<Option<PathBuf>> {
    file.map(|file| file.canonicalize().with_context(|| format!("{} can't be read", file.display())))
        .transpose()
}

/// A client as a grant names it.
fn check_client(client: &str) -> Result<()> {
    if client == EVERYONE {
        return Ok(());
    }
    match client.strip_prefix("*/") {
        Some(code) => check_part(code)?,
        None => {
            client.parse::<SystemId>().with_context(|| {
                format!("--open-to {client:?} names no system; write VN/GOV/G22/portal, */portal or *")
            })?;
        }
    }
    Ok(())
}

/// Appends to the agency's file, whose other text stays as it is. All is checked as the running country will check it.
fn append(folder: &Path, id: &MemberId, housed: &[&str], addition: &Outside) -> Result<()> {
    let file = folder.join(outside::FILE);
    let text = outside::read(folder)?;
    let before = Outside::parse(&text, housed, folder)
        .with_context(|| format!("{} is damaged; correct it, or move it away", file.display()))?;
    let code = &addition.systems[0].code;
    let taken = housed.contains(&code.as_str()) || before.systems.iter().any(|system| system.code == *code);
    ensure!(
        !taken,
        "{id} has a system {code:?} already; choose another code, or change it in {}",
        file.display()
    );
    outside::offers(id, &addition.systems)?;
    let text = format!("{text}{}{}", if text.is_empty() { "" } else { "\n" }, toml::to_string(addition)?);
    Outside::parse(&text, housed, folder).context("the system can't be added")?;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("the folder {} can't be made", folder.display()))?;
    exchange::directory::replace_file(&file, text.as_bytes())
        .with_context(|| format!("{} can't be written", file.display()))
}

/// Where the agency's systems call its node and where the pages are, if the country is running.
fn running(data: &Path, agency: &str) -> Option<(String, String)> {
    let text = std::fs::read_to_string(data.join(ADDRESSES)).ok()?;
    let addresses: Addresses = serde_json::from_str(&text).ok()?;
    let systems = addresses.systems.get(agency)?.clone();
    let socket: SocketAddr = systems.strip_prefix("http://")?.parse().ok()?;
    // A country that was killed has left its addresses behind.
    TcpStream::connect_timeout(&socket, Duration::from_millis(CONNECT_LIMIT_MILLIS)).ok()?;
    Some((systems, addresses.pages))
}

/// Waits until the directory of every agency lists the system; gives the directory's version.
async fn admitted(data: &Path, system: &SystemId) -> Result<u64> {
    let anchor = std::fs::read_to_string(data.join(ANCHOR)).context("the country's key can't be read")?;
    let anchor = anchor.trim().parse().context("the country's key can't be understood")?;
    for _ in 0..ADMITTING_LIMIT_MILLIS / LOOK_MILLIS {
        let mut versions = Vec::new();
        for plan in plan::country() {
            let keeper = Keeper::open(
                ledger::VerifierKey::clone(&anchor),
                data.join(plan.folder()).join("directory"),
            )?;
            versions.push(
                keeper
                    .current()
                    .filter(|current| current.system(system).is_some())
                    .map(|current| current.directory.version),
            );
        }
        if let Some(versions) = versions.into_iter().collect::<Option<Vec<u64>>>() {
            return Ok(versions.into_iter().min().unwrap_or_default());
        }
        tokio::time::sleep(Duration::from_millis(LOOK_MILLIS)).await;
    }
    bail!(
        "the running country has not admitted {system} within {} s; what it says on its terminal tells why",
        ADMITTING_LIMIT_MILLIS / 1_000
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        join: Arguments,
    }

    fn arguments(line: &str) -> Arguments {
        Line::try_parse_from(std::iter::once("join").chain(line.split_whitespace())).unwrap().join
    }

    /// Joins in an empty folder that holds `before`.
    fn join(before: &str, line: &str) -> Result<String> {
        let folder = tempfile::tempdir()?;
        if !before.is_empty() {
            std::fs::write(folder.path().join(outside::FILE), before)?;
        }
        let arguments = arguments(line);
        let plan = agency_named(&arguments.agency)?;
        append(folder.path(), &plan.id(), &housed(&plan), &addition(&arguments, "secret")?)?;
        Ok(std::fs::read_to_string(folder.path().join(outside::FILE))?)
    }

    const LINE: &str = "--agency H26 --system tax-office --service receipts --url http://127.0.0.1:9000/api --open-to VN/GOV/G22/portal --open-to */one-door";

    #[test]
    fn what_was_in_the_file_stays() {
        let first = join("", LINE).unwrap();
        let with_comment = format!("# ours\n{first}");
        let second = join(&with_comment, "--agency h26 --system land-office").unwrap();
        assert!(second.starts_with(&with_comment));
        let outside = Outside::parse(&second, &["one-door"], Path::new("/")).unwrap();
        let codes: Vec<&str> = outside.systems.iter().map(|system| &*system.code).collect();
        assert_eq!(codes, ["tax-office", "land-office"]);
        let clients: Vec<&str> = outside.grants.iter().map(|grant| &*grant.client).collect();
        assert_eq!(clients, ["VN/GOV/G22/portal", "*/one-door"]);
        assert!(!second.contains("secret"), "the token itself is kept nowhere");
        // printf %s secret | sha256sum
        let token = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
        assert!(outside.systems.iter().all(|system| system.token_sha256.as_deref() == Some(token)));
    }

    #[test]
    fn what_can_not_be_joined_is_told() {
        let joined = join("", LINE).unwrap();
        let other = "--agency H26 --system land-office";
        for (before, line, words) in [
            ("", "--agency H99 --system tax-office".to_owned(), "no agency"),
            ("", "--agency H26 --system one-door".into(), "already"),
            (&*joined, LINE.to_owned(), "already"),
            ("", "--agency H26 --system tax/office".into(), "not allowed"),
            ("", LINE.replace("receipts", ".."), "not allowed"),
            ("", LINE.replace("http:", "https:"), "http://"),
            ("", LINE.replace("http://127.0.0.1:9000", "nowhere"), "not an address"),
            ("", LINE.replace("VN/GOV/G22/portal", "portal"), "names no system"),
            ("", LINE.replace("*/one-door", "*/one/door"), "not allowed"),
            ("", format!("{LINE} --openapi /nowhere/openapi.json"), "can't be read"),
            ("[[systems", other.into(), "damaged"),
            ("[[systems]]\ncode = \"x\"", other.into(), "damaged"),
        ] {
            let error = format!("{:#}", join(before, &line).unwrap_err());
            assert!(error.contains(words), "{line}: {error}");
        }
        assert!(
            Line::try_parse_from(["join", "--agency", "H26", "--system", "x", "--service", "y"]).is_err(),
            "a service needs its address"
        );
    }
}
