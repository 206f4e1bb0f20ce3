//! The contracts of a shop.

/// Asks the shop to take an order. It has one recipient and one outcome.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Shop", reply = OrderPlaced, error = OrderError)]
pub struct PlaceOrder {
    #[prost(string, tag = "1")]
    pub sku: String,
    #[prost(uint32, tag = "2")]
    pub quantity: u32,
}

/// The reply to [`PlaceOrder`]: any type that the codec knows.
#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
pub struct OrderPlaced {
    #[prost(uint64, tag = "1")]
    pub number: u64,
}

/// Why an order is refused. Callers match on it, so a code never changes its meaning.
#[derive(Debug, Clone, PartialEq, thiserror::Error, quibus::HandlerError)]
pub enum OrderError {
    #[error("sku {0} is not sold here")]
    #[quibus(code = 404)]
    UnknownSku(String),
    #[error("only {0} are left")]
    #[quibus(code = 409)]
    TooMany(u32),
}

/// Something was sent to a customer. Everybody hears it who subscribed to its country, its city, or
/// both.
#[derive(Clone, PartialEq, prost::Message, quibus::Event)]
#[quibus(namespace = "Shop")]
pub struct ParcelSent {
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    pub country: String,
    #[quibus(route = 2)]
    #[prost(string, tag = "2")]
    pub city: String,
    #[prost(uint64, tag = "3")]
    pub order: u64,
}

/// A price changed. Prices travel in a lane of their own, so that they never wait behind parcels.
#[derive(Clone, PartialEq, prost::Message, quibus::Event)]
#[quibus(namespace = "Shop", name = "Price", lane = "prices")]
pub struct PriceChanged {
    #[prost(string, tag = "1")]
    pub sku: String,
    #[prost(uint64, tag = "2")]
    pub cents: u64,
}

/// Asks for a vote: now or never, past whatever waits in other lanes.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Shop", lane = "votes", unsequenced, reply = bool)]
pub struct Vote {
    #[prost(uint64, tag = "1")]
    pub term: u64,
}

#[cfg(test)]
mod tests {
    use quibus::message::{HandlerError, Message};

    use super::*;

    #[test]
    fn names_are_what_the_attributes_say() {
        assert_eq!(PlaceOrder::NAME, "Shop.PlaceOrder");
        assert_eq!(PriceChanged::NAME, "Shop.Price");
        assert_eq!(
            (PriceChanged::LANE, ParcelSent::LANE),
            ("prices", "default")
        );
        assert_eq!((Vote::UNSEQUENCED, PlaceOrder::UNSEQUENCED), (true, false));
        let sent = OrderError::TooMany(3).to_wire().unwrap();
        assert_eq!((sent.code, &*sent.text), (409, "only 3 are left"));
    }
}
