//! What it costs when the country grows: a directory of so many systems, each with a grant at both agencies that are measured.

use super::{
    agencies::{Agencies, PURPOSE, bench_system},
    exchange::{CODES, round_trips},
    quarter::cpu_seconds,
    resident_bytes, together,
};
use anyhow::{Context as _, Result};
use contracts::MemberId;
use exchange::{AccessRule, Directory, MemberEntry, NodeEntry};
use ledger::NoteSigner;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Systems an agency runs: 220 systems of 90 agencies were joined in 2021.
const SYSTEMS_OF_AN_AGENCY: f64 = 220.0 / 90.0;
/// Length of the bodies, in bytes.
const BODY_BYTES: usize = 1_024;
/// How often the directory is read.
const READINGS: u32 = 20;

pub(super) async fn measure(length: Duration, concurrency: usize, systems: usize) -> Result<Value> {
    let (mut agreed, mut kept) = (0, None);
    let began = Instant::now();
    let agencies = Agencies::start_among(&CODES, None, |directory| {
        let grants = add_crowd(directory, systems)?;
        agreed = grants.len();
        kept = Some(directory.clone());
        Ok(grants)
    })
    .await?;
    let started = began.elapsed();
    let reading = read_directory(kept.as_ref().context("the country has a directory")?)?;
    let (cpu, address) = (cpu_seconds()?, agencies.all[0].address);
    let trips = round_trips("round trips of 1 KiB", address, BODY_BYTES, concurrency, length).await?;
    let cpu = cpu_seconds()? - cpu;
    let per_second = trips["round trips of 1 KiB per second"].as_f64().unwrap_or_default();
    let memory = resident_bytes()?;
    agencies.close().await;
    let figures = json!({
        "systems": systems,
        "grants at each node": agreed,
        "start of two nodes ms": started.as_millis() as u64,
        "resident MB": memory / 1_000_000,
        "CPU us a round trip, load included": (cpu * 1e6 / (per_second * length.as_secs_f64()).max(1.0)).round(),
    });
    Ok(together([figures, reading, trips]))
}

/// Adds agencies until the country has so many systems. Each system may call `bench`, and is listed before those that do.
fn add_crowd(directory: &mut Directory, systems: usize) -> Result<Vec<AccessRule>> {
    let agencies = ((systems as f64 / SYSTEMS_OF_AN_AGENCY).ceil() as usize).max(1);
    let mut grants = Vec::new();
    for agency in 0..agencies {
        let id = MemberId::agency(&format!("K{agency}"));
        let signer = NoteSigner::new(&format!("crowd.{agency}"), &seed(agency))?;
        directory.nodes.push(NodeEntry {
            id: id.to_string(),
            address: "127.0.0.1:1".into(),
            ledger: signer.verifier_key().to_string(),
            fingerprints: Vec::new(),
            statement: String::new(),
            ..NodeEntry::default()
        });
        let own = (systems * (agency + 1) / agencies) - (systems * agency / agencies);
        let entries: Vec<_> = (0..own)
            .map(|system| exchange::SystemEntry {
                code: format!("system-{system}"),
                services: ["people", "records", "events"].map(str::to_owned).into(),
                ..bench_system()
            })
            .collect();
        grants.extend(entries.iter().map(|entry| {
            let client = id.clone().system(&entry.code).to_string();
            AccessRule::open("bench", "echo", &client).for_purposes(&[PURPOSE])
        }));
        directory.members.push(MemberEntry {
            nodes: vec![id.to_string()],
            name: format!("Cơ quan {agency}"),
            name_en: format!("Agency {agency}"),
            systems: entries,
            id,
        });
    }
    Ok(grants)
}

fn seed(agency: usize) -> [u8; 32] {
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&agency.to_be_bytes());
    seed
}

/// How large the signed directory is, and how long it takes to sign it and to verify and read it.
fn read_directory(directory: &Directory) -> Result<Value> {
    let centre = NoteSigner::new("bench.centre", &[3; 32])?;
    let unsigned = directory.clone();
    let began = Instant::now();
    let note = unsigned.sign(&centre)?;
    let signing = began.elapsed();
    let began = Instant::now();
    for _ in 0..READINGS {
        Directory::open(&note, &centre.verifier_key())?;
    }
    Ok(json!({
        "bytes of the directory": note.len(),
        "signing the directory us": signing.as_micros() as u64,
        "verifying and reading the directory us": (began.elapsed() / READINGS).as_micros() as u64,
    }))
}
