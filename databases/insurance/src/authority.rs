//! Who may read which card.

use contracts::{Context, PersonalNumber, Problem, Purpose};
use jiff::civil::Date;
use system::{Access, Authority, Claim, Claimant, Marks, PostGrant, Reach, Whom};

/// A card, with who it is of.
pub(crate) const CARD: &str = "card";
/// Everyone may read what is held of them (Law 91/2025/QH15 on the protection of personal data).
const OWN_DATA_BASIS: &str = "91/2025/QH15";

const fn reading(whom: Whom, purposes: &'static [&'static str], reach: Reach) -> PostGrant {
    PostGrant { whom, kinds: &[CARD], acts: &[Access::Read], purposes, laws: &[], reach }
}

/// What systems and people may do here. Nobody has a list: a card is named.
pub(crate) static AUTHORITY: Authority = Authority {
    system: contracts::insurance::SYSTEM,
    grants: &[
        reading(Whom::System, &[Purpose::HEALTH_INSURANCE], Reach::Named),
        reading(Whom::System, &[Purpose::OWN_DATA], Reach::Own),
        reading(Whom::Person, &[Purpose::OWN_DATA], Reach::Own),
    ],
};

/// Somebody who looks at what is held of them.
pub(crate) fn myself(person: PersonalNumber, day: Date) -> Claim {
    let context = Context::new(Purpose::OWN_DATA, OWN_DATA_BASIS);
    Claim { claimant: Claimant::Person(person), context, day }
}

/// Refuses a claim that may not read the card of this person.
///
/// # Errors
/// `forbidden`; `not-found` to whoever asks for their own, since whether somebody else has a card is nobody's business.
pub(crate) fn permit(claim: &Claim, person: PersonalNumber) -> Result<(), Problem> {
    match (may_read(claim, person), claim.context.purpose.0.as_str()) {
        (true, _) => Ok(()),
        (false, Purpose::OWN_DATA) => Err(Problem::not_found()),
        (false, _) => Err(Problem::forbidden()),
    }
}

/// This claim may read the card of this person. A card belongs to no case, so one in which it is asked for narrows nothing.
fn may_read(claim: &Claim, person: PersonalNumber) -> bool {
    let case = claim.context.case.as_deref().unwrap_or_default();
    let marks = Marks { kind: CARD, case, concerns: vec![person], ..Marks::default() };
    AUTHORITY.may(claim, Access::Read, &marks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const DAY: Date = date(2026, 11, 21);

    fn person(number: u32) -> PersonalNumber {
        PersonalNumber::compose(1, contracts::Sex::Female, 1990, number).unwrap()
    }

    proptest! {
        /// What a page shows of one's own, a call in one's name reads, and nobody else's; nobody has a list of cards.
        #[test]
        fn no_list_shows_what_a_read_would_refuse(
            own in 0_u32..3,
            asked in 0_u32..3,
            purpose in prop::sample::select(vec![Purpose::OWN_DATA, Purpose::HEALTH_INSURANCE, Purpose::RESIDENCE]),
        ) {
            let (own, asked) = (person(own), person(asked));
            let page = myself(own, DAY);
            let context = Context::new(purpose, "25/2008/QH12").by(&own.to_string());
            let claimant = Claimant::System("VN/GOV/G22/portal".parse().unwrap());
            let call = Claim { claimant, context, day: DAY };
            let listed = |claim: &Claim| AUTHORITY.own(claim, CARD).is_some_and(|of| of.person() == asked);
            prop_assert_eq!(listed(&page), may_read(&page, asked));
            prop_assert!(!listed(&call) || may_read(&call, asked));
            let expected = match purpose {
                Purpose::OWN_DATA => own == asked,
                other => other == Purpose::HEALTH_INSURANCE,
            };
            prop_assert_eq!(may_read(&call, asked), expected);
            prop_assert_eq!(AUTHORITY.areas(&[page, call], CARD), []);
        }
    }
}
