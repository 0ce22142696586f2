//! Books: numbers without gaps or doubles, and closing.

use crate::{
    country::{COMMUNE, Country, engines, registrar},
    samples,
};
use civil_status::{
    ActError, NotNow,
    model::{DecisionKind, EventKind},
};
use jiff::SignedDuration;
use std::{sync::Arc, sync::atomic::Ordering, time::Duration};
use system::System as _;

const BIRTHS: i64 = 24;
const WORKERS: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_have_neither_gaps_nor_doubles_under_contention() {
    for location in engines() {
        let country = Arc::new(Country::open_at(&location, true).await);
        for birth in 0..BIRTHS {
            let mut application = samples::application(&format!("H26-{birth}"));
            application.form.child.birth_date =
                jiff::civil::date(2026, 10, 1) + jiff::Span::new().days(birth);
            let filed = country.file(&application).await.unwrap();
            country.decide(filed, DecisionKind::Register, "").await;
        }
        let workers: Vec<_> = (0..WORKERS)
            .map(|_| {
                let country = country.clone();
                tokio::spawn(async move { work_until_done(&country).await })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
        let numbers = country.system.numbers_of_book(COMMUNE, 2026).await.unwrap();
        assert_eq!(numbers, (1..=BIRTHS).collect::<Vec<_>>());
        let book = country.system.book(COMMUNE, EventKind::Birth, 2026).await.unwrap().unwrap();
        assert_eq!(book.entries, BIRTHS);
    }
}

/// Works off tasks up to the book, one at a time, and puts back what others were faster with.
async fn work_until_done(country: &Country) {
    let store = &country.test.room.store;
    loop {
        let now = country.test.clock.now();
        let tasks = store.take_tasks(now, 1, Duration::from_secs(600)).await.unwrap();
        let Some(task) = tasks.into_iter().next() else {
            let entered = country.system.numbers_of_book(COMMUNE, 2026).await.unwrap().len();
            if i64::try_from(entered).unwrap() == BIRTHS {
                return;
            }
            tokio::task::yield_now().await;
            continue;
        };
        // Pressing certificates is another test's business; here it would only take time.
        if task.kind == "issue-certificate" {
            store.finish_task(task.id).await.unwrap();
        } else if let Err(failure) = country.system.perform(&task).await {
            assert!(!failure.fatal, "{}: {}", task.kind, failure.fault);
            store.fail_task(task.id, now, &failure.fault).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_book_is_closed_after_its_year_and_stays_closed() {
    for location in engines() {
        let country = Country::open_at(&location, true).await;
        country.registered(&samples::application("H26-1")).await;
        let book = country.system.book(COMMUNE, EventKind::Birth, 2026).await.unwrap().unwrap();
        let early = country.system.close_book(&book, registrar()).await;
        assert!(matches!(early, Err(ActError::NotNow(NotNow::YearNotOver))), "{early:?}");

        // Decided on the last evening, not yet numbered when the new year begins.
        let mut last = samples::application("H26-2");
        last.form.child.name.given = "Bình".into();
        let filed = country.file(&last).await.unwrap();
        country.faults.population.store(true, Ordering::SeqCst);
        country.decide(filed, DecisionKind::Register, "").await;
        assert_eq!(country.work_off().await.len(), 1);
        country.test.clock.advance(SignedDuration::from_hours(24 * 60));
        let pending = country.system.close_book(&book, registrar()).await;
        assert!(matches!(pending, Err(ActError::NotNow(NotNow::EntriesPending))), "{pending:?}");
        country.faults.population.store(false, Ordering::SeqCst);
        assert_eq!(country.work_off().await, Vec::<String>::new());

        // The registrar saw one entry; there are two by now.
        let stale = country.system.close_book(&book, registrar()).await;
        assert!(matches!(stale, Err(ActError::ChangedMeanwhile)), "{stale:?}");
        let book = country.system.book(COMMUNE, EventKind::Birth, 2026).await.unwrap().unwrap();
        country.system.close_book(&book, registrar()).await.unwrap();
        assert_eq!(country.work_off().await, Vec::<String>::new());
        let closed = country.system.book(COMMUNE, EventKind::Birth, 2026).await.unwrap().unwrap();
        assert_eq!(closed.entries, 2);
        assert!(closed.closed.as_ref().is_some_and(|closing| closing.proof.is_some()));
        let again = country.system.close_book(&closed, registrar()).await;
        assert!(matches!(again, Err(ActError::ChangedMeanwhile)), "{again:?}");

        // In the new year a new book begins; into the closed one nothing goes, whatever a clock says.
        let mut next = samples::application("H26-3");
        next.form.child.name.given = "Chi".into();
        let filed = country.file(&next).await.unwrap();
        country.test.clock.advance(SignedDuration::from_hours(-24 * 60));
        let application = country.system.application(filed).await.unwrap().unwrap();
        let late = country.system.decide(&application, DecisionKind::Register, "", registrar()).await;
        assert!(matches!(late, Err(ActError::ChangedMeanwhile)), "{late:?}");
        country.test.clock.advance(SignedDuration::from_hours(24 * 60));
        country.decide(filed, DecisionKind::Register, "").await;
        assert_eq!(country.work_off().await, Vec::<String>::new());
        assert_eq!(country.registration("H26-3").await.number, "1/2027");
    }
}
