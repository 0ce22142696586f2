//! Reading a file with many posts: CSV (RFC 4180) in UTF-8, read line by line.

use super::post::{NewPost, PostFault};
use contracts::identity::PostHeld;
use csv::ByteRecord;
use jiff::civil::Date;
use thiserror::Error;

/// The columns of the file, as its first line names them.
pub const COLUMNS: [&str; 8] = ["key", "number", "agency", "system", "post", "unit", "from", "until"];
/// The most lines of a file, without the first.
pub const ROSTER_LIMIT_LINES: usize = 50_000;
/// Longest field, in bytes.
const FIELD_LIMIT_BYTES: usize = 100;
/// What some programs put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why a file is not read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RosterError {
    /// The first line is another one.
    #[error("the first line must name the columns key,number,agency,system,post,unit,from,until")]
    Head,
    /// Too many lines.
    #[error("the file has more than {ROSTER_LIMIT_LINES} lines; send several files")]
    TooLong,
    /// It has only a first line.
    #[error("the file holds no line beside the first")]
    Empty,
}

/// A line: where it stands, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterLine {
    /// Its number in the file, from 2.
    pub line: u64,
    /// What names it among all lines that were ever sent; empty where it can't be read.
    pub key: String,
    /// The post, or what is wrong.
    pub read: Result<NewPost, Vec<PostFault>>,
}

/// Reads a file.
///
/// # Errors
/// [`RosterError`]. What is wrong with one line stands in that line.
pub fn read(file: &[u8]) -> Result<Vec<RosterLine>, RosterError> {
    let file = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file);
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).has_headers(false).trim(csv::Trim::All).from_reader(file);
    let mut record = ByteRecord::new();
    let head = reader.read_byte_record(&mut record).is_ok_and(|is_there| is_there);
    if !head || !record.iter().eq(COLUMNS.iter().map(|name| name.as_bytes())) {
        return Err(RosterError::Head);
    }
    let mut lines = Vec::new();
    // Reading bytes in memory fails for nothing but their end.
    while reader.read_byte_record(&mut record).is_ok_and(|is_there| is_there) {
        if lines.len() == ROSTER_LIMIT_LINES {
            return Err(RosterError::TooLong);
        }
        let line = record.position().map_or(0, csv::Position::line);
        lines.push(read_line(line, &record));
    }
    if lines.is_empty() { Err(RosterError::Empty) } else { Ok(lines) }
}

fn read_line(line: u64, record: &ByteRecord) -> RosterLine {
    let unreadable = |fault| RosterLine { line, key: String::new(), read: Err(vec![fault]) };
    if record.iter().any(|field| field.len() > FIELD_LIMIT_BYTES) {
        return unreadable(PostFault::NotText);
    }
    let fields: Result<Vec<&str>, _> = record.iter().map(std::str::from_utf8).collect();
    let Ok(fields) = fields else { return unreadable(PostFault::NotText) };
    if fields.iter().any(|field| field.chars().any(char::is_control)) {
        return unreadable(PostFault::NotText);
    }
    let Ok([key, number, agency, system, post, unit, from, until]) = <[&str; 8]>::try_from(fields) else {
        return unreadable(PostFault::Columns);
    };
    let mut faults = Vec::new();
    let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if key.is_empty() || !key.chars().all(is_key) {
        faults.push(PostFault::Key);
    }
    let holder = number.parse();
    if holder.is_err() {
        faults.push(PostFault::Number);
    }
    let first: Result<Date, _> = from.parse();
    if first.is_err() {
        faults.push(PostFault::From);
    }
    let last: Result<Option<Date>, _> = Some(until).filter(|day| !day.is_empty()).map(str::parse).transpose();
    if last.is_err() {
        faults.push(PostFault::Until);
    }
    let read = match (holder, first, last) {
        (Ok(holder), Ok(from), Ok(until)) if faults.is_empty() => {
            let unit = Some(unit).filter(|unit| !unit.is_empty()).map(str::to_owned);
            let (agency, system, post) = (agency.to_owned(), system.to_owned(), post.to_owned());
            let post = PostHeld { agency, system, post, unit, from, until, delegated_by: None };
            Ok(NewPost { holder, post, delegated_from: None })
        }
        _ => Err(faults),
    };
    RosterLine { line, key: key.to_owned(), read }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEAD: &str = "key,number,agency,system,post,unit,from,until\n";
    const GOOD: &str = "a-1,001190000001,H26.19,civil-status,registrar,00004,2026-12-01,";

    fn faults(line: &[u8]) -> Vec<PostFault> {
        let file = [HEAD.as_bytes(), line].concat();
        let lines = read(&file).unwrap();
        assert_eq!((lines.len(), lines[0].line), (1, 2));
        lines[0].read.clone().err().unwrap_or_default()
    }

    #[test]
    fn each_line_says_what_is_wrong_with_it() {
        use PostFault as F;
        let long = GOOD.replace("a-1", &"a".repeat(101));
        let cases: [(&[u8], &[F]); 11] = [
            (GOOD.as_bytes(), &[]),
            (b"\"a-1\", 001190000001 ,H26,civil-status,registrar,00004,2026-12-01,2027-01-01\r\n", &[]),
            (b"a-1,001190000001", &[F::Columns]),
            (b"a,b,c,d,e,f,g,h,i", &[F::Columns]),
            (b"a-1,\xff,H26,civil-status,registrar,00004,2026-12-01,", &[F::NotText]),
            (b"a-1,\"00\n1\",H26,civil-status,registrar,00004,2026-12-01,", &[F::NotText]),
            (long.as_bytes(), &[F::NotText]),
            (b",001190000001,H26,civil-status,registrar,00004,2026-12-01,", &[F::Key]),
            (b"a 1,x,H26,civil-status,registrar,00004,1/12/2026,x", &[F::Key, F::Number, F::From, F::Until]),
            (b"a-1,001190000001,H26,civil-status,registrar,00004,2026-02-30,", &[F::From]),
            (b"a-1,001190000001,H26,civil-status,registrar,00004,2026-12-01,never", &[F::Until]),
        ];
        for (line, expected) in cases {
            assert_eq!(faults(line), expected, "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn a_file_that_is_none_is_not_read() {
        let many = format!("{HEAD}{}", format!("{GOOD}\n").repeat(ROSTER_LIMIT_LINES + 1));
        for (file, expected) in [
            ("", RosterError::Head),
            ("number,key\n", RosterError::Head),
            (GOOD, RosterError::Head),
            (HEAD, RosterError::Empty),
            (many.as_str(), RosterError::TooLong),
        ] {
            assert_eq!(read(file.as_bytes()), Err(expected));
        }
        let marked = format!("\u{feff}{HEAD}{GOOD}");
        assert!(read(marked.as_bytes()).unwrap()[0].read.is_ok());
    }

    proptest! {
        #[test]
        fn no_file_breaks_the_reader(body in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&body);
            let file = [HEAD.as_bytes(), &body].concat();
            for line in read(&file).unwrap_or_default() {
                prop_assert!(line.line >= 2);
                prop_assert!(line.read.is_ok() || !line.read.unwrap_err().is_empty());
            }
        }
    }
}
