//! The fuzz targets of this crate, as property tests.

use fuzzing::Target;
use pki::fuzzing as of;

#[test]
fn parsers_hold_whatever_bytes_come() {
    fuzzing::hold(
        "pki",
        &[
            Target { name: "certificate", check: of::certificate, samples: of::certificates },
            Target { name: "pem", check: of::pem_text, samples: of::pem_texts },
            Target { name: "time-stamp", check: of::time_stamp_token, samples: of::time_stamp_tokens },
            Target {
                name: "time-stamp-request",
                check: of::time_stamp_request,
                samples: of::time_stamp_requests,
            },
            Target { name: "holder", check: of::holder, samples: of::holders },
        ],
    );
}
