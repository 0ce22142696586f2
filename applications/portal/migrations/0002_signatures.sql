-- Drafts that their applicants were asked to sign; `signed_text` is the submission that is signed, as JSON.
CREATE TABLE signings (
    applicant INTEGER NOT NULL,
    subject TEXT NOT NULL,
    version INTEGER NOT NULL,
    submission BLOB NOT NULL,
    submitted_at INTEGER NOT NULL,
    signed_text TEXT NOT NULL,
    ticket TEXT NOT NULL,
    PRIMARY KEY (applicant, subject),
    FOREIGN KEY (applicant, subject) REFERENCES drafts (applicant, subject) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- The applicant's signature as JSON, where they signed.
ALTER TABLE submissions ADD COLUMN signed TEXT;
