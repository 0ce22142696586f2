-- A hundred million people: every column is as narrow as its meaning allows. Dates are days since 1970-01-01, communes
-- the number of their five-digit code, codes small numbers. A row is changed, never deleted, so that its primary key
-- keeps its number from being issued again.
CREATE TABLE people (
    number INTEGER PRIMARY KEY,
    name_birth_key INTEGER NOT NULL,
    family TEXT NOT NULL,
    middle TEXT NOT NULL,
    given TEXT NOT NULL,
    birth_day INTEGER NOT NULL,
    sex INTEGER NOT NULL CHECK (sex IN (0, 1)),
    ethnicity INTEGER NOT NULL CHECK (ethnicity BETWEEN 1 AND 54),
    marital_status INTEGER NOT NULL CHECK (marital_status BETWEEN 0 AND 3),
    birth_commune INTEGER NOT NULL,
    hometown_commune INTEGER NOT NULL,
    mother INTEGER,
    father INTEGER,
    spouse INTEGER,
    household INTEGER,
    relation INTEGER,
    death_day INTEGER,
    -- How often the row was changed; the versions before are in person_history.
    changes INTEGER NOT NULL,
    -- What few records have, as JSON: another nationality, details of addresses, relatives without a number.
    uncommon TEXT,
    CHECK ((household IS NULL) = (relation IS NULL))
) STRICT;
CREATE INDEX people_by_name_and_birth ON people (name_birth_key);
CREATE INDEX people_by_household ON people (household) WHERE household IS NOT NULL;

CREATE TABLE households (
    household INTEGER PRIMARY KEY,
    commune INTEGER NOT NULL,
    detail TEXT NOT NULL
) STRICT;

-- What is no longer so (valid_until) or no longer said (known_until) of a person.
CREATE TABLE person_history (
    person INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    valid_from INTEGER,
    valid_until INTEGER,
    known_from INTEGER,
    known_until INTEGER,
    content TEXT NOT NULL,
    PRIMARY KEY (person, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE life_events (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('birth', 'correction', 'residence')),
    person INTEGER NOT NULL,
    day INTEGER NOT NULL,
    known_at INTEGER NOT NULL,
    digest BLOB NOT NULL,
    child_key BLOB UNIQUE
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX numbers_issued ON life_events (person) WHERE kind = 'birth';

-- Who read whose data. Only ever appended to.
CREATE TABLE readings (
    person INTEGER NOT NULL,
    read_at INTEGER NOT NULL,
    message TEXT NOT NULL,
    client TEXT NOT NULL,
    acting_user TEXT,
    purpose TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    dossier TEXT,
    fields INTEGER NOT NULL
) STRICT;
CREATE INDEX readings_by_person ON readings (person, read_at);

-- People and households taken over in bulk, one row a part, so that a load that was interrupted goes on where it stopped.
CREATE TABLE intakes (
    part INTEGER PRIMARY KEY,
    people INTEGER NOT NULL,
    households INTEGER NOT NULL
) STRICT;
