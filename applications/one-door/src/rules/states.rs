//! How a dossier goes from one of its ten states to the next, and what its steps make of it.

use crate::model::{StepProgress, StepState};
use contracts::{portal::DossierState, procedures::Step};

/// What happens to a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The officer receives it (Decree 61/2018/ND-CP article 17).
    Receive,
    /// The officer asks for more before receiving it (article 17(1)(a)).
    AskSupplement,
    /// The officer refuses it (article 17(1)(b)).
    Refuse,
    /// The applicant takes it back.
    Withdraw,
    /// The applicant supplies what was asked for.
    Supply,
    /// The officer apologises for being late and gives a new date (article 19(9)).
    Apologise,
    /// The result was returned.
    ReturnResult,
}

/// The state after an act, or nothing where the act has no place.
pub fn after(state: DossierState, act: Act, steps: &[StepProgress]) -> Option<DossierState> {
    use DossierState as S;
    let received = steps.iter().any(|step| step.state != StepState::Waiting);
    match (act, state) {
        (Act::Receive, S::New) => Some(S::Received),
        (Act::AskSupplement, S::New) => Some(S::SupplementAsked),
        (Act::Refuse, S::New) => Some(S::NotReceived),
        (Act::Withdraw, S::New | S::Received | S::InProgress | S::SupplementAsked | S::PaymentAsked) => {
            (!is_decided(steps)).then_some(S::Withdrawn)
        }
        (Act::Supply, S::SupplementAsked) => Some(if received { S::InProgress } else { S::New }),
        (Act::Apologise, S::Received | S::InProgress) => Some(state),
        (Act::ReturnResult, S::Finished) => Some(S::ResultReturned),
        _ => None,
    }
}

/// An agency has decided something, so the dossier can't be taken back.
fn is_decided(steps: &[StepProgress]) -> bool {
    steps.iter().any(|step| matches!(step.state, StepState::Done | StepState::Refused))
}

/// Nothing more happens to a dossier in this state.
pub fn is_ended(state: DossierState) -> bool {
    use DossierState as S;
    matches!(state, S::NotReceived | S::Withdrawn | S::Stopped | S::Finished | S::ResultReturned)
}

/// The state that the steps of a received dossier make. What has ended stays ended.
pub fn settled(state: DossierState, steps: &[StepProgress]) -> DossierState {
    use StepState as S;
    let any = |wanted: &[StepState]| steps.iter().any(|step| wanted.contains(&step.state));
    if is_ended(state) {
        state
    } else if steps.iter().all(|step| step.state == S::Done) {
        DossierState::Finished
    } else if any(&[S::Returned]) {
        DossierState::SupplementAsked
    } else if !any(&[S::Running, S::Asked]) {
        DossierState::Stopped
    } else if any(&[S::Asked, S::Done, S::Refused]) {
        DossierState::InProgress
    } else {
        state
    }
}

/// Starts every waiting step whose earlier steps are done.
pub fn start_ready(definitions: &[Step], steps: &mut [StepProgress]) {
    let done: Vec<String> =
        steps.iter().filter(|step| step.state == StepState::Done).map(|step| step.code.clone()).collect();
    for step in steps.iter_mut().filter(|step| step.state == StepState::Waiting) {
        let definition = definitions.iter().find(|definition| definition.code == step.code);
        if definition.is_some_and(|definition| definition.after.iter().all(|before| done.contains(before))) {
            step.state = StepState::Running;
        }
    }
}

/// The steps can be run to their end: there is one at least, codes are unique, and each waits only for others that come to
/// their end before it.
pub fn can_be_run(definitions: &[Step]) -> bool {
    let mut steps: Vec<StepProgress> =
        definitions.iter().map(|step| StepProgress::waiting(&step.code)).collect();
    for _ in 0..definitions.len() {
        start_ready(definitions, &mut steps);
        for step in steps.iter_mut().filter(|step| step.state == StepState::Running) {
            step.state = StepState::Done;
        }
    }
    let unique = definitions
        .iter()
        .enumerate()
        .all(|(at, step)| definitions.iter().position(|other| other.code == step.code) == Some(at));
    !steps.is_empty() && unique && steps.iter().all(|step| step.state == StepState::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use DossierState as D;
    use StepState as S;

    fn steps(states: &[StepState]) -> Vec<StepProgress> {
        let named = |(at, state): (usize, &StepState)| StepProgress {
            state: *state,
            ..StepProgress::waiting(&at.to_string())
        };
        states.iter().enumerate().map(named).collect()
    }

    #[test]
    fn acts_lead_where_the_decree_says() {
        let allowed = [
            (D::New, Act::Receive, &[S::Waiting][..], D::Received),
            (D::New, Act::AskSupplement, &[S::Waiting], D::SupplementAsked),
            (D::New, Act::Refuse, &[S::Waiting], D::NotReceived),
            (D::New, Act::Withdraw, &[S::Waiting], D::Withdrawn),
            (D::Received, Act::Withdraw, &[S::Running], D::Withdrawn),
            (D::InProgress, Act::Withdraw, &[S::Asked, S::Waiting], D::Withdrawn),
            (D::SupplementAsked, Act::Withdraw, &[S::Returned], D::Withdrawn),
            (D::PaymentAsked, Act::Withdraw, &[S::Waiting], D::Withdrawn),
            (D::SupplementAsked, Act::Supply, &[S::Waiting], D::New),
            (D::SupplementAsked, Act::Supply, &[S::Returned], D::InProgress),
            (D::Received, Act::Apologise, &[S::Running], D::Received),
            (D::InProgress, Act::Apologise, &[S::Asked], D::InProgress),
            (D::Finished, Act::ReturnResult, &[S::Done], D::ResultReturned),
        ];
        for (state, act, made, expected) in allowed {
            assert_eq!(after(state, act, &steps(made)), Some(expected), "{act:?} of {state:?}");
        }
        let acts = [
            Act::Receive,
            Act::AskSupplement,
            Act::Refuse,
            Act::Withdraw,
            Act::Supply,
            Act::Apologise,
            Act::ReturnResult,
        ];
        for state in D::ALL {
            for act in acts {
                let listed = allowed.iter().any(|(from, listed, ..)| (*from, *listed) == (state, act));
                assert_eq!(
                    after(state, act, &steps(&[S::Waiting])).is_some(),
                    listed,
                    "{act:?} of {state:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_decided_is_not_taken_back() {
        for decided in [S::Done, S::Refused] {
            assert_eq!(after(D::InProgress, Act::Withdraw, &steps(&[decided, S::Running])), None);
        }
    }

    #[test]
    fn steps_make_the_state() {
        for (made, expected) in [
            (&[S::Running, S::Waiting][..], D::Received),
            (&[S::Asked, S::Waiting], D::InProgress),
            (&[S::Returned, S::Waiting], D::SupplementAsked),
            (&[S::Done, S::Running, S::Running], D::InProgress),
            (&[S::Done, S::Returned, S::Asked], D::SupplementAsked),
            (&[S::Done, S::Done], D::Finished),
            (&[S::Refused, S::Waiting], D::Stopped),
            (&[S::Done, S::Refused, S::Running], D::InProgress),
            (&[S::Done, S::Refused, S::Done], D::Stopped),
        ] {
            assert_eq!(settled(D::Received, &steps(made)), expected, "{made:?}");
        }
        for ended in D::ALL.into_iter().filter(|state| is_ended(*state)) {
            assert_eq!(settled(ended, &steps(&[S::Done, S::Asked])), ended);
        }
    }

    #[test]
    fn steps_start_when_those_before_are_done() {
        let definitions = samples::joined_procedure().steps;
        let mut made: Vec<StepProgress> =
            definitions.iter().map(|step| StepProgress::waiting(&step.code)).collect();
        let states = |made: &[StepProgress]| made.iter().map(|step| step.state).collect::<Vec<_>>();
        start_ready(&definitions, &mut made);
        assert_eq!(states(&made), [S::Running, S::Waiting, S::Waiting]);
        start_ready(&definitions, &mut made);
        assert_eq!(states(&made), [S::Running, S::Waiting, S::Waiting]);
        made[0].state = S::Done;
        start_ready(&definitions, &mut made);
        assert_eq!(states(&made), [S::Done, S::Running, S::Running]);
    }

    #[test]
    fn a_procedure_that_never_ends_is_found() {
        let whole = samples::joined_procedure().steps;
        let mut in_a_circle = whole.clone();
        in_a_circle[0].after = vec!["health-card".into()];
        let mut after_nothing_known = whole.clone();
        after_nothing_known[1].after = vec!["marriage".into()];
        let mut twice = whole.clone();
        twice[2].code = "residence".into();
        for (definitions, expected) in [
            (whole, true),
            (Vec::new(), false),
            (in_a_circle, false),
            (after_nothing_known, false),
            (twice, false),
        ] {
            assert_eq!(can_be_run(&definitions), expected);
        }
    }
}
