//! All extractors of a handler at once.

use super::{Delivery, FromDelivery, Needs, Rejection};

/// The extractors of a handler: a tuple of [`FromDelivery`]s.
pub trait Extractors<Mode>: Sized {
    /// Takes each in turn; the first that refuses ends it.
    fn extract(delivery: &Delivery<'_>) -> Result<Self, Rejection>;

    /// What all of them need to be given before the start.
    fn needs(needs: &mut Needs);
}

macro_rules! extractors {
    ($($extractor:ident)*) => {
        impl<Mode, $($extractor: FromDelivery<Mode>,)*> Extractors<Mode> for ($($extractor,)*) {
            #[allow(unused_variables)]
            fn extract(delivery: &Delivery<'_>) -> Result<Self, Rejection> {
                Ok(($($extractor::from_delivery(delivery)?,)*))
            }

            #[allow(unused_variables)]
            fn needs(needs: &mut Needs) {
                $($extractor::needs(needs);)*
            }
        }
    };
}

extractors!();
extractors!(T1);
extractors!(T1 T2);
extractors!(T1 T2 T3);
extractors!(T1 T2 T3 T4);
extractors!(T1 T2 T3 T4 T5);
extractors!(T1 T2 T3 T4 T5 T6);
extractors!(T1 T2 T3 T4 T5 T6 T7);
extractors!(T1 T2 T3 T4 T5 T6 T7 T8);
extractors!(T1 T2 T3 T4 T5 T6 T7 T8 T9);
extractors!(T1 T2 T3 T4 T5 T6 T7 T8 T9 T10);
extractors!(T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11);
extractors!(T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12);
