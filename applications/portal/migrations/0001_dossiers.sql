-- What somebody has begun and not handed in. `subject` is the code of a procedure, or the identifier of the dossier that
-- is corrected or supplemented.
CREATE TABLE drafts (
    applicant INTEGER NOT NULL,
    subject TEXT NOT NULL,
    procedure_code TEXT NOT NULL,
    procedure_name TEXT NOT NULL,
    content TEXT NOT NULL,
    faults TEXT NOT NULL,
    version INTEGER NOT NULL,
    saved_at INTEGER NOT NULL,
    PRIMARY KEY (applicant, subject)
) STRICT, WITHOUT ROWID;

-- What was handed in. `errand` is what is on its way to the one-door; `refusal` is what the one-door refused last and
-- why. The columns from `revision` to `facts` are what the one-door reported last; `facts` is JSON.
CREATE TABLE submissions (
    submission BLOB NOT NULL PRIMARY KEY,
    applicant INTEGER NOT NULL,
    applicant_name TEXT NOT NULL,
    procedure_code TEXT NOT NULL,
    procedure_name TEXT NOT NULL,
    sent_to TEXT NOT NULL,
    commune TEXT NOT NULL,
    content TEXT NOT NULL,
    form TEXT NOT NULL,
    submitted_at INTEGER NOT NULL,
    delivered INTEGER NOT NULL CHECK (delivered IN (0, 1)),
    errand TEXT CHECK (errand IN ('submit', 'supply', 'withdraw')),
    refused TEXT CHECK (refused IN ('submit', 'supply', 'withdraw')),
    refusal TEXT,
    replaced_by BLOB,
    answered_notice INTEGER NOT NULL,
    revision INTEGER,
    state INTEGER CHECK (state BETWEEN 1 AND 10),
    state_at INTEGER,
    dossier TEXT,
    due_at INTEGER,
    note TEXT,
    notice INTEGER,
    facts TEXT,
    rating INTEGER CHECK (rating BETWEEN 1 AND 5),
    rating_words TEXT,
    rated_at INTEGER,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX submissions_of_applicant ON submissions (applicant, submission);
CREATE INDEX submissions_by_state ON submissions (delivered, state);

-- Every report of the one-door, for the time line.
CREATE TABLE reports (
    submission BLOB NOT NULL REFERENCES submissions (submission),
    revision INTEGER NOT NULL,
    state INTEGER NOT NULL,
    reported_for INTEGER NOT NULL,
    note TEXT,
    PRIMARY KEY (submission, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
    document BLOB NOT NULL PRIMARY KEY,
    submission BLOB NOT NULL REFERENCES submissions (submission),
    component TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    UNIQUE (submission, component, name)
) STRICT;
