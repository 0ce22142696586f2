-- What was decided of the residence of a newborn whose parents asked for it with the registration of the birth: where and
-- since when, or why not.
CREATE TABLE residence_decisions (
    registration BLOB NOT NULL PRIMARY KEY,
    person INTEGER NOT NULL UNIQUE,
    dossier TEXT NOT NULL,
    household INTEGER,
    since INTEGER,
    refused_because TEXT,
    decided_at INTEGER NOT NULL,
    CHECK ((household IS NULL) = (since IS NULL) AND (household IS NULL) <> (refused_because IS NULL))
) STRICT, WITHOUT ROWID;
