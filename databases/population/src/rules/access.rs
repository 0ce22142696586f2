//! Who may call what for which purpose, and which fields a purpose may see.

use crate::model::{FieldSet, Reading};
use contracts::{
    Context, PersonalNumber, Problem, Purpose,
    population::{Access as ListedAccess, Accesses, PersonField},
};
use jiff::{Timestamp, civil::Date};
use system::{Access, Authority, Claim, Claimant, Marks, PostGrant, Reach, Whom};

/// How many readings one page of the list shows.
pub const READINGS_PAGE_ROWS: usize = 50;

/// Longest legal basis, user or case of a call, in bytes.
pub const CONTEXT_PART_LIMIT_BYTES: usize = 255;

/// What can be asked of the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Reading fields of a person.
    LookUp,
    /// Having name, birth date and number compared.
    Verify,
    /// Correcting particulars.
    Correct,
    /// Having a newborn numbered.
    RegisterBirth,
    /// Reading a household.
    LookUpHousehold,
    /// Reading what became of a registration of residence.
    ReadResidence,
    /// Listing who read a person's data.
    ListReadings,
}

impl Act {
    /// The kind of record it is about, and what it does with it.
    const fn asks(self) -> (&'static str, Access) {
        match self {
            Self::LookUp => (PERSON, Access::Read),
            // Being told yes or no is a reading.
            Self::Verify => (PERSON, Access::Read),
            Self::Correct => (PERSON, Access::Change),
            Self::RegisterBirth => (BIRTH, Access::Change),
            Self::LookUpHousehold => (HOUSEHOLD, Access::Read),
            Self::ReadResidence => (RESIDENCE, Access::Read),
            Self::ListReadings => (READING, Access::Read),
        }
    }
}

/// A person, with all their particulars.
pub const PERSON: &str = "person";
/// A newborn that is to be numbered.
pub const BIRTH: &str = "birth";
/// Who lives with whom.
pub const HOUSEHOLD: &str = "household";
/// What became of a registration of residence.
pub const RESIDENCE: &str = "residence";
/// That somebody read a person's data.
pub const READING: &str = "reading";

/// Everyone may read what is held of them, and who read it (Law 91/2025/QH15; Law 26/2023/QH15 article 5).
const OWN_DATA_BASIS: &str = "91/2025/QH15";
const OF_ONESELF: &[&str] = &[PERSON, HOUSEHOLD, READING];
const READS: &[Access] = &[Access::Read];

const fn systems(
    purposes: &'static [&'static str],
    kinds: &'static [&'static str],
    acts: &'static [Access],
) -> PostGrant {
    PostGrant { whom: Whom::System, kinds, acts, purposes, laws: &[], reach: Reach::Named }
}

const fn oneself(whom: Whom) -> PostGrant {
    PostGrant {
        whom,
        kinds: OF_ONESELF,
        acts: READS,
        purposes: &[Purpose::OWN_DATA],
        laws: &[],
        reach: Reach::Own,
    }
}

/// Who may do what. Nobody has a list of people: a person is named. What a purpose may see of a record stands in [`FIELDS`].
pub static AUTHORITY: Authority = Authority {
    system: contracts::population::SYSTEM,
    grants: &[
        systems(&[Purpose::CIVIL_STATUS], &[PERSON], &[Access::Read, Access::Change]),
        systems(&[Purpose::CIVIL_STATUS], &[BIRTH], &[Access::Read, Access::Change]),
        systems(&[Purpose::PROCEDURE, Purpose::HEALTH_INSURANCE], &[PERSON, HOUSEHOLD], READS),
        systems(&[Purpose::RESIDENCE], &[PERSON, HOUSEHOLD, RESIDENCE], READS),
        systems(&[Purpose::IDENTIFICATION], &[PERSON], READS),
        oneself(Whom::System),
        oneself(Whom::Person),
    ],
};

/// Somebody who looks at what is held of them.
pub fn myself(person: PersonalNumber, day: Date) -> Claim {
    let context = Context::new(Purpose::OWN_DATA, OWN_DATA_BASIS);
    Claim { claimant: Claimant::Person(person), context, day }
}

/// What one purpose may see.
struct Seen {
    purpose: &'static str,
    fields: FieldSet,
}

use PersonField as F;

/// The whole table: what does not stand here is refused. A purpose sees what its law needs and nothing more (Law
/// 91/2025/QH15 on the protection of personal data; Law 26/2023/QH15 article 10 on the use of the database).
const FIELDS: &[Seen] = &[
    // Law 60/2014/QH13 article 14: the contents of a registration are all of a record.
    Seen { purpose: Purpose::CIVIL_STATUS, fields: FieldSet::ALL },
    // Decree 118/2025/ND-CP: the authority fills in what the State already knows of the applicant.
    Seen {
        purpose: Purpose::PROCEDURE,
        fields: FieldSet::of(&[
            F::Name,
            F::BirthDate,
            F::Sex,
            F::Ethnicity,
            F::Nationality,
            F::Hometown,
            F::MaritalStatus,
            F::Spouse,
            F::Residence,
        ]),
    },
    // Law 68/2020/QH14 article 20: who may move in with whom depends on kinship.
    Seen {
        purpose: Purpose::RESIDENCE,
        fields: FieldSet::of(&[
            F::Name,
            F::BirthDate,
            F::Sex,
            F::Nationality,
            F::MaritalStatus,
            F::Mother,
            F::Father,
            F::Spouse,
            F::Residence,
            F::DeathDate,
        ]),
    },
    // Law 25/2008/QH12 articles 12 and 16: groups of members by age, residence and household; a card ends with death.
    Seen {
        purpose: Purpose::HEALTH_INSURANCE,
        fields: FieldSet::of(&[
            F::Name,
            F::BirthDate,
            F::Sex,
            F::Ethnicity,
            F::Nationality,
            F::Mother,
            F::Father,
            F::Residence,
            F::DeathDate,
        ]),
    },
    // Decree 69/2024/ND-CP: an account is opened for who is in the register, and a parent acts for their child.
    Seen {
        purpose: Purpose::IDENTIFICATION,
        fields: FieldSet::of(&[F::Name, F::BirthDate, F::Mother, F::Father, F::DeathDate]),
    },
    // Law 26/2023/QH15 article 5 and Law 91/2025/QH15: everyone may read what is held of them, and who read it.
    Seen { purpose: Purpose::OWN_DATA, fields: FieldSet::ALL },
];

/// Decides whether this claim may do `act` to `person`, and gives the fields it may see. `person` is absent for a newborn.
/// The register keeps no cases, so the one in which something is asked for narrows nothing; it is noted with the reading.
///
/// # Errors
/// `unjustified` when the call names no legal basis; `forbidden` when the purpose does not allow the act, or when own data
/// is asked for by someone else.
pub fn permit(act: Act, claim: &Claim, person: Option<PersonalNumber>) -> Result<FieldSet, Problem> {
    let context = &claim.context;
    if !is_justified(context) {
        return Err(unjustified());
    }
    let (kind, access) = act.asks();
    let case = context.case.as_deref().unwrap_or_default();
    let marks = Marks { kind, case, concerns: person.into_iter().collect(), ..Marks::default() };
    if !AUTHORITY.may(claim, access, &marks) {
        return Err(Problem::forbidden());
    }
    let seen = FIELDS.iter().find(|seen| seen.purpose == context.purpose.0);
    seen.map(|seen| seen.fields).ok_or_else(Problem::forbidden)
}

/// The call names its legal basis, and nothing it brings is longer than the log of readings takes.
fn is_justified(context: &Context) -> bool {
    let basis = context.legal_basis.0.trim();
    let parts = [Some(basis), context.user.as_deref(), context.case.as_deref()];
    !basis.is_empty() && parts.into_iter().flatten().all(|part| part.len() <= CONTEXT_PART_LIMIT_BYTES)
}

fn unjustified() -> Problem {
    Problem::new(
        403,
        "unjustified",
        "Lời gọi phải nêu căn cứ pháp lý (ví dụ 60/2014/QH13:16); mỗi thông tin kèm theo dài nhất 255 byte.",
        "A call names its legal basis (such as 60/2014/QH13:16); no part of its context is longer than 255 bytes.",
    )
}

/// The fields of the request that both the purpose and the exchange let through.
pub fn fields_to_give(
    asked: &[PersonField],
    of_purpose: FieldSet,
    may_see: impl Fn(&str) -> bool,
) -> FieldSet {
    FieldSet::of(asked).and(of_purpose).filter(|field| may_see(answer_field(field)))
}

/// What a field is called in the answer.
pub fn answer_field(field: PersonField) -> &'static str {
    match field {
        F::Name => "name",
        F::BirthDate => "birth_date",
        F::Sex => "sex",
        F::Ethnicity => "ethnicity",
        F::Nationality => "nationality",
        F::BirthPlace => "birth_place",
        F::Hometown => "hometown",
        F::MaritalStatus => "marital_status",
        F::Mother => "mother",
        F::Father => "father",
        F::Spouse => "spouse",
        F::Residence => "residence",
        F::DeathDate => "death_date",
    }
}

/// A page of readings, from one row more than it shows. The next page begins before the last reading shown, so readings
/// of one moment never straddle two pages.
pub fn page_of_readings(mut rows: Vec<Reading>) -> Accesses {
    let more = rows.len() > READINGS_PAGE_ROWS;
    if more {
        let cut: Timestamp = rows[READINGS_PAGE_ROWS].at;
        let whole = rows.iter().take(READINGS_PAGE_ROWS).rposition(|row| row.at != cut);
        rows.truncate(whole.map_or(READINGS_PAGE_ROWS, |last| last + 1));
    }
    let accesses = rows.into_iter().map(|row| ListedAccess {
        at: row.at,
        client: row.client,
        purpose: row.purpose,
        legal_basis: row.legal_basis,
        fields: row.fields.fields().collect(),
        message: row.message,
    });
    Accesses { accesses: accesses.collect(), more }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTS: [Act; 7] = [
        Act::LookUp,
        Act::Verify,
        Act::Correct,
        Act::RegisterBirth,
        Act::LookUpHousehold,
        Act::ReadResidence,
        Act::ListReadings,
    ];

    fn number(text: &str) -> PersonalNumber {
        text.parse().unwrap()
    }

    /// A call of another system.
    fn permit_call(act: Act, context: &Context, person: Option<PersonalNumber>) -> Result<FieldSet, Problem> {
        let claimant = Claimant::System("VN/GOV/H26/one-door".parse().unwrap());
        permit(
            act,
            &Claim { claimant, context: context.clone(), day: jiff::civil::date(2026, 11, 21) },
            person,
        )
    }

    #[test]
    fn each_purpose_does_what_its_law_is_for() {
        use Act::*;
        for (purpose, allowed) in [
            (Purpose::CIVIL_STATUS, vec![LookUp, Verify, Correct, RegisterBirth]),
            (Purpose::PROCEDURE, vec![LookUp, Verify, LookUpHousehold]),
            (Purpose::RESIDENCE, vec![LookUp, Verify, LookUpHousehold, ReadResidence]),
            (Purpose::HEALTH_INSURANCE, vec![LookUp, Verify, LookUpHousehold]),
            (Purpose::IDENTIFICATION, vec![LookUp, Verify]),
            (Purpose::OWN_DATA, vec![LookUp, Verify, LookUpHousehold, ListReadings]),
            (Purpose::PUBLIC, vec![]),
            ("", vec![]),
            ("Civil-Status", vec![]),
        ] {
            let context = Context::new(purpose, "test").by("001190000001");
            for act in ACTS {
                let permitted = permit_call(act, &context, Some(number("001190000001"))).is_ok();
                assert_eq!(permitted, allowed.contains(&act), "{purpose} {act:?}");
            }
        }
    }

    #[test]
    fn a_call_says_what_allows_it() {
        let long = "x".repeat(CONTEXT_PART_LIMIT_BYTES + 1);
        let call = |basis: &str| Context::new(Purpose::CIVIL_STATUS, basis);
        for (context, refused_as) in [
            (call("60/2014/QH13:16"), None),
            (call(""), Some("unjustified")),
            (call(" "), Some("unjustified")),
            (call(&long), Some("unjustified")),
            (call("60/2014/QH13:16").by(&long), Some("unjustified")),
            (call("60/2014/QH13:16").in_case(&long), Some("unjustified")),
        ] {
            let outcome = permit_call(Act::LookUp, &context, None);
            assert_eq!(outcome.err().as_ref().map(Problem::code), refused_as);
        }
    }

    #[test]
    fn own_data_is_for_the_person_alone() {
        let own = |user: Option<&str>| {
            let mut context = Context::new(Purpose::OWN_DATA, "test");
            context.user = user.map(str::to_owned);
            permit_call(Act::LookUp, &context, Some(number("001190000001")))
        };
        assert_eq!(own(Some("001190000001")).unwrap(), FieldSet::ALL);
        for stranger in [None, Some(""), Some("001190000002"), Some("1190000001"), Some("registrar.hanoi")] {
            assert_eq!(own(stranger).unwrap_err().status, 403, "{stranger:?}");
        }
        assert!(
            permit_call(Act::LookUp, &Context::new(Purpose::OWN_DATA, "test").by("001190000001"), None)
                .is_err()
        );
    }

    #[test]
    fn people_see_their_own_and_nothing_else() {
        let (own, other) = (number("001190000001"), number("001190000002"));
        let claim = myself(own, jiff::civil::date(2026, 11, 21));
        for (act, expected) in [
            (Act::LookUp, true),
            (Act::LookUpHousehold, true),
            (Act::ListReadings, true),
            (Act::Correct, false),
            (Act::RegisterBirth, false),
            (Act::ReadResidence, false),
        ] {
            assert_eq!(permit(act, &claim, Some(own)).is_ok(), expected, "{act:?}");
            assert!(permit(act, &claim, Some(other)).is_err(), "{act:?}");
            assert!(permit(act, &claim, None).is_err(), "{act:?}");
        }
        for kind in [PERSON, HOUSEHOLD, READING, RESIDENCE, BIRTH] {
            let listed = AUTHORITY.own(&claim, kind).map(|own| own.person());
            let may_read =
                AUTHORITY.may(&claim, Access::Read, &Marks { kind, concerns: vec![own], ..Marks::default() });
            assert_eq!(listed, may_read.then_some(own), "{kind}: a list shows what a read permits");
            assert_eq!(
                AUTHORITY.areas(std::slice::from_ref(&claim), kind),
                [],
                "{kind}: nobody has a list of people"
            );
        }
    }

    #[test]
    fn what_is_given_is_what_everyone_allows() {
        let asked = [F::Name, F::BirthPlace, F::Residence, F::Name];
        let procedure = permit_call(Act::LookUp, &Context::new(Purpose::PROCEDURE, "test"), None).unwrap();
        let given = |may_see: fn(&str) -> bool| {
            fields_to_give(&asked, procedure, may_see).fields().collect::<Vec<_>>()
        };
        assert_eq!(given(|_| true), [F::Name, F::Residence]);
        assert_eq!(given(|field| field == "residence"), [F::Residence]);
        assert_eq!(given(|_| false), []);
    }

    #[test]
    fn fields_are_called_as_in_the_answer() {
        let view = schemars_names();
        for field in PersonField::ALL {
            assert!(view.contains(&answer_field(field).to_owned()), "{field:?}");
        }
    }

    fn schemars_names() -> Vec<String> {
        let full = contracts::population::PersonView {
            number: number("001190000001"),
            name: None,
            birth_date: None,
            sex: None,
            ethnicity: None,
            nationality: None,
            birth_place: None,
            hometown: None,
            marital_status: None,
            mother: None,
            father: None,
            spouse: None,
            residence: None,
            death_date: None,
        };
        // The debug form names every field, also those the JSON leaves out.
        format!("{full:?}")
            .split([' ', '{', ','])
            .filter_map(|word| word.strip_suffix(':'))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn readings_of_one_moment_stay_on_one_page() {
        let row = |second: i64| Reading {
            person: number("001190000001"),
            at: Timestamp::from_second(second).unwrap(),
            message: "m".into(),
            client: "VN/GOV/H26/one-door".into(),
            user: None,
            purpose: "procedure".into(),
            legal_basis: "test".into(),
            case: None,
            fields: FieldSet::NONE,
        };
        for (rows, shown, more) in [
            (vec![], 0, false),
            ((0..50).rev().map(row).collect(), 50, false),
            ((0..51).rev().map(row).collect(), 50, true),
            ((0..51).rev().map(|n| row(n.max(3))).collect::<Vec<_>>(), 47, true),
            ((0..51).map(|_| row(7)).collect(), 50, true),
        ] {
            let page = page_of_readings(rows);
            assert_eq!((page.accesses.len(), page.more), (shown, more));
        }
    }
}
