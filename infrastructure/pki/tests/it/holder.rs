use pki::{Holder, PkiError, Role};
use proptest::prelude::*;

#[test]
fn identifiers_and_the_names_made_of_them() {
    for (id, name) in [
        ("VN/GOV/G01", "g01.gov.vn.lienthong.internal"),
        ("VN/GOV/H26", "h26.gov.vn.lienthong.internal"),
        ("VN/GOV/G12.34", "g12--34.gov.vn.lienthong.internal"),
        ("VN/GOV/G01-2", "g01-2.gov.vn.lienthong.internal"),
    ] {
        let holder = Holder::node(id).unwrap();
        assert_eq!((holder.role(), holder.id(), holder.dns_name().as_str()), (Role::Node, id, name));
        assert_eq!(holder.server_name().to_str(), name);
        assert_eq!(holder.to_string(), format!("node {id}"));
    }
}

#[test]
fn other_identifiers_are_refused() {
    let long = "x".repeat(65);
    for id in [
        "",
        "/",
        "VN//G01",
        "VN/GOV/",
        "/VN",
        "VN/GOV/G 01",
        "VN/GOV/G01\n",
        "VN/GOV/Đ01",
        "VN/GOV/-G01",
        "VN/GOV/G01-",
        "VN/../G01",
        "VN/GOV/*",
        "VN/GOV/G01\0",
        "VN:GOV:G01",
        &long,
    ] {
        let refused = [Holder::node(id).unwrap_err(), Holder::system(id).unwrap_err()];
        assert!(refused.iter().all(|error| matches!(error, PkiError::BadIdentifier { .. })), "{id:?}");
    }
}

#[test]
fn a_system_may_have_small_letters_and_a_node_may_not() {
    assert_eq!(Holder::system("VN/GOV/G01/danCu").unwrap().id(), "VN/GOV/G01/danCu");
    let refused = Holder::node("VN/GOV/g01").unwrap_err().to_string();
    assert_eq!(refused, "\"VN/GOV/g01\" is not an identifier like VN/GOV/G01: a node's letters are capitals");
}

proptest! {
    #[test]
    fn any_text_is_refused_or_makes_a_name(id in "[A-Z0-9./ -]{0,70}") {
        if let Ok(holder) = Holder::node(&id) {
            prop_assert_eq!(holder.server_name().to_str().into_owned(), holder.dns_name());
        }
    }

    #[test]
    fn no_two_nodes_share_a_name(one in "[A-B0./-]{1,7}", other in "[A-B0./-]{1,7}") {
        if let (Ok(one), Ok(other)) = (Holder::node(&one), Holder::node(&other)) {
            prop_assert_eq!(one == other, one.dns_name() == other.dns_name());
        }
    }

    #[test]
    fn the_longest_parts_still_make_a_name(part in "[A-Z]{55,64}|([A-Z][.]){20,31}[A-Z]") {
        if let Ok(holder) = Holder::node(&part) {
            prop_assert_eq!(holder.server_name().to_str().into_owned(), holder.dns_name());
        }
    }
}
