//! Rule 1: a system never depends on another system.

use super::{COMPONENTS, assert_committed, assert_none, file, root};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

/// What a crate is in the house, by the folder it is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Floor {
    Contracts,
    Infrastructure,
    System,
    /// The program, the tests and the measurements, which see everything.
    Outside,
}

/// One crate's dependency on another of the house.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Edge {
    from: String,
    to: String,
    /// `normal`, `dev` or `build`.
    kind: String,
}

struct House {
    floors: BTreeMap<String, Floor>,
    edges: BTreeSet<Edge>,
}

fn floor(folder: &str) -> Floor {
    match folder.split('/').next().unwrap_or_default() {
        "contracts" => Floor::Contracts,
        "infrastructure" => Floor::Infrastructure,
        component if COMPONENTS.contains(&component) => Floor::System,
        _ => Floor::Outside,
    }
}

impl House {
    fn read() -> Self {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| env!("CARGO").into());
        let run = Command::new(cargo)
            .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
            .current_dir(root())
            .output()
            .expect("cargo tells of the workspace");
        assert!(run.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&run.stderr));
        let metadata: Value = serde_json::from_slice(&run.stdout).expect("cargo metadata writes JSON");
        let text = |value: &Value| value.as_str().expect("metadata has this text").to_owned();
        let mut house = House { floors: BTreeMap::new(), edges: BTreeSet::new() };
        for package in metadata["packages"].as_array().expect("the workspace has packages") {
            let from = text(&package["name"]);
            let manifest = text(&package["manifest_path"]);
            let folder = manifest
                .strip_prefix(&format!("{}/", root().display()))
                .expect("packages are in the repository");
            house.floors.insert(from.clone(), floor(folder));
            for dependency in package["dependencies"].as_array().expect("a package has dependencies") {
                // Only the crates of the house have a path.
                if dependency["path"].is_string() {
                    let kind = dependency["kind"].as_str().unwrap_or("normal").to_owned();
                    house.edges.insert(Edge { from: from.clone(), to: text(&dependency["name"]), kind });
                }
            }
        }
        house
    }

    fn allows(&self, edge: &Edge) -> bool {
        let (from, to) = (self.floors[&edge.from], self.floors[&edge.to]);
        // A crate's own tests may switch on features of itself.
        edge.from == edge.to
            || match from {
                Floor::Contracts => false,
                Floor::Infrastructure | Floor::System => {
                    matches!(to, Floor::Contracts | Floor::Infrastructure)
                }
                Floor::Outside => true,
            }
    }
}

#[test]
fn a_system_depends_on_contracts_and_infrastructure_only() {
    let house = House::read();
    assert!(house.floors.values().any(|floor| *floor == Floor::System));
    let wrong: Vec<String> = house
        .edges
        .iter()
        .filter(|edge| !house.allows(edge))
        .map(|edge| {
            format!(
                "{} ({:?}) -> {} ({:?})",
                edge.from, house.floors[&edge.from], edge.to, house.floors[&edge.to]
            )
        })
        .collect();
    assert_none(
        &wrong,
        "a system reaches another through the exchange only, and infrastructure knows no system",
    );
}

#[test]
fn no_crate_depends_on_itself_by_way_of_others() {
    let house = House::read();
    let mut left: BTreeSet<&str> = house.floors.keys().map(String::as_str).collect();
    loop {
        let free: Vec<&str> = left
            .iter()
            .filter(|name| {
                let mut needs = house.edges.iter().filter(|edge| edge.from == **name && edge.to != edge.from);
                !needs.any(|edge| left.contains(edge.to.as_str()))
            })
            .copied()
            .collect();
        if free.is_empty() {
            break;
        }
        left.retain(|name| !free.contains(name));
    }
    assert!(left.is_empty(), "these crates depend on each other in a circle: {left:?}");
}

#[test]
fn the_edges_are_written_down() {
    let house = House::read();
    let mut text = String::from(
        "# Which crate of the house depends on which; made and compared by the tests, see tests/src/lib.rs.\n",
    );
    for Edge { from, to, kind } in &house.edges {
        let note = if kind == "normal" { String::new() } else { format!(" ({kind})") };
        text.push_str(&format!("{from} -> {to}{note}\n"));
    }
    assert_committed(&file("docs/dependencies.txt"), &text);
}

/// One library of cryptography is enough to keep up to date, and OpenSSL would have to be installed first.
const BANNED: [&str; 5] = ["ring", "openssl", "openssl-sys", "native-tls", "boring"];

#[test]
fn the_program_has_one_library_of_cryptography() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| env!("CARGO").into());
    let run = Command::new(cargo)
        .args(["tree", "--package", "lienthong", "--edges", "normal,build", "--prefix", "none"])
        .args(["--offline", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo tells of the dependencies");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let tree = String::from_utf8(run.stdout).expect("cargo writes UTF-8");
    assert!(tree.contains("aws-lc-rs "), "the tree is not what it was thought to be");
    let banned: BTreeSet<String> = tree
        .lines()
        .filter(|line| line.split(' ').next().is_some_and(|name| BANNED.contains(&name)))
        .map(str::to_owned)
        .collect();
    assert_none(&banned.into_iter().collect::<Vec<_>>(), "crates that must not be in the program");
}
