//! Counts of what passes a node: who calls whom, how often, how it ends, how long it takes, over time.

use contracts::{ServiceId, SystemId};
use jiff::Timestamp;
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Pairs of client and service that are counted apart; what comes beyond is counted together.
const PAIRS_LIMIT: usize = 10_000;
/// Pairs that are counted over time. At about 27 KiB a pair that is never idle, 14 MB at most.
const TIMELINES_LIMIT: usize = 500;
/// Buckets of times: four an octave, from 128 microseconds to two minutes.
const BUCKETS: usize = 80;
const FIRST_BUCKET_MICROS: u64 = 128;
const BUCKETS_AN_OCTAVE: u64 = 4;

/// How one client's calls of one service went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls.
    pub calls: u64,
    /// Calls that the exchange or the provider refused or failed.
    pub failures: u64,
    /// Time until the answer, summed up.
    pub time: Duration,
}

/// A span of time that is counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// A minute, of the last hour.
    Minute,
    /// An hour, of the last day.
    Hour,
}

impl Span {
    /// Its length, in seconds.
    pub fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
        }
    }

    /// How many are kept.
    pub fn kept(self) -> usize {
        match self {
            Self::Minute => 60,
            Self::Hour => 24,
        }
    }
}

/// How the calls of some time went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Calls.
    pub calls: u64,
    /// Calls that the exchange or the provider refused or failed.
    pub failures: u64,
    /// Half of the calls took no longer, in microseconds; known to a fifth.
    pub p50_micros: u64,
    /// 99 of 100 calls took no longer, in microseconds; known to a fifth.
    pub p99_micros: u64,
}

/// What passed between one client and one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairTraffic {
    /// Who calls.
    pub client: SystemId,
    /// What is called.
    pub service: ServiceId,
    /// In the last hour.
    pub hour: Summary,
    /// In the last day.
    pub day: Summary,
    /// When it last went well.
    pub last_success: Option<Timestamp>,
    /// When it last failed.
    pub last_failure: Option<Timestamp>,
}

/// The counts of one node since it started.
#[derive(Default)]
pub struct Traffic {
    pairs: Mutex<HashMap<SystemId, HashMap<ServiceId, Pair>>>,
    /// How many pairs there are, so that a call beyond the limit does not have them counted.
    counted: AtomicUsize,
}

#[derive(Default)]
struct Pair {
    tally: Tally,
    timeline: Option<Box<Timeline>>,
}

impl Pair {
    fn count(&mut self, failed: bool, time: Duration, now: Timestamp) {
        self.tally.calls += 1;
        self.tally.failures += u64::from(failed);
        self.tally.time += time;
        if let Some(timeline) = &mut self.timeline {
            timeline.count(failed, time, now);
        }
    }
}

/// Every pair.
fn each(
    pairs: &HashMap<SystemId, HashMap<ServiceId, Pair>>,
) -> impl Iterator<Item = (&SystemId, &ServiceId, &Pair)> {
    pairs
        .iter()
        .flat_map(|(client, services)| services.iter().map(move |(service, pair)| (client, service, pair)))
}

/// A timeline for one more pair, if there is room, made where need be by those that rest.
fn room_for_timeline(
    pairs: &mut HashMap<SystemId, HashMap<ServiceId, Pair>>,
    now: Timestamp,
) -> Option<Box<Timeline>> {
    let timelines = |pairs: &_| each(pairs).filter(|(_, _, pair)| pair.timeline.is_some()).count();
    if timelines(pairs) >= TIMELINES_LIMIT {
        for idle in pairs.values_mut().flat_map(HashMap::values_mut) {
            idle.timeline = idle.timeline.take().filter(|timeline| !timeline.is_idle(now));
        }
    }
    (timelines(pairs) < TIMELINES_LIMIT).then(Box::default)
}

/// One pair's last hour and last day.
#[derive(Default)]
struct Timeline {
    minutes: VecDeque<Slot>,
    hours: VecDeque<Slot>,
    last_success: Option<Timestamp>,
    last_failure: Option<Timestamp>,
}

/// The calls of one minute or hour. Where none came there is none.
#[derive(Clone)]
struct Slot {
    /// When it begins, in seconds since 1970.
    start: i64,
    failures: u32,
    times: [u32; BUCKETS],
}

impl Slot {
    fn empty(start: i64) -> Self {
        Self { start, failures: 0, times: [0; BUCKETS] }
    }

    fn add(&mut self, other: &Self) {
        self.failures = self.failures.saturating_add(other.failures);
        for (sum, count) in self.times.iter_mut().zip(&other.times) {
            *sum = sum.saturating_add(*count);
        }
    }

    fn summary(&self) -> Summary {
        let calls = self.times.iter().map(|count| u64::from(*count)).sum();
        let failures = u64::from(self.failures);
        Summary {
            calls,
            failures,
            p50_micros: self.quantile(calls, 50),
            p99_micros: self.quantile(calls, 99),
        }
    }

    /// The end of the bucket in which this per cent of the calls lies.
    fn quantile(&self, calls: u64, percent: u64) -> u64 {
        let rank = (calls * percent).div_ceil(100);
        let mut below = 0;
        let found = self.times.iter().position(|count| {
            below += u64::from(*count);
            below >= rank
        });
        if calls == 0 { 0 } else { end_of(found.unwrap_or(BUCKETS - 1) as u64) }
    }
}

/// The bucket of a time. Within an octave buckets have the same width.
fn bucket_of(micros: u64) -> usize {
    if micros < FIRST_BUCKET_MICROS {
        return 0;
    }
    let octave = u64::from((micros / FIRST_BUCKET_MICROS).ilog2());
    let within = micros / ((FIRST_BUCKET_MICROS / BUCKETS_AN_OCTAVE) << octave) - BUCKETS_AN_OCTAVE;
    usize::try_from(octave * BUCKETS_AN_OCTAVE + within).unwrap_or(BUCKETS).min(BUCKETS - 1)
}

fn end_of(bucket: u64) -> u64 {
    let (octave, within) = (bucket / BUCKETS_AN_OCTAVE, bucket % BUCKETS_AN_OCTAVE);
    ((FIRST_BUCKET_MICROS / BUCKETS_AN_OCTAVE) << octave) * (BUCKETS_AN_OCTAVE + within + 1)
}

impl Timeline {
    fn slots(&self, span: Span) -> &VecDeque<Slot> {
        match span {
            Span::Minute => &self.minutes,
            Span::Hour => &self.hours,
        }
    }

    fn count(&mut self, failed: bool, time: Duration, now: Timestamp) {
        let bucket = bucket_of(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        for (span, slots) in [(Span::Minute, &mut self.minutes), (Span::Hour, &mut self.hours)] {
            let start = start_of(span, now);
            // A clock that was set back counts on in the newest slot.
            if slots.back().is_none_or(|newest| newest.start < start) {
                slots.push_back(Slot::empty(start));
            }
            while slots.len() > span.kept() {
                slots.pop_front();
            }
            if let Some(slot) = slots.back_mut() {
                slot.times[bucket] = slot.times[bucket].saturating_add(1);
                slot.failures = slot.failures.saturating_add(u32::from(failed));
            }
        }
        *(if failed { &mut self.last_failure } else { &mut self.last_success }) = Some(now);
    }

    /// All that is kept of a span, as one.
    fn summary(&self, span: Span, now: Timestamp) -> Summary {
        let mut all = Slot::empty(0);
        self.slots(span).iter().filter(|slot| slot.start >= oldest(span, now)).for_each(|slot| all.add(slot));
        all.summary()
    }

    fn is_idle(&self, now: Timestamp) -> bool {
        self.hours.back().is_none_or(|newest| newest.start < oldest(Span::Hour, now))
    }
}

fn start_of(span: Span, at: Timestamp) -> i64 {
    at.as_second() - at.as_second().rem_euclid(span.seconds())
}

/// Where the oldest slot begins that is still told.
fn oldest(span: Span, now: Timestamp) -> i64 {
    start_of(span, now) - span.seconds() * (span.kept() as i64 - 1)
}

impl Traffic {
    /// Counts one call.
    pub(crate) fn count(
        &self,
        client: &SystemId,
        service: &ServiceId,
        failed: bool,
        time: Duration,
        now: Timestamp,
    ) {
        let mut pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pair) = pairs.get_mut(client).and_then(|services| services.get_mut(service)) {
            return pair.count(failed, time, now);
        }
        if self.counted.load(Ordering::Relaxed) >= PAIRS_LIMIT {
            return;
        }
        self.counted.fetch_add(1, Ordering::Relaxed);
        let mut pair = Pair { timeline: room_for_timeline(&mut pairs, now), ..Pair::default() };
        pair.count(failed, time, now);
        pairs.entry(client.clone()).or_default().insert(service.clone(), pair);
    }

    /// All counts, busiest pair first.
    pub fn tallies(&self) -> Vec<(SystemId, ServiceId, Tally)> {
        let pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = each(&pairs)
            .map(|(client, service, pair)| (client.clone(), service.clone(), pair.tally))
            .collect();
        all.sort_by(|a, b| b.2.calls.cmp(&a.2.calls).then_with(|| (&a.0, &a.1).cmp(&(&b.0, &b.1))));
        all
    }

    /// The last hour and day of every pair that is counted over time, busiest of the day first.
    pub fn lately(&self, now: Timestamp) -> Vec<PairTraffic> {
        let pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = each(&pairs)
            .filter_map(|(client, service, pair)| {
                let timeline = pair.timeline.as_ref()?;
                Some(PairTraffic {
                    client: client.clone(),
                    service: service.clone(),
                    hour: timeline.summary(Span::Minute, now),
                    day: timeline.summary(Span::Hour, now),
                    last_success: timeline.last_success,
                    last_failure: timeline.last_failure,
                })
            })
            .collect();
        all.sort_by(|a, b| {
            b.day.calls.cmp(&a.day.calls).then_with(|| (&a.client, &a.service).cmp(&(&b.client, &b.service)))
        });
        all
    }

    /// One pair over time: when each span that had calls began, and how they went; the oldest first.
    pub fn over_time(
        &self,
        client: &SystemId,
        service: &ServiceId,
        span: Span,
        now: Timestamp,
    ) -> Vec<(Timestamp, Summary)> {
        let pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = pairs.get(client).and_then(|services| services.get(service));
        let slots = pair.and_then(|pair| pair.timeline.as_ref()).map(|timeline| timeline.slots(span));
        let slots = slots.into_iter().flatten().filter(|slot| slot.start >= oldest(span, now));
        slots.filter_map(|slot| Some((Timestamp::from_second(slot.start).ok()?, slot.summary()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn pair() -> (SystemId, ServiceId) {
        ("VN/GOV/G22/portal".parse().unwrap(), "VN/GOV/G01/population/people".parse().unwrap())
    }

    #[test]
    fn every_time_lies_in_its_bucket() {
        let times =
            (0..30).flat_map(|power| [-1, 0, 1, 7].map(|more| ((1_i64 << power) + more).unsigned_abs()));
        for micros in times {
            let bucket = bucket_of(micros);
            let begin = if bucket == 0 { 0 } else { end_of(bucket as u64 - 1) };
            let last = bucket == BUCKETS - 1;
            assert!(begin <= micros && (last || micros < end_of(bucket as u64)), "{micros} in {bucket}");
        }
    }

    #[test]
    fn calls_are_counted_by_minute_and_hour() {
        let (traffic, (client, service)) = (Traffic::default(), pair());
        let millis = Duration::from_millis;
        for (when, failed, time) in [
            ("2026-11-21T03:00:10Z", false, millis(1)),
            ("2026-11-21T03:00:50Z", true, millis(100)),
            ("2026-11-21T03:59:00Z", false, millis(10)),
            ("2026-11-21T04:30:00Z", false, millis(10)),
        ] {
            traffic.count(&client, &service, failed, time, at(when));
        }
        let over = |span, now: &str| {
            let points = traffic.over_time(&client, &service, span, at(now));
            points.into_iter().map(|(_, point)| (point.calls, point.failures)).collect::<Vec<_>>()
        };
        assert_eq!(over(Span::Minute, "2026-11-21T03:59:59Z"), [(2, 1), (1, 0), (1, 0)]);
        assert_eq!(over(Span::Minute, "2026-11-21T04:30:00Z"), [(1, 0), (1, 0)], "an hour ago is over");
        assert_eq!(over(Span::Hour, "2026-11-21T04:30:00Z"), [(3, 1), (1, 0)]);
        assert_eq!(over(Span::Hour, "2026-11-22T04:30:00Z"), [], "and so is a day ago");
        let lately = traffic.lately(at("2026-11-21T04:30:00Z"));
        assert_eq!((lately[0].hour.calls, lately[0].day.calls, lately[0].day.failures), (2, 4, 1));
        let Summary { p50_micros, p99_micros, .. } = lately[0].day;
        assert!(
            (10_000..12_500).contains(&p50_micros) && (100_000..125_000).contains(&p99_micros),
            "{lately:?}"
        );
        assert_eq!(lately[0].last_failure, Some(at("2026-11-21T03:00:50Z")));
    }

    #[test]
    fn memory_is_bounded_whoever_calls() {
        let (traffic, (client, service)) = (Traffic::default(), pair());
        for minute in 0..3_000 {
            let now = at("2026-11-21T00:00:00Z") + jiff::SignedDuration::from_mins(minute);
            traffic.count(&client, &service, false, Duration::ZERO, now);
        }
        let later = at("2026-12-21T00:00:00Z");
        for number in 0..TIMELINES_LIMIT + 10 {
            let other = format!("VN/GOV/G22/system-{number}").parse().unwrap();
            traffic.count(&other, &service, false, Duration::ZERO, later);
        }
        let pairs = traffic.pairs.lock().unwrap();
        let timelines: Vec<_> = each(&pairs).filter_map(|(_, _, pair)| pair.timeline.as_ref()).collect();
        assert_eq!(timelines.len(), TIMELINES_LIMIT, "the one that rests made room");
        assert!(timelines.iter().all(|line| line.minutes.len() <= 60 && line.hours.len() <= 24));
    }
}
