//! What all contracts of the directory have in common.

use super::*;
use crate::message::{Command, HandlerError};

fn check<C: Command>(name: &str) {
    assert_eq!(C::NAME, format!("Quibus.Directory.{name}"));
    assert_eq!(C::LANE, "infrastructure", "{name}");
}

#[test]
fn every_contract_has_a_stable_name_and_travels_in_the_infrastructure_lane() {
    check::<Register>("Register");
    check::<Attach>("Attach");
    check::<UpdateSubscriptions>("UpdateSubscriptions");
    check::<Drain>("Drain");
    check::<Unregister>("Unregister");
    check::<Describe>("Describe");
    check::<Supply>("Supply");
    check::<ListTypes>("ListTypes");
    check::<GetType>("GetType");
    check::<Heartbeat>("Heartbeat");
    check::<Look>("Look");
    check::<Probe>("Probe");
    check::<SnapshotPart>("SnapshotPart");
    check::<Changes>("Changes");
}

#[test]
fn every_refusal_travels_under_its_number() {
    let register = [
        (1001, RegisterError::Refused("192.0.2.1:7000".into())),
        (1002, RegisterError::NotAllowed("why".into())),
        (1003, RegisterError::Quota("which".into())),
        (1004, RegisterError::Fenced(7)),
        (1005, RegisterError::Left),
        (1006, RegisterError::Malformed("what".into())),
    ];
    for (code, error) in register {
        let wire = error.to_wire().expect("every refusal travels");
        assert_eq!(
            (wire.code, RegisterError::from_wire(&wire)),
            (code, Some(error))
        );
    }
    let request = [
        (1002, RequestError::NotAllowed("why".into())),
        (1003, RequestError::Quota("which".into())),
        (1004, RequestError::Fenced(7)),
        (1006, RequestError::Malformed("what".into())),
        (1007, RequestError::NotRegistered),
        (1008, RequestError::Outdated(3)),
    ];
    for (code, error) in request {
        let wire = error.to_wire().expect("every refusal travels");
        assert_eq!(
            (wire.code, RequestError::from_wire(&wire)),
            (code, Some(error))
        );
    }
    let watch = [
        (1006, WatchError::Malformed("what".into())),
        (1009, WatchError::NotFollowing),
    ];
    for (code, error) in watch {
        let wire = error.to_wire().expect("every refusal travels");
        assert_eq!(
            (wire.code, WatchError::from_wire(&wire)),
            (code, Some(error))
        );
    }
}
