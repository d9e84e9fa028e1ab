//! What the writers carry out: commands on sessions and commands on appointments, in one transaction, each with an answer of
//! its own.

use frontdesk_domain::LocationId;
use frontdesk_domain::appointment::{self, Rejection};
use frontdesk_domain::session::Command;
use tokio::sync::oneshot;

use crate::batch::{Batch, Records};
use crate::booking::{BookError, Booked};
use crate::error::{ApplyError, StoreError};
use crate::record::Outcome;

/// One command.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    Session(Box<Command>),
    Booking(Box<appointment::Command>),
}

/// How it went.
#[derive(Debug)]
pub(crate) enum Done {
    Session(Result<Outcome, ApplyError>),
    Booking(Result<Booked, BookError>),
}

/// Where the answer goes. Whoever asked may have gone; what is done is done all the same.
#[derive(Debug)]
pub(crate) enum Reply {
    Session(oneshot::Sender<Result<Outcome, ApplyError>>),
    Booking(oneshot::Sender<Result<Booked, BookError>>),
}

impl Work {
    pub(crate) fn location(&self) -> &LocationId {
        match self {
            Self::Session(command) => &command.location,
            Self::Booking(command) => &command.location,
        }
    }

    pub(crate) const fn is_booking(&self) -> bool {
        matches!(self, Self::Booking(_))
    }

    /// The answer to it when its transaction came to a fault.
    pub(crate) fn failed(&self, fault: &StoreError) -> Done {
        let shared = if fault.is_passing() {
            StoreError::Unavailable(fault.to_string())
        } else {
            StoreError::Commit(fault.to_string())
        };
        match self {
            Self::Session(_) => Done::Session(Err(shared.into())),
            // The database has refused what the decision allowed: somebody else has written there.
            Self::Booking(_) if matches!(fault, StoreError::Claimed(_)) => {
                Done::Booking(Err(Rejection::SlotTaken.into()))
            }
            Self::Booking(_) => Done::Booking(Err(shared.into())),
        }
    }
}

impl<R: Records> Batch<'_, R> {
    /// Carries out one command.
    ///
    /// # Errors
    /// Faults, which the whole transaction shares; every other error is the command's own answer.
    pub(crate) fn carry_out(&mut self, work: &Work) -> Result<Done, StoreError> {
        match work {
            Work::Session(command) => match self.apply((**command).clone()) {
                Err(ApplyError::Fault(fault)) => Err(fault),
                answer => Ok(Done::Session(answer)),
            },
            Work::Booking(command) => match self.book((**command).clone()) {
                Err(BookError::Fault(fault)) => Err(fault),
                answer => Ok(Done::Booking(answer)),
            },
        }
    }
}

impl Reply {
    pub(crate) fn send(self, done: Done) {
        match (self, done) {
            (Self::Session(reply), Done::Session(answer)) => drop(reply.send(answer)),
            (Self::Booking(reply), Done::Booking(answer)) => drop(reply.send(answer)),
            // Cannot come up: an answer is made from the work that came with the reply.
            (Self::Session(_), Done::Booking(_)) | (Self::Booking(_), Done::Session(_)) => {}
        }
    }
}
