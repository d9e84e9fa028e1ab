//! The product from outside: the real binary, over HTTP and from the command line.

mod smoke;
mod support;
