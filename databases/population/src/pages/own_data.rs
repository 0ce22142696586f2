//! My data: every field the register holds of the person who is signed in.

use super::{date, problem};
use crate::{Population, model::VIETNAM, rules::particulars, texts};
use askama::Template;
use axum::extract::State;
use contracts::{
    person::Address,
    population::{PersonView, Relative},
};
use std::sync::Arc;
use web::{
    CurrentUser, Html, Language, Page, Problem, Visit,
    components::{SummaryList, SummaryRow},
};

#[derive(Template)]
#[template(path = "own_data.html")]
struct Body {
    t: Language,
    record: SummaryList,
}

/// `GET /population`
pub(super) async fn show(
    visit: Visit,
    user: CurrentUser,
    State(population): State<Arc<Population>>,
) -> Result<Page, Problem> {
    let own = population.own_view(user.person_number.as_deref()).await.map_err(problem)?;
    let t = visit.language;
    let addresses = [
        population.written(own.birth_place.as_ref()).await,
        population.written(own.hometown.as_ref()).await,
        population.written(own.residence.as_ref()).await,
    ];
    let body = Body { t, record: SummaryList::new(rows(&own, addresses, t)) };
    Ok(visit.page(texts::MY_DATA.get(t), Html::of(&body)))
}

/// The rows of the record; what is not known says so, except a death.
fn rows(
    own: &PersonView,
    [birth_place, hometown, residence]: [Option<String>; 3],
    t: Language,
) -> Vec<SummaryRow> {
    let kin = |kin: &Option<Relative>| kin.as_ref().map(|kin| kin.name.full());
    let sex = own.sex.map(|sex| if t == Language::Vi { sex.vi() } else { sex.en() }.to_owned());
    let ethnicity =
        own.ethnicity.as_deref().map(|code| particulars::ethnic_group_name(code).unwrap_or(code).to_owned());
    let nationality =
        own.nationality.as_deref().map(|code| if code == VIETNAM { texts::VIETNAM.get(t) } else { code });
    let nationality = nationality.map(str::to_owned);
    let status = own.marital_status.map(|status| texts::marital_status(status).get(t).to_owned());
    let mut values = vec![
        (texts::NUMBER, Some(own.number.to_string())),
        (texts::NAME, own.name.as_ref().map(contracts::PersonName::full)),
        (texts::BIRTH_DATE, own.birth_date.map(|born| date(born, t))),
        (texts::SEX, sex),
        (texts::ETHNICITY, ethnicity),
        (texts::NATIONALITY, nationality),
        (texts::BIRTH_PLACE, birth_place),
        (texts::HOMETOWN, hometown),
        (texts::MARITAL_STATUS, status),
        (texts::MOTHER, kin(&own.mother)),
        (texts::FATHER, kin(&own.father)),
        (texts::SPOUSE, kin(&own.spouse)),
        (texts::RESIDENCE, residence),
    ];
    values.extend(own.death_date.map(|death| (texts::DEATH_DATE, Some(date(death, t)))));
    let unknown = || texts::NOT_RECORDED.get(t).to_owned();
    values
        .into_iter()
        .map(|(key, value)| SummaryRow::new(key.get(t), value.unwrap_or_else(unknown)))
        .collect()
}

impl Population {
    /// An address in words; by the commune's code where its name can't be had.
    async fn written(&self, address: Option<&Address>) -> Option<String> {
        let address = address?;
        let commune = match self.communes.on(self.room.clock.today(), &address.commune).await {
            Ok(Some(commune)) => commune.full_name,
            _ => address.commune.clone(),
        };
        Some(if address.detail.is_empty() { commune } else { format!("{}, {commune}", address.detail) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_is_not_known_in_both_languages() {
        let own = PersonView {
            number: "001190000001".parse().unwrap(),
            name: contracts::PersonName::split("Trần Thị <b>An</b>"),
            birth_date: Some(jiff::civil::date(1990, 2, 1)),
            sex: Some(contracts::Sex::Female),
            ethnicity: Some("02".into()),
            nationality: Some("VN".into()),
            birth_place: None,
            hometown: None,
            marital_status: Some(contracts::population::MaritalStatus::Single),
            mother: None,
            father: None,
            spouse: None,
            residence: None,
            death_date: None,
        };
        for (t, said) in [
            (
                Language::Vi,
                [
                    "001190000001",
                    "Trần Thị &#60;b&#62;An",
                    "01/02/1990",
                    "Nữ",
                    "Tày",
                    "Chưa kết hôn",
                    "Việt Nam",
                    "Chưa có thông tin",
                ],
            ),
            (
                Language::En,
                [
                    "001190000001",
                    "My data",
                    "1 February 1990",
                    "Female",
                    "Tày",
                    "Single",
                    "Viet Nam",
                    "Not recorded",
                ],
            ),
        ] {
            let body =
                Body { t, record: SummaryList::new(rows(&own, [None, None, None], t)) }.render().unwrap();
            for words in said {
                assert!(body.contains(words), "{words} in {body}");
            }
            assert!(!body.contains(texts::DEATH_DATE.get(t)));
        }
    }
}
