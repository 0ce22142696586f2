//! What may be asked for, by when it is answered, and who may decide what.

use super::{AccessRule, EVERYONE, GLOBAL_GROUP, LOCAL_GROUP, model::Group};
use calendar::{Deadline, WorkingCalendar};
use contracts::{FieldProblem, SystemId, identifiers::check_part};
use jiff::Timestamp;

/// Working days in which the provider answers (Decree 47/2020/ND-CP, article 35(3)).
const ANSWER_WORKING_DAYS: u16 = 5;
/// Most purposes of a grant.
const PURPOSES_LIMIT: usize = 16;
/// Most fields of a grant.
const FIELDS_LIMIT: usize = 200;
/// Longest purpose, field or legal basis, in bytes.
const WORDS_LIMIT_BYTES: usize = 300;
/// Longest glob, in bytes.
const GLOB_LIMIT_BYTES: usize = 500;
/// Most systems of a group.
const GROUP_LIMIT_SYSTEMS: usize = 1_000;
/// Requests of one system that may wait for a decision at one node.
pub const WAITING_LIMIT: i64 = 100;

/// By when what was asked at a moment is to be answered; absent beyond the table of holidays.
pub fn due_at(calendar: &WorkingCalendar, asked: Timestamp) -> Option<Timestamp> {
    Deadline::WorkingDays(ANSWER_WORKING_DAYS).due(calendar, asked).ok()
}

/// Who asks may ask for this client: every system for itself, and the system whose service it is for everyone.
pub fn may_ask_for(asker: &SystemId, owner: &SystemId, client: &str) -> bool {
    client == asker.to_string() || asker == owner
}

/// What can't be asked for.
pub fn check(rule: &AccessRule, legal_basis: &str, now: Timestamp) -> Vec<FieldProblem> {
    let words = |text: &String| !text.trim().is_empty() && text.len() <= WORDS_LIMIT_BYTES;
    let checks = [
        (
            check_part(&rule.system).is_ok() && (rule.service == "*" || check_part(&rule.service).is_ok()),
            "service",
            "Hãy nêu mã hệ thống và mã dịch vụ.",
            "Name the codes of the system and its service.",
        ),
        (
            is_client(&rule.client),
            "client",
            "Hãy nêu một hệ thống, một nhóm, hoặc dấu * cho tất cả.",
            "Name a system, a group, or * for everyone.",
        ),
        (
            rule.method == "*"
                || rule.method.parse::<http::Method>().is_ok_and(|m| m.as_str() == rule.method),
            "method",
            "Phương thức HTTP không đúng; ghi dấu * cho mọi phương thức.",
            "This is no HTTP method; write * for any.",
        ),
        (
            (rule.path.starts_with('/') || rule.path == "**") && rule.path.len() <= GLOB_LIMIT_BYTES,
            "path",
            "Đường dẫn phải bắt đầu bằng dấu /; ghi ** cho mọi đường dẫn.",
            "The path begins with a slash; write ** for any.",
        ),
        (
            !rule.purposes.is_empty()
                && rule.purposes.len() <= PURPOSES_LIMIT
                && rule.purposes.iter().all(words),
            "purposes",
            "Hãy nêu mục đích sử dụng dữ liệu.",
            "Say what the data is for.",
        ),
        (
            rule.fields.len() <= FIELDS_LIMIT && rule.fields.iter().all(words),
            "fields",
            "Hãy nêu tên từng trường dữ liệu; để trống nếu cần toàn bộ.",
            "Name each field; leave it empty for all.",
        ),
        (words(&legal_basis.to_owned()), "legalBasis", "Hãy nêu căn cứ pháp lý.", "Name the legal basis."),
        (
            rule.until.is_none_or(|until| until > now && rule.from.is_none_or(|from| from < until)),
            "until",
            "Ngày kết thúc phải sau ngày bắt đầu và sau hôm nay.",
            "It ends after it begins, and after now.",
        ),
    ];
    let wrong = checks.into_iter().filter(|(holds, ..)| !holds);
    wrong
        .map(|(_, field, vi, en)| FieldProblem {
            field: field.into(),
            code: field.to_ascii_lowercase(),
            vi: vi.into(),
            en: en.into(),
        })
        .collect()
}

/// The group can be named so.
pub fn is_group(group: &Group) -> bool {
    check_part(&group.code).is_ok() && group.systems.len() <= GROUP_LIMIT_SYSTEMS
}

fn is_client(client: &str) -> bool {
    let group = client.strip_prefix(LOCAL_GROUP).or_else(|| client.strip_prefix(GLOBAL_GROUP));
    match (group, client.strip_prefix("*/")) {
        (Some(code), _) | (_, Some(code)) => check_part(code).is_ok(),
        _ => client == EVERYONE || client.parse::<SystemId>().is_ok(),
    }
}

/// What is granted is no more than what was asked for in time.
pub fn is_within(asked: &AccessRule, until: Option<Timestamp>) -> bool {
    match (asked.until, until) {
        (Some(asked), Some(until)) => until <= asked,
        (Some(_), None) => false,
        (None, _) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_due_in_five_working_days() {
        let calendar = WorkingCalendar::vietnam();
        for (asked, due) in [
            // A Monday morning; the next Monday is the fifth working day after it.
            ("2026-11-16T02:00:00Z", "2026-11-23T10:00:00Z"),
            // A Saturday counts as the Monday after it; the Tuesday is a holiday.
            ("2026-11-21T03:00:00Z", "2026-12-01T10:00:00Z"),
            // Over 30 April and 1 May, a Thursday and a Friday.
            ("2026-04-28T02:00:00Z", "2026-05-07T10:00:00Z"),
        ] {
            assert_eq!(due_at(&calendar, asked.parse().unwrap()), Some(due.parse().unwrap()), "{asked}");
        }
        assert_eq!(due_at(&calendar, "2041-01-02T02:00:00Z".parse().unwrap()), None, "no holidays are known");
    }

    #[test]
    fn what_can_not_be_asked_for_is_told() {
        let now: Timestamp = "2026-11-21T03:00:00Z".parse().unwrap();
        let good = AccessRule::open("population", "people", "VN/GOV/G22/portal").for_purposes(&["procedure"]);
        let ended = AccessRule { until: Some(now), ..good.clone() };
        let backwards = AccessRule {
            from: Some("2027-02-01T00:00:00Z".parse().unwrap()),
            until: Some("2027-01-01T00:00:00Z".parse().unwrap()),
            ..good.clone()
        };
        let with = |change: fn(&mut AccessRule)| {
            let mut rule = good.clone();
            change(&mut rule);
            rule
        };
        for (rule, fields) in [
            (good.clone(), vec![]),
            (with(|rule| rule.client = "global-group:provinces".into()), vec![]),
            (with(|rule| rule.client = "*/portal".into()), vec![]),
            (with(|rule| rule.client = "global-group:".into()), vec!["client"]),
            (with(|rule| rule.client = "portal".into()), vec!["client"]),
            (with(|rule| rule.service = String::new()), vec!["service"]),
            (with(|rule| rule.method = "get it".into()), vec!["method"]),
            (with(|rule| rule.path = "people".into()), vec!["path"]),
            (with(|rule| rule.purposes.clear()), vec!["purposes"]),
            (with(|rule| rule.fields = vec![" ".into()]), vec!["fields"]),
            (ended, vec!["until"]),
            (backwards, vec!["until"]),
        ] {
            let told: Vec<String> =
                check(&rule, "47/2020/ND-CP:35", now).into_iter().map(|fault| fault.field).collect();
            assert_eq!(told, fields, "{rule:?}");
        }
        assert_eq!(check(&good, " ", now)[0].field, "legalBasis");
    }

    #[test]
    fn who_asks_asks_for_itself() {
        let (portal, people): (SystemId, SystemId) =
            ("VN/GOV/G22/portal".parse().unwrap(), "VN/GOV/G01/population".parse().unwrap());
        for (asker, client, allowed) in [
            (&portal, "VN/GOV/G22/portal", true),
            (&portal, "VN/GOV/G22/other", false),
            (&portal, "*", false),
            (&people, "*", true),
            (&people, "local-group:partners", true),
        ] {
            assert_eq!(may_ask_for(asker, &people, client), allowed, "{asker} for {client}");
        }
    }
}
