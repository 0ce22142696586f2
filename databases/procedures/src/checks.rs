//! What must hold of a data file before the country works by it.

use crate::model::{Both, Component, ProcedureFile, Source, Step, Term, TermUnit, Version};
use contracts::MemberId;
use std::collections::BTreeSet;
use std::fmt::Display;
use thiserror::Error;

/// The forms the country's one-doors can take.
pub const FORMS: &[&str] = &["birth"];
/// Longest text of one key, in characters.
pub const TEXT_LIMIT_CHARACTERS: usize = 500;
/// Most versions of a procedure, and most components, fees, steps or results of a version.
pub const LIST_LIMIT: usize = 100;

/// Something wrong with a data file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("data/procedures/{file}.toml: {key}: {fault}")]
pub struct Fault {
    /// The file, without its ending.
    pub file: String,
    /// The key, as a dotted path, or the line when the file can't be read so far.
    pub key: String,
    /// What is wrong and what to do.
    pub fault: String,
}

impl Fault {
    pub(crate) fn new(file: &str, key: &str, fault: impl Into<String>) -> Self {
        Self { file: file.into(), key: key.into(), fault: fault.into() }
    }
}

/// Everything that is wrong with a file, but for versions that share a day.
pub fn check_file(name: &str, file: &ProcedureFile) -> Vec<Fault> {
    let mut check = Check { file: name, faults: Vec::new() };
    if file.code != name {
        check.note(
            "code",
            format!("{:?} is not the name of the file; write {name:?} or rename it", file.code),
        );
    }
    if !is_procedure_code(&file.code) {
        check.note("code", format!("{:?} is not a digit, a dot and six digits, such as 1.001193", file.code));
    }
    check.both("name", &file.name);
    check.both("sector", &file.sector);
    if file.versions.is_empty() {
        check.note("versions", "there is none; write from which day it is in force");
    }
    check.list("versions", &file.versions);
    for (index, version) in file.versions.iter().enumerate() {
        check.version(&format!("versions[{index}]"), version);
    }
    check.faults
}

/// A digit, a dot, six digits.
pub fn is_procedure_code(code: &str) -> bool {
    match code.as_bytes() {
        [kind, b'.', number @ ..] => {
            kind.is_ascii_digit() && number.len() == 6 && number.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

/// A check under way.
struct Check<'a> {
    file: &'a str,
    faults: Vec<Fault>,
}

impl Check<'_> {
    fn note(&mut self, key: impl Display, fault: impl Into<String>) {
        self.faults.push(Fault::new(self.file, &key.to_string(), fault));
    }

    fn text(&mut self, key: &str, text: &str) {
        if text.trim().is_empty() {
            self.note(key, "it is empty; write it");
        }
        if text.chars().count() > TEXT_LIMIT_CHARACTERS {
            self.note(key, format!("it has more than {TEXT_LIMIT_CHARACTERS} characters; shorten it"));
        }
    }

    fn both(&mut self, key: &str, both: &Both) {
        self.text(&format!("{key}.vi"), &both.vi);
        self.text(&format!("{key}.en"), &both.en);
    }

    fn source(&mut self, key: &str, source: &Source) {
        self.text(&format!("{key}.citation"), &source.citation);
    }

    fn list<T>(&mut self, key: &str, list: &[T]) {
        if list.len() > LIST_LIMIT {
            self.note(key, format!("it has more than {LIST_LIMIT} entries"));
        }
    }

    fn unique<'c>(&mut self, key: &str, codes: impl Iterator<Item = &'c str>) {
        let mut seen = BTreeSet::new();
        for (index, code) in codes.enumerate() {
            self.text(&format!("{key}[{index}].code"), code);
            if !seen.insert(code) {
                self.note(
                    format!("{key}[{index}].code"),
                    format!("{code:?} stands twice; give each its own code"),
                );
            }
        }
    }

    fn term(&mut self, key: &str, term: &Term) {
        self.text(&format!("{key}.citation"), &term.citation);
        match (term.unit, term.count) {
            (TermUnit::SameDay, Some(_)) => {
                self.note(format!("{key}.count"), "the same day has no count; remove it")
            }
            (TermUnit::SameDay, None) | (_, Some(1..)) => {}
            (_, Some(0) | None) => self.note(format!("{key}.count"), "write how many, at least 1"),
        }
    }

    fn version(&mut self, key: &str, version: &Version) {
        if version.until.is_some_and(|until| until <= version.from) {
            self.note(format!("{key}.until"), "it is not after the first day; correct one of them");
        }
        self.source(&format!("{key}.source"), &version.source);
        self.text(&format!("{key}.authority.citation"), &version.authority.citation);
        self.term(&format!("{key}.time_limit"), &version.time_limit);
        self.fees(key, version);
        self.components(&format!("{key}.components"), &version.components);
        self.steps(&format!("{key}.steps"), &version.steps);
        self.list(&format!("{key}.results"), &version.results);
        self.unique(&format!("{key}.results"), version.results.iter().map(|result| result.code.as_str()));
        for (index, result) in version.results.iter().enumerate() {
            self.both(&format!("{key}.results[{index}].name"), &result.name);
        }
        if let Some(form) = &version.form {
            self.online(key, form, version);
        }
    }

    fn fees(&mut self, key: &str, version: &Version) {
        self.list(&format!("{key}.fees"), &version.fees);
        for (index, fee) in version.fees.iter().enumerate() {
            let key = format!("{key}.fees[{index}]");
            self.both(&format!("{key}.name"), &fee.name);
            self.source(&format!("{key}.source"), &fee.source);
            if fee.amount_vnd <= 0 {
                self.note(
                    format!("{key}.amount_vnd"),
                    "write whole dong above 0, or free_of_charge with its citation",
                );
            }
        }
        if let Some(source) = &version.free_of_charge {
            self.source(&format!("{key}.free_of_charge"), source);
            if !version.fees.is_empty() {
                self.note(format!("{key}.free_of_charge"), "fees stand beside it; remove one of the two");
            }
        }
    }

    fn components(&mut self, key: &str, components: &[Component]) {
        self.list(key, components);
        self.unique(key, components.iter().map(|component| component.code.as_str()));
        let systems: BTreeSet<&str> =
            contracts::operations().iter().map(|operation| operation.system).collect();
        for (index, component) in components.iter().enumerate() {
            self.both(&format!("{key}[{index}].name"), &component.name);
            self.source(&format!("{key}[{index}].source"), &component.source);
            if let Some(system) = component.held_by.as_deref().filter(|system| !systems.contains(system)) {
                self.note(
                    format!("{key}[{index}].held_by"),
                    format!("no system of the country is called {system:?}"),
                );
            }
        }
    }

    fn steps(&mut self, key: &str, steps: &[Step]) {
        self.list(key, steps);
        self.unique(key, steps.iter().map(|step| step.code.as_str()));
        for (index, step) in steps.iter().enumerate() {
            let key = format!("{key}[{index}]");
            self.both(&format!("{key}.name"), &step.name);
            self.term(&format!("{key}.time_limit"), &step.time_limit);
            if let Err(error) = step.member.parse::<MemberId>() {
                self.note(format!("{key}.member"), error.to_string());
            }
            if !can_be_asked_for(&step.operation) {
                let fault = format!("no system has an operation {:?}", step.operation);
                self.note(format!("{key}.operation"), fault);
            }
            for unknown in step.after.iter().filter(|code| !steps.iter().any(|other| other.code == **code)) {
                self.note(format!("{key}.after"), format!("no step is called {unknown:?}"));
            }
        }
        if let Some(code) = step_that_waits_for_itself(steps) {
            self.note(
                format!("{key}.after"),
                format!("the step {code:?} waits for itself; break the circle"),
            );
        }
    }

    /// What an applicant can be promised needs to be known.
    fn online(&mut self, key: &str, form: &str, version: &Version) {
        if !FORMS.contains(&form) {
            self.note(
                format!("{key}.form"),
                format!("{form:?} is no form of the country; write one of {FORMS:?}"),
            );
        }
        if version.steps.is_empty() {
            self.note(
                format!("{key}.steps"),
                "there is none, and the procedure has a form; write who does what",
            );
        }
        if version.results.is_empty() {
            self.note(
                format!("{key}.results"),
                "there is none, and the procedure has a form; write what comes of it",
            );
        }
        if version.fees.is_empty() && version.free_of_charge.is_none() {
            self.note(format!("{key}.fees"), "write the fees, or free_of_charge with its citation");
        }
    }
}

/// Whether a system has an operation `system/service/path`. An agency that acts by itself when it hears of an event is asked by
/// one that reads the outcome.
fn can_be_asked_for(operation: &str) -> bool {
    contracts::operations()
        .iter()
        .any(|known| format!("{}/{}{}", known.system, known.service, known.path) == operation)
}

/// A step that, followed through all it waits for, waits for itself.
fn step_that_waits_for_itself(steps: &[Step]) -> Option<&str> {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut waiting: Vec<&Step> = steps.iter().collect();
    loop {
        let before = waiting.len();
        let known = |code: &String| steps.iter().any(|step| step.code == *code);
        let (ready, still): (Vec<&Step>, Vec<&Step>) = waiting
            .into_iter()
            .partition(|step| step.after.iter().all(|code| done.contains(code.as_str()) || !known(code)));
        done.extend(ready.iter().map(|step| step.code.as_str()));
        match still.first() {
            None => return None,
            Some(stuck) if still.len() == before => return Some(&stuck.code),
            Some(_) => waiting = still,
        }
    }
}
