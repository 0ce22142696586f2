//! Everything in `data/` says where it comes from.

use super::{assert_none, file, sources};

#[test]
fn every_file_has_its_source_and_licence() {
    let page = std::fs::read_to_string(file("data/SOURCES.md")).expect("data/SOURCES.md is there");
    let mut unnamed = Vec::new();
    for source in sources().iter().filter(|source| source.is_in("data") && source.path != "data/SOURCES.md") {
        let name = source.path.trim_start_matches("data/");
        let folder = name.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/*"));
        let extension = name.rsplit_once('.').map_or(String::new(), |(_, extension)| format!(".{extension}"));
        let is_named = page.contains(&format!("`{name}`"));
        let is_one_of_many = name.contains('/') && page.contains(&format!("`{folder}{extension}`"));
        if !is_named && !is_one_of_many {
            unnamed.push(source.path.clone());
        }
    }
    assert_none(&unnamed, "data/SOURCES.md does not say where these come from");
}

#[test]
fn every_licence_and_file_named_is_there() {
    let page = std::fs::read_to_string(file("data/SOURCES.md")).expect("data/SOURCES.md is there");
    let quoted = page.split('`').skip(1).step_by(2);
    let is_file = |name: &&str| {
        name.starts_with("LICENSE-")
            || [".tsv", ".csv", ".json", ".geojson", ".svg"].iter().any(|end| name.ends_with(end))
    };
    let missing: Vec<String> =
        quoted.filter(is_file).filter(|name| !file("data").join(name).exists()).map(str::to_owned).collect();
    assert_none(&missing, "data/SOURCES.md names what is not there");
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert!(
            cells.len() == 4 && cells.iter().all(|cell| !cell.is_empty()),
            "file, what it says, source and licence: {row}"
        );
    }
}
