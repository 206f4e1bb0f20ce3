//! Who gets what.

use quibus::binding::{BindingKey, InvalidBindingKey};
use quibus::message::Route;
use quibus::prelude::*;

use super::handlers::Heard;
use super::messages::ParcelSent;

pub async fn parcel_sent(parcel: ParcelSent, State(heard): State<Heard>) {
    heard.0.lock().unwrap().push(parcel.city);
}

/// Only what goes to France, and all that goes to Lyon, wherever that is.
pub fn map_of_france(builder: quibus::Builder) -> quibus::Builder {
    let france = ParcelSent::route().country("fr");
    let lyon = ParcelSent::route().city("Lyon");
    builder.handle(parcel_sent.matching([france, lyon]))
}

/// Subscribes while the bus runs, and ends it.
pub async fn watch_milan(bus: &Bus) -> quibus::Result {
    let milan = ParcelSent::route().country("it").city("Milan");
    let live = bus.subscribe(parcel_sent.matching(milan)).await?;
    // What is published from here on is received.
    assert!(live.is_live_everywhere());
    live.unsubscribe().await?;
    Ok(())
}

/// How a route looks in `quibus subscriptions` and `quibus routes`.
pub fn keys() -> Result<[BindingKey; 4], InvalidBindingKey> {
    Ok([
        ParcelSent::route().into_key()?,
        ParcelSent::route().country("fr").into_key()?,
        ParcelSent::route().city("Lyon").into_key()?,
        ParcelSent::route().country("it").city("Milan").into_key()?,
    ])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::town::Town;
    use super::*;

    #[test]
    fn fields_that_are_not_named_match_anything() {
        let texts = keys().unwrap().map(|key| key.to_string());
        assert_eq!(texts, ["#", "fr.*", "*.Lyon", "it.Milan"]);
    }

    #[tokio::test]
    async fn a_parcel_reaches_whoever_named_its_country_or_its_city_once() {
        let town = Town::open().await;
        let heard = Heard::default();
        let map = map_of_france(town.bus("Map.0").state(heard.clone()));
        let map = map.start().await.unwrap();
        let shop = town.bus("Shop.0").start().await.unwrap();
        for (country, city) in [
            ("fr", "Lyon"),
            ("de", "Bonn"),
            ("us", "Lyon"),
            ("fr", "Metz"),
        ] {
            let (country, city) = (country.into(), city.into());
            let order = 1;
            let parcel = ParcelSent {
                country,
                city,
                order,
            };
            shop.publish(parcel).await.unwrap();
        }
        watch_milan(&map).await.unwrap();
        shop.stop(Duration::from_secs(20)).await.unwrap();
        map.stop(Duration::from_secs(20)).await.unwrap();
        assert_eq!(*heard.0.lock().unwrap(), ["Lyon", "Lyon", "Metz"]);
    }
}
