//! Every order, and how long it takes until all is well again.

use std::time::Duration;

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::super::programs::{Form, Programs};
use super::super::workspace;
use super::cast::Cast;
use super::member;
use super::order::{Fault, Order};

/// The claim that a bus heals by itself, whoever goes and comes back in whatever order.
pub struct Heals;

/// Services beside the directory, in the short run and the long one.
const SERVICES: (usize, usize) = (2, 3);

impl Claim for Heals {
    fn name(&self) -> &'static str {
        "heals"
    }

    fn summary(&self) -> &'static str {
        "a bus heals by itself, in whatever order its processes are killed, frozen or restarted \
         (builds first, minutes)"
    }

    fn run(&self, options: &Options) -> Result<Verdict, Untried> {
        workspace::runtime()?.block_on(tried(options))
    }

    fn play(&self, part: &[String]) -> Result<(), Untried> {
        workspace::runtime()?.block_on(member::run(part))
    }
}

async fn tried(options: &Options) -> Result<Verdict, Untried> {
    let packages = ["quibus-cli", "quibus-directory"];
    let programs = Programs::build(&packages, Form::AsThisOne).await?;
    let services = if options.long { SERVICES.1 } else { SERVICES.0 };
    let mut cast = Cast::start(&programs, services).await?;
    cast.recover().await?;
    let mut all = Vec::new();
    for fault in Fault::ALL {
        let orders = Order::all(fault, services + 1);
        let mut times = Vec::new();
        for order in &orders {
            let healed = match cast.suffer(order).await {
                Ok(()) => cast.recover().await,
                Err(reason) => Err(reason),
            };
            match healed {
                Ok(took) => times.push(took),
                Err(reason) => {
                    println!("  {order}: {reason}");
                    let figure = format!("not healed after {} orders: {order}", all.len());
                    return Ok(Verdict {
                        holds: false,
                        figure,
                    });
                }
            }
        }
        println!("{fault:?}: {}", told(&mut times));
        all.append(&mut times);
    }
    Ok(Verdict {
        holds: !all.is_empty(),
        figure: format!(
            "healed by itself in {}; the slowest end {:.2} s",
            told(&mut all),
            cast.slowest_end().as_secs_f64(),
        ),
    })
}

fn told(times: &mut [Duration]) -> String {
    times.sort();
    let at = |at: usize| times.get(at).copied().unwrap_or_default().as_secs_f64();
    let count = times.len();
    format!(
        "{count} orders; until all was well again: median {:.2} s, max {:.2} s",
        at(count / 2),
        at(count.saturating_sub(1)),
    )
}
