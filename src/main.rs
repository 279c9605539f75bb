//! The plan of the program: parse, dispatch, complain, exit code.

fn main() {}
