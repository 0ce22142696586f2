-- Communes as they were when something was registered there, each with the commune of today that it was joined to. `split` says
-- that only a part of it went there; `as_of` is the day on which this was looked up last.
CREATE TABLE places (
    code TEXT NOT NULL,
    from_day TEXT NOT NULL,
    until_day TEXT,
    name TEXT NOT NULL,
    province TEXT NOT NULL,
    province_name TEXT NOT NULL,
    now_code TEXT NOT NULL,
    now_name TEXT NOT NULL,
    now_province TEXT NOT NULL,
    now_province_name TEXT NOT NULL,
    split INTEGER NOT NULL CHECK (split IN (0, 1)),
    as_of TEXT NOT NULL,
    PRIMARY KEY (code, from_day)
) STRICT, WITHOUT ROWID;
CREATE INDEX places_now ON places (now_province, now_code);
CREATE INDEX places_looked_up ON places (as_of);

-- What counts of each birth, as it was last said.
CREATE TABLE births (
    registration BLOB NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    commune TEXT NOT NULL,
    commune_from TEXT NOT NULL,
    registered_on TEXT NOT NULL,
    male INTEGER NOT NULL CHECK (male IN (0, 1)),
    kinh INTEGER NOT NULL CHECK (kinh IN (0, 1)),
    on_time INTEGER NOT NULL CHECK (on_time IN (0, 1)),
    annulled INTEGER NOT NULL CHECK (annulled IN (0, 1)),
    FOREIGN KEY (commune, commune_from) REFERENCES places (code, from_day)
) STRICT, WITHOUT ROWID;
CREATE INDEX births_of_commune ON births (commune, commune_from, registered_on) WHERE annulled = 0;

-- The events that said it, with the messages that brought them.
CREATE TABLE birth_events (
    event BLOB NOT NULL PRIMARY KEY,
    registration BLOB NOT NULL REFERENCES births (registration),
    version INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('registered', 'amended', 'annulled')),
    message TEXT NOT NULL,
    told_at INTEGER NOT NULL,
    taken_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX birth_events_of_birth ON birth_events (registration, version);

-- Figures by reporting month (years times twelve and the month, from nought), commune and indicator.
CREATE TABLE tallies (
    month INTEGER NOT NULL,
    commune TEXT NOT NULL,
    commune_from TEXT NOT NULL,
    indicator TEXT NOT NULL,
    value INTEGER NOT NULL CHECK (value >= 0),
    PRIMARY KEY (month, commune, commune_from, indicator),
    FOREIGN KEY (commune, commune_from) REFERENCES places (code, from_day)
) STRICT, WITHOUT ROWID;
CREATE INDEX tallies_of_commune ON tallies (commune, commune_from, month);
