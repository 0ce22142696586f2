//! The fuzz targets of this crate, as property tests.

use fuzzing::Target;
use identity::fuzzing as of;

#[test]
fn parsers_hold_whatever_bytes_come() {
    fuzzing::hold(
        "identity",
        &[
            Target { name: "registration", check: of::registration, samples: of::registrations },
            Target { name: "assertion", check: of::assertion, samples: of::assertions },
            Target { name: "evidence", check: of::evidence, samples: of::evidences },
            Target { name: "token", check: of::token, samples: of::tokens },
            Target { name: "key-set", check: of::key_set, samples: of::key_sets },
            Target {
                name: "authorization-request",
                check: of::authorization_request,
                samples: of::authorization_requests,
            },
            Target {
                name: "client-registration",
                check: of::client_registration,
                samples: of::client_registrations,
            },
            Target { name: "roster", check: of::roster_file, samples: of::roster_files },
            Target { name: "typed", check: of::typed, samples: of::typed_samples },
        ],
    );
}
