//! `lienthong tour`: walks through a whole journey as its people would, prints each hop and verifies every proof.

use anyhow::Result;
use std::process::ExitCode;

/// A birth, against a running country or a small one of its own.
pub async fn birth(_against: Option<&str>) -> Result<ExitCode> {
    anyhow::bail!("not walked yet")
}
