//! The fuzz targets of this crate, as property tests.

use fuzzing::Target;
use signature::fuzzing as of;

#[test]
fn parsers_hold_whatever_bytes_come() {
    fuzzing::hold(
        "signature",
        &[
            Target { name: "document", check: of::document, samples: of::documents },
            Target { name: "xml", check: of::xml, samples: of::xmls },
            Target { name: "pdf-object", check: of::pdf_object, samples: of::pdf_objects },
        ],
    );
}
