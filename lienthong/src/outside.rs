//! Systems outside the program: what they offer, how they prove themselves, and how a running sandbox takes new ones.
//!
//! A sandbox keeps the outside systems of an agency in `systems.toml` in the agency's folder, in the words of a node's
//! configuration: `[[systems]]` and `[[grants]]`. The file is read again whenever its text changes.

use crate::{
    config::{OutsideSystem, from_hex},
    sandbox::Centre,
};
use anyhow::{Context as _, Result, bail, ensure};
use contracts::{MemberId, SystemId};
use exchange::{AccessRule, Credential, Directory, Node, Offer, SystemEntry};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet},
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use system::Clock;

/// Name of the file in an agency's folder.
pub const FILE: &str = "systems.toml";
/// Largest such file, in bytes.
pub const FILE_LIMIT_BYTES: usize = 1024 * 1024;
/// How often the files of a running sandbox are looked at, in milliseconds.
const WATCH_MILLIS: u64 = 500;
/// A directory is signed anew after this time even when nothing changed, in hours.
const SIGN_ANEW_HOURS: i64 = 24;

/// What one agency's `systems.toml` says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outside {
    /// The systems.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub systems: Vec<OutsideSystem>,
    /// What the agency lets others do, beside what it does anyway.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<AccessRule>,
}

impl Outside {
    /// Reads the file's text. `housed` are the codes of the agency's own systems. Relative paths start from `folder`.
    pub fn parse(text: &str, housed: &[&str], folder: &Path) -> Result<Self> {
        let mut outside: Self = toml::from_str(text)?;
        outside.check(housed)?;
        outside.systems.iter_mut().for_each(|system| system.start_paths_from(folder));
        Ok(outside)
    }

    fn check(&self, housed: &[&str]) -> Result<()> {
        let mut codes: HashSet<&str> = housed.iter().copied().collect();
        for system in &self.systems {
            system.check()?;
            ensure!(
                codes.insert(&system.code),
                "the system code {:?} is taken twice; give each system its own",
                system.code
            );
        }
        for grant in &self.grants {
            ensure!(
                codes.contains(&*grant.system),
                "a grant opens the system {:?}, which the agency does not have",
                grant.system
            );
        }
        Ok(())
    }

    /// How the directory lists these systems.
    pub fn entries(&self) -> impl Iterator<Item = SystemEntry> {
        self.systems.iter().map(|system| SystemEntry {
            code: system.code.clone(),
            name: system.code.clone(),
            national: false,
            services: system.services.iter().map(|service| service.code.clone()).collect(),
        })
    }
}

/// The text of the file in an agency's folder; empty when there is none.
pub fn read(folder: &Path) -> Result<String> {
    let file = folder.join(FILE);
    match std::fs::read_to_string(&file) {
        Ok(text) if text.len() > FILE_LIMIT_BYTES => {
            bail!("{} is larger than {FILE_LIMIT_BYTES} bytes", file.display())
        }
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error).with_context(|| format!("{} can't be read", file.display())),
    }
}

/// The services of systems outside the program.
pub fn offers(member: &MemberId, systems: &[OutsideSystem]) -> Result<Vec<Offer>> {
    let mut offers = Vec::new();
    for system in systems {
        for service in &system.services {
            let mut offer = Offer::http(&member.system(&system.code), &service.code, &service.url)
                .map_err(anyhow::Error::msg)?;
            offer.idempotent = service.idempotent;
            if let Some(file) = &service.openapi {
                let text = std::fs::read_to_string(file)
                    .with_context(|| format!("{} can't be read", file.display()))?;
                let _: serde_json::Value =
                    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))?;
                offer.openapi = Some(text.into());
            }
            offers.push(offer);
        }
    }
    Ok(offers)
}

/// How systems outside the program prove themselves.
pub fn credentials(member: &MemberId, systems: &[OutsideSystem]) -> Result<HashMap<SystemId, Credential>> {
    let mut credentials = HashMap::new();
    for system in systems {
        let token_sha256 =
            match &system.token_sha256 {
                Some(text) => Some(from_hex(text).with_context(|| {
                    format!("token-sha256 of {} has not 64 hexadecimal digits", system.code)
                })?),
                None => None,
            };
        let fingerprints = system.fingerprints.iter().map(|f| f.to_ascii_lowercase()).collect();
        credentials.insert(member.system(&system.code), Credential { token_sha256, fingerprints });
    }
    Ok(credentials)
}

/// An agency of a running sandbox.
pub struct Watched {
    /// Its identifier.
    pub id: MemberId,
    /// Its folder.
    pub folder: PathBuf,
    /// Its node.
    pub node: Arc<Node>,
    /// Codes of the systems it houses.
    pub housed: Vec<&'static str>,
    /// What it lets others do anyway.
    pub grants: Vec<AccessRule>,
    /// The text of its file when it was last read.
    pub text: String,
}

impl Watched {
    /// Takes up what the agency's file says now. All of it is checked before any of it holds.
    pub fn apply(&self, outside: &Outside) -> Result<()> {
        let offers = offers(&self.id, &outside.systems)?;
        let credentials = credentials(&self.id, &outside.systems)?;
        self.node.offer(offers);
        self.node.admit_systems(credentials);
        self.node.grant([&self.grants[..], &outside.grants].concat());
        Ok(())
    }

    /// What the file says, when its text has changed.
    fn changed(&mut self) -> Result<Option<Outside>> {
        let text = read(&self.folder)?;
        if text == self.text {
            return Ok(None);
        }
        // Whatever comes of it, the same text is not looked at twice.
        self.text = text;
        Outside::parse(&self.text, &self.housed, &self.folder).map(Some)
    }
}

/// Takes up new outside systems of a running sandbox, and lists them in the directory, until it is dropped.
pub async fn watch(mut agencies: Vec<Watched>, mut centre: Centre, clock: Clock) {
    // What nodes have taken up but no directory lists yet: signing or keeping one may fail, on a full disk.
    let mut changed = Vec::new();
    loop {
        tokio::time::sleep(Duration::from_millis(WATCH_MILLIS)).await;
        for agency in &mut agencies {
            let taken = agency.changed().and_then(|outside| {
                outside.map(|outside| agency.apply(&outside).map(|()| outside)).transpose()
            });
            match taken {
                Ok(Some(outside)) => changed.push((agency.id.clone(), outside)),
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(agency = %agency.id, "{FILE} is not taken, what it said before holds on: {error:#}")
                }
            }
        }
        match publish(&agencies, &mut centre, &changed, clock.now()) {
            Ok(()) => changed.clear(),
            Err(error) => tracing::error!("the directory can't be signed anew; trying again: {error:#}"),
        }
    }
}

/// Signs a directory that lists what changed, and gives it to every node.
fn publish(
    agencies: &[Watched],
    centre: &mut Centre,
    changed: &[(MemberId, Outside)],
    now: Timestamp,
) -> Result<()> {
    let current = agencies
        .iter()
        .filter_map(|agency| agency.node.keeper().current())
        .max_by_key(|current| current.directory.version);
    let Some(current) = current else { return Ok(()) };
    let old = now.duration_since(current.directory.issued) > SignedDuration::from_hours(SIGN_ANEW_HOURS);
    if changed.is_empty() && !old {
        return Ok(());
    }
    let mut directory = current.directory.clone();
    for (member, outside) in changed {
        let housed =
            agencies.iter().find(|agency| agency.id == *member).map(|agency| agency.housed.as_slice());
        list(&mut directory, member, housed.unwrap_or_default(), outside);
    }
    let note = centre.sign(directory, now)?;
    for agency in agencies {
        agency.node.keeper().offer(note.clone())?;
    }
    Ok(())
}

/// Lists in the directory the systems that a member houses and, instead of those listed before, the outside ones.
pub fn list(directory: &mut Directory, member: &MemberId, housed: &[&str], outside: &Outside) {
    for entry in directory.members.iter_mut().filter(|entry| entry.id == *member) {
        entry.systems.retain(|system| housed.contains(&&*system.code));
        entry.systems.extend(outside.entries());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use exchange::MemberEntry;

    const GOOD: &str = r#"
        [[systems]]
        code = "tax-office"
        token-sha256 = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"

        [[systems.services]]
        code = "receipts"
        url = "http://127.0.0.1:9000/api"
        openapi = "receipts.json"

        [[grants]]
        system = "tax-office"
        service = "receipts"
        client = "VN/GOV/G22/portal"
    "#;

    fn parse(text: &str) -> Result<Outside> {
        Outside::parse(text, &["one-door"], Path::new("/country/h26"))
    }

    #[test]
    fn a_file_is_read_and_written_alike() {
        let outside = parse(GOOD).unwrap();
        assert_eq!(
            outside.systems[0].services[0].openapi.as_deref(),
            Some(Path::new("/country/h26/receipts.json"))
        );
        assert_eq!(parse(&toml::to_string(&outside).unwrap()).unwrap(), outside);
        assert_eq!(parse("").unwrap(), Outside::default());
    }

    #[test]
    fn what_can_not_be_is_told() {
        for (from, to, words) in [
            ("code = \"tax-office\"", "code = \"one-door\"", "taken twice"),
            ("code = \"tax-office\"", "code = \"tax/office\"", "not allowed"),
            ("code = \"receipts\"", "code = \"..\"", "not allowed"),
            ("code = \"receipts\"", "code = \"listMethods\"", "call of the protocol"),
            (
                "[[grants]]",
                "[[systems.services]]\ncode = \"receipts\"\nurl = \"http://h\"\n[[grants]]",
                "twice",
            ),
            ("system = \"tax-office\"", "system = \"tax\"", "does not have"),
            ("token-sha256", "token", "unknown field"),
            ("client =", "clients =", "unknown field"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD, "{from}");
            let error = format!("{:#}", parse(&text).unwrap_err());
            assert!(error.contains(words), "{from} -> {to}: {error}");
        }
        let twice = format!("{GOOD}\n[[systems]]\ncode = \"tax-office\"\ntoken-sha256 = \"00\"");
        assert!(parse(&twice).unwrap_err().to_string().contains("taken twice"));
    }

    #[test]
    fn offers_and_credentials_are_made_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let member = MemberId::agency("H26");
        let outside = Outside::parse(GOOD, &[], folder.path()).unwrap();
        assert!(offers(&member, &outside.systems).is_err(), "the OpenAPI document is missing");
        for (document, good) in [("{\"openapi\": \"3.1.0\"}", true), ("openapi: 3.1.0", false)] {
            std::fs::write(folder.path().join("receipts.json"), document).unwrap();
            assert_eq!(offers(&member, &outside.systems).is_ok(), good, "{document}");
        }
        let known = credentials(&member, &outside.systems).unwrap();
        assert!(known[&member.system("tax-office")].token_sha256.is_some());
        let short = Outside::parse(&GOOD.replace("2bb80d", ""), &[], folder.path()).unwrap();
        assert!(credentials(&member, &short.systems).is_err());
        let secure = Outside::parse(&GOOD.replace("http:", "https:"), &[], folder.path()).unwrap();
        assert!(offers(&member, &secure.systems).is_err());
    }

    #[test]
    fn the_directory_lists_what_the_file_says_and_no_more() {
        let member = MemberId::agency("H26");
        let housed = SystemEntry {
            code: "one-door".into(),
            name: "Một cửa".into(),
            national: false,
            services: vec!["dossiers".into()],
        };
        let entry = |id: &MemberId| MemberEntry {
            id: id.clone(),
            name: String::new(),
            name_en: String::new(),
            nodes: vec![id.to_string()],
            systems: vec![housed.clone()],
        };
        let mut directory = Directory {
            members: vec![entry(&member), entry(&MemberId::agency("G22"))],
            ..Directory::default()
        };
        list(&mut directory, &member, &["one-door"], &parse(GOOD).unwrap());
        let codes = |directory: &Directory, at: usize| {
            directory.members[at].systems.iter().map(|s| s.code.clone()).collect::<Vec<_>>()
        };
        assert_eq!(codes(&directory, 0), ["one-door", "tax-office"]);
        assert_eq!(directory.members[0].systems[1].services, ["receipts"]);
        assert_eq!(codes(&directory, 1), ["one-door"]);
        list(&mut directory, &member, &["one-door"], &Outside::default());
        assert_eq!(directory.members[0].systems, std::slice::from_ref(&housed));
    }
}
