-- `state` is the portal's number, 1 to 10. `revision` counts every change, so a writer that read an older one is refused.
-- `due_at` is the term of the law, `rescheduled_to` the one new appointment that an apology may give.
-- `child_key` tells when two dossiers speak of the same child. The dossier code is made of `received_on` and `serial`.
CREATE TABLE dossiers (
    submission BLOB NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 10),
    handed_in_by TEXT NOT NULL,
    digest TEXT NOT NULL,
    procedure_code TEXT NOT NULL,
    procedure_text TEXT NOT NULL,
    commune TEXT NOT NULL,
    commune_name TEXT NOT NULL,
    applicant INTEGER NOT NULL,
    applicant_name TEXT NOT NULL,
    submitted_at INTEGER NOT NULL,
    form TEXT NOT NULL,
    child_key TEXT NOT NULL,
    steps TEXT NOT NULL,
    received_on TEXT,
    serial INTEGER,
    received_at INTEGER,
    received_by TEXT,
    received_by_name TEXT,
    clock_from INTEGER,
    due_at INTEGER,
    rescheduled_to INTEGER,
    note TEXT,
    notices INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    person INTEGER,
    health_card TEXT,
    late INTEGER NOT NULL CHECK (late IN (0, 1)),
    changed_at INTEGER NOT NULL,
    synchronised INTEGER NOT NULL,
    UNIQUE (received_on, serial)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX dossiers_one_a_child ON dossiers (procedure_code, child_key) WHERE state NOT IN (3, 7, 8);
CREATE INDEX dossiers_of_commune ON dossiers (commune, state, submitted_at);
CREATE INDEX dossiers_by_state ON dossiers (state, late);

-- Serials in the day and numbers of forms in the year, each series from 1 without gaps.
CREATE TABLE counters (
    series TEXT NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL CHECK (last > 0)
) STRICT, WITHOUT ROWID;

-- `steps` names the steps that changed, separated by commas.
CREATE TABLE history (
    submission BLOB NOT NULL REFERENCES dossiers (submission),
    revision INTEGER NOT NULL,
    state INTEGER NOT NULL,
    steps TEXT NOT NULL,
    note TEXT,
    changed_by TEXT NOT NULL,
    changed_by_name TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (submission, revision)
) STRICT, WITHOUT ROWID;

-- What the applicant handed in; `notice` is the supplement notice it answers, 0 for the first time.
CREATE TABLE attachments (
    submission BLOB NOT NULL REFERENCES dossiers (submission),
    notice INTEGER NOT NULL,
    place INTEGER NOT NULL,
    component TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (submission, notice, place)
) STRICT;

-- What the applicant gets: results of steps, and the forms of Circular 01/2018/TT-VPCP, which have a number and are
-- pressed after they are decided.
CREATE TABLE documents (
    submission BLOB NOT NULL REFERENCES dossiers (submission),
    document TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    number INTEGER,
    reason TEXT NOT NULL,
    official_name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    content BLOB,
    PRIMARY KEY (submission, document)
) STRICT;
