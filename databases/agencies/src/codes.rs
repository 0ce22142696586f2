//! Electronic identification codes of agencies and organisations: how they are read, written and converted.
//!
//! Decision 20/2020/QD-TTg gives three kinds: agencies of ministries and provinces (article 4), enterprises,
//! co-operatives and household businesses (article 5), and other organisations (article 6). Before it, QCVN
//! 102:2016/BTTTT wrote agencies as `V1V2V3.Z1Z2.Y1Y2.MX1X2`, which still stands in dossier numbers and documents.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Longest code of an agency, in characters, dots included (Decision 20/2020/QD-TTg, article 4.1).
pub const AGENCY_CODE_LIMIT_CHARACTERS: usize = 35;
/// Longest part of an organisation's code after its scheme, in characters (Decision 20/2020/QD-TTg, article 6.3).
pub const ORGANISATION_PART_LIMIT_CHARACTERS: usize = 32;
/// Length of a code of QCVN 102:2016, in characters: always the same.
pub const OLD_CODE_CHARACTERS: usize = 13;

/// Why a text is not an identification code, or can't be written in the other form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CodeError {
    /// Nothing was given.
    #[error("the code is empty; write one such as H26, H26.19, 000.00.19.H26 or 0100233488")]
    Empty,
    /// More characters than any code has.
    #[error("the code has more than {AGENCY_CODE_LIMIT_CHARACTERS} characters; check what was copied")]
    TooLong,
    /// A character no code has.
    #[error("the code holds {0:?}; write capital letters A to Z, digits and dots only")]
    Character(char),
    /// The first group is not a letter A to Y and two digits.
    #[error("the first group {0:?} is not a letter A to Y followed by two digits, such as H26")]
    FirstLevel(String),
    /// Two dots in a row, or a dot at an end.
    #[error("a group of the code is empty; write one dot between two groups and none at the ends")]
    EmptyGroup,
    /// It has the shape of the old form, and is not of it.
    #[error("{0:?} is not of the form VVV.ZZ.YY.MXX of QCVN 102:2016, such as 000.00.19.H26")]
    OldForm(String),
    /// The scheme of an organisation's code is not one of Z01 to Z99, or nothing or too much follows it.
    #[error("{0:?} is not a scheme Z01 to Z99 followed by 1 to 32 letters and digits")]
    Organisation(String),
    /// A tax code has ten digits, with a branch thirteen.
    #[error("an enterprise's code has 10 digits, or 13 with its branch (0100233488-001); this one has {0}")]
    EnterpriseLength(usize),
    /// The tenth digit of a tax code follows from the nine before it.
    #[error(
        "the check digit of the enterprise's code is wrong; compare it with the registration certificate"
    )]
    CheckDigit,
    /// Digits three to nine of a tax code, or its branch, are all zero.
    #[error(
        "an enterprise's code and its branch are numbered from 1; this one holds only zeros where the number stands"
    )]
    ZeroNumber,
    /// A level is left out in the old form, so it does not say to whom the agency belongs.
    #[error("level {0} is left out between two that are given; the code has no new form")]
    MissingLevel(u8),
    /// The old form has places for four levels of digits only.
    #[error(
        "the group {0:?} of level {1} has no place in the old form, which has two digits at levels 2 and 3, three at level 4"
    )]
    NoOldForm(String, usize),
}

/// An identification code of any kind, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Code {
    /// An agency of a ministry or a province.
    Agency(AgencyCode),
    /// The same in the form before 2020.
    OldAgency(OldAgencyCode),
    /// Another organisation.
    Organisation(OrganisationCode),
    /// An enterprise, co-operative or household business.
    Enterprise(EnterpriseCode),
}

impl Code {
    /// The code of the agency in today's form.
    ///
    /// # Errors
    /// When the old form leaves out a level. `Ok(None)` for what is not an agency.
    pub fn agency(&self) -> Result<Option<AgencyCode>, CodeError> {
        match self {
            Self::Agency(code) => Ok(Some(code.clone())),
            Self::OldAgency(old) => old.to_new().map(Some),
            Self::Organisation(_) | Self::Enterprise(_) => Ok(None),
        }
    }
}

impl FromStr for Code {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        if text.is_empty() {
            return Err(CodeError::Empty);
        }
        if text.starts_with('Z') {
            return text.parse().map(Self::Organisation);
        }
        if looks_old(text) {
            return text.parse().map(Self::OldAgency);
        }
        if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return text.parse().map(Self::Enterprise);
        }
        text.parse().map(Self::Agency)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agency(code) => code.fmt(f),
            Self::OldAgency(code) => code.fmt(f),
            Self::Organisation(code) => code.fmt(f),
            Self::Enterprise(code) => code.fmt(f),
        }
    }
}

/// Digits first and dots among them: only the old form begins so.
fn looks_old(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit()) && text.contains('.')
}

/// A letter A to Y and two digits.
fn is_first_level(group: &str) -> bool {
    matches!(group.as_bytes(), [b'A'..=b'Y', tens, units] if tens.is_ascii_digit() && units.is_ascii_digit())
}

/// At most thirty-five capital letters, digits and dots: anything else is not read further.
fn check_characters(text: &str) -> Result<(), CodeError> {
    if text.is_empty() {
        return Err(CodeError::Empty);
    }
    if text.chars().nth(AGENCY_CODE_LIMIT_CHARACTERS).is_some() {
        return Err(CodeError::TooLong);
    }
    match text.chars().find(|c| !matches!(c, 'A'..='Z' | '0'..='9' | '.')) {
        Some(character) => Err(CodeError::Character(character)),
        None => Ok(()),
    }
}

/// Code of an agency: groups from the highest level to its own, e.g. `H26.19` (Decision 20/2020/QD-TTg, article 4).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AgencyCode(String);

impl AgencyCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The groups, from level 1 on.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }

    /// The level of the agency: 1 for a ministry or a province.
    pub fn level(&self) -> usize {
        self.groups().count()
    }

    /// The agency it belongs to; none at level 1.
    pub fn parent(&self) -> Option<AgencyCode> {
        self.0.rsplit_once('.').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// The same agency in the form of QCVN 102:2016.
    ///
    /// # Errors
    /// When a group is not of the digits that form has a place for, or is a zero, which there means no agency.
    pub fn to_old(&self) -> Result<OldAgencyCode, CodeError> {
        const DIGITS_BY_LEVEL: [usize; 3] = [2, 2, 3];
        let mut groups = self.groups();
        let first = groups.next().unwrap_or_default();
        let mut lower = ["00", "00", "000"];
        for (index, group) in groups.enumerate() {
            let fits = DIGITS_BY_LEVEL.get(index).is_some_and(|digits| group.len() == *digits)
                && group.bytes().all(|byte| byte.is_ascii_digit())
                && group.bytes().any(|byte| byte != b'0');
            if !fits {
                return Err(CodeError::NoOldForm(group.to_owned(), index + 2));
            }
            lower[index] = group;
        }
        let [second, third, fourth] = lower;
        Ok(OldAgencyCode(format!("{fourth}.{third}.{second}.{first}")))
    }
}

impl FromStr for AgencyCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        check_characters(text)?;
        if text.split('.').any(str::is_empty) {
            return Err(CodeError::EmptyGroup);
        }
        let first = text.split('.').next().unwrap_or_default();
        if !is_first_level(first) {
            return Err(CodeError::FirstLevel(first.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for AgencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Code of an agency as QCVN 102:2016/BTTTT wrote it: level 4 . level 3 . level 2 . level 1, zeros where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OldAgencyCode(String);

impl OldAgencyCode {
    /// The code as text, thirteen characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same agency in today's form: the groups the other way round, without those of zeros.
    ///
    /// # Errors
    /// When a level is left out between two that are given. Such a code does not say to whom the agency belongs, and
    /// dropping the zeros would give it the code of another.
    pub fn to_new(&self) -> Result<AgencyCode, CodeError> {
        let levels: Vec<&str> = self.0.rsplit('.').collect();
        let is_given = |group: &&str| group.bytes().any(|byte| byte != b'0');
        let deepest = levels.iter().rposition(is_given).unwrap_or_default();
        if let Some(missing) = levels[..deepest].iter().position(|group| !is_given(group)) {
            return Err(CodeError::MissingLevel(u8::try_from(missing + 1).unwrap_or(u8::MAX)));
        }
        Ok(AgencyCode(levels[..=deepest].join(".")))
    }
}

impl FromStr for OldAgencyCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        check_characters(text)?;
        let groups: Vec<&str> = text.split('.').collect();
        let digits = |group: &str, count: usize| {
            group.len() == count && group.bytes().all(|byte| byte.is_ascii_digit())
        };
        match groups[..] {
            [fourth, third, second, first]
                if digits(fourth, 3) && digits(third, 2) && digits(second, 2) && is_first_level(first) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(CodeError::OldForm(text.to_owned())),
        }
    }
}

impl fmt::Display for OldAgencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Code of an organisation that is neither an agency nor an enterprise: a scheme `Z01` to `Z99`, and the organisation's
/// number within it (Decision 20/2020/QD-TTg, article 6).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrganisationCode(String);

impl OrganisationCode {
    /// The scheme, which says who issues the code and how it is built.
    pub fn scheme(&self) -> &str {
        &self.0[..3]
    }

    /// The organisation within the scheme.
    pub fn within_scheme(&self) -> &str {
        &self.0[3..]
    }
}

impl FromStr for OrganisationCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let of_form = match text.as_bytes() {
            [b'Z', tens @ b'0'..=b'9', units @ b'0'..=b'9', rest @ ..] => {
                (*tens, *units) != (b'0', b'0')
                    && (1..=ORGANISATION_PART_LIMIT_CHARACTERS).contains(&rest.len())
                    && rest.iter().all(u8::is_ascii_alphanumeric)
            }
            _ => false,
        };
        let readable = || text.chars().take(AGENCY_CODE_LIMIT_CHARACTERS).collect();
        if of_form { Ok(Self(text.to_owned())) } else { Err(CodeError::Organisation(readable())) }
    }
}

impl fmt::Display for OrganisationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Registration number of an enterprise, which is also its tax code: ten digits, the last a check digit, and three more
/// for a branch.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnterpriseCode {
    number: String,
    branch: Option<String>,
}

impl EnterpriseCode {
    /// The ten digits.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The three digits of the branch.
    pub fn branch(&self) -> Option<&str> {
        self.branch.as_deref()
    }
}

/// Whether the tenth digit follows from the nine before it. Where the sum leaves none, the number is not issued.
fn check_digit_is_right(digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];
    let value = |byte: &u8| u32::from(byte - b'0');
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| value(digit) * weight).sum();
    digits.get(9).is_some_and(|last| 10 - sum % 11 == value(last))
}

impl FromStr for EnterpriseCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let digits: String =
            text.chars().take(AGENCY_CODE_LIMIT_CHARACTERS).filter(char::is_ascii_digit).collect();
        let hyphen_stands = match text.find('-') {
            Some(at) => at == 10 && text.len() == 14,
            None => true,
        };
        if let Some(other) = text.chars().find(|c| !c.is_ascii_digit() && *c != '-') {
            return Err(CodeError::Character(other));
        }
        if !(hyphen_stands && matches!(digits.len(), 10 | 13)) || text.len() > digits.len() + 1 {
            return Err(CodeError::EnterpriseLength(digits.len()));
        }
        let (number, branch) = digits.split_at(10);
        if number[2..9].bytes().all(|byte| byte == b'0') || branch == "000" {
            return Err(CodeError::ZeroNumber);
        }
        if !check_digit_is_right(number.as_bytes()) {
            return Err(CodeError::CheckDigit);
        }
        let branch = (!branch.is_empty()).then(|| branch.to_owned());
        Ok(Self { number: number.to_owned(), branch })
    }
}

impl fmt::Display for EnterpriseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.branch {
            Some(branch) => write!(f, "{}-{branch}", self.number),
            None => f.write_str(&self.number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_forms_of_an_agencys_code_are_converted() {
        for (old, new) in [
            ("000.00.00.H26", "H26"),
            ("000.00.19.H26", "H26.19"),
            ("000.00.00.G22", "G22"),
            ("000.02.02.H37", "H37.02.02"),
            ("001.02.19.H26", "H26.19.02.001"),
        ] {
            assert_eq!(old.parse::<OldAgencyCode>().unwrap().to_new().unwrap().as_str(), new);
            assert_eq!(new.parse::<AgencyCode>().unwrap().to_old().unwrap().as_str(), old);
        }
    }

    #[test]
    fn what_has_no_other_form_says_why() {
        for (old, level) in [("001.00.19.H26", 3), ("001.00.00.H26", 2), ("000.05.00.H26", 2)] {
            assert_eq!(
                old.parse::<OldAgencyCode>().unwrap().to_new(),
                Err(CodeError::MissingLevel(level)),
                "{old}"
            );
        }
        for (new, group, level) in [
            ("H55.242", "242", 2),
            ("G12.BHXH", "BHXH", 2),
            ("H26.00", "00", 2),
            ("H26.19.02.001.01", "01", 5),
        ] {
            let fault = CodeError::NoOldForm(group.into(), level);
            assert_eq!(new.parse::<AgencyCode>().unwrap().to_old(), Err(fault), "{new}");
        }
    }

    #[test]
    fn kinds_of_code_are_told_apart() {
        let kind = |text: &str| match text.parse::<Code>() {
            Ok(Code::Agency(_)) => "agency",
            Ok(Code::OldAgency(_)) => "old agency",
            Ok(Code::Organisation(_)) => "organisation",
            Ok(Code::Enterprise(_)) => "enterprise",
            Err(_) => "refused",
        };
        for (text, expected) in [
            ("H26", "agency"),
            ("G09.20", "agency"),
            ("H55.242", "agency"),
            ("000.00.19.H26", "old agency"),
            ("Z01A1", "organisation"),
            ("Z99ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", "organisation"),
            ("0100233488", "enterprise"),
            ("0100233488-001", "enterprise"),
            ("0100233488001", "enterprise"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_code_is_refused_with_the_reason() {
        let long = format!("H26.{}", "A".repeat(32));
        let cases: &[(&str, CodeError)] = &[
            ("", CodeError::Empty),
            (&long, CodeError::TooLong),
            ("h26", CodeError::Character('h')),
            ("H26 ", CodeError::Character(' ')),
            ("H26.19\u{200b}", CodeError::Character('\u{200b}')),
            ("Ｈ26", CodeError::Character('Ｈ')),
            ("H26'--", CodeError::Character('\'')),
            ("H2", CodeError::FirstLevel("H2".into())),
            ("H266", CodeError::FirstLevel("H266".into())),
            ("HH6.19", CodeError::FirstLevel("HH6".into())),
            (".H26", CodeError::EmptyGroup),
            ("H26.", CodeError::EmptyGroup),
            ("H26..19", CodeError::EmptyGroup),
            ("00.00.19.H26", CodeError::OldForm("00.00.19.H26".into())),
            ("000.00.19.Z26", CodeError::OldForm("000.00.19.Z26".into())),
            ("000.0A.19.H26", CodeError::OldForm("000.0A.19.H26".into())),
            ("Z00A", CodeError::Organisation("Z00A".into())),
            ("Z01", CodeError::Organisation("Z01".into())),
            ("Z01.A", CodeError::Organisation("Z01.A".into())),
            ("ZA1B", CodeError::Organisation("ZA1B".into())),
            ("0100233480", CodeError::CheckDigit),
            ("010023348", CodeError::EnterpriseLength(9)),
            ("01002334-88", CodeError::EnterpriseLength(10)),
            ("0100233488-01", CodeError::EnterpriseLength(12)),
            ("0100233488--001", CodeError::EnterpriseLength(13)),
            ("-", CodeError::EnterpriseLength(0)),
            ("0100233488-000", CodeError::ZeroNumber),
            ("0100000000", CodeError::ZeroNumber),
        ];
        for (text, fault) in cases {
            assert_eq!(text.parse::<Code>().as_ref(), Err(fault), "{text:?}");
        }
        for hostile in
            ["\0", "H26\n", "H26/../..", "<script>", "%48%32%36", "Đ26", "🏛", "9".repeat(1 << 20).as_str()]
        {
            assert!(hostile.parse::<Code>().is_err(), "{hostile:.20?}");
        }
    }

    #[test]
    fn tax_codes_in_use_have_the_right_check_digit() {
        for code in [
            "0100233488",
            "0100112437",
            "0100686174",
            "0100109106",
            "0101248141",
            "0300588569",
            "0100150619",
            "0101243150",
            "0106026495",
        ] {
            assert_eq!(code.parse::<EnterpriseCode>().unwrap().number(), code);
        }
        let branch: EnterpriseCode = "0100233488001".parse().unwrap();
        assert_eq!((branch.branch(), branch.to_string()), (Some("001"), "0100233488-001".into()));
    }

    #[test]
    fn an_agency_belongs_to_the_one_a_level_above() {
        let code: AgencyCode = "H26.19.02".parse().unwrap();
        assert_eq!((code.level(), code.parent().unwrap().as_str()), (3, "H26.19"));
        assert_eq!("H26".parse::<AgencyCode>().unwrap().parent(), None);
    }

    proptest! {
        #[test]
        fn codes_are_written_as_they_are_read(text in "[A-Y][0-9]{2}(\\.[0-9A-Z]{1,4}){0,6}") {
            let code: AgencyCode = text.parse().unwrap();
            prop_assert_eq!(code.to_string(), text.clone());
            prop_assert_eq!(text.parse::<Code>().unwrap().to_string(), text);
        }

        #[test]
        fn what_has_an_old_form_comes_back_from_it(
            first in "[A-Y][0-9]{2}", second in 1..=99u8, third in 1..=99u8, fourth in 1..=999u16, depth in 1..=4usize,
        ) {
            let groups = [first, format!("{second:02}"), format!("{third:02}"), format!("{fourth:03}")];
            let code: AgencyCode = groups[..depth].join(".").parse().unwrap();
            let old = code.to_old().unwrap();
            prop_assert_eq!(old.as_str().len(), OLD_CODE_CHARACTERS);
            prop_assert_eq!(old.as_str().parse::<OldAgencyCode>().unwrap().to_new(), Ok(code));
        }

        #[test]
        fn one_wrong_digit_of_a_tax_code_is_noticed(place in 0..10usize, digit in b'0'..=b'9') {
            let mut digits = *b"0100233488";
            prop_assume!(digits[place] != digit);
            digits[place] = digit;
            prop_assert!(std::str::from_utf8(&digits).unwrap().parse::<EnterpriseCode>().is_err());
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            if let Ok(code) = text.parse::<Code>() {
                prop_assert_eq!(code.to_string().parse::<Code>().unwrap(), code);
            }
        }
    }
}
