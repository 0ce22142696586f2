//! Posts of officials. What gives power takes two: one proposes, another confirms. What takes power away takes one, at once.

use super::ActError;
use crate::{
    Identity,
    model::{Act, HeldPost, Proposal},
    records::{self, NamedPost, PostSearch, TimePlace},
    rules::post::{self, ADMINISTRATOR, NewPost, PostFault},
};
use contracts::{
    Context, PersonalNumber,
    agencies::{AgencyPlace, CheckPlaces, PLACES_LIMIT_CODES, Places, UnitPlace},
    identity::PostHeld,
};
use jiff::{Timestamp, civil::Date};
use std::collections::{BTreeMap, BTreeSet};
use store::{Batch, StoreError, params};
use uuid::Uuid;

/// How many posts one page of a list shows.
const POSTS_ON_PAGE: usize = 50;

/// A page of a list of posts.
pub(crate) struct PostPage {
    pub(crate) posts: Vec<NamedPost>,
    /// The post behind which the next page begins, if there is one.
    pub(crate) next: Option<Uuid>,
}

/// How many proposals, and files, one page shows.
pub(super) const PROPOSALS_ON_PAGE: usize = 50;

/// A page of the open proposals.
pub(crate) struct ProposalPage {
    pub(crate) proposals: Vec<Proposal>,
    /// The place behind which the next page begins, if there is one.
    pub(crate) next: Option<TimePlace>,
}

/// What a page says where a post was not given or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotDone {
    /// There is no such thing for this administrator.
    NotFound,
    /// They proposed it themselves, or would gain by it.
    OwnProposal,
    /// What is wrong with the post.
    Faults(Vec<PostFault>),
}

/// An administrator of officials, with the posts that make them one.
#[derive(Debug, Clone)]
pub(crate) struct Administration {
    /// Who.
    pub(crate) number: PersonalNumber,
    posts: Vec<HeldPost>,
    day: Date,
}

impl Administration {
    /// They administer this post.
    pub(crate) fn may(&self, new: &PostHeld) -> bool {
        let own: Vec<PostHeld> = self.posts.iter().map(|held| held.new.post.clone()).collect();
        post::administers(&own, &new.agency, &new.system, &new.post, self.day)
    }

    /// Whatever is written holds only if none of the posts was ended meanwhile.
    pub(super) fn require(&self, batch: &mut Batch) {
        for held in &self.posts {
            batch.require(&records::POST_IN_FORCE, params![held.id, self.day]);
        }
    }
}

/// What the register of agencies says of codes, by code and day.
#[derive(Debug, Default)]
pub(super) struct KnownPlaces {
    agencies: BTreeMap<(Date, String), AgencyPlace>,
    units: BTreeMap<(Date, String), UnitPlace>,
}

impl KnownPlaces {
    /// What is wrong with a post.
    pub(super) fn faults(&self, new: &NewPost, today: Date) -> Vec<PostFault> {
        let day = post::places_day(&new.post, today);
        let agency = self.agencies.get(&(day, new.post.agency.clone()));
        let unit = new.post.unit.as_ref().and_then(|unit| self.units.get(&(day, unit.clone())));
        post::check(new, agency, unit, today)
    }
}

impl Identity {
    /// What makes a person an administrator of officials today; nothing where they are none.
    pub(crate) async fn administration(
        &self,
        number: PersonalNumber,
    ) -> Result<Option<Administration>, StoreError> {
        let day = self.room.clock.today();
        let mut posts = records::posts_of(&self.room.store, number, day).await?;
        posts.retain(|held| {
            let post = &held.new.post;
            post.post == ADMINISTRATOR && post.delegated_by.is_none() && post.holds_on(day)
        });
        Ok((!posts.is_empty()).then_some(Administration { number, posts, day }))
    }

    /// A page of the posts that somebody administers, behind the post `after`. The store narrows; the rule decides.
    pub(crate) async fn posts_administered(
        &self,
        own: &Administration,
        search: &PostSearch,
        after: Option<Uuid>,
    ) -> Result<Option<PostPage>, StoreError> {
        let store = &self.room.store;
        let behind = match after {
            None => None,
            Some(id) => match records::post(store, id).await?.filter(|held| own.may(&held.new.post)) {
                Some(held) => Some(records::place_of(&held)),
                None => return Ok(None),
            },
        };
        let (behind, limit) = (behind.as_ref(), POSTS_ON_PAGE as i64 + 1);
        let mut found = BTreeMap::new();
        for PostHeld { agency, system, .. } in own.posts.iter().map(|held| &held.new.post) {
            let posts = match system.as_str() {
                contracts::identity::SYSTEM => {
                    records::posts_in(store, agency, own.day, search, behind, limit).await?
                }
                system => records::posts_for(store, system, own.day, search, behind, limit).await?,
            };
            found.extend(posts.into_iter().map(|named| (records::place_of(&named.0), named)));
        }
        let mut posts: Vec<NamedPost> = found.into_values().collect();
        let more = posts.len() > POSTS_ON_PAGE;
        posts.truncate(POSTS_ON_PAGE);
        let next = posts.last().filter(|_| more).map(|(held, _)| held.id);
        posts.retain(|(held, _)| own.may(&held.new.post));
        Ok(Some(PostPage { posts, next }))
    }

    /// A page of the open proposals that somebody administers, the oldest first, behind a place.
    pub(crate) async fn proposals_administered(
        &self,
        own: &Administration,
        behind: Option<TimePlace>,
    ) -> Result<ProposalPage, StoreError> {
        let store = &self.room.store;
        let behind = behind.unwrap_or((Timestamp::MIN, Uuid::nil()));
        let limit = PROPOSALS_ON_PAGE as i64 + 1;
        let mut found = BTreeMap::new();
        for PostHeld { agency, system, .. } in own.posts.iter().map(|held| &held.new.post) {
            let proposals = match system.as_str() {
                contracts::identity::SYSTEM => records::proposals_in(store, agency, behind, limit).await?,
                system => records::proposals_for(store, system, behind, limit).await?,
            };
            found.extend(
                proposals.into_iter().map(|proposal| ((proposal.proposed_at, proposal.id), proposal)),
            );
        }
        // All lists were cut at the same length behind the same place, so what is before the cut is whole.
        let more = found.len() > PROPOSALS_ON_PAGE;
        let mut proposals: Vec<Proposal> = found.into_values().take(PROPOSALS_ON_PAGE).collect();
        let next = proposals.last().filter(|_| more).map(|last| (last.proposed_at, last.id));
        proposals.retain(|proposal| own.may(&proposal.new.post));
        Ok(ProposalPage { proposals, next })
    }

    /// Proposes that somebody holds a post.
    pub(crate) async fn propose_post(
        &self,
        own: &Administration,
        new: &NewPost,
    ) -> Result<Result<(), NotDone>, ActError> {
        let mut faults = self.places([new]).await?.faults(new, own.day);
        if !own.may(&new.post) {
            faults.push(PostFault::NotYours);
        }
        if !faults.is_empty() {
            return Ok(Err(NotDone::Faults(faults)));
        }
        let now = self.now();
        let mut batch = Batch::new();
        own.require(&mut batch);
        records::propose(&mut batch, self.room.random.id(now), new, own.number, now);
        self.room.store.write(batch).await?;
        Ok(Ok(()))
    }

    /// Proposes that somebody else holds one's own post for some days.
    pub(crate) async fn propose_delegation(
        &self,
        holder: PersonalNumber,
        from: Uuid,
        (to, first, until): (PersonalNumber, Date, Option<Date>),
    ) -> Result<Result<(), NotDone>, ActError> {
        let today = self.room.clock.today();
        let held = records::post(&self.room.store, from).await?.filter(|held| held.new.holder == holder);
        let Some(own) = held else { return Ok(Err(NotDone::NotFound)) };
        let post = PostHeld { from: first, until, delegated_by: Some(holder), ..own.new.post.clone() };
        let new = NewPost { holder: to, post, delegated_from: Some(from) };
        let faults = post::check_delegation(&new, &own.new, today);
        if !faults.is_empty() {
            return Ok(Err(NotDone::Faults(faults)));
        }
        let now = self.now();
        let mut batch = Batch::new();
        batch.require(&records::POST_IN_FORCE, params![from, first.max(own.new.post.from)]);
        records::propose(&mut batch, self.room.random.id(now), &new, holder, now);
        self.room.store.write(batch).await?;
        Ok(Ok(()))
    }

    /// Confirms what somebody else proposed, if whoever proposed it still may.
    pub(crate) async fn confirm_post(
        &self,
        own: &Administration,
        id: Uuid,
    ) -> Result<Result<(), NotDone>, ActError> {
        let store = &self.room.store;
        let proposal = records::proposal(store, id).await?.filter(|proposal| own.may(&proposal.new.post));
        let Some(Proposal { new, proposed_by, .. }) = proposal else { return Ok(Err(NotDone::NotFound)) };
        if [proposed_by, new.holder].contains(&own.number) {
            return Ok(Err(NotDone::OwnProposal));
        }
        let (now, mut batch) = (self.now(), Batch::new());
        let faults = match new.delegated_from {
            Some(from) => {
                let lender = records::post(store, from).await?;
                batch.require(&records::POST_IN_FORCE, params![from, new.post.from]);
                lender.map_or(vec![PostFault::Delegation], |lender| {
                    post::check_delegation(&new, &lender.new, own.day)
                })
            }
            None => {
                let proposer = self.administration(proposed_by).await?;
                match proposer.filter(|proposer| proposer.may(&new.post)) {
                    Some(proposer) => proposer.require(&mut batch),
                    None => return Ok(Err(NotDone::Faults(vec![PostFault::NotYours]))),
                }
                self.places([&new]).await?.faults(&new, own.day)
            }
        };
        if !faults.is_empty() {
            return Ok(Err(NotDone::Faults(faults)));
        }
        own.require(&mut batch);
        batch.change_one(&records::CONFIRM, params![id, own.number.as_i64(), now]);
        let eyes = Some((proposed_by, own.number));
        records::add_post(&mut batch, self.room.random.id(now), &new, eyes, now);
        self.note_of(&mut batch, new.holder, Act::PostGiven, &new.post.agency).await?;
        self.room.store.write(batch).await?;
        Ok(Ok(()))
    }

    /// Refuses a proposal, or takes one's own back.
    pub(crate) async fn refuse_post(
        &self,
        own: &Administration,
        id: Uuid,
    ) -> Result<Result<(), NotDone>, ActError> {
        let proposal = records::proposal(&self.room.store, id).await?;
        if !proposal.is_some_and(|proposal| own.may(&proposal.new.post)) {
            return Ok(Err(NotDone::NotFound));
        }
        let mut batch = Batch::new();
        own.require(&mut batch);
        batch.change_one(&records::REFUSE, params![id, own.number.as_i64(), self.now()]);
        self.room.store.write(batch).await?;
        Ok(Ok(()))
    }

    /// Ends a post from today on, with what others hold for its holder.
    pub(crate) async fn end_post(
        &self,
        own: &Administration,
        id: Uuid,
    ) -> Result<Result<(), NotDone>, ActError> {
        let held = records::post(&self.room.store, id).await?.filter(|held| own.may(&held.new.post));
        let Some(held) = held else { return Ok(Err(NotDone::NotFound)) };
        let mut batch = Batch::new();
        own.require(&mut batch);
        batch.change_one(&records::END_POST, params![id, own.day]);
        batch.change(&records::END_DELEGATIONS, params![id, own.day]);
        self.end_all_sessions(&mut batch, held.new.holder).await?;
        self.note_of(&mut batch, held.new.holder, Act::PostEnded, &held.new.post.agency).await?;
        self.write(batch).await?;
        Ok(Ok(()))
    }

    /// Somebody leaves an agency: in one batch all their posts in it end, what others hold for them there, what they have
    /// proposed, their sessions, and all tokens that came of these.
    pub(crate) async fn leave_agency(
        &self,
        own: &Administration,
        leaver: PersonalNumber,
        agency: &str,
    ) -> Result<Result<(), NotDone>, ActError> {
        let held = records::posts_of(&self.room.store, leaver, own.day).await?;
        let in_agency: Vec<HeldPost> =
            held.into_iter().filter(|held| held.new.post.agency == agency).collect();
        if in_agency.is_empty() || !in_agency.iter().all(|held| own.may(&held.new.post)) {
            return Ok(Err(NotDone::NotFound));
        }
        let (number, now) = (leaver.as_i64(), self.now());
        let mut batch = Batch::new();
        own.require(&mut batch);
        batch.change(&records::END_POSTS_OF_LEAVER, params![number, agency, own.day]);
        batch.change(&records::END_DELEGATIONS_OF_LEAVER, params![number, agency, own.day]);
        batch.change(&records::WITHDRAW_OF_LEAVER, params![number, agency, own.number.as_i64(), now]);
        self.end_all_sessions(&mut batch, leaver).await?;
        self.note_of(&mut batch, leaver, Act::LeftAgency, agency).await?;
        self.write(batch).await?;
        Ok(Ok(()))
    }

    /// Ends the sessions of a person, their tokens with them; services hear of it.
    async fn end_all_sessions(&self, batch: &mut Batch, person: PersonalNumber) -> Result<(), StoreError> {
        let store = &self.room.store;
        let Some(account) = records::account_of(store, person).await? else { return Ok(()) };
        for session in records::sessions(store, account.id).await? {
            self.leave(batch, account.id, session.id).await?;
        }
        batch.change(&records::END_SESSIONS, params![account.id]);
        batch.change(&records::REVOKE_ACCOUNT, params![account.id, self.now()]);
        Ok(())
    }

    /// Adds to the history of a person who has an account.
    pub(super) async fn note_of(
        &self,
        batch: &mut Batch,
        person: PersonalNumber,
        act: Act,
        agency: &str,
    ) -> Result<(), StoreError> {
        if let Some(account) = records::account_of(&self.room.store, person).await? {
            self.note(batch, account.id, act, agency);
        }
        Ok(())
    }

    /// Asks the register of agencies for the places of posts, many at once.
    pub(super) async fn places<'a>(
        &self,
        posts: impl IntoIterator<Item = &'a NewPost>,
    ) -> Result<KnownPlaces, ActError> {
        let today = self.room.clock.today();
        let mut wanted: BTreeMap<Date, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
        for NewPost { post, .. } in posts {
            let (agencies, units) = wanted.entry(post::places_day(post, today)).or_default();
            agencies.insert(&post.agency);
            units.extend(post.unit.as_deref());
        }
        let mut known = KnownPlaces::default();
        for (day, (agencies, units)) in wanted {
            let agencies: Vec<&str> = agencies.into_iter().collect();
            let units: Vec<&str> = units.into_iter().collect();
            for start in (0..agencies.len().max(units.len())).step_by(PLACES_LIMIT_CODES) {
                self.ask_places(&mut known, day, part(&agencies, start), part(&units, start)).await?;
            }
        }
        Ok(known)
    }

    async fn ask_places(
        &self,
        known: &mut KnownPlaces,
        day: Date,
        agencies: &[&str],
        units: &[&str],
    ) -> Result<(), ActError> {
        let owned = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
        let asked = Places { agencies: owned(agencies), units: owned(units), on: Some(day) };
        let found = match self.room.exchange.call::<CheckPlaces>(&asked, &Context::public()).await {
            Ok(found) => found.answer,
            // A day too far ahead for the lists: no place of it is known.
            Err(system::CallError::Refused(problem)) if problem.status == 422 => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let agencies = asked.agencies.into_iter().zip(found.agencies);
        known.agencies.extend(agencies.filter_map(|(code, place)| Some(((day, code), place?))));
        let units = asked.units.into_iter().zip(found.units);
        known.units.extend(units.filter_map(|(code, place)| Some(((day, code), place?))));
        Ok(())
    }
}

fn part<'a>(codes: &'a [&'a str], start: usize) -> &'a [&'a str] {
    let end = codes.len().min(start + PLACES_LIMIT_CODES);
    codes.get(start..end).unwrap_or_default()
}
