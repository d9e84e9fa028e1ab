//! Mails to clients: what the operator sets, what they say, and the conversation that hands them over. `jobs::deliver` does
//! it.

pub mod settings;
pub mod smtp;
