//! What the system answers on the exchange.

use crate::Agencies;
use crate::codes::{AgencyCode, Code};
use crate::model::{self, AgencyRecord, UnitError, UnitRecord};
use crate::register::AgencyRegister;
use crate::units::{Search, Units};
use contracts::agencies::{
    Agency, AgencyOn, AgencyPlace, CheckPlaces, FindUnits, PLACES_LIMIT_CODES, Places, PlacesChecked,
    PrecedeUnit, PredecessorsOf, ReadAgency, ReadUnit, RelatedUnit, SucceedUnit, Succession, SuccessorsOf,
    Unit, UnitOn, UnitPlace, UnitSearch, Units as UnitsFound,
};
use contracts::{FieldProblem, Problem};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::sync::Arc;
use system::{Incoming, Service};

/// Most units in one answer to a search.
pub(crate) const FOUND_LIMIT_UNITS: usize = 50;
/// Longest text of a search, in characters.
const TEXT_LIMIT_CHARACTERS: usize = crate::units::SEARCH_TEXT_LIMIT_CHARACTERS;
/// No unit or agency of the lists is older than the State.
const EARLIEST_DAY: Date = date(1945, 9, 2);

/// Whether the lists can say anything about a day. Nobody can know what will stand more than a year from today.
pub(crate) fn is_answerable(day: Date, today: Date) -> bool {
    let latest = today.checked_add(1.year()).unwrap_or(today);
    (EARLIEST_DAY..=latest).contains(&day)
}

pub(crate) fn of(system: &Arc<Agencies>) -> Vec<Service> {
    vec![
        Service::of::<FindUnits, _, _, _>(system, find_units),
        Service::of::<ReadUnit, _, _, _>(system, read_unit),
        Service::of::<SucceedUnit, _, _, _>(system, succeed_unit),
        Service::of::<PrecedeUnit, _, _, _>(system, precede_unit),
        Service::of::<ReadAgency, _, _, _>(system, read_agency),
        Service::of::<CheckPlaces, _, _, _>(system, check_places),
    ]
}

async fn find_units(system: Arc<Agencies>, _: Incoming, asked: UnitSearch) -> Result<UnitsFound, Problem> {
    let today = system.room.clock.today();
    let day = checked_day("on", asked.on, today).map_err(refusal)?;
    if asked.text.chars().count() > TEXT_LIMIT_CHARACTERS {
        return Err(refusal(text_too_long()));
    }
    let units = Units::vietnam();
    if let Some(province) = &asked.province {
        units.on(province, day).map_err(|error| unit_problem("province", error))?;
    }
    let search = Search {
        text: &asked.text,
        province: asked.province.as_deref(),
        level: asked.level,
        day,
        limit: FOUND_LIMIT_UNITS,
    };
    let found = units.search(&search);
    Ok(UnitsFound {
        units: found.units.iter().map(|record| described(record, day)).collect(),
        more: found.more,
    })
}

async fn read_unit(system: Arc<Agencies>, _: Incoming, asked: UnitOn) -> Result<Unit, Problem> {
    let day = checked_day("on", asked.on, system.room.clock.today()).map_err(refusal)?;
    let record = Units::vietnam().on(&asked.code, day).map_err(|error| unit_problem("code", error))?;
    Ok(described(record, day))
}

async fn succeed_unit(
    system: Arc<Agencies>,
    _: Incoming,
    asked: SuccessorsOf,
) -> Result<Succession, Problem> {
    let today = system.room.clock.today();
    let from = checked_day("from", Some(asked.from), today).map_err(refusal)?;
    let day = checked_day("on", asked.on, today).map_err(refusal)?;
    let found =
        Units::vietnam().successors(&asked.code, from, day).map_err(|error| unit_problem("code", error))?;
    Ok(succession(&found, day))
}

async fn precede_unit(
    system: Arc<Agencies>,
    _: Incoming,
    asked: PredecessorsOf,
) -> Result<Succession, Problem> {
    let today = system.room.clock.today();
    let day = checked_day("on", Some(asked.on), today).map_err(refusal)?;
    let found = Units::vietnam()
        .predecessors(&asked.code, today, day)
        .map_err(|error| unit_problem("code", error))?;
    Ok(succession(&found, day))
}

async fn read_agency(system: Arc<Agencies>, _: Incoming, asked: AgencyOn) -> Result<Agency, Problem> {
    let day = checked_day("on", asked.on, system.room.clock.today()).map_err(refusal)?;
    let code = asked.code.parse::<Code>().and_then(|code| code.agency()).map_err(|error| {
        refusal(invalid(
            "code",
            "malformed",
            "Mã không đúng Quyết định 20/2020/QĐ-TTg hoặc QCVN 102:2016. Ví dụ đúng: H26.19, 000.00.19.H26.",
            &error.to_string(),
        ))
    })?;
    let code = code.ok_or_else(|| {
        refusal(invalid(
            "code",
            "not-an-agency",
            "Đây là mã của doanh nghiệp hoặc tổ chức khác, không phải của cơ quan nhà nước.",
            "this is the code of an enterprise or another organisation, not of an agency",
        ))
    })?;
    let record = AgencyRegister::vietnam().on(&code, day).ok_or_else(Problem::not_found)?;
    Ok(agency(record, &code, day))
}

async fn check_places(system: Arc<Agencies>, _: Incoming, asked: Places) -> Result<PlacesChecked, Problem> {
    let day = checked_day("on", asked.on, system.room.clock.today()).map_err(refusal)?;
    for (field, codes) in [("agencies", &asked.agencies), ("units", &asked.units)] {
        if codes.len() > PLACES_LIMIT_CODES {
            return Err(refusal(too_many_codes(field)));
        }
    }
    Ok(PlacesChecked {
        agencies: asked.agencies.iter().map(|code| agency_place(code, day)).collect(),
        units: asked.units.iter().map(|code| unit_place(code, day)).collect(),
    })
}

/// Where an agency stands: under the nearest one of the lists, which must be at work.
fn agency_place(code: &str, day: Date) -> Option<AgencyPlace> {
    let code = code.parse::<Code>().ok()?.agency().ok()??;
    let above = std::iter::successors(Some(code.clone()), AgencyCode::parent);
    let listed = above.into_iter().find_map(|code| AgencyRegister::vietnam().on(&code, day));
    listed.filter(|record| record.is_active_on(day)).map(|record| AgencyPlace {
        level: u8::try_from(code.level()).unwrap_or(u8::MAX),
        code: code.to_string(),
        listed: record.code.to_string(),
        province: record.province.clone(),
    })
}

fn unit_place(code: &str, day: Date) -> Option<UnitPlace> {
    let units = Units::vietnam();
    let unit = units.on(code, day).ok()?;
    let above = |unit: &&UnitRecord| unit.parent.and_then(|parent| units.on(parent, day).ok());
    let province = std::iter::successors(Some(unit), above).last()?;
    Some(UnitPlace { level: unit.level, province: province.code.to_owned() })
}

/// A unit as the shared dictionary has it.
fn described(record: &UnitRecord, day: Date) -> Unit {
    Unit {
        code: record.code.into(),
        level: record.level,
        name: record.name.into(),
        name_en: record.name_en.map(str::to_owned),
        parent: record.parent.map(str::to_owned),
        full_name: Units::vietnam().full_name(record, day),
        from: record.from,
        until: record.until,
    }
}

fn succession(found: &model::Succession<'_>, day: Date) -> Succession {
    let related = |related: &model::Related<'_>| RelatedUnit {
        unit: described(related.unit, day),
        part: related.part,
        main: related.main,
    };
    Succession { units: found.units.iter().map(related).collect(), citation: found.citations.join("; ") }
}

fn agency(record: &AgencyRecord, code: &AgencyCode, day: Date) -> Agency {
    Agency {
        code: code.to_string(),
        old_code: code.to_old().ok().map(|old| old.to_string()),
        name: record.name.clone(),
        province: record.province.clone(),
        active: record.is_active_on(day),
    }
}

fn checked_day(field: &str, asked: Option<Date>, today: Date) -> Result<Date, FieldProblem> {
    let day = asked.unwrap_or(today);
    if is_answerable(day, today) {
        return Ok(day);
    }
    Err(invalid(
        field,
        "day-out-of-range",
        "Ngày phải từ 02/9/1945 đến một năm sau hôm nay.",
        "the day must lie between 2 September 1945 and a year from today",
    ))
}

fn text_too_long() -> FieldProblem {
    invalid(
        "text",
        "too-long",
        &format!("Nội dung tìm dài quá {TEXT_LIMIT_CHARACTERS} ký tự. Hãy chỉ ghi tên đơn vị."),
        &format!("the text has more than {TEXT_LIMIT_CHARACTERS} characters; write the unit's name only"),
    )
}

fn too_many_codes(field: &str) -> FieldProblem {
    invalid(
        field,
        "too-many",
        &format!("Mỗi lần chỉ hỏi tối đa {PLACES_LIMIT_CODES} mã. Hãy chia thành nhiều lần."),
        &format!("at most {PLACES_LIMIT_CODES} codes are taken at once; ask several times"),
    )
}

/// The problem of a question about a unit; `field` is where its code stands.
fn unit_problem(field: &str, error: UnitError) -> Problem {
    let (field, code, vi) = match error {
        UnitError::Unknown => (field, "unknown-unit", "Không có đơn vị hành chính nào mang mã này."),
        UnitError::NotOnThatDay(_) => (
            field,
            "no-unit-on-that-day",
            "Vào ngày này không có đơn vị hành chính nào mang mã này. Hãy chọn ngày khác.",
        ),
        UnitError::WrongWayRound { .. } => {
            ("on", "wrong-way-round", "Hai ngày bị đảo thứ tự. Hãy kiểm tra lại.")
        }
    };
    refusal(invalid(field, code, vi, &error.to_string()))
}

fn invalid(field: &str, code: &str, vi: &str, en: &str) -> FieldProblem {
    FieldProblem { field: field.into(), code: code.into(), vi: vi.into(), en: en.into() }
}

fn refusal(problem: FieldProblem) -> Problem {
    Problem::invalid(vec![problem])
}
