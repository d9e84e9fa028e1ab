//! Pages that the server renders: each one self-contained, without script or request to anywhere.

pub mod reference;
