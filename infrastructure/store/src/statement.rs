//! Statements: named, static, written once for both engines.
//!
//! They are made by [`statements!`](crate::statements) only, so that all SQL of a system stands in its `records.rs`
//! and nothing is ever pasted into it. The dialect is what SQLite and PostgreSQL share: parameters `$1`, `$2`,
//! `ON CONFLICT`, `RETURNING`, row values, window functions, common table expressions.
//! `testing::every_statement_prepares` finds what isn't. Where both understand a text differently:
//!
//! - `LIKE` tells capitals from small letters and text sorts by its bytes, on both. For names use a column filled with
//!   [`fold`](crate::fold) instead of `lower`, which SQLite knows for ASCII only.
//! - Null sorts first on SQLite and last on PostgreSQL: say `NULLS FIRST` or `NULLS LAST`.
//! - A parameter standing alone has no type on PostgreSQL: write `CAST($1 AS BIGINT)` or `CAST($1 AS TEXT)`. `INTEGER`
//!   would be 32 bits there.
//! - `max(a, b)` and `min(a, b)` of two columns are SQLite's own: use `CASE`.

/// One statement of a system. Its name appears in errors and figures instead of its text.
#[derive(Debug, PartialEq, Eq)]
pub struct Statement {
    name: &'static str,
    sql: &'static str,
    sqlite_sql: &'static str,
}

impl Statement {
    /// For the macro [`statements!`](crate::statements) only.
    #[doc(hidden)]
    pub const fn declared(name: &'static str, sql: &'static str, sqlite_sql: &'static str) -> Self {
        Self { name, sql, sqlite_sql }
    }

    /// The name it was declared with.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The text as written, which is how PostgreSQL takes it.
    pub const fn sql(&self) -> &'static str {
        self.sql
    }

    /// The text with parameters as SQLite takes them.
    pub const fn sqlite_sql(&self) -> &'static str {
        self.sqlite_sql
    }
}

/// Declares statements, and `STATEMENTS`, the list of them all.
///
/// ```
/// store::statements! {
///     /// The person with this personal number.
///     PERSON_BY_NUMBER = "SELECT name, version FROM persons WHERE number = $1";
/// }
/// assert_eq!(PERSON_BY_NUMBER.name(), "PERSON_BY_NUMBER");
/// assert_eq!(STATEMENTS.len(), 1);
/// ```
#[macro_export]
macro_rules! statements {
    ($($(#[$meta:meta])* $name:ident = $sql:expr;)*) => {
        $(
            $(#[$meta])*
            #[allow(unreachable_pub)]
            pub static $name: $crate::Statement = {
                const SQL: &str = $sql;
                const SQLITE_SQL: [u8; SQL.len()] = $crate::numbered_for_sqlite(SQL);
                $crate::Statement::declared(stringify!($name), SQL, $crate::edited_text(&SQLITE_SQL))
            };
        )*

        /// Every statement declared here.
        #[allow(unreachable_pub, dead_code)]
        pub const STATEMENTS: &[&$crate::Statement] = &[$(&$name),*];
    };
}

/// Turns `$1` into `?1`, outside of quotes and comments. SQLite would read `$1` as a parameter *named* `$1` and number
/// it by first appearance; `?1` is number 1 wherever it stands. The length stays the same, so this happens while
/// compiling.
#[doc(hidden)]
pub const fn numbered_for_sqlite<const N: usize>(sql: &str) -> [u8; N] {
    let text = sql.as_bytes();
    assert!(text.len() == N, "the edited text is as long as the text");
    let mut edited = [0; N];
    let mut inside = Inside::Code;
    let mut index = 0;
    while index < N {
        let this = text[index];
        let next = if index + 1 < N { text[index + 1] } else { 0 };
        let begins_parameter = matches!(inside, Inside::Code) && this == b'$' && next.is_ascii_digit();
        edited[index] = if begins_parameter { b'?' } else { this };
        inside = inside.after(this, next);
        index += 1;
    }
    edited
}

/// The edited text as text.
#[doc(hidden)]
pub const fn edited_text(edited: &'static [u8]) -> &'static str {
    match std::str::from_utf8(edited) {
        Ok(text) => text,
        Err(_) => panic!("replacing one ASCII character by another keeps UTF-8 valid"),
    }
}

/// Where in a piece of SQL a scanner stands. A doubled quote closes and opens again, which comes to the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inside {
    Code,
    Text,
    Name,
    Comment,
}

impl Inside {
    /// Where the scanner stands after `this` character, with `next` following it.
    pub(crate) const fn after(self, this: u8, next: u8) -> Self {
        match (self, this) {
            (Inside::Code, b'\'') => Inside::Text,
            (Inside::Code, b'"') => Inside::Name,
            (Inside::Code, b'-') if next == b'-' => Inside::Comment,
            (Inside::Text, b'\'') | (Inside::Name, b'"') | (Inside::Comment, b'\n') => Inside::Code,
            (unchanged, _) => unchanged,
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn parameters_are_numbered_for_sqlite() {
        const CASES: &[(&str, &str)] = &[
            ("SELECT 1", "SELECT 1"),
            ("SELECT $1, $2, $1", "SELECT ?1, ?2, ?1"),
            ("a = $12", "a = ?12"),
            ("a = '$1' AND b = $1", "a = '$1' AND b = ?1"),
            ("a = 'it''s $1' AND b = $2", "a = 'it''s $1' AND b = ?2"),
            ("a = \"x$1\" AND b = $1", "a = \"x$1\" AND b = ?1"),
            ("a = $1 -- not $2\nAND b = $3", "a = ?1 -- not $2\nAND b = ?3"),
            ("name = 'Đặng $1' OR name = $1", "name = 'Đặng $1' OR name = ?1"),
            ("price > '$' || $1", "price > '$' || ?1"),
            ("$", "$"),
            ("", ""),
        ];
        for (sql, expected) in CASES {
            assert_eq!(edited(sql), *expected, "{sql}");
        }
    }

    /// The compile-time function, for texts of any length up to 64 bytes.
    fn edited(sql: &str) -> String {
        let padded = format!("{sql:<64}");
        assert_eq!(padded.chars().count(), 64);
        let length = padded.len();
        let bytes = match length {
            64 => super::numbered_for_sqlite::<64>(&padded).to_vec(),
            67 => super::numbered_for_sqlite::<67>(&padded).to_vec(),
            other => panic!("add a case for {other} bytes"),
        };
        String::from_utf8(bytes).expect("valid text stays valid").trim_end().to_owned()
    }
}
