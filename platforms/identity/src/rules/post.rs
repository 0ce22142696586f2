//! Posts of officials: which there are, who administers them, and what is wrong with one that is proposed.

use contracts::{
    PersonalNumber,
    agencies::{AgencyPlace, UnitPlace},
    identity::PostHeld,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The post of who administers the officials of an agency, and of the agencies below it.
pub const ADMINISTRATOR: &str = "administrator";
/// The lowest level of an agency with a code of its own (Decision 20/2020/QD-TTg, article 4).
pub const AGENCY_LEVEL_LIMIT: u8 = 4;
/// The longest time for which a post is held for somebody else, in days.
pub const DELEGATION_LIMIT_DAYS: i32 = 366;

/// A post that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostKind {
    /// Code of the system.
    pub system: &'static str,
    /// The post.
    pub post: &'static str,
    /// It is held in an administrative unit.
    pub in_unit: bool,
}

/// The posts there are.
pub const POSTS: [PostKind; 7] = [
    PostKind { system: "civil-status", post: "registrar", in_unit: true },
    PostKind { system: "one-door", post: "reception", in_unit: true },
    PostKind { system: "identity", post: "examiner", in_unit: true },
    PostKind { system: "exchange", post: "operator", in_unit: false },
    PostKind { system: "reporting", post: "analyst", in_unit: false },
    PostKind { system: "civil-status", post: ADMINISTRATOR, in_unit: false },
    PostKind { system: "identity", post: ADMINISTRATOR, in_unit: false },
];

/// A post that somebody is to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPost {
    /// Who.
    pub holder: PersonalNumber,
    /// Which.
    pub post: PostHeld,
    /// The post for whose holder it is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated_from: Option<uuid::Uuid>,
}

/// What is wrong with a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PostFault {
    /// Another number of columns than the first line has.
    Columns,
    /// Not UTF-8.
    NotText,
    /// No key, or one with other characters than letters, digits, `.`, `-` and `_`.
    Key,
    /// The key stands in an earlier line, too.
    RepeatedKey,
    /// The key was taken before, for another post.
    OtherContent,
    /// No personal number.
    Number,
    /// No code of an agency at work, or below level 4.
    Agency,
    /// There is no such post in such a system.
    Post,
    /// Whoever sends it does not administer it, or may not give it by a file.
    NotYours,
    /// The unit is missing, needless, or none on the first day.
    Unit,
    /// The unit is not in the province of the agency.
    OtherProvince,
    /// The first day is none.
    From,
    /// The last day is none, or not after the first, or past.
    Until,
    /// Held for somebody else: for too long, or beyond what they hold, or by themselves.
    Delegation,
}

/// The kind of a post.
pub fn kind(system: &str, post: &str) -> Option<&'static PostKind> {
    POSTS.iter().find(|kind| kind.system == system && kind.post == post)
}

/// Whoever holds `own` administers a post of `system` in `agency` on a day. The administrators of an agency administer all
/// posts in it and in the agencies below it; those of a system, the posts of that system in every agency, but no
/// administrators.
pub fn administers(own: &[PostHeld], agency: &str, system: &str, post: &str, day: Date) -> bool {
    let administrator =
        |held: &&PostHeld| held.post == ADMINISTRATOR && held.delegated_by.is_none() && held.holds_on(day);
    own.iter().filter(administrator).any(|held| {
        if held.system == contracts::identity::SYSTEM {
            is_at_or_below(agency, &held.agency)
        } else {
            held.system == system && post != ADMINISTRATOR
        }
    })
}

/// The text has the form of a code of an agency with an account of its own: a letter and two digits, and up to three numbers
/// below it (Decision 20/2020/QD-TTg, article 5). Whether there is such an agency the register of agencies says.
pub fn is_agency_code(text: &str) -> bool {
    let mut parts = text.split('.');
    let top = parts.next().unwrap_or_default().as_bytes();
    let is_top = matches!(top, [letter, rest @ ..]
        if letter.is_ascii_uppercase() && rest.len() == 2 && rest.iter().all(u8::is_ascii_digit));
    let is_number =
        |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let below: Vec<&str> = parts.collect();
    is_top && below.len() < usize::from(AGENCY_LEVEL_LIMIT) && below.into_iter().all(is_number)
}

/// The agency is the other, or one below it, by its code.
pub fn is_at_or_below(agency: &str, other: &str) -> bool {
    agency.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What is wrong with a post on a day, given what the register of agencies says of its places on [`places_day`].
pub fn check(
    new: &NewPost,
    agency: Option<&AgencyPlace>,
    unit: Option<&UnitPlace>,
    today: Date,
) -> Vec<PostFault> {
    let mut faults = Vec::new();
    let mut fault = |is_wrong: bool, fault: PostFault| {
        if is_wrong {
            faults.push(fault);
        }
    };
    let post = &new.post;
    let kind = kind(&post.system, &post.post);
    let at_work = |place: &AgencyPlace| place.code == post.agency && place.level <= AGENCY_LEVEL_LIMIT;
    fault(!agency.is_some_and(at_work), PostFault::Agency);
    fault(kind.is_none(), PostFault::Post);
    let in_unit = kind.is_some_and(|kind| kind.in_unit);
    fault(post.unit.is_some() && unit.is_none() || in_unit != post.unit.is_some(), PostFault::Unit);
    let province = agency.and_then(|agency| agency.province.as_ref());
    let elsewhere = |unit: &UnitPlace| province.is_some_and(|province| *province != unit.province);
    fault(unit.is_some_and(elsewhere), PostFault::OtherProvince);
    fault(post.until.is_some_and(|until| until <= post.from || until <= today), PostFault::Until);
    faults
}

/// The day on which the places of a post must exist: its first, or today where that is past.
pub fn places_day(post: &PostHeld, today: Date) -> Date {
    post.from.max(today)
}

/// What is wrong with holding a post for its holder.
pub fn check_delegation(new: &NewPost, from: &NewPost, today: Date) -> Vec<PostFault> {
    let (post, own) = (&new.post, &from.post);
    let Some(until) = post.until else { return vec![PostFault::Until] };
    let length = post.from.until(until).map_or(i32::MAX, |span| span.get_days());
    let beyond = post.from < own.from || own.until.is_some_and(|end| until > end);
    let is_wrong = new.holder == from.holder
        || own.delegated_by.is_some()
        || own.post == ADMINISTRATOR
        || beyond
        || length > DELEGATION_LIMIT_DAYS;
    let mut faults = Vec::new();
    if is_wrong {
        faults.push(PostFault::Delegation);
    }
    if until <= post.from || until <= today {
        faults.push(PostFault::Until);
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::agencies::UnitLevel;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 21);

    fn new() -> NewPost {
        let post = PostHeld {
            agency: "H26.19".into(),
            system: "civil-status".into(),
            post: "registrar".into(),
            unit: Some("00004".into()),
            from: date(2026, 12, 1),
            until: None,
            delegated_by: None,
        };
        NewPost { holder: "001190000001".parse().unwrap(), post, delegated_from: None }
    }

    fn administrator(agency: &str, system: &str) -> PostHeld {
        let (post, unit) = (ADMINISTRATOR.to_owned(), None);
        PostHeld { agency: agency.into(), system: system.into(), post, unit, from: TODAY, ..new().post }
    }

    #[test]
    fn each_agency_administers_itself_and_those_below() {
        let (own, ministry) = (administrator("H26", "identity"), administrator("G15", "civil-status"));
        let past = PostHeld { until: Some(TODAY), ..own.clone() };
        let delegated = PostHeld { delegated_by: Some("001190000002".parse().unwrap()), ..own.clone() };
        let clerk = PostHeld { post: "registrar".into(), ..own.clone() };
        for (case, own, agency, system, post, expected) in [
            ("its own", &own, "H26", "one-door", "reception", true),
            ("below", &own, "H26.19.2.1", "one-door", "reception", true),
            ("administrators below", &own, "H26.19", "identity", ADMINISTRATOR, true),
            ("beside", &own, "H01", "one-door", "reception", false),
            ("a code that begins alike", &own, "H261", "one-door", "reception", false),
            ("of a system", &ministry, "H26.19", "civil-status", "registrar", true),
            ("of another system", &ministry, "H26.19", "one-door", "reception", false),
            ("no administrators", &ministry, "G15", "civil-status", ADMINISTRATOR, false),
            ("no longer", &past, "H26", "one-door", "reception", false),
            ("for somebody else", &delegated, "H26", "one-door", "reception", false),
            ("no administrator", &clerk, "H26", "one-door", "reception", false),
        ] {
            let found = administers(std::slice::from_ref(own), agency, system, post, TODAY);
            assert_eq!(found, expected, "{case}");
        }
    }

    #[test]
    fn codes_of_agencies_have_a_form() {
        for (text, expected) in [
            ("H26", true),
            ("G01", true),
            ("H26.19", true),
            ("H26.19.2.1", true),
            ("H26.19.2.1.1", false),
            ("H2", false),
            ("h26", false),
            ("H26.", false),
            ("H26.a", false),
            ("H26.1234", false),
            ("000.00.19.H26", false),
            ("VN/GOV/H26", false),
            ("", false),
        ] {
            assert_eq!(is_agency_code(text), expected, "{text}");
        }
    }

    #[test]
    fn posts_are_checked() {
        use PostFault as F;
        let agency = AgencyPlace {
            code: "H26.19".into(),
            level: 2,
            listed: "H26".into(),
            province: Some("01".into()),
        };
        let unit = UnitPlace { level: UnitLevel::Commune, province: "01".into() };
        let level_five = AgencyPlace { level: 5, ..agency.clone() };
        let elsewhere = UnitPlace { province: "79".into(), ..unit.clone() };
        type Change = fn(&mut PostHeld);
        type Case<'a> = (&'a str, Change, Option<&'a AgencyPlace>, Option<&'a UnitPlace>, &'a [PostFault]);
        let cases: [Case<'_>; 12] = [
            ("good", |_| (), Some(&agency), Some(&unit), &[]),
            ("no agency", |_| (), None, Some(&unit), &[F::Agency]),
            ("level 5", |_| (), Some(&level_five), Some(&unit), &[F::Agency]),
            ("the old form", |p| p.agency = "000.00.19.H26".into(), Some(&agency), Some(&unit), &[F::Agency]),
            ("no post", |p| p.post = "king".into(), Some(&agency), Some(&unit), &[F::Post, F::Unit]),
            (
                "of another system",
                |p| p.system = "portal".into(),
                Some(&agency),
                Some(&unit),
                &[F::Post, F::Unit],
            ),
            ("no unit", |p| p.unit = None, Some(&agency), None, &[F::Unit]),
            ("no such unit", |_| (), Some(&agency), None, &[F::Unit]),
            ("elsewhere", |_| (), Some(&agency), Some(&elsewhere), &[F::OtherProvince]),
            ("ends before it begins", |p| p.until = Some(p.from), Some(&agency), Some(&unit), &[F::Until]),
            (
                "is over",
                |p| (p.from, p.until) = (date(2020, 1, 1), Some(TODAY)),
                Some(&agency),
                Some(&unit),
                &[F::Until],
            ),
            ("ends later", |p| p.until = Some(date(2027, 1, 1)), Some(&agency), Some(&unit), &[]),
        ];
        for (case, change, agency, unit, expected) in cases {
            let mut new = new();
            change(&mut new.post);
            assert_eq!(check(&new, agency, unit, TODAY), expected, "{case}");
        }
    }

    #[test]
    fn a_post_is_delegated_within_its_own_days() {
        use PostFault as F;
        let own = NewPost { post: PostHeld { until: Some(date(2027, 6, 1)), ..new().post }, ..new() };
        let deputy = "001190000002".parse().unwrap();
        type Change = fn(&mut NewPost, &mut NewPost);
        let cases: [(&str, Change, &[F]); 9] = [
            ("good", |_, _| (), &[]),
            ("to the last day", |new, own| new.post.until = own.post.until, &[]),
            ("beyond", |new, _| new.post.until = Some(date(2027, 6, 2)), &[F::Delegation]),
            ("before", |new, _| new.post.from = date(2026, 11, 30), &[F::Delegation]),
            ("without end", |new, _| new.post.until = None, &[F::Until]),
            ("ends before it begins", |new, _| new.post.until = Some(new.post.from), &[F::Until]),
            ("to oneself", |new, own| new.holder = own.holder, &[F::Delegation]),
            ("delegated on", |_, own| own.post.delegated_by = Some(own.holder), &[F::Delegation]),
            ("administration", |_, own| own.post.post = ADMINISTRATOR.into(), &[F::Delegation]),
        ];
        for (case, change, expected) in cases {
            let (mut own, mut new) = (own.clone(), NewPost { holder: deputy, ..own.clone() });
            new.post.until = Some(date(2027, 1, 1));
            change(&mut new, &mut own);
            assert_eq!(check_delegation(&new, &own, TODAY), expected, "{case}");
        }
    }
}
