//! A handler configured without the prelude.

#[derive(prost::Message, quibus::Event)]
#[quibus(namespace = "Shop")]
struct Sold {}

async fn sold(_: Sold) {}

fn main() {
    let _ = sold.queue("sales");
}
