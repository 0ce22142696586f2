//! Files with many posts: read and shown first, confirmed by somebody else, then they take effect line by line.

use super::{ActError, Administration, NotDone, officials::PROPOSALS_ON_PAGE};
use crate::{
    Identity,
    model::{HeldPost, Roster, RosterEntry},
    records::{self, TimePlace},
    rules::{
        post::{ADMINISTRATOR, NewPost, PostFault},
        roster::{self, RosterError, RosterLine},
    },
    tasks,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use store::{Batch, StoreError, params};
use uuid::Uuid;

/// How long a file waits for the second administrator, in days; then its places may have changed.
const ROSTER_DAYS: i64 = 7;
/// Lines that take effect in one batch.
const APPLIED_AT_ONCE: i64 = 500;
/// Lines that are looked at before a file is confirmed, at a time.
const LOOKED_AT_ONCE: i64 = 5_000;

impl Identity {
    /// Reads a file and keeps it, to be looked at.
    pub(crate) async fn read_roster(
        &self,
        own: &Administration,
        file_name: &str,
        file: &[u8],
    ) -> Result<Result<Uuid, RosterError>, ActError> {
        let lines = match roster::read(file) {
            Ok(lines) => lines,
            Err(error) => return Ok(Err(error)),
        };
        let places = self.places(lines.iter().filter_map(|line| line.read.as_ref().ok())).await?;
        let today = self.room.clock.today();
        let (mut keys, mut known, mut checked) = (BTreeSet::new(), 0, Vec::with_capacity(lines.len()));
        for RosterLine { line, key, read } in lines {
            let mut faults = read.as_ref().map_or_else(Vec::clone, |new| places.faults(new, today));
            if let Ok(new) = &read {
                if !own.may(&new.post) || new.post.post == ADMINISTRATOR {
                    faults.push(PostFault::NotYours);
                }
                match records::post_of_line(&self.room.store, &key).await? {
                    Some(before) if is_same(&before, new) => known += 1,
                    Some(_) => faults.push(PostFault::OtherContent),
                    None => {}
                }
            }
            if !key.is_empty() && !keys.insert(key.clone()) {
                faults.push(PostFault::RepeatedKey);
            }
            let number = i64::try_from(line).unwrap_or(i64::MAX);
            let entry = |new: NewPost| RosterEntry { line: number, key, new };
            checked.push((line, if faults.is_empty() { read.map(entry) } else { Err(faults) }));
        }
        let now = self.now();
        let roster = Roster {
            id: self.room.random.id(now),
            file_name: file_name.to_owned(),
            lines: i64::try_from(checked.len()).unwrap_or(i64::MAX),
            faulty: checked.iter().filter(|(_, read)| read.is_err()).count().try_into().unwrap_or(i64::MAX),
            known,
            proposed_by: own.number,
            proposed_at: now,
            confirmed_by: None,
            finished_at: None,
        };
        records::keep_roster(&self.room.store, &roster, checked).await?;
        Ok(Ok(roster.id))
    }

    /// A file, if all its good lines are this administrator's: whoever sent it, and whoever may confirm it.
    pub(crate) async fn roster(&self, own: &Administration, id: Uuid) -> Result<Option<Roster>, StoreError> {
        let store = &self.room.store;
        let Some(roster) = records::roster(store, id).await? else { return Ok(None) };
        if roster.proposed_by == own.number {
            return Ok(Some(roster));
        }
        if roster.faulty == roster.lines {
            return Ok(None);
        }
        let mut behind = 0;
        loop {
            let lines = records::good_lines(store, id, behind, false, LOOKED_AT_ONCE).await?;
            if !lines.iter().all(|entry| own.may(&entry.new.post)) {
                return Ok(None);
            }
            match lines.last() {
                Some(last) => behind = last.line,
                None => return Ok(Some(roster)),
            }
        }
    }

    /// A page of the files that wait for this administrator, or were sent by them, in the last days, the latest first, before a
    /// place; and the place before which the next page begins, if there is one.
    pub(crate) async fn rosters(
        &self,
        own: &Administration,
        before: Option<TimePlace>,
    ) -> Result<(Vec<Roster>, Option<TimePlace>), StoreError> {
        let mut before = before.unwrap_or((Timestamp::MAX, Uuid::max()));
        let mut found = Vec::new();
        loop {
            let limit = PROPOSALS_ON_PAGE as i64;
            let sent = records::rosters(&self.room.store, self.roster_from(), before, limit).await?;
            if sent.is_empty() {
                return Ok((found, None));
            }
            for roster in sent {
                if found.len() == PROPOSALS_ON_PAGE {
                    return Ok((found, Some(before)));
                }
                before = (roster.proposed_at, roster.id);
                found.extend(self.roster(own, roster.id).await?);
            }
        }
    }

    fn roster_from(&self) -> Timestamp {
        self.now().checked_sub(SignedDuration::from_hours(24 * ROSTER_DAYS)).unwrap_or(Timestamp::MIN)
    }

    /// Confirms a file that somebody else sent, if they still may; it takes effect by itself.
    pub(crate) async fn confirm_roster(
        &self,
        own: &Administration,
        id: Uuid,
    ) -> Result<Result<(), NotDone>, ActError> {
        let Some(roster) = self.roster(own, id).await? else { return Ok(Err(NotDone::NotFound)) };
        if roster.proposed_by == own.number {
            return Ok(Err(NotDone::OwnProposal));
        }
        let Some(proposer) = self.administration(roster.proposed_by).await? else {
            return Ok(Err(NotDone::Faults(vec![PostFault::NotYours])));
        };
        if self.roster_gives(own, id).await? {
            return Ok(Err(NotDone::OwnProposal));
        }
        let now = self.now();
        let mut batch = Batch::new();
        own.require(&mut batch);
        proposer.require(&mut batch);
        batch.change_one(&records::CONFIRM_ROSTER, params![id, own.number.as_i64(), now, self.roster_from()]);
        tasks::apply_roster(&mut batch, &self.room, id, now);
        self.write(batch).await?;
        Ok(Ok(()))
    }

    /// The file gives a post to the administrator who would confirm it.
    async fn roster_gives(&self, own: &Administration, id: Uuid) -> Result<bool, StoreError> {
        let mut behind = 0;
        loop {
            let lines = records::good_lines(&self.room.store, id, behind, false, LOOKED_AT_ONCE).await?;
            if lines.iter().any(|entry| entry.new.holder == own.number) {
                return Ok(true);
            }
            match lines.last() {
                Some(last) => behind = last.line,
                None => return Ok(false),
            }
        }
    }

    /// Lets the lines of a confirmed file take effect, each wholly or not at all and once, however often this is run.
    pub(crate) async fn apply_roster(&self, id: Uuid) -> Result<(), StoreError> {
        let store = &self.room.store;
        let Some(roster) = records::roster(store, id).await? else { return Ok(()) };
        let Some(confirmed_by) = roster.confirmed_by else { return Ok(()) };
        loop {
            let lines = records::good_lines(store, id, 0, true, APPLIED_AT_ONCE).await?;
            let (now, mut batch) = (self.now(), Batch::new());
            for entry in &lines {
                let eyes = (roster.proposed_by, confirmed_by);
                records::apply_line(&mut batch, id, self.room.random.id(now), entry, eyes, now);
            }
            if lines.is_empty() {
                batch.change(&records::FINISH_ROSTER, params![id, now]);
                return store.write(batch).await;
            }
            store.write(batch).await?;
        }
    }
}

/// The line was taken before, and the post it gave has not been ended since.
fn is_same(before: &HeldPost, new: &NewPost) -> bool {
    before.new == *new
}
