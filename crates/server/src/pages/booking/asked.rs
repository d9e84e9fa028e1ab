//! What a request of the flow is about: whose session, where in the flow, in which words, with what typed.

use std::collections::HashMap;
use std::sync::Arc;

use axum::RequestExt;
use axum::extract::{FromRequest, Path, Request};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use frontdesk_domain::session::{
    Action, ClientType, Command, Observation, Rejection, Request as Ask, Session, Stage, State as Standing,
};
use frontdesk_domain::{SessionId, Timestamp};
use frontdesk_store::{ApplyError, BookError, BookingSetup, Catalog, Location, StoreError};

use super::details::Typed;
use super::frame::{Frame, OtherLanguage};
use super::links::{self, Links, Place};
use super::{start, trouble};
use crate::addresses::Address;
use crate::app::App;
use crate::pages::form::{Fields, FormError};
use crate::pages::{guard, respond};
use crate::words::{Language, Words};

/// A page, or another one instead.
pub type Answer = Result<Response, Instead>;

/// What is shown in the place of what was asked for.
pub struct Instead(Box<Response>);

impl From<Response> for Instead {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl IntoResponse for Instead {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// A visitor of a location, of whom nothing else is known.
pub struct Visitor {
    /// The location.
    pub location: Arc<Location>,
    /// Its secrets.
    pub catalog: Arc<Catalog>,
    /// The visitor's words.
    pub say: Words,
    /// The language that the visitor has chosen by name.
    pub language: Option<Language>,
    /// What the browser said.
    pub headers: HeaderMap,
    /// Where it is.
    pub address: Address,
    /// The parts of the query.
    pub query: Fields,
    /// The fields of the form.
    pub form: Fields,
    /// Now.
    pub now: Timestamp,
}

/// A request of the flow.
pub struct Asked {
    /// The visitor.
    pub visitor: Visitor,
    /// Their session, as it was when the request came.
    pub session: Session,
    /// Its addresses.
    pub links: Links,
    /// Where in the flow.
    pub place: Place,
    /// What was typed so far.
    pub typed: Typed,
    /// Whether nobody sees the page (a HEAD), so that asking for it changes nothing.
    pub unseen: bool,
}

impl Visitor {
    /// Reads a request with the location in its path. `name` is the part of the path that may say the language.
    pub async fn read(app: &Arc<App>, request: Request, name: &str) -> Result<(Self, String), Instead> {
        let (mut parts, body) = request.with_limited_body().into_parts();
        let fault = |wrong: StoreError| trouble::fault(&wrong, &parts.headers, None);
        let catalog = Arc::clone(app.store.reader().map_err(fault)?.catalog());
        let path: HashMap<String, String> = match axum::RequestPartsExt::extract(&mut parts).await {
            Ok(Path(path)) => path,
            Err(_) => return Err(trouble::unknown(&parts.headers)),
        };
        let id = path.get("location").map(String::as_str).unwrap_or_default();
        let Some(location) = catalog.location(id).map(Arc::clone) else { return Err(trouble::unknown(&parts.headers)) };
        let named = path.get(name).cloned().unwrap_or_default();
        let query = Fields::of_query(&parts.uri);
        let language = links::take_apart(&named).and_then(|(_, _, language)| language);
        let language = language.or_else(|| query.get("lang").and_then(Language::of));
        let say = words(&parts.headers, language, &location);
        let form = if parts.method == Method::POST {
            if !guard::is_own_form(&parts.headers) {
                return Err(trouble::foreign_form(say, &location, &parts.headers));
            }
            match Fields::receive(&parts.headers, body).await {
                Ok(form) => form,
                Err(FormError::TooLarge) => return Err(trouble::too_large(say, &location, &parts.headers)),
                Err(FormError::Incomplete) => return Err(trouble::late(say, &location, &parts.headers)),
            }
        } else {
            Fields::default()
        };
        let address = Address::of(&parts, app);
        let visitor = Self {
            location,
            catalog,
            say,
            language,
            address,
            query,
            form,
            now: app.clock.now(),
            headers: parts.headers,
        };
        if visitor.location.booking.is_none() {
            return Err(trouble::closed(&visitor));
        }
        Ok((visitor, named))
    }

    /// How the location is set up.
    pub fn booking(&self) -> &BookingSetup {
        self.location.booking.as_ref().expect("cannot fail: a visitor of a location without set-up was sent away")
    }

    /// A page of the location.
    pub fn frame(&self, title: &str) -> Frame {
        Frame::of(self.say, &self.location, self.say.text(title))
    }

    /// A page as the answer.
    pub fn show(&self, status: StatusCode, page: &impl askama::Template) -> Response {
        respond::page(status, page, Some(&self.location), &self.headers)
    }

    /// The answer when something broke.
    pub fn fault(&self, wrong: &StoreError) -> Instead {
        trouble::fault(wrong, &self.headers, Some((self.say, &self.location)))
    }
}

/// The words for a visitor of a location.
fn words(headers: &HeaderMap, asked: Option<Language>, location: &Location) -> Words {
    let accepts = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let face = location.booking.as_ref().map(|booking| &booking.setup.face);
    let own = face.and_then(|face| face.language.as_deref());
    let code = face.map_or("1", |face| face.calling_code());
    Words::negotiate(asked.map(Language::tag), accepts, own, code)
}

impl FromRequest<Arc<App>> for Asked {
    type Rejection = Instead;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Instead> {
        let unseen = request.method() == Method::HEAD;
        let (visitor, named) = Visitor::read(app, request, "visit").await?;
        start::must_be_there(&visitor)?;
        let missing = || trouble::missing(&visitor);
        let (id, key, _) = links::take_apart(&named).ok_or_else(missing)?;
        let id = SessionId::parse(id).map_err(|_| missing())?;
        if !visitor.catalog.secret_key().opens_page(&visitor.location.id, &id, key) {
            return Err(missing());
        }
        let links = Links::of_session(&visitor.location.id, id.as_str(), key, visitor.language);
        let session = {
            let mut reader = app.store.reader().map_err(|wrong| visitor.fault(&wrong))?;
            reader.session(&visitor.location, id.as_str()).await.map_err(|wrong| visitor.fault(&wrong))?
        };
        let session = session.ok_or_else(missing)?;
        let part = |name: &str| {
            if visitor.form.is_doubled(name) {
                // What nobody offers is refused where it stands.
                return Some(String::new());
            }
            let value = visitor.form.some(name).or_else(|| visitor.query.some(name));
            value.filter(|value| value.len() <= 128).map(str::to_owned)
        };
        let place = Place { kind: part("type"), provider: part("provider"), from: part("from") };
        let typed = Typed::read(&visitor.form);
        Ok(Self { visitor, session, links, place, typed, unseen })
    }
}

impl Asked {
    /// The id of the session.
    pub fn id(&self) -> &SessionId {
        &self.session.id
    }

    /// Lets a visitor whose session is under way go on, and leads others to where theirs is.
    pub async fn must_be_open(&self, app: &App) -> Result<(), Instead> {
        match self.session.state {
            Standing::Active { expires_at } if self.visitor.now < expires_at => Ok(()),
            Standing::Active { .. } | Standing::Abandoned => Err(trouble::expired(app, self).await),
            Standing::Completed { .. } => Err(self.go("done").into()),
        }
    }

    /// Writes down what was learned, and that the visitor is there.
    pub async fn observe(
        &self,
        app: &App,
        stage: Option<Stage>,
        observations: Vec<Observation>,
    ) -> Result<(), Instead> {
        self.act(app, Action::Observe { stage, observations }).await
    }

    /// Writes down that a stage was reached, and who the visitor says to be.
    pub async fn advance(&self, app: &App, stage: Stage, client_type: Option<ClientType>) -> Result<(), Instead> {
        self.act(app, Action::Advance { stage: Some(stage), client_type }).await
    }

    async fn act(&self, app: &App, action: Action) -> Result<(), Instead> {
        if self.unseen {
            return Ok(());
        }
        let command = Command {
            location: self.visitor.location.id.clone(),
            session: self.id().clone(),
            now: app.clock.now(),
            idempotency: None,
            request: Ask::Act(action),
        };
        match app.store.apply(command).await {
            Ok(_) => Ok(()),
            Err(ApplyError::Rejected(rejection)) => Err(self.rejected(app, rejection).await),
            Err(ApplyError::Fault(wrong)) => Err(self.visitor.fault(&wrong)),
            Err(ApplyError::NoSuchSession | ApplyError::NoSuchLocation | ApplyError::KeyReused) => {
                Err(trouble::missing(&self.visitor))
            }
        }
    }

    /// What a visitor sees whose session is not what the page thought it was.
    pub async fn rejected(&self, app: &App, rejection: Rejection) -> Instead {
        match rejection {
            Rejection::SessionCompleted | Rejection::AlreadyCompleted => self.go("done").into(),
            Rejection::SessionExpired
            | Rejection::NotCompleted
            | Rejection::StageNeedsAppointment
            | Rejection::NotDue => trouble::expired(app, self).await,
        }
    }

    /// What a visitor sees when a command on appointments was refused for another reason than a rule of theirs.
    pub async fn refused(&self, app: &App, error: BookError) -> Instead {
        match error {
            BookError::SessionRejected(rejection) => self.rejected(app, rejection).await,
            BookError::Fault(wrong) => self.visitor.fault(&wrong),
            BookError::Rejected(_)
            | BookError::NoSuchSession
            | BookError::NoSuchAppointment
            | BookError::NoSuchLocation
            | BookError::KeyReused => trouble::missing(&self.visitor),
        }
    }

    /// See a step instead.
    pub fn go(&self, step: &str) -> Response {
        respond::go_to(&self.links.to(step, &self.place))
    }

    /// A step's page, which takes along what was typed.
    pub fn frame(&self, title: &str, stage: Stage) -> Frame {
        let step = match stage {
            Stage::Started | Stage::ClientIdentification => "",
            Stage::AppointmentTypeSelection => "type",
            Stage::Scheduling => "time",
            Stage::Checkout => "details",
            Stage::Completed => "done",
        };
        let mut frame = self.visitor.frame(title).at(stage).carrying(self.typed.carried());
        let href = |language| self.links.speaking(language).to(step, &self.place);
        frame.languages = OtherLanguage::besides(self.visitor.say.language, href);
        frame
    }
}
