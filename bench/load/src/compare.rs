//! Asks two servers the same and holds their answers against each other: figures of servers that answer differently say
//! nothing.

use std::net::SocketAddr;

use bench_support::Fallible;
use bench_support::options::Options;
use serde_json::Value;

use crate::client::Client;
use crate::drive::Source as _;
use crate::list::{ListLoad, PAGES, Requests};

/// Compares the answers to some requests of each reading load.
///
/// # Errors
/// Two answers differ, or one is no answer at all.
pub async fn run(options: &Options) -> Fallible<()> {
    let (one, other): (SocketAddr, SocketAddr) = (options.required("address")?, options.required("with")?);
    let token: String = options.required("token")?;
    let other_token = options.or("with-token", token.clone())?;
    let pages = options.or("pages", PAGES)?;
    let requests: u64 = options.or("requests", 50)?;
    let (mut one, mut other) = (Client::connect(one).await?, Client::connect(other).await?);
    let (mut request, mut other_request) = (Vec::new(), Vec::new());
    for load in [ListLoad::Day, ListLoad::DeepPage(pages), ListLoad::Abandoned] {
        let mut source = Requests::new(load, &token, 0);
        let mut other_source = Requests::new(load, &other_token, 0);
        for _ in 0..requests {
            source.next(&mut request);
            other_source.next(&mut other_request);
            let (answer, expected) = (data(&mut one, &request).await?, data(&mut other, &other_request).await?);
            if answer != expected {
                let request = String::from_utf8_lossy(&request);
                return Err(format!("the servers differ on\n{request}{answer:#}\n{expected:#}").into());
            }
        }
    }
    println!("both servers gave the same {} answers", 3 * requests);
    Ok(())
}

async fn data(client: &mut Client, request: &[u8]) -> Fallible<Value> {
    let answer = client.ask(request).await?;
    if answer.status != 200 {
        return Err(format!("{} {}", answer.status, String::from_utf8_lossy(answer.body)).into());
    }
    let mut answer: Value = serde_json::from_slice(answer.body)?;
    Ok(answer["data"].take())
}
