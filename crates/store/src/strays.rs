//! What `check` asks of both engines in the same words: how many rows there are that nothing sound would leave behind.

/// What there must be none of, and the question that counts it.
pub(crate) const QUESTIONS: &[(&str, &str)] = &[
    (
        "events of sessions that do not exist",
        "SELECT count(*) FROM events e WHERE NOT EXISTS \
         (SELECT 1 FROM sessions s WHERE s.location = e.location AND s.id = e.session)",
    ),
    (
        "sessions of locations that do not exist",
        "SELECT count(*) FROM sessions s WHERE NOT EXISTS (SELECT 1 FROM locations l WHERE l.key = s.location)",
    ),
    (
        // Status 0 is active.
        "active sessions without an expiry, or ended ones with one",
        "SELECT count(*) FROM sessions WHERE (status = 0) <> (expires_at IS NOT NULL)",
    ),
    (
        // Status 1 is completed.
        "appointments whose session was not completed with them",
        "SELECT count(*) FROM appointments a WHERE a.session IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM sessions s WHERE s.location = a.location AND s.id = a.session AND s.status = 1 \
         AND s.appointment_id = a.id AND s.remote_appointment_id IS NOT DISTINCT FROM a.remote_id)",
    ),
    (
        "appointments whose client or patient does not exist",
        "SELECT count(*) FROM appointments a WHERE NOT EXISTS \
         (SELECT 1 FROM clients c WHERE c.location = a.location AND c.id = a.client) OR NOT EXISTS \
         (SELECT 1 FROM patients p WHERE p.location = a.location AND p.id = a.patient AND p.client = a.client)",
    ),
    (
        // Statuses from 5 on do not stand.
        "standing appointments that do not claim their provider and their room",
        "SELECT count(*) FROM appointments a WHERE a.status < 5 AND CASE WHEN a.room IS NULL THEN 1 ELSE 2 END <> \
         (SELECT count(*) FROM claims c WHERE c.location = a.location AND c.appointment = a.id \
         AND c.resource IN ('p:' || a.provider, 'r:' || a.room) AND c.occupied_from = a.occupied_from \
         AND c.occupied_until = a.occupied_until)",
    ),
    (
        "claims of appointments that do not stand",
        "SELECT count(*) FROM claims c WHERE NOT EXISTS \
         (SELECT 1 FROM appointments a WHERE a.location = c.location AND a.id = c.appointment AND a.status < 5)",
    ),
    (
        "claims that overlap another one of the same provider or room",
        "SELECT count(*) FROM claims one JOIN claims other ON other.location = one.location \
         AND other.resource = one.resource AND other.occupied_from > one.occupied_from \
         AND other.occupied_from < one.occupied_until",
    ),
    (
        "times held for sessions that are not in progress",
        "SELECT count(*) FROM holds h WHERE NOT EXISTS \
         (SELECT 1 FROM sessions s WHERE s.location = h.location AND s.id = h.session AND s.status = 0)",
    ),
    (
        "mails about appointments that do not exist",
        "SELECT count(*) FROM mails m WHERE NOT EXISTS \
         (SELECT 1 FROM appointments a WHERE a.location = m.location AND a.id = m.appointment)",
    ),
];
