-- Posts of officials. Rows are ended, never deleted: who held which post on a day can be told later.
CREATE TABLE posts (
    id BLOB NOT NULL PRIMARY KEY,
    holder INTEGER NOT NULL,
    agency TEXT NOT NULL,
    system TEXT NOT NULL,
    post TEXT NOT NULL,
    unit TEXT,
    from_day TEXT NOT NULL,
    -- The first day it is no longer held; null while no end is known.
    until_day TEXT,
    -- The post for whose holder it is held, for some days.
    delegated_from BLOB REFERENCES posts (id),
    -- What names the line of a file that brought it, so that the line counts once.
    line_key TEXT UNIQUE,
    -- Two pairs of eyes; both null for the first administrators of an agency, whom nobody could propose.
    proposed_by INTEGER,
    confirmed_by INTEGER,
    noted_at INTEGER NOT NULL,
    CHECK (proposed_by <> confirmed_by)
) STRICT, WITHOUT ROWID;
CREATE INDEX posts_of_holder ON posts (holder, from_day);
CREATE INDEX posts_of_agency ON posts (agency, holder);
CREATE INDEX posts_of_system ON posts (system, holder);
CREATE INDEX posts_delegated ON posts (delegated_from) WHERE delegated_from IS NOT NULL;

-- What gives power, proposed by one and not yet confirmed by another.
CREATE TABLE proposals (
    id BLOB NOT NULL PRIMARY KEY,
    holder INTEGER NOT NULL,
    agency TEXT NOT NULL,
    system TEXT NOT NULL,
    content TEXT NOT NULL,
    proposed_by INTEGER NOT NULL,
    proposed_at INTEGER NOT NULL,
    outcome TEXT CHECK (outcome IN ('confirmed', 'refused', 'withdrawn')),
    decided_by INTEGER,
    decided_at INTEGER,
    CHECK (outcome <> 'confirmed' OR (decided_by <> proposed_by AND decided_by <> holder))
) STRICT, WITHOUT ROWID;
CREATE INDEX proposals_open ON proposals (agency, proposed_at) WHERE outcome IS NULL;

-- Files with many posts. A file is read, shown, and takes effect once another administrator has confirmed it.
CREATE TABLE rosters (
    id BLOB NOT NULL PRIMARY KEY,
    file_name TEXT NOT NULL,
    lines INTEGER NOT NULL,
    faulty INTEGER NOT NULL,
    known INTEGER NOT NULL,
    -- All its lines are there.
    complete INTEGER NOT NULL CHECK (complete IN (0, 1)),
    proposed_by INTEGER NOT NULL,
    proposed_at INTEGER NOT NULL,
    confirmed_by INTEGER,
    confirmed_at INTEGER,
    finished_at INTEGER,
    CHECK (confirmed_by <> proposed_by)
) STRICT, WITHOUT ROWID;
CREATE TABLE roster_lines (
    roster BLOB NOT NULL,
    line INTEGER NOT NULL,
    -- The post, or null where something is wrong.
    content TEXT,
    -- What is wrong, or null.
    faults TEXT,
    applied_at INTEGER,
    PRIMARY KEY (roster, line)
) STRICT, WITHOUT ROWID;
