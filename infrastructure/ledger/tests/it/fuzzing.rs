//! The fuzz targets of this crate, as property tests.

use fuzzing::Target;
use ledger::fuzzing as of;

#[test]
fn parsers_hold_whatever_bytes_come() {
    fuzzing::hold(
        "ledger",
        &[
            Target { name: "note", check: of::note, samples: of::notes },
            Target { name: "checkpoint", check: of::checkpoint_text, samples: of::checkpoint_texts },
            Target { name: "verifier-key", check: of::verifier_key, samples: of::verifier_keys },
            Target { name: "proof", check: of::proof, samples: of::proofs },
            Target { name: "tile-path", check: of::tile_path, samples: of::tile_paths },
            Target { name: "hash", check: of::hash, samples: of::hashes },
            Target { name: "tree-proof", check: of::tree_proof, samples: of::tree_proofs },
            Target { name: "witness-request", check: of::witness_request, samples: of::witness_requests },
            Target { name: "fork", check: of::fork, samples: of::forks },
            Target { name: "cosignature", check: of::cosignature, samples: of::cosignatures },
            Target { name: "journal-record", check: of::journal_record, samples: of::journal_records },
        ],
    );
}
