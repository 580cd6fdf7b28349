//! `pritchel demo`: the story of two servers, end to end on loopback, with two real server processes and a real git
//! repository. Each step is verified over HTTP from the outside; the exit code tells whether all of them were.
//! - [`server`]: a server process; [`client`]: a person's client; [`repository`]: the git repository to push
//! - [`story`]: the steps

pub mod client;
pub mod repository;
pub mod server;
pub mod story;

use crate::cli::{DemoArgs, Failure, block_on};

/// Plays the demo.
pub fn run(args: DemoArgs) -> Result<(), Failure> {
    block_on(async {
        let scratch = server::Scratch::new("demo")?;
        let repository = repository::choose(args.repo.as_deref(), scratch.path())?;
        println!("The repository: {}", repository.told);
        let red = server::Server::start("A", &scratch.path().join("a")).await?;
        let blue = server::Server::start("B", &scratch.path().join("b")).await?;
        let played = story::play(&red, &blue, &repository).await;
        match &played {
            Ok(steps) => println!("\nAll {steps} steps were verified over HTTP."),
            Err(failure) => println!("\nFAILED: {failure}"),
        }
        if args.keep {
            println!(
                "\nBoth servers go on: {} and {}. Sign in as alice or bob with the password {:?}.",
                red.base,
                blue.base,
                server::PASSWORD
            );
            println!("Data lies in {}. Ctrl-C ends them.", scratch.path().display());
            tokio::signal::ctrl_c().await.map_err(Failure::new)?;
        }
        played.map(|_| ())
    })?
}
