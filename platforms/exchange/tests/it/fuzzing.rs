//! The fuzz targets of this crate, as property tests.

use exchange::fuzzing as of;
use fuzzing::Target;

#[test]
fn parsers_hold_whatever_bytes_come() {
    fuzzing::hold(
        "exchange",
        &[
            Target { name: "frames", check: of::frames, samples: of::streams },
            Target { name: "request-head", check: of::request_head, samples: of::request_heads },
            Target { name: "answer-head", check: of::answer_head, samples: of::answer_heads },
            Target { name: "seal", check: of::seal, samples: of::seals },
            Target { name: "annex", check: of::annex, samples: of::annexes },
            Target { name: "ledger-entry", check: of::ledger_entry, samples: of::ledger_entries },
            Target { name: "directory", check: of::directory, samples: of::directories },
            Target { name: "statement", check: of::statement, samples: of::statements },
            Target { name: "target", check: of::target, samples: of::targets },
            Target { name: "identifier", check: of::identifier, samples: of::identifiers },
            Target { name: "client", check: of::client, samples: of::clients },
            Target { name: "access-rule", check: of::access_rule, samples: of::access_rules },
            Target { name: "field-cut", check: of::field_cut, samples: of::field_cuts },
            Target { name: "room-form", check: of::room_form, samples: of::room_forms },
            Target { name: "event-schema", check: of::event_schema, samples: of::event_schemas },
            Target { name: "search-text", check: of::search_text, samples: of::search_texts },
            Target { name: "receipt", check: of::receipt, samples: of::receipts },
        ],
    );
}
