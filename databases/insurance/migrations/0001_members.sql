-- How many insurance numbers a province has given. Numbers are counted up, so none is ever given twice.
CREATE TABLE number_series (
    province TEXT NOT NULL PRIMARY KEY CHECK (length(province) = 2),
    issued INTEGER NOT NULL CHECK (issued BETWEEN 0 AND 99999999)
) STRICT, WITHOUT ROWID;

-- One person is one member. `serial` counts within the province; both together are the insurance number.
CREATE TABLE members (
    person INTEGER NOT NULL PRIMARY KEY,
    family_name TEXT NOT NULL,
    middle_name TEXT NOT NULL,
    given_name TEXT NOT NULL,
    name_fold TEXT NOT NULL,
    sex TEXT NOT NULL CHECK (sex IN ('male', 'female')),
    birth_date TEXT NOT NULL,
    residence_commune TEXT NOT NULL,
    residence_detail TEXT NOT NULL,
    province TEXT NOT NULL REFERENCES number_series (province),
    serial INTEGER,
    dossier TEXT NOT NULL,
    registered_by TEXT NOT NULL,
    registered_at INTEGER NOT NULL,
    UNIQUE (province, serial)
) STRICT, WITHOUT ROWID;

CREATE TABLE cards (
    person INTEGER NOT NULL PRIMARY KEY REFERENCES members (person),
    object TEXT NOT NULL,
    level INTEGER NOT NULL CHECK (level BETWEEN 1 AND 5),
    valid_from TEXT NOT NULL,
    valid_to TEXT NOT NULL,
    facility TEXT NOT NULL,
    issued_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX cards_valid ON cards (valid_to);
