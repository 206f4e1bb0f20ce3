//! The list of all claims.

use super::bad_input::BadInput;
use super::body::Body;
use super::claim::Claim;
use super::decoder_limits::DecoderLimits;
use super::delivery::Delivery;
use super::demo::Demo;
use super::doctor::Doctor;
use super::drain::Drain;
use super::first_ten_minutes::FirstTenMinutes;
use super::heals::Heals;
use super::lanes::Lanes;
use super::layout::Layout;
use super::links::Links;
use super::memory::Memory;
use super::mutants::Mutants;
use super::no_c::NoC;
use super::static_binaries::Static;
use super::weather::WeatherClaim;

/// Every claim, by name.
pub static REGISTER: &[&dyn Claim] = &[
    &BadInput,
    &Body,
    &DecoderLimits,
    &Delivery,
    &Demo,
    &Doctor,
    &Drain,
    &FirstTenMinutes,
    &Heals,
    &Lanes,
    &Layout,
    &Links,
    &Memory,
    &Mutants,
    &NoC,
    &Static,
    &WeatherClaim,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_single_and_every_claim_says_what_it_claims_in_one_line() {
        assert!(REGISTER.is_sorted_by(|a, b| a.name() < b.name()));
        for claim in REGISTER {
            assert!(!claim.summary().is_empty() && !claim.summary().contains('\n'));
        }
    }

    #[test]
    fn every_claim_that_a_document_names_is_there() {
        let root = crate::claims::workspace::root();
        let mut named = 0;
        for folder in [".", "docs", "core", "directory", "examples", "tests"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let file = entry.unwrap().path();
                if file.extension().is_none_or(|ending| ending != "md") {
                    continue;
                }
                let text = std::fs::read_to_string(&file).unwrap();
                for rest in text.split("`prove ").skip(1) {
                    let name = rest.split(['`', ' ']).next().unwrap_or_default();
                    let is_it = |claim: &&&dyn Claim| claim.name() == name;
                    assert!(
                        name == "NAME" || REGISTER.iter().any(|claim| is_it(&claim)),
                        "{}: there is no claim {name}",
                        file.display()
                    );
                    named += 1;
                }
            }
        }
        assert!(named > 10, "{named}");
    }

    #[test]
    fn every_claim_has_a_row_in_the_readme_of_this_package() {
        let readme = include_str!("../../README.md");
        for claim in REGISTER {
            let row = format!("| `{}` | {} |", claim.name(), claim.summary());
            assert!(
                readme.contains(&row),
                "tests/README.md lacks the row\n{row}"
            );
        }
    }
}
