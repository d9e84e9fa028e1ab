//! Whom an appointment is for: clients and patients, known again or new.

use frontdesk_domain::appointment::{
    Client, ClientChoice, NewClient, NewPatient, Patient, PatientChoice, Rejection, normal_email, normal_phone,
};
use frontdesk_domain::session::ClientType;

use super::booking::Site;
use super::{Batch, Records};
use crate::booking::BookError;

/// By what a client is known again: an email address and a phone number, as they are compared.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Contact {
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
}

impl Contact {
    /// Of an address and a number as they were given, in the country of `calling_code`. What cannot be one is none.
    pub(crate) fn of(email: Option<&str>, phone: Option<&str>, calling_code: &str) -> Self {
        Self {
            email: email.and_then(|email| normal_email(email).ok()),
            phone: phone.and_then(|phone| normal_phone(phone, calling_code).ok()),
        }
    }
}

/// The name of a client as it is searched: in lower case, because engines differ in what a letter of which case is.
pub(crate) fn search_name(client: &Client) -> String {
    format!("{} {}", client.first_name, client.last_name).to_lowercase()
}

/// Somebody on the record, or about to be.
pub(super) struct Chosen<T> {
    pub(super) who: T,
    /// Whether there is something to be saved.
    pub(super) is_news: bool,
    /// Whether they were not on the record before.
    pub(super) is_new: bool,
}

/// Who says whom a booking is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// Anybody on the booking page.
    Visitor,
    /// A partner or the practice, who have a token.
    Partner,
}

impl<T> Chosen<T> {
    fn known(who: T) -> Self {
        Self { who, is_news: false, is_new: false }
    }
}

impl Chosen<Client> {
    /// New or returning, as the record knows.
    pub(super) const fn client_type(&self) -> ClientType {
        if self.is_new { ClientType::New } else { ClientType::Returning }
    }
}

impl Site<'_> {
    /// By what a client of this location is known again.
    pub(super) fn contact(&self, email: Option<&str>, phone: Option<&str>) -> Contact {
        Contact::of(email, phone, self.booking.setup.face.calling_code())
    }
}

impl<'a, R: Records> Batch<'a, R> {
    /// The client of a booking; nothing is saved yet.
    pub(super) fn choose_client(
        &mut self,
        site: &Site<'_>,
        choice: ClientChoice,
        says: Says,
    ) -> Result<Chosen<Client>, BookError> {
        let described = match choice {
            ClientChoice::Known(known) => {
                let client = self.records.client(site.key(), &known)?.ok_or(Rejection::NoSuchClient)?;
                return Ok(Chosen::known(client));
            }
            ClientChoice::Described(described) => described,
        };
        let Some(mut known) = self.known_again(site, &described, says)? else {
            let NewClient { id, first_name, last_name, email, phone } = described;
            let who = Client { id, remote_id: None, first_name, last_name, email, phone, created_at: site.now };
            return Ok(Chosen { who, is_news: true, is_new: true });
        };
        // What was missing is learned; what was known is never changed by whoever describes themselves so.
        let learns = |known: &Option<Box<str>>, given: &Option<Box<str>>| known.is_none() && given.is_some();
        let is_news = learns(&known.email, &described.email) || learns(&known.phone, &described.phone);
        known.email = known.email.or(described.email);
        known.phone = known.phone.or(described.phone);
        Ok(Chosen { who: known, is_news, is_new: false })
    }

    /// The client with the email address of who describes themselves so, or else with their phone number. One number is
    /// shared in many a household, so two different addresses are two people all the same. A visitor who gives an address
    /// is known by that alone: mails with the links to a client's appointments go to the address on record, and whoever
    /// knows somebody's phone number must not be able to put their own there.
    fn known_again(&mut self, site: &Site<'_>, described: &NewClient, says: Says) -> Result<Option<Client>, BookError> {
        let contact = site.contact(described.email.as_deref(), described.phone.as_deref());
        if let Some(email) = &contact.email
            && let Some(client) = self.records.clients_by_email(site.key(), email)?.into_iter().next()
        {
            return Ok(Some(client));
        }
        let Some(phone) = &contact.phone else { return Ok(None) };
        let may_be = |client: &Client| match says {
            Says::Visitor => described.email.is_none(),
            Says::Partner => client.email.is_none() || described.email.is_none(),
        };
        Ok(self.records.clients_by_phone(site.key(), phone)?.into_iter().find(may_be))
    }

    /// The patient of a booking of `client`; nothing is saved yet.
    pub(super) fn choose_patient(
        &mut self,
        site: &Site<'_>,
        client: &Client,
        choice: PatientChoice,
    ) -> Result<Chosen<Patient>, BookError> {
        let NewPatient { id, name, species, breed } = match choice {
            PatientChoice::Known(known) => {
                let patient = self.records.patient(site.key(), &known)?;
                let patient = patient.filter(|patient| patient.client == client.id);
                return Ok(Chosen::known(patient.ok_or(Rejection::NoSuchPatient)?));
            }
            PatientChoice::Described(described) => described,
        };
        let wanted = name.to_lowercase();
        let known = self.records.patients_of(site.key(), &client.id)?;
        if let Some(known) = known.into_iter().find(|known| known.name.to_lowercase() == wanted) {
            return Ok(Chosen::known(known));
        }
        let client = client.id.clone();
        let who = Patient { id, remote_id: None, client, name, species, breed, created_at: site.now };
        Ok(Chosen { who, is_news: true, is_new: true })
    }
}
