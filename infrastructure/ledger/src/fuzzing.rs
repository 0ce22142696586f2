//! Fuzz targets: what must hold of this crate's parsers, whatever bytes come.

use crate::{
    AddCheckpoint, Checkpoint, CosignatureSigner, CosignerKey, Fork, ForkKind, HASH_BYTES, Hash, NoteSigner,
    SignedCheckpoint, TilePath, TlogProof, VerifierKey, judge, leaf_hash,
    record::{self, CHECKSUM_BYTES, HEADER_BYTES, Header, Item, Position, Record},
    verify_consistency, verify_inclusion,
};
use std::{fmt::Display, str::FromStr};

/// Whoever signs the samples.
const SIGNER: &str = "log.example/fuzzing";
const SIGNED_TEXT: &str = "log.example/fuzzing\n1\n";
const ENTRY: &[u8] = b"the only entry";
/// Where the sample of a record stands.
const POSITION: Position = Position { segment: 3, offset: 4_096 };

fn signer() -> NoteSigner {
    NoteSigner::new(SIGNER, &[7; 32]).expect("the name and the seed are good")
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: SIGNER.to_owned(), size: 1, root: leaf_hash(ENTRY) }
}

fn signed() -> SignedCheckpoint {
    SignedCheckpoint::sign(checkpoint(), &signer()).expect("a checkpoint can be signed")
}

/// What parses is written back as it was.
fn is_written_back<T: FromStr + Display>(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(parsed) = text.parse::<T>()
    {
        assert_eq!(parsed.to_string(), text);
    }
}

/// A signed note: a note that the key accepts says what its holder signed.
pub fn note(data: &[u8]) {
    let Ok(note) = std::str::from_utf8(data) else { return };
    if let Ok(text) = signer().verifier_key().verify(note) {
        assert!([checkpoint().to_string().as_str(), SIGNED_TEXT].contains(&text), "a forgery: {text:?}");
    }
    if let Ok(opened) = SignedCheckpoint::open(note, &signer().verifier_key()) {
        assert_eq!(opened.checkpoint, checkpoint());
    }
    // Any text that may be signed is read back.
    if let Ok(signed) = signer().sign(note) {
        assert_eq!(signer().verifier_key().verify(&signed), Ok(note));
    }
}

/// Valid notes.
pub fn notes() -> Vec<Vec<u8>> {
    let text = signer().sign(SIGNED_TEXT).expect("the text can be signed");
    let other = NoteSigner::new("witness.example", &[8; 32]).expect("the name and the seed are good");
    let line = other.sign(SIGNED_TEXT).expect("the text can be signed");
    let both = format!("{text}{}", line.rsplit_once("\n\n").map_or("", |(_, signature)| signature));
    vec![signed().note.into(), text.into(), both.into()]
}

/// The text of a checkpoint.
pub fn checkpoint_text(data: &[u8]) {
    is_written_back::<Checkpoint>(data);
}

/// Valid checkpoints.
pub fn checkpoint_texts() -> Vec<Vec<u8>> {
    vec![
        checkpoint().to_string().into(),
        Checkpoint { size: u64::MAX, ..checkpoint() }.to_string().into(),
        Checkpoint { size: 0, ..checkpoint() }.to_string().into(),
    ]
}

/// A verifier key.
pub fn verifier_key(data: &[u8]) {
    is_written_back::<VerifierKey>(data);
}

/// Valid verifier keys.
pub fn verifier_keys() -> Vec<Vec<u8>> {
    vec![signer().verifier_key().to_string().into()]
}

/// A self-contained proof: one that verifies is of the entry that is in the log.
pub fn proof(data: &[u8]) {
    is_written_back::<TlogProof>(data);
    let text = std::str::from_utf8(data).unwrap_or_default();
    if let Ok(proof) = text.parse::<TlogProof>()
        && let Ok(proven) = proof.verify(&leaf_hash(ENTRY), &signer().verifier_key())
    {
        assert_eq!((proven, proof.index, proof.proof.len()), (checkpoint(), 0, 0));
    }
}

/// Valid proofs.
pub fn proofs() -> Vec<Vec<u8>> {
    let true_one = TlogProof { extra: None, index: 0, proof: Vec::new(), checkpoint: signed().note };
    let long = TlogProof {
        extra: Some(b"of the application".to_vec()),
        index: 70_000,
        proof: (0..17).map(|height| Hash::of(&[height])).collect(),
        ..true_one.clone()
    };
    vec![true_one.to_string().into(), long.to_string().into()]
}

/// The path of a tile.
pub fn tile_path(data: &[u8]) {
    is_written_back::<TilePath>(data);
}

/// Valid paths of tiles.
pub fn tile_paths() -> Vec<Vec<u8>> {
    ["tile/0/000", "tile/0/x001/234.p/17", "tile/63/x001/x234/067", "tile/entries/x123/456.p/255"]
        .map(|path| path.as_bytes().to_vec())
        .into()
}

/// A hash in text.
pub fn hash(data: &[u8]) {
    is_written_back::<Hash>(data);
}

/// Valid hashes.
pub fn hashes() -> Vec<Vec<u8>> {
    vec![Hash::of(b"x").to_string().into()]
}

/// Inclusion and consistency proofs: two numbers and hashes.
pub fn tree_proof(data: &[u8]) {
    let Some((numbers, rest)) = data.split_first_chunk::<16>() else { return };
    let number = |at: usize| u64::from_be_bytes(std::array::from_fn(|i| numbers[at + i]));
    let hashes: Vec<Hash> = rest.as_chunks::<HASH_BYTES>().0.iter().map(|bytes| Hash::from(*bytes)).collect();
    let [first, second, proof @ ..] = &hashes[..] else { return };
    // A proof that holds does not hold with one more hash.
    let longer = [proof, &[*first]].concat();
    if verify_inclusion(first, number(0), number(8), proof, second).is_ok() {
        assert!(verify_inclusion(first, number(0), number(8), &longer, second).is_err());
    }
    if verify_consistency(number(0), number(8), first, second, proof).is_ok() {
        assert!(verify_consistency(number(0), number(8), first, second, &longer).is_err());
    }
}

/// True proofs.
pub fn tree_proofs() -> Vec<Vec<u8>> {
    let leaves = [leaf_hash(b"a"), leaf_hash(b"b")];
    let root = crate::node_hash(&leaves[0], &leaves[1]);
    let write = |first: u64, second: u64, hashes: &[Hash]| {
        let hashes: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        [&first.to_be_bytes()[..], &second.to_be_bytes(), &hashes].concat()
    };
    vec![
        write(1, 2, &[leaves[1], root, leaves[0]]),
        write(1, 2, &[leaves[0], root, leaves[1]]),
        write(0, 1, &[leaves[0], leaves[0]]),
    ]
}

/// A record of the journal. Its checksums are set right before it is read, or few inputs would come any further.
pub fn journal_record(data: &[u8]) {
    if data.len() < HEADER_BYTES + CHECKSUM_BYTES {
        return;
    }
    let mut bytes = data.to_vec();
    set_checksum(&mut bytes[..HEADER_BYTES]);
    let header = bytes.first_chunk().expect("it is longer than a header");
    let Ok(header) = Header::parse(header, POSITION) else { return };
    // The reader takes no record that reaches beyond its segment.
    let Some(bytes) = usize::try_from(header.record_bytes()).ok().and_then(|length| bytes.get_mut(..length))
    else {
        return;
    };
    set_checksum(bytes);
    if let Ok(record) = Record::parse(header, bytes) {
        let mut again = Vec::new();
        record::encode(&mut again, POSITION, header.first, record.note, record.items());
        assert_eq!(again, bytes);
    }
}

fn set_checksum(bytes: &mut [u8]) {
    let (body, checksum) = bytes.split_at_mut(bytes.len() - CHECKSUM_BYTES);
    checksum.copy_from_slice(&crc32fast::hash(body).to_be_bytes());
}

/// Valid records.
pub fn journal_records() -> Vec<Vec<u8>> {
    let items = [Item { entry: ENTRY, annex: b"" }, Item { entry: b"", annex: b"what lies beside it" }];
    let mut bytes = Vec::new();
    record::encode(&mut bytes, POSITION, 41, &signed().note, items.into_iter());
    vec![bytes]
}

/// A request to a witness: what is asked for is written back as it was, and nothing is cosigned but what the log signed.
pub fn witness_request(data: &[u8]) {
    is_written_back::<AddCheckpoint>(data);
    let Ok(request) = std::str::from_utf8(data).unwrap_or_default().parse::<AddCheckpoint>() else { return };
    if let Ok(judged) = judge(&signer().verifier_key(), None, &request) {
        assert_eq!(judged.checkpoint, checkpoint(), "a forgery");
    }
}

fn sample_request() -> AddCheckpoint {
    AddCheckpoint { old: 0, proof: Vec::new(), checkpoint: signed().note }
}

/// Valid requests.
pub fn witness_requests() -> Vec<Vec<u8>> {
    let proof = (0..20).map(|height| Hash::of(&[height])).collect();
    let long = AddCheckpoint { old: 70_000, proof, ..sample_request() };
    vec![sample_request().to_string().into(), long.to_string().into()]
}

/// The evidence of a fork: it is written back as it was, and of a log that was not forked there is none.
pub fn fork(data: &[u8]) {
    is_written_back::<Fork>(data);
    if let Ok(fork) = std::str::from_utf8(data).unwrap_or_default().parse::<Fork>() {
        // Whoever has only what the log signed once can say no more than that a growth was not proven.
        assert!(matches!(fork.judge(&signer().verifier_key()), None | Some(ForkKind::Unproven)), "a forgery");
    }
}

/// Valid evidence.
pub fn forks() -> Vec<Vec<u8>> {
    vec![Fork { witnessed: signed().note, request: sample_request() }.to_string().into()]
}

fn cosigner() -> CosignatureSigner {
    CosignatureSigner::new("witness.example", &[9; 32]).expect("the name and the seed are good")
}

const COSIGNED_AT_SECONDS: u64 = 1_763_000_000;

/// A cosigned note: a cosignature that holds is one that the witness made, then.
pub fn cosignature(data: &[u8]) {
    is_written_back::<CosignerKey>(data);
    let note = std::str::from_utf8(data).unwrap_or_default();
    if let Ok(time) = cosigner().cosigner_key().verify(note) {
        assert_eq!(time, COSIGNED_AT_SECONDS, "a forgery");
        let text = note.split_once("\n\n").map_or("", |(text, _)| text);
        assert_eq!(format!("{text}\n"), checkpoint().to_string(), "a forgery");
    }
}

/// Cosigned notes, and the key.
pub fn cosignatures() -> Vec<Vec<u8>> {
    let line = cosigner().cosign(&signed(), COSIGNED_AT_SECONDS).expect("a key in memory signs");
    vec![format!("{}{line}", signed().note).into(), cosigner().cosigner_key().to_string().into()]
}
