//! The state machine under random actions, with time moving.

use frontdesk_domain::appointment::Notice;
use frontdesk_domain::scheduling::Slot;
use frontdesk_domain::session::{
    Action, Arrival, ClientType, Event, Observation, Referral, Rejection, Replay, ReplayError, Session, Stage, Start,
    State, Status, Transition,
};
use frontdesk_domain::{AppointmentId, ProviderId, SessionId, Timestamp, TypeId};
use proptest::prelude::*;

const TIME_TO_LIVE: i64 = 1000;

fn appointment() -> impl Strategy<Value = AppointmentId> {
    prop::sample::select(vec!["a1", "a2", "r1", "r2"]).prop_map(|id| AppointmentId::parse(id).expect("an id"))
}

fn action() -> impl Strategy<Value = Action> {
    let stage = prop::option::of(prop::sample::select(Stage::ALL));
    let client_type = prop::option::of(prop::sample::select(ClientType::ALL));
    prop_oneof![
        5 => (stage, client_type).prop_map(|(stage, client_type)| Action::Advance { stage, client_type }),
        1 => (appointment(), prop::option::of(appointment())).prop_map(|(appointment_id, remote_appointment_id)| {
            Action::Complete { appointment_id, remote_appointment_id }
        }),
        1 => appointment().prop_map(|remote_appointment_id| Action::AttachRemote { remote_appointment_id }),
        2 => Just(Action::Settle),
    ]
}

/// Actions and the time between them; now and then long enough to expire.
fn trip() -> impl Strategy<Value = Vec<(i64, Action)>> {
    let pause = prop_oneof![4 => 0..300_i64, 1 => 900..1100_i64, 1 => Just(TIME_TO_LIVE)];
    prop::collection::vec((pause, action()), 0..25)
}

fn begin(now: Timestamp) -> Transition {
    let start = Start {
        referral: Referral { source: Some("newsletter".into()), campaign: None, medium: Some("mail".into()) },
        arrival: Arrival { landing_page: Some("https://practice.example/book".into()), ..Arrival::default() },
    };
    Session::start(SessionId::parse("s").expect("an id"), start, now, TIME_TO_LIVE)
}

/// What the contract says becomes of `action`, in words of its own.
fn refusal(session: &Session, action: &Action, now: Timestamp) -> Option<Rejection> {
    let in_progress = matches!(session.state, State::Active { expires_at } if now < expires_at);
    match (action, &session.state) {
        (Action::Advance { .. }, State::Completed { .. }) => Some(Rejection::SessionCompleted),
        (Action::Advance { .. }, _) if !in_progress => Some(Rejection::SessionExpired),
        (Action::Advance { stage: Some(Stage::Completed), .. }, _) => Some(Rejection::StageNeedsAppointment),
        (Action::Complete { appointment_id, .. }, State::Completed { appointment_id: booked, .. })
            if appointment_id != booked =>
        {
            Some(Rejection::AlreadyCompleted)
        }
        (Action::AttachRemote { .. }, State::Active { .. } | State::Abandoned) => Some(Rejection::NotCompleted),
        (Action::Settle, State::Active { .. }) if !in_progress => None,
        (Action::Settle, _) => Some(Rejection::NotDue),
        _ => None,
    }
}

/// What holds between a session and what it becomes, whatever was done.
fn check_step(before: &Session, transition: &Transition, action: &Action, now: Timestamp) -> Result<(), TestCaseError> {
    let Transition { session: after, events } = transition;
    prop_assert!(after.stage >= before.stage, "the stage went back");
    prop_assert_eq!(after.stage == Stage::Completed, after.state.status() == Status::Completed);
    prop_assert_eq!((&after.id, &after.referral, after.created_at), (&before.id, &before.referral, before.created_at));
    prop_assert_eq!(after.updated_at, before.updated_at, "only the engine gives ticks");
    prop_assert!(after.last_activity_at >= before.last_activity_at);
    prop_assert!(after.client_type.is_some() || before.client_type.is_none(), "what was known is forgotten");
    prop_assert_eq!(events.is_empty(), before == after && !matches!(action, Action::Advance { .. }));
    let in_progress = matches!(before.state, State::Active { expires_at } if now < expires_at);
    let visitor = in_progress && matches!(action, Action::Advance { .. } | Action::Complete { .. });
    prop_assert_eq!(visitor, events.iter().any(|event| !matches!(event, Event::Abandoned)) && in_progress);
    let activity = if visitor { Some(now) } else { before.last_activity_at };
    prop_assert_eq!(after.last_activity_at, activity);
    match (&before.state, &after.state) {
        (_, State::Active { expires_at }) => prop_assert_eq!(*expires_at, now.plus_micros(TIME_TO_LIVE)),
        (State::Active { expires_at }, State::Abandoned) => prop_assert!(*expires_at <= now),
        (State::Abandoned, State::Abandoned) => prop_assert!(events.is_empty()),
        (
            State::Completed { appointment_id: one, .. },
            State::Completed { appointment_id: other, remote_appointment_id },
        ) => {
            prop_assert_eq!(one, other);
            let before = before.view().remote_appointment_id;
            prop_assert!(before.is_none() || remote_appointment_id.is_some(), "what was known is forgotten");
        }
        (State::Active { .. } | State::Abandoned, State::Completed { .. }) => {
            prop_assert!(matches!(action, Action::Complete { .. }), "completed without an appointment");
        }
        (State::Completed { .. }, State::Abandoned) => prop_assert!(false, "an appointment was lost"),
    }
    Ok(())
}

proptest! {
    #![proptest_config(crate::cases(2000))]

    #[test]
    fn a_trip_follows_the_rules(trip in trip()) {
        let mut now = Timestamp::from_micros(1_700_000_000_000_000);
        let Transition { mut session, mut events } = begin(now);
        prop_assert_eq!(Replay::of(events.clone()).and_then(|replay| replay.matches(&session)), Ok(()));
        for (pause, action) in trip {
            now = now.plus_micros(pause);
            let answer = session.clone().apply(action.clone(), now, TIME_TO_LIVE);
            prop_assert_eq!(answer.as_ref().err().copied(), refusal(&session, &action, now), "{:?}", action);
            let Ok(transition) = answer else { continue };
            check_step(&session, &transition, &action, now)?;
            // A repetition of what is not the visitor's heartbeat changes nothing.
            if matches!(action, Action::Complete { .. } | Action::AttachRemote { .. }) {
                let again = transition.session.clone().apply(action, now.plus_micros(1), TIME_TO_LIVE);
                prop_assert_eq!(again, Ok(Transition { session: transition.session.clone(), events: Vec::new() }));
            }
            session = transition.session;
            events.extend(transition.events);
            prop_assert_eq!(Replay::of(events.clone()).and_then(|replay| replay.matches(&session)), Ok(()));
        }
    }

    #[test]
    fn a_timeline_that_lost_an_event_is_noticed(trip in trip(), index: prop::sample::Index) {
        let mut now = Timestamp::from_micros(0);
        let Transition { mut session, mut events } = begin(now);
        for (pause, action) in trip {
            now = now.plus_micros(pause);
            if let Ok(transition) = session.clone().apply(action, now, TIME_TO_LIVE) {
                session = transition.session;
                events.extend(transition.events);
            }
        }
        let index = index.index(events.len());
        let lost = events.remove(index);
        let verdict = Replay::of(events.clone()).and_then(|replay| replay.matches(&session));
        let stage_overtaken = |stage| events.iter().any(|event| match event {
            Event::StageReached { stage: later } => *later > stage,
            Event::Completed { .. } => true,
            _ => false,
        });
        let telling = match lost {
            Event::Started { .. } => true,
            Event::StageReached { stage } => !stage_overtaken(stage),
            Event::ClientTypeSet { .. } => !events[index..].iter().any(|event| matches!(event, Event::ClientTypeSet { .. })),
            Event::Completed { .. } => true,
            Event::RemoteAppointmentAttached { .. } => {
                let remote = |event: &Event| matches!(event, Event::RemoteAppointmentAttached { .. });
                !events[index..].iter().any(remote)
            }
            Event::Abandoned => session.state == State::Abandoned,
            Event::Touched | Event::Observed(_) | Event::Imported { .. } => false,
        };
        prop_assert_eq!(verdict.is_err(), telling, "lost {:?}", lost);
    }
}

#[test]
fn an_expired_session_refuses_the_visitor_but_takes_a_late_confirmation() {
    let session = begin(Timestamp::from_micros(0)).session;
    let advance = Action::Advance { stage: Some(Stage::Checkout), client_type: None };
    let at = Timestamp::from_micros;
    assert!(session.clone().apply(advance.clone(), at(TIME_TO_LIVE - 1), TIME_TO_LIVE).is_ok());
    let refused = session.clone().apply(advance.clone(), at(TIME_TO_LIVE), TIME_TO_LIVE);
    assert_eq!(refused.map_err(Rejection::code), Err("session_expired"));
    let settled = session.clone().apply(Action::Settle, at(TIME_TO_LIVE), TIME_TO_LIVE).expect("it is due").session;
    let refused = settled.clone().apply(advance, at(TIME_TO_LIVE + 1), TIME_TO_LIVE);
    assert_eq!(refused.map_err(Rejection::code), Err("session_expired"));
    let complete =
        Action::Complete { appointment_id: AppointmentId::parse("a").expect("an id"), remote_appointment_id: None };
    for expired in [session, settled] {
        let late = expired.apply(complete.clone(), at(9 * TIME_TO_LIVE), TIME_TO_LIVE).expect("a late confirmation");
        assert_eq!(late.session.state.status(), Status::Completed);
        assert_eq!(late.session.last_activity_at, Some(at(0)), "the visitor did nothing");
    }
}

#[test]
fn codes_are_stable_and_messages_are_sentences() {
    let table = [
        (Rejection::SessionExpired, "session_expired"),
        (Rejection::SessionCompleted, "session_completed"),
        (Rejection::AlreadyCompleted, "already_completed"),
        (Rejection::NotCompleted, "not_completed"),
        (Rejection::StageNeedsAppointment, "stage_needs_appointment"),
        (Rejection::NotDue, "not_due"),
    ];
    for (rejection, code) in table {
        assert_eq!(rejection.code(), code);
        assert!(rejection.to_string().ends_with('.'));
    }
}

#[test]
fn a_timeline_begins_once() {
    let started = begin(Timestamp::from_micros(0)).events.remove(0);
    assert_eq!(Replay::of([]), Err(ReplayError::NoBeginning));
    assert_eq!(Replay::of([Event::Touched, started.clone()]), Err(ReplayError::NoBeginning));
    assert_eq!(Replay::of([started.clone(), started]), Err(ReplayError::NoBeginning));
}

#[test]
fn names_and_numbers_go_both_ways() {
    for stage in Stage::ALL {
        assert_eq!(Stage::from_wire(stage.as_str()), Some(*stage));
        assert_eq!(Stage::from_number(i64::from(stage.number())), Some(*stage));
    }
    for status in Status::ALL {
        assert_eq!(Status::from_wire(status.as_str()), Some(*status));
        assert_eq!(Status::from_wire(&status.as_str().to_uppercase()), None);
        assert_eq!(Status::from_number(i64::from(status.number())), Some(*status));
    }
    for client_type in ClientType::ALL {
        assert_eq!(ClientType::from_wire(client_type.as_str()), Some(*client_type));
        assert_eq!(ClientType::from_number(i64::from(client_type.number())), Some(*client_type));
    }
    assert!(
        Stage::from_number(6).is_none() && Status::from_number(-1).is_none() && ClientType::from_number(2).is_none()
    );
}

#[test]
fn what_was_learned_is_read_back_and_what_is_wrong_with_it_is_named() {
    let slot = || Slot {
        start: Timestamp::from_micros(60_000_000),
        provider: ProviderId::parse("lee").expect("an id"),
        appointment_type: TypeId::parse("checkup").expect("an id"),
    };
    let observations = [
        Observation::Searched {
            appointment_type: TypeId::parse("checkup").expect("an id"),
            provider: None,
            from: Timestamp::from_micros(1),
            found: 3,
            first_after_minutes: Some(20),
        },
        Observation::TimeHeld { slot: slot(), until: Timestamp::from_micros(9) },
        Observation::TimeReleased { slot: slot() },
        Observation::HoldExpired { slot: slot() },
        Observation::TimeLost { slot: slot() },
        Observation::FormRefused { fields: vec!["email".into()] },
        Observation::MailFailed { notice: Notice::Booked, reason: "550".into() },
    ];
    for observation in observations {
        let event = Event::Observed(observation);
        let text = serde_json::to_string(&event).expect("JSON");
        assert_eq!(serde_json::from_str::<Event>(&text).map_err(|wrong| wrong.to_string()), Ok(event), "{text}");
    }
    let wrong = |text| serde_json::from_str::<Event>(text).map(drop).map_err(|wrong| wrong.to_string());
    assert_eq!(wrong(r#"{"kind":"time_lost"}"#), Err("missing field `slot`".to_owned()));
    assert!(wrong(r#"{"kind":"toucher"}"#).is_err_and(|wrong| wrong.starts_with("unknown variant `toucher`")));
    assert_eq!(wrong("{}"), Err("missing field `kind`".to_owned()));
}
