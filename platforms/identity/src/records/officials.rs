//! Posts of officials, proposals, and files with many posts.

use super::damaged;
use crate::{
    model::{HeldPost, Proposal, Roster, RosterEntry},
    rules::post::{ADMINISTRATOR, NewPost, PostFault},
};
use contracts::{PersonalNumber, identity::PostHeld};
use jiff::{Timestamp, civil::Date};
use serde::de::DeserializeOwned;
use store::{Batch, Row, Statement, Store, StoreError, Table, Value, params, statements};
use uuid::Uuid;

/// How many posts of one person are read at once.
const POSTS_AT_ONCE: u32 = 500;
/// The most faulty lines of a file that are read at once.
pub(crate) const FAULTS_LIMIT_ROWS: i64 = 10_000;

/// The columns of a post, in the order [`post_from`] reads them.
macro_rules! select_post {
    ($rest:literal) => {
        concat!(
            "SELECT posts.id, posts.holder, posts.agency, posts.system, posts.post, posts.unit, posts.from_day,
                posts.until_day, posts.delegated_from, lender.holder
                FROM posts LEFT JOIN posts AS lender ON lender.id = posts.delegated_from ",
            $rest
        )
    };
}

/// A page of posts with their holders' names, where these have an account, in the order of agency, holder and identifier,
/// behind a place in it.
macro_rules! page_of_posts {
    ($which:literal) => {
        concat!(
            "SELECT posts.id, posts.holder, posts.agency, posts.system, posts.post, posts.unit, posts.from_day,
                posts.until_day, posts.delegated_from, lender.holder, accounts.name
                FROM posts LEFT JOIN posts AS lender ON lender.id = posts.delegated_from
                LEFT JOIN accounts ON accounts.person = posts.holder
                WHERE ",
            $which,
            " AND (posts.until_day IS NULL OR posts.until_day > $1)
                AND (CAST($2 AS TEXT) = '' OR accounts.name_fold LIKE $2)
                AND (CAST($3 AS TEXT) = '' OR posts.unit = $3)
                AND (CAST($4 AS TEXT) = '' OR posts.system = $4)
                AND (CAST($5 AS TEXT) = '' OR posts.post = $5)
                AND (posts.agency, posts.holder, posts.id) > ($6, $7, $8)
                ORDER BY posts.agency, posts.holder, posts.id LIMIT $9"
        )
    };
}

statements! {
    /// Gives a post.
    ADD_POST = "INSERT INTO posts (id, holder, agency, system, post, unit, from_day, until_day, delegated_from, line_key,
        proposed_by, confirmed_by, noted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, $10, $11, $12)";
    /// Gives the post of a line, unless the line did so before.
    ADD_POST_OF_LINE = "INSERT INTO posts (id, holder, agency, system, post, unit, from_day, until_day, line_key, proposed_by,
        confirmed_by, noted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (line_key) DO NOTHING";
    /// A post.
    POST = select_post!("WHERE posts.id = $1");
    /// The post that a line gave.
    POST_OF_LINE = select_post!("WHERE posts.line_key = $1");
    /// The posts of a person that are not over by a day, behind a place.
    POSTS_OF_HOLDER = select_post!("WHERE posts.holder = $1 AND (posts.until_day IS NULL OR posts.until_day > $2)
        AND (posts.from_day, posts.id) > ($3, $4) ORDER BY posts.from_day, posts.id LIMIT $5");
    /// A page of the posts in an agency and those below it, whose codes begin so, that are not over by a day.
    POSTS_OF_AGENCY = page_of_posts!("(posts.agency = $10 OR posts.agency LIKE $11)");
    /// A page of the posts of a system that are not over by a day. Its administrators administer no administrators.
    POSTS_OF_SYSTEM = page_of_posts!("posts.system = $10 AND posts.post <> $11");
    /// A post that is held on a day.
    POST_IN_FORCE = "SELECT id FROM posts WHERE id = $1 AND from_day <= $2 AND (until_day IS NULL OR until_day > $2)";
    /// Ends a post, not later than it would have ended anyway.
    END_POST = "UPDATE posts SET until_day = $2 WHERE id = $1 AND (until_day IS NULL OR until_day > $2)";
    /// Ends what others hold for the holder of a post.
    END_DELEGATIONS = "UPDATE posts SET until_day = $2 WHERE delegated_from = $1 AND (until_day IS NULL OR until_day > $2)";
    /// Ends all that somebody holds in an agency.
    END_POSTS_OF_LEAVER = "UPDATE posts SET until_day = $3 WHERE holder = $1 AND agency = $2
        AND (until_day IS NULL OR until_day > $3)";
    /// Ends what others hold for somebody in an agency.
    END_DELEGATIONS_OF_LEAVER = "UPDATE posts SET until_day = $3 WHERE (until_day IS NULL OR until_day > $3)
        AND delegated_from IN (SELECT lent.id FROM posts AS lent WHERE lent.holder = $1 AND lent.agency = $2)";

    /// Proposes.
    PROPOSE = "INSERT INTO proposals (id, holder, agency, system, content, proposed_by, proposed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// An open proposal.
    PROPOSAL = "SELECT id, content, proposed_by, proposed_at FROM proposals WHERE id = $1 AND outcome IS NULL";
    /// The open proposals in an agency and those below it, behind a place.
    PROPOSALS_OF_AGENCY = "SELECT id, content, proposed_by, proposed_at FROM proposals
        WHERE (agency = $1 OR agency LIKE $2) AND outcome IS NULL AND (proposed_at, id) > ($3, $4)
        ORDER BY proposed_at, id LIMIT $5";
    /// The open proposals of a system, behind a place.
    PROPOSALS_OF_SYSTEM = "SELECT id, content, proposed_by, proposed_at FROM proposals
        WHERE system = $1 AND outcome IS NULL AND (proposed_at, id) > ($2, $3) ORDER BY proposed_at, id LIMIT $4";
    /// Confirms a proposal, by nobody who proposed it or gains by it.
    CONFIRM = "UPDATE proposals SET outcome = 'confirmed', decided_by = $2, decided_at = $3
        WHERE id = $1 AND outcome IS NULL AND proposed_by <> $2 AND holder <> $2";
    /// Refuses a proposal, or withdraws one's own.
    REFUSE = "UPDATE proposals SET outcome = CASE WHEN proposed_by = $2 THEN 'withdrawn' ELSE 'refused' END,
        decided_by = $2, decided_at = $3 WHERE id = $1 AND outcome IS NULL";
    /// Withdraws what somebody who leaves has proposed, and what was proposed for them in the agency.
    WITHDRAW_OF_LEAVER = "UPDATE proposals SET outcome = 'withdrawn', decided_by = $3, decided_at = $4
        WHERE outcome IS NULL AND (proposed_by = $1 OR (holder = $1 AND agency = $2))";

    /// Begins a file.
    BEGIN_ROSTER = "INSERT INTO rosters (id, file_name, lines, faulty, known, complete, proposed_by, proposed_at)
        VALUES ($1, $2, $3, $4, $5, 0, $6, $7)";
    /// All lines of the file are there.
    COMPLETE_ROSTER = "UPDATE rosters SET complete = 1 WHERE id = $1 AND complete = 0";
    /// A file whose lines are all there.
    ROSTER = "SELECT id, file_name, lines, faulty, known, proposed_by, proposed_at, confirmed_by, finished_at FROM rosters
        WHERE id = $1 AND complete = 1";
    /// The files sent lately, the latest first, before a place.
    ROSTERS = "SELECT id, file_name, lines, faulty, known, proposed_by, proposed_at, confirmed_by, finished_at FROM rosters
        WHERE complete = 1 AND proposed_at > $1 AND (proposed_at, id) < ($2, $3) ORDER BY proposed_at DESC, id DESC LIMIT $4";
    /// Confirms a file, by somebody else than who sent it, while it is fresh.
    CONFIRM_ROSTER = "UPDATE rosters SET confirmed_by = $2, confirmed_at = $3
        WHERE id = $1 AND complete = 1 AND confirmed_by IS NULL AND proposed_by <> $2 AND proposed_at > $4";
    /// The file has taken effect.
    FINISH_ROSTER = "UPDATE rosters SET finished_at = $2 WHERE id = $1 AND confirmed_by IS NOT NULL AND finished_at IS NULL";
    /// The next lines that are to take effect.
    LINES_TO_APPLY = "SELECT line, content FROM roster_lines WHERE roster = $1 AND line > $2 AND faults IS NULL
        AND applied_at IS NULL ORDER BY line LIMIT $3";
    /// A good line that a person must administer to confirm it.
    LINES = "SELECT line, content FROM roster_lines WHERE roster = $1 AND line > $2 AND faults IS NULL ORDER BY line LIMIT $3";
    /// The lines in which something is wrong.
    FAULTY_LINES = "SELECT line, faults FROM roster_lines WHERE roster = $1 AND line > $2 AND faults IS NOT NULL
        ORDER BY line LIMIT $3";
    /// A line has taken effect.
    APPLY_LINE = "UPDATE roster_lines SET applied_at = $3 WHERE roster = $1 AND line = $2 AND applied_at IS NULL";
}

static ROSTER_LINES: Table = Table::new("roster_lines", &["roster", "line", "content", "faults"]);

/// Who proposed and who confirmed; nobody for the first administrators.
pub(crate) type Eyes = Option<(PersonalNumber, PersonalNumber)>;

/// Gives a post.
pub(crate) fn add_post(batch: &mut Batch, id: Uuid, new: &NewPost, eyes: Eyes, at: Timestamp) {
    let post = &new.post;
    batch.change_one(
        &ADD_POST,
        params![
            id,
            new.holder.as_i64(),
            &post.agency,
            &post.system,
            &post.post,
            post.unit.as_ref(),
            post.from,
            post.until,
            new.delegated_from,
            eyes.map(|(proposed, _)| proposed.as_i64()),
            eyes.map(|(_, confirmed)| confirmed.as_i64()),
            at,
        ],
    );
}

/// Gives a post under a name, unless it was given under it before, and has ended since or not.
pub(crate) fn add_post_once(batch: &mut Batch, id: Uuid, name: &str, new: &NewPost, at: Timestamp) {
    let post = &new.post;
    batch.change(
        &ADD_POST_OF_LINE,
        params![
            id,
            new.holder.as_i64(),
            &post.agency,
            &post.system,
            &post.post,
            post.unit.as_ref(),
            post.from,
            post.until,
            name,
            None::<i64>,
            None::<i64>,
            at,
        ],
    );
}

/// Gives the post of a line of a file.
pub(crate) fn apply_line(
    batch: &mut Batch,
    roster: Uuid,
    id: Uuid,
    entry: &RosterEntry,
    (proposed, confirmed): (PersonalNumber, PersonalNumber),
    at: Timestamp,
) {
    let (post, holder) = (&entry.new.post, entry.new.holder.as_i64());
    batch.change(
        &ADD_POST_OF_LINE,
        params![
            id,
            holder,
            &post.agency,
            &post.system,
            &post.post,
            post.unit.as_ref(),
            post.from,
            post.until,
            &entry.key,
            proposed.as_i64(),
            confirmed.as_i64(),
            at,
        ],
    );
    batch.change_one(&APPLY_LINE, params![roster, entry.line, at]);
}

/// A post.
pub(crate) async fn post(store: &Store, id: Uuid) -> Result<Option<HeldPost>, StoreError> {
    store.read_one(&POST, params![id]).await?.as_ref().map(post_from).transpose()
}

/// The post that a line gave.
pub(crate) async fn post_of_line(store: &Store, key: &str) -> Result<Option<HeldPost>, StoreError> {
    store.read_one(&POST_OF_LINE, params![key]).await?.as_ref().map(post_from).transpose()
}

/// The posts of a person that are not over by a day.
pub(crate) async fn posts_of(
    store: &Store,
    holder: PersonalNumber,
    day: Date,
) -> Result<Vec<HeldPost>, StoreError> {
    let mut posts: Vec<HeldPost> = Vec::new();
    loop {
        let (from, id) = posts.last().map_or((Date::MIN, Uuid::nil()), |last| (last.new.post.from, last.id));
        let values = params![holder.as_i64(), day, from, id, POSTS_AT_ONCE];
        let rows = store.read(&POSTS_OF_HOLDER, values).await?;
        for row in &rows {
            posts.push(post_from(row)?);
        }
        if rows.len() < POSTS_AT_ONCE as usize {
            return Ok(posts);
        }
    }
}

/// Which posts are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PostSearch {
    /// Words of the holder's name, as their account has it.
    pub(crate) name: String,
    /// The administrative unit.
    pub(crate) unit: String,
    /// Code of the system.
    pub(crate) system: String,
    /// The post.
    pub(crate) post: String,
}

impl PostSearch {
    /// What folded names are compared with; empty for any.
    fn pattern(&self) -> String {
        let folded = store::fold(&self.name);
        let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let words: Vec<&str> = words.collect();
        if words.is_empty() { String::new() } else { format!("%{}%", words.join("%")) }
    }
}

/// A place in the order of posts: agency, holder, identifier.
pub(crate) type PostPlace = (String, PersonalNumber, Uuid);

/// The place of a post.
pub(crate) fn place_of(held: &HeldPost) -> PostPlace {
    (held.new.post.agency.clone(), held.new.holder, held.id)
}

/// A post and the name of its holder, where they have an account.
pub(crate) type NamedPost = (HeldPost, Option<String>);

/// The posts in an agency and those below it that are not over by a day, as many as `limit` behind a place.
pub(crate) async fn posts_in(
    store: &Store,
    agency: &str,
    day: Date,
    search: &PostSearch,
    behind: Option<&PostPlace>,
    limit: i64,
) -> Result<Vec<NamedPost>, StoreError> {
    let which = params![agency, format!("{agency}.%")];
    page_of_posts(store, &POSTS_OF_AGENCY, which, day, search, behind, limit).await
}

/// The posts of a system that are not over by a day, but for its administrators.
pub(crate) async fn posts_for(
    store: &Store,
    system: &str,
    day: Date,
    search: &PostSearch,
    behind: Option<&PostPlace>,
    limit: i64,
) -> Result<Vec<NamedPost>, StoreError> {
    let which = params![system, ADMINISTRATOR];
    page_of_posts(store, &POSTS_OF_SYSTEM, which, day, search, behind, limit).await
}

async fn page_of_posts(
    store: &Store,
    statement: &'static Statement,
    which: Vec<Value>,
    day: Date,
    search: &PostSearch,
    behind: Option<&PostPlace>,
    limit: i64,
) -> Result<Vec<NamedPost>, StoreError> {
    let (agency, holder, id) =
        behind.map_or(("", 0, Uuid::nil()), |(agency, holder, id)| (agency.as_str(), holder.as_i64(), *id));
    let mut values = params![
        day,
        search.pattern(),
        &search.unit,
        &search.system,
        &search.post,
        agency,
        holder,
        id,
        limit,
    ];
    values.extend(which);
    let rows = store.read(statement, values).await?;
    rows.iter().map(|row| Ok((post_from(row)?, row.get(10)?))).collect()
}

fn post_from(row: &Row) -> Result<HeldPost, StoreError> {
    let number = |column, value| {
        PersonalNumber::from_i64(value).ok_or_else(|| damaged("POST", column, "a personal number"))
    };
    let lender: Option<i64> = row.get(9)?;
    let post = PostHeld {
        agency: row.get(2)?,
        system: row.get(3)?,
        post: row.get(4)?,
        unit: row.get(5)?,
        from: row.get(6)?,
        until: row.get(7)?,
        delegated_by: lender.map(|lender| number(9, lender)).transpose()?,
    };
    Ok(HeldPost {
        id: row.get(0)?,
        new: NewPost { holder: number(1, row.get(1)?)?, post, delegated_from: row.get(8)? },
    })
}

/// Proposes a post.
pub(crate) fn propose(batch: &mut Batch, id: Uuid, new: &NewPost, by: PersonalNumber, at: Timestamp) {
    let content = serde_json::json!(new).to_string();
    batch.change_one(
        &PROPOSE,
        params![id, new.holder.as_i64(), &new.post.agency, &new.post.system, content, by.as_i64(), at],
    );
}

/// An open proposal.
pub(crate) async fn proposal(store: &Store, id: Uuid) -> Result<Option<Proposal>, StoreError> {
    store.read_one(&PROPOSAL, params![id]).await?.as_ref().map(proposal_from).transpose()
}

/// A place in the order of time: when, and the identifier.
pub(crate) type TimePlace = (Timestamp, Uuid);

/// The open proposals in an agency and those below it, as many as `limit` behind a place.
pub(crate) async fn proposals_in(
    store: &Store,
    agency: &str,
    (at, id): TimePlace,
    limit: i64,
) -> Result<Vec<Proposal>, StoreError> {
    let values = params![agency, format!("{agency}.%"), at, id, limit];
    store.read(&PROPOSALS_OF_AGENCY, values).await?.iter().map(proposal_from).collect()
}

/// The open proposals of a system, as many as `limit` behind a place.
pub(crate) async fn proposals_for(
    store: &Store,
    system: &str,
    (at, id): TimePlace,
    limit: i64,
) -> Result<Vec<Proposal>, StoreError> {
    let rows = store.read(&PROPOSALS_OF_SYSTEM, params![system, at, id, limit]).await?;
    rows.iter().map(proposal_from).collect()
}

fn proposal_from(row: &Row) -> Result<Proposal, StoreError> {
    let by = PersonalNumber::from_i64(row.get(2)?);
    Ok(Proposal {
        id: row.get(0)?,
        new: json_from(row, 1)?,
        proposed_by: by.ok_or_else(|| damaged("PROPOSAL", 2, "a personal number"))?,
        proposed_at: row.get(3)?,
    })
}

/// Keeps a file with what its lines say or what is wrong with them. It is there once all of it is.
pub(crate) async fn keep_roster(
    store: &Store,
    roster: &Roster,
    lines: Vec<(u64, Result<RosterEntry, Vec<PostFault>>)>,
) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    batch.change_one(
        &BEGIN_ROSTER,
        params![
            roster.id,
            &roster.file_name,
            roster.lines,
            roster.faulty,
            roster.known,
            roster.proposed_by.as_i64(),
            roster.proposed_at,
        ],
    );
    store.write(batch).await?;
    let row = |(line, read): (u64, Result<RosterEntry, Vec<PostFault>>)| -> Vec<Value> {
        let line = i64::try_from(line).unwrap_or(i64::MAX);
        match read {
            Ok(entry) => params![roster.id, line, serde_json::json!(entry).to_string(), Value::Null],
            Err(faults) => params![roster.id, line, Value::Null, serde_json::json!(faults).to_string()],
        }
    };
    store.load(&ROSTER_LINES, lines.into_iter().map(row).collect()).await?;
    let mut batch = Batch::new();
    batch.change_one(&COMPLETE_ROSTER, params![roster.id]);
    store.write(batch).await
}

/// A file.
pub(crate) async fn roster(store: &Store, id: Uuid) -> Result<Option<Roster>, StoreError> {
    store.read_one(&ROSTER, params![id]).await?.as_ref().map(roster_from).transpose()
}

/// The files that were sent after a time, the latest first, as many as `limit` before a place.
pub(crate) async fn rosters(
    store: &Store,
    after: Timestamp,
    (at, id): TimePlace,
    limit: i64,
) -> Result<Vec<Roster>, StoreError> {
    store.read(&ROSTERS, params![after, at, id, limit]).await?.iter().map(roster_from).collect()
}

fn roster_from(row: &Row) -> Result<Roster, StoreError> {
    let number = |column, value| {
        PersonalNumber::from_i64(value).ok_or_else(|| damaged("ROSTER", column, "a personal number"))
    };
    let confirmed: Option<i64> = row.get(7)?;
    Ok(Roster {
        id: row.get(0)?,
        file_name: row.get(1)?,
        lines: row.get(2)?,
        faulty: row.get(3)?,
        known: row.get(4)?,
        proposed_by: number(5, row.get(5)?)?,
        proposed_at: row.get(6)?,
        confirmed_by: confirmed.map(|by| number(7, by)).transpose()?,
        finished_at: row.get(8)?,
    })
}

/// Good lines of a file behind a line: all of them, or those that have not taken effect.
pub(crate) async fn good_lines(
    store: &Store,
    roster: Uuid,
    behind: i64,
    only_waiting: bool,
    limit: i64,
) -> Result<Vec<RosterEntry>, StoreError> {
    let statement = if only_waiting { &LINES_TO_APPLY } else { &LINES };
    let rows = store.read(statement, params![roster, behind, limit]).await?;
    rows.iter().map(|row| json_from(row, 1)).collect()
}

/// The lines behind a line in which something is wrong.
pub(crate) async fn faulty_lines(
    store: &Store,
    roster: Uuid,
    behind: i64,
    limit: i64,
) -> Result<Vec<(i64, Vec<PostFault>)>, StoreError> {
    let rows = store.read(&FAULTY_LINES, params![roster, behind, limit]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, json_from(row, 1)?))).collect()
}

fn json_from<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T, StoreError> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|_| damaged("officials", column, "JSON of this program"))
}
