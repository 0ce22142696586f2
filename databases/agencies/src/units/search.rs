//! Finds units by words, with or without accents.

use super::Units;
use crate::model::UnitRecord;
use contracts::agencies::UnitLevel;
use jiff::civil::Date;

/// Longest text that is searched for, in characters.
pub const SEARCH_TEXT_LIMIT_CHARACTERS: usize = 200;
/// Most words of it that are looked at.
const SEARCH_LIMIT_WORDS: usize = 16;

/// What to find.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// Words of the unit's name, and if wanted of the units above it, as people write an address.
    pub text: &'a str,
    /// Only units within this province.
    pub province: Option<&'a str>,
    /// Only this level.
    pub level: Option<UnitLevel>,
    /// As it was on this day.
    pub day: Date,
    /// How many to give at most.
    pub limit: usize,
}

/// Units found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'a> {
    /// The units, best first.
    pub units: Vec<&'a UnitRecord>,
    /// There are more than the limit.
    pub more: bool,
}

/// A text as it is searched by: no accents, capitals, apostrophes or signs, one space between words, numbers without
/// leading noughts.
pub(super) fn search_form(text: &str) -> String {
    let mut form = String::with_capacity(text.len());
    let folded = store::fold(text);
    for word in
        folded.split(|c: char| !c.is_alphanumeric() && !is_apostrophe(c)).filter(|word| !word.is_empty())
    {
        if !form.is_empty() {
            form.push(' ');
        }
        let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
        let word = if is_number { word.trim_start_matches('0') } else { word };
        form.extend(word.chars().filter(|c| !is_apostrophe(*c)));
    }
    form
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2bc}')
}

/// How well a unit answers; the smallest first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// The text is not just the unit's name.
    is_partial: bool,
    /// Words of the text that are not in the unit's own name.
    words_elsewhere: usize,
    /// The text has accents, and they differ from the name's.
    accents_differ: bool,
    level: UnitLevel,
}

impl Units {
    /// The units that have all words of a text in their own name or in those of the units above, at least one of them
    /// in their own. The last word may be unfinished.
    pub fn search(&self, search: &Search<'_>) -> Found<'_> {
        let text: String = search.text.chars().take(SEARCH_TEXT_LIMIT_CHARACTERS).collect();
        let form = search_form(&text);
        let words: Vec<&str> =
            form.split(' ').filter(|word| !word.is_empty()).take(SEARCH_LIMIT_WORDS).collect();
        if words.is_empty() {
            return Found { units: Vec::new(), more: false };
        }
        let query = Query { form: &form, accented: accented(&text), words: &words };
        let wanted = |record: &&UnitRecord| {
            record.stood_on(search.day)
                && search.level.is_none_or(|level| record.level == level)
                && search
                    .province
                    .is_none_or(|province| self.province_of(record, search.day).code == province)
        };
        let ranked = |record| self.rank(record, &query, search.day).map(|rank| (rank, record));
        let mut found: Vec<(Rank, &UnitRecord)> =
            self.records.iter().filter(wanted).filter_map(ranked).collect();
        found.sort_by(|(rank, record), (other_rank, other)| {
            (rank, record.code).cmp(&(other_rank, other.code))
        });
        let more = found.len() > search.limit;
        Found { units: found.into_iter().take(search.limit).map(|(_, record)| record).collect(), more }
    }

    fn rank(&self, record: &UnitRecord, query: &Query<'_>, day: Date) -> Option<Rank> {
        let (kind, bare) = record.folded.split_at(record.folded_bare_at);
        let (last, complete) = query.words.split_last()?;
        let is_in = |name: &str, word: &str| name.split(' ').any(|of_name| of_name == word);
        let begins_in = |name: &str, word: &str| {
            let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
            name.split(' ').any(|of_name| if is_number { of_name == word } else { of_name.starts_with(word) })
        };
        let mut elsewhere: Vec<&str> = complete.iter().copied().filter(|word| !is_in(bare, word)).collect();
        if !begins_in(bare, last) {
            elsewhere.push(last);
        }
        if elsewhere.len() == query.words.len() {
            return None;
        }
        let above: Vec<&UnitRecord> =
            if elsewhere.is_empty() { Vec::new() } else { self.ancestors(record, day).collect() };
        let is_covered =
            |word: &&str| is_in(kind, word) || above.iter().any(|unit| is_in(&unit.folded, word));
        if !elsewhere.iter().all(is_covered) {
            return None;
        }
        let named = query.form == bare || *query.form == *record.folded;
        let accents_differ =
            query.accented.as_deref().is_some_and(|text| !text.contains(&record.bare_name.to_lowercase()));
        let words_elsewhere = elsewhere.iter().filter(|word| !is_in(kind, word)).count();
        Some(Rank { is_partial: !named, words_elsewhere, accents_differ, level: record.level })
    }
}

/// A text made ready to be compared with every unit.
struct Query<'a> {
    form: &'a str,
    accented: Option<String>,
    words: &'a [&'a str],
}

/// The text in lower case, when it has accents.
fn accented(text: &str) -> Option<String> {
    (!text.is_ascii()).then(|| text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::search_form;

    #[test]
    fn spellings_of_one_name_are_searched_alike() {
        for (text, form) in [
            ("Phường Yên Hoà", "phuong yen hoa"),
            ("PHƯỜNG  YÊN HÒA,", "phuong yen hoa"),
            ("Xã Ea H’Leo", "xa ea hleo"),
            ("Xã Ea H'Leo", "xa ea hleo"),
            ("Quận 01", "quan 1"),
            ("Bà Rịa - Vũng Tàu", "ba ria vung tau"),
            ("', - ’", ""),
        ] {
            assert_eq!(search_form(text).trim(), form, "{text}");
        }
    }
}
