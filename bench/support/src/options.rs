//! Reads `--name value` options and positional words, enough for measuring tools.

use std::collections::HashMap;
use std::str::FromStr;

use crate::Fallible;

/// The words of a command line: positional ones, `--name value` pairs, and what follows a bare `--`.
#[derive(Debug, Default)]
pub struct Options {
    words: Vec<String>,
    values: HashMap<String, String>,
    command: Vec<String>,
}

impl Options {
    /// Reads the arguments of this process.
    ///
    /// # Errors
    /// An option without a value.
    pub fn from_arguments() -> Fallible<Self> {
        Self::parse(std::env::args().skip(1))
    }

    /// Reads the given arguments.
    ///
    /// # Errors
    /// An option without a value.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Fallible<Self> {
        let mut options = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            if argument == "--" {
                options.command.extend(arguments.by_ref());
            } else if let Some(name) = argument.strip_prefix("--") {
                let value = arguments.next().ok_or_else(|| format!("--{name} needs a value"))?;
                options.values.insert(name.to_owned(), value);
            } else {
                options.words.push(argument);
            }
        }
        Ok(options)
    }

    /// The positional word at that place.
    pub fn word(&self, index: usize) -> Option<&str> {
        self.words.get(index).map(String::as_str)
    }

    /// The words after a bare `--`: a command to run.
    pub fn command(&self) -> &[String] {
        &self.command
    }

    /// The option's value, if it was given.
    ///
    /// # Errors
    /// The value cannot be read as a `T`.
    pub fn optional<T: FromStr>(&self, name: &str) -> Fallible<Option<T>> {
        self.values
            .get(name)
            .map(|value| value.parse().map_err(|_| format!("--{name}: cannot read {value:?}").into()))
            .transpose()
    }

    /// The option's value, or the default.
    ///
    /// # Errors
    /// The value cannot be read as a `T`.
    pub fn or<T: FromStr>(&self, name: &str, default: T) -> Fallible<T> {
        Ok(self.optional(name)?.unwrap_or(default))
    }

    /// The value of an option that must be given.
    ///
    /// # Errors
    /// The option is missing or cannot be read as a `T`.
    pub fn required<T: FromStr>(&self, name: &str) -> Fallible<T> {
        self.optional(name)?.ok_or_else(|| format!("--{name} is missing").into())
    }
}
