//! The sandbox country: which agencies have a node, which systems they run, and what they let each other do.
//!
//! Grants are what the agencies would agree on under Decree 47/2020/ND-CP: by service, client, purpose and field.

use contracts::{MemberId, Purpose};
use exchange::{AccessRule, events::Agreement};
use system::Blueprint;

/// An agency with a node of its own.
pub struct AgencyPlan {
    /// Electronic identification code (Decision 20/2020/QD-TTg). The part after the point of a unit's code is the
    /// sandbox's own where no published list gives one.
    pub code: &'static str,
    /// Name in Vietnamese.
    pub name_vi: &'static str,
    /// Name in English.
    pub name_en: &'static str,
    /// The systems it runs, and whether each serves the whole country.
    pub systems: Vec<(Blueprint, bool)>,
    /// What it lets others do.
    pub grants: Vec<AccessRule>,
    /// Who subscribes to its events.
    pub agreements: Vec<Agreement>,
}

impl AgencyPlan {
    /// Its identifier on the exchange.
    pub fn id(&self) -> MemberId {
        MemberId::agency(self.code)
    }

    /// Name of its folder under the country's data.
    pub fn folder(&self) -> String {
        self.code.to_ascii_lowercase()
    }
}

/// Code of the agency that keeps the directory.
pub const CENTRE: &str = "G01.DC";

/// Codes of the agencies that witness the ledgers of all others.
pub const WITNESSES: [&str; 2] = [CENTRE, "G15"];

/// The agencies of the sandbox.
pub fn country() -> Vec<AgencyPlan> {
    vec![
        AgencyPlan {
            code: CENTRE,
            name_vi: "Trung tâm Dữ liệu quốc gia",
            name_en: "National Data Centre",
            systems: vec![(agencies::blueprint(), true)],
            grants: vec![AccessRule::open("agencies", "*", "*")],
            agreements: Vec::new(),
        },
        AgencyPlan {
            code: "G01",
            name_vi: "Bộ Công an",
            name_en: "Ministry of Public Security",
            systems: vec![(population::blueprint(), true), (identity::blueprint(), true)],
            grants: [population_grants(), identity_grants()].concat(),
            agreements: vec![
                Agreement {
                    event_type: "person.numbered",
                    subscriber: MemberId::agency("G12.BHXH").system("insurance"),
                    service: "events",
                    path: "/person-numbered",
                    purpose: Purpose::HEALTH_INSURANCE,
                    legal_basis: "25/2008/QH12:12",
                },
                Agreement {
                    event_type: "residence.decided",
                    subscriber: MemberId::agency("H26").system("one-door"),
                    service: "events",
                    path: "/residence-decided",
                    purpose: Purpose::RESIDENCE,
                    legal_basis: "68/2020/QH14:20",
                },
            ],
        },
        AgencyPlan {
            code: "G15",
            name_vi: "Bộ Tư pháp",
            name_en: "Ministry of Justice",
            systems: vec![(civil_status::blueprint(), true)],
            grants: vec![
                AccessRule::open("civil-status", "births", "*/one-door"),
                AccessRule::open("civil-status", "certificates", "*/one-door"),
                AccessRule::open("civil-status", "certificates", "*").on_path("POST", "/verify"),
            ],
            agreements: civil_status_agreements(),
        },
        AgencyPlan {
            code: "G12.BHXH",
            name_vi: "Bảo hiểm xã hội Việt Nam",
            name_en: "Viet Nam Social Insurance",
            systems: vec![(insurance::blueprint(), true)],
            grants: vec![
                AccessRule::open("insurance", "members", "*/one-door")
                    .on_path("POST", "/look-up")
                    .for_purposes(&[Purpose::HEALTH_INSURANCE]),
                AccessRule::open("insurance", "members", "*/portal")
                    .on_path("POST", "/look-up")
                    .for_purposes(&[Purpose::OWN_DATA]),
                AccessRule::open("insurance", "events", "VN/GOV/G01/events")
                    .for_purposes(&[Purpose::HEALTH_INSURANCE]),
            ],
            agreements: vec![Agreement {
                event_type: "card.issued",
                subscriber: MemberId::agency("H26").system("one-door"),
                service: "events",
                path: "/card-issued",
                purpose: Purpose::HEALTH_INSURANCE,
                legal_basis: "25/2008/QH12:12",
            }],
        },
        AgencyPlan {
            code: "G22",
            name_vi: "Văn phòng Chính phủ",
            name_en: "Government Office",
            systems: vec![
                (procedures::blueprint(), true),
                (portal::blueprint(), true),
                (reporting::blueprint(), true),
            ],
            grants: vec![
                AccessRule::open("reporting", "figures", "*")
                    .for_purposes(&[Purpose::STATISTICS, Purpose::PUBLIC]),
                AccessRule::open("reporting", "events", "VN/GOV/G15/events")
                    .for_purposes(&[Purpose::STATISTICS]),
                AccessRule::open("procedures", "*", "*"),
                AccessRule::open("portal", "dossiers", "*/one-door").for_purposes(&[Purpose::PROCEDURE]),
            ],
            agreements: Vec::new(),
        },
        AgencyPlan {
            code: "H26",
            name_vi: "Ủy ban nhân dân thành phố Hà Nội",
            name_en: "People's Committee of Hanoi",
            systems: vec![(one_door::blueprint(), false)],
            grants: vec![
                AccessRule::open("one-door", "dossiers", "*/portal").for_purposes(&[Purpose::PROCEDURE]),
                AccessRule::open("one-door", "results", "*/civil-status"),
                AccessRule::open("one-door", "events", "VN/GOV/G12.BHXH/events")
                    .for_purposes(&[Purpose::HEALTH_INSURANCE]),
                AccessRule::open("one-door", "events", "VN/GOV/G01/events")
                    .for_purposes(&[Purpose::RESIDENCE]),
            ],
            agreements: Vec::new(),
        },
    ]
}

/// Who hears of births: the population database where the parents asked for a residence, and the reports of every one.
fn civil_status_agreements() -> Vec<Agreement> {
    let mut agreements = vec![Agreement {
        event_type: civil_status::RESIDENCE_ASKED,
        subscriber: MemberId::agency("G01").system("population"),
        service: "events",
        path: "/residence-asked",
        purpose: Purpose::RESIDENCE,
        legal_basis: "68/2020/QH14:20",
    }];
    let counted = [civil_status::BIRTH_REGISTERED, civil_status::BIRTH_AMENDED, civil_status::BIRTH_ANNULLED];
    agreements.extend(counted.map(|event_type| Agreement {
        event_type,
        subscriber: MemberId::agency("G22").system("reporting"),
        service: "events",
        path: "/births",
        purpose: Purpose::STATISTICS,
        legal_basis: "09/2019/ND-CP:20",
    }));
    agreements
}

/// What the identity system answers: the level of an account, the registration of clients, and who has signed what.
fn identity_grants() -> Vec<AccessRule> {
    vec![
        AccessRule::open("identity", "accounts", "*")
            .for_purposes(&[Purpose::IDENTIFICATION, Purpose::PROCEDURE]),
        AccessRule::open("identity", "accounts", "*/portal").for_purposes(&[Purpose::OWN_DATA]),
        AccessRule::open("identity", "clients", "*").for_purposes(&[Purpose::IDENTIFICATION]),
        AccessRule::open("identity", "submissions", "*/portal").for_purposes(&[Purpose::PROCEDURE]),
        AccessRule::open("identity", "submissions", "*/one-door")
            .on_path("POST", "/verifications")
            .for_purposes(&[Purpose::PROCEDURE]),
        AccessRule::open("identity", "mandates", "*/civil-status").for_purposes(&[Purpose::IDENTIFICATION]),
    ]
}

/// What the population database shows to whom: each purpose sees the fields it needs and no others.
fn population_grants() -> Vec<AccessRule> {
    let identity =
        ["number", "name", "birth_date", "sex", "ethnicity", "nationality", "residence", "death_date"];
    let family = [&identity[..], &["marital_status", "spouse", "hometown"]].concat();
    vec![
        AccessRule::open("population", "people", "*/civil-status")
            .on_path("POST", "/look-up")
            .for_purposes(&[Purpose::CIVIL_STATUS])
            .showing(&family),
        AccessRule::open("population", "people", "*/portal")
            .on_path("POST", "/look-up")
            .for_purposes(&[Purpose::OWN_DATA]),
        AccessRule::open("population", "people", "*/portal")
            .on_path("POST", "/look-up")
            .for_purposes(&[Purpose::PROCEDURE])
            .showing(&family),
        AccessRule::open("population", "people", "*/one-door")
            .on_path("POST", "/look-up")
            .for_purposes(&[Purpose::PROCEDURE])
            .showing(&identity),
        AccessRule::open("population", "people", "*/insurance")
            .on_path("POST", "/look-up")
            .for_purposes(&[Purpose::HEALTH_INSURANCE])
            .showing(&["number", "name", "birth_date", "sex", "residence"]),
        AccessRule::open("population", "people", "*").on_path("POST", "/verify"),
        AccessRule::open("population", "people", "*/identity")
            .on_path("POST", "/look-up")
            .for_purposes(&[Purpose::IDENTIFICATION])
            .showing(&["number", "name", "birth_date", "mother", "father", "death_date"]),
        AccessRule::open("population", "people", "*/civil-status")
            .on_path("POST", "/corrections")
            .for_purposes(&[Purpose::CIVIL_STATUS]),
        AccessRule::open("population", "births", "*/civil-status").for_purposes(&[Purpose::CIVIL_STATUS]),
        AccessRule::open("population", "residence", "*/one-door")
            .on_path("POST", "/outcome")
            .for_purposes(&[Purpose::RESIDENCE]),
        AccessRule::open("population", "events", "VN/GOV/G15/events").for_purposes(&[Purpose::RESIDENCE]),
        AccessRule::open("population", "residence", "*/portal")
            .on_path("POST", "/household")
            .for_purposes(&[Purpose::OWN_DATA]),
        AccessRule::open("population", "accesses", "*/portal").for_purposes(&[Purpose::OWN_DATA]),
    ]
}
