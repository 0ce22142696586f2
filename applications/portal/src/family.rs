//! What the State already knows of an applicant's family, so that nobody types it again.

use crate::model::{Family, KnownParent, Place, Role};
use contracts::{
    Context, PersonalNumber, Purpose, Sex,
    agencies::{ReadUnit, UnitLevel, UnitOn},
    civil_status::Parent,
    person::Address,
    population::{LookUp, LookUpPerson, PersonField, PersonView},
};
use system::{CallError, Exchange};

/// The provision by which a person reads their own data (Law 26/2023/QH15 article 5).
pub(crate) const OWN_DATA_BASIS: &str = "26/2023/QH15:5";
/// The provision by which the portal fills in what the State knows, and hands dossiers in (Decree 61/2018/ND-CP).
pub(crate) const PROCEDURE_BASIS: &str = "61/2018/ND-CP:17";

/// Fields of the other parent that a birth form needs.
const SPOUSE_FIELDS: [PersonField; 6] = [
    PersonField::Name,
    PersonField::BirthDate,
    PersonField::Ethnicity,
    PersonField::Nationality,
    PersonField::Hometown,
    PersonField::Residence,
];

/// Why a family can't be filled in.
#[derive(Debug)]
pub(crate) enum FamilyError {
    /// A record lacks what the form needs; the register has to be completed first.
    Incomplete(Role),
    /// The spouse has no personal number.
    SpouseUnknown,
    /// The population database or the register of units can't be asked now.
    Unavailable(CallError),
}

/// A call for the applicant's own data.
pub(crate) fn own_data(applicant: PersonalNumber) -> Context {
    Context::new(Purpose::OWN_DATA, OWN_DATA_BASIS).by(&applicant.to_string())
}

/// A call for a procedure of the applicant.
pub(crate) fn for_procedure(applicant: PersonalNumber) -> Context {
    Context::new(Purpose::PROCEDURE, PROCEDURE_BASIS).by(&applicant.to_string())
}

/// Reads the applicant's record and the spouse's.
pub(crate) async fn look_up(exchange: &Exchange, applicant: PersonalNumber) -> Result<Family, FamilyError> {
    let own = person(exchange, applicant, &PersonField::ALL, &own_data(applicant)).await?;
    let role = own.sex.map_or(Role::of_sex(applicant.sex()), Role::of_sex);
    let other_role = if role == Role::Mother { Role::Father } else { Role::Mother };
    let spouse = match own.spouse.as_ref().map(|spouse| spouse.number) {
        None => None,
        Some(None) => return Err(FamilyError::SpouseUnknown),
        Some(Some(number)) => {
            let record = person(exchange, number, &SPOUSE_FIELDS, &for_procedure(applicant)).await?;
            Some(known(exchange, other_role, record).await?)
        }
    };
    let own = known(exchange, role, own).await?;
    // Spouses of one sex are no mother and father; the register decides such cases at its counter.
    let spouse = spouse.filter(|spouse| sex_of(spouse).is_none_or(|sex| Role::of_sex(sex) == other_role));
    Ok(match role {
        Role::Mother => Family { applicant: role, mother: Some(own), father: spouse },
        Role::Father => Family { applicant: role, mother: spouse, father: Some(own) },
    })
}

fn sex_of(known: &KnownParent) -> Option<Sex> {
    known.parent.number.map(PersonalNumber::sex)
}

async fn person(
    exchange: &Exchange,
    number: PersonalNumber,
    fields: &[PersonField],
    context: &Context,
) -> Result<PersonView, FamilyError> {
    let wanted = LookUp { number, fields: fields.to_vec(), valid_on: None, known_at: None };
    let found = exchange.call::<LookUpPerson>(&wanted, context).await.map_err(FamilyError::Unavailable)?;
    Ok(found.answer)
}

async fn known(exchange: &Exchange, role: Role, record: PersonView) -> Result<KnownParent, FamilyError> {
    let hometown = match record.hometown {
        Some(hometown) => Some(place(exchange, hometown).await?),
        None => None,
    };
    let (Some(name), Some(birth_date), Some(ethnicity), Some(nationality), Some(residence)) =
        (record.name, record.birth_date, record.ethnicity, record.nationality, record.residence)
    else {
        return Err(FamilyError::Incomplete(role));
    };
    let number = Some(record.number);
    let parent = Parent { number, name, birth_date, ethnicity, nationality, residence: residence.clone() };
    Ok(KnownParent { parent, residence: place(exchange, residence).await?, hometown })
}

/// An address with the name of its commune; its code where the register of units does not know it.
pub(crate) async fn place(exchange: &Exchange, address: Address) -> Result<Place, FamilyError> {
    Ok(match commune(exchange, &address.commune).await? {
        Some((name, province)) => Place { address, name, province },
        None => Place { name: address.commune.clone(), province: None, address },
    })
}

/// Full name and province of the commune with a code, if there is one today.
pub(crate) async fn commune(
    exchange: &Exchange,
    code: &str,
) -> Result<Option<(String, Option<String>)>, FamilyError> {
    let asked = UnitOn { code: code.to_owned(), on: None };
    match exchange.call::<ReadUnit>(&asked, &Context::public()).await {
        Ok(found) if found.answer.level == UnitLevel::Commune => {
            Ok(Some((found.answer.full_name, found.answer.parent)))
        }
        Ok(_) => Ok(None),
        Err(CallError::Refused(problem)) if (400..500).contains(&problem.status) && problem.status != 429 => {
            Ok(None)
        }
        Err(error) => Err(FamilyError::Unavailable(error)),
    }
}
