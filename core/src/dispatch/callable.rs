//! A function of some arity.

/// A function with a message, then up to twelve extractors, and nothing said of their types.
///
/// That nothing is said is the point: a wrong argument must fail at the bound that names it (see
/// [`Handler`](super::Handler)), not here, where the compiler could only say that the function is
/// no handler. Not meant to be implemented.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "not a handler",
    note = "a handler is an `async fn` that takes its message first, then at most twelve \
            extractors; name it, don't call it"
)]
pub trait Callable<A> {
    /// The first argument.
    type Input;
    /// The other arguments, as a tuple.
    type Extractors;
    /// What the call returns.
    type Future;

    /// Calls the function.
    fn call(&self, input: Self::Input, extractors: Self::Extractors) -> Self::Future;
}

macro_rules! callable {
    ($($extractor:ident)*) => {
        impl<F, Fut, I, $($extractor,)*> Callable<(I, $($extractor,)*)> for F
        where
            F: Fn(I, $($extractor,)*) -> Fut,
        {
            type Input = I;
            type Extractors = ($($extractor,)*);
            type Future = Fut;

            #[allow(non_snake_case)]
            fn call(&self, input: I, ($($extractor,)*): Self::Extractors) -> Fut {
                self(input, $($extractor,)*)
            }
        }
    };
}

callable!();
callable!(T1);
callable!(T1 T2);
callable!(T1 T2 T3);
callable!(T1 T2 T3 T4);
callable!(T1 T2 T3 T4 T5);
callable!(T1 T2 T3 T4 T5 T6);
callable!(T1 T2 T3 T4 T5 T6 T7);
callable!(T1 T2 T3 T4 T5 T6 T7 T8);
callable!(T1 T2 T3 T4 T5 T6 T7 T8 T9);
callable!(T1 T2 T3 T4 T5 T6 T7 T8 T9 T10);
callable!(T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11);
callable!(T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12);
