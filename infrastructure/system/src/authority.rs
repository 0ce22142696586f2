//! Who may do what with which record: the one predicate of the house. Lists, searches, counts, exports and single reads of
//! every system ask it, and nothing else decides.
//!
//! A [`Claim`] says who wants something, by which post of which agency, for what purpose, on what legal basis and in which
//! case. A record shows its [`Marks`]. What posts give is data: a system's [`Authority`] is a table of [`PostGrant`]s.
//! Statements that read many records at once take an [`Area`], which only this module makes, and which covers nothing that a
//! single read would refuse.

use crate::Incoming;
use contracts::{Context, MemberId, PersonalNumber, SystemId, identity::PostHeld};
use jiff::civil::Date;

/// What somebody wants to do with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// See it, or see that it is there: in a list, a search, a count, an export, or by itself.
    Read,
    /// Decide on it, or change it.
    Change,
}

/// To whom something is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// Officials who hold this post.
    Post(&'static str),
    /// Systems that call over the exchange, whose node has permitted the call.
    System,
    /// Whoever has signed in, for themselves.
    Person,
}

/// Which records of a kind are within reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those of the administrative unit in which the post is held, whichever agency it belongs to.
    Unit,
    /// Those of that unit which are kept by the agency in which the post is held.
    UnitOfAgency,
    /// Those that the claimant's own agency has handed in.
    HandedIn,
    /// Those of every unit, for a post that serves the whole country.
    Country,
    /// Those that are about the person who asks, or in whose name a system calls.
    Own,
    /// Those that a system names one by one. It may have each, but no list of them.
    Named,
    /// Those that the claimant's own agency keeps.
    Kept,
}

/// What a post gives, or a call of a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostGrant {
    /// To whom.
    pub whom: Whom,
    /// The kinds of record.
    pub kinds: &'static [&'static str],
    /// What may be done.
    pub acts: &'static [Access],
    /// For which purposes.
    pub purposes: &'static [&'static str],
    /// The laws of which one must be cited, by number; any law where none is named.
    pub laws: &'static [&'static str],
    /// With which records.
    pub reach: Reach,
}

/// Who claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimant {
    /// An official, by one of their posts.
    Official {
        /// Their account: the personal number.
        account: String,
        /// The post.
        post: PostHeld,
    },
    /// A system that calls.
    System(SystemId),
    /// Somebody who has signed in, for themselves.
    Person(PersonalNumber),
}

/// Who wants something, for what purpose, on what legal basis, in which case, on which day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who.
    pub claimant: Claimant,
    /// Purpose, legal basis and case. In a case only what belongs to the case is within reach.
    pub context: Context,
    /// The day, in Vietnam.
    pub day: Date,
}

/// What of a record decides who may have it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks<'a> {
    /// Its kind, as the system's grants name it.
    pub kind: &'static str,
    /// The administrative unit it belongs to.
    pub unit: &'a str,
    /// The agency that keeps it, as a whole identifier; empty where the unit alone decides.
    pub agency: &'a str,
    /// The member that handed it in, as a whole identifier; empty for what nobody handed in.
    pub handed_in_by: &'a str,
    /// The case it belongs to; empty for none.
    pub case: &'a str,
    /// Whom it is about. Nobody decides in a matter of their own.
    pub concerns: Vec<PersonalNumber>,
}

/// A record that shows its marks.
pub trait Record {
    /// What of it decides who may have it.
    fn marks(&self) -> Marks<'_>;
}

/// Records of one kind that may all be read: those of a unit, or those of them that one agency keeps, or all. Only
/// [`Authority::areas`] makes one, and a statement that reads many records takes one in place of a unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Area {
    kind: &'static str,
    /// Empty for the whole country.
    unit: String,
    agency: Option<String>,
}

impl Area {
    /// Code of the unit; empty for the whole country.
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// It is the whole country.
    pub fn is_country(&self) -> bool {
        self.unit.is_empty()
    }

    /// The record is of this area.
    pub fn covers(&self, marks: &Marks<'_>) -> bool {
        self.kind == marks.kind
            && (self.is_country() || self.unit == marks.unit)
            && self.agency.as_deref().is_none_or(|agency| agency == marks.agency)
    }
}

/// All records of one kind that are about one person, who may read them. Only [`Authority::own`] makes one, and a statement
/// that reads what is about a person takes one in place of the person's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    kind: &'static str,
    person: PersonalNumber,
}

impl Own {
    /// Whom they are about.
    pub fn person(&self) -> PersonalNumber {
        self.person
    }

    /// The record is one of them.
    pub fn covers(&self, marks: &Marks<'_>) -> bool {
        self.kind == marks.kind && marks.concerns.contains(&self.person)
    }
}

/// The grants of one system.
#[derive(Debug, Clone, Copy)]
pub struct Authority {
    /// Its code.
    pub system: &'static str,
    /// What its posts give.
    pub grants: &'static [PostGrant],
}

impl Authority {
    /// The predicate: this claim may do this with this record.
    pub fn may(&self, claim: &Claim, act: Access, marks: &Marks<'_>) -> bool {
        let in_case = claim.context.case.as_deref().is_none_or(|case| case == marks.case);
        let own_matter = matches!(&claim.claimant, Claimant::Official { account, .. }
            if account.parse().is_ok_and(|account: PersonalNumber| marks.concerns.contains(&account)));
        in_case
            && !(act == Access::Change && own_matter)
            && self.given(claim, act, marks.kind).any(|grant| reaches(grant.reach, claim, marks))
    }

    /// One of the claims may do this with this record.
    pub fn any_may(&self, claims: &[Claim], act: Access, record: &impl Record) -> bool {
        let marks = record.marks();
        claims.iter().any(|claim| self.may(claim, act, &marks))
    }

    /// The areas in which these claims may read every record of a kind. A claim in a case has none: it reads one record.
    pub fn areas(&self, claims: &[Claim], kind: &'static str) -> Vec<Area> {
        let mut areas: Vec<Area> = claims
            .iter()
            .filter(|claim| claim.context.case.is_none())
            .flat_map(|claim| {
                self.given(claim, Access::Read, kind).filter_map(|grant| area(grant.reach, claim, kind))
            })
            .collect();
        areas.sort();
        areas.dedup();
        areas
    }

    /// The records of a kind that are about the person of this claim, if they may read them all.
    pub fn own(&self, claim: &Claim, kind: &'static str) -> Option<Own> {
        let person = person_of(claim).filter(|_| claim.context.case.is_none())?;
        let is_given = self.given(claim, Access::Read, kind).any(|grant| grant.reach == Reach::Own);
        is_given.then_some(Own { kind, person })
    }

    /// The grants a claim stands on, whatever the record.
    fn given<'a>(
        &'a self,
        claim: &'a Claim,
        act: Access,
        kind: &'a str,
    ) -> impl Iterator<Item = &'a PostGrant> {
        let (purpose, basis) = (claim.context.purpose.0.as_str(), claim.context.legal_basis.0.as_str());
        let law = basis.split(':').next().unwrap_or_default();
        self.grants.iter().filter(move |grant| {
            grant.kinds.contains(&kind)
                && grant.acts.contains(&act)
                && grant.purposes.contains(&purpose)
                && !law.is_empty()
                && (grant.laws.is_empty() || grant.laws.contains(&law))
                && match (&claim.claimant, grant.whom) {
                    (Claimant::Official { post, .. }, Whom::Post(name)) => {
                        post.system == self.system && post.post == name && post.holds_on(claim.day)
                    }
                    (Claimant::System(_), Whom::System) | (Claimant::Person(_), Whom::Person) => true,
                    _ => false,
                }
        })
    }
}

fn reaches(reach: Reach, claim: &Claim, marks: &Marks<'_>) -> bool {
    match reach {
        Reach::HandedIn => is_agency_of(claim, marks.handed_in_by),
        Reach::Kept => is_agency_of(claim, marks.agency),
        Reach::Named => matches!(claim.claimant, Claimant::System(_)),
        Reach::Own => person_of(claim).is_some_and(|person| marks.concerns.contains(&person)),
        Reach::Unit | Reach::UnitOfAgency | Reach::Country => {
            area(reach, claim, marks.kind).is_some_and(|area| area.covers(marks))
        }
    }
}

/// The area a reach means for a claim; none where it is no matter of units.
fn area(reach: Reach, claim: &Claim, kind: &'static str) -> Option<Area> {
    let Claimant::Official { post, .. } = &claim.claimant else { return None };
    if reach == Reach::Country {
        return Some(Area { kind, unit: String::new(), agency: None });
    }
    let unit = post.unit.clone().filter(|unit| !unit.is_empty())?;
    match reach {
        Reach::Unit => Some(Area { kind, unit, agency: None }),
        Reach::UnitOfAgency => Some(Area { kind, unit, agency: agency_of(claim) }),
        _ => None,
    }
}

/// The claimant's agency, as a whole identifier.
fn agency_of(claim: &Claim) -> Option<String> {
    match &claim.claimant {
        Claimant::Official { post, .. } => Some(MemberId::agency(&post.agency).to_string()),
        Claimant::System(system) => Some(system.member.to_string()),
        Claimant::Person(_) => None,
    }
}

fn is_agency_of(claim: &Claim, agency: &str) -> bool {
    !agency.is_empty() && agency_of(claim).as_deref() == Some(agency)
}

/// Who asks for themselves, or in whose name a system calls. An official asks by their post.
fn person_of(claim: &Claim) -> Option<PersonalNumber> {
    match &claim.claimant {
        Claimant::Person(person) => Some(*person),
        Claimant::System(_) => claim.context.user.as_deref()?.parse().ok(),
        Claimant::Official { .. } => None,
    }
}

impl Incoming {
    /// The claim of the system that calls.
    pub fn claim(&self) -> Claim {
        Claim {
            claimant: Claimant::System(self.client.clone()),
            context: self.context.clone(),
            day: crate::clock::day_in_vietnam(self.at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::Purpose;
    use jiff::civil::date;
    use proptest::prelude::*;

    const SYSTEM: &str = "civil-status";
    const AUTHORITY: Authority = Authority {
        system: SYSTEM,
        grants: &[
            PostGrant {
                whom: Whom::Post("registrar"),
                kinds: &["entry"],
                acts: &[Access::Read, Access::Change],
                purposes: &[Purpose::CIVIL_STATUS],
                laws: &["60/2014/QH13"],
                reach: Reach::Unit,
            },
            PostGrant {
                whom: Whom::Post("clerk"),
                kinds: &["entry", "book"],
                acts: &[Access::Read],
                purposes: &[Purpose::CIVIL_STATUS, Purpose::PROCEDURE],
                laws: &[],
                reach: Reach::UnitOfAgency,
            },
            PostGrant {
                whom: Whom::System,
                kinds: &["entry"],
                acts: &[Access::Read],
                purposes: &[Purpose::PROCEDURE],
                laws: &[],
                reach: Reach::HandedIn,
            },
            PostGrant {
                whom: Whom::Post("inspector"),
                kinds: &["entry"],
                acts: &[Access::Read],
                purposes: &[Purpose::CIVIL_STATUS],
                laws: &[],
                reach: Reach::Country,
            },
            PostGrant {
                whom: Whom::Person,
                kinds: &["entry"],
                acts: &[Access::Read],
                purposes: &[Purpose::OWN_DATA],
                laws: &[],
                reach: Reach::Own,
            },
            PostGrant {
                whom: Whom::System,
                kinds: &["entry"],
                acts: &[Access::Read],
                purposes: &[Purpose::OWN_DATA],
                laws: &[],
                reach: Reach::Own,
            },
            PostGrant {
                whom: Whom::System,
                kinds: &["book"],
                acts: &[Access::Read],
                purposes: &[Purpose::PUBLIC],
                laws: &[],
                reach: Reach::Named,
            },
            PostGrant {
                whom: Whom::System,
                kinds: &["book"],
                acts: &[Access::Read, Access::Change],
                purposes: &[Purpose::PROCEDURE],
                laws: &[],
                reach: Reach::Kept,
            },
        ],
    };
    const ACCOUNT: &str = "001190000001";

    fn registrar() -> Claim {
        let post = PostHeld {
            agency: "H26".into(),
            system: SYSTEM.into(),
            post: "registrar".into(),
            unit: Some("00004".into()),
            from: date(2026, 1, 1),
            until: Some(date(2027, 1, 1)),
            delegated_by: None,
        };
        Claim {
            claimant: Claimant::Official { account: ACCOUNT.into(), post },
            context: Context::new(Purpose::CIVIL_STATUS, "60/2014/QH13:16"),
            day: date(2026, 11, 21),
        }
    }

    fn clerk(agency: &str) -> Claim {
        with_post(|post| (post.post, post.agency) = ("clerk".into(), agency.into()))
    }

    fn inspector() -> Claim {
        with_post(|post| (post.post, post.unit) = ("inspector".into(), None))
    }

    fn with_post(change: impl Fn(&mut PostHeld)) -> Claim {
        let mut claim = registrar();
        let Claimant::Official { post, .. } = &mut claim.claimant else { unreachable!() };
        change(post);
        claim
    }

    fn one_door(member: &str) -> Claim {
        let system = format!("{member}/one-door").parse().unwrap();
        let context = Context::new(Purpose::PROCEDURE, "118/2025/ND-CP");
        Claim { claimant: Claimant::System(system), context, ..registrar() }
    }

    fn own_data(claimant: Claimant, user: Option<&str>) -> Claim {
        let mut context = Context::new(Purpose::OWN_DATA, "26/2023/QH15:5");
        context.user = user.map(str::to_owned);
        Claim { claimant, context, ..registrar() }
    }

    fn myself() -> Claim {
        own_data(Claimant::Person(ACCOUNT.parse().unwrap()), None)
    }

    fn in_the_name_of(user: &str) -> Claim {
        own_data(Claimant::System("VN/GOV/G22/portal".parse().unwrap()), Some(user))
    }

    fn entry() -> Marks<'static> {
        Marks {
            kind: "entry",
            unit: "00004",
            agency: "VN/GOV/H26",
            handed_in_by: "VN/GOV/H26",
            case: "H26-1",
            concerns: Vec::new(),
        }
    }

    #[test]
    fn who_may_do_what() {
        use Access::{Change, Read};
        let own = || Marks { concerns: vec![ACCOUNT.parse().unwrap()], ..entry() };
        let asked = |change: fn(&mut Claim)| {
            let mut claim = registrar();
            change(&mut claim);
            claim
        };
        for (case, claim, act, marks, expected) in [
            ("a registrar reads", registrar(), Read, entry(), true),
            ("and decides", registrar(), Change, entry(), true),
            ("another unit", registrar(), Read, Marks { unit: "00008", ..entry() }, false),
            ("another kind", registrar(), Read, Marks { kind: "book", ..entry() }, false),
            (
                "another agency, the same unit",
                registrar(),
                Read,
                Marks { agency: "VN/GOV/H01", ..entry() },
                true,
            ),
            ("one's own matter is read", registrar(), Read, own(), true),
            ("and not decided", registrar(), Change, own(), false),
            (
                "another purpose",
                asked(|c| c.context.purpose = Purpose("procedure".into())),
                Read,
                entry(),
                false,
            ),
            (
                "another law",
                asked(|c| c.context.legal_basis.0 = "61/2018/ND-CP:1".into()),
                Read,
                entry(),
                false,
            ),
            ("no law", asked(|c| c.context.legal_basis.0 = String::new()), Read, entry(), false),
            ("its case", asked(|c| c.context.case = Some("H26-1".into())), Read, entry(), true),
            ("another case", asked(|c| c.context.case = Some("H26-2".into())), Read, entry(), false),
            ("before the post", asked(|c| c.day = date(2025, 12, 31)), Read, entry(), false),
            ("its last day", asked(|c| c.day = date(2026, 12, 31)), Read, entry(), true),
            ("after the post", asked(|c| c.day = date(2027, 1, 1)), Read, entry(), false),
            ("another post", with_post(|p| p.post = "archivist".into()), Read, entry(), false),
            ("the post in another system", with_post(|p| p.system = "land".into()), Read, entry(), false),
            ("a post without a unit", with_post(|p| p.unit = None), Read, entry(), false),
            (
                "an empty unit",
                with_post(|p| p.unit = Some("".into())),
                Read,
                Marks { unit: "", ..entry() },
                false,
            ),
            ("a clerk reads", clerk("H26"), Read, Marks { kind: "book", ..entry() }, true),
            ("a clerk decides nothing", clerk("H26"), Change, entry(), false),
            ("a clerk of another agency", clerk("H01"), Read, entry(), false),
            ("an inspector of the country", inspector(), Read, Marks { unit: "00008", ..entry() }, true),
            ("reads no other kind", inspector(), Read, Marks { kind: "book", ..entry() }, false),
            ("who handed in", one_door("VN/GOV/H26"), Read, entry(), true),
            ("who handed in changes nothing", one_door("VN/GOV/H26"), Change, entry(), false),
            ("who did not", one_door("VN/GOV/H01"), Read, entry(), false),
            ("a namesake of another class", one_door("VN/COM/H26"), Read, entry(), false),
            ("one's own", myself(), Read, own(), true),
            ("another's", myself(), Read, entry(), false),
            ("one's own is not changed", myself(), Change, own(), false),
            ("in the name of the person", in_the_name_of(ACCOUNT), Read, own(), true),
            ("in another's name", in_the_name_of("001190000002"), Read, own(), false),
            ("in nobody's name", in_the_name_of(""), Read, own(), false),
            ("kept by the agency", one_door("VN/GOV/H26"), Change, Marks { kind: "book", ..entry() }, true),
            ("kept by another", one_door("VN/GOV/H01"), Change, Marks { kind: "book", ..entry() }, false),
            (
                "kept by nobody",
                one_door("VN/GOV/H26"),
                Change,
                Marks { kind: "book", agency: "", ..entry() },
                false,
            ),
            (
                "handed in by nobody",
                one_door("VN/GOV/H26"),
                Read,
                Marks { handed_in_by: "", ..entry() },
                false,
            ),
        ] {
            assert_eq!(AUTHORITY.may(&claim, act, &marks), expected, "{case}");
        }
    }

    fn word<const N: usize>(words: [&'static str; N]) -> impl Strategy<Value = &'static str> {
        prop::sample::select(words.to_vec())
    }

    prop_compose! {
        fn any_post()(
            agency in word(["H26", "H26.1", "H01"]),
            system in word([SYSTEM, SYSTEM, "land"]),
            post in word(["registrar", "clerk", "inspector", "archivist"]),
            unit in prop::option::of(word(["00004", "00008", ""])),
            from in 1_i8..28,
            until in prop::option::of(1_i8..28),
        ) -> PostHeld {
            PostHeld {
                agency: agency.into(), system: system.into(), post: post.into(), unit: unit.map(str::to_owned),
                from: date(2026, 11, from), until: until.map(|day| date(2026, 11, day)), delegated_by: None,
            }
        }
    }

    prop_compose! {
        fn any_claim()(
            official in prop::option::weighted(0.8, any_post()),
            member in word(["VN/GOV/H26", "VN/GOV/H01"]),
            person in any::<bool>(),
            user in prop::option::of(word([ACCOUNT, "001190000002", "nobody"])),
            purpose in word([Purpose::CIVIL_STATUS, Purpose::PROCEDURE, Purpose::PUBLIC, Purpose::OWN_DATA]),
            basis in word(["60/2014/QH13:16", "118/2025/ND-CP", ""]),
            case in prop::option::weighted(0.3, word(["H26-1", "H26-2"])),
            day in 1_i8..28,
        ) -> Claim {
            let mut context = Context::new(purpose, basis);
            context.case = case.map(str::to_owned);
            context.user = user.map(str::to_owned);
            let claimant = match official {
                Some(post) => Claimant::Official { account: ACCOUNT.into(), post },
                None if person => Claimant::Person(ACCOUNT.parse().unwrap()),
                None => Claimant::System(format!("{member}/one-door").parse().unwrap()),
            };
            Claim { claimant, context, day: date(2026, 11, day) }
        }
    }

    prop_compose! {
        fn any_marks()(
            kind in word(["entry", "book"]),
            unit in word(["00004", "00008", ""]),
            agency in word(["VN/GOV/H26", "VN/GOV/H01", ""]),
            handed_in_by in word(["VN/GOV/H26", "VN/GOV/H01", ""]),
            case in word(["H26-1", "H26-2", ""]),
            own in any::<bool>(),
        ) -> Marks<'static> {
            let concerns = own.then(|| ACCOUNT.parse().unwrap()).into_iter().collect();
            Marks { kind, unit, agency, handed_in_by, case, concerns }
        }
    }

    proptest! {
        /// Whatever an area covers, and so whatever a list shows, a read permits; and an official who is in no case finds
        /// in the lists whatever they may read.
        #[test]
        fn no_list_shows_what_a_read_would_refuse(
            claims in prop::collection::vec(any_claim(), 0..4),
            marks in any_marks(),
        ) {
            let listed = AUTHORITY.areas(&claims, marks.kind).iter().any(|area| area.covers(&marks));
            let may = |claim: &&Claim| AUTHORITY.may(claim, Access::Read, &marks);
            prop_assert!(!listed || claims.iter().any(|claim| may(&claim)));
            let lists = |claim: &&Claim| {
                claim.context.case.is_none() && matches!(claim.claimant, Claimant::Official { .. })
            };
            prop_assert_eq!(listed, claims.iter().filter(lists).any(|claim| may(&claim)));
        }

        /// Whatever a list of one's own records shows, a read permits; and what it does not show is not one's own.
        #[test]
        fn no_list_of_ones_own_shows_what_a_read_would_refuse(claim in any_claim(), marks in any_marks()) {
            let listed = AUTHORITY.own(&claim, marks.kind).is_some_and(|own| own.covers(&marks));
            prop_assert!(!listed || AUTHORITY.may(&claim, Access::Read, &marks));
            let is_by_a_person = matches!(claim.claimant, Claimant::Person(_)) && claim.context.case.is_none();
            prop_assert!(!is_by_a_person || listed == AUTHORITY.may(&claim, Access::Read, &marks));
        }

        /// Whoever may change a record may read it.
        #[test]
        fn nobody_changes_what_they_may_not_read(claim in any_claim(), marks in any_marks()) {
            prop_assert!(!AUTHORITY.may(&claim, Access::Change, &marks) || AUTHORITY.may(&claim, Access::Read, &marks));
        }
    }
}
