//! Appending new and changed objects to a file (ISO 32000-1, 7.5.6).

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};

use super::file::{PdfFile, Place};
use super::object::{Dictionary, Object, ObjectNumber};
use crate::error::SignatureError;

/// Where objects start, in bytes from the start of the file.
pub type Offsets = BTreeMap<ObjectNumber, usize>;

/// New and changed objects that become one incremental update.
pub struct Update {
    objects: BTreeMap<ObjectNumber, Vec<u8>>,
    next: ObjectNumber,
}

impl Update {
    /// An empty update of a file.
    ///
    /// # Errors
    /// When the file has too many objects.
    pub fn of(file: &PdfFile<'_>) -> Result<Self, SignatureError> {
        Ok(Self { objects: BTreeMap::new(), next: file.next_object_number()? })
    }

    /// Reserves the number of a new object.
    pub fn reserve(&mut self) -> ObjectNumber {
        self.next += 1;
        self.next - 1
    }

    /// Sets a new or changed object.
    pub fn set(&mut self, number: ObjectNumber, object: &Object) {
        let mut body = Vec::new();
        object.write(&mut body);
        self.set_raw(number, body);
    }

    /// Sets an object already in PDF syntax.
    pub fn set_raw(&mut self, number: ObjectNumber, body: Vec<u8>) {
        self.objects.insert(number, body);
    }

    /// Adds a stream and returns its number.
    pub(crate) fn add_stream(&mut self, content: &[u8]) -> ObjectNumber {
        let number = self.reserve();
        self.set_raw(number, stream(Dictionary::default(), content));
        number
    }

    /// Writes the file with the update behind it, so that every byte of the original stays where it is. Returns
    /// the bytes and where the objects of the update start.
    pub fn append(mut self, file: &PdfFile<'_>, original: &[u8]) -> (Vec<u8>, Offsets) {
        let mut out = original.to_vec();
        if out.last() != Some(&b'\n') {
            out.push(b'\n');
        }
        // A file keeps to the kind of cross-reference section it began with (ISO 32000-1, 7.5.8.4).
        let stream_number = file.has_xref_stream.then(|| self.reserve());
        let mut offsets = Offsets::new();
        for (number, body) in &self.objects {
            offsets.insert(*number, out.len());
            write_object(&mut out, *number, body);
        }
        let mut trailer = self.trailer(file, original);
        trailer.set("Prev", Object::integer(file.xref_offset));
        match stream_number {
            Some(number) => write_xref_stream(&mut out, &offsets, number, trailer),
            None => write_table(&mut out, &offsets, trailer),
        }
        (out, offsets)
    }

    /// Writes the file anew with the update in it, for a file with a classic table that no one has seen yet.
    ///
    /// # Errors
    /// When an object is outside the file or in an object stream.
    pub fn rewrite(mut self, file: &PdfFile<'_>, original: &[u8]) -> Result<Vec<u8>, SignatureError> {
        let mut starts = Vec::new();
        for (number, place) in &file.places {
            match place {
                Place::At(offset) => starts.push((*offset, *number)),
                Place::Free => {}
                Place::Within { .. } => return Err(file.unsupported("object streams can't be rewritten")),
            }
        }
        starts.sort_unstable();
        let ends = starts.iter().skip(1).map(|(offset, _)| *offset).chain([file.xref_offset]);
        let header_end = starts.first().map_or(file.xref_offset, |(offset, _)| *offset);
        let slice = |from: usize, to: usize| {
            original.get(from..to).ok_or_else(|| file.unsupported("an object is outside the file"))
        };
        let trailer = self.trailer(file, original);
        let mut out = slice(0, header_end)?.to_vec();
        let mut offsets = Offsets::new();
        for (&(start, number), end) in starts.iter().zip(ends) {
            offsets.insert(number, out.len());
            match self.objects.remove(&number) {
                Some(body) => write_object(&mut out, number, &body),
                None => out.extend_from_slice(slice(start, end)?),
            }
        }
        for (number, body) in &self.objects {
            offsets.insert(*number, out.len());
            write_object(&mut out, *number, body);
        }
        write_table(&mut out, &offsets, trailer);
        Ok(out)
    }

    fn trailer(&self, file: &PdfFile<'_>, original: &[u8]) -> Dictionary {
        let mut trailer = Dictionary::default();
        for key in ["Root", "Info"] {
            if let Some(value) = file.trailer.get(key) {
                trailer.set(key, value.clone());
            }
        }
        trailer.set("Size", Object::integer(self.next as usize));
        let identifiers = file.trailer.get("ID").and_then(Object::as_array);
        if let Some([permanent, ..]) = identifiers {
            let mut seen = digest(&SHA256, original).as_ref().to_vec();
            for body in self.objects.values() {
                seen.extend_from_slice(digest(&SHA256, body).as_ref());
            }
            let changing: String =
                digest(&SHA256, &seen).as_ref()[..16].iter().map(|byte| format!("{byte:02X}")).collect();
            let changing = Object::Verbatim(format!("<{changing}>").into_bytes());
            trailer.set("ID", Object::Array(vec![permanent.clone(), changing]));
        }
        trailer
    }
}

/// A stream in PDF syntax, not packed.
pub fn stream(dictionary: Dictionary, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 256);
    Object::Dictionary(dictionary.with("Length", Object::integer(content.len()))).write(&mut out);
    out.extend_from_slice(b"\nstream\n");
    out.extend_from_slice(content);
    out.extend_from_slice(b"\nendstream");
    out
}

fn write_object(out: &mut Vec<u8>, number: ObjectNumber, body: &[u8]) {
    out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
    out.extend_from_slice(body);
    out.extend_from_slice(b"\nendobj\n");
}

/// The runs of numbers without a gap.
fn runs(offsets: &Offsets) -> Vec<Vec<ObjectNumber>> {
    let numbers: Vec<ObjectNumber> = offsets.keys().copied().collect();
    numbers.chunk_by(|number, next| number + 1 == *next).map(<[ObjectNumber]>::to_vec).collect()
}

/// Writes a cross-reference table, its trailer and the end of the file. Object 0, always free, is listed too.
fn write_table(out: &mut Vec<u8>, offsets: &Offsets, trailer: Dictionary) {
    let xref_offset = out.len();
    out.extend_from_slice(b"xref\n0 1\n0000000000 65535 f \n");
    for run in runs(offsets) {
        out.extend_from_slice(format!("{} {}\n", run[0], run.len()).as_bytes());
        for number in run {
            out.extend_from_slice(format!("{:010} 00000 n \n", offsets[&number]).as_bytes());
        }
    }
    out.extend_from_slice(b"trailer\n");
    Object::Dictionary(trailer).write(out);
    out.extend_from_slice(format!("\nstartxref\n{xref_offset}\n%%EOF\n").as_bytes());
}

/// The same as a cross-reference stream, which lists itself.
fn write_xref_stream(out: &mut Vec<u8>, offsets: &Offsets, number: ObjectNumber, trailer: Dictionary) {
    let xref_offset = out.len();
    let mut offsets = offsets.clone();
    offsets.insert(number, xref_offset);
    let (mut index, mut rows) = (Vec::new(), Vec::new());
    for run in runs(&offsets) {
        index.extend([Object::integer(run[0] as usize), Object::integer(run.len())]);
        for number in run {
            rows.push(1);
            rows.extend_from_slice(&(offsets[&number] as u64).to_be_bytes());
            rows.push(0);
        }
    }
    let dictionary = trailer
        .with("Type", Object::name("XRef"))
        .with("W", Object::Array([1, 8, 1].map(Object::integer).to_vec()))
        .with("Index", Object::Array(index));
    write_object(out, number, &stream(dictionary, &rows));
    out.extend_from_slice(format!("startxref\n{xref_offset}\n%%EOF\n").as_bytes());
}
