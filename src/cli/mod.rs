//! The command line: words in, words out. A command a file; nothing here computes a figure.

mod bill;
mod check;
mod compare;
mod complain;
mod decide;
mod ending;
mod explain;
mod files;
mod gallery;
mod glossary;
mod import;
mod init;
mod interrupt;
mod match_event;
mod options;
mod outputs;
mod plot;
mod prices;
mod progress;
mod regret;
mod run;
mod schema;
mod sensitivity;
mod session;
mod validate;
mod voice;
mod why;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::cli::ending::{Ending, Failure};
use crate::cli::voice::{Colour, Voice};

/// What follows the list of commands.
const AFTER: &str = "\
Examples:
  queuelab compare scenarios/video-upload.toml
  queuelab init my-system.toml
  queuelab explain lost

Exit codes:
  0  done, and every goal held
  1  the tool failed: a file could not be written, say; an event does not match, or a known answer was missed
  2  it was called wrongly, or the scenario is at fault
  3  a goal was missed
  4  no goal was missed, but an interval straddles its limit: more replications would tell
  5  it was stopped before its end, by Ctrl-C or a limit, or an import is not the whole of what was given";

/// Simulates one application on several architectures: latency, loss and money, side by side.
#[derive(Parser, Debug)]
#[command(name = "queuelab", version, after_help = AFTER, max_term_width = 100)]
struct Words {
    #[command(subcommand)]
    command: Command,

    /// Say nothing but results and errors
    #[arg(long, short, global = true, display_order = 900)]
    quiet: bool,

    /// When to use colour: auto, always, never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        alias = "color",
        hide_possible_values = true,
        display_order = 901
    )]
    colour: Colour,
}

#[derive(Subcommand, Debug)]
enum Command {
    Compare(compare::Words),
    Run(run::Words),
    Why(why::Words),
    Check(check::Words),
    Explain(explain::Words),
    Init(init::Words),
    Schema(schema::Words),
    Plot(plot::Words),
    Sensitivity(sensitivity::Words),
    Bill(bill::Words),
    Prices(prices::Words),
    Decide(decide::Words),
    Import(import::Words),
    Validate(validate::Words),
    Regret(regret::Words),
    MatchEvent(match_event::Words),
    Gallery(gallery::Words),
}

/// Does what the command line asks for; gives the exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let words = match Words::try_parse_from(arguments) {
        Ok(words) => words,
        Err(error) => {
            // Help or a complaint, which nobody reads where the pipe is closed.
            let _ = error.print();
            return if error.use_stderr() { Ending::Refused.code() } else { Ending::Done.code() };
        }
    };
    interrupt::listen();
    let mut voice = Voice::new(words.colour, words.quiet);
    let ended = match words.command {
        Command::Compare(words) => compare::compare(&words, &mut voice),
        Command::Run(words) => run::run(&words, &mut voice),
        Command::Why(words) => why::why(&words, &mut voice),
        Command::Check(words) => check::check(&words, &mut voice),
        Command::Explain(words) => explain::explain(&words, &mut voice),
        Command::Init(words) => init::init(&words, &mut voice),
        Command::Schema(words) => schema::schema(&words, &mut voice),
        Command::Sensitivity(words) => sensitivity::sensitivity(&words, &mut voice),
        Command::Plot(words) => plot::plot(&words, &mut voice),
        Command::Bill(words) => bill::bill(&words, &mut voice),
        Command::Prices(words) => prices::prices(&words, &mut voice),
        Command::Decide(words) => decide::decide(&words, &mut voice),
        Command::Import(words) => import::import(&words, &mut voice),
        Command::Validate(words) => validate::validate(&words, &mut voice),
        Command::Regret(words) => regret::regret(&words, &mut voice),
        Command::MatchEvent(words) => match_event::match_event(&words, &mut voice),
        Command::Gallery(words) => gallery::gallery(&words, &mut voice),
    };
    ended.unwrap_or_else(|failure| fail(&failure, &mut voice)).code()
}

/// Says why a command could not do its work, where that has not been said.
fn fail(failure: &Failure, voice: &mut Voice) -> Ending {
    if *failure != Failure::Told {
        voice.insist(&format!("\u{1b}[1;31merror\u{1b}[0m: {failure}"));
    }
    failure.ending()
}
