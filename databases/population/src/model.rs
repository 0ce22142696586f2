//! The records of the register: people, where they live, and how what is said of them changed.

use contracts::{
    PersonName, PersonalNumber, Sex,
    person::Address,
    population::{MaritalStatus, PersonField, PersonView, Relation, Relative},
};
use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::fold;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use uuid::Uuid;

/// ISO 3166 code of the nationality of nearly everyone in the register.
pub const VIETNAM: &str = "VN";

/// A household, by the number the register keeps it under. It is much shorter than a UUID, of which each of a hundred
/// million rows would hold one; to the country it is told as the UUID of version 8 (RFC 9562) made from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HouseholdKey(pub i64);

impl HouseholdKey {
    /// The household as the country knows it.
    pub fn to_uuid(self) -> Uuid {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(b"househld");
        bytes[8..].copy_from_slice(&self.0.to_be_bytes());
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

/// Another person, as a record points to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kin {
    /// Someone of this register.
    Numbered(PersonalNumber),
    /// Someone without a number: a foreigner, or one who died before numbers were issued.
    Named(PersonName),
}

impl Kin {
    /// Their number, when they have one.
    pub fn number(&self) -> Option<PersonalNumber> {
        match self {
            Self::Numbered(number) => Some(*number),
            Self::Named(_) => None,
        }
    }
}

impl From<&Relative> for Kin {
    fn from(relative: &Relative) -> Self {
        relative.number.map_or_else(|| Self::Named(relative.name.clone()), Self::Numbered)
    }
}

/// Where a person permanently resides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The household.
    pub household: HouseholdKey,
    /// What the person is to its head.
    pub relation: Relation,
}

/// What the register says of a person (Law 26/2023/QH15 article 9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Personal number; never changes.
    pub number: PersonalNumber,
    /// Name.
    pub name: PersonName,
    /// Date of birth.
    pub birth_date: Date,
    /// Sex.
    pub sex: Sex,
    /// Code of the ethnic group, 1 to 54.
    pub ethnicity: u8,
    /// ISO 3166 code of the nationality.
    pub nationality: String,
    /// Place of birth.
    pub birth_place: Address,
    /// Ancestral home (*quê quán*).
    pub hometown: Address,
    /// Marital status.
    pub marital_status: MaritalStatus,
    /// Mother, when known.
    pub mother: Option<Kin>,
    /// Father, when known.
    pub father: Option<Kin>,
    /// Spouse, of those who are married.
    pub spouse: Option<Kin>,
    /// Permanent residence, once registered.
    pub home: Option<Home>,
    /// Date of death.
    pub death_date: Option<Date>,
}

impl Person {
    /// The person had not died by the end of that day.
    pub fn is_alive_on(&self, day: Date) -> bool {
        self.death_date.is_none_or(|death| death > day)
    }
}

/// A household of the register of residence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dwelling {
    /// The household.
    pub household: HouseholdKey,
    /// Where it lives.
    pub address: Address,
}

/// A stretch of time from its first moment up to, but not including, its end; without bounds where they are absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period<T> {
    /// First moment.
    pub from: Option<T>,
    /// First moment no longer in it.
    pub until: Option<T>,
}

impl<T: PartialOrd + Copy> Period<T> {
    /// The moment lies in the stretch.
    pub fn holds(&self, moment: T) -> bool {
        self.from.is_none_or(|from| from <= moment) && self.until.is_none_or(|until| moment < until)
    }
}

/// What was said of a person for one stretch of days, during one stretch of knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The days for which it was so.
    pub valid: Period<Date>,
    /// The time during which the register said it.
    pub known: Period<Timestamp>,
    /// What it said.
    pub person: Person,
}

/// A version kept in the history, under its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierVersion {
    /// Counts the versions of one person from 1.
    pub sequence: i64,
    /// The version.
    pub version: Version,
}

/// A person with all that was ever said of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRecord {
    /// What is so today, as far as is known.
    pub current: Person,
    /// How often the record was changed.
    pub changes: i64,
    /// When the number was issued; absent for those taken over from the registers before this one.
    pub numbered_at: Option<Timestamp>,
    /// Everything that is no longer so, or no longer said.
    pub earlier: Vec<EarlierVersion>,
}

/// The kinds of event in a life that the register takes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifeEventKind {
    /// A birth was registered and got its number.
    Birth,
    /// Particulars were corrected.
    Correction,
    /// A permanent residence was registered.
    Residence,
}

impl LifeEventKind {
    /// The word in the store.
    pub fn code(self) -> &'static str {
        match self {
            Self::Birth => "birth",
            Self::Correction => "correction",
            Self::Residence => "residence",
        }
    }

    /// The kind of a word in the store.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Birth, Self::Correction, Self::Residence].into_iter().find(|kind| kind.code() == code)
    }
}

/// An event in a life, taken in once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifeEvent {
    /// The entry of the register that reports it, or an id of our own.
    pub id: Uuid,
    /// What happened.
    pub kind: LifeEventKind,
    /// To whom.
    pub person: PersonalNumber,
    /// On which day.
    pub day: Date,
    /// When the register took it in.
    pub known_at: Timestamp,
    /// SHA-256 of what was sent, so that the same id with other content is noticed.
    pub digest: [u8; 32],
    /// For a birth with a known parent: the same for every registration of the same child. See [`child_key`].
    pub child_key: Option<[u8; 32]>,
}

/// What was decided of the residence of a newborn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResidenceDecision {
    /// The entry of the civil-status register with which it was asked for.
    pub registration: Uuid,
    /// The child.
    pub person: PersonalNumber,
    /// Code of the dossier that waits for it.
    pub dossier: String,
    /// In which household from which day; or why not.
    pub outcome: Result<(HouseholdKey, Date), String>,
}

/// One reading of a person's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Whose data.
    pub person: PersonalNumber,
    /// When.
    pub at: Timestamp,
    /// Identifier of the message.
    pub message: String,
    /// The system that read.
    pub client: String,
    /// Whose act made it read.
    pub user: Option<String>,
    /// What for.
    pub purpose: String,
    /// On what legal basis.
    pub legal_basis: String,
    /// In which case.
    pub case: Option<String>,
    /// The fields that were given.
    pub fields: FieldSet,
}

/// A set of the fields of a person's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FieldSet(u16);

impl FieldSet {
    /// No field.
    pub const NONE: Self = Self(0);
    /// Every field.
    pub const ALL: Self = Self((1 << PersonField::ALL.len()) - 1);

    /// The set of these fields.
    pub const fn of(fields: &[PersonField]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < fields.len() {
            bits |= 1 << fields[at] as u16;
            at += 1;
        }
        Self(bits)
    }

    /// The field is in the set.
    pub const fn holds(self, field: PersonField) -> bool {
        self.0 & (1 << field as u16) != 0
    }

    /// The fields that are in both sets.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The fields that are in one of the sets.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The fields of the set for which the test holds.
    pub fn filter(self, keep: impl Fn(PersonField) -> bool) -> Self {
        self.fields().filter(|field| keep(*field)).fold(Self::NONE, |set, field| set.or(Self::of(&[field])))
    }

    /// The fields, in the order of the record.
    pub fn fields(self) -> impl Iterator<Item = PersonField> {
        PersonField::ALL.into_iter().filter(move |field| self.holds(*field))
    }

    /// The set as one number, a bit for each field in the order of [`PersonField::ALL`].
    pub fn bits(self) -> i64 {
        self.0.into()
    }

    /// The set of a number; bits that stand for no field are dropped.
    pub fn from_bits(bits: i64) -> Self {
        Self(u16::try_from(bits & Self::ALL.bits()).unwrap_or_default())
    }
}

/// What a view of a person needs beyond their own record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// Name of the mother who has a number.
    pub mother: Option<PersonName>,
    /// Name of the father who has a number.
    pub father: Option<PersonName>,
    /// Name of the spouse who has a number.
    pub spouse: Option<PersonName>,
    /// Address of the household.
    pub residence: Option<Address>,
}

/// The person as someone sees them who may see these fields, on a day.
pub fn view(person: &Person, around: &Surroundings, fields: FieldSet, on: Date) -> PersonView {
    use PersonField as F;
    let kin = |field, kin: &Option<Kin>, name: &Option<PersonName>| {
        given(fields, field, || kin.as_ref().and_then(|kin| relative(kin, name.as_ref()))).flatten()
    };
    PersonView {
        number: person.number,
        name: given(fields, F::Name, || person.name.clone()),
        birth_date: given(fields, F::BirthDate, || person.birth_date),
        sex: given(fields, F::Sex, || person.sex),
        ethnicity: given(fields, F::Ethnicity, || format!("{:02}", person.ethnicity)),
        nationality: given(fields, F::Nationality, || person.nationality.clone()),
        birth_place: given(fields, F::BirthPlace, || person.birth_place.clone()),
        hometown: given(fields, F::Hometown, || person.hometown.clone()),
        marital_status: given(fields, F::MaritalStatus, || person.marital_status),
        mother: kin(F::Mother, &person.mother, &around.mother),
        father: kin(F::Father, &person.father, &around.father),
        spouse: kin(F::Spouse, &person.spouse, &around.spouse),
        residence: given(fields, F::Residence, || around.residence.clone()).flatten(),
        death_date: given(fields, F::DeathDate, || person.death_date.filter(|death| *death <= on)).flatten(),
    }
}

fn given<T>(fields: FieldSet, field: PersonField, value: impl FnOnce() -> T) -> Option<T> {
    fields.holds(field).then(value)
}

fn relative(kin: &Kin, name: Option<&PersonName>) -> Option<Relative> {
    match kin {
        Kin::Numbered(number) => name.map(|name| Relative { number: Some(*number), name: name.clone() }),
        Kin::Named(name) => Some(Relative { number: None, name: name.clone() }),
    }
}

/// Days since 1 January 1970, as the store keeps dates of a hundred million people: three bytes instead of ten.
pub fn day_number(date: Date) -> i64 {
    date.duration_since(EPOCH).as_hours() / 24
}

/// The date of a day number, when the calendar reaches that far.
pub fn date_of(day: i64) -> Option<Date> {
    EPOCH.checked_add(SignedDuration::from_hours(day.checked_mul(24)?)).ok()
}

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// A name as it is compared: in lower case, spaces single, each syllable with its tone mark at the end, so that *hoà* and
/// *hòa* are one name while *Anh* and *Ánh* stay two.
pub fn comparable(name: &str) -> String {
    let syllables = name.split_whitespace().map(|syllable| {
        let (mut letters, mut tone) = (String::with_capacity(syllable.len()), None);
        for c in syllable.nfd().flat_map(char::to_lowercase) {
            if TONE_MARKS.contains(&c) { tone = Some(c) } else { letters.push(c) }
        }
        let mut letters: String = letters.nfc().collect();
        letters.extend(tone);
        letters
    });
    syllables.collect::<Vec<_>>().join(" ")
}

/// Huyền, sắc, ngã, hỏi, nặng.
const TONE_MARKS: [char; 5] = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];

/// The name in composed form (NFC), spaces single, as the register keeps it.
pub fn composed(name: &PersonName) -> PersonName {
    let part = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect::<String>();
    PersonName { family: part(&name.family), middle: part(&name.middle), given: part(&name.given) }
}

/// Every character of the name is one that names are written with: letters of any script, their marks, and the marks
/// inside names such as *H'Hen*, *Y-Bion*.
pub fn is_written_as_a_name(part: &str) -> bool {
    part.chars()
        .all(|c| c.is_alphabetic() || is_combining_mark(c) || matches!(c, ' ' | '\'' | '’' | '-' | '.'))
}

/// How many low bits of a name-and-birth key hold the day; the rest holds the name.
const KEY_DAY_BITS: u32 = 17;
/// The first day a key can hold; the last is in the year 2158.
const KEY_FIRST_DAY: Date = jiff::civil::date(1800, 1, 1);

/// The key people are found by when only name and birth date are known: 46 bits of the SHA-256 of the folded name, then
/// 17 bits of the day, in one positive number. It takes 8 bytes where the folded name itself takes twenty, twice. All of
/// one name stand together in the order of birth, so a year of birth is a range of keys; two names may share a key, so
/// whoever finds by it compares the name itself.
pub fn name_birth_key(name: &PersonName, birth_date: Date) -> i64 {
    let digest = Sha256::digest(fold(&name.full()).as_bytes());
    let mut high = [0; 8];
    high.copy_from_slice(&digest[..8]);
    let name_bits = i64::try_from(u64::from_be_bytes(high) >> (1 + KEY_DAY_BITS)).unwrap_or_default();
    let day = (day_number(birth_date) - day_number(KEY_FIRST_DAY)).clamp(0, (1 << KEY_DAY_BITS) - 1);
    (name_bits << KEY_DAY_BITS) | day
}

/// What is the same for every registration of one child: a numbered parent, the birth date and the name. Absent when
/// neither parent has a number, because then nothing tells two children apart.
pub fn child_key(
    mother: Option<&Kin>,
    father: Option<&Kin>,
    birth_date: Date,
    name: &PersonName,
) -> Option<[u8; 32]> {
    let parent = mother.and_then(Kin::number).or_else(|| father.and_then(Kin::number))?;
    let text = format!("{parent}/{birth_date}/{}", comparable(&name.full()));
    Some(Sha256::digest(text.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn named(full: &str) -> PersonName {
        PersonName::split(full).unwrap()
    }

    #[test]
    fn names_are_compared_as_the_reader_means_them() {
        for (one, other, same) in [
            ("Nguyễn Thị Hoà", "NGUYỄN THỊ HÒA", true),
            ("Lê Thuý", "Lê Thúy", true),
            ("Trần  Văn An ", "Trần Văn An", true),
            ("Nguye\u{302}\u{303}n An", "Nguyễn An", true),
            ("Nguyễn Minh Anh", "Nguyễn Minh Ánh", false),
            ("Đỗ An", "Do An", false),
            ("Trần Hương", "Trần Hường", false),
        ] {
            assert_eq!(comparable(one) == comparable(other), same, "{one} / {other}");
        }
    }

    #[test]
    fn days_are_counted_both_ways() {
        for (day, number) in [
            (date(1970, 1, 1), 0),
            (date(1969, 12, 31), -1),
            (date(2024, 2, 29), 19_782),
            (date(1900, 1, 1), -25_567),
        ] {
            assert_eq!(day_number(day), number);
            assert_eq!(date_of(number), Some(day));
        }
        assert_eq!(date_of(i64::MAX), None);
    }

    #[test]
    fn keys_keep_one_name_together_in_the_order_of_birth() {
        let key = |name, day| name_birth_key(&named(name), day);
        let (first, second) = (key("Trần Văn An", date(1990, 1, 1)), key("Tran Van An", date(1990, 1, 2)));
        assert_eq!(second - first, 1, "folded names are one name");
        assert_eq!(
            key("Trần Văn An", date(1990, 1, 1)) >> KEY_DAY_BITS,
            key("Trần Văn An", date(2090, 1, 1)) >> KEY_DAY_BITS
        );
        assert_ne!(
            key("Trần Văn An", date(1990, 1, 1)) >> KEY_DAY_BITS,
            key("Trần Văn Ân Na", date(1990, 1, 1)) >> KEY_DAY_BITS
        );
        assert!(first > 0);
    }

    #[test]
    fn sets_of_fields_are_written_and_read() {
        let set = FieldSet::of(&[PersonField::Name, PersonField::DeathDate]);
        assert_eq!(FieldSet::from_bits(set.bits()), set);
        assert_eq!(set.fields().collect::<Vec<_>>(), [PersonField::Name, PersonField::DeathDate]);
        assert_eq!(FieldSet::from_bits(-1), FieldSet::ALL);
        assert!(PersonField::ALL.iter().enumerate().all(|(at, field)| *field as usize == at));
    }

    #[test]
    fn households_are_told_as_valid_uuids() {
        let (one, other) = (HouseholdKey(1).to_uuid(), HouseholdKey(2).to_uuid());
        assert_ne!(one, other);
        assert_eq!(one.get_version_num(), 8);
        assert_ne!(HouseholdKey(i64::MAX).to_uuid(), HouseholdKey(i64::MAX - 1).to_uuid());
    }
}
