//! `lienthong tour`: walks through a whole journey as its people would, page by page, prints each hop between agencies and
//! verifies the proof of each.

use crate::{
    browser::{Browser, Document, PageForm, get_text},
    sandbox::{Country, Options},
};
use anyhow::{Context as _, Result, bail, ensure};
use exchange::{Receipt, rest};
use http::StatusCode;
use jiff::{Timestamp, civil::Date};
use ledger::VerifierKey;
use std::{path::PathBuf, process::ExitCode, time::Duration};
use system::{Clock, Random, clock::day_in_vietnam};

/// The joined procedure: birth, permanent residence and health card (its page says more).
const PROCEDURE: &str = "3.000722";
/// People of the country that the tour starts for itself.
const PEOPLE: u64 = 3_000;
/// Largest text that is fetched beside pages, in bytes.
const TEXT_LIMIT_BYTES: usize = 64 * 1024;
/// How long one agency's part may take, in seconds.
const WAIT_LIMIT_SECONDS: u64 = 60;
/// Waiting time between two looks, in milliseconds.
const LOOK_AGAIN_MILLIS: u64 = 200;
/// Pages of an application, more than there are.
const PAGES_LIMIT: usize = 20;
/// Given names of the children of the tour.
const GIVEN_NAMES: [&str; 12] =
    ["An", "Bình", "Chi", "Dương", "Giang", "Hà", "Khánh", "Linh", "Minh", "Ngọc", "Phúc", "Thảo"];

/// What one walk went through.
struct Walk {
    base: String,
    today: Date,
    child: Child,
}

/// The child that is born.
struct Child {
    middle: String,
    given: String,
    sex: &'static str,
}

/// A birth, against a running country or a small one of its own.
#[allow(clippy::print_stdout)]
pub async fn birth(against: Option<&str>) -> Result<ExitCode> {
    let started = Clock::real().now();
    match against {
        Some(base) => Walk::begin(base)?.walk().await?,
        None => {
            let dir = Folder::new()?;
            println!("starting a small country for the tour ...");
            let options = Options {
                dir: dir.0.clone(),
                listen: ([127, 0, 0, 1], 0).into(),
                people: PEOPLE,
                seed: crate::sandbox::SEED,
                progress: false,
            };
            let country = Country::start(&options).await?;
            let walked = Walk::begin(country.url())?.walk().await;
            country.close().await;
            walked?;
        }
    }
    println!("the whole journey took {:.1} s", Clock::real().now().duration_since(started).as_secs_f64());
    Ok(ExitCode::SUCCESS)
}

impl Walk {
    fn begin(base: &str) -> Result<Self> {
        let random = Random::from_system()?;
        let name = |random: &Random| GIVEN_NAMES[random.below(GIVEN_NAMES.len() as u64) as usize];
        let child = Child {
            middle: format!("{} {}", name(&random), name(&random)),
            given: name(&random).into(),
            sex: if random.below(2) == 0 { "female" } else { "male" },
        };
        Ok(Self {
            base: base.trim_end_matches('/').into(),
            today: day_in_vietnam(Clock::real().now()),
            child,
        })
    }

    #[allow(clippy::print_stdout)]
    async fn walk(&self) -> Result<()> {
        let counted = self.births_counted().await?;
        let mut mother = self.sign_in("mother").await?;
        println!("1. the mother applies on the portal");
        let submission = self.apply(&mut mother).await?;
        println!("   submission {submission}");
        println!("2. the one-door officer receives the dossier");
        let mut officer = self.sign_in("officer").await?;
        let dossier = self.receive(&mut officer, &submission).await?;
        println!("   dossier {dossier}");
        println!("3. the registrar registers the birth");
        self.register(&dossier).await?;
        println!("4. the results come back to the mother");
        for document in self.results(&mut mother, &submission).await? {
            println!("   {document}");
        }
        println!("5. the figures move");
        println!(
            "   births registered in this reporting month: {counted}, now {}",
            self.moved(counted).await?
        );
        println!("6. every message between the agencies, and its proof");
        let proven = self.prove(&[&submission, &dossier]).await?;
        println!("   {proven} messages, every one proven");
        Ok(())
    }

    async fn sign_in(&self, key: &str) -> Result<Browser> {
        let mut browser = Browser::new(&self.base);
        let page = browser.get("/sign-in?lang=en").await?;
        let form = page.forms_to("/sign-in").into_iter().find(|form| form.value("key") == Some(key));
        let form =
            form.with_context(|| format!("nobody can sign in as {key} at {}; is it a sandbox?", self.base))?;
        let page = browser.send(&form).await?;
        check(&page)?;
        Ok(browser)
    }

    /// Fills in the application, whichever page comes next, and sends it. Returns the portal's identifier.
    async fn apply(&self, mother: &mut Browser) -> Result<String> {
        let start = format!("/portal/apply/{PROCEDURE}");
        let page = mother.get(&start).await?;
        check(&page)?;
        let mut page = mother.send(&page.form(&start)?).await?;
        for _ in 0..PAGES_LIMIT {
            check(&page)?;
            let path = page.path.split('?').next().unwrap_or_default().to_owned();
            if let Some(rest) = path.strip_prefix("/portal/dossiers/") {
                let submission = rest.split('/').next().unwrap_or_default();
                ensure!(!submission.is_empty(), "the application ended at {path}, which names no dossier");
                return Ok(submission.to_owned());
            }
            let form = page.form(&path)?;
            let form = match path.rsplit('/').next().unwrap_or_default() {
                "child" => self.fill_child(form)?,
                "birth-place" => {
                    let form = form.with("facility", "Bệnh viện Phụ sản Hà Nội")?;
                    form.choosing_first("commune")?.with("search", "")?
                }
                "choices" => form
                    .with("hometown", "father")?
                    .with("ethnicity", "father")?
                    .with("registers-at", "mother")?,
                // What the State knows of the parents is only looked at; the declaration is ticked.
                _ => form.ticking_all(),
            };
            page = mother.send(&form).await?;
        }
        bail!("the application did not end after {PAGES_LIMIT} pages; the last is {}", page.path)
    }

    fn fill_child(&self, form: PageForm) -> Result<PageForm> {
        form.with("middle-name", &self.child.middle)?
            .with("given-name", &self.child.given)?
            .with("sex", self.child.sex)?
            .with("birth-date-day", &self.today.day().to_string())?
            .with("birth-date-month", &self.today.month().to_string())?
            .with("birth-date-year", &self.today.year().to_string())?
            .with("birth-notice", "")
    }

    /// Receives the dossier as soon as the one-door has it. Returns its code.
    async fn receive(&self, officer: &mut Browser, submission: &str) -> Result<String> {
        let path = format!("/one-door/dossiers/{submission}");
        let page = appears(officer, &path, "the dossier does not reach the one-door", |page| {
            page.form(&path).is_ok()
        })
        .await?;
        decide(officer, page.form(&path)?.with("decision", "receive")?, &path).await?;
        let page = officer.get(&path).await?;
        dossier_code(&page.text()).with_context(|| format!("{path} shows no code of the dossier"))
    }

    /// Registers the birth as soon as the registrar has the application.
    async fn register(&self, dossier: &str) -> Result<()> {
        let mut registrar = self.sign_in("registrar").await?;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(WAIT_LIMIT_SECONDS);
        loop {
            let list = registrar.get("/civil-status").await?;
            check(&list)?;
            for path in
                list.links().into_iter().filter(|link| link.starts_with("/civil-status/applications/"))
            {
                let page = registrar.get(&path).await?;
                if page.text().contains(dossier) {
                    return decide(&mut registrar, page.form(&path)?.with("decision", "register")?, &path)
                        .await;
                }
            }
            ensure!(
                tokio::time::Instant::now() < deadline,
                "the application of dossier {dossier} does not reach the registrar"
            );
            tokio::time::sleep(Duration::from_millis(LOOK_AGAIN_MILLIS)).await;
        }
    }

    /// Waits for the results and fetches each document. Returns what each is.
    async fn results(&self, mother: &mut Browser, submission: &str) -> Result<Vec<String>> {
        let path = format!("/portal/dossiers/{submission}");
        let page = appears(mother, &path, "the results do not come back", |page| {
            page.text().contains("Result returned")
        })
        .await?;
        let documents = format!("{path}/documents/");
        let mut fetched = Vec::new();
        for link in page.links().into_iter().filter(|link| link.starts_with(&documents)) {
            let document = mother.get(&link).await?;
            check(&document)?;
            ensure!(document.content.starts_with(b"%PDF-"), "{link} is no PDF");
            fetched.push(format!(
                "{} ({} bytes, signed PDF)",
                link.trim_start_matches(&documents),
                document.content.len()
            ));
        }
        ensure!(
            fetched.len() >= 3,
            "only {} documents came back; the receipt slip, the certificate and the health card are due",
            fetched.len()
        );
        Ok(fetched)
    }

    /// How many births the reporting system has counted in the country this month, as anybody may see.
    async fn births_counted(&self) -> Result<i64> {
        let csv = get_text(&format!("{}/reporting/figures.csv", self.base), TEXT_LIMIT_BYTES).await?;
        let line = csv.lines().find_map(|line| line.strip_prefix("VN,,births,"));
        let value = line.and_then(|line| line.split(',').nth(2)).and_then(|value| value.parse().ok());
        value.context("/reporting/figures.csv has no line with the births of the country")
    }

    /// Waits until the birth is counted. Other births may be counted at the same time.
    async fn moved(&self, from: i64) -> Result<i64> {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(WAIT_LIMIT_SECONDS);
        loop {
            let counted = self.births_counted().await?;
            if counted > from {
                return Ok(counted);
            }
            ensure!(tokio::time::Instant::now() < deadline, "the birth does not reach the figures");
            tokio::time::sleep(Duration::from_millis(LOOK_AGAIN_MILLIS)).await;
        }
    }

    /// Prints every message of the cases and verifies its receipt.
    #[allow(clippy::print_stdout)]
    async fn prove(&self, cases: &[&str]) -> Result<usize> {
        let anchor = get_text(&format!("{}/exchange/anchor", self.base), TEXT_LIMIT_BYTES).await?;
        let anchor: VerifierKey = anchor.trim().parse().context("the centre's key can't be read")?;
        let mut operator = self.sign_in("operator").await?;
        let mut proven = 0;
        for case in cases {
            let list = operator.get_json(&format!("/exchange/cases/{case}")).await?;
            let ids = list["messages"].as_array().context("the list of messages can't be read")?;
            for id in ids.iter().filter_map(|message| message["id"].as_str()) {
                let page = operator.get(&format!("/exchange/messages/{id}/receipt")).await?;
                check(&page)?;
                let receipt = Receipt::parse(&page.text())?;
                let facts =
                    receipt.verify(&anchor, None).with_context(|| format!("message {id} is not proven"))?;
                ensure!(facts.provider.is_some(), "message {id} has no answer");
                print_hop(&receipt, &facts);
                proven += 1;
            }
        }
        // Submission, filing, number, residence, card, delivery: fewer can't have made the results. The events are in no case.
        ensure!(proven >= 6, "only {proven} messages were found; the journey takes more");
        Ok(proven)
    }
}

/// One hop: who called whom, why, what was shown, and the proof.
#[allow(clippy::print_stdout)]
fn print_hop(receipt: &Receipt, facts: &exchange::receipt::Proven) {
    let header = |name| receipt.request_header(&name).unwrap_or_default();
    let at = facts.sealed_micros.and_then(|micros| Timestamp::from_microsecond(micros).ok());
    let at = at.map(|at| at.to_string()).unwrap_or_default();
    let fields = receipt.answer_header(&rest::FIELDS).unwrap_or_else(|| "all fields".into());
    println!("   {at}  {} -> {}", facts.client, facts.call);
    println!(
        "     purpose {}, legal basis {}, shown: {fields}",
        header(rest::PURPOSE),
        header(rest::LEGAL_BASIS)
    );
    let provider = facts.provider.as_deref().unwrap_or_default();
    println!(
        "     answered {}; in the logs of {} and {provider}; receipt {}",
        facts.status.as_deref().unwrap_or_default(),
        facts.consumer,
        receipt.message
    );
}

/// Sends a decision and confirms it.
async fn decide(browser: &mut Browser, form: PageForm, path: &str) -> Result<()> {
    let confirmation = browser.send(&form).await?;
    check(&confirmation)?;
    let done = browser.send(&confirmation.form(path)?).await?;
    check(&done)
}

/// Looks at a page until it is as it should be.
async fn appears(
    browser: &mut Browser,
    path: &str,
    otherwise: &str,
    is_right: impl Fn(&Document) -> bool,
) -> Result<Document> {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(WAIT_LIMIT_SECONDS);
    loop {
        let page = browser.get(path).await?;
        if page.status == StatusCode::OK && is_right(&page) {
            return Ok(page);
        }
        ensure!(tokio::time::Instant::now() < deadline, "{otherwise}: {path} still answers {}", page.status);
        tokio::time::sleep(Duration::from_millis(LOOK_AGAIN_MILLIS)).await;
    }
}

fn check(page: &Document) -> Result<()> {
    ensure!(page.status == StatusCode::OK, "{} answered {}: {}", page.path, page.status, page.errors());
    Ok(())
}

/// The first code of a dossier in a text (Circular 01/2018/TT-VPCP article 19).
fn dossier_code(text: &str) -> Option<String> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'))
        .find(|word| is_dossier_code(word))
        .map(str::to_owned)
}

fn is_dossier_code(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    matches!(parts[..], [agency, day, serial] if agency.len() == 13 && digits(day, 6) && digits(serial, 4))
}

/// A folder that is gone when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("lienthong-tour-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        Ok(Self(dir))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What can't be removed is in a temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_dossier_is_found_in_a_page() {
        for (text, code) in [
            ("<dd>000.00.00.H26-261121-0001</dd>", Some("000.00.00.H26-261121-0001")),
            ("2026-11-21 and 000.00.00.H26-261121-001", None),
        ] {
            assert_eq!(dossier_code(text).as_deref(), code, "{text}");
        }
    }
}
