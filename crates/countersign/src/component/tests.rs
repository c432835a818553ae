use super::*;

#[test]
fn well_known_names_are_found_in_any_case_and_have_a_bit_of_their_own() {
    let mut bits = 0;
    for known in WellKnown::ALL {
        let name: FieldName = known.as_str().to_ascii_uppercase().parse().unwrap();
        assert_eq!(name.well_known(), Some(*known));
        let bit = Component::Field(name).bit().unwrap();
        assert_eq!(bits & bit, 0, "{known:?} shares a bit");
        bits |= bit;
    }
}

#[test]
fn a_name_listed_twice_is_an_error_in_any_spelling() {
    for list in ["host HOST", "(created) (CREATED)", "x-a date x-A", "date date date"] {
        assert!(matches!(list.parse::<CoveredComponents>(), Err(ComponentError::Repeated(_))), "{list}");
    }
}

#[test]
fn an_empty_list_is_an_error() {
    for list in ["", " ", "\t"] {
        assert_eq!(list.parse::<CoveredComponents>().err(), Some(ComponentError::Empty));
    }
}

#[test]
fn ten_thousand_names_are_refused_before_they_are_read() {
    let list: Vec<String> = (0..10_000).map(|n| format!("x-{n}")).collect();
    assert_eq!(list.join(" ").parse::<CoveredComponents>().err(), Some(ComponentError::TooMany));
}

#[test]
fn unknown_names_in_parentheses_and_impossible_field_names_are_errors() {
    assert_eq!("(request-line)".parse::<Component>(), Err(ComponentError::UnknownDerived));
    for name in ["a b", "a:b", "\u{e4}", "a\nb", "", &"x".repeat(129)] {
        assert_eq!(name.parse::<Component>(), Err(ComponentError::Field(InvalidFieldName)), "{name:?}");
    }
}
