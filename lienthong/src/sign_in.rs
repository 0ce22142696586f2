//! How people sign in to a node's pages, and which sites sign their people in at the identity system of a node: what the
//! configuration says of it, and what is made of that.

use crate::{agency, config::Config, keys, site};
use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use openid::{OutgoingCalls, RelyingParty};
use pki::LedgerKey;
use serde::Deserialize;
use std::{collections::HashSet, path::PathBuf, sync::Arc};
use store::Store;
use system::{Clock, Random};

/// How people sign in to the pages.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SignInConfig {
    /// The identity system, by its issuer: `https://dinhdanh.example/identity`.
    pub issuer: String,
    /// The site's name there; the agency's identifier and `pages` when absent.
    #[serde(default)]
    pub client: Option<String>,
    /// Key that the site shows that it is the site with, PKCS#8 PEM; `sign-in.key` in the data folder when absent. It is made
    /// when it is not there.
    #[serde(default)]
    pub key: Option<PathBuf>,
    /// Certificates of the authorities that certify the identity system's server, PEM; those that Debian trusts when absent.
    #[serde(default)]
    pub authorities: Option<PathBuf>,
}

/// A web site of the State whose people sign in at the identity system of this node.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SiteConfig {
    /// Its name as a client: `VN/GOV/H26/pages`.
    pub client: String,
    /// What people see, in Vietnamese.
    pub name: String,
    /// The same in English; as in Vietnamese when absent.
    #[serde(default)]
    pub name_en: Option<String>,
    /// Where people reach it: scheme, host and port.
    pub url: String,
    /// Public half of its key, as its node prints it.
    pub key: String,
    /// Codes of the systems whose posts it is told.
    pub systems: Vec<String>,
}

impl Config {
    /// Where people reach the pages, without a slash behind it; nothing where there are none.
    pub fn pages_url(&self) -> Option<String> {
        let address = self.listen.pages?;
        let url = self.listen.pages_url.clone().unwrap_or_else(|| format!("http://{address}"));
        Some(url.trim_end_matches('/').to_owned())
    }

    /// The site's name at the identity system.
    pub fn client(&self) -> String {
        let named = self.sign_in.as_ref().and_then(|sign_in| sign_in.client.clone());
        named.unwrap_or_else(|| format!("{}/pages", self.agency.id))
    }
}

impl SiteConfig {
    /// The site as the identity system registers it.
    pub fn site(&self) -> identity::sites::Site {
        identity::sites::Site {
            client: self.client.clone(),
            name_vi: self.name.clone(),
            name_en: self.name_en.clone().unwrap_or_else(|| self.name.clone()),
            url: self.url.trim_end_matches('/').to_owned(),
            public_key: self.key.clone(),
            systems: self.systems.clone(),
        }
    }
}

/// Checks what the configuration says of signing in.
pub fn check(config: &Config) -> Result<()> {
    if let Some(url) = &config.listen.pages_url {
        let has_path = url.splitn(4, '/').nth(3).is_some_and(|rest| !rest.is_empty());
        ensure!(
            openid::is_safe(url) && !has_path,
            "listen.pages-url = {url:?} is not where people reach a site; write https://host, without a path"
        );
        ensure!(
            config.listen.pages.is_some(),
            "listen.pages-url says where pages are, and listen.pages opens none"
        );
    }
    if let Some(sign_in) = &config.sign_in {
        ensure!(
            openid::is_safe(&sign_in.issuer) && !sign_in.issuer.ends_with('/'),
            "sign-in.issuer = {:?} is no issuer; write it as the identity system says, https://host/identity",
            sign_in.issuer
        );
        ensure!(config.listen.pages.is_some(), "sign-in is for pages, and listen.pages opens none");
        if let Some(url) = config.pages_url() {
            ensure!(
                openid::is_safe(&url),
                "people would come from {url}, which is not https; set listen.pages-url to the address of the \
                 server with TLS before it"
            );
        }
        ensure!(
            config.agency.node.is_none() || sign_in.key.is_some(),
            "agency.node says that several nodes serve the same pages; they share sign-in.key, so set it and copy the file \
             that the first node makes"
        );
    }
    ensure!(
        config.sites.is_empty() || config.hosts.iter().any(|code| code == identity::FACTS.code),
        "sites names sites whose people sign in here, and hosts has no identity system"
    );
    let mut clients = HashSet::new();
    for site in &config.sites {
        identity::sites::registration(&site.site()).context("sites")?;
        ensure!(clients.insert(&site.client), "sites has {} twice", site.client);
    }
    Ok(())
}

/// Has the identity system, where the node hosts it, know the sites of the configuration and no others.
pub async fn register_sites(accounts: Option<&Store>, config: &Config, now: Timestamp) -> Result<()> {
    let Some(accounts) = accounts else { return Ok(()) };
    let sites: Vec<_> = config.sites.iter().map(SiteConfig::site).collect();
    Ok(identity::sites::register(accounts, &sites, now).await?)
}

/// The pages as a relying party, where people can sign in to them. The public half of its key is told, for the identity
/// system's configuration.
pub fn relying_party(config: &Config, clock: &Clock, random: &Random) -> Result<Option<Arc<RelyingParty>>> {
    let (Some(sign_in), Some(url)) = (&config.sign_in, config.pages_url()) else {
        eprintln!("lienthong: nobody can sign in to the pages; [sign-in] joins them to an identity system");
        return Ok(None);
    };
    let key = keys::signing_key(&key_file(config, sign_in), random)?;
    let public = site::public_half(&key)?;
    eprintln!("lienthong: the site {} at {url} signs in with the key {public}", config.client());
    Ok(Some(Arc::new(party(config, sign_in, url, &key, (clock, random))?)))
}

fn key_file(config: &Config, sign_in: &SignInConfig) -> PathBuf {
    sign_in.key.clone().unwrap_or_else(|| config.agency.data.join(agency::SIGN_IN_KEY))
}

fn party(
    config: &Config,
    sign_in: &SignInConfig,
    url: String,
    key: &LedgerKey,
    of_machine: (&Clock, &Random),
) -> Result<RelyingParty> {
    let (issuer, client) = (sign_in.issuer.clone(), config.client());
    site::relying_party(issuer, client, url, key, calls(sign_in)?, of_machine)
}

/// Looks whether people can sign in at the identity system. Nothing where the site has no key yet.
pub async fn look(config: &Config, sign_in: &SignInConfig, url: String) -> Option<Result<()>> {
    let file = key_file(config, sign_in);
    if !file.exists() {
        return None;
    }
    let looked = async {
        let (random, clock) = (Random::from_system()?, Clock::real());
        let key = keys::signing_key(&file, &random)?;
        party(config, sign_in, url, &key, (&clock, &random))?.look_at_provider().await?;
        Ok(())
    };
    Some(looked.await)
}

/// Calls to the identity system.
fn calls(sign_in: &SignInConfig) -> Result<OutgoingCalls> {
    let Some(file) = &sign_in.authorities else { return Ok(OutgoingCalls::default()) };
    let pem = std::fs::read(file)
        .with_context(|| format!("sign-in.authorities, {}, can't be read", file.display()))?;
    Ok(OutgoingCalls::trusting(&pem))
}
