//! The fuzz targets of this crate, as property tests.

use fuzzing::Target;
use openid::fuzzing as of;

#[test]
fn parsers_hold_whatever_bytes_come() {
    fuzzing::hold(
        "openid",
        &[
            Target { name: "state", check: of::state, samples: of::states },
            Target { name: "claims", check: of::claims, samples: of::samples_of_claims },
        ],
    );
}
