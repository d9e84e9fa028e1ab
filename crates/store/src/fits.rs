//! What has to fit among bookings, as questions of SQL that both engines understand: each counts what does not.

/// What is counted, and how; nothing is in a sound record.
pub(crate) const QUESTIONS: [(&str, &str); 13] = [
    (
        "appointments whose session was not completed with them",
        "SELECT count(*) FROM appointments a LEFT JOIN sessions s ON s.location = a.location AND s.id = a.session \
         WHERE a.session IS NOT NULL AND (s.id IS NULL OR s.status <> 1 OR s.appointment_id <> a.id)",
    ),
    (
        "appointments of clients that do not exist",
        "SELECT count(*) FROM appointments a WHERE NOT EXISTS \
         (SELECT 1 FROM clients c WHERE c.location = a.location AND c.id = a.client)",
    ),
    (
        "appointments of patients that their client does not have",
        "SELECT count(*) FROM appointments a WHERE NOT EXISTS \
         (SELECT 1 FROM patients p WHERE p.location = a.location AND p.id = a.patient AND p.client = a.client)",
    ),
    (
        "patients of clients that do not exist",
        "SELECT count(*) FROM patients p WHERE NOT EXISTS \
         (SELECT 1 FROM clients c WHERE c.location = p.location AND c.id = p.client)",
    ),
    (
        "standing appointments without a claim to their provider",
        "SELECT count(*) FROM appointments a WHERE a.status < 5 AND NOT EXISTS \
         (SELECT 1 FROM claims c WHERE c.location = a.location AND c.resource = 'p:' || a.provider \
         AND c.occupied_from = a.occupied_from AND c.occupied_until = a.occupied_until AND c.appointment = a.id)",
    ),
    (
        "standing appointments without a claim to their room",
        "SELECT count(*) FROM appointments a WHERE a.status < 5 AND a.room IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM claims c WHERE c.location = a.location AND c.resource = 'r:' || a.room \
         AND c.occupied_from = a.occupied_from AND c.occupied_until = a.occupied_until AND c.appointment = a.id)",
    ),
    (
        "claims of no standing appointment",
        "SELECT count(*) FROM claims c WHERE NOT EXISTS \
         (SELECT 1 FROM appointments a WHERE a.location = c.location AND a.id = c.appointment AND a.status < 5 \
         AND c.resource IN ('p:' || a.provider, 'r:' || coalesce(a.room, '')))",
    ),
    (
        "claims to what is claimed already",
        "SELECT count(*) FROM claims one JOIN claims other ON other.location = one.location \
         AND other.resource = one.resource AND other.occupied_from > one.occupied_from \
         AND other.occupied_from < one.occupied_until",
    ),
    (
        "holds of sessions that are not in progress",
        "SELECT count(*) FROM holds h WHERE NOT EXISTS \
         (SELECT 1 FROM sessions s WHERE s.location = h.location AND s.id = h.session AND s.status = 0)",
    ),
    (
        "mails about appointments that do not exist",
        "SELECT count(*) FROM mails m WHERE NOT EXISTS \
         (SELECT 1 FROM appointments a WHERE a.location = m.location AND a.id = m.appointment)",
    ),
    (
        "mails that are being sent without a lease, or have one otherwise",
        "SELECT count(*) FROM mails WHERE (state = 1) <> (leased_until IS NOT NULL)",
    ),
    (
        "set-ups of locations that do not exist",
        "SELECT count(*) FROM setups s WHERE NOT EXISTS (SELECT 1 FROM locations l WHERE l.key = s.location)",
    ),
    (
        "appointments of locations that take no bookings",
        "SELECT count(*) FROM appointments a WHERE NOT EXISTS (SELECT 1 FROM setups s WHERE s.location = a.location)",
    ),
];

#[cfg(test)]
mod tests {
    use frontdesk_domain::appointment;
    use frontdesk_domain::session;

    #[test]
    fn the_questions_count_on_these_numbers() {
        let stands = |status: &appointment::Status| status.occupies() == (status.number() < 5);
        assert!(appointment::Status::ALL.iter().all(stands));
        assert_eq!((session::Status::Active.number(), session::Status::Completed.number()), (0, 1));
    }
}
