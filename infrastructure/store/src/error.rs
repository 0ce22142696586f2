//! What can go wrong with a store, said so that the reader knows what to do.
//!
//! A message names statements, columns and constraints, never the value of a parameter: values are people's data.

/// Why the store did not do what was asked. Unless a variant says otherwise, nothing of the batch was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// What the batch was decided on no longer stands: a `require` found no row, or a `change_one` changed none or
    /// several. Read again, decide again, write again.
    #[error(
        "`{statement}` no longer holds: the record was changed meanwhile; read it again and decide again"
    )]
    Conflict {
        /// Name of the statement that did not hold.
        statement: &'static str,
    },
    /// A row with this key is already there.
    #[error("`{statement}` would store a key that is already there")]
    Duplicate {
        /// Name of the statement refused.
        statement: &'static str,
    },
    /// A constraint of the table (check, not null, foreign key) or a column's type refused the row.
    #[error("`{statement}` was refused by a constraint of its table: {constraint}")]
    Rejected {
        /// Name of the statement refused.
        statement: &'static str,
        /// The kind of the constraint, or its name, without values.
        constraint: String,
    },
    /// The disk is full, or the file may not grow.
    #[error(
        "no room left to write the store of {system}; free disk space or raise the quota, then try again"
    )]
    Full {
        /// The system whose store is full.
        system: &'static str,
    },
    /// The database can't be reached or can't serve now. When the connection broke during a commit the outcome is not
    /// known; batches that carry an id or a version can safely be tried again.
    #[error("the store of {system} can't be reached: {reason}")]
    Unavailable {
        /// The system whose store is out of reach.
        system: &'static str,
        /// What the engine said, without values.
        reason: String,
    },
    /// Other writers kept winning; the load is too high for this database.
    #[error("the store of {system} is too busy; try again in a moment")]
    Busy {
        /// The system whose store is busy.
        system: &'static str,
    },
    /// A single read took longer than [`crate::READ_LIMIT_SECONDS`].
    #[error(
        "`{statement}` took longer than {limit_seconds} seconds and was stopped; narrow what it asks for"
    )]
    TooSlow {
        /// Name of the statement stopped.
        statement: &'static str,
        /// The limit, in seconds.
        limit_seconds: u64,
    },
    /// The file is not a database or its pages don't agree with each other.
    #[error("the store of {system} is damaged ({reason}); stop the node and restore the last backup")]
    Damaged {
        /// The system whose store is damaged.
        system: &'static str,
        /// What the engine said.
        reason: String,
    },
    /// A read found more rows than it may return.
    #[error("`{statement}` found more than {limit} rows; ask for fewer, page by page")]
    TooManyRows {
        /// Name of the statement.
        statement: &'static str,
        /// The limit that was passed, in rows.
        limit: usize,
    },
    /// A batch, a load or a value is larger than the store takes.
    #[error("{what} is over the limit of {limit}; split it")]
    TooLarge {
        /// What was too large.
        what: &'static str,
        /// The limit, in the unit `what` names.
        limit: usize,
    },
    /// A column does not hold what the caller reads from it.
    #[error("column {column} of `{statement}` holds {found}, not {expected}")]
    WrongType {
        /// Name of the statement.
        statement: &'static str,
        /// The column's position, from 0.
        column: usize,
        /// What the caller asked for.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// A parameter does not fit its place in the statement.
    #[error("parameter ${parameter} of `{statement}` can't be used: {reason}")]
    WrongParameter {
        /// Name of the statement.
        statement: &'static str,
        /// The parameter's number, from 1; 0 when the number of parameters itself is wrong.
        parameter: usize,
        /// What is wrong, without the value.
        reason: String,
    },
    /// The engine did not understand a statement, or it was used as what it is not. A mistake in the program.
    #[error("`{statement}` is not a statement this engine can run: {reason}")]
    WrongStatement {
        /// Name of the statement.
        statement: &'static str,
        /// What the engine said.
        reason: String,
    },
    /// A migration could not be applied. Nothing of it, nor of those after it, was kept.
    #[error("migration {number} `{name}` of {scope} failed: {reason}")]
    Migration {
        /// Whose migration it is: a system's name, or `store` for the store's own tables.
        scope: String,
        /// The migration's number.
        number: u32,
        /// The migration's name.
        name: String,
        /// What went wrong.
        reason: String,
    },
    /// A migration already applied to this database reads differently in this program.
    #[error(
        "migration {number} `{name}` of {scope} was changed after it had been applied; put its text back and write a \
         new migration instead"
    )]
    MigrationChanged {
        /// Whose migration it is.
        scope: String,
        /// The migration's number.
        number: u32,
        /// The migration's name as it was applied.
        name: String,
    },
    /// A newer program has already migrated this database.
    #[error(
        "the database of {scope} is at migration {found}, this program knows only {known}; start the newer program"
    )]
    NewerDatabase {
        /// Whose migrations they are.
        scope: String,
        /// The highest migration applied to the database.
        found: u32,
        /// The highest migration this program knows.
        known: u32,
    },
    /// The database belongs to another system.
    #[error("this is the store of {found}, not of {expected}; check the configured file or schema")]
    OtherSystem {
        /// The system the database belongs to.
        found: String,
        /// The system that tried to open it.
        expected: &'static str,
    },
    /// The location in the configuration can't be used.
    #[error("the store's location can't be used: {reason}")]
    Location {
        /// What is wrong with it.
        reason: String,
    },
    /// This engine does not offer the verb.
    #[error("{verb} is not offered on {engine}; {instead}")]
    NotOffered {
        /// The verb.
        verb: &'static str,
        /// The engine's name.
        engine: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
    /// The store has been closed.
    #[error("the store of {system} is closed")]
    Closed {
        /// The system whose store it was.
        system: &'static str,
    },
}
