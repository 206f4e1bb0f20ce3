//! What a layer around handlers is.

use std::fmt;
use std::sync::Arc;

use tower_layer::Layer;
use tower_service::Service;

use super::super::BoxError;
use super::call::Call;
use super::handler_service::HandlerService;
use super::outcome::Outcome;

/// A tower layer that fits around handlers; implemented by all that do. Not meant to be
/// implemented otherwise.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer around handlers",
    label = "its service does not take a `Call` and give an `Outcome`",
    note = "a layer is a `tower::Layer<HandlerService>` whose service is \
            `Service<Call, Response = Outcome> + Clone + Send`, with an error that becomes a \
            boxed one and a future that is `Send`"
)]
pub trait HandlerLayer: Send + Sync + 'static {
    /// The service with this layer around it.
    fn wrap(&self, inner: HandlerService) -> HandlerService;
}

#[diagnostic::do_not_recommend]
impl<L> HandlerLayer for L
where
    L: Layer<HandlerService> + Send + Sync + 'static,
    L::Service: Service<Call, Response = Outcome, Future: Send + 'static> + Clone + Send + 'static,
    <L::Service as Service<Call>>::Error: Into<BoxError>,
{
    fn wrap(&self, inner: HandlerService) -> HandlerService {
        HandlerService::around(self.layer(inner))
    }
}

/// A layer without its type, for all handlers of a bus.
#[derive(Clone)]
pub(crate) struct AnyLayer(Arc<dyn HandlerLayer>);

impl AnyLayer {
    pub(crate) fn new(layer: impl HandlerLayer) -> Self {
        Self(Arc::new(layer))
    }

    pub(crate) fn get(&self) -> &dyn HandlerLayer {
        self.0.as_ref()
    }
}

impl fmt::Debug for AnyLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyLayer")
    }
}
