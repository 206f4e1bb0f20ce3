//! What is too large for a message.

use quibus::prelude::*;
use tokio::io::AsyncWriteExt;

/// Asks somebody to keep a file, which travels beside this message.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Files", reply = u64)]
pub struct Keep {
    #[prost(string, tag = "1")]
    pub name: String,
}

/// Reads as it comes: what is on its way is bounded, whatever the file's size.
pub async fn keep(_: Keep, body: Body) -> quibus::Result<u64> {
    let mut file = tokio::io::sink();
    let mut reader = body.into_reader();
    let length = tokio::io::copy(&mut reader, &mut file).await?;
    file.flush().await?;
    Ok(length)
}

pub async fn send_file(
    bus: &Bus,
    file: impl tokio::io::AsyncRead + Send + 'static,
) -> quibus::Result<u64> {
    let name = "report.pdf".into();
    let sent = bus.send(Keep { name }).body(Body::from_reader(file));
    Ok(sent.await?)
}

#[cfg(test)]
mod tests {
    use super::super::town::Town;
    use super::*;

    #[tokio::test]
    async fn a_file_arrives_whole() {
        let town = Town::open().await;
        let _store = town.bus("Store.0").handle(keep).start().await.unwrap();
        let web = town.bus("Web.0").start().await.unwrap();
        let file = std::io::Cursor::new(vec![7; 3 << 20]);
        assert_eq!(send_file(&web, file).await.unwrap(), 3 << 20);
    }
}
