//! Who is who.

use std::sync::Arc;

use quibus::prelude::*;
use quibus::{Builder, Identity};
use quibus_certs::Credentials;
use quibus_quic::Quic;

/// With the three files named in code instead of in `[quic]`.
pub fn with_files(builder: Builder) -> quibus::Result<Builder> {
    let credentials = Credentials::load("peer-Shop.0.pem", "peer-Shop.0.key", "ca.pem")?;
    Ok(builder.transport(Quic::with(credentials)))
}

#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Shop", error = NotYours)]
pub struct CloseShop {}

#[derive(Debug, Clone, PartialEq, thiserror::Error, quibus::HandlerError)]
pub enum NotYours {
    #[error("only the office closes the shop")]
    #[quibus(code = 403)]
    Forbidden,
}

/// Who asks is what the certificate of the link proves; no field of a message can say otherwise.
pub async fn close_shop(_: CloseShop, from: Sender) -> Result<(), NotYours> {
    match from.identity() {
        Identity::Peer(peer) if peer.service() == "Office" => Ok(()),
        _ => Err(NotYours::Forbidden),
    }
}

/// The transport stays at hand, for when its files are renewed.
pub fn renewable(builder: Builder) -> (Builder, Arc<Quic>) {
    let quic = Arc::new(Quic::new());
    (builder.shared_transport(quic.clone()), quic)
}

/// The files have changed. If they are of no use, the error says why, and the old ones stay.
pub fn renewed(quic: &Quic) -> quibus::Result {
    Ok(quic.reload()?)
}

#[cfg(test)]
mod tests {
    use quibus::SendError;

    use super::super::town::Town;
    use super::*;

    #[tokio::test]
    async fn the_certificate_decides() {
        let town = Town::open().await;
        let _shop = town.bus("Shop.0").handle(close_shop).start().await.unwrap();
        let office = town.bus("Office.0").start().await.unwrap();
        assert_eq!(office.send(CloseShop {}).await, Ok(()));
        let web = town.bus("Web.0").start().await.unwrap();
        let refused = Err(SendError::Rejected(NotYours::Forbidden));
        assert_eq!(web.send(CloseShop {}).await, refused);
    }

    #[test]
    fn files_that_are_not_there_are_named() {
        let failed = with_files(Bus::builder("Shop.0")).err().unwrap();
        assert!(failed.to_string().contains("peer-Shop.0.pem"), "{failed}");
    }

    #[test]
    fn what_is_not_bound_has_nothing_to_renew() {
        let (_builder, quic) = renewable(Bus::builder("Shop.0"));
        let failed = renewed(&quic).err().unwrap();
        assert!(failed.to_string().contains("not bound"), "{failed}");
    }
}
