//! A workbench that tests may use within a runtime, as the commands of another process are beside a server.

use std::path::Path;
use std::sync::{Arc, Mutex};

use frontdesk_domain::access::{TokenId, TokenRecord};
use frontdesk_domain::feed::Window;
use frontdesk_domain::practice::Setup;
use frontdesk_domain::session::SessionView;
use frontdesk_domain::{Clock, LocationId};
use frontdesk_store::{
    AdminError, Catalog, CheckReport, ImportRow, ImportVerdict, Location, LocationSettings, SetupVerdict, StoreError,
    Workbench,
};

use crate::support::{KEY, apart};

pub struct Bench(Mutex<Option<Workbench>>);

impl Drop for Bench {
    fn drop(&mut self) {
        apart(|| drop(self.0.lock().expect("nobody panicked").take()));
    }
}

impl Bench {
    pub fn open(url: &str, clock: Arc<dyn Clock>) -> Self {
        Self(Mutex::new(Some(apart(|| Workbench::open(url, true, clock, KEY)).expect("the workbench opens"))))
    }

    fn apart<T: Send>(&self, work: impl FnOnce(&mut Workbench) -> T + Send) -> T {
        apart(|| work(self.0.lock().expect("nobody panicked").as_mut().expect("it is there until it is dropped")))
    }

    pub fn is_served(&self) -> bool {
        self.apart(|workbench| workbench.is_served())
    }

    pub fn catalog(&self) -> Result<Catalog, StoreError> {
        self.apart(|workbench| workbench.catalog())
    }

    pub fn add_location(&mut self, id: &LocationId, settings: &LocationSettings) -> Result<(), AdminError> {
        self.apart(|workbench| workbench.add_location(id, settings))
    }

    pub fn set_location(&mut self, id: &LocationId, settings: &LocationSettings) -> Result<(), AdminError> {
        self.apart(|workbench| workbench.set_location(id, settings))
    }

    pub fn apply_setup(
        &mut self,
        id: &LocationId,
        settings: &LocationSettings,
        setup: &Setup,
        dry_run: bool,
    ) -> Result<SetupVerdict, AdminError> {
        self.apart(|workbench| workbench.apply_setup(id, settings, setup, dry_run))
    }

    pub fn add_token(&mut self, token: &TokenRecord) -> Result<(), AdminError> {
        self.apart(|workbench| workbench.add_token(token))
    }

    pub fn revoke_token(&mut self, id: TokenId) -> Result<(), AdminError> {
        self.apart(|workbench| workbench.revoke_token(id))
    }

    pub fn import(
        &mut self,
        catalog: &Catalog,
        rows: Vec<ImportRow>,
        touch: bool,
    ) -> Result<Vec<ImportVerdict>, StoreError> {
        self.apart(|workbench| workbench.import(catalog, rows, touch))
    }

    pub fn sessions(
        &mut self,
        location: &Location,
        window: &Window,
        skip: u64,
        sink: impl FnMut(SessionView<'_>) -> bool + Send,
    ) -> Result<(), StoreError> {
        self.apart(|workbench| workbench.sessions(location, window, skip, sink))
    }

    pub fn count(&self, location: &Location, window: &Window) -> Result<u64, StoreError> {
        self.apart(|workbench| workbench.count(location, window))
    }

    pub fn backup(&self, target: &Path) -> Result<u64, StoreError> {
        self.apart(|workbench| workbench.backup(target))
    }

    pub fn check(&mut self) -> Result<CheckReport, StoreError> {
        self.apart(|workbench| workbench.check(|_| {}))
    }
}
