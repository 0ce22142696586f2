//! The folder of data: every file says where it comes from.

use std::path::Path;

#[test]
fn every_data_file_has_its_source() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
    let sources = std::fs::read_to_string(folder.join("SOURCES.md")).unwrap();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_named = sources.contains(&format!("`{name}`")) || sources.contains(&format!("`{name}/"));
        assert!(is_named || name == "SOURCES.md", "say in data/SOURCES.md where {name} comes from");
    }
    for name in
        sources.split('`').skip(1).step_by(2).filter(|name| name.contains('.') && !name.contains([' ', '*']))
    {
        let is_file = Path::new(name).extension().is_some_and(|ending| {
            ["csv", "tsv", "json", "geojson", "svg"].iter().any(|known| ending.eq_ignore_ascii_case(known))
        });
        assert!(!is_file || folder.join(name).exists(), "data/SOURCES.md names {name}, which is not there");
    }
}
