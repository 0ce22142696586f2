//! All procedures: read from their files, checked as a whole, found by code, day and words.
//!
//! To add a procedure, write `data/procedures/<code>.toml` (the types of [`crate::model`] say which keys there are, the
//! files beside it show them), name its code in [`FILES`], and run the tests: they say what is wrong by file and key.
//! When the law changes, end the last version on that day and add the next; never change what was in force.

use crate::checks::{Fault, check_file};
use crate::model::{ProcedureFile, ProcedureRecord, Version};
use calendar::dated::{Dated, Entry, Period};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Most procedures in one answer to a search.
pub const FOUND_LIMIT_PROCEDURES: usize = 200;
/// Longest data file, in bytes.
pub const FILE_LIMIT_BYTES: usize = 64 * 1024;

/// The files of `data/procedures`, by code.
macro_rules! files {
    ($($code:literal)+) => {
        &[$(($code, include_str!(concat!("../../../data/procedures/", $code, ".toml")))),+]
    };
}

/// A code and the text of its file.
pub type NamedFile = (&'static str, &'static str);

/// The procedures of Vietnam that are written down so far.
pub const FILES: &[NamedFile] = files! {
    "1.000110" "1.000419" "1.000656" "1.000894" "1.001193" "1.004194" "1.004222" "1.004746" "1.004884" "1.005461"
    "2.000806" "2.000815" "2.000884" "2.000986" "2.001019" "2.001023" "2.001263" "2.002913"
    "3.000722"
};

/// Procedures by code.
#[derive(Debug)]
pub struct Catalogue {
    procedures: BTreeMap<String, ProcedureRecord>,
}

impl Catalogue {
    /// The procedures of Vietnam.
    pub fn vietnam() -> &'static Self {
        static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| match Catalogue::read(FILES) {
            Ok(catalogue) => catalogue,
            // Only a program that was built without running its tests comes here, and it must not go on.
            Err(faults) => {
                panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
            }
        });
        &CATALOGUE
    }

    /// The procedures of these files.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn read(files: &[(&str, &str)]) -> Result<Self, Vec<Fault>> {
        let mut procedures = BTreeMap::new();
        let mut faults = Vec::new();
        for (code, text) in files {
            match read_file(code, text) {
                Ok(procedure) if !procedures.contains_key(&procedure.code) => {
                    procedures.insert(procedure.code.clone(), procedure);
                }
                Ok(_) => {
                    faults.push(Fault::new(code, "code", "another file has the same code; give each its own"))
                }
                Err(of_file) => faults.extend(of_file),
            }
        }
        if faults.is_empty() { Ok(Self { procedures }) } else { Err(faults) }
    }

    /// The procedure with a code.
    pub fn find(&self, code: &str) -> Option<&ProcedureRecord> {
        self.procedures.get(code)
    }

    /// Every procedure, by code.
    pub fn procedures(&self) -> impl Iterator<Item = &ProcedureRecord> {
        self.procedures.values()
    }

    /// The procedure with a code as it was in force on a day.
    pub fn in_force(&self, code: &str, day: Date) -> Option<(&ProcedureRecord, &Version)> {
        let procedure = self.find(code)?;
        Some((procedure, procedure.versions.at(day)?))
    }

    /// The procedures in force on a day whose name, sector or code has all words of a text, with or without accents;
    /// those one can apply for online first, then by name. All of them when the text is empty.
    pub fn search(&self, text: &str, day: Date) -> Vec<(&ProcedureRecord, &Version)> {
        let folded = store::fold(text);
        let words: Vec<&str> = folded.split_whitespace().collect();
        let has_all = |procedure: &ProcedureRecord| {
            words.iter().all(|word| procedure.folded.contains(word) || procedure.code.starts_with(word))
        };
        let in_force = |procedure| Some((procedure, ProcedureRecord::at(procedure, day)?));
        let mut found: Vec<_> =
            self.procedures.values().filter(|p| has_all(p)).filter_map(in_force).collect();
        found.sort_by_cached_key(|(procedure, version)| {
            (version.form.is_none(), store::fold(&procedure.name.vi))
        });
        found.truncate(FOUND_LIMIT_PROCEDURES);
        found
    }
}

impl ProcedureRecord {
    /// The procedure as it was in force on a day.
    pub fn at(&self, day: Date) -> Option<&Version> {
        self.versions.at(day)
    }
}

fn read_file(code: &str, text: &str) -> Result<ProcedureRecord, Vec<Fault>> {
    if text.len() > FILE_LIMIT_BYTES {
        let fault = format!("the file has more than {FILE_LIMIT_BYTES} bytes; split it");
        return Err(vec![Fault::new(code, "file", fault)]);
    }
    let file: ProcedureFile = toml::from_str(text).map_err(|error| {
        let line = error
            .span()
            .map_or(1, |span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
        vec![Fault::new(code, &format!("line {line}"), error.message())]
    })?;
    let faults = check_file(code, &file);
    if !faults.is_empty() {
        return Err(faults);
    }
    let entry = |version: Version| Entry {
        period: Period { effective_from: version.from, effective_to: version.until },
        citation: version.source.citation.clone(),
        value: version,
    };
    let versions = Dated::from_rows(file.versions.into_iter().map(entry))
        .map_err(|error| vec![Fault::new(code, "versions", error.to_string())])?;
    let folded = store::fold(&format!("{} {} {}", file.name.vi, file.name.en, file.sector.vi));
    Ok(ProcedureRecord { code: file.code, name: file.name, sector: file.sector, versions, folded })
}
