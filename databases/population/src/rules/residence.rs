//! Where a newborn lives (Law 68/2020/QH14 articles 12 and 20).

use super::versions;
use crate::model::{Home, Person, PersonRecord};
use contracts::population::Relation;
use jiff::{Span, civil::Date};

/// The age from which someone chooses their residence without a parent, in years (Law 68/2020/QH14 article 12).
pub const MAJORITY_AGE_YEARS: i16 = 18;

/// What a registration of residence comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// The child has a residence already, from this day.
    AlreadyThere(Home, Date),
    /// The child moves in.
    MovesIn(Home),
}

/// Decides where a child whose parents ask for it is registered: in the household of the first of them who has one.
///
/// # Errors
/// Why it can't be registered, in Vietnamese.
pub fn decide_residence(
    child: &PersonRecord,
    parents: &[PersonRecord],
    today: Date,
) -> Result<Move, Vec<&'static str>> {
    let person = &child.current;
    if !person.is_alive_on(today) {
        return Err(vec!["Trẻ đã chết, không đăng ký cư trú được."]);
    }
    if let Some(home) = person.home {
        return Ok(Move::AlreadyThere(
            home,
            versions::current_valid_from(child).unwrap_or(person.birth_date),
        ));
    }
    if !is_minor(person, today) {
        return Err(vec![
            "Người từ đủ 18 tuổi tự đăng ký thường trú. Hãy nộp hồ sơ đăng ký thường trú riêng.",
        ]);
    }
    if parents.is_empty() {
        return Err(vec!["Không có số định danh cá nhân của cha hoặc mẹ để đăng ký thường trú cho trẻ."]);
    }
    let home = parents.iter().map(|parent| &parent.current).find_map(|parent| {
        let home = parent.home.filter(|_| parent.is_alive_on(today))?;
        Some(Home { household: home.household, relation: relation_of_child(home.relation) })
    });
    home.map(Move::MovesIn).ok_or_else(|| {
        vec!["Cha, mẹ không còn sống hoặc chưa có nơi thường trú để đăng ký cho trẻ vào cùng hộ."]
    })
}

/// What the child of a member of a household is to its head.
fn relation_of_child(parent: Relation) -> Relation {
    match parent {
        Relation::Head | Relation::Spouse => Relation::Child,
        Relation::Child => Relation::Grandchild,
        Relation::Parent | Relation::Grandchild | Relation::Other => Relation::Other,
    }
}

fn is_minor(person: &Person, on: Date) -> bool {
    person.birth_date.checked_add(Span::new().years(MAJORITY_AGE_YEARS)).is_ok_and(|majority| on < majority)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HouseholdKey;
    use contracts::{PersonName, Sex, person::Address, population::MaritalStatus};
    use jiff::civil::date;

    fn person(number: &str, born: Date, home: Option<(i64, Relation)>) -> PersonRecord {
        let place = Address { commune: "00004".into(), detail: String::new() };
        let current = Person {
            number: number.parse().unwrap(),
            name: PersonName::split("Trần An").unwrap(),
            birth_date: born,
            sex: Sex::Female,
            ethnicity: 1,
            nationality: "VN".into(),
            birth_place: place.clone(),
            hometown: place,
            marital_status: MaritalStatus::Single,
            mother: None,
            father: None,
            spouse: None,
            home: home.map(|(key, relation)| Home { household: HouseholdKey(key), relation }),
            death_date: None,
        };
        PersonRecord { current, changes: 0, numbered_at: None, earlier: vec![] }
    }

    #[test]
    fn a_child_is_registered_with_a_parent_who_has_a_household() {
        let (today, born) = (date(2026, 11, 21), date(2026, 11, 1));
        let parent = |home| person("001195000001", date(1995, 1, 1), home);
        let dead = |mut record: PersonRecord| {
            record.current.death_date = Some(date(2026, 11, 20));
            record
        };
        let baby = person("001326000001", born, None);
        let (seven, eight) = (parent(Some((7, Relation::Spouse))), parent(Some((8, Relation::Child))));
        let moves =
            |household, relation| Ok(Move::MovesIn(Home { household: HouseholdKey(household), relation }));
        for (case, child, parents, expected) in [
            ("with the mother", &baby, vec![seven.clone(), eight.clone()], moves(7, Relation::Child)),
            ("with the father", &baby, vec![parent(None), eight.clone()], moves(8, Relation::Grandchild)),
            (
                "the mother died",
                &baby,
                vec![dead(seven.clone()), eight.clone()],
                moves(8, Relation::Grandchild),
            ),
            (
                "with a mother who lives with others",
                &baby,
                vec![parent(Some((9, Relation::Other)))],
                moves(9, Relation::Other),
            ),
            (
                "has a residence",
                &person("001326000001", born, Some((5, Relation::Other))),
                vec![seven.clone()],
                Ok(Move::AlreadyThere(Home { household: HouseholdKey(5), relation: Relation::Other }, born)),
            ),
            ("nobody is known", &baby, vec![], Err("Không có số định danh")),
            (
                "nobody has a household",
                &baby,
                vec![parent(None), dead(seven.clone())],
                Err("Cha, mẹ không còn"),
            ),
            ("the child died", &dead(baby.clone()), vec![seven.clone()], Err("Trẻ đã chết")),
            (
                "of age today",
                &person("001308000001", date(2008, 11, 21), None),
                vec![seven.clone()],
                Err("Người từ đủ 18"),
            ),
            (
                "of age tomorrow",
                &person("001308000001", date(2008, 11, 22), None),
                vec![seven.clone()],
                moves(7, Relation::Child),
            ),
        ] {
            match (decide_residence(child, &parents, today), expected) {
                (Err(reasons), Err(begins)) => assert!(reasons[0].starts_with(begins), "{case}: {reasons:?}"),
                (decided, expected) => assert_eq!(decided.ok(), expected.ok(), "{case}"),
            }
        }
    }
}
