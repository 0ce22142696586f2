//! What must hold before a permanent residence is registered (Law 68/2020/QH14 articles 12 and 20).

use super::fault;
use crate::model::{Home, Person, PersonRecord};
use contracts::{
    FieldProblem,
    population::{Relation, ResidenceRegistration},
};
use jiff::{Span, civil::Date};

/// The age from which someone chooses their residence without a parent, in years (Law 68/2020/QH14 article 12).
pub const MAJORITY_AGE_YEARS: i16 = 18;

/// What a registration of residence comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// The person lives there already, from this day.
    AlreadyThere(Home, Date),
    /// The person moves in.
    MovesIn(Home),
}

/// Decides whether `mover` may move in with `host`.
///
/// # Errors
/// Everything that is wrong with the registration.
pub fn decide_move(
    sent: &ResidenceRegistration,
    mover: &PersonRecord,
    host: &Person,
    today: Date,
) -> Result<Move, Vec<FieldProblem>> {
    let person = &mover.current;
    if let (Some(home), Some(host_home)) = (person.home, host.home)
        && home.household == host_home.household
        && person.number != host.number
    {
        return Ok(Move::AlreadyThere(
            home,
            super::versions::current_valid_from(mover).unwrap_or(person.birth_date),
        ));
    }
    let faults = faults_of(sent, mover, host, today);
    match host.home {
        Some(home) if faults.is_empty() => {
            Ok(Move::MovesIn(Home { household: home.household, relation: sent.relation }))
        }
        _ => Err(faults),
    }
}

fn faults_of(
    sent: &ResidenceRegistration,
    mover: &PersonRecord,
    host: &Person,
    today: Date,
) -> Vec<FieldProblem> {
    let person = &mover.current;
    let mut faults = Vec::new();
    let mut check = |fails: bool, field: &str, code: &str, vi: &str, en: &str| {
        if fails {
            faults.push(fault(field, code, vi, en));
        }
    };
    check(
        person.number == host.number,
        "with",
        "same-person",
        "Người đăng ký và người có hộ phải là hai người khác nhau.",
        "Who moves in and with whom must be two people.",
    );
    check(
        !person.is_alive_on(today),
        "number",
        "had-died",
        "Người này đã chết, không đăng ký cư trú được.",
        "This person has died and can't take up residence.",
    );
    check(
        !host.is_alive_on(today) || host.home.is_none(),
        "with",
        "no-household",
        "Người này không còn sống hoặc chưa có nơi thường trú để đăng ký vào.",
        "This person is not alive or has no permanent residence to move into.",
    );
    check(
        sent.from > today,
        "from",
        "in-the-future",
        "Ngày bắt đầu cư trú ở tương lai. Hãy đăng ký khi đã đến ngày.",
        "The first day of residence is in the future. Register when it has come.",
    );
    check(
        sent.from < person.birth_date,
        "from",
        "before-birth",
        "Ngày bắt đầu cư trú trước ngày sinh.",
        "The first day of residence is before the birth.",
    );
    check(
        super::versions::current_valid_from(mover).is_some_and(|since| sent.from < since),
        "from",
        "before-the-last-move",
        "Đã có nơi thường trú đăng ký từ ngày sau đó. Hãy kiểm tra lại ngày.",
        "A later residence is registered already. Check the date.",
    );
    check(
        sent.relation == Relation::Head,
        "relation",
        "has-a-head",
        "Hộ đã có chủ hộ. Hãy chọn quan hệ khác với chủ hộ.",
        "The household has a head. Choose another relation to the head.",
    );
    check(
        is_minor(person, sent.from) && !is_parent(host, person),
        "with",
        "not-with-a-parent",
        "Người chưa đủ 18 tuổi đăng ký vào hộ của cha hoặc mẹ.",
        "Someone under 18 is registered in the household of their mother or father.",
    );
    faults
}

fn is_minor(person: &Person, on: Date) -> bool {
    person.birth_date.checked_add(Span::new().years(MAJORITY_AGE_YEARS)).is_ok_and(|majority| on < majority)
}

fn is_parent(parent: &Person, child: &Person) -> bool {
    [&child.mother, &child.father].into_iter().flatten().any(|kin| kin.number() == Some(parent.number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HouseholdKey, Kin};
    use contracts::{PersonName, Sex, person::Address, population::MaritalStatus};
    use jiff::civil::date;

    fn person(number: &str, born: Date, household: Option<i64>) -> Person {
        let place = Address { commune: "00004".into(), detail: String::new() };
        Person {
            number: number.parse().unwrap(),
            name: PersonName::split("Trần An").unwrap(),
            birth_date: born,
            sex: Sex::Female,
            ethnicity: 1,
            nationality: "VN".into(),
            birth_place: place.clone(),
            hometown: place,
            marital_status: MaritalStatus::Single,
            mother: Some(Kin::Numbered("001195000001".parse().unwrap())),
            father: None,
            spouse: None,
            home: household.map(|key| Home { household: HouseholdKey(key), relation: Relation::Head }),
            death_date: None,
        }
    }

    #[test]
    fn a_residence_is_registered_where_the_law_allows_it() {
        let today = date(2026, 11, 21);
        let mother = person("001195000001", date(1995, 1, 1), Some(7));
        let aunt = person("001195000002", date(1995, 1, 1), Some(8));
        let dead = Person { death_date: Some(date(2026, 1, 1)), ..mother.clone() };
        let homeless = Person { home: None, ..mother.clone() };
        let baby = person("001326000001", date(2026, 11, 1), None);
        let adult = person("001300000001", date(2000, 1, 1), Some(9));
        let there = Person {
            home: Some(Home { household: HouseholdKey(7), relation: Relation::Child }),
            ..baby.clone()
        };
        let of_age = date(2026, 11, 21);
        for (mover, host, from, relation, expected) in [
            (&baby, &mother, date(2026, 11, 1), Relation::Child, vec![]),
            (&there, &mother, date(2026, 11, 5), Relation::Child, vec!["already there"]),
            (&baby, &aunt, date(2026, 11, 1), Relation::Other, vec!["not-with-a-parent"]),
            (&adult, &aunt, of_age, Relation::Other, vec![]),
            (&adult, &aunt, of_age, Relation::Head, vec!["has-a-head"]),
            (&adult, &dead, of_age, Relation::Other, vec!["no-household"]),
            (&adult, &homeless, of_age, Relation::Other, vec!["no-household"]),
            (&baby, &mother, date(2026, 10, 31), Relation::Child, vec!["before-birth"]),
            (&baby, &mother, date(2026, 11, 22), Relation::Child, vec!["in-the-future"]),
            (&adult, &adult, of_age, Relation::Other, vec!["same-person"]),
            (
                &Person { death_date: Some(date(2026, 2, 1)), ..adult.clone() },
                &aunt,
                of_age,
                Relation::Other,
                vec!["had-died"],
            ),
        ] {
            let record =
                PersonRecord { current: mover.clone(), changes: 0, numbered_at: None, earlier: vec![] };
            let sent = ResidenceRegistration { number: mover.number, with: host.number, relation, from };
            let outcome = match decide_move(&sent, &record, host, today) {
                Ok(Move::MovesIn(home)) => {
                    assert_eq!(home, Home { household: host.home.unwrap().household, relation });
                    vec![]
                }
                Ok(Move::AlreadyThere(_, since)) => {
                    assert_eq!(since, mover.birth_date);
                    vec!["already there".to_owned()]
                }
                Err(faults) => faults.into_iter().map(|fault| fault.code).collect(),
            };
            assert_eq!(outcome, expected, "{from} {relation:?}");
        }
    }
}
