//! Writing what a transaction has changed of bookings: a statement for each table.

use std::collections::HashMap;

use frontdesk_domain::Timestamp;
use frontdesk_domain::appointment::{Appointment, Client, Hold, Patient};
use frontdesk_domain::session::ClientType;

use super::super::saving::{Column, Columns};
use super::loaded::Bookings;
use crate::batch::{Contact, NewMail, search_name};
use crate::claims::{Claim, claims_of};

const DROP_HOLDS: &str = "/* drop holds */ DELETE FROM holds \
     USING unnest($1::bigint[], $2::text[]) AS gone (location, session) \
     WHERE holds.location = gone.location AND holds.session = gone.session";

const KEEP_HOLDS: &str = "/* keep holds */ INSERT INTO holds (location, session, starts_at, provider, appointment_type, \
     room, occupied_from, occupied_until, held_until) \
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], \
     $8::bigint[], $9::bigint[]) ON CONFLICT (location, session) DO UPDATE SET starts_at = excluded.starts_at, \
     provider = excluded.provider, appointment_type = excluded.appointment_type, room = excluded.room, \
     occupied_from = excluded.occupied_from, occupied_until = excluded.occupied_until, held_until = excluded.held_until";

/// The columns of an appointment, as one array each.
macro_rules! appointment_arrays {
    () => {
        "unnest($1::bigint[], $2::text[], $3::text[], $4::smallint[], $5::bigint[], $6::bigint[], $7::text[], \
         $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::text[], $13::text[], $14::text[], $15::text[], \
         $16::smallint[], $17::text[], $18::text[], $19::text[], $20::text[], $21::bigint[], $22::bigint[], $23::bigint[])"
    };
}

/// A new appointment whose id is taken is an error, never a change of the other.
pub(super) const ADD_APPOINTMENTS: &str = concat!(
    "/* add appointments */ INSERT INTO appointments (location, id, remote_id, status, starts_at, ends_at, provider, \
     appointment_type, room, occupied_from, occupied_until, session, referral_source, referral_campaign, \
     referral_medium, client_type, client, patient, note, language, sequence, created_at, updated_at) SELECT * FROM ",
    appointment_arrays!()
);

pub(super) const CHANGE_APPOINTMENTS: &str = concat!(
    "/* change appointments */ UPDATE appointments SET remote_id = changed.remote_id, status = changed.status, \
     starts_at = changed.starts_at, ends_at = changed.ends_at, provider = changed.provider, \
     appointment_type = changed.appointment_type, room = changed.room, occupied_from = changed.occupied_from, \
     occupied_until = changed.occupied_until, session = changed.session, referral_source = changed.referral_source, \
     referral_campaign = changed.referral_campaign, referral_medium = changed.referral_medium, \
     client_type = changed.client_type, client = changed.client, patient = changed.patient, note = changed.note, \
     language = changed.language, sequence = changed.sequence, created_at = changed.created_at, \
     updated_at = changed.updated_at FROM ",
    appointment_arrays!(),
    " AS changed (location, id, remote_id, status, starts_at, ends_at, provider, appointment_type, room, occupied_from, \
     occupied_until, session, referral_source, referral_campaign, referral_medium, client_type, client, patient, note, \
     language, sequence, created_at, updated_at) \
     WHERE appointments.location = changed.location AND appointments.id = changed.id"
);

const DROP_CLAIMS: &str = "/* drop claims */ DELETE FROM claims \
     USING unnest($1::bigint[], $2::text[], $3::bigint[]) AS gone (location, resource, occupied_from) \
     WHERE claims.location = gone.location AND claims.resource = gone.resource \
     AND claims.occupied_from = gone.occupied_from";

const ADD_CLAIMS: &str = "/* add claims */ INSERT INTO claims (location, resource, occupied_from, occupied_until, appointment) \
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[])";

const SAVE_CLIENTS: &str = "/* save clients */ INSERT INTO clients (location, id, remote_id, first_name, last_name, \
     email, phone, created_at, search_name, normal_email, normal_phone) \
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], \
     $8::bigint[], $9::text[], $10::text[], $11::text[]) \
     ON CONFLICT (location, id) DO UPDATE SET email = excluded.email, phone = excluded.phone, \
     normal_email = excluded.normal_email, normal_phone = excluded.normal_phone";

const ADD_PATIENTS: &str = "/* add patients */ INSERT INTO patients (location, id, remote_id, client, name, species, \
     breed, created_at, search_name) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], \
     $6::text[], $7::text[], $8::bigint[], $9::text[])";

const ADD_MAILS: &str = "/* add mails */ INSERT INTO mails (location, id, notice, appointment, sequence, created_at, \
     due_at, attempts, state) SELECT location, id, notice, appointment, sequence, created_at, created_at, 0, 0 \
     FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[]) \
     AS added (location, id, notice, appointment, sequence, created_at)";

const CHANGE_AGENDAS: &str = "/* agendas have changed */ INSERT INTO agendas (location, changed_at) \
     SELECT * FROM unnest($1::bigint[], $2::bigint[]) \
     ON CONFLICT (location) DO UPDATE SET changed_at = excluded.changed_at";

/// The statements that write what has changed, with their rows, in their order.
pub(in super::super) fn writes<'a>(
    bookings: &'a Bookings,
    agendas: &HashMap<i64, Timestamp>,
) -> Vec<(&'static str, Columns<'a>)> {
    if agendas.is_empty() && bookings.changed.is_empty() {
        // Whatever is new, or kept, or dropped, changes an agenda.
        return Vec::new();
    }
    let claims = Claims::of(bookings);
    vec![
        (DROP_HOLDS, of_dropped_holds(bookings)),
        (KEEP_HOLDS, of_kept_holds(bookings)),
        (SAVE_CLIENTS, of_clients(bookings)),
        (ADD_PATIENTS, of_patients(bookings)),
        (ADD_APPOINTMENTS, of_appointments(bookings.added.iter(), bookings)),
        (CHANGE_APPOINTMENTS, of_appointments(bookings.changed.keys(), bookings)),
        // What is moved away is free for what is moved there.
        (DROP_CLAIMS, claims.dropped()),
        (ADD_CLAIMS, claims.added()),
        (ADD_MAILS, of_mails(&bookings.mails)),
        (CHANGE_AGENDAS, of_agendas(agendas)),
    ]
}

/// The rows of one kind, from which columns are made.
struct Rows<'a, T>(Vec<(i64, &'a T)>);

impl<'a, T> Rows<'a, T> {
    fn locations(&self) -> Column<'a> {
        Box::new(self.0.iter().map(|(location, _)| *location).collect::<Vec<i64>>())
    }

    fn texts(&self, of: impl Fn(&'a T) -> &'a str) -> Column<'a> {
        Box::new(self.0.iter().map(|(_, row)| of(row)).collect::<Vec<_>>())
    }

    fn optional_texts(&self, of: impl Fn(&'a T) -> Option<&'a str>) -> Column<'a> {
        Box::new(self.0.iter().map(|(_, row)| of(row)).collect::<Vec<_>>())
    }

    fn instants(&self, of: impl Fn(&'a T) -> Timestamp) -> Column<'a> {
        Box::new(self.0.iter().map(|(_, row)| of(row).as_micros()).collect::<Vec<_>>())
    }

    fn column<C>(&self, of: impl Fn(&'a T) -> C) -> Column<'a>
    where
        Vec<C>: tokio_postgres::types::ToSql + Sync + Send + 'a,
    {
        Box::new(self.0.iter().map(|(_, row)| of(row)).collect::<Vec<_>>())
    }

    fn columns(&self, columns: Vec<Column<'a>>) -> Columns<'a> {
        Columns { rows: self.0.len(), columns }
    }
}

fn of_dropped_holds(bookings: &Bookings) -> Columns<'_> {
    let names = &bookings.dropped_holds;
    let columns: Vec<Column<'_>> = vec![
        Box::new(names.iter().map(|(location, _)| *location).collect::<Vec<_>>()),
        Box::new(names.iter().map(|(_, session)| session.as_str()).collect::<Vec<_>>()),
    ];
    Columns { rows: names.len(), columns }
}

fn of_kept_holds(bookings: &Bookings) -> Columns<'_> {
    let kept = bookings.kept_holds.iter();
    let rows: Rows<'_, Hold> = Rows(kept.filter_map(|name| Some((name.0, bookings.holds.get(name)?))).collect());
    rows.columns(vec![
        rows.locations(),
        rows.texts(|hold| hold.session.as_str()),
        rows.instants(|hold| hold.slot.start),
        rows.texts(|hold| hold.slot.provider.as_str()),
        rows.texts(|hold| hold.slot.appointment_type.as_str()),
        rows.optional_texts(|hold| hold.room.as_ref().map(|room| room.as_str())),
        rows.instants(|hold| hold.occupied.start),
        rows.instants(|hold| hold.occupied.end),
        rows.instants(|hold| hold.until),
    ])
}

fn of_appointments<'a>(names: impl Iterator<Item = &'a (i64, String)>, bookings: &'a Bookings) -> Columns<'a> {
    let rows: Rows<'a, Appointment> =
        Rows(names.filter_map(|name| Some((name.0, bookings.appointments.get(name)?))).collect());
    rows.columns(vec![
        rows.locations(),
        rows.texts(|one| one.id.as_str()),
        rows.optional_texts(|one| one.remote_id.as_ref().map(|id| id.as_str())),
        rows.column(|one| i16::from(one.status.number())),
        rows.instants(|one| one.slot.start),
        rows.instants(|one| one.end),
        rows.texts(|one| one.slot.provider.as_str()),
        rows.texts(|one| one.slot.appointment_type.as_str()),
        rows.optional_texts(|one| one.room.as_ref().map(|room| room.as_str())),
        rows.instants(|one| one.occupied.start),
        rows.instants(|one| one.occupied.end),
        rows.optional_texts(|one| one.session.as_ref().map(|session| session.as_str())),
        rows.optional_texts(|one| one.referral.source.as_deref()),
        rows.optional_texts(|one| one.referral.campaign.as_deref()),
        rows.optional_texts(|one| one.referral.medium.as_deref()),
        rows.column(|one| one.client_type.map(ClientType::number).map(i16::from)),
        rows.texts(|one| one.client.as_str()),
        rows.texts(|one| one.patient.as_str()),
        rows.optional_texts(|one| one.note.as_deref()),
        rows.texts(|one| &one.language),
        rows.column(|one| i64::from(one.sequence)),
        rows.instants(|one| one.created_at),
        rows.instants(|one| one.updated_at),
    ])
}

/// The claims that go and those that come.
struct Claims<'a> {
    dropped: Vec<(i64, Claim)>,
    added: Vec<(i64, Claim, &'a str)>,
}

impl<'a> Claims<'a> {
    fn of(bookings: &'a Bookings) -> Self {
        let mut claims = Self { dropped: Vec::new(), added: Vec::new() };
        for (name, appointment) in &bookings.appointments {
            let before = bookings.changed.get(name);
            if before.is_none() && !bookings.added.contains(name) {
                continue;
            }
            let (old, new) = (before.map(claims_of).unwrap_or_default(), claims_of(appointment));
            if old != new {
                claims.dropped.extend(old.into_iter().map(|claim| (name.0, claim)));
                claims.added.extend(new.into_iter().map(|claim| (name.0, claim, appointment.id.as_str())));
            }
        }
        claims
    }

    fn dropped(&self) -> Columns<'a> {
        let columns: Vec<Column<'a>> = vec![
            Box::new(self.dropped.iter().map(|(location, _)| *location).collect::<Vec<_>>()),
            Box::new(self.dropped.iter().map(|(_, claim)| claim.resource.clone()).collect::<Vec<_>>()),
            Box::new(self.dropped.iter().map(|(_, claim)| claim.occupied.start.as_micros()).collect::<Vec<_>>()),
        ];
        Columns { rows: self.dropped.len(), columns }
    }

    fn added(&self) -> Columns<'a> {
        let columns: Vec<Column<'a>> = vec![
            Box::new(self.added.iter().map(|(location, ..)| *location).collect::<Vec<_>>()),
            Box::new(self.added.iter().map(|(_, claim, _)| claim.resource.clone()).collect::<Vec<_>>()),
            Box::new(self.added.iter().map(|(_, claim, _)| claim.occupied.start.as_micros()).collect::<Vec<_>>()),
            Box::new(self.added.iter().map(|(_, claim, _)| claim.occupied.end.as_micros()).collect::<Vec<_>>()),
            Box::new(self.added.iter().map(|(.., appointment)| *appointment).collect::<Vec<_>>()),
        ];
        Columns { rows: self.added.len(), columns }
    }
}

fn of_clients(bookings: &Bookings) -> Columns<'_> {
    let saved = bookings.saved_clients.iter();
    let rows: Rows<'_, (Client, Contact)> =
        Rows(saved.filter_map(|name| Some((name.0, bookings.clients.get(name)?))).collect());
    rows.columns(vec![
        rows.locations(),
        rows.texts(|(client, _)| client.id.as_str()),
        rows.optional_texts(|(client, _)| client.remote_id.as_deref()),
        rows.texts(|(client, _)| &client.first_name),
        rows.texts(|(client, _)| &client.last_name),
        rows.optional_texts(|(client, _)| client.email.as_deref()),
        rows.optional_texts(|(client, _)| client.phone.as_deref()),
        rows.instants(|(client, _)| client.created_at),
        rows.column(|(client, _)| search_name(client)),
        rows.optional_texts(|(_, contact)| contact.email.as_deref()),
        rows.optional_texts(|(_, contact)| contact.phone.as_deref()),
    ])
}

fn of_patients(bookings: &Bookings) -> Columns<'_> {
    let added = bookings.added_patients.iter();
    let rows: Rows<'_, Patient> = Rows(added.filter_map(|name| Some((name.0, bookings.patients.get(name)?))).collect());
    rows.columns(vec![
        rows.locations(),
        rows.texts(|patient| patient.id.as_str()),
        rows.optional_texts(|patient| patient.remote_id.as_deref()),
        rows.texts(|patient| patient.client.as_str()),
        rows.texts(|patient| &patient.name),
        rows.optional_texts(|patient| patient.species.as_deref()),
        rows.optional_texts(|patient| patient.breed.as_deref()),
        rows.instants(|patient| patient.created_at),
        rows.column(|patient| patient.name.to_lowercase()),
    ])
}

fn of_mails(mails: &[(i64, NewMail)]) -> Columns<'_> {
    let rows: Rows<'_, NewMail> = Rows(mails.iter().map(|(location, mail)| (*location, mail)).collect());
    rows.columns(vec![
        rows.locations(),
        rows.texts(|mail| mail.id.as_str()),
        rows.texts(|mail| mail.notice.as_str()),
        rows.texts(|mail| mail.appointment.as_str()),
        rows.column(|mail| i64::from(mail.sequence)),
        rows.instants(|mail| mail.created_at),
    ])
}

fn of_agendas<'a>(agendas: &HashMap<i64, Timestamp>) -> Columns<'a> {
    let columns: Vec<Column<'a>> = vec![
        Box::new(agendas.keys().copied().collect::<Vec<_>>()),
        Box::new(agendas.values().map(|tick| tick.as_micros()).collect::<Vec<_>>()),
    ];
    Columns { rows: agendas.len(), columns }
}
