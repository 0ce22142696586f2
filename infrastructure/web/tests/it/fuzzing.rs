//! The fuzz targets of this crate, as property tests.

use fuzzing::Target;
use web::fuzzing as of;

#[test]
fn parsers_hold_whatever_bytes_come() {
    fuzzing::hold(
        "web",
        &[
            Target { name: "form", check: of::form, samples: of::forms },
            Target { name: "date", check: of::date, samples: of::dates },
            Target { name: "accept-language", check: of::accept_language, samples: of::accept_languages },
            Target { name: "return-path", check: of::return_path, samples: of::return_paths },
            Target { name: "session-id", check: of::session_id, samples: of::session_ids },
        ],
    );
}
