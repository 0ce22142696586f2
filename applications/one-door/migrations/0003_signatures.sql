-- Submissions that their applicants signed: the text that was signed, the evidence, and what the identity system said of it.
CREATE TABLE signatures (
    submission BLOB NOT NULL PRIMARY KEY REFERENCES dossiers (submission),
    signed_text TEXT NOT NULL,
    evidence TEXT NOT NULL,
    verified_at INTEGER,
    -- When the applicant signed, and the level at which the key was bound; null where the evidence does not hold.
    signed_at INTEGER,
    level INTEGER CHECK (level IN (1, 2))
) STRICT, WITHOUT ROWID;
