//! What the system answers on the exchange.

use crate::Procedures;
use crate::catalogue::Catalogue;
use crate::rules;
use contracts::procedures::{
    FindProcedures, Procedure, ProcedureOn, ProcedureSearch, Procedures as ProceduresFound, ReadProcedure,
};
use contracts::{FieldProblem, Problem};
use jiff::civil::Date;
use std::sync::Arc;
use system::{Incoming, Service};

/// Longest text of a search, in characters.
pub(crate) const SEARCH_TEXT_LIMIT_CHARACTERS: usize = 200;

pub(crate) fn of(system: &Arc<Procedures>) -> Vec<Service> {
    vec![
        Service::of::<FindProcedures, _, _, _>(system, find_procedures),
        Service::of::<ReadProcedure, _, _, _>(system, read_procedure),
    ]
}

async fn find_procedures(
    system: Arc<Procedures>,
    _: Incoming,
    asked: ProcedureSearch,
) -> Result<ProceduresFound, Problem> {
    let day = checked_day(asked.on, system.room.clock.today()).map_err(refusal)?;
    if asked.text.chars().count() > SEARCH_TEXT_LIMIT_CHARACTERS {
        return Err(refusal(invalid(
            "text",
            "too-long",
            &format!(
                "Nội dung tìm dài quá {SEARCH_TEXT_LIMIT_CHARACTERS} ký tự. Hãy chỉ ghi vài từ của tên thủ tục."
            ),
            &format!(
                "the text has more than {SEARCH_TEXT_LIMIT_CHARACTERS} characters; write a few words of the name"
            ),
        )));
    }
    let found = Catalogue::vietnam().search(&asked.text, day);
    let procedures = found.into_iter().map(|(procedure, version)| rules::line(procedure, version)).collect();
    Ok(ProceduresFound { procedures })
}

async fn read_procedure(
    system: Arc<Procedures>,
    _: Incoming,
    asked: ProcedureOn,
) -> Result<Procedure, Problem> {
    let day = checked_day(asked.on, system.room.clock.today()).map_err(refusal)?;
    let catalogue = Catalogue::vietnam();
    if catalogue.find(&asked.code).is_none() {
        return Err(Problem::not_found());
    }
    let (procedure, version) = catalogue.in_force(&asked.code, day).ok_or_else(|| {
        refusal(invalid(
            "on",
            "not-in-force",
            "Thủ tục không có hiệu lực vào ngày này. Hãy chọn ngày khác.",
            "the procedure is not in force on this day; choose another",
        ))
    })?;
    Ok(rules::whole(procedure, version))
}

fn checked_day(asked: Option<Date>, today: Date) -> Result<Date, FieldProblem> {
    let day = asked.unwrap_or(today);
    if rules::is_answerable(day, today) {
        return Ok(day);
    }
    Err(invalid(
        "on",
        "day-out-of-range",
        "Ngày phải từ 02/9/1945 đến một năm sau hôm nay.",
        "the day must lie between 2 September 1945 and a year from today",
    ))
}

fn invalid(field: &str, code: &str, vi: &str, en: &str) -> FieldProblem {
    FieldProblem { field: field.into(), code: code.into(), vi: vi.into(), en: en.into() }
}

fn refusal(problem: FieldProblem) -> Problem {
    Problem::invalid(vec![problem])
}
